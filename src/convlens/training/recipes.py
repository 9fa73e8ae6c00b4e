"""Recipes: settings with a name, so that nobody has to choose ten numbers to begin.

A recipe is fixed before it is measured on test images; what it was tuned on is training images held out, see
`docs/lab-notebook.md`.
"""

from dataclasses import replace
from typing import Any

from convlens.engines import LossSettings, OptimizerSettings
from convlens.errors import UsageError
from convlens.training.settings import TrainingSettings

RECIPES: dict[str, TrainingSettings] = {
    # The tutorial's numbers: Adam with a constant 0.001, batches of 64, ten epochs, seed 3.
    "tutorial": TrainingSettings(
        recipe="tutorial",
        epochs=10,
        batch_size=64,
        learning_rate=0.001,
        schedule="constant",
        optimizer=OptimizerSettings(),
        loss=LossSettings(),
        seed=3,
    ),
    # The same network in a fifth of the epochs; docs/lab-notebook.md has the search, on held-out training images.
    "fast": TrainingSettings(recipe="fast"),
}


def choose_settings(recipe: str = "fast", **changes: Any) -> TrainingSettings:
    """The settings of a recipe, with changes; a change that is None leaves the recipe's value.

    Raises:
        UsageError: the recipe is not known, or a value is not allowed.

    >>> choose_settings("tutorial", epochs=2, seed=None).epochs
    2
    """
    if recipe not in RECIPES:
        raise UsageError(f"recipe {recipe!r} is not known; give one of {', '.join(RECIPES)}.")
    return replace(RECIPES[recipe], **{name: value for name, value in changes.items() if value is not None})
