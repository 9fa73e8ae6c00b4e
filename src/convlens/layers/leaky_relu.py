"""Leaky rectified linear unit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import ResolvedLayer

if TYPE_CHECKING:
    from convlens.layers.layer import Values


@dataclass(frozen=True, init=False, repr=False)
class LeakyReLU(Activation):
    """x for x > 0, else slope·x; the slope is from 0 to 1.

    >>> LeakyReLU()
    LeakyReLU(0.01)
    """

    word: ClassVar[str] = "leaky_relu"
    title: ClassVar[str] = "leaky ReLU"
    summary: ClassVar[str] = "negative values are multiplied by 0.1"
    formula: ClassVar[str] = "x for x > 0, else slope·x"
    example: ClassVar[str] = "leaky_relu 0.1"
    defaults: ClassVar[str] = "`0.01`"
    other_names: ClassVar[tuple[str, ...]] = ("lrelu", "leaky", "leakyrelu")
    slope: float = 0.01

    def __init__(self, slope: float = 0.01) -> None:
        self._set(slope=slope)

    def numbers(self, node: ResolvedLayer) -> tuple[float, ...]:
        """The slope."""
        return (self.slope,)

    def page_arguments(self) -> dict[str, Any]:
        """The slope."""
        return {"slope": self.slope}

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        """`nn.LeakyReLU`."""
        return nn.LeakyReLU(self.slope)

    def apply(self, values: "Values") -> "Values":
        """x for x > 0, else slope·x"""
        import numpy as np

        return np.where(values > 0, values, self.slope * values)
