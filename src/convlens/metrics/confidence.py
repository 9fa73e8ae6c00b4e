"""Metrics of probabilities: calibration, and coverage and error rate when uncertain answers are withheld.

The negative log-likelihood is `cross_entropy`, which takes logits. scikit-learn has some of these metrics, and tests
compare with it, but it would be a dependency of 40 MB for a few dozen lines.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convlens.deprecations import warn, with_old_attributes
from convlens.errors import UsageError
from convlens.metrics.shares import check_same_length, share_of, wilson_interval

_BLOCK = 100_000
"""How many logits are processed at a time."""


@dataclass(frozen=True)
class Answered:
    """The result of a threshold: of `images` images, how many are answered, and how many of the answers are wrong.

    >>> Answered(images=200, answered=100, wrong=3).coverage, Answered(200, 100, 3).error
    (0.5, 0.03)
    """

    images: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float:
        """The share of the images that are answered, 0 to 1; NaN without images."""
        return share_of(self.answered, self.images)

    @property
    def error(self) -> float:
        """The share of the answers that are wrong, 0 to 1; NaN without answers."""
        return share_of(self.wrong, self.answered)


@with_old_attributes
@dataclass(frozen=True)
class ReliabilityBin:
    """A bin of images with similar confidence: how many, how many are right, and their mean confidence."""

    images: int
    correct: int
    confidence: float

    @property
    def accuracy(self) -> float:
        """The share of images that are right, 0 to 1."""
        return self.correct / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.images)


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """At each of M decreasing thresholds: how many images are answered, and how many of the answers are wrong.

    At the last threshold every image is answered.
    """

    thresholds: np.ndarray
    answered: np.ndarray
    wrong: np.ndarray

    @property
    def coverage(self) -> np.ndarray:
        """M shares of images answered, increasing to 1."""
        return self.answered / self.answered[-1] if len(self.answered) else np.zeros(0)

    @property
    def risk(self) -> np.ndarray:
        """M error rates: the share of the answers that are wrong."""
        return self.wrong / self.answered if len(self.answered) else np.zeros(0)

    @property
    def area(self) -> float:
        """The area under the risk–coverage curve: the mean over all images of the error rate at which each is answered.

        0 is best; NaN without images.
        """
        if not len(self.answered):
            return float("nan")
        return float((np.diff(self.answered, prepend=0) * self.risk).sum() / self.answered[-1])

    def at_risk(self, risk: float) -> Answered:
        """Return the largest coverage with an error rate of at most `risk`; no answers if no threshold reaches it."""
        images = int(self.answered[-1]) if len(self.answered) else 0
        (good,) = np.nonzero(self.risk <= risk)
        if not len(good):
            return Answered(images, 0, 0)
        return Answered(images, int(self.answered[good[-1]]), int(self.wrong[good[-1]]))


@dataclass(frozen=True, eq=False)
class Confidences:
    """Statistics of N answers, computed from N × classes probabilities without keeping these in memory.

    Attributes:
        best: N probabilities of the most likely class.
        right: N booleans: whether that is the true class.
        true: N probabilities of the true class.
        distances: N squared distances between the probabilities and the true distribution, 0 to 2.
        losses: N values of −log(probability of the true class), in nats.
    """

    best: np.ndarray
    right: np.ndarray
    true: np.ndarray
    distances: np.ndarray
    losses: np.ndarray

    @classmethod
    def of(cls, probabilities: np.ndarray, labels: np.ndarray) -> "Confidences":
        """Compute the statistics of N × classes probabilities for N labels; `confidences` takes logits.

        >>> Confidences.of(np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1])).right
        array([ True, False])
        """
        check_same_length(labels, probabilities)
        if not len(labels):
            return cls(np.zeros(0), np.zeros(0, np.bool_), *np.zeros((3, 0)))
        given = np.asarray(probabilities, np.float64)
        true, right = given[np.arange(len(labels)), labels], given.argmax(axis=1) == labels
        distances = (given**2).sum(axis=1) - true**2 + (1 - true) ** 2
        with np.errstate(divide="ignore"):
            return cls(given.max(axis=1), right, true, distances, -np.log(true))

    @property
    def brier_score(self) -> float:
        """The mean squared distance between the probabilities and the truth (1 for the true class, 0 for the others).

        From 0 (always right with probability 1) to 2 (always wrong with probability 1), as Brier defined it; NaN
        without images.

        Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950.

        >>> round(Confidences.of(np.array([[0.8, 0.2]]), np.array([0])).brier_score, 4)  # 0.2² + 0.2²
        0.08
        """
        return float(self.distances.mean()) if len(self.distances) else float("nan")

    @property
    def negative_log_likelihood(self) -> float:
        """The mean of the losses; NaN without images."""
        return float(self.losses.mean()) if len(self.losses) else float("nan")

    def calibration_error(self, bins: int = 15, *, equal_mass: bool = False) -> float:
        """Return the expected calibration error: the mean gap of confidence and accuracy, 0 to 1; NaN without images.

        Images are binned by the probability of their most likely class. In each bin, the mean of that probability is
        compared with the accuracy; the absolute differences are averaged over all images.

        Args:
            bins: the number of bins, of equal width from 0 to 1: (0, 1/15], (1/15, 2/15], …
            equal_mass: use bins with equal numbers of images instead, as far as they can be divided equally. These
                resolve more if nearly all images fall into the last bin of equal width, as with a confident model.
                Images of equal probability are sorted with the wrong ones first, whatever their order in the data.

        Sources: C. Guo et al., "On calibration of modern neural networks", 2017; K. Nguyen and B. O'Connor, "Posterior
        calibration and exploratory analysis for natural language processing models", 2015 (equal mass).

        >>> sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
        >>> found = Confidences.of(sure, np.array([0, 0, 1, 0]))
        >>> round(found.calibration_error(), 4)  # (2 · |0.9 − 1| + 2 · |0.6 − 0.5|) / 4
        0.1
        """
        groups = self._bins(bins, equal_mass)
        if not len(groups):
            return float("nan")
        gaps = np.bincount(groups, weights=self.best - self.right, minlength=bins)
        return float(np.abs(gaps).sum() / len(self.best))

    def reliability(self, bins: int = 15, *, equal_mass: bool = True) -> list[ReliabilityBin]:
        """Return the bins of `calibration_error`, lowest confidence first; empty bins are left out.

        >>> sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
        >>> low, high = Confidences.of(sure, np.array([0, 0, 1, 0])).reliability(bins=2)
        >>> low.images, low.correct, round(low.confidence, 3), high.images, high.correct, round(high.confidence, 3)
        (2, 1, 0.6, 2, 2, 0.9)
        """
        groups = self._bins(bins, equal_mass)
        images, correct = np.bincount(groups), np.bincount(groups, weights=self.right)
        confidence = np.bincount(groups, weights=self.best)
        return [
            ReliabilityBin(int(images[bin]), int(correct[bin]), float(confidence[bin] / images[bin]))
            for bin in np.flatnonzero(images).tolist()
        ]

    def _bins(self, bins: int, equal_mass: bool) -> np.ndarray:
        if bins < 1:
            raise UsageError(f"{bins} bins: give at least 1; 15 is usual.")
        if equal_mass and len(self.best):
            order = np.lexsort((self.right, self.best))
            groups = np.empty(len(self.best), np.int64)
            groups[order] = np.arange(len(self.best)) * min(bins, len(self.best)) // len(self.best)
            return groups
        return np.clip(np.ceil(self.best * bins).astype(np.int64) - 1, 0, bins - 1)

    def risk_coverage(self) -> RiskCoverage:
        """Return coverage and error rate at every distinct threshold, the highest first, so that coverage grows.

        Images of equal probability are answered together or not at all. Source: Y. Geifman and R. El-Yaniv, "Selective
        classification for deep neural networks", 2017.

        >>> found = Confidences.of(np.array([[0.9, 0.1], [0.75, 0.25], [0.4, 0.6]]), np.array([0, 1, 1]))
        >>> curve = found.risk_coverage()
        >>> curve.thresholds.tolist(), curve.answered.tolist(), curve.wrong.tolist()
        ([0.9, 0.75, 0.6], [1, 2, 3], [0, 1, 1])
        >>> round(curve.area, 4)    # (0 / 1 + 1 / 2 + 1 / 3) / 3
        0.2778
        """
        if not len(self.best):
            return RiskCoverage(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
        order = np.argsort(-self.best, kind="stable")
        falling, sums = self.best[order], np.cumsum(~self.right[order])
        (last,) = np.nonzero(np.append(falling[1:] < falling[:-1], True))  # the last of equal probabilities
        return RiskCoverage(falling[last], last + 1, sums[last])

    def answered_at(self, threshold: float) -> Answered:
        """Return coverage and error rate if only images with a probability of at least `threshold` are answered.

        >>> found = Confidences.of(np.array([[0.9, 0.1], [0.75, 0.25], [0.4, 0.6]]), np.array([0, 1, 0]))
        >>> found.answered_at(0.75)
        Answered(images=3, answered=2, wrong=1)
        """
        answered = self.best >= threshold
        return Answered(len(self.best), int(answered.sum()), int((answered & ~self.right).sum()))


def confidences(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> Confidences:
    """Return the statistics of N × classes logits for N labels, in pieces of 100,000 logits, which fit in a cache.

    >>> found = confidences(np.log([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1]))
    >>> found.best.round(9).tolist(), found.right.tolist(), found.true.round(9).tolist()
    ([0.75, 0.5], [True, False], [0.75, 0.5])
    """
    check_same_length(labels, logits)
    rows = max(1, _BLOCK // max(1, logits.shape[1]))
    parts = [
        _confidences_of_block(logits[start : start + rows], labels[start : start + rows], temperature)
        for start in range(0, max(len(labels), 1), rows)
    ]
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Confidences(*map(np.concatenate, columns))


def _confidences_of_block(logits: np.ndarray, labels: np.ndarray, temperature: float) -> Confidences:
    if not len(labels):
        return Confidences.of(logits, labels)
    values = logits.astype(np.float64)  # one array for all steps, because memory costs more time than arithmetic
    values /= temperature
    values -= values.max(axis=1, keepdims=True)
    of_true = values[np.arange(len(labels)), labels]
    np.exp(values, out=values)
    sums = values.sum(axis=1, keepdims=True)
    values /= sums
    # These are exact even if a probability is rounded to 0 or 1.
    right, losses = logits.argmax(axis=1) == labels, np.log(sums[:, 0]) - of_true
    return replace(Confidences.of(values, labels), right=right, losses=losses)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities of logits over the last axis, with the same shape and floating-point type.

    The greatest logit is subtracted first, so that nothing overflows.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of −log(probability of the true class) for logits N×K and labels N, in nats.

    It is computed from the logits, not from `softmax`, whose probabilities may be rounded to 0.

    >>> round(cross_entropy(np.array([[0.0, 0.0]]), np.array([1])), 4)  # the logarithm of 2
    0.6931
    """
    return confidences(logits, labels).negative_log_likelihood


def _former_function(old: str, new: str) -> Callable[..., Any]:
    """Return a function with an old name, which is now a method of `Confidences`."""

    def call(probabilities: np.ndarray, labels: np.ndarray, *more: Any, **named: Any) -> Any:
        warn(f"convlens.metrics.{old}", f"Confidences.of(probabilities, labels).{new}")
        found = getattr(Confidences.of(probabilities, labels), new)
        return found(*more, **named) if callable(found) else found

    return call


answered_at = _former_function("answered_at", "answered_at")
brier_score = _former_function("brier_score", "brier_score")
expected_calibration_error = _former_function("expected_calibration_error", "calibration_error")
reliability = _former_function("reliability", "reliability")
risk_coverage = _former_function("risk_coverage", "risk_coverage")
