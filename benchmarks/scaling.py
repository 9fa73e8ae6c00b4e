"""Measures the time per image as the number of images grows, for epochs of the native engine on 1,000 to a million.

    python benchmarks/scaling.py --top 1000000                               writes the record; 784 MB on the disk
    python benchmarks/scaling.py --top 10000 --rounds 1                      a short try

The images are MNIST's, repeated, in a memory-mapped file, and every epoch uses them in a random order. The engine
copies no images, so only the distance between two images in memory grows, and not the work per image.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comparison import spread_text
from convlens.data import LabelledImages, load_dataset
from convlens.engines.engine import LossSettings, OptimizerSettings, Plan
from convlens.engines.native import NativeEngine, instruction_sets
from convlens.network import initial_weights, preset
from convlens.preprocessing import Normalisation
from machine import Neighbours, usable_cores
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise, time_in_turn

PLAN = Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation((0.0,), (1.0,)))
BATCH_SIZE = 128
LEARNING_RATE = 0.001
SEED = 3
SMALLEST = 1000
LEAST_TOP, LEAST_ROUNDS = 1_000_000, 3
LEAST_SEEN = 50_000
"""The fewest images of one measurement, because an epoch of 1,000 images is too short to time."""


def sizes_up_to(top: int) -> list[int]:
    """Return numbers of images: powers of ten from 1,000, and `top` itself.

    >>> sizes_up_to(60_000)
    [1000, 10000, 60000]
    """
    sizes, size = [], SMALLEST
    while size < top:
        sizes.append(size)
        size *= 10
    return [*sizes, top]


def repeat_into(path: Path, images: LabelledImages, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Repeat the given images up to `count` in a memory-mapped file, and return them and their labels."""
    shape = (count, *images.image_shape)
    written = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    for start in range(0, count, len(images)):
        part = written[start : start + len(images)]
        part[:] = images.images[: len(part)]
    written.flush()
    labels = np.resize(images.labels, count)
    return np.lib.format.open_memmap(path, mode="r"), labels


def epochs_of(size: int) -> int:
    """Return the number of epochs of one measurement.

    >>> epochs_of(1000), epochs_of(60_000)
    (50, 1)
    """
    return max(1, LEAST_SEEN // size)


def training(images: NDArray[np.uint8], labels: NDArray[np.int64], threads: int) -> Callable[[], None]:
    """Return a function that trains for `epochs_of` epochs, shuffling before each."""
    engine = NativeEngine(PLAN, threads)
    engine.set_weights(initial_weights(PLAN.network, PLAN.input_shape, PLAN.classes, SEED))
    trainer = engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=SEED)
    rates = np.full(-(-len(images) // BATCH_SIZE), LEARNING_RATE)
    generator = np.random.default_rng(SEED)

    def epochs() -> None:
        for _ in range(epochs_of(len(images))):
            trainer.run(generator.permutation(len(images)), BATCH_SIZE, rates)

    return epochs


def measure(
    images: NDArray[np.uint8], labels: NDArray[np.int64], sizes: Sequence[int], threads: int, rounds: int
) -> dict[int, Spread]:
    """Return the seconds of one epoch for each number of images, in turn after one round that is not counted."""
    contenders = {f"{size:,}": training(images[:size], labels[:size], threads) for size in sizes}
    time_in_turn(contenders, 1)
    seconds = time_in_turn(contenders, rounds, on_time=lambda name, value: print(f"{value:8.3f} s  {name}", flush=True))
    return {size: summarise([one / epochs_of(size) for one in seconds[f"{size:,}"]]) for size in sizes}


def format_results(spreads: Mapping[int, Spread]) -> str:
    """Return a table with a row per number of images; the ratio is the time per image divided by the first row's."""
    first, *_ = spreads
    rows = [
        [
            f"{size:,}",
            spread_text(spread),
            f"{spread.median / size * 1e6:.2f}",
            f"{spread.median / size / (spreads[first].median / first):.3f}",
        ]
        for size, spread in spreads.items()
    ]
    return format_table(["images", "s/epoch", "µs/image", "ratio"], rows)


def main(given: argparse.Namespace) -> None:
    """Write the images, measure, print the table, and write the record."""
    train = load_dataset("mnist", data_dir=given.data_dir).train
    sizes = sizes_up_to(given.top)
    neighbours = Neighbours()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        images, labels = repeat_into(Path(folder) / "images.npy", train, given.top)
        spreads = measure(images, labels, sizes, given.threads, given.rounds)
        del images  # some systems cannot remove a mapped file
    others = neighbours.cores()
    command = f"python benchmarks/scaling.py --top {given.top} --rounds {given.rounds}"
    facts = shared_facts(command, ["numpy"], others)
    facts |= {
        "training": f"the tutorial's network, native with {instruction_sets()[0]}, batches of {BATCH_SIZE}, Adam",
        "threads": str(given.threads),
        "images": "MNIST's 60,000 again and again, bytes in a file that is mapped into memory, with warm file caches",
        "inside the clock": "one epoch: shuffling, getting the images, all steps; a measurement of fewer than "
        f"{LEAST_SEEN:,} images is several epochs long and divided by their number",
        "spread": f"median (smallest to largest) of {given.rounds}, in turn after one round that is not counted",
    }
    full_size = given.top >= LEAST_TOP and given.rounds >= LEAST_ROUNDS
    title = "Time an image as the number of images grows"
    conclude("scaling", title, format_results(spreads), facts, reason_against(given.record, full_size, others))


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="The time of an epoch and per image, for 1,000 to a million images.")
    parser.add_argument("--top", type=int, default=100_000, help="the most images (default 100,000; record: 1,000,000)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each that count (default 5)")
    parser.add_argument("--threads", type=int, default=min(2, usable_cores()), help="(default 2)")
    parser.add_argument("--folder", type=Path, default=None, help="for the images, 784 bytes each (default: temporary)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
