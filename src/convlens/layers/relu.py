"""Rectified linear unit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import ResolvedLayer

if TYPE_CHECKING:
    from convlens.layers.layer import Values


@dataclass(frozen=True)
class ReLU(Activation):
    """max(x, 0) for every number."""

    word: ClassVar[str] = "relu"
    title: ClassVar[str] = "ReLU"
    summary: ClassVar[str] = "negative values become 0"
    formula: ClassVar[str] = "max(x, 0)"
    example: ClassVar[str] = "relu"
    other_names: ClassVar[tuple[str, ...]] = ("elu", "selu", "relu6", "prelu")

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        """`nn.ReLU`."""
        return nn.ReLU()

    def apply(self, values: "Values") -> "Values":
        """max(x, 0)"""
        import numpy as np

        return np.maximum(values, 0.0)
