"""Decides whether a measurement becomes a record, and provides the facts that many records share.

A record needs the whole measurement at full size on a quiet machine; a short try prints its table and writes nothing.
"""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path

from machine import QUIET, current_commit, describe_machine, package_versions
from records import RECORDS, format_facts, write_section


def reason_against(wanted: bool, full_size: bool, others: float | None) -> str | None:
    """Return why a measurement is not recorded; None if it is.

    Args:
        wanted: False if `--no-record` was given.
        full_size: whether all sizes are at least those that a record needs.
        others: the cores that other programs used meanwhile; None if this is unknown.

    >>> reason_against(True, True, 0.01)
    >>> reason_against(True, True, 0.4)
    'other programs used 0.40 cores on average and 0.15 are allowed; stop them and run again'
    """
    if not wanted:
        return "--no-record was given"
    if not full_size:
        return "this was a short try; a record needs the default sizes and rounds or more"
    if others is not None and others > QUIET:
        return f"other programs used {others:.2f} cores on average and {QUIET} are allowed; stop them and run again"
    return None


def shared_facts(command: str, packages: Iterable[str], others: float | None) -> dict[str, str]:
    """Return the command, date, commit, machine, versions, and how busy other programs were."""
    return {
        "command": command,
        "date": datetime.date.today().isoformat(),
        "commit": current_commit(),
        **describe_machine(),
        "versions": ", ".join(f"{name} {version}" for name, version in package_versions(packages).items()),
        "other programs meanwhile": "unknown" if others is None else f"{others:.2f} cores on average",
    }


def conclude(
    name: str, title: str, text: str, facts: Mapping[str, str], against: str | None, path: Path = RECORDS
) -> None:
    """Print the results, and write them into the records unless there is a reason against it.

    Args:
        name: the name of the section in the records.
        title: the heading.
        text: tables and sentences.
        facts: the facts that the numbers depend on.
        against: the result of `reason_against`.
        path: the file of records.
    """
    print(f"\n{text}\n")
    if against:
        print(f"No record: {against}.")
    else:
        write_section(name, f"## {title}\n\n{text}\n\n{format_facts(facts)}", path)
