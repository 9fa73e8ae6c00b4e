"""Writes drawings to files: SVG for slides and pages, PNG for other uses, GIF for animations."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from convlens.errors import UsageError
from convlens.files import check_parent_folder, write_atomically
from convlens.illustrations.sheet import Box, Sheet, render_png, render_svg

MOST_FRAMES = 64
FRAME_MILLISECONDS, LAST_MILLISECONDS = 900, 2500
FORMATS = (".svg", ".png", ".gif")


def check_format(path: Path) -> None:
    """Reject a file name with an unknown ending, before anything is drawn.

    Raises:
        UsageError: the name ends in none of the formats.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"a drawing cannot be written as {path.name!r}; give a name that ends in {', '.join(FORMATS)}."
        )


def save_drawing(path: Path, still: Callable[[], Sheet], frames: Callable[[], Sequence[Sheet]] | None = None) -> None:
    """Write one sheet as SVG or PNG, or all frames as an animated GIF. The file is written completely or not at all.

    Raises:
        UsageError: the name ends in none of the formats.
        OutputError: the file cannot be written.
    """
    check_format(path)
    check_parent_folder(path)
    kind = path.suffix.lower()
    if kind == ".svg":
        content = render_svg(still())
    elif kind == ".png":
        content = render_png(still())
    else:
        content = render_gif(frames() if frames else [still()])
    write_atomically(path, content)


def render_gif(sheets: Sequence[Sheet]) -> bytes:
    """Return the sheets as an animated GIF, as large as the largest sheet; the last frame is shown longer."""
    from PIL import Image

    boxes = [sheet.bounds for sheet in sheets]
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    page = Box(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)
    images = []
    for sheet in sheets:
        with Image.open(io.BytesIO(render_png(sheet, page))) as image:
            images.append(image.convert("RGB").quantize(64, method=Image.Quantize.MEDIANCUT))
    file = io.BytesIO()
    durations = [FRAME_MILLISECONDS] * (len(images) - 1) + [LAST_MILLISECONDS]
    images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)
    return file.getvalue()


def choose_frames(count: int) -> list[int]:
    """Return the numbers of the window positions to show: all, or 64 at even distances with the first and the last.

    >>> choose_frames(3)
    [0, 1, 2]
    >>> len(choose_frames(1000)), choose_frames(1000)[-1]
    (64, 999)
    """
    if count <= MOST_FRAMES:
        return list(range(count))
    return [round(place * (count - 1) / (MOST_FRAMES - 1)) for place in range(MOST_FRAMES)]
