"""The network: a frozen tree of layers in canonical form, readable as text and as Python.

It is only the description. Weights belong to a trained model, arithmetic to an engine, and the size of the images to
the data, so that one network can be printed, compared, stored and used with any of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from convlens.checking import items_or_none, shown
from convlens.errors import NetworkError
from convlens.habits import explains_arguments, explains_names
from convlens.layers import Block, Layer, ResolvedLayer, write_chain
from convlens.network.onnx_graphs import load_onnx, read_graph
from convlens.network.presets import PRESETS, text_of
from convlens.network.rows import tabulate
from convlens.network.shapes import resolve_layers
from convlens.network.source import Source
from convlens.network.structure import Chain, complete
from convlens.network.text import read_layers
from convlens.network.torch_modules import read_module

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

_EXAMPLE = "Conv2d(8, kernel_size=3), ReLU(), Dense()"
_NOTEBOOK_INPUT, _NOTEBOOK_CLASSES = (1, 28, 28), 10


@explains_names
@dataclass(frozen=True, init=False, repr=False)
class Network:
    """A sequence of layers and blocks, from an image to one number (logit) for each class.

    Give a list of layers, the network as text, or the name of a preset. A `Flatten` before the first `Dense` and at the
    end is added if it is missing. The last `Dense` may leave out its number; it then has one output for each class. Two
    networks are equal if their layers are equal.

    Raises:
        NetworkError: the layers cannot follow one another, or the text has a mistake.

    >>> from convlens.layers import Conv2d, Dense, MaxPool2d, ReLU
    >>> network = Network([Conv2d(8, kernel_size=3, padding=1), ReLU(), MaxPool2d(2), Dense()])
    >>> str(network)
    'conv 8 3x3 pad 1, relu, maxpool 2, dense'
    >>> network == Network("conv 8 3 pad 1, relu, maxpool 2, flatten, dense")
    True
    >>> network
    Network([Conv2d(8, kernel_size=3, padding=1), ReLU(), MaxPool2d(2), Flatten(), Dense()])
    """

    layers: Chain
    source: Source | None = field(default=None, compare=False)

    @explains_arguments
    def __init__(self, layers: Iterable[Layer | Block] | str, source: Source | None = None) -> None:
        if isinstance(layers, str):
            layers, source = read_layers(text_of(layers))
        given = items_or_none(layers)
        if given is None:
            raise NetworkError(
                f"a network cannot be made from {shown(layers)}. Give a list of layers, such as [{_EXAMPLE}], a text, "
                f"or the name of a preset: {', '.join(PRESETS)}."
            )
        if not isinstance(source, Source | None):
            raise NetworkError(f"source is {shown(source)}; only from_text sets it. Leave it out.")
        completed, completed_source = complete(given, source)
        object.__setattr__(self, "layers", completed)
        object.__setattr__(self, "source", completed_source)

    @classmethod
    def from_text(cls, text: str) -> "Network":
        """Read a network from text such as `conv 8 3x3 pad 1, relu, maxpool 2, dense`, or by its name: `tutorial`.

        A layer is its word, its numbers, then options (`pad`, `stride`, `dilation`, `groups`) with a number each. Sizes
        are `3`, or `3x5` for height and width. `residual(...)` and `concat(...; ...)` are blocks of layers. Upper case,
        spaces and line breaks don't matter.

        Raises:
            NetworkError: the text has a mistake; the error points at it and says what to write instead.

        >>> print(Network.from_text("CONV 8 3X3 Pad 1, relu,  globalavgpool, dense"))
        conv 8 3x3 pad 1, relu, globalavgpool, dense
        >>> print(Network.from_text("lenet").layers[0])
        conv 6 5x5 pad 2
        """
        if not isinstance(text, str):
            raise NetworkError(f"the text of a network is {shown(text)}; give a string, or layers to Network([...]).")
        return cls(text)

    @classmethod
    def from_torch(cls, module: "nn.Module") -> "Network":
        """Return the network that a PyTorch module computes, which is built of known layers and functions.

        It may be a `torch.nn.Sequential`, a `torch.fx.GraphModule`, or a module with a `forward` of its own, which must
        call the same layers for all images. A softmax at the end is left out, and so is normalisation at the beginning.
        `TrainedModel.from_torch` takes over its weights, too.

        Raises:
            NetworkError: a layer or function is not known, has a setting that Convlens does not have, or joins branches
                that are not those of a block; the message names its place.

        >>> from torch import nn
        >>> print(Network.from_torch(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(5408, 10))))
        conv 8 3x3, relu, dense 10
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.conv, self.fc = nn.Conv2d(1, 1, 3, padding=1), nn.Linear(784, 10)
        ...
        ...     def forward(self, x):
        ...         x = x + self.conv(x).relu()
        ...         return self.fc(x.flatten(1))
        >>> print(Network.from_torch(Net()))
        residual(conv 1 3x3 pad 1, relu), dense 10
        """
        return cls(read_module(module).network.layers)

    @classmethod
    def from_onnx(cls, source: "Path | str | bytes") -> "Network":
        """Return the network that an ONNX file of known operators computes, from images to logits.

        `TrainedModel.from_onnx` takes over its weights, too. A softmax at the end is left out, and so is normalisation
        at the beginning.

        Args:
            source: the path of the file, or its content.

        Raises:
            NetworkError: an operator is not known, has a setting that Convlens does not have, or joins branches that
                are not those of a block; the message names it.
            ModelFileError: the file cannot be read as ONNX.
            MissingDependency: the package onnx is not installed.

        >>> from onnx import helper
        >>> images = helper.make_tensor_value_info("images", 1, ["N", 1, 28, 28])
        >>> logits = helper.make_tensor_value_info("logits", 1, ["N", 1352])
        >>> weight = helper.make_tensor("weight", 1, (2, 1, 3, 3), [0.5] * 18)
        >>> nodes = [
        ...     helper.make_node("Conv", ["images", "weight"], ["maps"]),
        ...     helper.make_node("Relu", ["maps"], ["rectified"]),
        ...     helper.make_node("Add", ["maps", "rectified"], ["sum"]),
        ...     helper.make_node("Flatten", ["sum"], ["logits"]),
        ... ]
        >>> model = helper.make_model(helper.make_graph(nodes, "net", [images], [logits], [weight]))
        >>> print(Network.from_onnx(model.SerializeToString()))
        conv 2 3x3, residual(relu)
        """
        return cls(read_graph(load_onnx(source)).network.layers)

    def __str__(self) -> str:
        return write_chain(self.layers, is_network=True)

    def __repr__(self) -> str:
        return f"Network([{', '.join(repr(layer) for layer in self.layers)}])"

    def resolve(self, input_shape: tuple[int, int, int], classes: int) -> list[ResolvedLayer]:
        """Return the layers in the order in which they are computed, each with its inputs and shapes.

        Args:
            input_shape: the shape (C, H, W) of the images.
            classes: the number of classes.

        Raises:
            NetworkError: maps are smaller than a kernel, or the output is not one number per class.

        >>> [step.output_shape for step in Network.from_text("conv 8 3x3, dense").resolve((1, 28, 28), 10)]
        [(8, 26, 26), (5408,), (10,)]
        """
        return resolve_layers(self.layers, input_shape, classes, self.source)

    def parameter_shapes(self, input_shape: tuple[int, int, int], classes: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor, with the names and in the order of the state dict of `to_torch()`.

        Raises:
            NetworkError: as `resolve`.

        >>> Network.from_text("dense").parameter_shapes((1, 28, 28), 10)
        {'1.weight': (10, 784), '1.bias': (10,)}
        """
        resolved = self.resolve(input_shape, classes)
        return {name: shape for node in resolved for name, shape in node.parameter_shapes().items()}

    def _repr_html_(self) -> str:
        """Return the layer table for 1×28×28 images and 10 classes, or the text if the network does not fit them."""
        try:
            resolved = self.resolve(_NOTEBOOK_INPUT, _NOTEBOOK_CLASSES)
        except NetworkError:
            return f"<code>{escape(str(self))}</code>"
        return tabulate(str(self), resolved).as_html()
