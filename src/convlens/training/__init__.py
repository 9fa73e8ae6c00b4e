"""Making a trained model: settings, the loop, and the folder that a run writes."""

from convlens.training.events import Calibrated, EpochDone, Event, Judged, Probed, StretchDone, TrainingStarted
from convlens.training.recipes import RECIPES, choose_settings
from convlens.training.settings import TrainingSettings
from convlens.training.starting import resume_training, train

__all__ = [
    "RECIPES",
    "Calibrated",
    "EpochDone",
    "Event",
    "Judged",
    "Probed",
    "StretchDone",
    "TrainingSettings",
    "TrainingStarted",
    "choose_settings",
    "resume_training",
    "train",
]
