"""Measures `convlens report` on MNIST's 10,000 test images as a process: seconds, memory, and the size of the report.

    python benchmarks/report_time.py --rounds 5                              writes the record
    python benchmarks/report_time.py --rounds 1                              a short try

No other program of this kind writes such a file, so it is compared with `convlens evaluate`, which evaluates the same
images, and with `convlens train`, which made the model.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from comparison import spread_text
from machine import Neighbours
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise
from whole_process import CONVLENS, LEAST_ROUNDS, Finished, mebibytes, run_process

LIMIT = 5.0
"""The most seconds that a report on MNIST's test images may take on two cores."""


@dataclass(frozen=True)
class Row:
    """The seconds and the bytes of memory of one command."""

    whole: Spread
    peak: Spread


def commands(model: Path, folder: Path, data_dir: Path | None) -> dict[str, list[str]]:
    """Return the commands to time, by name, for a run folder; they write files into `folder`.

    >>> list(commands(Path("run"), Path("out"), None))
    ['convlens train', 'convlens evaluate', 'convlens report', 'convlens report --training-labels']
    """
    more = ["--data-dir", str(data_dir)] if data_dir else []
    report = [CONVLENS, "report", str(model), "--out"]
    return {
        "convlens train": [CONVLENS, "train", "mnist", "--out", str(folder / "again"), *more],
        "convlens evaluate": [CONVLENS, "evaluate", str(model), *more],
        "convlens report": [*report, str(folder / "report.html"), *more],
        "convlens report --training-labels": [*report, str(folder / "labels.html"), "--training-labels", *more],
    }


def run_in_turn(model: Path, folder: Path, rounds: int, data_dir: Path | None) -> dict[str, list[Finished]]:
    """Run every command once per round, after one round that is not counted."""
    finished: dict[str, list[Finished]] = {}
    for number in range(rounds + 1):
        place = folder / str(number)
        place.mkdir()
        for name, command in commands(model, place, data_dir).items():
            done = run_process(command)
            if number:
                print(f"{done.seconds:7.2f} s  {mebibytes(done.peak):6.0f} MiB  {name}", flush=True)
                finished.setdefault(name, []).append(done)
    return finished


def summarise_runs(finished: Mapping[str, Sequence[Finished]]) -> dict[str, Row]:
    """Return a row for each command."""
    return {
        name: Row(summarise([one.seconds for one in runs]), summarise([float(one.peak) for one in runs]))
        for name, runs in finished.items()
    }


def format_results(rows: Mapping[str, Row], size: int) -> str:
    """Return the table, with ratios to the first row, and whether the limit is met; `size` is in bytes."""
    first = next(iter(rows.values())).whole.median
    cells = [
        [name, spread_text(row.whole, digits=2), f"{row.whole.median / first:.2f}",
         spread_text(row.peak, scale=1 / 2**20, digits=0)]
        for name, row in rows.items()
    ]  # fmt: skip
    slowest = rows["convlens report"].whole.largest
    verdict = "within" if slowest < LIMIT else "NOT within"
    return (
        format_table(["command", "whole s", "of the first", "peak MiB"], cells)
        + f"\n\nThe slowest report took {slowest:.2f} s, {verdict} {LIMIT:g} s; the file has {size / 1e6:.2f} MB."
    )


def main(given: argparse.Namespace) -> None:
    """Run the processes, print the table, and write the record."""
    neighbours = Neighbours()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model"
        more = ["--data-dir", str(given.data_dir)] if given.data_dir else []
        run_process([CONVLENS, "train", "mnist", "--seed", "3", "--out", str(model), *more])
        rows = summarise_runs(run_in_turn(model, folder, given.rounds, given.data_dir))
        size = (folder / "1" / "report.html").stat().st_size
        others = neighbours.cores()
    facts = shared_facts(f"python benchmarks/report_time.py --rounds {given.rounds}", ["numpy", "matplotlib"], others)
    facts |= {
        "seed": "3",
        "inside the clock": "the whole process: Python, imports, reading MNIST (with warm file caches), evaluating "
        "10,000 images and 2,000 corrupted ones 34 times, drawing, writing; with --training-labels three trainings on "
        "40,000 images each as well",
        "spread": f"median (smallest to largest) of {given.rounds}, in turn after one round that is not counted",
    }
    against = reason_against(given.record, given.rounds >= LEAST_ROUNDS, others)
    conclude(
        "report_time", "A report of MNIST's test images, from the shell", format_results(rows, size), facts, against
    )


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Seconds and peak memory of `convlens report` as a process.")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="processes of each that count (default 5)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
