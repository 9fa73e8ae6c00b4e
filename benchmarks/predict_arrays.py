"""Compares predictions of arrays from Python, by `model.predict` and similar methods, with the engine's `logits`.

    python benchmarks/predict_arrays.py                                    writes the record
    python benchmarks/predict_arrays.py --images 2000 --rounds 2           a short try

All calls get the same 10,000 images of the network's shape, on the same engine with the same threads. In addition to
`logits`, `predict` checks the array, copies it, and computes the softmax. Whether images resemble the training images
is only checked on access, which has rows of its own. Before the timing, all answers are compared.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comparison import spread_text
from convlens.data import LabelledImages, load_dataset
from convlens.engines.native import instruction_sets
from convlens.network import initial_weights, preset
from convlens.preprocessing import fit_preprocessing
from convlens.trained_model import TrainedModel
from machine import Neighbours
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise, time_in_turn

SEED = 3
LEAST_IMAGES, LEAST_ROUNDS = 10_000, 10
LOGITS = "model.logits(X)"
ALLOWED = 2.0
"""The most time that a call of `predict` may take, relative to `logits`."""
HELD_TO_IT = ("model.predict(X)", "model.predict(list of arrays)", "model.predict_proba(X)", "model.predict_labels(X)")


def make_model(images: LabelledImages) -> TrainedModel:
    """Return the tutorial's network with initial weights, and with the appearance of these images."""
    network = preset("tutorial")
    weights = initial_weights(network, images.image_shape, len(images.class_names), SEED)
    return TrainedModel(network, weights, fit_preprocessing(images.images, "digit"), images.class_names)


def make_contenders(model: TrainedModel, images: NDArray[np.uint8]) -> dict[str, Callable[[], object]]:
    """Return the ways to predict N×C×H×W images."""
    without_channels = images[:, 0]
    one_by_one = list(without_channels)
    return {
        LOGITS: lambda: model.logits(images),
        "model.predict(X)": lambda: model.predict(without_channels),
        "model.predict(list of arrays)": lambda: model.predict(one_by_one),
        "model.predict_proba(X)": lambda: model.predict_proba(without_channels),
        "model.predict_labels(X)": lambda: model.predict_labels(without_channels),
        "model.predict(X).unknown": lambda: model.predict(without_channels).unknown,
        "list(model.predict(X))": lambda: list(model.predict(without_channels)),
    }


def check_agreement(model: TrainedModel, images: NDArray[np.uint8]) -> None:
    """Check that all ways give the same answers as the logits.

    Raises:
        SystemExit: they do not, so nothing is measured.
    """
    expected = model.calibration.probabilities(model.logits(images))
    without_channels = images[:, 0]
    for found in (
        model.predict(without_channels).probabilities,
        model.predict(list(without_channels)).probabilities,
        model.predict_proba(without_channels),
        np.array([one.probabilities for one in model.predict(without_channels)]),
    ):
        if not np.array_equal(found, expected):
            raise SystemExit("predict and logits give different answers. Nothing was timed.")


def ratios(seconds: Mapping[str, list[float]]) -> dict[str, Spread]:
    """Return the time of each contender relative to `logits` in the same round."""
    return {
        name: summarise([mine / base for mine, base in zip(values, seconds[LOGITS], strict=True)])
        for name, values in seconds.items()
    }


def format_times(seconds: Mapping[str, list[float]]) -> str:
    """Return a table with a row per contender."""
    rows = [
        [name, spread_text(summarise(seconds[name]), scale=1e3, digits=1), str(ratio)]
        for name, ratio in ratios(seconds).items()
    ]
    return format_table(["call", "ms", "times as long as logits"], rows)


def main(given: argparse.Namespace) -> None:
    """Check the answers, measure, print the table, and write the record."""
    dataset = load_dataset("mnist", data_dir=given.data_dir)
    assert dataset.test is not None, "MNIST has test images"
    images = dataset.test.images[: given.images]
    model = make_model(dataset.train.subset(range(min(len(dataset.train), 2 * len(images)))))
    check_agreement(model, images)
    contenders = make_contenders(model, images)
    neighbours = Neighbours()
    time_in_turn(contenders, 1)
    seconds = time_in_turn(contenders, given.rounds)
    others = neighbours.cores()
    found = ratios(seconds)
    slowest = max(HELD_TO_IT, key=lambda name: found[name].median)
    facts = shared_facts(f"python benchmarks/predict_arrays.py --rounds {given.rounds}", ["numpy"], others)
    facts |= {
        "network": "the tutorial's, native with " + instruction_sets()[0],
        "threads": str(model.engine.threads),
        "images": f"{len(images):,} of MNIST, uint8; X is N×28×28",
        "inside the clock": "the whole call, from arrays in memory to probabilities or names",
        "allowed": f"{ALLOWED:g} times as long for all but the last two; the slowest took {found[slowest].median:.2f}",
        "spread": f"median (smallest to largest) of {given.rounds} rounds in turn, after one not counted; the ratio is "
        "taken in each round",
    }
    full_size = len(images) >= LEAST_IMAGES and given.rounds >= LEAST_ROUNDS
    text = f"{len(images):,} arrays of the network's own shape:\n\n{format_times(seconds)}"
    conclude(
        "predict_arrays", "Predicting arrays from Python", text, facts, reason_against(given.record, full_size, others)
    )
    if found[slowest].median > ALLOWED:
        raise SystemExit(
            f"{slowest} takes {found[slowest].median:.2f} times as long as logits; {ALLOWED:g} is allowed."
        )


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="model.predict of arrays against the engine's logits, in turn.")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="rounds that count (default 10)")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="test images of MNIST (default 10,000)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
