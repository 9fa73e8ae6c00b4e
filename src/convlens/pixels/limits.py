"""All limits for reading image files: bytes, pixels, processor time and memory.

A file of a few kilobytes can keep a decoder busy for minutes, or take a gigabyte. So the limits grow with the bytes of
the file: an ordinary photo of 64 megapixels has several megabytes, and takes less than half of its limit. Processor
time is measured instead of wall-clock time, because a valid file must also be readable on a busy machine.

The limits are enforced in a child process (`processes`): decoders written in C cannot be interrupted, so a timer of the
operating system ends the process. Windows has no such timer; wall-clock time is used there.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAX_PIXELS = 64_000_000  # 256 MB once decoded
MAX_FILE_BYTES = 256 * 2**20

_BYTES_A_SECOND = 4 << 20
_LARGE_FILE = 2 << 20
_LEAST_SECONDS, _MOST_SECONDS = 1.5, 5.0
_LEAST_MEMORY, _MOST_MEMORY = 600 * 10**6, 1250 * 10**6

HAS_TIMER = hasattr(signal, "setitimer")
MOST_WAITING = 120.0 if HAS_TIMER else 10.0
"""Seconds of wall-clock time after which a process is killed even if it uses no processor time."""
TOO_SLOW = (
    f"took more than the processor time allowed ({_LEAST_SECONDS:g} s and 1 s for each {_BYTES_A_SECOND >> 20} MB of "
    f"the file, at most {_MOST_SECONDS:g} s): save it again, as a plain PNG or smaller"
)
"""The message for a file that was given up; it follows the name."""


@dataclass(frozen=True)
class Budget:
    """The limits for decoding one file: seconds of processor time, and bytes of memory."""

    seconds: float
    memory: int


def budget_for(file_bytes: int) -> Budget:
    """Return the limits for decoding a file of that many bytes.

    >>> budget_for(851_000).memory, budget_for(40_000_000)
    (600000000, Budget(seconds=5.0, memory=1250000000))
    >>> round(budget_for(4 << 20).seconds, 3)
    2.5
    """
    seconds = min(_LEAST_SECONDS + file_bytes / _BYTES_A_SECOND, _MOST_SECONDS)
    return Budget(seconds, _LEAST_MEMORY if file_bytes < _LARGE_FILE else _MOST_MEMORY)


_baseline: int | None = None
"""Bytes of address space that this process used before its first file; None if it does not enforce limits."""


def enforce_here() -> None:
    """Make `within` enforce budgets by ending this process. Only for a process that does nothing but decode files."""
    global _baseline
    _baseline = _address_space()
    if HAS_TIMER:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})


def is_enforced_here() -> bool:
    """Return whether this process only decodes files, so that `within` may end it."""
    return _baseline is not None


@contextmanager
def within(budget: Budget) -> Iterator[None]:
    """End this process if the block takes too much processor time; raise MemoryError if it takes too much memory.

    Without `enforce_here`, this does nothing.
    """
    if _baseline is None:
        yield
        return
    _limit_memory(_baseline + budget.memory if _baseline else None)
    if HAS_TIMER:
        signal.setitimer(signal.ITIMER_PROF, budget.seconds)
    try:
        yield
    finally:
        if HAS_TIMER:
            signal.setitimer(signal.ITIMER_PROF, 0)
        _limit_memory(None)


def _limit_memory(most: int | None) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if most is None or (hard != resource.RLIM_INFINITY and most > hard):
        most = hard
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _address_space() -> int:
    """Return the bytes of address space in use; 0 if unknown: then memory is not limited."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError, IndexError):
        return 0
