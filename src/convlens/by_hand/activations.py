"""What becomes of a sum: the activation functions that a network can have, on any array."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from convlens import layers
from convlens.by_hand.operands import Values, as_values
from convlens.errors import UsageError

ACTIVATIONS: dict[str, Callable[[Values], Values]] = {word: kind().apply for word, kind in layers.ACTIVATIONS.items()}
"""Name → function of an array, for every activation that a network can have, with its usual numbers."""


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
