"""Running a package client (npm, apt-get) as a child process that cannot hang, ask questions or be left behind.

The clients are used as they are because they know this machine's mirrors, proxies and keys, which a download of our
own would not. Their output goes to a file and not to a pipe: a grandchild that keeps a pipe open would make us wait.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from convlens.data.sources.source import SourceError
from convlens.files import explain_write_errors

_LOOK_EVERY = 0.1
_LONGEST_REASON = 240
_TELLING = re.compile(r"(npm )?(err!|error\b|e:)", re.IGNORECASE)


def find_client(name: str) -> str:
    """The full path of a client on PATH (on Windows `npm` is `npm.cmd`, which only the full path starts).

    Raises:
        SourceError: it is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise SourceError(f"{name} is not installed")
    return path


@contextmanager
def work_folder(into: Path) -> Iterator[Path]:
    """A folder inside `into` for a client to work in, gone afterwards."""
    with explain_write_errors(into):
        folder = TemporaryDirectory(dir=into, prefix="client-", ignore_cleanup_errors=True)
    with folder as path:
        yield Path(path)


def run_client(
    name: str,
    command: Sequence[str],
    folder: Path,
    seconds: float,
    report: Callable[[int], None],
    output: Path | None = None,
) -> None:
    """Run `command`, called `name` in messages, in `folder`; `report` gets the bytes that lie there while it works.

    What it prints goes to the file `output`, if one is given.

    Raises:
        SourceError: it cannot be started, ends with an error, or takes longer than `seconds`.
    """
    log = folder / ".client.log"
    with explain_write_errors(folder):
        errors = log.open("wb")
        printed = output.open("wb") if output else errors
    environment = os.environ | {"LC_ALL": "C", "TMPDIR": str(folder)}
    with errors, printed:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as error:
            raise SourceError(f"{name} cannot be started ({error.strerror or error})") from error
        try:
            _wait(process, folder, time.monotonic() + seconds, report)
        except TimeoutError:
            raise SourceError(f"{name} was not done after {seconds:g} s") from None
        finally:
            _end(process)
    if process.returncode != 0:
        reason = _reason(log.read_text("utf-8", "replace"))
        raise SourceError(f"{name} ended with code {process.returncode}" + (f": {reason}" if reason else ""))


def single_file(folder: Path, pattern: str, client: str) -> Path:
    """The one file that a client has left in `folder`."""
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if len(found) != 1:
        raise SourceError(f"{client} left {len(found)} files like {pattern} instead of one")
    return found[0]


def _wait(process: subprocess.Popen, folder: Path, deadline: float, report: Callable[[int], None]) -> None:
    while True:
        try:
            process.wait(_LOOK_EVERY)
            return
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise TimeoutError from None
            report(_size(folder))


def _end(process: subprocess.Popen) -> None:
    """Stop the client and its children, if it is still there (time-out, Ctrl-C)."""
    if process.poll() is None:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


def _size(folder: Path) -> int:
    """Bytes of all files under `folder`; files may vanish while we look, which is no reason to fail."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).lstat().st_size
            except OSError:
                continue
    return total


def _reason(text: str) -> str:
    """The most telling lines of a client's output as one, without what looks like a password in an address."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.match(line)]
    reason = "; ".join(dict.fromkeys(telling) if telling else lines[-1:])
    return re.sub(r"(\w+://)[^/\s@]+@", r"\1", reason)[:_LONGEST_REASON]
