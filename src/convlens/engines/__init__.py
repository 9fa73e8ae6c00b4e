"""Engines compute a network: forward pass, activations and training steps. All engines share one interface."""

from convlens.engines.augmentation import AugmentationSettings, draw_changes
from convlens.engines.choice import (
    DeviceName,
    EngineChoice,
    EngineName,
    can_guard_mapped,
    choose_engine,
    guard_mapped,
    measure_peak,
    open_engine,
)
from convlens.engines.engine import Engine, Gradients, LossSettings, OptimizerSettings, Plan, Steps, Trainer, Weights

__all__ = [
    "AugmentationSettings",
    "DeviceName",
    "Engine",
    "EngineChoice",
    "EngineName",
    "Gradients",
    "LossSettings",
    "OptimizerSettings",
    "Plan",
    "Steps",
    "Trainer",
    "Weights",
    "can_guard_mapped",
    "choose_engine",
    "draw_changes",
    "guard_mapped",
    "measure_peak",
    "open_engine",
]
