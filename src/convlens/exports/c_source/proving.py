"""What C code made of a model must answer.

In float, that is what the model answers. Whole numbers of 8 bits answer a little differently. What they must answer is
computed in NumPy from the same tables, equal in every byte. How much the rounding costs is measured on the same images.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from convlens.data import LabelledImages
from convlens.errors import ProofFailed
from convlens.exports.c_source.floats import Code, write_floats
from convlens.exports.c_source.quantise import ByteProgram, quantise
from convlens.exports.c_source.stages import Program, find_stages
from convlens.exports.c_source.whole_numbers import write_bytes
from convlens.exports.contents import Contents
from convlens.exports.proof import Answers, Proof, prove
from convlens.trained_model import TrainedModel
from convlens.words import exact_percent

MOST_LOST = 0.02
"""The largest share of images that may be answered wrongly because of rounding to 8 bits."""

_rounded: "WeakKeyDictionary[Contents, ByteProgram]" = WeakKeyDictionary()


def program_of(model: TrainedModel) -> Program:
    """Return the stages of a model.

    Raises:
        UsageError: the C code cannot hold it.
    """
    plan = model.plan
    return find_stages(model.network.resolve(plan.input_shape, plan.classes), model.weights, plan.input_shape)


def code_of(contents: Contents) -> Code:
    """Return the C code of a model's network."""
    if contents.options.int8:
        return write_bytes(rounded(contents))
    return write_floats(program_of(contents.model), contents.model.plan.normalisation)


def rounded(contents: Contents) -> ByteProgram:
    """Return the network in whole numbers. It is computed once for the same contents."""
    if contents not in _rounded:
        assert contents.typical is not None, "int8 has images"
        program = program_of(contents.model)
        _rounded[contents] = quantise(program, contents.model.plan.normalisation, contents.typical)
    return _rounded[contents]


def expected_logits(contents: Contents, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logits that the code must answer for images, uint8 N×C×H×W."""
    return rounded(contents).logits(images) if contents.options.int8 else contents.model.logits(images)


def prove_answers(
    contents: Contents,
    found: Answers,
    pixels: NDArray[np.uint8],
    images: LabelledImages | None,
    tolerance: float,
    versions: Mapping[str, str],
    details: Mapping[str, Any],
) -> Proof:
    """Compare answers to `pixels`, which are the check images and `images`, with those that the code must give.

    Raises:
        ProofFailed: an answer differs, or rounding to 8 bits makes too many answers wrong.
    """
    logits = expected_logits(contents, pixels)
    reference = "the model"
    if contents.options.int8:
        reference = "the model rounded to 8 bits"
        details = {**details, **_cost_of_rounding(contents, logits, pixels, images)}
    return prove(_answers(contents.model, logits), found, tolerance, versions, details, reference)


def _answers(model: TrainedModel, logits: NDArray[np.float32]) -> Answers:
    probabilities = model.calibration.probabilities(logits)
    unknown = ~model.calibration.answers(probabilities)
    return Answers(model.class_names, probabilities, unknown, model.calibration.threshold)


def _cost_of_rounding(
    contents: Contents, logits: NDArray[np.float32], pixels: NDArray[np.uint8], images: LabelledImages | None
) -> dict[str, Any]:
    """Return the accuracy on `images` before and after rounding, and how the answers differ."""
    model = contents.model
    exact = model.logits(pixels)
    difference = model.calibration.probabilities(logits) - model.calibration.probabilities(exact)
    cost: dict[str, Any] = {
        "largest_rounding_difference": float(np.abs(difference).max()),
        "other_answers": int((logits.argmax(axis=1) != exact.argmax(axis=1)).sum()),
    }
    if images is None:
        return cost
    start = len(pixels) - len(images)
    before, after = (float((part[start:].argmax(axis=1) == images.labels).mean()) for part in (exact, logits))
    if not before - after <= max(MOST_LOST, 1 / len(images)):
        raise ProofFailed(
            f"rounded to 8 bits, {exact_percent(after)} of the answers are right instead of {exact_percent(before)}; "
            f"at most {exact_percent(MOST_LOST)} may be lost"
        )
    return cost | {"accuracy": after, "accuracy_of_model": before}
