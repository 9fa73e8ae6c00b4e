"""Sigmoid, the logistic function."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import ResolvedLayer

if TYPE_CHECKING:
    from convlens.layers.layer import Values


@dataclass(frozen=True)
class Sigmoid(Activation):
    """1/(1 + exp(−x)) for every number."""

    word: ClassVar[str] = "sigmoid"
    title: ClassVar[str] = "sigmoid"
    summary: ClassVar[str] = "squeezes into 0 to 1"
    formula: ClassVar[str] = "1/(1 + exp(−x))"
    example: ClassVar[str] = "sigmoid"
    other_names: ClassVar[tuple[str, ...]] = ("logistic",)

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        """`nn.Sigmoid`."""
        return nn.Sigmoid()

    def apply(self, values: "Values") -> "Values":
        """1/(1 + exp(−x))"""
        import numpy as np

        small = np.exp(-np.abs(values))  # no overflow far from zero
        return np.where(values >= 0, 1 / (1 + small), small / (1 + small))
