"""How good a model is on labelled images, and how far its percentages can be believed."""

from convlens.evaluation.evaluation import Evaluation
from convlens.evaluation.images import ImagesToJudge, choose_images, find_test_images
from convlens.evaluation.judging import evaluate

__all__ = ["Evaluation", "ImagesToJudge", "choose_images", "evaluate", "find_test_images"]
