"""Fits the temperature and chooses the threshold on held-out images, which the weights were not trained on.

A single temperature for all logits cannot change which class is most likely, so the accuracy stays the same; only the
probabilities change. Methods with more parameters (one for each class, a matrix, a step function) fit the validation
images better and new images worse.

Source: C. Guo et al., "On calibration of modern neural networks", 2017.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from convlens.calibration.settings import Calibration
from convlens.errors import UsageError
from convlens.metrics import confidences

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.05, 20.0
_PRIOR_WEIGHT = 5.0
"""The weight of the penalty that keeps the temperature near 1 when there are few validation images."""
_BLOCK = 1_000_000
"""How many logits are processed at a time, so that memory does not grow with images × classes."""


def fit_calibration(logits: np.ndarray, labels: np.ndarray, error_rate: float = 0.01) -> Calibration:
    """Fit the temperature and the threshold to a model's logits for validation images.

    `fit_temperature` and `choose_threshold` describe the methods, and what happens with few images.

    Args:
        logits: N × classes, at least one image and two classes.
        labels: N class indices.
        error_rate: the share of the answers that may be wrong, between 0 and 1.

    Raises:
        UsageError: there are no images, or a value is not allowed.

    >>> logits = np.zeros((200, 2))
    >>> logits[:, 1] = 4.0                           # "98 % sure of class 1"
    >>> labels = np.ones(200, np.int64)
    >>> labels[:20] = 0                              # and right 90 % of the time
    >>> found = fit_calibration(logits, labels, error_rate=0.2)
    >>> found.probabilities(logits)[0].round(2)
    array([0.1, 0.9])
    >>> found.coverage, found.error, found.images
    (1.0, 0.1, 200)
    """
    _check(logits, labels, error_rate)
    temperature = fit_temperature(logits, labels)
    found = confidences(logits, labels, temperature)
    threshold = choose_threshold(found.best, found.right, error_rate)
    left = found.answered_at(threshold)
    return Calibration(
        temperature=temperature,
        threshold=threshold,
        error_rate=error_rate,
        coverage=left.coverage,
        error=left.error if left.answered else None,
        images=left.images,
    )


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature with the smallest negative log-likelihood of the labels, for logits N × classes.

    The negative log-likelihood is convex in b = 1 / temperature. If every image is right, it has no minimum: a larger b
    is always better. With few images, its minimum is mostly chance. So the penalty w · (b − 1 − log b) with w = 5 is
    added; it is 0 at b = 1, infinite at 0 and ∞, and convex, too. There is then always exactly one minimum. It is near
    1 if the images are few or all right; with hundreds of images, some of them wrong, the penalty has no noticeable
    effect. The temperature stays between 0.05 and 20.

    >>> logits, labels = np.array([[0.0, 4.0]] * 1000), np.array([0] * 100 + [1] * 900)
    >>> round(fit_temperature(logits, labels), 2)    # 4 / log(0.9 / 0.1)
    1.81
    >>> round(fit_temperature(logits[-1:], labels[-1:]), 2)
    0.99
    """
    low, high = 1 / HIGHEST_TEMPERATURE, 1 / LOWEST_TEMPERATURE
    scale = 1.0
    for _ in range(100):
        slope, curvature = _derivatives(logits, labels, scale)
        if slope == 0:
            break
        low, high = (scale, high) if slope < 0 else (low, scale)
        step = scale - slope / curvature
        # Newton's step if it stays inside the known bracket, which is fast; else bisection, which never fails.
        following = step if low < step < high else (low * high) ** 0.5
        if abs(following - scale) <= 1e-9 * scale:
            break
        scale = following
    return 1 / scale


def choose_threshold(best: np.ndarray, right: np.ndarray, error_rate: float) -> float:
    """Return the smallest threshold on the probability at which at most `error_rate` of the answers are wrong.

    The error rate is estimated as (wrong + 1) / (answered + 1), as if the next image were wrong. The plain share
    wrong / answered would be too optimistic, because the threshold is chosen where this share happens to be small. With
    the added one, the expected error rate on *new* images of the same kind, averaged over choices of validation images,
    is at most `error_rate` (conformal prediction: A. Angelopoulos et al., "Conformal risk control", 2022). This holds
    on average; with few images, a single choice can miss the rate by a factor of two. A 95 % bound would nearly always
    hold, but of 1,000 validation images it would leave a third unanswered that could be answered, and a rate of 1 %
    would need 299 answers without a mistake, which many folders do not have.

    With the added one, a rate of 1 % needs 99 answers. If the validation images are too few to show the rate, only
    images that are more probable than every mistake are answered. If the most probable image of all is a mistake,
    nothing is answered. Images of equal probability are answered together or not at all, so mistakes with a probability
    of exactly 1 are answered, too, at a threshold of 1.

    The threshold is always the probability of one of the images, not a value between two. If all images are answered,
    it is the lowest probability among them, so that a new image with a lower one is `unknown`.

    Args:
        best: N probabilities of the most likely class.
        right: N booleans: whether that is the true class.

    >>> best, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True])
    >>> choose_threshold(best, right, error_rate=0.4)    # (1 + 1) / (4 + 1)
    0.6
    >>> choose_threshold(best, right, error_rate=0.35)   # (0 + 1) / (2 + 1)
    0.8
    >>> choose_threshold(best, right, error_rate=0.01)   # more probable than every mistake
    0.8
    """
    order = np.argsort(-best, kind="stable")
    falling, wrong = best[order], np.cumsum(~right[order])
    answered = np.arange(1, len(best) + 1)
    complete = np.append(falling[1:] < falling[:-1], True)  # the last of equal probabilities
    for enough in ((wrong + 1) / (answered + 1) <= error_rate, wrong == 0):
        (places,) = np.nonzero(enough & complete)
        if len(places):
            return float(falling[places[-1]])
    return min(1.0, float(np.nextafter(falling[0], 2)))


def _derivatives(logits: np.ndarray, labels: np.ndarray, scale: float) -> tuple[float, float]:
    """Return the first and second derivative, at b = `scale`, of the function that `fit_temperature` minimises.

    For one image they are the mean of its logits minus the true logit, and the variance of its logits, both under its
    probabilities.
    """
    slope, curvature = _PRIOR_WEIGHT * (1 - 1 / scale), _PRIOR_WEIGHT / scale**2
    for some, true in _blocks(logits, labels):
        shifted = some - some.max(axis=1, keepdims=True)
        weights = np.exp(scale * shifted)
        weights /= weights.sum(axis=1, keepdims=True)
        means = (weights * shifted).sum(axis=1)
        slope += float((means - shifted[np.arange(len(true)), true]).sum())
        curvature += float((weights * (shifted - means[:, np.newaxis]) ** 2).sum())
    return slope, curvature


def _blocks(logits: np.ndarray, labels: np.ndarray) -> Iterator[tuple[NDArray[np.float64], np.ndarray]]:
    rows = max(1, _BLOCK // logits.shape[1])
    for start in range(0, len(labels), rows):
        yield logits[start : start + rows].astype(np.float64), labels[start : start + rows]


def _check(logits: np.ndarray, labels: np.ndarray, error_rate: float) -> None:
    if not 0 < error_rate < 1:
        raise UsageError(f"an error rate of {error_rate:g}: it must be between 0 and 1, for example 0.01.")
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise UsageError(f"logits of the shape {logits.shape}: give images × classes, with at least two classes.")
    if not len(logits):
        raise UsageError("there are no images to fit a temperature on. Hold out some of the training images.")
    if labels.shape != logits.shape[:1]:
        raise UsageError(f"{len(labels)} labels and {len(logits)} rows of logits: give one label for every row.")
    if not np.isfinite(logits).all():
        raise UsageError("some logits are NaN or infinite: the model's weights are too large. Train it again.")
    wrong = labels[(labels < 0) | (labels >= logits.shape[1])]
    if len(wrong):
        raise UsageError(
            f"a label is {wrong[0]}: with {logits.shape[1]} classes it must be from 0 to {logits.shape[1] - 1}."
        )
