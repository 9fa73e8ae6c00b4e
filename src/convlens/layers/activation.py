"""What activations share: one number becomes one number, and no shape changes."""

from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.layer import Group, Layer, Values, Weights


@dataclass(frozen=True, repr=False)
class Activation(Layer):
    """A function of one number."""

    group: ClassVar[Group] = "activation"

    def apply(self, values: Values) -> Values:
        raise NotImplementedError

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return self.apply(values[0])
