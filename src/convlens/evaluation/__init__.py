"""How good a model is on labelled images, how far its percentages can be believed, and whether the numbers can."""

from convlens.evaluation.bending import BendCurve, BendPoint, measure_bends
from convlens.evaluation.doubtful import (
    DoubtfulLabel,
    describe_doubtful,
    find_disagreements,
    find_doubtful,
    rank_labels,
)
from convlens.evaluation.evaluation import Evaluation
from convlens.evaluation.images import ImagesToJudge, choose_images, find_test_images
from convlens.evaluation.judging import evaluate
from convlens.evaluation.trust import TrustCheck, check_trust, training_images

__all__ = [
    "BendCurve",
    "BendPoint",
    "DoubtfulLabel",
    "Evaluation",
    "ImagesToJudge",
    "TrustCheck",
    "check_trust",
    "choose_images",
    "describe_doubtful",
    "evaluate",
    "find_disagreements",
    "find_doubtful",
    "find_test_images",
    "measure_bends",
    "rank_labels",
    "training_images",
]
