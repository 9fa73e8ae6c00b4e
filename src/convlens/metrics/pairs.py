"""Compares two models on the same images: is one significantly better?

Their results are not independent, because the same images are hard for both. The test therefore uses only the images
that one model gets right and the other wrong. Tests compare the results with SciPy's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from statistics import NormalDist

import numpy as np

from convlens.metrics.shares import check_same_length


@dataclass(frozen=True)
class PairedComparison:
    """Two models on `images` images: how many images only the first or only the second classifies correctly."""

    images: int
    only_first: int
    only_second: int

    @property
    def difference(self) -> float:
        """The first accuracy minus the second, −1 to 1; NaN without images."""
        return (self.only_first - self.only_second) / self.images if self.images else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference, by Bonett and Price, who add one case to each of the two counts.

        Source: D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval for a difference of binomial
        proportions based on paired data", 2012.
        """
        total = self.images + 2
        first, second = (self.only_first + 1) / total, (self.only_second + 1) / total
        half_width = NormalDist().inv_cdf(0.975) * ((first + second - (first - second) ** 2) / total) ** 0.5
        return max(first - second - half_width, -1.0), min(first - second + half_width, 1.0)

    @property
    def p_value(self) -> float:
        """McNemar's exact test, two-sided: the probability that two equally good models differ at least this much.

        Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
        percentages", 1947; the exact form replaces the chi-square distribution by the binomial.

        >>> PairedComparison(images=100, only_first=8, only_second=2).p_value    # 2 · (1 + 10 + 45) / 2¹⁰
        0.109375
        """
        total, fewer = self.only_first + self.only_second, min(self.only_first, self.only_second)
        if 2 * fewer >= total:
            return 1.0
        terms = [lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1) - total * log(2) for k in range(fewer + 1)]
        largest = max(terms)
        return min(1.0, _rounded(2 * exp(largest) * sum(exp(term - largest) for term in terms)))


def compare_pairs(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> PairedComparison:
    """Compare the N predicted classes of two models, given N labels.

    >>> compare_pairs(np.array([0, 1, 1, 0]), np.array([0, 1, 1, 1]), np.array([0, 0, 0, 0]))
    PairedComparison(images=4, only_first=2, only_second=1)
    """
    check_same_length(labels, first)
    check_same_length(labels, second)
    right, other = first == labels, second == labels
    return PairedComparison(len(labels), int((right & ~other).sum()), int((other & ~right).sum()))


def adjust_for_many(p_values: Sequence[float]) -> list[float]:
    """Adjust the p values of several comparisons by Holm's method, which bounds the chance of any false positive.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", 1979.

    >>> adjust_for_many([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def _rounded(value: float) -> float:
    """Round off the last digits, which logarithms make inexact."""
    return float(f"{value:.13g}")
