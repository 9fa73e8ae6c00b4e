"""Measures `convlens train` as a process, from the shell to a saved model: seconds and peak memory.

    python benchmarks/whole_process.py --rounds 5                            writes the record
    python benchmarks/whole_process.py --rounds 1                            a short try

The time includes Python, imports, reading the files, training, the test, pictures and the model file; the data are
already on the disk. Imports must be light here: for a child process, Linux also counts the memory that it had before
it started another program, so the parent must be smaller than the program to measure.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comparison import spread_text, times_as_fast
from machine import Neighbours
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise

CONVLENS = str(Path(sys.executable).with_name("convlens"))
ENGINES = ("native", "torch")
LEAST_ROUNDS = 5
UNIT_OF_MEMORY = 1 if sys.platform == "darwin" else 1024
"""The bytes in one unit of the memory that `wait4` reports."""


@dataclass(frozen=True)
class Finished:
    """A process that ended without error: seconds from start to end, and peak memory in bytes."""

    seconds: float
    peak: int


@dataclass(frozen=True)
class Row:
    """The results of one engine: total seconds, the seconds of the steps alone, bytes, and test accuracy."""

    whole: Spread
    steps: Spread
    peak: Spread
    accuracy: float


def run_process(command: Sequence[str]) -> Finished:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed (the message has its output), or this process is too large to measure it.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        # `wait4` reports the memory of this process; otherwise, only that of the largest child so far is known.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace").strip()[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode} and said: {text}")
    peak, own = usage.ru_maxrss * UNIT_OF_MEMORY, own_peak()
    if peak <= own:
        raise RuntimeError(
            f"{command[0]} held no more memory than this process ({mebibytes(own):.0f} MiB), so its own peak cannot "
            "be measured. Start it from a smaller process."
        )
    return Finished(seconds, peak)


def own_peak() -> int:
    """Return the peak memory of this program in bytes; 0 on systems other than Linux, which do not need it.

    `getrusage` would include the memory of the program that started this one.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return parse_status(status)


def parse_status(text: str) -> int:
    """Return a program's peak memory in bytes from Linux's /proc/self/status.

    >>> parse_status("Name:\\tpython\\nVmHWM:\\t   2048 kB\\n")
    2097152
    """
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM:")), 0)


def mebibytes(size: float) -> float:
    """Convert bytes to MiB.

    >>> mebibytes(3 * 2**20)
    3.0
    """
    return size / 2**20


def training_command(engine: str, recipe: str, out: Path, data_dir: Path | None) -> list[str]:
    """Return the command `convlens train`, with its own folder for the run.

    >>> training_command("native", "fast", Path("run"), None)[1:]
    ['train', 'mnist', '--recipe', 'fast', '--engine', 'native', '--out', 'run']
    """
    command = [CONVLENS, "train", "mnist", "--recipe", recipe, "--engine", engine, "--out", str(out)]
    return command + (["--data-dir", str(data_dir)] if data_dir else [])


def run_in_turn(
    command_for: Callable[[str, Path], list[str]], engines: Sequence[str], rounds: int, folder: Path
) -> tuple[dict[str, list[Finished]], dict[str, list[Path]]]:
    """Run every engine once per round, after one round that is not counted (it fills the file caches)."""
    finished: dict[str, list[Finished]] = {engine: [] for engine in engines}
    outs: dict[str, list[Path]] = {engine: [] for engine in engines}
    for number in range(rounds + 1):
        for engine in engines:
            out = folder / f"{engine}-{number}"
            done = run_process(command_for(engine, out))
            if number:
                print(f"{done.seconds:7.2f} s  {mebibytes(done.peak):6.0f} MiB  {engine}", flush=True)
                finished[engine].append(done)
                outs[engine].append(out)
    return finished, outs


def read_facts(out: Path) -> dict[str, Any]:
    """Return the facts in a run's model. The import is late, when all processes have been measured."""
    from convlens.trained_model import load_model

    return load_model(out).facts


def summarise_runs(finished: Sequence[Finished], facts: Sequence[dict[str, Any]]) -> Row:
    """Return one engine's row from its processes and the facts of its models, which all have the same seed."""
    return Row(
        whole=summarise([done.seconds for done in finished]),
        steps=summarise([fact["seconds"] for fact in facts]),
        peak=summarise([float(done.peak) for done in finished]),
        accuracy=facts[-1]["test"]["accuracy"],
    )


def format_results(rows: Mapping[str, Row]) -> str:
    """Return a table with a row per engine; the last engine is the reference for the ratios."""
    reference = list(rows.values())[-1]
    cells = [
        [
            f"convlens train --engine {engine}",
            spread_text(row.whole, digits=2),
            f"{row.steps.median:.2f}",
            f"{row.whole.median - row.steps.median:.2f}",
            spread_text(row.peak, scale=1 / 2**20, digits=0),
            times_as_fast(row.whole, reference.whole),
            f"{row.accuracy:.2%}",
        ]
        for engine, row in rows.items()
    ]
    header = ["command", "whole s", "steps s", "all else s", "peak MiB", "times as fast", "test accuracy"]
    return format_table(header, cells)


def main(given: argparse.Namespace) -> None:
    """Run the processes, print the table, and write the record."""
    neighbours = Neighbours()
    with tempfile.TemporaryDirectory() as folder:
        finished, outs = run_in_turn(
            lambda engine, out: training_command(engine, given.recipe, out, given.data_dir),
            given.engines,
            given.rounds,
            Path(folder),
        )
        others = neighbours.cores()
        rows = {
            engine: summarise_runs(finished[engine], [read_facts(out) for out in outs[engine]])
            for engine in given.engines
        }
    command = f"python benchmarks/whole_process.py --recipe {given.recipe} --rounds {given.rounds}"
    facts = shared_facts(command, ["torch", "numpy", "matplotlib"], others)
    facts |= {
        "threads": "as `convlens train` chooses them: one per core",
        "inside the clock": "the whole process: Python, imports, reading MNIST from the disk (with warm file caches), "
        "training, evaluation, pictures, writing the model; steps: the part that the run's log counts",
        "peak": "the most memory that the process held, shared libraries and mapped files included",
        "spread": f"median (smallest to largest) of {given.rounds}, in turn after one round that is not counted",
    }
    full_size = given.rounds >= LEAST_ROUNDS and set(given.engines) == set(ENGINES)
    title = f"From the shell to a saved model, recipe `{given.recipe}`"
    against = reason_against(given.record, full_size, others)
    conclude(f"whole_process_{given.recipe}", title, format_results(rows), facts, against)


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Seconds and peak memory of `convlens train` as a process.")
    parser.add_argument("--recipe", default="fast", help="fast or tutorial (default fast)")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), help="the last is the reference")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="processes of each that count (default 5)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
