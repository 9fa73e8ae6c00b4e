"""Gaussian error linear unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from convlens.layers.activation import Activation
from convlens.layers.layer import Arrays, Values
from convlens.layers.onnx_operator import OnnxOperator


@dataclass(frozen=True)
class GELU(Activation):
    """x·Φ(x) for every number, where Φ is the standard normal distribution function (exact, as PyTorch's default).

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
    """

    word: ClassVar[str] = "gelu"
    onnx_operator: ClassVar[str] = "Gelu"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"gelu": {"approximate": "none"}}
    torch_fixed: ClassVar[Mapping[str, Any]] = {"approximate": "none"}
    title: ClassVar[str] = "GELU"
    summary: ClassVar[str] = "x·Φ(x), with the standard normal distribution function Φ: a smooth ReLU"
    formula: ClassVar[str] = "x·(1 + erf(x/√2))/2"

    def apply(self, values: Values) -> Values:
        import math

        import numpy as np

        # 1 + erf(x) equals erfc(−x), which stays precise if x is far below zero.
        return values * np.vectorize(math.erfc, otypes=[float])(-values / math.sqrt(2)) / 2

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        operator.check(approximate="none")
        return cls(), {}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        import math

        doubled = graph.add("Add", graph.add("Erf", graph.add("Mul", values[0], math.sqrt(0.5))), 1.0)
        return graph.add("Mul", graph.add("Mul", values[0], 0.5), doubled)
