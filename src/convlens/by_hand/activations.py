"""The activation functions that a network can have, applied to arrays by their names."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from convlens import layers
from convlens.by_hand.operands import ArrayLike, Values, as_values
from convlens.checking import as_choice
from convlens.layers.kinds import ActivationName

ACTIVATIONS: dict[str, Callable[[Values], Values]] = {word: kind().apply for word, kind in layers.ACTIVATIONS.items()}
"""Name → function of an array, for every activation that a network can have, with default arguments."""


def activate(values: ArrayLike, name: ActivationName | Literal["none"] | None) -> Values:
    """Apply an activation by its name; None leaves the values as they are.

    Raises:
        UsageError: there is no activation of this name.

    >>> activate([-1.0, 2.0], "relu")
    array([0., 2.])
    """
    return apply_activation(as_values("the input of the activation", values, 0, 1, 2, 3, 4), name)


def apply_activation(values: Values, name: ActivationName | Literal["none"] | None) -> Values:
    """Apply an activation like `activate`, but to an array that is already checked."""
    if name is None or as_choice("activation", name, (*ACTIVATIONS, "none")) == "none":
        return values
    return np.asarray(ACTIVATIONS[name](values))
