"""Present results: totals per package, and a JSON file."""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mutation.mutants import Mutant
from mutation.packages import package_of
from mutation.testing import KILLED, NO_PROGRAM, SURVIVED, TIMEOUT, UNREACHED, Outcome

TOTAL = "all"


def count(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Count the mutants, and how many had each result, per package and in total."""
    totals: dict[str, dict[str, int]] = {}
    for outcome in outcomes:
        for name in (package_of(outcome.mutant.path), TOTAL):
            row = totals.setdefault(
                name, dict.fromkeys(("mutants", KILLED, TIMEOUT, SURVIVED, UNREACHED, NO_PROGRAM), 0)
            )
            row["mutants"] += outcome.counts
            row[outcome.result] += 1
    return {name: totals[name] for name in [*sorted(set(totals) - {TOTAL}), *([TOTAL] if TOTAL in totals else [])]}


def share_killed(row: Mapping[str, int]) -> float | None:
    """Return killed mutants as a share of those that count; None if none counts."""
    return (row[KILLED] + row[TIMEOUT]) / row["mutants"] if row["mutants"] else None


def format_share(share: float | None) -> str:
    """Return a share in percent, rounded down so that rounding never reaches a target.

    >>> format_share(0.8499), format_share(None)
    ('84.9 %', '')
    """
    return "" if share is None else f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def summarise(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each package."""
    lines = []
    for name, row in count(outcomes).items():
        parts = [f"{row[key]} {key}" for key in (SURVIVED, UNREACHED, TIMEOUT, NO_PROGRAM) if row[key]]
        killed = row[KILLED] + row[TIMEOUT]
        rest = f" ({', '.join(parts)})" if parts else ""
        lines.append(f"{name}: {killed} of {row['mutants']} killed, {format_share(share_killed(row))}{rest}")
    return "\n".join(lines)


def write_results(path: Path, outcomes: Iterable[Outcome], facts: Mapping[str, Any]) -> None:
    """Write everything as JSON."""
    mutants = [
        {**asdict(one.mutant), "result": one.result, "by": one.by, "seconds": round(one.seconds, 3)} for one in outcomes
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"facts": dict(facts), "mutants": mutants}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_results(path: Path) -> tuple[list[Outcome], dict[str, Any]]:
    """Read a file that `write_results` wrote."""
    document = json.loads(path.read_text(encoding="utf-8"))
    outcomes = []
    for entry in document["mutants"]:
        result, by, seconds = (entry.pop(key) for key in ("result", "by", "seconds"))
        outcomes.append(Outcome(Mutant(**entry), result, by, seconds))
    return outcomes, document["facts"]


def today() -> str:
    """Return the date in the form used by the records."""
    return datetime.date.today().isoformat()
