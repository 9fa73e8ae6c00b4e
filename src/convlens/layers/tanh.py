"""Hyperbolic tangent."""

from dataclasses import dataclass
from typing import ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import Values


@dataclass(frozen=True)
class Tanh(Activation):
    """tanh(x) for every number."""

    word: ClassVar[str] = "tanh"
    summary: ClassVar[str] = "maps each value to a value between −1 and 1"
    formula: ClassVar[str] = "tanh(x)"

    def apply(self, values: Values) -> Values:
        import numpy as np

        return np.tanh(values)
