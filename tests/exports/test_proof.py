"""The proof of an export: what it accepts, what it counts as a tie, and what it never lets through."""

import numpy as np
import pytest

from convlens.errors import ProofFailed
from convlens.exports.proof import Answers, Proof, prove

NAMES = ("cat", "dog")


def answers(*rows, threshold=None, names=NAMES, unknown=None):
    probabilities = np.array(rows, np.float64)
    below = probabilities.max(axis=1) < (0 if threshold is None else threshold)
    return Answers(names, probabilities, below if unknown is None else np.array(unknown), threshold)


def test_the_largest_difference_over_all_images_and_classes():
    model = answers([0.75, 0.25], [0.5, 0.5], [0.125, 0.875])
    file = answers([0.75, 0.25], [0.5, 0.53125], [0.125, 0.75])
    proof = prove(model, file, 0.125, {"numpy": "2.4"}, {"accuracy": 0.5})
    assert proof == Proof(3, 0.125, 0.125, 1, {"numpy": "2.4"}, {"accuracy": 0.5})
    assert proof.as_dict() == {
        "images": 3,
        "largest_difference": 0.125,
        "tolerance": 0.125,
        "ties": 1,
        "versions": {"numpy": "2.4"},
        "details": {"accuracy": 0.5},
    }
    with pytest.raises(ProofFailed, match=r"image 2 differs by 0\.12; at most 0\.1 is allowed \(1 of 3 images"):
        prove(model, file, 0.1)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (1, 1)])
def test_nan_and_infinity_fail(wrong, place):
    model, file = answers([0.75, 0.25], [0.5, 0.5]), answers([0.75, 0.25], [0.5, 0.5])
    file.probabilities[place] = wrong
    with pytest.raises(ProofFailed, match=f"image {place[0]} differs"):
        prove(model, file, 1.0)


def test_another_class_within_the_tolerance_is_a_tie():
    model = answers([0.53125, 0.46875], [0.53125, 0.46875], [0.75, 0.25])
    assert prove(model, answers([0.484375, 0.515625], [0.5, 0.46875], [0.75, 0.25]), 0.0625).ties == 1


def test_a_class_that_is_unknown_on_one_side():
    model = answers([0.75, 0.25], threshold=0.75)
    assert prove(model, answers([0.6875, 0.3125], threshold=0.75), 0.0625).ties == 1
    lost = answers([0.9375, 0.0625], threshold=0.75, unknown=[True])
    with pytest.raises(ProofFailed, match="answer to image 0 is unknown instead of 'cat'"):
        prove(answers([0.9375, 0.0625], threshold=0.75), lost, 0.125)
    assert prove(answers([0.9375, 0.0625], threshold=0.75), lost, 0.1875).ties == 1
    # Without a threshold, every image is answered.
    with pytest.raises(ProofFailed, match="answer to image 0 is unknown instead of 'cat'"):
        prove(answers([0.75, 0.25]), answers([0.75, 0.25], unknown=[True]), 0.125)


def test_class_names_threshold_and_shape_must_be_equal():
    model = answers([0.75, 0.25], threshold=0.5)
    for other, reason in (
        (answers([0.75, 0.25], threshold=0.5, names=("dog", "cat")), "class names are 'dog', 'cat' instead of 'cat',"),
        (answers([0.75, 0.25], threshold=0.25), r"threshold is 0\.25 instead of 0\.5"),
        (answers([0.75, 0.25], [0.75, 0.25], threshold=0.5), r"\(2, 2\) probabilities instead of \(1, 2\)"),
    ):
        with pytest.raises(ProofFailed, match=reason):
            prove(model, other, 1.0)


def test_ten_class_names_are_shortened():
    names = tuple("abcdefghij")
    model, file = answers([0.1] * 10, names=names), answers([0.1] * 10, names=tuple(reversed(names)))
    with pytest.raises(ProofFailed, match="'j', 'i', 'h', 'g', 'f', … instead of 'a', 'b', 'c', 'd', 'e', …"):
        prove(model, file, 1.0)


def test_one_class_is_never_a_tie():
    assert prove(answers([1.0], names=("cat",)), answers([1.0], names=("cat",)), 1e-9).ties == 0


def test_the_sentence():
    assert str(Proof(2, 3.4e-8, 1e-5, 1, {"onnx": "1", "b": "2"}, {})) == (
        "same answers as the model on 2 images, except 1 tie within 1e-05; largest difference of a probability "
        "3.4e-08; run with onnx 1, b 2"
    )


def test_the_sentence_names_prepared_pictures_and_the_opset():
    details = {"prepared_pictures": 231, "opset": 17}
    assert str(Proof(2, 0.5, 1e-5, 0, {"a": "1"}, details)) == (
        "same answers as the model on 2 images; largest difference of a probability 0.5; 231 pictures prepared pixel "
        "for pixel as in Convlens; ONNX opset 17; run with a 1"
    )
