"""Sigmoid, the logistic function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import Values


@dataclass(frozen=True)
class Sigmoid(Activation):
    """1/(1 + exp(−x)) for every number."""

    word: ClassVar[str] = "sigmoid"
    onnx_operator: ClassVar[str] = "Sigmoid"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"sigmoid": {}}
    summary: ClassVar[str] = "maps each value to a value between 0 and 1"
    formula: ClassVar[str] = "1/(1 + exp(−x))"
    other_names: ClassVar[tuple[str, ...]] = ("logistic",)

    def apply(self, values: Values) -> Values:
        import numpy as np

        small = np.exp(-np.abs(values))  # exp of a negative number cannot overflow
        return np.where(values >= 0, 1 / (1 + small), small / (1 + small))

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Sigmoid", values[0])
