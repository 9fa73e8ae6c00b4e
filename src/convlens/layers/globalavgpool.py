"""Global average pooling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.layer import Extent, Group, Layer, ResolvedLayer, Shape, Values, Weights, union


@dataclass(frozen=True)
class GlobalAvgPool2d(Layer):
    """The mean of each map: C×H×W → C×1×1."""

    word: ClassVar[str] = "globalavgpool"
    onnx_operator: ClassVar[str] = "GlobalAveragePool"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"adaptive_avg_pool2d": {"output_size": None}}
    torch_classes: ClassVar[tuple[str, ...]] = ("AdaptiveAvgPool2d",)
    torch_fixed: ClassVar[Mapping[str, Any]] = {"output_size": 1}
    group: ClassVar[Group] = "pooling"
    title: ClassVar[str] = "global average pooling"
    summary: ClassVar[str] = "the mean of each map"
    formula: ClassVar[str] = "mean of the map"
    takes: ClassVar[str] = "no number, because every map becomes one number"
    other_names: ClassVar[tuple[str, ...]] = (
        "gap",
        "globalpool",
        "global_avg_pool",
        "globalaveragepooling2d",
        "adaptiveavgpool2d",
    )
    needs_maps: ClassVar[bool] = True
    keeps_places: ClassVar[bool] = False

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape with one number for each map."""
        return (shapes[0][0], 1, 1)

    def size_formula(self, node: ResolvedLayer) -> str:
        """Return how many numbers each mean is taken over."""
        return f"mean of {node.input_shape[1]}·{node.input_shape[2]} numbers = 1"

    def extents(self, inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
        return [[union(axis)] for axis in inputs[0]]

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        return nn.AdaptiveAvgPool2d(1)

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return values[0].mean(axis=(1, 2), keepdims=True)

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("GlobalAveragePool", values[0])
