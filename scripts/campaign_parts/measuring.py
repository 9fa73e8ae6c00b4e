"""Measures the processor time and the peak memory of this process and its children, for one call at a time.

Linux only: `/proc` has both. Processor time counts in steps of 10 ms for children that are running, exactly for others.
Writing 5 to `clear_refs` makes the kernel forget the peak so far.
"""

import os
import resource
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1e6
_started: list[int] = []


@dataclass
class Cost:
    """Seconds of processor time of all processes; megabytes that the peak of each process lay above its beginning."""

    seconds: float = 0.0
    own_memory: float = 0.0
    child_memory: float = 0.0


class Meter:
    """Watches all processes that this one starts from now on."""

    def __init__(self) -> None:
        if not issubclass(subprocess.Popen, _Noted):
            subprocess.Popen = _Noted

    def measure(self, call: Callable[[], Any]) -> tuple[Any, Cost]:
        """Call a function; return its result, or the exception it raised, and what it cost."""
        before = {process: memory_of(process, "VmRSS") for process in self._forget_peaks()}
        seconds, result = _processor_time(), None
        try:
            result = call()
        except Exception as error:
            result = error
        cost = Cost(_processor_time() - seconds)
        for process in [os.getpid(), *_living()]:
            rise = memory_of(process, "VmHWM") - before.get(process, 0.0)
            if process == os.getpid():
                cost.own_memory = rise
            else:
                cost.child_memory = max(cost.child_memory, rise)
        return result, cost

    @staticmethod
    def _forget_peaks() -> list[int]:
        processes = [os.getpid(), *_living()]
        for process in processes:
            with suppress(OSError):
                Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")
        return processes


class _Noted(subprocess.Popen[Any]):
    """A process whose number is noted."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _started.append(self.pid)


def most_memory_of_ended_children() -> float:
    """Return the largest peak of any child that has ended, in whole megabytes, everything included."""
    return round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / _MEGABYTE)


def _living() -> list[int]:
    _started[:] = [process for process in _started if _statistics(process) is not None]
    return list(_started)


def _statistics(process: int) -> list[str] | None:
    """Return the numbers in `/proc/N/stat` after the name; None if the process has ended and was waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _processor_time() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for process in _started:
        numbers = _statistics(process)
        if numbers is not None:
            total += (int(numbers[11]) + int(numbers[12])) / _TICKS
    return total


def memory_of(process: int, name: str) -> float:
    """Return a value of `/proc/N/status` in megabytes; 0 if the process has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024 / _MEGABYTE
    return 0.0
