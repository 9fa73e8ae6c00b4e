"""The trained model: the Python object and its file."""

from convlens.trained_model.history import HISTORY_NAMES, TrainingHistory
from convlens.trained_model.loading import load_model
from convlens.trained_model.location import find_model_file
from convlens.trained_model.model import TrainedModel, count_parameters
from convlens.trained_model.stopped import describe_stop, notice_of_stop

__all__ = [
    "HISTORY_NAMES",
    "TrainedModel",
    "TrainingHistory",
    "count_parameters",
    "describe_stop",
    "find_model_file",
    "load_model",
    "notice_of_stop",
]
