"""Decodes a file in a child process, which is killed if it takes too much time, and receives the image.

One such process is kept ready, and ends with this one. `limits` defines the limits.
"""

import atexit
import os
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from convlens.errors import ImageError
from convlens.pixels.limits import MOST_WAITING, TOO_SLOW, budget_for, within
from convlens.pixels.processes import ChildProcess, serve_messages, write_message

if TYPE_CHECKING:
    from PIL.Image import Image

_PIECE = 4 << 20  # bytes of an image that are sent at once
_WHOLE, _PATH = b"b", b"p"
_lock = threading.Lock()
_waiting: list[tuple[int, ChildProcess]] = []  # with the id of its parent: a fork must not use it


class Answer(msgspec.Struct, array_like=True):
    """The problem of a file; or the mode, size, palette and notes of its image, followed by the pixels."""

    error: str = ""
    problem: str = ""
    mode: str = ""
    size: tuple[int, int] = (0, 0)
    palette_mode: str = ""
    palette: bytes = b""
    notes: tuple[str, ...] = ()
    rows_at_once: int = 0
    transparency: int | bytes | tuple[int, ...] | None = None


def decode_separately(source: str | Path | bytes, size: int, name: str) -> "Image | None":
    """Return the image like `read_image`; None if no process can be started.

    `size` is the length of the file, `name` its name in messages.

    Raises:
        ImageError: as `read_image`, or decoding takes too much time or crashes.
    """
    child = _take()
    if not child.start():
        return None
    try:
        content = source if isinstance(source, bytes) else os.fsencode(os.path.abspath(source))  # noqa: PTH100
        head = msgspec.msgpack.encode((size, name))
        with child.given_up_after(MOST_WAITING):
            child.send(_WHOLE if isinstance(source, bytes) else _PATH, len(head).to_bytes(4, "little"), head, content)
            answer = msgspec.msgpack.decode(child.receive(), type=Answer)
            image = None if answer.error else _received(child, answer)
    except EOFError:
        raise _explain_end(child, name) from None
    except BaseException:  # interrupted: its next message would be read as another image
        child.kill()
        child.close()
        raise
    _keep(child)
    if image is None:
        raise ImageError(answer.error, answer.problem)
    return image


@atexit.register
def _close_waiting() -> None:
    while _waiting:
        owner, child = _waiting.pop()
        child.close() if owner == os.getpid() else child.abandon()


def _explain_end(child: ChildProcess, name: str) -> ImageError:
    too_slow = child.was_too_slow()
    child.close()
    if too_slow:
        return ImageError(f"{name} {TOO_SLOW}.", "too_slow")
    return ImageError(
        f"{name} ended the process that decoded it: save it again with another program, as PNG.", "crashed"
    )


def _take() -> ChildProcess:
    with _lock:
        while _waiting:
            owner, child = _waiting.pop()
            if owner == os.getpid():
                return child
            child.abandon()
    return ChildProcess(__name__)


def _keep(child: ChildProcess) -> None:
    with _lock:
        if not _waiting:
            _waiting.append((os.getpid(), child))
            return
    child.close()


def _received(child: ChildProcess, answer: Answer) -> "Image":
    from PIL import Image

    image = Image.new(answer.mode, answer.size, None)  # not filled: every row is pasted
    top = 0
    while top < answer.size[1]:
        rows = min(answer.rows_at_once, answer.size[1] - top)
        piece = Image.frombytes(answer.mode, (answer.size[0], rows), child.receive())
        image.paste(piece, (0, top))
        top += rows
    if answer.palette_mode:
        image.putpalette(answer.palette, answer.palette_mode)
    image.info = {"notes": answer.notes}
    if answer.transparency is not None:
        image.info["transparency"] = answer.transparency
    return image


def serve() -> None:
    """Answer requests until the standard input ends."""
    serve_messages(_answer)


def _answer(message: bytes, answers: IO[bytes]) -> None:
    from convlens.pixels.decoding import read_image

    length = int.from_bytes(message[1:5], "little")
    size, name = msgspec.msgpack.decode(message[5 : 5 + length], type=tuple[int, str])
    content: Any = message[5 + length :]
    is_path = message[:1] == _PATH
    del message
    try:
        with within(budget_for(size)):
            image = read_image(Path(os.fsdecode(content)) if is_path else content, name)
            facts = _facts(image)
    except ImageError as error:
        write_message(answers, msgspec.msgpack.encode(Answer(error=str(error), problem=error.problem)))
        return
    del content
    write_message(answers, msgspec.msgpack.encode(facts))
    for top in range(0, image.height, facts.rows_at_once):
        piece = image.crop((0, top, image.width, min(top + facts.rows_at_once, image.height)))
        write_message(answers, piece.tobytes())


def _facts(image: "Image") -> Answer:
    palette = image.palette if image.mode in ("P", "PA") else None
    return Answer(
        mode=image.mode,
        size=image.size,
        rows_at_once=max(1, _PIECE // (4 * image.width)),
        palette_mode=palette.mode if palette else "",
        palette=image.im.getpalette(palette.mode, palette.mode) if palette else b"",
        notes=tuple(image.info.get("notes", ())),
        transparency=image.info.get("transparency"),
    )
