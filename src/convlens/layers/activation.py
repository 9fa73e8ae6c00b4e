"""The base class of activations, which change every number by itself and keep the shape."""

from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.layer import Group, Layer, Values, Weights


@dataclass(frozen=True, repr=False)
class Activation(Layer):
    """A function that is applied to every number."""

    group: ClassVar[Group] = "activation"

    def apply(self, values: Values) -> Values:
        raise NotImplementedError

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return self.apply(values[0])
