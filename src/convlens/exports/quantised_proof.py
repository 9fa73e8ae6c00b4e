"""The proof of a file whose weights and values are whole numbers of 8 bits.

Its probabilities differ from the model's, by up to 0.1 for the tutorial's network, so a tolerance would say little. Its
answers are counted instead: how many are the model's, and how many are right before and after.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.errors import ProofFailed
from convlens.exports.proof import Answers, Proof, check_form
from convlens.words import count_of, exact_percent, percent

MOST_DIFFERENT = 0.05
"""The largest share of held-out images that may get another answer, `unknown` included."""
MOST_LOST = 0.01
"""The largest share of held-out images that may be right before and wrong after, less those that became right."""


@dataclass(frozen=True)
class QuantisedProof(Proof):
    """The result of a successful proof of a file with 8 bits.

    Attributes:
        held_out: how many of the images were held out; the others are check images, whose answers are not counted.
        same_answers: how many of these got the model's answer.
        accuracy_before: the model's accuracy on them; None if there are none.
        accuracy_after: the file's accuracy on them; None if there are none.
    """

    held_out: int
    same_answers: int
    accuracy_before: float | None
    accuracy_after: float | None

    def __str__(self) -> str:
        """Say in one line what was compared.

        >>> versions, details = {"onnxruntime": "1.32.0"}, {"opset": 17}
        >>> proof = QuantisedProof(1006, 0.06, 1.0, 0, versions, details, 1000, 998, 0.9896, 0.9894)
        >>> print(proof)  # doctest: +NORMALIZE_WHITESPACE
        same answers as the model on 998 of 1,000 images; accuracy 98.96 % before, 98.94 % after;
        largest difference of a probability 0.06; ONNX opset 17; run with onnxruntime 1.32.0
        """
        counted = ""
        if self.accuracy_before is not None and self.accuracy_after is not None:
            counted = (
                f"same answers as the model on {self.same_answers:,} of {count_of(self.held_out, 'image')}; "
                f"accuracy {exact_percent(self.accuracy_before)} before, {exact_percent(self.accuracy_after)} after; "
            )
        return counted + self._ending()


def prove_quantised(
    expected: Answers,
    found: Answers,
    labels: NDArray[np.int64] | None,
    versions: Mapping[str, str],
    details: Mapping[str, Any],
) -> QuantisedProof:
    """Compare the answers of a file with 8 bits with the model's.

    Args:
        expected: the model's answers.
        found: the file's answers to the same images.
        labels: the labels of the last images, which were held out. The first ones are check images.
        versions, details: stored in the proof.

    Raises:
        ProofFailed: class names or threshold differ, a probability is not a number, or too many answers differ.

    >>> model = Answers(("cat", "dog"), np.array([[0.7, 0.3], [0.2, 0.8]]), np.array([False, False]))
    >>> file = Answers(("cat", "dog"), np.array([[0.6, 0.4], [0.3, 0.7]]), np.array([False, False]))
    >>> proof = prove_quantised(model, file, np.array([0, 1]), {}, {})
    >>> proof.same_answers, proof.accuracy_after
    (2, 1.0)
    """
    check_form(expected, found)
    differences = np.abs(found.probabilities.astype(np.float64) - expected.probabilities)
    if not np.isfinite(differences).all():
        raise ProofFailed("a probability is not a finite number")
    count = 0 if labels is None else len(labels)
    start = len(differences) - count
    before, after = (one.probabilities[start:].argmax(axis=1) for one in (expected, found))
    different = int(((before != after) | (expected.unknown != found.unknown)[start:]).sum())
    right = [int((one == labels).sum()) for one in (before, after)] if count else [0, 0]
    if not different <= max(1, MOST_DIFFERENT * count):
        raise ProofFailed(f"{different:,} of {count_of(count, 'answer')} differ; at most {percent(MOST_DIFFERENT)} may")
    if not right[0] - right[1] <= max(1, MOST_LOST * count):
        raise ProofFailed(
            f"{right[1]:,} of {count_of(count, 'image')} are right, and {right[0]:,} were before; "
            f"at most {percent(MOST_LOST)} may be lost"
        )
    return QuantisedProof(
        len(differences),
        float(differences.max(initial=0)),
        1.0,
        0,
        dict(versions),
        dict(details),
        count,
        count - different,
        *(one / count if count else None for one in right),
    )
