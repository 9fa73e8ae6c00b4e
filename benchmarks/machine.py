"""What a benchmark ran on: processor, cores, memory, versions, commit. A number without these is no record.

`platform.processor()` is empty on most Linux systems, so the name is read from where the system keeps it.
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
"""Cores that others may use on average while a record is measured. A rule that does not look at the result."""


def describe_machine() -> dict[str, str]:
    """The machine as rows of a record; `cores` are those that this process may use, not all there are."""
    return {
        "processor": processor_name(),
        "cores": str(usable_cores()),
        "memory": memory_size(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name() -> str:
    """The processor as the system names it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        return parse_cpuinfo(info.read_text(encoding="utf-8", errors="replace")) or platform.machine()
    if platform.system() == "Darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def parse_cpuinfo(text: str) -> str:
    """The model's name out of Linux's cpuinfo, with the vector instructions that matter; empty where it has none.

    Virtual machines hide the exact model, so family and model number are kept beside the name.

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
    """The machine's memory, in GiB."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return "unknown"
    return f"{size / 2**30:.0f} GiB"


class Neighbours:
    """How busy other programs keep the cores while something is measured; a busy neighbour spoils a measurement.

    Two threads that wait for each other are hit hardest: one busy neighbour can make them ten times slower, not twice.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._others = _seconds_of_others()

    def cores(self) -> float | None:
        """Cores that others used on average since this was made; None where the system does not say (not Linux)."""
        now = _seconds_of_others()
        if now is None or self._others is None:
            return None
        elapsed = max(time.monotonic() - self._start, 1e-9)
        return max(now - self._others, 0.0) / elapsed


def _seconds_of_others() -> float | None:
    """Processor seconds of everything on this machine since it started, less those of this process and its children,
    those that are over and those that still run.
    """
    try:
        text = Path("/proc/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    own = ticks_of_descendants(os.getpid(), _read_processes())
    return (parse_busy_ticks(text) - own) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


def _read_processes() -> list[str]:
    """What Linux says of every process, a line each; those that end meanwhile are left out."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            lines.append(file.read_text(encoding="utf-8", errors="replace"))
    return lines


def ticks_of_descendants(process: int, lines: Iterable[str]) -> int:
    """Ticks of a process's children, of theirs, and of all of these that are over: a browser is a dozen processes.

    The second field is a name in brackets, which may hold anything; the fourth is the parent, 14 to 17 are ticks.

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
    """Ticks that all cores together were busy, out of Linux's /proc/stat: all columns but idle (4th) and waiting (5th).

    The last two columns, guests, are contained in the first two.

    >>> parse_busy_ticks("cpu  10 1 5 9999 500 0 2 3 0 0\\ncpu0 5 0 2 1 1 0 1 1 0 0\\n")
    21
    """
    columns = [int(word) for word in text.splitlines()[0].split()[1:9]]
    return sum(columns) - columns[3] - columns[4]


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Python's version and those of the packages; one that is not installed says so."""
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def current_commit(folder: Path = ROOT) -> str:
    """The commit that is checked out, and whether files differ from it; `unknown` outside of a repository."""
    commit = _output("git", "-C", str(folder), "rev-parse", "--short=10", "HEAD")
    if not commit:
        return "unknown"
    # The records themselves change with every benchmark; that is no change of what was measured.
    changed = _output("git", "-C", str(folder), "status", "--porcelain", "--", ".", ":!benchmarks/records.md")
    return f"{commit} and changes not yet committed" if changed else commit


def _output(*command: str) -> str:
    """What a program prints, or nothing where it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
