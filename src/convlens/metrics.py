"""How good a classifier is, as numbers: plain NumPy, every formula in its function.

scikit-learn has the same and is what the tests compare with, but it is a dependency of 40 MB for two dozen lines.
Matrices are classes × classes with a row for every true class. A share without any cases (0/0) is NaN, shown as "–".
What is asked of probabilities (calibration error, Brier score, what is left at a threshold) stands after what is asked
of the classes. The negative log-likelihood is `cross_entropy`, which takes logits.
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


@dataclass(frozen=True)
class Answered:
    """What is left of `images` when answers below a threshold are `unknown`: how many are answered, how many of these
    wrongly.

    >>> Answered(images=200, answered=100, wrong=3).coverage, Answered(200, 100, 3).error
    (0.5, 0.03)
    """

    images: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float:
        """The share of the images that is answered, 0 to 1; NaN without images."""
        return _share(self.answered, self.images)

    @property
    def error(self) -> float:
        """The share of the answers that is wrong, 0 to 1; NaN without answers."""
        return _share(self.wrong, self.answered)


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


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15, *, equal_mass: bool = False
) -> float:
    """How far "I am 90 % sure" is from being right 90 % of the time, 0 to 1, for probabilities N×K; NaN without any.

    The images go into bins by the probability of their likeliest class. In each bin that probability is averaged and
    compared with the share that is right; the differences are averaged over the images.

    Args:
        bins: how many, of equal width from 0 to 1: (0, 1/15], (1/15, 2/15], …
        equal_mass: bins of equally many images instead, as far as they divide. Where nearly all images are in the last
            bin of equal width, as with a model that is nearly always sure, these look closer. Images of equal
            probability are taken in an order of their own (the wrong ones first), never in the order of the file.

    Sources: C. Guo et al., "On calibration of modern neural networks", 2017; K. Nguyen and B. O'Connor, "Posterior
    calibration and exploratory analysis for natural language processing models", 2015 (equal mass).

    >>> sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    >>> round(expected_calibration_error(sure, np.array([0, 0, 1, 0])), 4)  # (2 · |0.9 − 1| + 2 · |0.6 − 0.5|) / 4
    0.1
    """
    _check_same_length(labels, probabilities)
    if bins < 1:
        raise UsageError(f"{bins} bins: give at least one; 15 are usual.")
    if not len(labels):
        return float("nan")
    best = np.asarray(probabilities, np.float64).max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    if equal_mass:
        order = np.lexsort((right, best))
        groups = np.empty(len(best), np.int64)
        groups[order] = np.arange(len(best)) * min(bins, len(best)) // len(best)
    else:
        groups = np.clip(np.ceil(best * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(groups, weights=best - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(best))


def brier_score(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The mean squared distance of probabilities N×K from the truth (1 for the true class, 0 for each other one).

    From 0 (always sure and right) to 2 (always sure and wrong), as Brier defined it; NaN without any.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950.

    >>> round(brier_score(np.array([[0.8, 0.2]]), np.array([0])), 4)  # 0.2² + 0.2²
    0.08
    """
    _check_same_length(labels, probabilities)
    if not len(labels):
        return float("nan")
    given = np.asarray(probabilities, np.float64)
    of_true_class = given[np.arange(len(labels)), labels]
    return float(((given**2).sum(axis=1) - of_true_class**2 + (1 - of_true_class) ** 2).mean())


def answered_at(probabilities: np.ndarray, labels: np.ndarray, threshold: float) -> Answered:
    """What is left of probabilities N×K when an image is answered only from `threshold` upwards.

    >>> answered_at(np.array([[0.9, 0.1], [0.75, 0.25], [0.4, 0.6]]), np.array([0, 1, 0]), 0.75)
    Answered(images=3, answered=2, wrong=1)
    """
    _check_same_length(labels, probabilities)
    answered = probabilities.max(axis=1) >= threshold
    wrong = answered & (probabilities.argmax(axis=1) != labels)
    return Answered(len(labels), int(answered.sum()), int(wrong.sum()))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _check_same_length(labels: np.ndarray, others: np.ndarray) -> None:
    if len(labels) != len(others):
        raise UsageError(f"{len(labels)} labels and {len(others)} predictions: give one prediction for every label.")
