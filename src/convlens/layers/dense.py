"""The dense layer, PyTorch's `Linear`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from convlens.layers.layer import Arrays, Extent, Group, Layer, ResolvedLayer, Shape, Values, Weights, times, union
from convlens.layers.onnx_operator import OnnxOperator


@dataclass(frozen=True, init=False, repr=False)
class Dense(Layer):
    """Every output is a weighted sum of all inputs plus a bias. Without a number, it has one output for each class.

    >>> Dense(64), Dense()
    (Dense(64), Dense())
    """

    word: ClassVar[str] = "dense"
    onnx_operator: ClassVar[str] = "Gemm"
    torch_classes: ClassVar[tuple[str, ...]] = ("Linear",)
    torch_names: ClassVar[Mapping[str, str]] = {"features": "out_features"}
    group: ClassVar[Group] = "weights"
    summary: ClassVar[str] = "64 weighted sums of all inputs, each with a bias"
    formula: ClassVar[str] = "Σ input·weight + bias"
    example: ClassVar[str] = "dense 64"
    defaults: ClassVar[str] = "`dense` alone, as the last layer: one output for each class"
    takes: ClassVar[str] = "only its number of outputs, because the layer before it determines the number of inputs"
    other_names: ClassVar[tuple[str, ...]] = ("linear", "fc", "full", "fully_connected", "mlp", "hidden")
    makes_row: ClassVar[bool] = True
    keeps_places: ClassVar[bool] = False
    features: int | None = None

    def __init__(self, features: int | None = None) -> None:
        self._set(features=features)

    @classmethod
    def default_text(cls, name: str) -> str | None:
        """Return the default as text: the number of classes."""
        return "one per class"

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Return the number of features; if it is not given, it is known once the number of classes is."""
        assert self.features is not None, "the last dense gets its number of features before its shape is computed"
        return (self.features,)

    def parameter_shapes(self, node: ResolvedLayer) -> dict[str, Shape]:
        """Return the shapes of the weights, outputs × inputs, and of the biases."""
        return {"weight": (*node.output_shape, *node.input_shape), "bias": node.output_shape}

    def count_parameters(self, node: ResolvedLayer) -> tuple[int, str]:
        """Count one weight for each input of each output, and one bias for each output."""
        (inputs,), (outputs,) = node.input_shape, node.output_shape
        count = outputs * (inputs + 1)
        return count, f"{outputs}·({inputs} + 1) = {count:,}"

    def count_multiply_adds(self, node: ResolvedLayer) -> tuple[int, str]:
        """Count one multiply-add for each input of each output."""
        (inputs,), (outputs,) = node.input_shape, node.output_shape
        return inputs * outputs, f"{times(inputs, outputs)} = {inputs * outputs:,}"

    def extents(self, inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
        return [[union(axis)] for axis in inputs[0]]

    def numbers(self, node: ResolvedLayer) -> tuple[float, ...]:
        return node.output_shape

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        return nn.Linear(*node.input_shape, *node.output_shape)

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return weights["weight"] @ values[0] + weights["bias"]

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        operator.check(alpha=1.0, beta=1.0, transA=0)
        weight, bias = operator.weight(0), operator.constant(1)
        weight = weight if operator.attributes.get("transB", 0) else weight.T
        return cls(len(weight)), {"weight": weight} if bias is None else {"weight": weight, "bias": bias.reshape(-1)}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Gemm", values[0], weights["weight"], weights["bias"], transB=1)

    def trace(self, by_hand: Any, node: ResolvedLayer, weights: Weights, *values: Values) -> Any:
        return by_hand.trace_dense(values[0], weights["weight"], weights["bias"])
