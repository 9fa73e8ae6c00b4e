"""Evaluates a model on labelled images: accuracy, calibration, robustness, label errors, and checks of the test set."""

from convlens.deprecations import old_module_names
from convlens.evaluation.corruptions import CorruptionCurve, CorruptionPoint, measure_corruptions
from convlens.evaluation.evaluation import Evaluation
from convlens.evaluation.images import ImagesToJudge, choose_images, find_test_images
from convlens.evaluation.judging import evaluate
from convlens.evaluation.label_errors import (
    SuspectedLabel,
    describe_label_error,
    find_disagreements,
    find_label_errors,
    rank_labels,
)
from convlens.evaluation.sentences import describe_unknown, describe_worst
from convlens.evaluation.trust import TrustCheck, check_trust, training_images

__all__ = [
    "CorruptionCurve",
    "CorruptionPoint",
    "Evaluation",
    "ImagesToJudge",
    "SuspectedLabel",
    "TrustCheck",
    "check_trust",
    "choose_images",
    "describe_label_error",
    "describe_unknown",
    "describe_worst",
    "evaluate",
    "find_disagreements",
    "find_label_errors",
    "find_test_images",
    "measure_corruptions",
    "rank_labels",
    "training_images",
]

__getattr__ = old_module_names("convlens.evaluation")
