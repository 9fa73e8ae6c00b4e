"""Compares one epoch of training: the native engine and the best of eager PyTorch, on images already in memory.

    python benchmarks/native_training.py                                     writes the record
    python benchmarks/native_training.py --images 2000 --rounds 1            a short try

The networks are the tutorial's on MNIST, a wider and a deeper one, in which PyTorch's blocks of channels are fuller,
and a residual one. PyTorch is measured with both memory layouts and both batch sizes; its best is the reference. One
thread, all threads and every instruction set are measured in the same run, in turn.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ceiling import Ceiling, higher, measure_ceilings
from comparison import best_of, spread_text, times_as_fast
from convlens.data import LabelledImages, load_dataset
from convlens.engines import Engine
from convlens.engines.engine import LossSettings, OptimizerSettings, Plan, Weights
from convlens.engines.native import NativeEngine, instruction_sets
from convlens.engines.torch_engine import TorchEngine
from convlens.network import TUTORIAL, Network, initial_weights
from convlens.preprocessing import Normalisation
from machine import Neighbours, usable_cores
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise, time_in_turn
from torch_eager import (
    LAYOUTS,
    accuracy_of,
    as_floats,
    deep_network,
    residual_network,
    training_epoch,
    tutorial_network,
    wide_network,
    with_weights,
)
from tutorial_loop import multiply_adds_per_epoch

BATCH_SIZE = 128
TORCH_BATCH_SIZES = (128, 256)
LEARNING_RATE = 0.001
SEED = 3
LEAST_IMAGES, LEAST_OTHER_IMAGES, LEAST_ROUNDS = 60_000, 2000, 5
REST_SECONDS = 0.02
"""Seconds between two contenders, so that threads that wait actively for more work are asleep when the next begins."""
WIDE = ", ".join(f"conv {channels} 3x3 pad 1, relu, maxpool 2" for channels in (32, 64, 128)) + ", dense"
DEEP = ", maxpool 2, ".join(["conv 16 3x3 pad 1, relu, conv 16 3x3 pad 1, relu"] * 3) + ", dense"
RESIDUAL = "conv 16 3x3 pad 1, batchnorm, relu, "
RESIDUAL += "residual(conv 16 3x3 pad 1, batchnorm, relu, conv 16 3x3 pad 1, batchnorm), relu, "
for channels in (32, 64):
    RESIDUAL += f"residual(conv {channels} 3x3 stride 2 pad 1, batchnorm, relu, conv {channels} 3x3 pad 1, batchnorm, "
    RESIDUAL += f"shortcut conv {channels} 1x1 stride 2, batchnorm), relu, "
RESIDUAL += "globalavgpool, dense"


@dataclass(frozen=True)
class Subject:
    """A network to train, in Convlens's language and in PyTorch, and its images."""

    title: str
    network: str
    by_hand: Callable[[], nn.Sequential]
    train: LabelledImages
    test: LabelledImages

    @property
    def plan(self) -> Plan:
        """The plan, in which pixels are only scaled to 0 to 1."""
        shape = self.train.image_shape
        normalisation = Normalisation((0.0,) * shape[0], (1.0,) * shape[0])
        return Plan(Network.from_text(self.network), shape, len(self.train.class_names), normalisation)


@dataclass(frozen=True)
class Contender:
    """A contender: a function that trains one epoch, one that measures the accuracy, and the number of threads."""

    epoch: Callable[[], object]
    accuracy: Callable[[], float]
    threads: int
    is_torch: bool


@dataclass(frozen=True)
class Row:
    """The measurements of one contender."""

    spread: Spread
    accuracy: float
    threads: int
    is_torch: bool


def enlarge(images: LabelledImages, count: int) -> LabelledImages:
    """Enlarge the first images to 32×32 and three equal channels by repeating pixels, which does not affect the time.

    >>> enlarge(LabelledImages(np.zeros((5, 1, 28, 28), np.uint8), np.zeros(5, int), ("zero",)), 2).images.shape
    (2, 3, 32, 32)
    """
    count = min(count, len(images))
    rows = np.arange(32) * images.images.shape[2] // 32
    columns = np.arange(32) * images.images.shape[3] // 32
    larger = images.images[:count, :, rows[:, None], columns[None, :]].repeat(3, axis=1)
    return LabelledImages(larger, images.labels[:count], images.class_names, f"{images.name} 3×32×32")


def engine_contender(engine: Engine, subject: Subject, weights: Weights, batch_size: int, is_torch: bool) -> Contender:
    """Return one of Convlens's engines, with its images loaded, as a contender."""
    engine.set_weights(weights)
    images = subject.train
    trainer = engine.trainer(images.images, images.labels, OptimizerSettings(), LossSettings(), seed=SEED)
    rates = np.full(-(-len(images) // batch_size), LEARNING_RATE)
    generator = np.random.default_rng(SEED)

    def epoch() -> None:
        steps = trainer.run(generator.permutation(len(images)), batch_size, rates)
        if not np.isfinite(steps.losses).all():
            raise ArithmeticError(f"the loss became infinite with {engine.description}; its time means nothing.")

    def accuracy() -> float:
        return float((engine.logits(subject.test.images).argmax(1) == subject.test.labels).mean())

    return Contender(epoch, accuracy, engine.threads, is_torch)


def torch_contenders(subject: Subject, weights: Weights, threads: int) -> dict[str, Contender]:
    """Return eager PyTorch in both layouts and both batch sizes, and Convlens's torch engine."""
    contenders = {}
    labels = torch.from_numpy(np.array(subject.train.labels))
    for layout in LAYOUTS:
        images = as_floats(subject.train.images, layout)
        for batch_size in TORCH_BATCH_SIZES:
            network = with_weights(subject.by_hand, weights, layout)
            epoch = training_epoch(network, images, labels, batch_size, LEARNING_RATE)
            contenders[f"torch eager, {layout}, batch {batch_size}"] = Contender(
                epoch, lambda n=network: accuracy_of(n, subject.test.images, subject.test.labels), threads, True
            )
    for batch_size in TORCH_BATCH_SIZES:
        engine = TorchEngine(subject.plan, device="cpu", threads=threads)
        name = f"Convlens, torch engine, batch {batch_size}"
        contenders[name] = engine_contender(engine, subject, weights, batch_size, is_torch=True)
    return contenders


def native_contenders(subject: Subject, weights: Weights, threads: int, thorough: bool) -> dict[str, Contender]:
    """Return the native engine with its best instruction set and, if `thorough`, on one thread and with all others."""
    best, *others = instruction_sets()
    wanted = [(best, threads)]
    if thorough:
        wanted += [(best, 1)] * (threads > 1) + [(name, threads) for name in others]
    return {
        native_name(name, count): engine_contender(
            NativeEngine(subject.plan, count, name), subject, weights, BATCH_SIZE, is_torch=False
        )
        for name, count in wanted
    }


def native_name(instruction_set: str, threads: int) -> str:
    """Return the name of a row.

    >>> native_name("avx2", 1)
    'Convlens, native, avx2, 1 thread'
    """
    return f"Convlens, native, {instruction_set}, {threads} thread{'s' * (threads > 1)}"


def compare(subject: Subject, threads: int, rounds: int, thorough: bool) -> dict[str, Row]:
    """Train all contenders in turn from the same weights, after one round that is not counted."""
    plan = subject.plan
    weights = initial_weights(plan.network, plan.input_shape, plan.classes, SEED)
    torch.manual_seed(SEED)
    contenders = torch_contenders(subject, weights, threads) | native_contenders(subject, weights, threads, thorough)

    def report(name: str, seconds: float) -> None:
        print(f"{seconds:8.3f} s  {name}", flush=True)
        time.sleep(REST_SECONDS)

    epochs = {name: contender.epoch for name, contender in contenders.items()}
    time_in_turn(epochs, 1, on_time=lambda *_: time.sleep(REST_SECONDS))
    print(f"\n{subject.title}, {len(subject.train):,} images", flush=True)
    seconds = time_in_turn(epochs, rounds, on_time=report)
    return {
        name: Row(summarise(seconds[name]), contender.accuracy(), contender.threads, contender.is_torch)
        for name, contender in contenders.items()
    }


def format_results(rows: Mapping[str, Row], images: int, work: int, ceilings: Mapping[int, Ceiling]) -> str:
    """Return a table with a row per contender, compared with the best of PyTorch.

    Args:
        rows: the measurements.
        images: the number of images per epoch.
        work: the multiply-adds per epoch.
        ceilings: the ceilings by number of threads.
    """
    best = best_of({name: row.spread for name, row in rows.items()}, [n for n, row in rows.items() if row.is_torch])
    cells = []
    for name, row in rows.items():
        speed = 2 * work / row.spread.median
        cells.append(
            [
                name + (" (PyTorch's best)" if name == best else ""),
                spread_text(row.spread),
                f"{images / row.spread.median:,.0f}",
                f"{speed / 1e9:.1f}",
                f"{speed / ceilings[row.threads].value:.1%}",
                times_as_fast(row.spread, rows[best].spread),
                f"{row.accuracy:.2%}",
            ]
        )
    ceiling = "of the product" if any(one.peak is None for one in ceilings.values()) else "of the peak"
    header = ["contender", "s/epoch", "images/s", "GFLOP/s", ceiling, "times as fast", "test accuracy"]
    return format_table(header, cells)


def describe_scaling(rows: Mapping[str, Row], threads: int) -> str:
    """Return a sentence on how much faster all threads are than one; empty if only one was measured.

    Other programs delay two threads more often than one, so the shortest times describe the engine better, and the
    medians the machine.
    """
    best = instruction_sets()[0]
    one, all_of_them = native_name(best, 1), native_name(best, threads)
    if threads == 1 or one not in rows:
        return ""
    fast, slow = rows[all_of_them].spread, rows[one].spread
    ratio, shortest = times_as_fast(fast, slow), f"{slow.smallest / fast.smallest:.2f}"
    return f"Native on {threads} threads is {ratio} times as fast as on one; by the shortest times, {shortest}."


def subjects(train: LabelledImages, test: LabelledImages, images: int, other_images: int) -> list[Subject]:
    """Return the tutorial's network on MNIST, and the others on fewer images, because PyTorch is slow with them."""
    few = train.subset(range(min(other_images, len(train))))
    all_of_them = train if images >= len(train) else train.subset(range(images))
    large = enlarge(train, other_images), enlarge(test, other_images)
    return [
        Subject("The tutorial's network", TUTORIAL, tutorial_network, all_of_them, test),
        Subject("A wider network, 3×32×32 images", WIDE, wide_network, *large),
        Subject("A deeper network", DEEP, deep_network, few, test.subset(range(min(other_images, len(test))))),
        Subject("A residual network, 3×32×32 images", RESIDUAL, residual_network, *large),
    ]


def main(given: argparse.Namespace) -> None:
    """Measure all networks, print the tables, and write the record."""
    dataset = load_dataset("mnist", data_dir=given.data_dir)
    assert dataset.test is not None, "MNIST has test images"
    torch.set_num_threads(given.threads)
    chosen = subjects(dataset.train, dataset.test, given.images, given.other_images)
    neighbours = Neighbours()
    ceilings = measure_ceilings([1, given.threads])
    for threads, ceiling in ceilings.items():
        print(f"peak, {threads} thread{'s' * (threads > 1)}: {ceiling.describe()}", flush=True)
    measured = [compare(subject, given.threads, given.rounds, thorough=k == 0) for k, subject in enumerate(chosen)]
    ceilings = higher(ceilings, measure_ceilings([1, given.threads]))
    parts = []
    for subject, rows in zip(chosen, measured, strict=True):
        count = len(subject.train)
        table = format_results(rows, count, multiply_adds_per_epoch(subject.plan, count), ceilings)
        work = multiply_adds_per_epoch(subject.plan, 1)
        heading = f"{subject.title}, {count:,} images, {work:,} multiply-adds each: `{subject.network}`"
        parts.append("\n\n".join(part for part in (heading, table, describe_scaling(rows, given.threads)) if part))
    others = neighbours.cores()
    sizes = f"--rounds {given.rounds} --images {given.images} --other-images {given.other_images}"
    facts = shared_facts(f"python benchmarks/native_training.py {sizes}", ["torch", "numpy"], others)
    facts |= {
        "threads": f"{given.threads} for all contenders, unless a row says otherwise",
        "batches": f"native {BATCH_SIZE}; PyTorch as its rows say. Times as fast: than PyTorch's best row",
        "training": f"Adam (fused in PyTorch), learning rate {LEARNING_RATE}, the same first weights (seed {SEED}) for "
        f"all; test accuracy after {given.rounds + 1} epochs, to show that all contenders learn",
        "inside the clock": "one epoch: shuffling, getting the images, all steps (forward, loss, backward, Adam); "
        "not reading the files, not turning bytes into floats for PyTorch (native starts from bytes in every step)",
        "spread": f"median (smallest to largest) of {given.rounds} epochs each, in turn after one round not counted",
        "of the peak": "with the row's number of threads, and the best instruction set for all rows; measured before "
        "and after, the higher one counts",
        **{f"peak, {threads} thread{'s' * (threads > 1)}": one.describe() for threads, one in ceilings.items()},
    }
    full_size = given.images >= LEAST_IMAGES and given.other_images >= LEAST_OTHER_IMAGES
    against = reason_against(given.record, full_size and given.rounds >= LEAST_ROUNDS, others)
    title = "Training: the native engine and eager PyTorch"
    conclude("native_training", title, "\n\n".join(parts), facts, against)


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="One epoch: the native engine against eager PyTorch, in turn.")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="epochs of each that count (default 5)")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="of MNIST for the tutorial's network")
    parser.add_argument(
        "--other-images", type=int, default=LEAST_OTHER_IMAGES, help="for the wider and the deeper network"
    )
    parser.add_argument("--threads", type=int, default=min(2, usable_cores()), help="of each contender (default 2)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
