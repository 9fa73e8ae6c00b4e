"""Hyperbolic tangent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import Values


@dataclass(frozen=True)
class Tanh(Activation):
    """tanh(x) for every number."""

    word: ClassVar[str] = "tanh"
    onnx_operator: ClassVar[str] = "Tanh"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"tanh": {}}
    summary: ClassVar[str] = "maps each value to a value between −1 and 1"
    formula: ClassVar[str] = "tanh(x)"

    def apply(self, values: Values) -> Values:
        import numpy as np

        return np.tanh(values)

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Tanh", values[0])
