"""What is asked of probabilities: how far they can be believed, and what is left when unsure answers are withheld.

The negative log-likelihood is `cross_entropy`, which takes logits. scikit-learn has some of this and is what the tests
compare with, but it is a dependency of 40 MB for a few dozen lines.
"""

from dataclasses import dataclass

import numpy as np

from convlens.errors import UsageError
from convlens.metrics.shares import check_same_length, share_of, wilson_interval


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
        return share_of(self.answered, self.images)

    @property
    def error(self) -> float:
        """The share of the answers that is wrong, 0 to 1; NaN without answers."""
        return share_of(self.wrong, self.answered)


@dataclass(frozen=True)
class ReliabilityBin:
    """Images of like certainty: how many, how many right, and the mean probability of their likeliest class."""

    images: int
    correct: int
    certainty: float

    @property
    def accuracy(self) -> float:
        """The share that is right, 0 to 1."""
        return self.correct / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.images)


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """What is left at each of M falling thresholds: how many images are answered, and how many of these wrongly.

    The last of them answers everything.
    """

    thresholds: np.ndarray
    answered: np.ndarray
    wrong: np.ndarray

    @property
    def coverage(self) -> np.ndarray:
        """M shares of the images that are answered, growing to 1."""
        return self.answered / self.answered[-1] if len(self.answered) else np.zeros(0)

    @property
    def risk(self) -> np.ndarray:
        """M shares of the answers that are wrong."""
        return self.wrong / self.answered if len(self.answered) else np.zeros(0)

    @property
    def area(self) -> float:
        """The area under risk against coverage: the mean, over images, of the risk at which each is answered; 0 is
        best, NaN without images.
        """
        if not len(self.answered):
            return float("nan")
        return float((np.diff(self.answered, prepend=0) * self.risk).sum() / self.answered[-1])

    def at_risk(self, risk: float) -> Answered:
        """The most answers of which no larger share than `risk` is wrong; none where there is no such threshold."""
        images = int(self.answered[-1]) if len(self.answered) else 0
        (good,) = np.nonzero(self.risk <= risk)
        if not len(good):
            return Answered(images, 0, 0)
        return Answered(images, int(self.answered[good[-1]]), int(self.wrong[good[-1]]))


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
    check_same_length(labels, logits)
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    of_true_class = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=-1)) - of_true_class).mean())


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
    check_same_length(labels, probabilities)
    if bins < 1:
        raise UsageError(f"{bins} bins: give at least one; 15 are usual.")
    if not len(labels):
        return float("nan")
    best, right, groups = _grouped_by_certainty(probabilities, labels, bins, equal_mass)
    gaps = np.bincount(groups, weights=best - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(best))


def reliability(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15, *, equal_mass: bool = True
) -> list[ReliabilityBin]:
    """The bins of `expected_calibration_error`, least certain first; empty ones are left out.

    >>> sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    >>> low, high = reliability(sure, np.array([0, 0, 1, 0]), bins=2)
    >>> low.images, low.correct, round(low.certainty, 3), high.images, high.correct, round(high.certainty, 3)
    (2, 1, 0.6, 2, 2, 0.9)
    """
    check_same_length(labels, probabilities)
    if bins < 1:
        raise UsageError(f"{bins} bins: give at least one; 15 are usual.")
    if not len(labels):
        return []
    best, right, groups = _grouped_by_certainty(probabilities, labels, bins, equal_mass)
    images, correct = np.bincount(groups, minlength=bins), np.bincount(groups, weights=right, minlength=bins)
    certainty = np.bincount(groups, weights=best, minlength=bins)
    return [
        ReliabilityBin(int(images[bin]), int(correct[bin]), float(certainty[bin] / images[bin]))
        for bin in np.flatnonzero(images).tolist()
    ]


def _grouped_by_certainty(
    probabilities: np.ndarray, labels: np.ndarray, bins: int, equal_mass: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For N ≥ 1 images: the probability of the likeliest class, whether it is right, and the number of the bin."""
    best = np.asarray(probabilities, np.float64).max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    if equal_mass:
        order = np.lexsort((right, best))
        groups = np.empty(len(best), np.int64)
        groups[order] = np.arange(len(best)) * min(bins, len(best)) // len(best)
    else:
        groups = np.clip(np.ceil(best * bins).astype(np.int64) - 1, 0, bins - 1)
    return best, right, groups


def risk_coverage(probabilities: np.ndarray, labels: np.ndarray) -> RiskCoverage:
    """What is left at every threshold that makes a difference: the highest first, so coverage grows.

    Images of equal probability are answered together or not at all. Source: Y. Geifman and R. El-Yaniv, "Selective
    classification for deep neural networks", 2017.

    >>> curve = risk_coverage(np.array([[0.9, 0.1], [0.75, 0.25], [0.4, 0.6]]), np.array([0, 1, 1]))
    >>> curve.thresholds.tolist(), curve.answered.tolist(), curve.wrong.tolist()
    ([0.9, 0.75, 0.6], [1, 2, 3], [0, 1, 1])
    >>> round(curve.area, 4)    # (0 / 1 + 1 / 2 + 1 / 3) / 3
    0.2778
    """
    check_same_length(labels, probabilities)
    if not len(labels):
        return RiskCoverage(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    best = np.asarray(probabilities, np.float64).max(axis=1)
    wrong = probabilities.argmax(axis=1) != labels
    order = np.argsort(-best, kind="stable")
    falling, sums = best[order], np.cumsum(wrong[order])
    (last,) = np.nonzero(np.append(falling[1:] < falling[:-1], True))  # the last of equal probabilities
    return RiskCoverage(falling[last], last + 1, sums[last])


def brier_score(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The mean squared distance of probabilities N×K from the truth (1 for the true class, 0 for each other one).

    From 0 (always sure and right) to 2 (always sure and wrong), as Brier defined it; NaN without any.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950.

    >>> round(brier_score(np.array([[0.8, 0.2]]), np.array([0])), 4)  # 0.2² + 0.2²
    0.08
    """
    check_same_length(labels, probabilities)
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
    check_same_length(labels, probabilities)
    answered = probabilities.max(axis=1) >= threshold
    wrong = answered & (probabilities.argmax(axis=1) != labels)
    return Answered(len(labels), int(answered.sum()), int(wrong.sum()))
