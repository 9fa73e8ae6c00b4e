"""What becomes of a sum: the activation functions that a network can have, on any array."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from convlens.by_hand.operands import Values, as_values
from convlens.errors import UsageError


def relu(values: Values) -> Values:
    """What is negative becomes 0."""
    return np.maximum(values, 0.0)


def leaky_relu(values: Values, slope: float = 0.01) -> Values:
    """What is negative is multiplied by the slope, 0.01 unless said otherwise."""
    return np.where(values > 0, values, slope * values)


def sigmoid(values: Values) -> Values:
    """1 / (1 + e⁻ˣ), without an overflow far from zero."""
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))


ACTIVATIONS: dict[str, Callable[[Values], Values]] = {
    "relu": relu,
    "leaky_relu": leaky_relu,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
}


def activate(values: ArrayLike, name: str | None) -> Values:
    """Apply an activation by its name; None leaves the values as they are.

    Raises:
        UsageError: no activation of that name.

    >>> activate([-1.0, 2.0], "relu")
    array([0., 2.])
    """
    return apply_activation(as_values("what is activated", values, 0, 1, 2, 3, 4), name)


def apply_activation(values: Values, name: str | None) -> Values:
    """As `activate`, of an array that is known to be one."""
    if name in (None, "none"):
        return values
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise UsageError(f"the activation {name!r} is not known; give {', '.join(ACTIVATIONS)}, or none.")
    return np.asarray(ACTIVATIONS[name](values))
