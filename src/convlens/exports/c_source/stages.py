"""A network as the operations that the C code has.

A convolution or a dense layer also computes the batch normalisation, the activation and the pooling that follow it, so
that the maps between them need no memory. `flatten` and `dropout` compute nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convlens.errors import UsageError
from convlens.layers import ACTIVATIONS, Activation, Conv2d, Dense, Layer, ResolvedLayer, Shape, SlidingLayer
from convlens.layers.batchnorm import EPSILON
from convlens.window import Window

StageKind = Literal["conv", "dense", "pool", "activation", "add", "concat"]
INPUT = -1
"""The number of the network's input among the values. Other values have the number of the last layer they come from."""

_NOTHING_TO_DO = ("flatten", "dropout")
_POOLS = ("maxpool", "avgpool", "globalavgpool")
_LARGEST = 32767  # of int16_t, which the C code stores sizes in


@dataclass(frozen=True)
class Slide:
    """A window that slides over maps: along the height, along the width, and the shapes before and after."""

    windows: tuple[Window, Window]
    input_shape: Shape
    output_shape: Shape

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the C code's `struct window`, in its order."""
        (height, width) = self.windows
        pairs = zip(height, width, strict=True)
        return (*self.input_shape[1:], *(number for pair in pairs for number in pair), *self.output_shape[1:])


@dataclass(frozen=True)
class Pool:
    """A pooling layer: `word` is `maxpool` or `avgpool`; the pooling of whole maps is an `avgpool`."""

    word: str
    slide: Slide


@dataclass(frozen=True, eq=False)
class Stage:
    """One call in the C code.

    `inputs` and `output` are numbers of values. `weight` is O×I×kH×kW or O×I, with batch normalisation included.
    `activation` and `pool` follow the convolution or dense layer; a `pool` or `activation` stage has only these.
    """

    kind: StageKind
    nodes: tuple[ResolvedLayer, ...]
    inputs: tuple[int, ...]
    output: int
    output_shape: Shape
    weight: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | None = None
    slide: Slide | None = None
    groups: int = 1
    activation: Activation | None = None
    pool: Pool | None = None

    @property
    def size(self) -> int:
        """The number of values that it computes."""
        return prod(self.output_shape)

    @property
    def text(self) -> str:
        """Its layers, such as `conv 8 3x3, relu, maxpool 2`."""
        return ", ".join(str(node.layer) for node in self.nodes)


@dataclass(frozen=True)
class Program:
    """The stages of a network in order, its input shape, and the number of the value that is the logits."""

    stages: tuple[Stage, ...]
    input_shape: Shape
    logits: int

    def size_of(self, value: int) -> int:
        """Return how many numbers a value has."""
        if value == INPUT:
            return prod(self.input_shape)
        return next(stage.size for stage in self.stages if stage.output == value)


def find_stages(resolved: Sequence[ResolvedLayer], weights: Mapping[str, NDArray[Any]], input_shape: Shape) -> Program:
    """Return the stages of a network.

    Raises:
        UsageError: the C code does not have a layer, or cannot hold its sizes.
    """
    sources = {INPUT: INPUT}
    used: Counter[int] = Counter()
    for node in resolved:
        inputs = tuple(sources[index] for index in node.inputs)
        sources[node.index] = inputs[0] if node.layer.word in _NOTHING_TO_DO else node.index
        used.update(() if node.layer.word in _NOTHING_TO_DO else inputs)
    logits = sources[resolved[-1].index]
    stages: dict[int, Stage] = {}
    moved: dict[int, int] = {}  # a value that a later layer was fused with → the value of that
    for node in resolved:
        if node.layer.word in _NOTHING_TO_DO:
            continue
        inputs = tuple(moved.get(sources[index], sources[index]) for index in node.inputs)
        before = stages.get(inputs[0]) if used[sources[node.inputs[0]]] == 1 else None
        fused = None if before is None else _fuse(before, node, weights)
        if before is None or fused is None:
            stages[node.index] = _stage(node, inputs, weights)
        else:
            del stages[before.output]
            moved |= {old: node.index for old, new in moved.items() if new == before.output}
            moved[before.output] = node.index
            stages[node.index] = replace(fused, nodes=(*before.nodes, node), output=node.index)
    ordered = tuple(stages[number] for number in sorted(stages))
    for stage in ordered:
        _check_sizes(stage)
    return Program(ordered, input_shape, moved.get(logits, logits))


def _stage(node: ResolvedLayer, inputs: tuple[int, ...], weights: Mapping[str, NDArray[Any]]) -> Stage:
    """Return the stage of a layer alone."""
    layer, shape = node.layer, node.output_shape
    own = _own_weights(node, weights)
    if isinstance(layer, Conv2d):
        slide = Slide(layer.windows, node.input_shape, shape)
        return Stage("conv", (node,), inputs, node.index, shape, own["weight"], own["bias"], slide, layer.groups)
    if isinstance(layer, Dense):
        return Stage("dense", (node,), inputs, node.index, shape, own["weight"], own["bias"])
    if layer.word == "batchnorm":
        # The same as a convolution of 1×1 with a kernel for each channel.
        scale, shift = _scale_and_shift(own)
        maps = node.input_shape if len(node.input_shape) == 3 else (*node.input_shape, 1, 1)
        slide = Slide((Window(1), Window(1)), maps, maps)
        return Stage(
            "conv", (node,), inputs, node.index, maps, scale.reshape(-1, 1, 1, 1), shift, slide, groups=len(scale)
        )
    if layer.word in _POOLS:
        return Stage("pool", (node,), inputs, node.index, shape, pool=_pool(node))
    if layer.word in ACTIVATIONS:
        assert isinstance(layer, Activation)
        return Stage("activation", (node,), inputs, node.index, shape, activation=layer)
    if layer.word == "add" or layer.word == "concat":
        return Stage(layer.word, (node,), inputs, node.index, shape)
    raise refuse(node.layer, node, "is a kind of layer that the C code does not have")


def _fuse(before: Stage, node: ResolvedLayer, weights: Mapping[str, NDArray[Any]]) -> Stage | None:
    """Return the stage before a layer with that layer included; None if it cannot include it."""
    if before.kind not in ("conv", "dense") or before.pool is not None:
        return None
    layer = node.layer
    if layer.word == "batchnorm" and before.activation is None and node.input_shape == before.output_shape:
        assert before.weight is not None
        assert before.bias is not None
        scale, shift = _scale_and_shift(_own_weights(node, weights))
        weight = before.weight * scale.reshape(-1, *[1] * (before.weight.ndim - 1))
        return replace(before, weight=weight, bias=before.bias * scale + shift)
    if isinstance(layer, Activation) and before.activation is None:
        return replace(before, activation=layer, output_shape=node.output_shape)
    if layer.word in _POOLS and before.kind == "conv":
        return replace(before, pool=_pool(node), output_shape=node.output_shape)
    return None


def _pool(node: ResolvedLayer) -> Pool:
    if isinstance(node.layer, SlidingLayer):
        return Pool(node.layer.word, Slide(node.layer.windows, node.input_shape, node.output_shape))
    _, height, width = node.input_shape
    return Pool("avgpool", Slide((Window(height, height), Window(width, width)), node.input_shape, node.output_shape))


def _own_weights(node: ResolvedLayer, weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
    names = node.layer.parameter_shapes(node)
    return {name: np.asarray(weights[f"{node.path}.{name}"], np.float64) for name in names}


def _scale_and_shift(own: Mapping[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scale = own["weight"] / np.sqrt(own["running_var"] + EPSILON)
    return scale, own["bias"] - own["running_mean"] * scale


def _check_sizes(stage: Stage) -> None:
    slides = [stage.slide, None if stage.pool is None else stage.pool.slide]
    numbers = [number for slide in slides if slide is not None for number in (*slide.numbers(), slide.output_shape[0])]
    if max(numbers, default=0) > _LARGEST:
        raise refuse(stage.nodes[0].layer, stage.nodes[0], f"has a size of {max(numbers):,}, above {_LARGEST:,}")


def refuse(layer: Layer, node: ResolvedLayer, reason: str) -> UsageError:
    """Return the error for a layer that the C code cannot hold, with its place."""
    place = f"layer {node.index}" + (f" in {node.branch}" if node.branch else "")
    return UsageError(f"{place}, {str(layer)!r}, {reason}. Choose another format, or another network.")
