"""What C code made of a model must answer.

In float, that is what the model answers. Whole numbers of 8 bits answer a little differently. What they must answer is
computed in NumPy from the same tables, equal in every byte. How far that is from the model is counted after that.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from convlens.exports.c_source.floats import Code, write_floats
from convlens.exports.c_source.quantise import ByteProgram, quantise
from convlens.exports.c_source.stages import Program, find_stages
from convlens.exports.c_source.whole_numbers import write_bytes
from convlens.exports.contents import Contents, answers_of
from convlens.exports.proof import Answers, Proof, prove
from convlens.exports.quantised_proof import prove_quantised
from convlens.trained_model import TrainedModel

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
    """Return the network in whole numbers. It is computed once for the same contents.

    Raises:
        UsageError: a sum of a layer could be too large for 32 bits.
    """
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
    labels: NDArray[np.int64] | None,
    tolerance: float,
    versions: Mapping[str, str],
    details: Mapping[str, Any],
) -> Proof:
    """Compare the code's answers to images, uint8 N×C×H×W, with those that it must give.

    Raises:
        ProofFailed: an answer differs, or rounding to 8 bits makes too many answers wrong.
    """
    answers = answers_of(contents.model, pixels)
    if not contents.options.int8:
        return prove(answers, found, tolerance, versions, details)
    exact = prove(_rounded_answers(contents, pixels), found, tolerance)
    details = {**details, "largest_difference_from_8_bit_arithmetic": exact.largest_difference}
    return prove_quantised(answers, found, labels, versions, details)


def _rounded_answers(contents: Contents, pixels: NDArray[np.uint8]) -> Answers:
    model = contents.model
    probabilities = model.calibration.probabilities(expected_logits(contents, pixels))
    unknown = ~model.calibration.answers(probabilities)
    return Answers(model.class_names, probabilities, unknown, model.calibration.threshold)
