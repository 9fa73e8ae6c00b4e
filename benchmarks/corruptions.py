"""Measures the error of models on fifteen corruptions of the MNIST test images, which they were not trained on.

    python benchmarks/corruptions.py                                         fast and best; writes the record
    python benchmarks/corruptions.py a.safetensors b.safetensors --seeds 1   models that exist, or recipes
    python benchmarks/corruptions.py fast --images 500 --sheet sheet.png     a short try, and a picture to look at

The corrupted images go straight into the network: they are neither prepared nor repaired. `corrupted_images` describes
the corruptions and their strengths. Use them for evaluation only: after tuning on them, others are needed to evaluate.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from convlens.data import Dataset, LabelledImages, load_dataset
from convlens.errors import DataError
from convlens.trained_model import TrainedModel, load_model
from convlens.trained_model.location import LATEST
from convlens.training import train
from corrupted_images import CORRUPTIONS, SIDE, corrupt
from recording import conclude, reason_against, shared_facts
from records import format_table

MODELS = ("fast", "best")
WANTED_RATIO = 0.5
CLEAN = "(none)"
LEAST_IMAGES, LEAST_SEEDS = 10_000, 3
SHEET_DIGITS, SHEET_SCALE, SHEET_GAP = 10, 2, 4


@dataclass(frozen=True)
class Errors:
    """The share of images that a model gets wrong, 0 to 1: of the clean images, and by corruption."""

    clean: float
    corrupted: dict[str, float]

    @property
    def mean(self) -> float:
        """The mean over all corruptions, with equal weights."""
        return statistics.mean(self.corrupted.values())


def average(errors: Sequence[Errors]) -> Errors:
    """Return the mean of several models' errors for each corruption.

    >>> average([Errors(0.0, {"fog": 0.25}), Errors(0.5, {"fog": 0.75})])
    Errors(clean=0.25, corrupted={'fog': 0.5})
    """
    names = errors[0].corrupted
    means = {name: statistics.mean(one.corrupted[name] for one in errors) for name in names}
    return Errors(statistics.mean(one.clean for one in errors), means)


def open_model(given: str, dataset: Dataset, seed: int) -> TrainedModel:
    """Load the model at a path, or else train one with the recipe of this name."""
    if given == LATEST or Path(given).exists():
        return load_model(given)
    return train(dataset, recipe=cast(Any, given), seed=seed)


def measure(models: Mapping[str, TrainedModel], test: LabelledImages, seed: int) -> dict[str, Errors]:
    """Return the errors of all models on the same corrupted images.

    Raises:
        DataError: a model needs images of another shape.
    """
    for name, model in models.items():
        if model.plan.input_shape != test.image_shape:
            shape = "×".join(map(str, model.plan.input_shape))
            raise DataError(f"{name} takes images of {shape}; the corruptions are for 1×{SIDE}×{SIDE}. Leave it out.")
    errors: dict[str, dict[str, float]] = {name: {} for name in models}
    for corruption in (CLEAN, *CORRUPTIONS):
        images = test.images if corruption == CLEAN else corrupt(test.images, corruption, seed)
        for name, model in models.items():
            errors[name][corruption] = float(np.mean(model.logits(images).argmax(1) != test.labels))
        print(f"{corruption:<14}" + "".join(f"{one[corruption]:>9.2%}" for one in errors.values()), flush=True)
    return {name: Errors(one.pop(CLEAN), one) for name, one in errors.items()}


def format_results(errors: Mapping[str, Errors]) -> str:
    """Return a table: a row per corruption, a column per model, and the ratios of the errors to the first model's."""
    first, *others = errors.values()

    def row(name: str, value_of: Callable[[Errors], float]) -> list[str]:
        values = [f"{value_of(one):.2%}" for one in errors.values()]
        return [name, *values, *(_ratio(value_of(one), value_of(first)) for one in others)]

    reference, *names = errors
    rows = [row(CLEAN, lambda one: one.clean)]
    rows += [row(corruption, lambda one, key=corruption: one.corrupted[key]) for corruption in first.corrupted]
    rows.append(row("mean of the fifteen", lambda one: one.mean))
    return format_table(["corruption", *errors, *(f"{name} / {reference}" for name in names)], rows)


def verdict(errors: Mapping[str, Errors]) -> str:
    """Return a sentence with the ratio of the mean errors for every model but the first.

    >>> print(verdict({"a": Errors(0.01, {"fog": 0.4}), "b": Errors(0.01, {"fog": 0.3})}))
    The mean error of b is 0.750 of that of a, which is MORE than 0.5.
    """
    (reference, first), *others = errors.items()
    lines = []
    for name, one in others:
        ratio = one.mean / first.mean if first.mean else math.nan
        compared = "at most" if ratio <= WANTED_RATIO else "MORE than"
        lines.append(
            f"The mean error of {name} is {ratio:.3f} of that of {reference}, which is {compared} {WANTED_RATIO}."
        )
    return "\n".join(lines)


def _ratio(value: float, of: float) -> str:
    return f"{value / of:.3f}" if of else "–"


def describe_means(errors: Sequence[Errors]) -> str:
    """Return the mean error of each seed, on one line.

    >>> describe_means([Errors(0.0, {"fog": 0.25}), Errors(0.5, {"fog": 0.75})])
    '25.00%, 75.00%'
    """
    return ", ".join(f"{one.mean:.2%}" for one in errors)


def draw_sheet(test: LabelledImages, seed: int) -> Image.Image:
    """Draw a sheet for people, with a column per class: a row of clean images, then a row per corruption."""
    chosen = [int(np.flatnonzero(test.labels == label)[0]) for label in np.unique(test.labels)[:SHEET_DIGITS]]
    images = test.images[chosen]
    rows = [images, *(corrupt(images, name, seed) for name in CORRUPTIONS)]
    cell = SIDE * SHEET_SCALE + SHEET_GAP
    sheet = np.full((len(rows) * cell, len(chosen) * cell), 90, np.uint8)
    for down, row in enumerate(rows):
        for right, image in enumerate(row[:, 0].repeat(SHEET_SCALE, 1).repeat(SHEET_SCALE, 2)):
            sheet[down * cell :, right * cell :][: len(image), : len(image)] = image
    return Image.fromarray(sheet)


def main(given: argparse.Namespace) -> None:
    """Train or load the models, evaluate them, print the results, and write the record."""
    dataset = load_dataset("mnist", data_dir=given.data_dir)
    assert dataset.test is not None
    test = dataset.test.subset(range(min(given.images, len(dataset.test))))
    if given.sheet:
        draw_sheet(test, seed=0).save(given.sheet)
    by_seed: dict[str, list[Errors]] = {name: [] for name in given.models}
    networks: dict[str, str] = {}
    for seed in range(given.seeds):
        models = {name: open_model(name, dataset, seed) for name in given.models}
        networks |= {name: str(model.network) for name, model in models.items()}
        for name, errors in measure(models, test, seed).items():
            by_seed[name].append(errors)
    means = {name: average(errors) for name, errors in by_seed.items()}
    text = "\n\n".join(filter(None, [format_results(means), verdict(means)]))
    command = f"python benchmarks/corruptions.py {' '.join(given.models)} --seeds {given.seeds}"
    facts = shared_facts(command, ["numpy", "scipy"], None)
    del facts["other programs meanwhile"]  # because no time is measured
    facts |= {
        "evaluated": f"{len(test):,} test images, each corrupted in fifteen ways, straight into the network: not "
        "prepared, not repaired; clean images for comparison",
        "corruptions": "in the manner of MNIST-C (Mu and Gilmer, 2019) with its published strengths, reimplemented in "
        "benchmarks/corrupted_images; used in no training and in no choice of a setting",
        "seeds": f"0 to {given.seeds - 1}, of the trainings and of the corruptions; the table has the means",
        **{f"{name}, mean of each seed": describe_means(errors) for name, errors in by_seed.items()},
        **{f"{name}, network": network for name, network in networks.items()},
    }
    full_size = len(test) >= LEAST_IMAGES and given.seeds >= LEAST_SEEDS and tuple(given.models) == MODELS
    title = "Fifteen corruptions in the manner of MNIST-C"
    conclude("corruptions", title, text, facts, reason_against(given.record, full_size, None))


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="The error of models on fifteen corruptions of MNIST.")
    parser.add_argument("models", nargs="*", help="recipes or models; the first is the reference (default fast best)")
    parser.add_argument("--seeds", type=int, default=LEAST_SEEDS, help="how many, from 0 on (default 3)")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="test images (default all 10,000)")
    parser.add_argument("--sheet", type=Path, default=None, help="write a picture of all corruptions as well")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    given = parser.parse_args()
    given.models = given.models or list(MODELS)
    return given


if __name__ == "__main__":
    main(read_options())
