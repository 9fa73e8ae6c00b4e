"""Whether a measurement becomes a record, and the facts that the records of the native engine's benchmarks share.

A record is the whole measurement at its full size on a quiet machine; a short try prints its table and writes nothing.
"""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path

from machine import QUIET, current_commit, describe_machine, package_versions
from records import RECORDS, format_facts, write_section


def reason_against(wanted: bool, full_size: bool, others: float | None) -> str | None:
    """Why a measurement is not written down; None where it is.

    Args:
        wanted: False where `--no-record` was given.
        full_size: whether everything was at least as large as a record needs.
        others: cores that other programs used meanwhile; None where the system does not say.

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
    """Command, date, commit, machine, versions, and how busy the machine was otherwise."""
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
    """Print what was measured, and write it into the records unless there is a reason against it.

    Args:
        name: of the section in the records.
        title: its heading.
        text: tables and sentences.
        facts: what the numbers depend on.
        against: from `reason_against`.
        path: the file of records.
    """
    print(f"\n{text}\n")
    if against:
        print(f"No record: {against}.")
    else:
        write_section(name, f"## {title}\n\n{text}\n\n{format_facts(facts)}", path)
