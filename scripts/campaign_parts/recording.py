"""Keeps the numbers of each part, and adds them up for a section of `benchmarks/records.md`.

A campaign of millions of inputs runs in portions, with a seed each. A section says how many there were and on which
commits they ran. A quiet machine is not needed: nothing here is a time, except limits of processor time.
"""

import dataclasses
import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign_parts.trial import Outcome, add_up

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
_PACKAGES = ("numpy", "pillow", "safetensors", "msgspec")


@dataclass(frozen=True)
class Result:
    """What one run of a part found: its numbers, and the commit it ran on."""

    part: str
    seed: int
    commit: str
    numbers: dict[str, float]
    broken: list[str]


def summarize(path: Path, part: str, seed: int, outcome: Outcome) -> None:
    """Add a line with the numbers of a part to a file."""
    commit = _benchmarks("machine").current_commit()
    result = Result(part, seed, commit, outcome.numbers, outcome.broken)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(dataclasses.asdict(result)) + "\n")


def record(part: str, title: str, results: list[Result], path: Path | None = None) -> None:
    """Write the section of one part: a table of numbers, the broken promises, and the facts."""
    records, facts = _benchmarks("records"), _benchmarks("recording")
    total = add_up([result.numbers for result in results])
    seconds = total.pop("seconds", 0)
    rows = [[name, f"{round(number, 3):,}"] for name, number in total.items()]
    broken = [promise for result in results for promise in result.broken]
    rows.append(["broken promises", f"{len(broken):,}"])
    seeds = ", ".join(str(result.seed) for result in results)
    known = facts.shared_facts(f"scripts/campaign --part {part}, seeds {seeds}", _PACKAGES, None)
    known["commit"] = ", ".join(dict.fromkeys(result.commit for result in results))
    known["seconds"] = f"{seconds:,.0f} in all processes together; other programs used the machine, too"
    del known["other programs meanwhile"]
    text = "\n".join([f"## {title}", "", records.format_table([part, "number"], rows), "", records.format_facts(known)])
    records.write_section(f"campaign_{part}", text, path or records.RECORDS)


def _benchmarks(module: str) -> Any:
    """Import a module of `benchmarks`, whose modules import each other by name."""
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module(module)
