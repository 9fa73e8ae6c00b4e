"""Runs a package client (npm, apt-get) as a child process, with a time limit, without input, and ends it reliably.

The clients use this machine's mirrors, proxies and keys, which a separate download would not. Their output goes to a
file and not to a pipe, because a grandchild that keeps a pipe open would block this process.
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
    """Return the full path of a client on PATH; on Windows, `npm` is `npm.cmd`, which needs the full path.

    Raises:
        SourceError: it is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise SourceError(f"{name} is not installed")
    return path


@contextmanager
def work_folder(into: Path) -> Iterator[Path]:
    """Make a temporary folder inside `into` for a client; it is removed at the end."""
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
    """Run `command` in `folder`; `report` is called with the size of that folder in bytes while the command runs.

    `name` is its name in messages. The standard output goes to the file `output`, if given.

    Raises:
        SourceError: the command cannot be started, ends with an error, or takes longer than `seconds`.
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
    """Return the only file in `folder` that matches `pattern`."""
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
    """Kill the client and its children if it is still running (after a time-out or Ctrl-C)."""
    if process.poll() is None:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


def _size(folder: Path) -> int:
    """Return the size of all files below `folder` in bytes; files that disappear meanwhile are ignored."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).lstat().st_size
            except OSError:
                continue
    return total


def _reason(text: str) -> str:
    """Return the error lines of a client's output as one line, without user names and passwords in addresses."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.match(line)]
    reason = "; ".join(dict.fromkeys(telling) if telling else lines[-1:])
    return re.sub(r"(\w+://)[^/\s@]+@", r"\1", reason)[:_LONGEST_REASON]
