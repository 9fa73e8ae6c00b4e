"""Recipes: named training settings, as a starting point.

Recipes are tuned on held-out training images only, and fixed before they are measured on test images; see
`docs/lab-notebook.md`.
"""

from dataclasses import replace
from typing import Any, get_args

from convlens.checking import as_choice
from convlens.engines import AugmentationSettings, LossSettings, OptimizerSettings
from convlens.training.best import MNIST_FACTS, DataFacts, choose_best
from convlens.training.settings import Recipe, TrainingSettings

BEST: Recipe = "best"
DEFAULT_RECIPE: Recipe = "fast"
"""For known datasets and arrays."""

RECIPES: dict[Recipe, TrainingSettings] = {
    # The tutorial's settings: Adam, constant learning rate 0.001, batches of 64, 10 epochs, a loss every 450 batches.
    "tutorial": TrainingSettings(
        recipe="tutorial",
        epochs=10,
        batch_size=64,
        learning_rate=0.001,
        schedule="constant",
        optimizer=OptimizerSettings(),
        loss=LossSettings(),
        seed=3,
        log_every=450,
    ),
    # The same network in a fifth of the epochs; docs/lab-notebook.md describes the search.
    "fast": TrainingSettings(recipe="fast"),
}


def choose_settings(recipe: str = DEFAULT_RECIPE, facts: DataFacts = MNIST_FACTS, **changes: Any) -> TrainingSettings:
    """Return the settings of a recipe with changes; a change of None keeps the recipe's value.

    The settings of `best` depend on `facts` about the data. An augmentation may be given as text. If one is given, the
    probe adds nothing to it unless `probe` is set, too.

    Raises:
        UsageError: the recipe is unknown, or a value is not allowed.

    >>> choose_settings("tutorial", epochs=2, seed=None).epochs
    2
    """
    known = as_choice("recipe", recipe, get_args(Recipe))
    settings = choose_best(facts) if known == BEST else RECIPES[known]
    return replace(settings, **read_changes(changes))


def read_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes that are not None, with an augmentation converted from text.

    Raises:
        UsageError: the text does not describe an augmentation.

    >>> read_changes({"epochs": None, "augmentation": "none"})
    {'probe': False, 'augmentation': AugmentationSettings(...)}
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if isinstance(given.get("augmentation"), str):
        given["augmentation"] = AugmentationSettings.from_text(given["augmentation"])
    return {"probe": False, **given} if "augmentation" in given else given
