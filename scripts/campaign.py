"""Runs the campaigns: long trials, with inputs that follow from a seed, of what Convlens promises.

    scripts/campaign                                               every part, as long as a record needs
    scripts/campaign --part requests --seed 1 --count 5000         one part
    scripts/campaign --part models --seed 7 -j 2 --results FILE    with two processes; numbers for a record
    scripts/campaign --record FILE                                 adds up the numbers, and writes the records

Each part is a module in `campaign_parts` with `TITLE`, `COUNT` and `run(trial) -> Outcome`. It prints one line, and
another for each broken promise; the exit code is then 1. The same seed and count give the same inputs.
"""

import argparse
import importlib
import json
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import campaign_parts
from campaign_parts.recording import Result, record, summarize
from campaign_parts.trial import Trial


def part_names() -> list[str]:
    """Return the names of all parts: the modules that have a `run` function.

    >>> "requests" in part_names()
    True
    """
    names = [module.name for module in pkgutil.iter_modules(campaign_parts.__path__)]
    return [name for name in names if hasattr(importlib.import_module(f"campaign_parts.{name}"), "run")]


def main(arguments: Sequence[str]) -> int:
    """Run the parts, or write their records, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/campaign", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", action="append", choices=part_names(), help="only this part; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="inputs follow from it [default: 1]")
    parser.add_argument("--count", type=int, help="how many inputs [default: as many as the part's record has]")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="processes, for parts that can be divided")
    parser.add_argument("--results", type=Path, metavar="FILE", help="add a line of JSON for each part")
    parser.add_argument("--record", type=Path, nargs="+", metavar="FILE", help="write the records of these results")
    chosen = parser.parse_args(arguments)
    if chosen.record:
        return _record(chosen.record)
    broken = False
    for name in chosen.part or part_names():
        part = importlib.import_module(f"campaign_parts.{name}")
        outcome = part.run(Trial(chosen.seed, chosen.count or part.COUNT, chosen.jobs))
        print(f"{name}: seed {chosen.seed}: {outcome.line}", flush=True)
        for promise in outcome.broken:
            print(f"{name}: BROKEN: {promise}", flush=True)
        broken = broken or bool(outcome.broken)
        if chosen.results:
            summarize(chosen.results, name, chosen.seed, outcome)
    return 1 if broken else 0


def _record(files: list[Path]) -> int:
    results = defaultdict[str, list[Result]](list)
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            result = Result(**json.loads(line))
            results[result.part].append(result)
    for part, several in results.items():
        record(part, importlib.import_module(f"campaign_parts.{part}").TITLE, several)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
