"""The proof of a file with 8 bits: what may differ, and what may not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from convlens.errors import ProofFailed
from convlens.exports.proof import Answers
from convlens.exports.quantised_proof import prove_quantised

LABELS = np.arange(200) % 2
SURE = np.where(LABELS[:, None] == [0, 1], 0.9, 0.1)
MODEL = Answers(("cat", "dog"), SURE, np.zeros(200, np.bool_), 0.6)


def answers(wrong: int = 0, unknown: int = 0) -> Answers:
    """The model's answers, except that some of the last images are wrong, and some of the first unknown."""
    found = SURE.copy()
    found[200 - wrong :] = found[200 - wrong :, ::-1]
    return replace(MODEL, probabilities=found, unknown=np.arange(200) < unknown)


def test_answers_are_counted():
    proof = prove_quantised(
        MODEL, answers(wrong=2, unknown=3), LABELS, {"tool": "1"}, {"opset": 17, "prepared_pictures": 1}
    )
    assert (proof.images, proof.held_out, proof.same_answers, proof.ties) == (200, 200, 195, 0)
    assert (proof.accuracy_before, proof.accuracy_after) == (1.0, 0.99)
    assert proof.largest_difference == pytest.approx(0.8)
    assert str(proof) == (
        "same answers as the model on 195 of 200 images; accuracy 100.00 % before, 99.00 % after; largest difference "
        "of a probability 0.8; 1 picture prepared pixel for pixel as in Convlens; ONNX opset 17; run with tool 1"
    )
    assert json.loads(json.dumps(proof.as_dict(), allow_nan=False))["same_answers"] == 195


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (answers(unknown=11), r"^11 of 200 answers differ; at most 5.0 % may$"),
        (answers(wrong=3), r"^197 of 200 images are right, and 200 were before; at most 1.0 % may be lost$"),
        (replace(MODEL, class_names=("dog", "cat")), r"^the class names are 'dog', 'cat' instead of 'cat', 'dog'$"),
        (replace(MODEL, threshold=0.5), r"^the threshold is 0.5 instead of 0.6$"),
        (replace(MODEL, probabilities=SURE[:, :1]), r"^it answers \(200, 1\) probabilities instead of \(200, 2\)$"),
        (replace(MODEL, probabilities=SURE * np.nan), r"^a probability is not a finite number$"),
    ],
)
def test_what_fails(found: Answers, message: str):
    with pytest.raises(ProofFailed, match=message):
        prove_quantised(MODEL, found, LABELS, {}, {})
    assert prove_quantised(MODEL, answers(unknown=10), LABELS, {}, {}).same_answers == 190


def test_what_becomes_right_makes_up_for_what_is_lost():
    proof = prove_quantised(answers(wrong=6), MODEL, LABELS, {}, {})
    assert (proof.accuracy_before, proof.accuracy_after) == (0.97, 1.0)


def test_check_images_are_not_counted_but_must_be_numbers():
    proof = prove_quantised(MODEL, answers(unknown=100), LABELS[150:], {}, {})
    assert (proof.images, proof.held_out, proof.same_answers) == (200, 50, 50)
    noise = prove_quantised(MODEL, answers(wrong=200), None, {}, {})
    assert (noise.held_out, noise.same_answers, noise.accuracy_before, noise.accuracy_after) == (0, 0, None, None)
    assert str(noise) == "largest difference of a probability 0.8"
    broken = answers()
    broken.probabilities[0] = np.nan
    with pytest.raises(ProofFailed, match="not a finite number"):
        prove_quantised(MODEL, broken, None, {}, {})


def test_one_of_few_may_differ():
    few = Answers(("cat", "dog"), SURE[:10], MODEL.unknown[:10], 0.6)
    one = replace(few, probabilities=np.concatenate([SURE[:9], SURE[9:10, ::-1]]))
    assert prove_quantised(few, one, LABELS[:10], {}, {}).accuracy_after == 0.9
    two = replace(few, probabilities=np.concatenate([SURE[:8], SURE[8:10, ::-1]]))
    with pytest.raises(ProofFailed, match="2 of 10 answers differ"):
        prove_quantised(few, two, LABELS[:10], {}, {})
