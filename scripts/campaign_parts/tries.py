"""Tries changed inputs by the hundred thousand: each must be taken, or refused by one of Convlens's errors.

The processes have a limit of memory, and each input is timed: a small file must not keep a reader busy.
"""

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from campaign_parts.trial import Outcome, Trial
from campaign_parts.workers import Mark, share_out
from convlens.errors import ConvlensError

Target = Callable[[random.Random], None]
LONGEST = 2.0
"""Seconds of processor time that one input may take."""
MEMORY = 1 << 30
"""Bytes that a process may use in addition to those after the warm-up."""
LONGEST_MESSAGE = 2_000


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

        def work(number: int, share: range, mark: Mark) -> list[object]:
            own = Path(name) / str(number)
            own.mkdir()
            targets = make_targets(own)
            _limit_memory()
            tally = _work(trial.seed, share, targets, mark)
            return [tally.counts, tally.broken, tally.slowest]

        results, died = share_out(trial, work)
    tally = Tally(broken={line: line for line in died})
    for counts, broken, slowest in results:
        tally.add(Tally(Counter(counts), broken, slowest))
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


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):  # Windows has no resource, macOS no /proc
        import resource

        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))


def _work(seed: int, share: range, targets: dict[str, Target], mark: Mark) -> Tally:
    tally, kinds = Tally(), list(targets)
    for number in share:
        kind = kinds[number % len(kinds)]
        mark(number)
        outcome, seconds = _timed(targets[kind], f"{seed} {number}")
        if seconds > LONGEST:  # perhaps a library was imported, which happens once
            outcome, seconds = _timed(targets[kind], f"{seed} {number}")
        tally.slowest = max(tally.slowest, seconds)
        if seconds > LONGEST and not outcome.startswith("outside"):
            outcome = f"outside: {kind}: {seconds:.1f} s of processor time"
        tally.counts[f"{kind}: {outcome.partition(':')[0]}"] += 1
        if outcome.startswith("outside"):
            tally.broken.setdefault(f"{kind} {outcome}", f"{kind}, seed {seed}, number {number}: {outcome}")
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
