"""The proof that an exported file answers like the model it was made from.

The file is read back and run on images, and its answers are compared with the model's. A comparison of floating-point
numbers has a tolerance, so an image whose two likeliest classes differ by less than that may get either of them. Such
images are counted as ties. Every other difference is an error. NaN fails every comparison.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.errors import ProofFailed
from convlens.words import count_of


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to N images.

    Attributes:
        class_names: one for each column of `probabilities`.
        probabilities: N × classes.
        unknown: N booleans: whether the likeliest class is below the threshold.
        threshold: the threshold; None if every image is answered.
    """

    class_names: tuple[str, ...]
    probabilities: NDArray[Any]
    unknown: NDArray[np.bool_]
    threshold: float | None = None


Run: TypeAlias = Callable[[NDArray[np.uint8]], Answers]
"""Runs an exported file on images of the network's shape (uint8, N×C×H×W)."""


@dataclass(frozen=True)
class Proof:
    """The result of a successful proof.

    Attributes:
        images: how many images were compared, check images included.
        largest_difference: the largest difference of two probabilities.
        tolerance: the largest difference that is allowed.
        ties: how many images got another answer within the tolerance.
        versions: what the file was run with, such as `{"onnxruntime": "1.30.0"}`.
        details: other facts that belong to a format, such as the accuracy before and after quantisation.
    """

    images: int
    largest_difference: float
    tolerance: float
    ties: int
    versions: Mapping[str, str]
    details: Mapping[str, Any]

    def joined(self, others: Sequence["Proof"], versions: Mapping[str, str], details: Mapping[str, Any]) -> "Proof":
        """Return this proof and others of the same export as one, with the worst of their numbers, and more facts."""
        every = [self, *others]
        return replace(
            self,
            largest_difference=max(proof.largest_difference for proof in every),
            ties=max(proof.ties for proof in every),
            versions={**self.versions, **versions},
            details={**self.details, **details},
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"versions": dict(self.versions), "details": dict(self.details)}

    def __str__(self) -> str:
        """Say in one line what was compared.

        >>> print(Proof(1006, 2.4e-7, 1e-4, 0, {"numpy": "2.4.6"}, {}))
        same answers as the model on 1,006 images; largest difference of a probability 2.4e-07; run with numpy 2.4.6
        """
        ties = f", except {count_of(self.ties, 'tie')} within {self.tolerance:g}" if self.ties else ""
        return f"same answers as the model on {count_of(self.images, 'image')}{ties}; {self._ending()}"

    def _ending(self) -> str:
        """Say what the line of every proof ends with: the difference, prepared pictures, and what ran the file."""
        parts = [f"largest difference of a probability {self.largest_difference:.2g}"]
        if pictures := self.details.get("prepared_pictures", 0):
            parts.append(f"{count_of(pictures, 'picture')} prepared pixel for pixel as in Convlens")
        if "opset" in self.details:
            parts.append(f"ONNX opset {self.details['opset']}")
        if "images_in_node" in self.details:
            parts.append(f"{self.details['images_in_node']:,} of the images also run in Node")
        if self.versions:
            parts.append("run with " + ", ".join(f"{name} {version}" for name, version in self.versions.items()))
        return "; ".join(parts)


class NotFinished(ProofFailed):
    """A program takes too long, so that nothing is known about its answers.

    `images` is how many images it computes; 0 if it computes none, such as a compiler.
    """

    def __init__(self, message: str, images: int = 0) -> None:
        super().__init__(message)
        self.images = images


def prove(
    expected: Answers,
    found: Answers,
    tolerance: float,
    versions: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Proof:
    """Compare the answers of an exported file with the model's.

    Args:
        expected: the model's answers.
        found: the file's answers to the same images.
        tolerance: the largest difference of two probabilities that is allowed.
        versions, details: stored in the proof.

    Raises:
        ProofFailed: a class name, an answer or a probability differs.

    >>> model = Answers(("cat", "dog"), np.array([[0.7, 0.3]]), np.array([False]))
    >>> file = Answers(("cat", "dog"), np.array([[0.70001, 0.29999]]), np.array([False]))
    >>> round(prove(model, file, 1e-4).largest_difference, 9)
    1e-05
    >>> prove(model, Answers(("dog", "cat"), file.probabilities, file.unknown), 1e-4)
    Traceback (most recent call last):
    convlens.errors.ProofFailed: the class names are 'dog', 'cat' instead of 'cat', 'dog'
    """
    check_form(expected, found)
    differences = np.abs(found.probabilities.astype(np.float64) - expected.probabilities).max(axis=1, initial=0)
    wrong = np.flatnonzero(~(differences <= tolerance))
    if len(wrong):
        raise ProofFailed(
            f"a probability of image {wrong[0]} differs by {differences[wrong[0]]:.2g}; at most {tolerance:g} is "
            f"allowed ({len(wrong):,} of {count_of(len(differences), 'image')} differ by more)"
        )
    ties = _ties(expected, found, tolerance)
    largest = float(differences.max(initial=0))
    return Proof(len(differences), largest, tolerance, ties, dict(versions or {}), dict(details or {}))


def check_form(expected: Answers, found: Answers) -> None:
    """Check the class names, the threshold and the number of answers.

    Raises:
        ProofFailed: one of them differs.
    """
    if found.class_names != expected.class_names:
        raise ProofFailed(
            f"the class names are {_listed(found.class_names)} instead of {_listed(expected.class_names)}"
        )
    if found.probabilities.shape != expected.probabilities.shape or found.unknown.shape != expected.unknown.shape:
        raise ProofFailed(
            f"it answers {found.probabilities.shape} probabilities instead of {expected.probabilities.shape}"
        )
    if found.threshold != expected.threshold:
        raise ProofFailed(f"the threshold is {found.threshold} instead of {expected.threshold}")


def _ties(expected: Answers, found: Answers, tolerance: float) -> int:
    """Return how many answers differ. Another class is a tie, because all probabilities are within the tolerance.

    Raises:
        ProofFailed: an image is `unknown` on one side only, and not because its probability is at the threshold.
    """
    best = expected.probabilities.max(axis=1, initial=0)
    other_class = found.probabilities.argmax(axis=1) != expected.probabilities.argmax(axis=1)
    other_decision = found.unknown != expected.unknown
    wrong = other_decision & ~(np.abs(best - (expected.threshold or 0.0)) <= tolerance)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise ProofFailed(
            f"the answer to image {place} is {_answer(found, place)} instead of {_answer(expected, place)}"
        )
    return int((other_class | other_decision).sum())


def _answer(answers: Answers, place: int) -> str:
    if answers.unknown[place]:
        return "unknown"
    return repr(answers.class_names[int(answers.probabilities[place].argmax())])


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
