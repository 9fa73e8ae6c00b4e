"""Tries changed inputs by the hundred thousand: each must be taken, or refused by one of Convlens's errors.

The inputs are divided among forked processes. They have a limit of memory, and each input is timed: a
small file must not keep a reader busy. A process that dies, for example by a segmentation fault, names the input that
it was reading.
"""

import json
import mmap
import os
import random
import signal
import struct
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from campaign_parts.trial import Outcome, Trial
from convlens.errors import ConvlensError

Target = Callable[[random.Random], None]
LONGEST = 2.0
"""Seconds of processor time that one input may take."""
MEMORY = 1 << 30
"""Bytes that a process may use in addition to those after the warm-up."""
LONGEST_MESSAGE = 2_000
_HANGS = 600
"""Seconds of wall-clock time after which a process that is still busy with one input is ended. Importing PyTorch, which
an odd model may ask for, has taken 47 s on a busy machine."""


@dataclass
class Tally:
    """How many inputs of each kind were refused, taken, or raised another error; the first of each error."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0

    def add(self, other: "Tally") -> None:
        """Add the tally of another process."""
        self.counts.update(other.counts)
        self.broken = {**other.broken, **self.broken}
        self.slowest = max(self.slowest, other.slowest)


def try_all(trial: Trial, make_targets: Callable[[Path], dict[str, Target]], what: str) -> Outcome:
    """Give each target its share of the inputs; `make_targets` makes them by name, for a folder of their own."""
    began = time.perf_counter()
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        folder = Path(name)
        tally = Tally()
        if hasattr(os, "fork"):
            running = [_start(trial, number, make_targets, folder) for number in range(trial.workers)]
            for worker in running:
                tally.add(_finish(trial, *worker))
        else:
            tally = _work(trial, 0, make_targets(folder), lambda _: None)
    seconds = time.perf_counter() - began
    refused, taken, outside = (
        sum(count for name, count in tally.counts.items() if name.endswith(f": {kind}"))
        for kind in ("refused", "taken", "outside")
    )
    kinds = len({name.rpartition(": ")[0] for name in tally.counts})
    line = (
        f"{trial.count:,} changed {what} of {kinds} kinds: {refused:,} refused, {taken:,} taken, "
        f"{outside:,} errors outside the tree, {seconds:.0f} s"
    )
    numbers: dict[str, float] = {
        **{name: tally.counts[name] for name in sorted(tally.counts)},
        "seconds": round(seconds),
    }
    numbers["most seconds of processor time for one input"] = round(tally.slowest, 3)
    return Outcome(line, list(tally.broken.values()), numbers)


def _start(
    trial: Trial, number: int, make_targets: Callable[[Path], dict[str, Target]], folder: Path
) -> tuple[int, int, mmap.mmap]:
    """Fork a process that tries its share of the inputs; return its id, the pipe of its tally, and where it is."""
    place = mmap.mmap(-1, 8)
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading, place
    code = 1
    try:
        os.close(reading)
        own = folder / str(number)
        own.mkdir()
        targets = make_targets(own)
        _limit_memory()
        tally = _work(trial, number, targets, lambda at: _mark(place, at))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps([tally.counts, tally.broken, tally.slowest]).encode())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _mark(place: mmap.mmap, at: int) -> None:
    """Note which input comes next, and limit its time."""
    struct.pack_into("<q", place, 0, at)
    signal.alarm(_HANGS)


def _finish(trial: Trial, process: int, reading: int, place: mmap.mmap) -> Tally:
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(process, 0)
    if status == 0 and content:
        counts, broken, slowest = json.loads(content)
        return Tally(Counter(counts), broken, slowest)
    (at,) = struct.unpack_from("<q", place, 0)
    how = (
        f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit code {os.waitstatus_to_exitcode(status)}"
    )
    return Tally(broken={how: f"seed {trial.seed}, number {at}: the process ended with {how}"})


def _limit_memory() -> None:
    import resource

    with suppress(OSError, ValueError):  # macOS has no /proc
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))


def _work(trial: Trial, worker: int, targets: dict[str, Target], mark: Callable[[int], None]) -> Tally:
    tally, kinds = Tally(), list(targets)
    workers = trial.workers if hasattr(os, "fork") else 1
    for number in range(worker * trial.count // workers, (worker + 1) * trial.count // workers):
        kind = kinds[number % len(kinds)]
        mark(number)
        outcome, seconds = _timed(targets[kind], f"{trial.seed} {number}")
        if seconds > LONGEST:  # perhaps a library was imported, which happens once
            outcome, seconds = _timed(targets[kind], f"{trial.seed} {number}")
        tally.slowest = max(tally.slowest, seconds)
        if seconds > LONGEST and not outcome.startswith("outside"):
            outcome = f"outside: {kind}: {seconds:.1f} s of processor time"
        tally.counts[f"{kind}: {outcome.partition(':')[0]}"] += 1
        if outcome.startswith("outside"):
            tally.broken.setdefault(f"{kind} {outcome}", f"{kind}, seed {trial.seed}, number {number}: {outcome}")
    return tally


def _timed(target: Target, seed: str) -> tuple[str, float]:
    """Try one input; return the outcome and the seconds of processor time."""
    chance, began = random.Random(seed), time.process_time()
    outcome = try_one(target, chance)
    return outcome, time.process_time() - began


def try_one(target: Target, chance: random.Random) -> str:
    """Return "refused", "taken", or "outside" with the error and its place."""
    try:
        target(chance)
    except ConvlensError as error:
        if len(str(error)) > LONGEST_MESSAGE:
            return f"outside: a message of more than {LONGEST_MESSAGE:,} characters"
        return "refused"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"outside: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
    return "taken"
