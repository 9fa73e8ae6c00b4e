"""Gives hostile archives, arrays, tables and folders to the import and to `convlens data check`.

Only Convlens's errors may result, within a budget of memory. After a refusal, the cache holds nothing; neither does
any folder beside the archive.
"""

import contextlib
import os
import random
import shutil
import signal
import time
import traceback
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from campaign_parts.hostile_archives import make_case, write_case
from campaign_parts.images import Tally, collect, run_quietly
from campaign_parts.measuring import Meter, most_memory_of_ended_children
from campaign_parts.trial import Outcome, Trial
from convlens.data import import_images
from convlens.errors import ConvlensError

TITLE = "Hostile archives, arrays, tables and folders"
COUNT = 5_000
MOST_MEMORY = 600.0
MOST_SECONDS = 20.0
"""Of processor time for one case, most of which have dozens of images."""
_HANGS = 600


def run(trial: Trial) -> Outcome:
    """Give all cases to both entrances, in as many forked processes as the trial has."""
    began = time.perf_counter()
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        numbers, broken = collect(trial, lambda worker: _work(trial, worker, Path(name) / str(worker)))
    numbers["seconds"] = round(time.perf_counter() - began)
    line = (
        f"{numbers.get('cases', 0):,} archives, arrays, tables and folders: "
        f"{numbers.get('refused', 0):,} times refused, {numbers.get('taken', 0):,} times taken, "
        f"{numbers.get('errors outside the tree', 0):,} errors outside the tree, "
        f"{numbers.get('leftovers', 0):,} leftovers, {numbers.get('over 600 MB', 0):,} over {MOST_MEMORY:.0f} MB; "
        f"at most {numbers.get('most megabytes above the start', 0):.0f} MB; {numbers['seconds']:.0f} s"
    )
    return Outcome(line, broken, numbers)


def _work(trial: Trial, worker: int, folder: Path) -> Tally:
    tally, meter = Tally(), Meter()
    for number in range(worker * trial.count // trial.workers, (worker + 1) * trial.count // trial.workers):
        kind, files = make_case(random.Random(f"{trial.seed} {number}"))
        tally.add("cases")
        tally.add(f"cases, {kind}")
        for entrance in ("import", "data check"):
            place, cache = folder / "given", folder / "cache"
            path = write_case(files, place)
            cache.mkdir()
            before = _content(place)
            signal.alarm(_HANGS)
            result, cost = meter.measure(partial(_give, entrance, path, cache))
            what = f"{entrance}: seed {trial.seed}, number {number}, {kind}"
            refused = result is False or isinstance(result, ConvlensError)
            tally.add("refused" if refused else "taken")
            left = _bytes_in(cache) if refused else 0
            promises = {
                "errors outside the tree": _problem_of(result),
                "leftovers": f"{left:,} bytes in the cache" if left else "",
                "changed sources": "" if _content(place) == before else "the folder of the source was changed",
                "over 600 MB": _too_much(max(cost.own_memory, cost.child_memory), MOST_MEMORY, "MB"),
                "over 20 s of processor time": _too_much(cost.seconds, MOST_SECONDS, "s"),
            }
            for name, problem in promises.items():
                if problem:
                    tally.add(name)
                    tally.broken.append(f"{what}: {problem}")
            tally.add("most seconds of processor time", round(cost.seconds, 2))
            tally.add("most megabytes above the start", round(max(cost.own_memory, cost.child_memory)))
            shutil.rmtree(place)
            shutil.rmtree(cache)
    signal.alarm(0)
    tally.add("most megabytes of a process that has ended, everything included", most_memory_of_ended_children())
    return tally


def _give(entrance: str, path: Path, cache: Path) -> Any:
    if entrance == "import":
        return len(import_images(path, cache_dir=cache).images) > 0
    return run_quietly(["data", "check", str(path), "--data-dir", str(cache)])


def _problem_of(result: Any) -> str:
    if isinstance(result, ConvlensError):
        return "a message of more than 2,000 characters" if len(str(result)) > 2_000 else ""
    if isinstance(result, Exception):
        last = traceback.extract_tb(result.__traceback__)[-1]
        return f"{type(result).__name__} at {Path(last.filename).name}:{last.lineno}: {str(result)[:200]}"
    return result if isinstance(result, str) else ""


def _too_much(amount: float, most: float, unit: str) -> str:
    return f"{amount:.0f} {unit}" if amount > most else ""


def _content(folder: Path) -> list[tuple[str, int]]:
    """Return names and sizes of everything in a folder."""
    return sorted(
        (os.path.join(top, name), os.lstat(os.path.join(top, name)).st_size)  # noqa: PTH118
        for top, folders, files in os.walk(folder)
        for name in (*folders, *files)
    )


def _bytes_in(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return 0
