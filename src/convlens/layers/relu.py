"""Rectified linear unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.activation import Activation
from convlens.layers.layer import Values


@dataclass(frozen=True)
class ReLU(Activation):
    """max(x, 0) for every number."""

    word: ClassVar[str] = "relu"
    onnx_operator: ClassVar[str] = "Relu"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"relu": {}}
    title: ClassVar[str] = "ReLU"
    summary: ClassVar[str] = "negative values become 0"
    formula: ClassVar[str] = "max(x, 0)"
    near_names: ClassVar[tuple[str, ...]] = ("elu", "selu", "relu6", "prelu")

    def apply(self, values: Values) -> Values:
        import numpy as np

        return np.maximum(values, 0.0)

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Relu", values[0])
