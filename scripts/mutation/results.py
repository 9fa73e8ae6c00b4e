"""Present results: totals per package, a JSON file, and the section in benchmarks/records.md."""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mutation.mutants import EQUIVALENTS, Equivalent, Mutant, read_equivalents, without_equivalents
from mutation.packages import is_mutable, package_of
from mutation.testing import KILLED, NO_PROGRAM, SURVIVED, TIMEOUT, UNREACHED, Outcome
from mutation.working_copy import list_files
from records import RECORDS, format_facts, format_table, write_section

TOTAL = "all"
AIM, AIM_OF_A_PACKAGE = 0.85, 0.75


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


def merge(files: Sequence[Path], root: Path) -> tuple[list[Outcome], dict[str, Any]]:
    """Merge several files of results; later ones take precedence. Also return the facts of the first file.

    A mutant that survived in a line that no longer exists is dropped, because the code was deleted or changed.

    Args:
        files: written by `write_results`, the oldest first.
        root: the project.
    """
    merged: dict[tuple[str, str, str, str], Outcome] = {}
    facts: dict[str, Any] = {}
    for file in files:
        outcomes, its_facts = read_results(file)
        facts = facts or its_facts
        for one in outcomes:
            merged[one.mutant.path, one.mutant.before, one.mutant.after, one.mutant.operator] = one
    return [one for one in merged.values() if one.is_killed or _is_still_there(one.mutant, root)], facts


def _is_still_there(mutant: Mutant, root: Path) -> bool:
    path = root / mutant.path
    if not path.exists():
        return False
    text = path.read_text(encoding="utf-8")
    return mutant.before in text or mutant.before in " ".join(text.split())


def write_record(files: Sequence[Path], earlier: Sequence[Path], root: Path, path: Path = RECORDS) -> None:
    """Write the section `mutation` of benchmarks/records.md: the score of each package, and its previous score.

    Args:
        files: results of one sample, each for some packages; if a mutant is in several, the last file counts.
        earlier: the same, from before the survivors were examined.
        root: the project, with its list of equivalent mutants.
        path: the file of records.
    """
    outcomes, facts = merge(files, root)
    equivalents = read_equivalents(root / EQUIVALENTS)
    counted = _without(outcomes, equivalents)
    spared = count(one for one in outcomes if one not in set(counted))
    before = count(_without(merge(earlier, root)[0], equivalents))
    rows = []
    for name, row in count(counted).items():
        numbers = [row["mutants"], row[KILLED] + row[TIMEOUT], row[SURVIVED] + row[UNREACHED]]
        equal = spared[name]["mutants"] if name in spared else 0
        was = format_share(share_killed(before[name])) if name in before else ""
        rows.append([name, *map(str, [*numbers, equal]), was, format_share(share_killed(row))])
    header = ["package", "mutants", "killed", "survived", "equivalent", "score before", "score"]
    text = (
        "A mutant is the code with one small mistake in it. The score is the share of the mutants that the tests\n"
        f"of their own package notice; the aim is {AIM:.0%} of all and {AIM_OF_A_PACKAGE:.0%} in each package.\n"
        "`score before` is that of the same mutants when they were first tried. Equivalent mutants, which no\n"
        "test can notice, do not count."
    )
    packages = {package_of(name) for name in list_files(root) if is_mutable(name)}
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    shown = {
        **{name: str(value) for name, value in facts.items()},
        "command": f"scripts/mutate --sample 300 --seed {facts['seed']}, package by package",
        "packages": f"{len(count(counted)) - 1} of {len(packages)} have been tried",
        "versions": versions,
        "left out": "texts, docstrings, annotations, decorators",
        "equivalent mutants": str(EQUIVALENTS),
    }
    heading = "## Mutants that the tests notice"
    write_section("mutation", f"{heading}\n\n{text}\n\n{format_table(header, rows)}\n\n{format_facts(shown)}", path)


def _without(outcomes: Sequence[Outcome], equivalents: Sequence[Equivalent]) -> list[Outcome]:
    kept = set(without_equivalents([one.mutant for one in outcomes], equivalents))
    return [one for one in outcomes if one.mutant in kept]
