"""Finds labels that are likely wrong: a model that was not trained on them confidently predicts another class.

Labels are sorted by how much more probable another class is than the given one, the "normalised margin" of
C. Northcutt, L. Jiang and I. Chuang, "Confident learning: estimating uncertainty in dataset labels", 2021. Their second
step, which estimates the rate of each confusion, needs a threshold for each class and puts the same labels first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import Calibration
from convlens.deprecations import with_old_attributes, with_old_keys
from convlens.errors import UsageError

_ROWS = 1000
"""How many disagreements are processed at a time, so that memory stays small with a thousand classes."""


@with_old_attributes
@dataclass(frozen=True)
class SuspectedLabel:
    """A label that may be wrong: the image's index, the given and the suggested class, and their probabilities."""

    index: int
    given: int
    suggested: int
    given_probability: float
    suggested_probability: float

    @property
    def margin(self) -> float:
        """How much more probable the suggested class is, −1 to 1; above 0 the model disagrees with the label."""
        return self.suggested_probability - self.given_probability


def rank_labels(probabilities: np.ndarray, labels: np.ndarray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the indices of all N images, most suspect label first, and their margins (−1 to 1) in the same order.

    Args:
        probabilities: N × classes (at least two), from a model that was not trained on these labels.
        labels: N class numbers, as given.

    >>> order, margins = rank_labels(np.array([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]]), np.array([0, 0, 0]))
    >>> order.tolist(), margins.tolist()
    ([1, 2, 0], [0.5, 0.0, -0.5])
    """
    rows = np.arange(len(labels))
    if probabilities.ndim != 2 or probabilities.shape[1] < 2 or len(probabilities) != len(labels):
        raise UsageError(
            f"probabilities of the shape {probabilities.shape} for {len(labels):,} labels: give one row for each "
            "label, with at least two classes."
        )
    others = np.array(probabilities, np.float64)
    given = others[rows, labels].copy()
    others[rows, labels] = -1
    margins = others.max(axis=1, initial=-1) - given
    order = np.argsort(-margins, kind="stable")
    return order, margins[order]


def find_label_errors(
    probabilities: np.ndarray, labels: np.ndarray, most: int | None = None, only_disagreeing: bool = True
) -> list[SuspectedLabel]:
    """Return the suspected label errors, worst first; `only_disagreeing` leaves out labels that the model agrees with.

    >>> find_label_errors(np.array([[0.75, 0.25], [0.25, 0.75]]), np.array([0, 0]))
    [SuspectedLabel(index=1, given=0, suggested=1, given_probability=0.25, suggested_probability=0.75)]
    """
    order, margins = rank_labels(probabilities, labels)
    if only_disagreeing:
        order = order[margins > 0]
    chosen = order[:most]
    return _suspected_labels([chosen, *_two_classes(probabilities[chosen], labels[chosen])])


def _two_classes(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the given and the likeliest other class of N images, and the probabilities of both."""
    rows, places = np.array(probabilities, np.float64), np.arange(len(labels))
    of_given = rows[places, labels].copy()
    rows[places, labels] = -1
    suggested = rows.argmax(axis=1) if len(labels) else labels
    return labels, suggested, of_given, rows[places, suggested]


def _suspected_labels(columns: Sequence[np.ndarray]) -> list[SuspectedLabel]:
    return [SuspectedLabel(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def find_disagreements(
    logits: np.ndarray, labels: np.ndarray, calibration: Calibration, most: int | None = None
) -> list[SuspectedLabel]:
    """Like `find_label_errors`, for logits; probabilities are computed only for labels that the model disagrees with.

    >>> find_disagreements(np.log([[0.75, 0.25], [0.25, 0.75]]), np.array([0, 0]), Calibration())[0].index
    1
    """
    (wrong,) = np.nonzero(logits.argmax(axis=1) != labels)
    parts = [wrong[start : start + _ROWS] for start in range(0, max(len(wrong), 1), _ROWS)]
    classes = [_two_classes(calibration.probabilities(logits[part]), labels[part]) for part in parts]
    given, suggested, of_given, of_suggested = map(np.concatenate, zip(*classes, strict=True))
    margins = of_suggested - of_given
    (order,) = np.nonzero(margins > 0)
    order = order[np.argsort(-margins[order], kind="stable")][:most]
    return _suspected_labels([column[order] for column in (wrong, given, suggested, of_given, of_suggested)])


def describe_label_error(
    found: SuspectedLabel, class_names: tuple[str, ...], name_of: Callable[[int], str]
) -> dict[str, Any]:
    """Return a suspected label error as plain values, for JSON and CSV."""
    values = {
        "image": name_of(found.index),
        "index": found.index,
        "given": class_names[found.given],
        "suggested": class_names[found.suggested],
        "given_probability": found.given_probability,
        "suggested_probability": found.suggested_probability,
        "margin": found.margin,
    }
    return with_old_keys(values)
