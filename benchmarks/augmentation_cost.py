"""Measures the cost of augmentation: epochs of the native engine on unchanged images, and on augmented copies.

    python benchmarks/augmentation_cost.py                                   writes the record
    python benchmarks/augmentation_cost.py --images 2000 --rounds 1          a short try

The measured time includes drawing the random changes (in NumPy) and making the copies (in the engine, while it loads
the images). All networks use the same images. The fewer multiply-adds a network has, the larger is the relative cost.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from comparison import spread_text
from convlens.data import LabelledImages, load_dataset
from convlens.engines import AugmentationSettings, LossSettings, OptimizerSettings, Plan, draw_changes
from convlens.engines.native import NativeEngine, instruction_sets
from convlens.network import initial_weights, read_network
from convlens.preprocessing import Normalisation
from convlens.training import choose_settings
from machine import Neighbours, usable_cores
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise, time_in_turn

BATCH_SIZE = 128
LEARNING_RATE = 0.001
SEED = 3
WANTED_COST = 0.15
LEAST_IMAGES, LEAST_ROUNDS = 20_000, 5
REST_SECONDS = 0.02
"""Seconds between two contenders, so that threads that wait actively for more work are asleep when the next begins."""
EVERY_KIND = AugmentationSettings(
    shift=0.08,
    rotation=12,
    scale=0.15,
    aspect=0.1,
    shear=0.15,
    elastic=0.03,
    thickness=0.5,
    blur=0.5,
    contrast=0.3,
    brightness=0.15,
    noise=0.05,
    cover=0.3,
)
"""All kinds of change for one channel; their strength does not affect the time."""
NONE, ALL = "as they are", "every kind of change"


def choices() -> dict[str, AugmentationSettings | None]:
    """Return what is compared: no change, the changes of recipe `best` for MNIST, every kind, and some kinds alone."""
    return {
        NONE: None,
        "those of recipe best": choose_settings("best").augmentation,
        ALL: EVERY_KIND,
        "shift, rotation, scale, aspect, shear": only("shift", "rotation", "scale", "aspect", "shear"),
        "elastic": only("elastic"),
        "thickness and blur": only("thickness", "blur"),
        "contrast, brightness, noise, cover": only("contrast", "brightness", "noise", "cover"),
    }


def only(*names: str) -> AugmentationSettings:
    """Return settings with some kinds of `EVERY_KIND` only.

    >>> only("shift")
    AugmentationSettings(shift=0.08, rotation=0.0, scale=0.0, ...)
    """
    others = {one.name: 0.0 for one in fields(EVERY_KIND) if one.name not in names and not one.name.startswith("flip")}
    return replace(EVERY_KIND, **others)


def networks() -> dict[str, str]:
    """Return the networks to train, by the name of their recipe."""
    return {name: choose_settings(name).network for name in ("fast", "best")}


def epoch_of(network: str, images: LabelledImages, augmentation: AugmentationSettings | None, threads: int):
    """Return a function that trains one more epoch, with new random changes each time."""
    shape = images.image_shape
    normalisation = Normalisation((0.0,) * shape[0], (1.0,) * shape[0])
    plan = Plan(read_network(network), shape, len(images.class_names), normalisation)
    engine = NativeEngine(plan, threads)
    engine.set_weights(initial_weights(plan.network, plan.input_shape, plan.classes, SEED))
    trainer = engine.trainer(images.images, images.labels, OptimizerSettings(), LossSettings(), seed=SEED)
    rates = np.full(-(-len(images) // BATCH_SIZE), LEARNING_RATE)
    generator, count = np.random.default_rng(SEED), iter(range(10**9))

    def epoch() -> None:
        order = generator.permutation(len(images))
        number = next(count)
        changes = None
        if augmentation is not None:
            changes = draw_changes(augmentation, SEED, number, range(len(images)), shape)
        if not np.isfinite(trainer.run(order, BATCH_SIZE, rates, changes).losses).all():
            raise ArithmeticError("the loss became infinite, so the time would be meaningless.")

    return epoch


def compare(
    epochs: Mapping[str, Callable[[], object]], rounds: int, rest: float = REST_SECONDS
) -> dict[str, list[float]]:
    """Return the seconds of all contenders' epochs, measured in turn after one round that is not counted."""

    def report(name: str, seconds: float) -> None:
        print(f"{seconds:8.3f} s  {name}", flush=True)
        time.sleep(rest)

    time_in_turn(epochs, 1, on_time=lambda *_: time.sleep(rest))
    return time_in_turn(epochs, rounds, on_time=report)


def costs_of(seconds: Mapping[str, list[float]]) -> dict[str, Spread]:
    """Return how much longer an epoch takes than one on unchanged images, round by round: 0.1 means 10 %.

    >>> print(costs_of({"as they are": [1.0, 2.0, 4.0], "a": [1.5, 2.0, 5.0]})["a"])
    0.25 (0.00 to 0.50)
    """
    return {
        name: summarise([one / plain - 1 for one, plain in zip(values, seconds[NONE], strict=True)])
        for name, values in seconds.items()
    }


def format_results(seconds: Mapping[str, list[float]], images: int) -> str:
    """Return a table with a row per choice: seconds per epoch, images per second, and cost."""
    rows = []
    for name, cost in costs_of(seconds).items():
        spread = summarise(seconds[name])
        text = "" if name == NONE else f"{cost.median:+.1%} ({cost.smallest:+.1%} to {cost.largest:+.1%})"
        rows.append([name, spread_text(spread), f"{images / spread.median:,.0f}", text])
    return format_table(["copies", "s/epoch", "images/s", "cost"], rows)


def verdict(seconds: Mapping[str, list[float]]) -> str:
    """Return a sentence on whether the cost of all kinds of change together is within the limit.

    >>> print(verdict({"as they are": [1.0], "every kind of change": [1.5]}))
    Every kind of change together costs 50.0 %, which is MORE than 15 %.
    """
    cost = costs_of(seconds)[ALL].median
    compared = "at most" if cost <= WANTED_COST else "MORE than"
    return f"Every kind of change together costs {cost * 100:.1f} %, which is {compared} {WANTED_COST * 100:.0f} %."


def main(given: argparse.Namespace) -> None:
    """Time every choice with every network, print the results, and write the record."""
    train = load_dataset("mnist", data_dir=given.data_dir).train
    images = train.subset(range(min(given.images, len(train))))
    neighbours = Neighbours()
    parts = []
    for recipe, network in networks().items():
        print(f"\nthe network of recipe {recipe}", flush=True)
        epochs = {name: epoch_of(network, images, choice, given.threads) for name, choice in choices().items()}
        seconds = compare(epochs, given.rounds)
        heading = f"The network of recipe `{recipe}`: `{network}`"
        parts.append(f"{heading}\n\n{format_results(seconds, len(images))}\n\n{verdict(seconds)}")
    others = neighbours.cores()
    command = f"python benchmarks/augmentation_cost.py --images {given.images} --rounds {given.rounds}"
    facts = shared_facts(command, ["numpy"], others)
    facts |= {
        "threads": f"{given.threads}; native with {instruction_sets()[0]}",
        "images": f"the first {len(images):,} training images of MNIST, in batches of {BATCH_SIZE}, Adam",
        "every kind of change": EVERY_KIND.describe(),
        "inside the clock": "one epoch: shuffling, drawing the changes, making the copies, all steps; not handing the "
        "images over to the engine",
        "cost": "how much longer an epoch takes than the one on images as they are of the same round: median (smallest "
        f"to largest) of {given.rounds} rounds, in turn after one that is not counted",
    }
    full_size = len(images) >= LEAST_IMAGES and given.rounds >= LEAST_ROUNDS
    title = "What augmentation costs in the native engine"
    against = reason_against(given.record, full_size, others)
    conclude("augmentation_cost", title, "\n\n".join(parts), facts, against)


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Epochs of the native engine with and without augmentation.")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="of MNIST (default 20,000)")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="epochs of each that count (default 5)")
    parser.add_argument("--threads", type=int, default=min(2, usable_cores()), help="default 2")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
