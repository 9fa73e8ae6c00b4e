"""The one home of the limits for reading image files: bytes, pixels, processor time and memory.

A file of a few kilobytes can keep a decoder busy for minutes, or claim a gigabyte. What is allowed grows with the bytes
of the file, which the sender had to pay for: an ordinary photo of 64 megapixels has megabytes and takes less than half
of what it may. Processor time is measured, not the time of day: on a busy machine a valid file takes no more of it.

The limits hold in a process that can be ended (`processes`): a decoder in C listens to nothing, and a timer of the
operating system ends it wherever it is. Windows has no such timer; there the time of day counts.
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
"""Seconds of the time of day after which a process is ended even if it uses no processor time."""
TOO_SLOW = (
    f"took more than the processor time allowed ({_LEAST_SECONDS:g} s and 1 s for each {_BYTES_A_SECOND >> 20} MB of "
    f"the file, at most {_MOST_SECONDS:g} s): save it again, as a plain PNG or smaller"
)
"""What messages say of a file that was given up, after its name."""


@dataclass(frozen=True)
class Budget:
    """What decoding one file may take: seconds of processor time, and bytes of memory."""

    seconds: float
    memory: int


def budget_for(file_bytes: int) -> Budget:
    """What decoding a file of that many bytes may take.

    >>> budget_for(851_000).memory, budget_for(40_000_000)
    (600000000, Budget(seconds=5.0, memory=1250000000))
    >>> round(budget_for(4 << 20).seconds, 3)
    2.5
    """
    seconds = min(_LEAST_SECONDS + file_bytes / _BYTES_A_SECOND, _MOST_SECONDS)
    return Budget(seconds, _LEAST_MEMORY if file_bytes < _LARGE_FILE else _MOST_MEMORY)


_baseline: int | None = None
"""Bytes of address space that this process had before its first file; None where no limits are enforced."""


def enforce_here() -> None:
    """From now on `within` enforces budgets in this process, by ending it. Only for a process that decodes files."""
    global _baseline
    _baseline = _address_space()
    if HAS_TIMER:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})


def is_enforced_here() -> bool:
    """Whether this process decodes files and nothing else, so that it may be ended."""
    return _baseline is not None


@contextmanager
def within(budget: Budget) -> Iterator[None]:
    """End this process if what is done inside takes more processor time; memory beyond the budget is a MemoryError.

    Does nothing but in a process that called `enforce_here`.
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
    """Bytes of address space in use; 0 where that is unknown, and then memory isn't limited."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError, IndexError):
        return 0
