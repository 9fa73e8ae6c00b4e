"""Shares of cases with confidence intervals.

An undefined share (0 / 0) is NaN and shown as "–".
"""

from statistics import NormalDist

import numpy as np

from convlens.errors import UsageError


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of `predicted` that equals `labels`, from 0 to 1; NaN if there are none.

    >>> accuracy(np.array([7, 2, 1, 0]), np.array([7, 2, 1, 6]))
    0.75
    """
    check_same_length(labels, predicted)
    return float(np.mean(labels == predicted)) if len(labels) else float("nan")


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval for a share of `correct` out of `total`: (low, high), from 0 to 1.

    The textbook interval p ± z·√(p(1 − p)/n) has zero width at 100 % and exceeds 1 just below; this one does not.
    Without any cases, the interval is (0, 1).

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


def share_of(part: int, whole: int) -> float:
    """Return `part / whole`; NaN if the whole is 0."""
    return part / whole if whole else float("nan")


def check_same_length(labels: np.ndarray, others: np.ndarray) -> None:
    """Check that there is one prediction for each label.

    Raises:
        UsageError: the counts differ; the message gives both.
    """
    if len(labels) != len(others):
        raise UsageError(f"{len(labels)} labels and {len(others)} predictions: give one prediction for every label.")
