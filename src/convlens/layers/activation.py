"""What activations share: one number becomes one number, and no shape changes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from convlens.layers.layer import Group, Layer

if TYPE_CHECKING:
    from convlens.layers.layer import Values, Weights


@dataclass(frozen=True, repr=False)
class Activation(Layer):
    """A function of one number."""

    group: ClassVar[Group] = "activation"

    def apply(self, values: "Values") -> "Values":
        """The function, of every number of an array of any shape."""
        raise NotImplementedError

    def run(self, by_hand: Any, weights: "Weights", *values: "Values") -> "Values":
        """The function, of every number."""
        return self.apply(values[0])
