"""Keep standard input, output and error usable, so that no command fails halfway because one of them is missing.

A shell may close them (`2>&-`), a terminal may be closed, and a disk may be full. Text on stderr only accompanies a
command, so it is dropped if it cannot be written. Results go to stdout: a command that cannot write them reports this
in one line and fails. Only `main`, which owns the process, does this; `run` leaves the streams unchanged.
"""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_OUTPUT_ERRORS = {
    errno.EBADF, errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENXIO, errno.EPIPE, errno.EINVAL
}  # fmt: skip


def keep_streams() -> None:
    """Replace each closed stream, and replace stderr by a stream whose writes never fail."""
    for descriptor in (_STDIN, _STDOUT, _STDERR):
        _occupy(descriptor)
    if sys.stdin is None:
        sys.stdin = open(_STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(_STDOUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    error: Any = sys.stderr
    if error is None or _descriptor_of(error) == _STDERR:
        encoding = "utf-8" if error is None else error.encoding
        sys.stderr = io.TextIOWrapper(
            io.BufferedWriter(_Forgiving(_STDERR, "w", closefd=False)),
            encoding=encoding,
            errors="backslashreplace",
            line_buffering=True,
        )


def _descriptor_of(stream: Any) -> int | None:
    """Return the descriptor of a stream, or None if it has none, as one that keeps its text in memory."""
    with suppress(AttributeError, OSError, ValueError):
        return stream.fileno()
    return None


def _occupy(descriptor: int) -> None:
    """Open the null device at a closed descriptor. Otherwise the next opened file would get its number, and everything
    that is printed would go into that file.

    The device is opened for reading, so that writing to a closed stdout fails, as it should.
    """
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_WRONLY if descriptor == _STDERR else os.O_RDONLY)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
        os.set_inheritable(descriptor, True)


class _Forgiving(io.FileIO):
    """A file that accepts everything and drops what it cannot write."""

    def write(self, content: Any, /) -> int:
        try:
            written = super().write(content)
        except OSError:
            written = None
        return memoryview(content).nbytes if written is None else written


def is_output_error(error: OSError) -> bool:
    """Return whether an error comes from writing to a stream: an error of the operating system that names no file.

    >>> is_output_error(OSError(errno.ENOSPC, "full")), is_output_error(OSError(errno.ENOSPC, "full", "a.txt"))
    (True, False)
    """
    return error.errno in _OUTPUT_ERRORS and error.filename is None


def explain_output_error(error: OSError) -> str:
    """Return one line that says why stdout cannot be written, and what to do."""
    if error.errno == errno.EBADF:
        return "the result cannot be written: standard output is closed. Send it to a terminal, a pipe or a file."
    reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else error.strerror
    return f"the result cannot be written to standard output: {reason}. Send it somewhere else."


def flush_stdout() -> None:
    """Flush the output, also after an error; otherwise Python would report a second error when it exits."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        give_up_stdout()


def give_up_stdout() -> None:
    """Discard all further output: at exit, Python flushes its buffer and would fail again."""
    with suppress(OSError, ValueError, AttributeError):
        if sys.stdout.fileno() == _STDOUT:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _STDOUT)
            os.close(nowhere)
