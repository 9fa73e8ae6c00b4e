"""Recipes: settings with a name, so that nobody has to choose ten numbers to begin.

A recipe is fixed before it is measured on test images; what it was tuned on is training images held out, see
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
    # The tutorial's numbers: Adam with a constant 0.001, batches of 64, ten epochs, seed 3, a loss every 450 batches.
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
    # The same network in a fifth of the epochs; docs/lab-notebook.md has the search, on held-out training images.
    "fast": TrainingSettings(recipe="fast"),
}


def choose_settings(recipe: str = DEFAULT_RECIPE, facts: DataFacts = MNIST_FACTS, **changes: Any) -> TrainingSettings:
    """The settings of a recipe, with changes; a change that is None leaves the recipe's value.

    Those of `best` depend on the data, of which `facts` tells. An augmentation may be given as text; whoever gives one
    wants just that, so nothing is added by a probe unless `probe` asks for it.

    Raises:
        UsageError: the recipe is not known, or a value is not allowed.

    >>> choose_settings("tutorial", epochs=2, seed=None).epochs
    2
    """
    known = as_choice("recipe", recipe, get_args(Recipe))
    settings = choose_best(facts) if known == BEST else RECIPES[known]
    return replace(settings, **read_changes(changes))


def read_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Those that were given, an augmentation that was given as text as what it says.

    Raises:
        UsageError: a text that is no augmentation.

    >>> read_changes({"epochs": None, "augmentation": "none"})
    {'probe': False, 'augmentation': AugmentationSettings(...)}
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if isinstance(given.get("augmentation"), str):
        given["augmentation"] = AugmentationSettings.from_text(given["augmentation"])
    return {"probe": False, **given} if "augmentation" in given else given
