"""Metrics for classifiers in plain NumPy.

`shares` has accuracy and intervals, which the others build on; `classes` has the confusion matrix and the metrics of
each class, `confidence` calibration and risk, `pairs` the comparison of two models.
"""

from convlens.deprecations import old_module_names
from convlens.metrics.classes import ClassIntervals, ClassMetrics, class_intervals, confusion_matrix, per_class
from convlens.metrics.confidence import (
    Answered,
    Confidences,
    ReliabilityBin,
    RiskCoverage,
    answered_at,
    brier_score,
    confidences,
    cross_entropy,
    expected_calibration_error,
    reliability,
    risk_coverage,
    softmax,
)
from convlens.metrics.pairs import PairedComparison, adjust_for_many, compare_pairs
from convlens.metrics.shares import accuracy, wilson_interval

__all__ = [
    "Answered",
    "ClassIntervals",
    "ClassMetrics",
    "Confidences",
    "PairedComparison",
    "ReliabilityBin",
    "RiskCoverage",
    "accuracy",
    "adjust_for_many",
    "answered_at",
    "brier_score",
    "class_intervals",
    "compare_pairs",
    "confidences",
    "confusion_matrix",
    "cross_entropy",
    "expected_calibration_error",
    "per_class",
    "reliability",
    "risk_coverage",
    "softmax",
    "wilson_interval",
]

__getattr__ = old_module_names("convlens.metrics")
