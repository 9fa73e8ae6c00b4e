"""The results of a model on labelled images: accuracy with its interval, results by class, and the confusion matrix.

This module computes and does not draw: the terminal and the reports show the same `Evaluation`.
"""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import UNCALIBRATED, Calibration
from convlens.deprecations import with_old_attributes, with_old_keys
from convlens.habits import explains_names
from convlens.metrics import (
    Answered,
    ClassIntervals,
    ClassMetrics,
    Confidences,
    RiskCoverage,
    class_intervals,
    confidences,
    confusion_matrix,
    per_class,
    wilson_interval,
)
from convlens.notebook import html_table
from convlens.words import count_of, percent

_CLASSES_IN_HTML = 30


@explains_names
@with_old_attributes
@dataclass(frozen=True, eq=False)
class Evaluation:
    """The results of a model on labelled images.

    Attributes:
        data: the name of the images.
        class_names: in the order of the model's outputs.
        labels: N true class numbers.
        logits: N × classes.
        calibration: the model's; it turns logits into probabilities and decides which answers are `unknown`.
        notes: how the images were read, and which were left out.
    """

    data: str
    class_names: tuple[str, ...]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]
    calibration: Calibration = UNCALIBRATED
    notes: tuple[str, ...] = ()

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """N class numbers: the class with the largest logit, the first one in case of a tie."""
        return self.logits.argmax(1)

    @property
    def total(self) -> int:
        """The number of images."""
        return len(self.labels)

    @cached_property
    def correct(self) -> int:
        """The number of images that are classified correctly."""
        return int((self.predicted == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """The share of images that are classified correctly, 0 to 1."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.total)

    @cached_property
    def loss(self) -> float:
        """Mean cross-entropy in nats, before temperature: the loss that training minimised."""
        return self.confidences_before.negative_log_likelihood

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """classes × classes counts; rows are the true classes, columns the predicted ones."""
        return confusion_matrix(self.labels, self.predicted, len(self.class_names))

    @cached_property
    def classes(self) -> list[ClassMetrics]:
        """Precision, recall, F1 and support of every class."""
        return per_class(self.confusion)

    @cached_property
    def intervals(self) -> list[ClassIntervals]:
        """The 95 % intervals of every class's precision, recall and F1."""
        return class_intervals(self.confusion)

    @cached_property
    def confidences(self) -> Confidences:
        """Statistics of the probabilities, after temperature."""
        return confidences(self.logits, self.labels, self.calibration.temperature)

    @cached_property
    def confidences_before(self) -> Confidences:
        """Statistics of the probabilities, before temperature."""
        return self.confidences if self.calibration.temperature == 1 else confidences(self.logits, self.labels)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """N × classes, after temperature. With many images and classes this takes gigabytes; nothing here uses it."""
        return self.calibration.probabilities(self.logits)

    def probabilities_of(self, index: int) -> NDArray[np.float64]:
        """Return the probabilities of one image, after temperature."""
        return self.calibration.probabilities(self.logits[index])

    @property
    def calibration_error(self) -> float:
        """Expected calibration error after temperature, 0 to 1, in 15 bins of equal width."""
        return self.confidences.calibration_error()

    @property
    def calibration_error_before(self) -> float:
        """The calibration error before temperature, in bins of equal width."""
        return self.confidences_before.calibration_error()

    @property
    def equal_mass_calibration_error(self) -> float:
        """Expected calibration error after temperature in 15 bins with equal numbers of images."""
        return self.confidences.calibration_error(equal_mass=True)

    @property
    def equal_mass_calibration_error_before(self) -> float:
        """The calibration error before temperature, in bins with equal numbers of images."""
        return self.confidences_before.calibration_error(equal_mass=True)

    @property
    def negative_log_likelihood(self) -> float:
        """Mean of −log(probability of the true class) after temperature, in nats."""
        return self.confidences.negative_log_likelihood

    @property
    def brier(self) -> float:
        """Brier score after temperature, 0 to 2."""
        return self.confidences.brier_score

    @property
    def brier_before(self) -> float:
        """Brier score before temperature, 0 to 2."""
        return self.confidences_before.brier_score

    @cached_property
    def risk_coverage(self) -> RiskCoverage:
        """Coverage and error rate at every threshold, after temperature."""
        return self.confidences.risk_coverage()

    @property
    def answered(self) -> Answered | None:
        """Coverage and error rate at the model's threshold; None if it has none."""
        threshold = self.calibration.threshold
        return None if threshold is None else self.confidences.answered_at(threshold)

    def hardest_errors(self, count: int | None = None) -> NDArray[np.int64]:
        """Return the indices of the misclassified images, most confident first."""
        (wrong,) = np.nonzero(self.predicted != self.labels)
        return wrong[np.argsort(-self.confidences.best[wrong], kind="stable")][:count]

    def most_confused(self, count: int) -> list[tuple[str, str, int]]:
        """Return the most frequent confusions, in order, as (true class, predicted class, number of images)."""
        mistakes = self.confusion * (1 - np.eye(len(self.class_names), dtype=np.int64))
        order = np.argsort(-mistakes, axis=None, kind="stable")[:count]
        pairs = [(int(place) // len(mistakes), int(place) % len(mistakes)) for place in order]
        return [(self.class_names[t], self.class_names[p], int(mistakes[t, p])) for t, p in pairs if mistakes[t, p]]

    def as_dict(self) -> dict[str, Any]:
        """Return every number, for JSON; an undefined ratio (0 / 0) is None."""
        low, high = self.interval
        return {
            "data": self.data,
            "total": self.total,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "interval_95": [low, high],
            "loss": self.loss,
            "classes": {
                name: {
                    "precision": _number(row.precision),
                    "recall": _number(row.recall),
                    "f1": _number(row.f1),
                    "support": row.support,
                    "precision_interval_95": list(between.precision),
                    "recall_interval_95": list(between.recall),
                    "f1_interval_95": list(between.f1),
                }
                for name, row, between in zip(self.class_names, self.classes, self.intervals, strict=True)
            },
            "confusion": self.confusion.tolist(),
            "temperature": self.calibration.temperature,
            "expected_calibration_error": self.calibration_error,
            "expected_calibration_error_before_temperature": self.calibration_error_before,
            "expected_calibration_error_equal_mass": self.equal_mass_calibration_error,
            "expected_calibration_error_equal_mass_before_temperature": self.equal_mass_calibration_error_before,
            "negative_log_likelihood": self.negative_log_likelihood,
            "brier_score": self.brier,
            "brier_score_before_temperature": self.brier_before,
            "reliability": _reliability(self.confidences),
            "reliability_before_temperature": _reliability(self.confidences_before),
            "area_under_risk_coverage": _number(self.risk_coverage.area),
            "at_threshold": self._at_threshold(),
            "notes": list(self.notes),
        }

    def _at_threshold(self) -> dict[str, Any] | None:
        if self.answered is None:
            return None
        return {
            "threshold": self.calibration.threshold,
            "error_rate": self.calibration.error_rate,
            "answered": self.answered.answered,
            "wrong": self.answered.wrong,
            "coverage": self.answered.coverage,
            "error": _number(self.answered.error),
        }

    def __repr__(self) -> str:
        low, high = self.interval
        share = f"{self.accuracy * 100:.2f} % of {count_of(self.total, 'image')} right"
        return f"Evaluation({self.data!r}: {share}, 95 % interval {low * 100:.2f} % to {high * 100:.2f} %)"

    def _repr_html_(self) -> str:
        low, high = self.interval
        share = f"{self.accuracy * 100:.2f} % of {count_of(self.total, 'image')} right"
        header = ["class", "precision", "recall", "F1", "images"]
        order = np.argsort([row.f1 if row.support else 2.0 for row in self.classes], kind="stable")[:_CLASSES_IN_HTML]
        rows = [
            [self.class_names[place], *map(percent, (row.precision, row.recall, row.f1)), f"{row.support:,}"]
            for place, row in ((int(place), self.classes[place]) for place in sorted(order))
        ]
        left_out = len(self.class_names) - len(rows)
        confused = [f"{true} predicted as {said}: {count:,}" for true, said, count in self.most_confused(3)]
        interval = f"95 % interval {low * 100:.2f} % to {high * 100:.2f} %"
        below = [f"{interval}, loss {self.loss:.4f}, expected calibration error {self.calibration_error * 100:.2f} %"]
        below += [f"the {len(rows)} classes with the lowest F1; {left_out:,} more"] if left_out else []
        below += [f"most frequent mistakes: {'; '.join(confused)}"] if confused else []
        below += self.notes
        return html_table(f"{self.data}: {share}", rows, header, below)


def _reliability(found: Confidences) -> list[dict[str, Any]]:
    return [
        with_old_keys({**asdict(bin), "accuracy": bin.accuracy, "interval_95": list(bin.interval)})
        for bin in found.reliability()
    ]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
