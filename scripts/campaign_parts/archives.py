"""Gives hostile archives, arrays, tables and folders to the import and to `convlens data check`.

Only Convlens's errors may result, within a budget of memory. After a refusal, the cache holds nothing; neither does
any folder beside the archive.
"""

import os
import random
import shutil
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from campaign_parts.hostile_archives import make_case, make_valid, write_case
from campaign_parts.hostile_trial import MOST_MEMORY, MOST_SECONDS, Tally, run_quietly, tally_all
from campaign_parts.measuring import Cost, Meter
from campaign_parts.trial import Outcome, Trial
from campaign_parts.workers import Mark
from convlens.data import import_images
from convlens.errors import ConvlensError

TITLE = "Hostile archives, arrays, tables and folders"
COUNT = 5_000


def run(trial: Trial) -> Outcome:
    """Give all cases to both entrances, in as many forked processes as the trial has."""
    numbers, broken = tally_all(trial, lambda share, folder, mark: _work(trial.seed, share, folder, mark))
    refused, taken = (
        sum(number for name, number in numbers.items() if name.endswith(f": {outcome}"))
        for outcome in ("refused", "taken")
    )
    line = (
        f"{numbers.get('cases', 0):,} archives, arrays, tables and folders through {len(ENTRANCES)} entrances: "
        f"{refused:,} times refused, {taken:,} times taken, "
        f"{numbers.get('errors outside the tree', 0):,} errors outside the tree, "
        f"{numbers.get('bytes left in the cache', 0):,} with bytes left in the cache, "
        f"{numbers.get('over 2 s of processor time', 0):,} over {MOST_SECONDS:g} s, "
        f"{numbers.get('over 600 MB', 0):,} over {MOST_MEMORY:.0f} MB; "
        f"at most {numbers.get('most seconds of processor time for one case', 0):.2f} s and "
        f"{numbers.get('most megabytes of a process above its start', 0):.0f} MB; {numbers['seconds']:.0f} s"
    )
    return Outcome(line, broken, numbers)


def _work(seed: int, share: range, folder: Path, mark: Mark) -> Tally:
    tally, meter = Tally(), Meter()
    _warm_up(folder)
    for number in share:
        kind, files = make_case(random.Random(f"{seed} {number}"))
        tally.add("cases")
        tally.add(f"cases, {kind}")
        for entrance, give in ENTRANCES.items():
            mark(number)
            path, cache = write_case(files, folder / "given"), folder / "cache"
            before = _content(folder / "given")
            result, cost = meter.measure(partial(give, path, cache))
            refused = result is False or isinstance(result, ConvlensError)
            tally.add(f"{entrance}: {'refused' if refused else 'taken'}")
            changed = _content(folder / "given") != before
            problems = {
                "errors outside the tree": _problem_of(result),
                "bytes left in the cache": _left_in(cache) if refused else "",
                "changed sources": "the folder of the source was changed" if changed else "",
            }
            _judge(tally, problems, cost, f"{entrance}: seed {seed}, number {number}, {kind}")
            for used in (folder / "given", cache):
                shutil.rmtree(used, ignore_errors=True)
    return tally


def _judge(tally: Tally, problems: dict[str, str], cost: Cost, what: str) -> None:
    """Count what one case at one entrance has cost, and its problems: each is a broken promise."""
    memory = max(cost.own_memory, cost.child_memory)
    tally.add("most seconds of processor time for one case", round(cost.seconds, 2))
    tally.add("most megabytes of a process above its start", round(memory))
    problems = {
        **problems,
        "over 2 s of processor time": f"{cost.seconds:.1f} s" if cost.seconds > MOST_SECONDS else "",
        "over 600 MB": f"{memory:.0f} MB" if memory > MOST_MEMORY else "",
    }
    for name, problem in problems.items():
        if problem:
            tally.add(name)
            tally.broken.append(f"{what}: {problem}")


def _import(path: Path, cache: Path) -> bool:
    return len(import_images(path, cache_dir=cache).images) > 0


def _check(path: Path, cache: Path) -> bool | str:
    return run_quietly(["data", "check", str(path), "--data-dir", str(cache)])


ENTRANCES: dict[str, Callable[[Path, Path], bool | str]] = {"import": _import, "data check": _check}
"""Functions that give a path and a cache to Convlens; False says that it was refused, a text what went wrong."""


def _warm_up(folder: Path) -> None:
    """Import what is imported late, so that it does not count for the first case."""
    path = write_case(make_valid(), folder / "given")
    for give in ENTRANCES.values():
        give(path, folder / "cache")
    for used in (folder / "given", folder / "cache"):
        shutil.rmtree(used)


def _problem_of(result: Any) -> str:
    if isinstance(result, ConvlensError):
        return "a message of more than 2,000 characters" if len(str(result)) > 2_000 else ""
    if isinstance(result, Exception):
        last = traceback.extract_tb(result.__traceback__)[-1]
        return f"{type(result).__name__} at {Path(last.filename).name}:{last.lineno}: {str(result)[:200]}"
    return result if isinstance(result, str) else ""


def _content(folder: Path) -> list[tuple[str, int]]:
    """Return names and sizes of everything in a folder."""
    return sorted(
        (os.path.join(top, name), os.lstat(os.path.join(top, name)).st_size)  # noqa: PTH118
        for top, folders, files in os.walk(folder)
        for name in (*folders, *files)
    )


def _left_in(cache: Path) -> str:
    """Return what a refused case left in the cache; its lock may stay."""
    if not cache.is_dir():
        return ""
    left = [path for path in sorted(cache.rglob("*")) if path.is_file() and path.name != ".lock"]
    size = sum(path.lstat().st_size for path in left)
    return f"{size:,} bytes in the cache: {[path.name for path in left][:5]}" if left else ""
