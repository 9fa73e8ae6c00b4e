"""Sigmoid linear unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from convlens.layers.activation import Activation
from convlens.layers.layer import Arrays, Values
from convlens.layers.onnx_operator import OnnxOperator


@dataclass(frozen=True)
class SiLU(Activation):
    """x·sigmoid(x) for every number; also called swish.

    Source: Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units, 2017.
    """

    word: ClassVar[str] = "silu"
    onnx_operator: ClassVar[str] = "Swish"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"silu": {}}
    title: ClassVar[str] = "SiLU"
    summary: ClassVar[str] = "x·sigmoid(x): a smooth ReLU, also called swish"
    formula: ClassVar[str] = "x/(1 + exp(−x))"
    other_names: ClassVar[tuple[str, ...]] = ("swish",)
    near_names: ClassVar[tuple[str, ...]] = ("mish", "hardswish")

    def apply(self, values: Values) -> Values:
        from convlens.layers.sigmoid import Sigmoid

        return values * Sigmoid().apply(values)

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        operator.check(alpha=1.0)
        return cls(), {}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Mul", values[0], graph.add("Sigmoid", values[0]))
