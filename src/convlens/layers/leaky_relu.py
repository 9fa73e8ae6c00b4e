"""Leaky rectified linear unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from convlens.layers.activation import Activation
from convlens.layers.layer import Arrays, ResolvedLayer, Values
from convlens.layers.onnx_operator import OnnxOperator


@dataclass(frozen=True, init=False, repr=False)
class LeakyReLU(Activation):
    """x for x > 0, else slope·x; the slope is from 0 to 1.

    >>> LeakyReLU()
    LeakyReLU(0.01)
    """

    word: ClassVar[str] = "leaky_relu"
    onnx_operator: ClassVar[str] = "LeakyRelu"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"leaky_relu": {"negative_slope": 0.01}}
    torch_names: ClassVar[Mapping[str, str]] = {"slope": "negative_slope"}
    title: ClassVar[str] = "leaky ReLU"
    summary: ClassVar[str] = "negative values are multiplied by 0.1"
    formula: ClassVar[str] = "x for x > 0, else slope·x"
    example: ClassVar[str] = "leaky_relu 0.1"
    defaults: ClassVar[str] = "`0.01`"
    takes: ClassVar[str] = "one number, its slope"
    other_names: ClassVar[tuple[str, ...]] = ("lrelu", "leaky", "leakyrelu")
    slope: float = 0.01

    def __init__(self, slope: float = 0.01) -> None:
        self._set(slope=slope)

    def numbers(self, node: ResolvedLayer) -> tuple[float, ...]:
        return (self.slope,)

    def page_arguments(self) -> dict[str, Any]:
        return {"slope": self.slope}

    def apply(self, values: Values) -> Values:
        import numpy as np

        return np.where(values > 0, values, self.slope * values)

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        """Return the layer; the slope is stored as float32, and 0.1 should not become 0.10000000149."""
        import numpy as np

        return cls(float(str(np.float32(operator.attributes.get("alpha", 0.01))))), {}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("LeakyRelu", values[0], alpha=self.slope)
