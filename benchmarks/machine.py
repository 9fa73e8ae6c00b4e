"""Describes the machine of a benchmark: processor, cores, memory, versions, commit. Every record needs these facts.

`platform.processor()` is empty on most Linux systems, so the name is read from the system's files.
"""

import contextlib
import importlib.metadata
import os
import platform
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = 0.15
"""The most cores that other programs may use on average during a record. The rule does not depend on the result."""


def describe_machine() -> dict[str, str]:
    """Return the machine's facts for a record; `cores` counts those that this process may use."""
    return {
        "processor": processor_name(),
        "cores": str(usable_cores()),
        "memory": memory_size(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name() -> str:
    """Return the system's name of the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        return parse_cpuinfo(info.read_text(encoding="utf-8", errors="replace")) or platform.machine()
    if platform.system() == "Darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def parse_cpuinfo(text: str) -> str:
    """Return the processor's name from Linux's cpuinfo, with its vector instruction sets; empty if there is no name.

    Virtual machines hide the exact model, so family and model number are added to the name.

    >>> parse_cpuinfo("cpu family : 6\\nmodel : 85\\nmodel name : Some CPU\\nflags : fma avx2 avx512f\\n")
    'Some CPU (family 6, model 85; avx2, avx512f)'
    """
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    values: dict[str, str] = {}
    for key, _, value in pairs:
        values.setdefault(key.strip(), value.strip())
    if "model name" not in values:
        return ""
    flags = set(values.get("flags", "").split())
    wanted = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if name in flags]
    details = (
        [f"family {values['cpu family']}, model {values['model']}"] if {"cpu family", "model"} <= set(values) else []
    )
    details += [", ".join(wanted)] if wanted else []
    return values["model name"] + (f" ({'; '.join(details)})" if details else "")


def memory_size() -> str:
    """Return the machine's memory, in GiB."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return "unknown"
    return f"{size / 2**30:.0f} GiB"


class Neighbours:
    """Measures how busy other programs keep the cores during a measurement, because they make it useless.

    Two threads that wait for each other suffer most: one other busy program can make them ten times slower, not twice.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._others = _seconds_of_others()

    def cores(self) -> float | None:
        """Return the cores that others used on average since this was created; None if this is unknown (not Linux)."""
        now = _seconds_of_others()
        if now is None or self._others is None:
            return None
        elapsed = max(time.monotonic() - self._start, 1e-9)
        return max(now - self._others, 0.0) / elapsed


def _seconds_of_others() -> float | None:
    """Return the processor seconds of this machine since it started, without those of this process and its children,
    both finished and running.
    """
    try:
        text = Path("/proc/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    own = ticks_of_descendants(os.getpid(), _read_processes())
    return (parse_busy_ticks(text) - own) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


def _read_processes() -> list[str]:
    """Return Linux's line for every process; processes that end meanwhile are left out."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            lines.append(file.read_text(encoding="utf-8", errors="replace"))
    return lines


def ticks_of_descendants(process: int, lines: Iterable[str]) -> int:
    """Return the ticks of all descendants of a process, finished ones included: a browser is a dozen processes.

    The second field is a name in brackets, which may hold anything; the fourth is the parent; 14 to 17 are ticks.

    >>> of = "({}) S {} 0 0 0 0 0 0 0 0 0 1 2 3 4 0"
    >>> ticks_of_descendants(7, ["8 " + of.format("a b", 7), "9 " + of.format(") (", 8), "5 " + of.format("x", 1)])
    20
    """
    children: dict[int, list[tuple[int, int]]] = {}
    for line in lines:
        before, _, after = line.rpartition(")")
        fields = after.split()
        ticks = sum(int(field) for field in fields[11:15])
        children.setdefault(int(fields[1]), []).append((int(before.split()[0]), ticks))
    total, found = 0, [process]
    while found:
        for child, ticks in children.get(found.pop(), []):
            total += ticks
            found.append(child)
    return total


def parse_busy_ticks(text: str) -> int:
    """Return the busy ticks of all cores from Linux's /proc/stat: all columns but idle (4th) and waiting (5th).

    The last two columns, guests, are included in the first two.

    >>> parse_busy_ticks("cpu  10 1 5 9999 500 0 2 3 0 0\\ncpu0 5 0 2 1 1 0 1 1 0 0\\n")
    21
    """
    columns = [int(word) for word in text.splitlines()[0].split()[1:9]]
    return sum(columns) - columns[3] - columns[4]


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of packages, or "not installed"."""
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def current_commit(folder: Path = ROOT) -> str:
    """Return the commit that is checked out, and whether files differ from it; `unknown` outside of a repository."""
    commit = _output("git", "-C", str(folder), "rev-parse", "--short=10", "HEAD")
    if not commit:
        return "unknown"
    # Every benchmark changes the records, but not the measured code.
    changed = _output("git", "-C", str(folder), "status", "--porcelain", "--", ".", ":!benchmarks/records.md")
    return f"{commit} and changes not yet committed" if changed else commit


def _output(*command: str) -> str:
    """Return the output of a program; empty if it fails or is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
