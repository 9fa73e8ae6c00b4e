"""A whole network by hand: its forward pass through the functions of this package alone.

Weights have the names that every engine and every model file uses, those of a `torch.nn.Sequential`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from convlens.by_hand.activations import leaky_relu, relu, sigmoid
from convlens.by_hand.operands import Values, as_values
from convlens.by_hand.pooling import avg_pool2d, max_pool2d, trace_avg_pool2d, trace_max_pool2d
from convlens.by_hand.tensors import conv2d, trace_conv2d
from convlens.by_hand.trace import Placement, PoolPlacement, Trace
from convlens.errors import UsageError
from convlens.network import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    LeakyReLU,
    MaxPool2d,
    Network,
    ReLU,
    Sigmoid,
    Tanh,
    write_layer,
)

EPSILON = 1e-5
"""What batch normalisation adds to a variance, PyTorch's and the engines'."""


_NAMES = ("weight", "bias", "running_mean", "running_var")
_NONE = np.zeros(0)


@dataclass(frozen=True, eq=False)
class LayerResult:
    """What one layer made: its number, its text, and its output, C×H×W or a row of numbers."""

    index: int
    text: str
    output: Values


def run_network(network: Network, weights: Mapping[str, ArrayLike], image: ArrayLike) -> list[LayerResult]:
    """What every layer of a network makes of one image, C×H×W, already normalised; the last result are the logits.

    Dropout does nothing here and batch normalisation uses its running statistics: this is a trained network at work.

    Raises:
        UsageError: a weight is missing, or an image that does not fit.

    >>> from convlens.network import Network
    >>> network = Network.from_text("conv 1 1x1, relu, dense 2")
    >>> weights = {"0.weight": [[[[2]]]], "0.bias": [-1], "3.weight": [[1], [-1]], "3.bias": [0, 10]}
    >>> [result.output.tolist() for result in run_network(network, weights, [[[4]]])]
    [[[[7.0]]], [[[7.0]]], [7.0], [7.0, 3.0]]
    """
    values, results = as_values("the image", image, 3), []
    checked = _check_weights(network, weights, values.shape)
    for index, layer in enumerate(network.layers):
        values = _run_layer(layer, {name: checked.get(f"{index}.{name}", _NONE) for name in _NAMES}, values)
        results.append(LayerResult(index, write_layer(layer), values))
    return results


def trace_layer(
    network: Network, weights: Mapping[str, ArrayLike], image: ArrayLike, layer: int
) -> Trace[Placement] | Trace[PoolPlacement]:
    """The placements of one layer of a network at work: of a convolution, a pooling, or a dense layer.

    A dense layer has one placement for each of its numbers, which covers all its inputs.

    Raises:
        UsageError: as `run_network`; a layer that looks at one number at a time, or that is not there.

    >>> from convlens.network import Network
    >>> network = Network.from_text("conv 1 1x1, relu, dense 2")
    >>> weights = {"0.weight": [[[[2]]]], "0.bias": [-1], "3.weight": [[1], [-1]], "3.bias": [0, 10]}
    >>> trace_layer(network, weights, [[[4]]], 3).at(1).total  # 7·(−1) + 10
    3.0
    """
    if not 0 <= layer < len(network.layers):
        raise UsageError(f"there is no layer {layer}; give one from 0 to {len(network.layers) - 1}.")
    results = run_network(network, weights, image)
    values = results[layer - 1].output if layer else as_values("the image", image, 3)
    match network.layers[layer]:
        case Conv2d() as conv:
            kernels, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
            return trace_conv2d(values, kernels, bias, conv.stride, conv.padding, conv.dilation)
        case MaxPool2d() as pool:
            return trace_max_pool2d(values, pool.kernel_size, pool.stride, pool.padding)
        case AvgPool2d() as pool:
            return trace_avg_pool2d(values, pool.kernel_size, pool.stride, pool.padding)
        case Dense():
            rows = as_values("the weights", weights[f"{layer}.weight"], 2)
            return _trace_dense(values, rows, as_values("the bias", weights[f"{layer}.bias"], 1))
    raise UsageError(
        f"{write_layer(network.layers[layer])} takes one number at a time, so there is no placement to show; give the "
        "number of a conv, pool or dense layer."
    )


def _trace_dense(values: Values, rows: Values, bias: Values) -> Trace[Placement]:
    def place(position: tuple[int, ...]) -> Placement:
        kernel, plus = rows[position[0]], float(bias[position[0]])
        products = values * kernel
        total = float(products.sum())
        return Placement(position, (0,), values, kernel, products, (total,), plus, total + plus, total + plus)

    return Trace("dense", (len(rows),), place, values, (0,))


def _check_weights(network: Network, weights: Mapping[str, ArrayLike], shape: tuple[int, ...]) -> dict[str, Values]:
    """The weights that are used, as arrays of the shapes that the network needs for an image of this shape."""
    channels, height, width = shape
    classes = _count_classes(network, weights, (channels, height, width))
    checked = {}
    for name, wanted in network.parameter_shapes((channels, height, width), classes).items():
        if name.partition(".")[2] not in _NAMES:
            continue
        layer = write_layer(network.layers[int(name.partition(".")[0])])
        if name not in weights:
            raise UsageError(f"the weights have no {name}, which {layer} needs; give a model's own weights.")
        values = as_values(name, weights[name], len(wanted))
        if values.shape != tuple(wanted):
            given, needed = ("×".join(map(str, one)) for one in (values.shape, wanted))
            raise UsageError(f"{name} is {given} and {layer} needs {needed}; give a model's own weights.")
        checked[name] = values
    return checked


def _count_classes(network: Network, weights: Mapping[str, ArrayLike], shape: tuple[int, int, int]) -> int:
    """How many numbers the network ends in; where a last `dense` leaves that to the data, its bias says."""
    dense = [(index, layer) for index, layer in enumerate(network.layers) if isinstance(layer, Dense)]
    if not dense:
        return int(Network([*network.layers, Dense(1)]).resolve(shape, 1)[-2].output_shape[0])
    index, layer = dense[-1]
    bias = weights.get(f"{index}.bias", ())
    return layer.features or max(int(np.size(bias)), 1)


def _run_layer(layer: Layer, weights: Mapping[str, Values], values: Values) -> Values:
    match layer:
        case Conv2d():
            return conv2d(values, weights["weight"], weights["bias"], layer.stride, layer.padding, layer.dilation)
        case MaxPool2d():
            return max_pool2d(values, layer.kernel_size, layer.stride, layer.padding)
        case AvgPool2d():
            return avg_pool2d(values, layer.kernel_size, layer.stride, layer.padding)
        case GlobalAvgPool2d():
            return values.mean(axis=(1, 2), keepdims=True)
        case BatchNorm2d():
            return _normalise(values, weights)
        case ReLU():
            return relu(values)
        case LeakyReLU():
            return leaky_relu(values, layer.slope)
        case Tanh():
            return np.tanh(values)
        case Sigmoid():
            return sigmoid(values)
        case Dropout():
            return values
        case Flatten():
            return values.reshape(-1)
        case Dense():
            # Every output is a cross-correlation of two vectors: all inputs and the weights of that output.
            return weights["weight"] @ values + weights["bias"]
    raise UsageError(f"{write_layer(layer)} is not known by hand.")


def _normalise(values: Values, weights: Mapping[str, Values]) -> Values:
    """(value − mean) / √(variance + ε) · weight + bias, with one of each for a channel, or for a number after dense."""
    shape = (-1, *[1] * (values.ndim - 1))
    mean, variance, weight, bias = (
        weights[name].reshape(shape) for name in ("running_mean", "running_var", "weight", "bias")
    )
    return (values - mean) / np.sqrt(variance + EPSILON) * weight + bias
