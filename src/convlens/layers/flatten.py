"""Flatten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Self

from convlens.layers.layer import Arrays, Group, Layer, ResolvedLayer, Shape, Values, Weights, times
from convlens.layers.onnx_operator import OnnxOperator


@dataclass(frozen=True)
class Flatten(Layer):
    """Turns all maps into one row of numbers: C×H×W → C·H·W."""

    word: ClassVar[str] = "flatten"
    onnx_operator: ClassVar[str] = "Flatten"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"flatten": {"start_dim": 0, "end_dim": -1}}
    torch_fixed: ClassVar[Mapping[str, Any]] = {"start_dim": 1, "end_dim": -1}
    group: ClassVar[Group] = "shape"
    summary: ClassVar[str] = "turns all maps into one row of numbers; added automatically before `dense` and at the end"
    formula: ClassVar[str] = "the same number, in a row"
    takes: ClassVar[str] = "no number, because it flattens all maps"
    other_names: ClassVar[tuple[str, ...]] = ("flat", "view", "reshape")
    needs_maps: ClassVar[bool] = True
    makes_row: ClassVar[bool] = True
    keeps_places: ClassVar[bool] = False

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Return one size: the count of numbers in all maps."""
        return (prod(shapes[0]),)

    def size_formula(self, node: ResolvedLayer) -> str:
        """Return the product of maps, height and width."""
        return f"{times(*node.input_shape)} = {prod(node.input_shape):,}"

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return values[0].reshape(-1)

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        operator.check(axis=1)
        return cls(), {}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Flatten", values[0])
