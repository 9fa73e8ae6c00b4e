"""The forward pass of a whole network by hand, with the functions of this package only.

Weights have the same names as in every engine and model file: those of the module that `to_torch` returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from convlens import by_hand
from convlens.by_hand.operands import ArrayLike, Values, as_values
from convlens.by_hand.trace import JoinPosition, PoolPosition, Trace, WindowPosition
from convlens.checking import as_whole, refuse
from convlens.errors import UsageError
from convlens.layers import Dense, ResolvedLayer, walk
from convlens.network import Network, NetworkLike, as_network

_UNUSED = "num_batches_tracked"


@dataclass(frozen=True, eq=False)
class LayerResult:
    """The output of one layer, C×H×W or a row of numbers, with the layer's index and text."""

    index: int
    text: str
    output: Values


def run_network(network: NetworkLike, weights: Mapping[str, ArrayLike], image: ArrayLike) -> list[LayerResult]:
    """Return the output of every layer for one normalised image, C×H×W; the last result has the logits.

    As in any prediction, dropout does nothing and batch normalisation uses its running statistics.

    Raises:
        UsageError: a weight is missing, or the image does not fit.

    >>> from convlens.network import Network
    >>> network = Network.from_text("conv 1 1x1, relu, dense 2")
    >>> weights = {"0.weight": [[[[2]]]], "0.bias": [-1], "3.weight": [[1], [-1]], "3.bias": [0, 10]}
    >>> [result.output.tolist() for result in run_network(network, weights, [[[4]]])]
    [[[[7.0]]], [[[7.0]]], [7.0], [7.0, 3.0]]
    """
    values = as_values("the image", image, 3)
    nodes, checked = _resolve(network, weights, values.shape)
    outputs = _run(nodes, checked, values)
    return [LayerResult(node.index, str(node.layer), outputs[node.index]) for node in nodes]


def trace_layer(
    network: NetworkLike, weights: Mapping[str, ArrayLike], image: ArrayLike, layer: int
) -> Trace[WindowPosition] | Trace[PoolPosition] | Trace[JoinPosition]:
    """Return the window positions of one layer: a convolution, pooling or dense layer, or one that joins branches.

    A dense layer has one position for each of its outputs, which covers all inputs. A position of an addition or a
    concatenation has the layers that its number comes from.

    Raises:
        UsageError: as `run_network`; or the layer works on one number at a time, or does not exist.

    >>> from convlens.network import Network
    >>> network = Network.from_text("conv 1 1x1, relu, dense 2")
    >>> weights = {"0.weight": [[[[2]]]], "0.bias": [-1], "3.weight": [[1], [-1]], "3.bias": [0, 10]}
    >>> trace_layer(network, weights, [[[4]]], 3).at(1).total  # 7·(−1) + 10
    3.0
    """
    values = as_values("the image", image, 3)
    nodes, checked = _resolve(network, weights, values.shape)
    layer = as_whole("layer", layer, 0, len(nodes) - 1)
    outputs = _run(nodes[:layer], checked, values)
    node = nodes[layer]
    return node.layer.trace(by_hand, node, _weights_of(node, checked), *(outputs[index] for index in node.inputs))


def trace_dense(values: Values, rows: Values, bias: Values) -> Trace[WindowPosition]:
    """Return the sums of a dense layer: inputs I, weights O×I, bias O; each position covers all inputs.

    >>> trace_dense(np.array([7.0]), np.array([[1.0], [-1.0]]), np.array([0.0, 10.0])).at(1).total  # 7·(−1) + 10
    3.0
    """
    values, rows = as_values("the input", values, 1), as_values("the weights", rows, 2)
    bias = as_values("the bias", bias, 1)
    if rows.shape != (len(bias), len(values)):
        sizes = f"{len(values)} inputs, weights {rows.shape[0]}×{rows.shape[1]} and {len(bias)} biases"
        raise UsageError(f"{sizes} do not fit; give weights outputs × inputs and a bias for each output.")

    def place(position: tuple[int, ...]) -> WindowPosition:
        return WindowPosition.of(position, (0,), values, rows[position[0]], float(bias[position[0]]))

    return Trace("dense", (len(rows),), place, values, (0,))


def _run(nodes: list[ResolvedLayer], weights: dict[str, Values], image: Values) -> dict[int, Values]:
    """Return the output of each layer by its index; −1 is the image."""
    outputs = {-1: image}
    for node in nodes:
        inputs = [outputs[index] for index in node.inputs]
        outputs[node.index] = node.layer.run(by_hand, _weights_of(node, weights), *inputs)
    return outputs


def _weights_of(node: ResolvedLayer, weights: dict[str, Values]) -> dict[str, Values]:
    return {name: weights[f"{node.path}.{name}"] for name in node.layer.parameter_shapes(node) if name != _UNUSED}


def _resolve(
    given: NetworkLike, weights: Mapping[str, ArrayLike], shape: tuple[int, ...]
) -> tuple[list[ResolvedLayer], dict[str, Values]]:
    """Return the layers, and the weights that they need for an image of this shape, as arrays."""
    channels, height, width = shape
    network = as_network(given)
    if not isinstance(weights, Mapping):
        refuse("weights", weights, "a model's own weights, arrays by their names")
    nodes = network.resolve((channels, height, width), _count_classes(network, weights, (channels, height, width)))
    checked = {}
    for node in nodes:
        for name, wanted in node.parameter_shapes().items():
            if name.endswith(_UNUSED):
                continue
            if name not in weights:
                raise UsageError(f"the weights have no {name}, which {node.layer} needs; give a model's own weights.")
            values = as_values(name, weights[name], len(wanted))
            if values.shape != tuple(wanted):
                given, needed = ("×".join(map(str, one)) for one in (values.shape, wanted))
                raise UsageError(f"{name} is {given} and {node.layer} needs {needed}; give a model's own weights.")
            checked[name] = values
    return nodes, checked


def _count_classes(network: Network, weights: Mapping[str, ArrayLike], shape: tuple[int, int, int]) -> int:
    """Return the number of outputs; if the last `dense` has no number, the length of its bias."""
    dense = [layer for layer in walk(network.layers) if isinstance(layer, Dense)]
    if not dense or dense[-1].features is not None:
        return int(Network([*network.layers, Dense(1)]).resolve(shape, 1)[-2].output_shape[0])
    place = max(index for index, layer in enumerate(network.layers) if isinstance(layer, Dense))
    return max(int(np.size(weights.get(f"{place}.bias", ()))), 1)
