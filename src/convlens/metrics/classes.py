"""The confusion matrix, and precision, recall and F1 of each class with intervals.

Matrices are classes × classes; each row is a true class. An undefined share (0 / 0) is NaN.
"""

from dataclasses import dataclass

import numpy as np

from convlens.errors import UsageError
from convlens.metrics.shares import check_same_length, share_of, wilson_interval


@dataclass(frozen=True)
class ClassMetrics:
    """One class: precision, recall and F1 from 0 to 1 (NaN if undefined), and the number of its images."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class ClassIntervals:
    """The 95 % intervals of one class's precision, recall and F1: (low, high), each from 0 to 1."""

    precision: tuple[float, float]
    recall: tuple[float, float]
    f1: tuple[float, float]


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return how often each true class (row) was predicted as each class (column): int64, classes × classes.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2)
    array([[1, 1],
           [0, 1]])
    """
    check_same_length(labels, predicted)
    for name, values in (("label", labels), ("prediction", predicted)):
        wrong = (values < 0) | (values >= classes)
        if wrong.any():
            raise UsageError(
                f"a {name} is {values[wrong][0]}: with {classes} classes it must be from 0 to {classes - 1}."
            )
    pairs = labels.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def per_class(confusion: np.ndarray) -> list[ClassMetrics]:
    """Return precision, recall, F1 and support of every class of a confusion matrix, in the order of its rows.

    >>> per_class(np.array([[1, 1], [0, 1]]))[1]
    ClassMetrics(precision=0.5, recall=1.0, f1=0.6666666666666666, support=1)
    """
    right = np.diag(confusion)
    supports, guesses = confusion.sum(axis=1), confusion.sum(axis=0)
    return [
        ClassMetrics(
            precision=share_of(hits, guessed),
            recall=share_of(hits, support),
            f1=share_of(2 * hits, guessed + support),
            support=support,
        )
        for hits, guessed, support in zip(right.tolist(), guesses.tolist(), supports.tolist(), strict=True)
    ]


def class_intervals(confusion: np.ndarray) -> list[ClassIntervals]:
    """Return the 95 % intervals of the results of `per_class`, in the order of the matrix's rows.

    Precision and recall are shares of cases, so they have Wilson intervals. F1 is not a share, but F1 = 2J / (1 + J),
    where J = true positives / (true positives + false negatives + false positives), the Jaccard index, is one. F1 grows
    with J, so the ends of J's interval give the ends of the interval of F1.

    >>> class_intervals(np.array([[1, 1], [0, 1]]))[1].recall
    (0.206..., 1.0)
    """
    right = np.diag(confusion).tolist()
    supports, guesses = confusion.sum(axis=1).tolist(), confusion.sum(axis=0).tolist()
    rows = []
    for hits, support, guessed in zip(right, supports, guesses, strict=True):
        low, high = wilson_interval(hits, support + guessed - hits)
        rows.append(
            ClassIntervals(
                precision=wilson_interval(hits, guessed),
                recall=wilson_interval(hits, support),
                f1=(2 * low / (1 + low), 2 * high / (1 + high)),
            )
        )
    return rows
