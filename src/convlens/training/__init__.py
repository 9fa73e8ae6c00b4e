"""Making a trained model: settings, the loop, and the folder that a run writes."""

from convlens.training.events import EpochDone, Event, Judged, StretchDone, TrainingStarted
from convlens.training.recipes import RECIPES, choose_settings
from convlens.training.session import resume_training, train
from convlens.training.settings import TrainingSettings

__all__ = [
    "RECIPES",
    "EpochDone",
    "Event",
    "Judged",
    "StretchDone",
    "TrainingSettings",
    "TrainingStarted",
    "choose_settings",
    "resume_training",
    "train",
]
