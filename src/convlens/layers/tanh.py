"""Hyperbolic tangent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import ResolvedLayer

if TYPE_CHECKING:
    from convlens.layers.layer import Values


@dataclass(frozen=True)
class Tanh(Activation):
    """tanh(x) for every number."""

    word: ClassVar[str] = "tanh"
    title: ClassVar[str] = "tanh"
    summary: ClassVar[str] = "squeezes into −1 to 1"
    formula: ClassVar[str] = "tanh(x)"
    example: ClassVar[str] = "tanh"

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        """`nn.Tanh`."""
        return nn.Tanh()

    def apply(self, values: "Values") -> "Values":
        """tanh(x)"""
        import numpy as np

        return np.tanh(values)
