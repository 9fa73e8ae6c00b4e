"""Batch normalisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Self

from convlens.layers.layer import Arrays, Generator, Group, Layer, ResolvedLayer, Shape, Values, Weights
from convlens.layers.onnx_operator import OnnxOperator

EPSILON = 1e-5
"""Added to the variance by every engine, the page and the operations by hand; PyTorch's default."""


@dataclass(frozen=True)
class BatchNorm2d(Layer):
    """Batch normalisation of each channel, or of each number of a row (torch's BatchNorm1d)."""

    word: ClassVar[str] = "batchnorm"
    onnx_operator: ClassVar[str] = "BatchNormalization"
    torch_classes: ClassVar[tuple[str, ...]] = ("BatchNorm2d", "BatchNorm1d")
    torch_fixed: ClassVar[Mapping[str, Any]] = {"eps": EPSILON, "affine": True, "track_running_stats": True}
    group: ClassVar[Group] = "normalisation"
    title: ClassVar[str] = "batch normalisation"
    summary: ClassVar[str] = (
        "normalises each map (or number) to mean 0 and standard deviation 1 over the batch, then scales and shifts "
        "it; predictions use running statistics"
    )
    formula: ClassVar[str] = "(x − mean)/√(variance + ε)·weight + bias"
    takes: ClassVar[str] = "no number, because the layer before it determines the number of channels"
    other_names: ClassVar[tuple[str, ...]] = (
        "bn",
        "batchnorm2d",
        "batchnorm1d",
        "batch_norm",
        "batchnormalization",
        "norm",
    )

    def parameter_shapes(self, node: ResolvedLayer) -> dict[str, Shape]:
        """Return one size for each of the four values per channel, and the count of batches."""
        names = ("weight", "bias", "running_mean", "running_var")
        return dict.fromkeys(names, (node.input_shape[0],)) | {"num_batches_tracked": ()}

    def count_parameters(self, node: ResolvedLayer) -> tuple[int, str]:
        """Count scale and shift; the running statistics are measured, not learned."""
        channels = node.input_shape[0]
        return 2 * channels, f"2·{channels} = {2 * channels:,}"

    def initial_weights(self, shapes: Mapping[str, Shape], random: Generator) -> Arrays:
        import numpy as np

        ones = ("weight", "running_var")
        weights = {name: np.full(shape, name in ones, np.float32) for name, shape in shapes.items() if shape}
        return weights | {"num_batches_tracked": np.zeros((), np.int64)}

    def numbers(self, node: ResolvedLayer) -> tuple[float, ...]:
        return (EPSILON,)

    def page_arguments(self) -> dict[str, Any]:
        return {"epsilon": EPSILON}

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        kind = nn.BatchNorm2d if len(node.input_shape) == 3 else nn.BatchNorm1d
        return kind(node.input_shape[0], eps=EPSILON)

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        shape = (-1, *[1] * (values[0].ndim - 1))
        mean, variance, weight, bias = (
            weights[name].reshape(shape) for name in ("running_mean", "running_var", "weight", "bias")
        )
        return (values[0] - mean) / (variance + EPSILON) ** 0.5 * weight + bias

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        """Return the layer; another epsilon becomes part of the variance, to which it is added."""
        operator.check(training_mode=0)
        names = ("weight", "bias", "running_mean", "running_var")
        weights = {name: operator.weight(position) for position, name in enumerate(names)}
        weights["running_var"] = weights["running_var"] + (operator.attributes.get("epsilon", EPSILON) - EPSILON)
        return cls(), weights

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        statistics = (weights[name] for name in ("weight", "bias", "running_mean", "running_var"))
        return graph.add("BatchNormalization", values[0], *statistics, epsilon=EPSILON)


def normalises_one_number(node: ResolvedLayer) -> bool:
    """Return whether each channel is a single number, so that a batch of one image would become all zeros."""
    return isinstance(node.layer, BatchNorm2d) and prod(node.input_shape[1:]) == 1
