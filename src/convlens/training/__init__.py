"""Train a model: settings, the training loop, and the run folder."""

from convlens.deprecations import old_module_names
from convlens.training.events import (
    Calibrated,
    ChunkDone,
    EpochDone,
    Event,
    Judged,
    NotWritten,
    Probed,
    TrainingEnded,
    TrainingStarted,
)
from convlens.training.recipes import RECIPES, choose_settings
from convlens.training.settings import Balance, Recipe, Schedule, TrainingSettings
from convlens.training.starting import resume_training, train

__all__ = [
    "RECIPES",
    "Balance",
    "Calibrated",
    "ChunkDone",
    "EpochDone",
    "Event",
    "Judged",
    "NotWritten",
    "Probed",
    "Recipe",
    "Schedule",
    "TrainingEnded",
    "TrainingSettings",
    "TrainingStarted",
    "choose_settings",
    "resume_training",
    "train",
]

__getattr__ = old_module_names("convlens.training")
