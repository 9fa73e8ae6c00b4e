"""Standard input, output and error that are always there, so that no command ends in the middle because of them.

A shell may close them (`2>&-`), a terminal may go away, a disk may be full. What goes to stderr only accompanies a
command: where it cannot be written it is dropped. Results go to stdout: a command that cannot write them says so in
one line and fails. Only a whole process does this, in `main`; `run` leaves the streams as they are.
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
    """Put something in the place of each stream that is closed, and make stderr one that never fails."""
    for descriptor in (_STDIN, _STDOUT, _STDERR):
        _occupy(descriptor)
    if sys.stdin is None:
        sys.stdin = open(_STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(_STDOUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    error: Any = sys.stderr
    if error is None or getattr(error, "fileno", lambda: -1)() == _STDERR:
        encoding = "utf-8" if error is None else error.encoding
        sys.stderr = io.TextIOWrapper(
            io.BufferedWriter(_Forgiving(_STDERR, "w", closefd=False)),
            encoding=encoding,
            errors="backslashreplace",
            line_buffering=True,
        )


def _occupy(descriptor: int) -> None:
    """Open the null device as a closed descriptor; the next file that is opened would get its number, and with it all
    that is printed.

    It is opened for reading, so that what is written to stdout fails, as it should where nobody can get it.
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
    """A file that takes everything, and loses what it cannot write."""

    def write(self, content: Any, /) -> int:
        try:
            written = super().write(content)
        except OSError:
            written = None
        return memoryview(content).nbytes if written is None else written


def is_output_error(error: OSError) -> bool:
    """Whether writing to a stream failed: the operating system says so and names no file.

    >>> is_output_error(OSError(errno.ENOSPC, "full")), is_output_error(OSError(errno.ENOSPC, "full", "a.txt"))
    (True, False)
    """
    return error.errno in _OUTPUT_ERRORS and error.filename is None


def explain_output_error(error: OSError) -> str:
    """One line that says why stdout cannot be written, and what to do."""
    if error.errno == errno.EBADF:
        return "the result cannot be written: standard output is closed. Send it to a terminal, a pipe or a file."
    reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else error.strerror
    return f"the result cannot be written to standard output: {reason}. Send it somewhere else."


def flush_stdout() -> None:
    """Write what is left, of a command that ended in an error too; or Python would report a second one at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        give_up_stdout()


def give_up_stdout() -> None:
    """From now on stdout goes nowhere: Python writes what is left in its buffer at the end, and fails once more."""
    with suppress(OSError, ValueError, AttributeError):
        if sys.stdout.fileno() == _STDOUT:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _STDOUT)
            os.close(nowhere)
