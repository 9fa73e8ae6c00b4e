"""What computes a network: the forward pass, looking at activations, and training steps. One protocol, several
engines.
"""

from convlens.engines.choice import open_engine
from convlens.engines.engine import Engine, Gradients, LossSettings, OptimizerSettings, Plan, Steps, Trainer, Weights

__all__ = [
    "Engine",
    "Gradients",
    "LossSettings",
    "OptimizerSettings",
    "Plan",
    "Steps",
    "Trainer",
    "Weights",
    "open_engine",
]
