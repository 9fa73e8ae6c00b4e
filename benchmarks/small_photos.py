"""Measures `convlens train` on a folder of small photographs, from the shell to a model: accuracy, time and memory.

    python benchmarks/small_photos.py                                        recipe best; writes the record
    python benchmarks/small_photos.py --recipe fast --train 50 --test 25     a short try

`photo_folder.py` makes the folder. The first training also decodes and caches the images; the second uses the cache.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import Neighbours
from recording import conclude, reason_against, shared_facts
from records import format_table
from whole_process import CONVLENS, Finished, mebibytes, read_facts, run_process

LEAST_TRAIN, LEAST_TEST = 400, 100
WANTED_SECONDS = 60.0
RUNS = ("first", "second")


def training_command(folder: Path, recipe: str, out: Path, seed: int, cache: Path) -> list[str]:
    """Return the command `convlens train FOLDER`, with a cache that is empty at first.

    >>> training_command(Path("photos"), "best", Path("run"), 0, Path("kept"))[2:4]
    ['.../convlens', 'train']
    """
    command = [CONVLENS, "train", str(folder), "--recipe", recipe, "--out", str(out), "--seed", str(seed)]
    return ["env", f"CONVLENS_DATA={cache}", *command]


def make_folder(folder: Path, train: int, test: int, seed: int) -> None:
    """Make the images in another process, because this one must stay smaller than the measured ones."""
    code = f"from photo_folder import *; make_photo_folder(Path({str(folder)!r}), {train}, {test}, {seed})"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def format_results(runs: dict[str, tuple[Finished, dict[str, Any]]]) -> str:
    """Return a table with a row per training."""
    rows = [
        [
            f"{name} start",
            f"{done.seconds:.1f}",
            f"{facts['seconds']:.1f}",
            f"{mebibytes(done.peak):.0f}",
            f"{facts['test']['accuracy']:.2%}",
        ]
        for name, (done, facts) in runs.items()
    ]
    return format_table(["`convlens train FOLDER`", "whole s", "steps s", "peak MiB", "test accuracy"], rows)


def verdict(seconds: float) -> str:
    """Return a sentence on whether the first training was within the limit.

    >>> verdict(12.34)
    'From the folder to the model in 12.3 s, within 60 s.'
    """
    compared = "within" if seconds <= WANTED_SECONDS else "MORE than"
    return f"From the folder to the model in {seconds:.1f} s, {compared} {WANTED_SECONDS:.0f} s."


def main(given: argparse.Namespace) -> None:
    """Make the folder, train twice, print the results, and write the record."""
    neighbours = Neighbours()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photos"
        make_folder(folder, given.train, given.test, given.seed)
        outs = {name: Path(place) / name for name in RUNS}
        finished = {
            name: run_process(training_command(folder, given.recipe, out, given.seed, Path(place) / "cache"))
            for name, out in outs.items()
        }
        runs = {name: (finished[name], read_facts(out)) for name, out in outs.items()}
    others = neighbours.cores()
    command = f"python benchmarks/small_photos.py --recipe {given.recipe} --seed {given.seed}"
    command += f" --train {given.train} --test {given.test}"
    facts = shared_facts(command, ["numpy", "pillow", "scikit-learn", "matplotlib"], others)
    facts |= {
        "images": f"4 classes, {given.train} training and {given.test} test images each, 20 to 250 pixels, half PNG, "
        "half JPEG: cuts of pictures that scikit-learn and Matplotlib ship, see benchmarks/photo_folder.py; test "
        "images are cut from other parts of the pictures",
        "network": str(runs["first"][1]["settings"]["network"]),
        "inside the clock": "the whole process: Python, imports, reading the images, training, evaluation, pictures, "
        "writing the model; steps: the part that the run's log counts",
        "peak": "the most memory that one process held, shared libraries and mapped files included",
    }
    text = f"{format_results(runs)}\n\n{verdict(finished['first'].seconds)}"
    full_size = given.train >= LEAST_TRAIN and given.test >= LEAST_TEST and given.recipe == "best"
    title = "A folder of small photographs, from the shell to a model"
    conclude("small_photos", title, text, facts, reason_against(given.record, full_size, others))


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="`convlens train FOLDER` on a folder of small photographs.")
    parser.add_argument("--recipe", default="best", help="default best")
    parser.add_argument("--train", type=int, default=LEAST_TRAIN, help="training images per class (default 400)")
    parser.add_argument("--test", type=int, default=LEAST_TEST, help="test images per class (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the images and of the training (default 0)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
