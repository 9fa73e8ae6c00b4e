"""Measures start-up times: help, the layer table, importing the package, a second set-up.

    python benchmarks/startup.py --rounds 15

Times whole processes, as seen from the shell. The result is written to benchmarks/records.md.
"""

import argparse
import datetime
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from machine import ROOT, current_commit, describe_machine, package_versions
from records import format_facts, format_table, write_section
from timing import Spread, summarise, time_in_turn

CONVLENS = str(Path(sys.executable).with_name("convlens"))
COMMANDS = {
    "convlens --help": [CONVLENS, "--help"],
    "convlens train --help": [CONVLENS, "train", "--help"],
    "convlens layers": [CONVLENS, "layers"],
    'python -c "import convlens"': [sys.executable, "-c", "import convlens"],
    'python -c "pass"': [sys.executable, "-c", "pass"],
    "a second set-up (of `make run`)": ["make", "--no-print-directory", "set-up"],
}


def runner(command: list[str]) -> Callable[[], None]:
    """Return a function that runs the command once and discards its output."""

    def run() -> None:
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return run


def format_waits(spreads: dict[str, Spread]) -> str:
    """Return a table with a row per command: milliseconds, median (smallest to largest).

    >>> print(format_waits({"convlens --help": summarise([0.150, 0.152, 0.171])}))
    | command         | ms, median (range) |
    |:----------------|-------------------:|
    | convlens --help |   152 (150 to 171) |
    """
    rows = [
        [name, f"{s.median * 1e3:.0f} ({s.smallest * 1e3:.0f} to {s.largest * 1e3:.0f})"] for name, s in spreads.items()
    ]
    return format_table(["command", "ms, median (range)"], rows)


def main(rounds: int) -> None:
    """Time every command in turn, print the table, and write the record."""
    contenders = {name: runner(command) for name, command in COMMANDS.items()}
    time_in_turn(contenders, 1)
    spreads = {name: summarise(values) for name, values in time_in_turn(contenders, rounds).items()}
    table = format_waits(spreads)
    print(table)
    facts = {
        "command": f"python benchmarks/startup.py --rounds {rounds}",
        "date": datetime.date.today().isoformat(),
        "commit": current_commit(),
        **describe_machine(),
        "versions": ", ".join(f"{k} {v}" for k, v in package_versions(["cyclopts", "rich", "numpy"]).items()),
        "inside the clock": "the whole process, with warm file caches",
        "spread": f"median (smallest to largest) of {rounds}, in turn after one round that is not counted",
    }
    write_section("startup", f"## Start-up time\n\n{table}\n\n{format_facts(facts)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long help, the layer table and a second set-up take.")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each command (default 15)")
    main(parser.parse_args().rounds)
