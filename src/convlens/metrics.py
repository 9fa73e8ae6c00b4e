"""How good a classifier is, as numbers: plain NumPy, every formula in its function.

scikit-learn has the same and is what the tests compare with, but it is a dependency of 40 MB for two dozen lines.
Matrices are classes × classes with a row for every true class. A share without any cases (0/0) is NaN, shown as "–".
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from convlens.errors import UsageError


@dataclass(frozen=True)
class ClassMetrics:
    """One class: precision, recall and f1 from 0 to 1 (NaN where there were no cases), and the number of its images."""

    precision: float
    recall: float
    f1: float
    support: int


def softmax(logits: np.ndarray) -> np.ndarray:
    """The probabilities of logits over the last axis, same shape and floating-point type.

    The greatest logit is subtracted first, so that nothing overflows.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean of −log(probability of the true class) for logits N×K and labels N, in nats.

    It is computed from the logits, not from `softmax`: log(0) would be infinite where the logits still tell.

    >>> round(cross_entropy(np.array([[0.0, 0.0]]), np.array([1])), 4)  # the logarithm of 2
    0.6931
    """
    _check_same_length(labels, logits)
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    of_true_class = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=-1)) - of_true_class).mean())


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """The share of `predicted` that equals `labels`, from 0 to 1; NaN where there are none.

    >>> accuracy(np.array([7, 2, 1, 0]), np.array([7, 2, 1, 6]))
    0.75
    """
    _check_same_length(labels, predicted)
    return float(np.mean(labels == predicted)) if len(labels) else float("nan")


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share of `correct` out of `total`: (low, high), from 0 to 1.

    The textbook interval p ± z·√(p(1 − p)/n) has no width at 100 % and goes past 1 just below; this one does neither.
    Without any cases it is (0, 1).

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    >>> low, high = wilson_interval(9873, 10_000)
    >>> f"{low:.4f} to {high:.4f}"
    '0.9849 to 0.9893'
    """
    if not 0 <= correct <= total:
        raise UsageError(f"{correct} correct of {total}: correct must be between 0 and the total.")
    if not 0 < confidence < 1:
        raise UsageError(f"a confidence of {confidence:g}: it must be between 0 and 1, for example 0.95.")
    if total == 0:
        return 0.0, 1.0
    z_squared = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    share = correct / total
    centre = share + z_squared / (2 * total)
    half_width = (z_squared * (share * (1 - share) / total + z_squared / (4 * total**2))) ** 0.5
    scale = 1 + z_squared / total
    low = 0.0 if correct == 0 else (centre - half_width) / scale
    high = 1.0 if correct == total else (centre + half_width) / scale
    return low, high


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How often each true class (row) was taken for each class (column): int64, classes × classes.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2)
    array([[1, 1],
           [0, 1]])
    """
    _check_same_length(labels, predicted)
    for name, values in (("label", labels), ("prediction", predicted)):
        wrong = (values < 0) | (values >= classes)
        if wrong.any():
            raise UsageError(
                f"a {name} is {values[wrong][0]}: with {classes} classes it must be from 0 to {classes - 1}."
            )
    pairs = labels.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def per_class(confusion: np.ndarray) -> list[ClassMetrics]:
    """Precision, recall, F1 and support of every class of a confusion matrix, in the order of its rows.

    >>> per_class(np.array([[1, 1], [0, 1]]))[1]
    ClassMetrics(precision=0.5, recall=1.0, f1=0.6666666666666666, support=1)
    """
    right = np.diag(confusion)
    supports, guesses = confusion.sum(axis=1), confusion.sum(axis=0)
    return [
        ClassMetrics(
            precision=_share(hits, guessed),
            recall=_share(hits, support),
            f1=_share(2 * hits, guessed + support),
            support=support,
        )
        for hits, guessed, support in zip(right.tolist(), guesses.tolist(), supports.tolist(), strict=True)
    ]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _check_same_length(labels: np.ndarray, others: np.ndarray) -> None:
    if len(labels) != len(others):
        raise UsageError(f"{len(labels)} labels and {len(others)} predictions: give one prediction for every label.")
