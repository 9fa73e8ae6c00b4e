"""What shape every layer of a network gets and gives, once the size of the images and the number of classes are known.

This is the one place that knows how a layer changes a shape: the layer table, the engines, the initial weights and the
check of a model file all read its result. Asking torch instead (a forward pass on nothing) would need torch, and its
errors speak of tensors where ours name the layer and the number to change.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import SupportsIndex

from convlens.errors import NetworkError
from convlens.network.arguments import show
from convlens.network.layers import (
    BatchNorm2d,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    SlidingLayer,
    windows_of,
    write_layer,
)
from convlens.network.source import Source
from convlens.window import output_size, reach

_LARGEST = 65_536


@dataclass(frozen=True)
class ResolvedLayer:
    """A layer with its shapes, (C, H, W) for maps and (F,) for a row of numbers; a `Dense` knows its number here.

    `index` is the position in `network.layers`, which is that in a `torch.nn.Sequential` of the same layers.
    """

    index: int
    layer: Layer
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


def resolve_layers(
    layers: Sequence[Layer], input_shape: tuple[int, int, int], classes: int, source: Source | None = None
) -> list[ResolvedLayer]:
    """The shapes of a canonical network's layers, in order.

    Raises:
        NetworkError: maps smaller than a kernel, or an output that is not one number a class; it points into the text
            if there is one.

    >>> resolve_layers([Conv2d(2, 3), Flatten(), Dense()], (1, 4, 4), 10)[2]
    ResolvedLayer(index=2, layer=Dense(10), input_shape=(8,), output_shape=(10,))
    """
    shape, classes = _check_input(input_shape, classes)
    resolved: list[ResolvedLayer] = []
    for index, layer in enumerate(layers):
        concrete = Dense(classes) if layer == Dense() else layer
        output_shape = _output_shape(concrete, shape)
        resolved.append(ResolvedLayer(index, concrete, shape, output_shape))
        if isinstance(layer, SlidingLayer) and min(output_shape) < 1:
            raise _refuse(source, resolved[-1], _about_small_maps(resolved, layer), "kernel_size")
        shape = output_shape
    if shape != (classes,):
        _refuse_output(resolved, classes, source)
    return resolved


def parameter_shapes(resolved: Sequence[ResolvedLayer]) -> dict[str, tuple[int, ...]]:
    """The shape of every weight, bias and statistic under the names of a `torch.nn.Sequential`'s state dict.

    >>> parameter_shapes(resolve_layers([Conv2d(2, (3, 5)), Flatten(), Dense()], (1, 8, 8), 10))
    {'0.weight': (2, 1, 3, 5), '0.bias': (2,), '2.weight': (10, 48), '2.bias': (10,)}
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for step in resolved:
        incoming = step.input_shape[0]
        own: dict[str, tuple[int, ...]] = {}
        match step.layer:
            case Conv2d() as conv:
                own = {"weight": (conv.channels, incoming, *conv.kernel_size), "bias": (conv.channels,)}
            case Dense():
                own = {"weight": (*step.output_shape, incoming), "bias": step.output_shape}
            case BatchNorm2d():
                own |= dict.fromkeys(["weight", "bias", "running_mean", "running_var"], (incoming,))
                own["num_batches_tracked"] = ()
        shapes |= {f"{step.index}.{name}": shape for name, shape in own.items()}
    return shapes


def _output_shape(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(layer, SlidingLayer):
        channels, *sizes = shape
        height, width = (output_size(size, *window) for size, window in zip(sizes, windows_of(layer), strict=True))
        return (layer.channels if isinstance(layer, Conv2d) else channels, height, width)
    match layer:
        case GlobalAvgPool2d():
            return (shape[0], 1, 1)
        case Flatten():
            return (prod(shape),)
        case Dense(features) if features is not None:
            return (features,)
        case _:
            return shape


def _check_input(input_shape: Sequence[int], classes: int) -> tuple[tuple[int, ...], int]:
    """Both as plain ints, so that NumPy's do not reach a formula or a JSON file."""
    sizes = tuple(input_shape)
    if len(sizes) != 3 or not all(_is_possible(size) for size in sizes):
        raise NetworkError(
            f"the input shape is {show(sizes)}; it must be channels x height x width, each from 1 to {_LARGEST:,}. "
            "Write for example 1x28x28, in Python (1, 28, 28)."
        )
    if not _is_possible(classes):
        raise NetworkError(
            f"the number of classes is {show(classes)}; it must be a whole number from 1 to {_LARGEST:,}. "
            "Write for example 10."
        )
    return tuple(operator.index(size) for size in sizes), operator.index(classes)


def _is_possible(number: object) -> bool:
    return isinstance(number, SupportsIndex) and 1 <= operator.index(number) <= _LARGEST


def _about_small_maps(resolved: Sequence[ResolvedLayer], layer: SlidingLayer) -> str:
    """Say what came in, what the kernel needs, and which number to change to what."""
    step = resolved[-1]
    windows = windows_of(layer)
    sizes = step.input_shape[1:]
    padded = [size + 2 * window.padding for size, window in zip(sizes, windows, strict=True)]
    reaches = [reach(window.kernel_size, window.dilation) for window in windows]
    with_padding = f" ({_by(padded)} with its padding)" if list(sizes) != padded else ""
    with_dilation = f" that reaches over {_by(reaches)}" if tuple(reaches) != layer.kernel_size else ""
    reason = (
        f"layer {step.index}, {write_layer(layer)}, gets maps of {_by(sizes)}{with_padding}, "
        f"too small for its {_by(layer.kernel_size)} kernel{with_dilation}."
    )
    return f"{reason} {_sentence(_ways_out(resolved, layer, padded, reaches))}"


def _ways_out(
    resolved: Sequence[ResolvedLayer], layer: SlidingLayer, padded: Sequence[int], reaches: Sequence[int]
) -> list[str]:
    """What makes the last layer fit: the largest kernel that does, the smallest padding, or less shrinking before."""
    step = resolved[-1]
    is_conv = isinstance(layer, Conv2d)
    axes = list(zip(step.input_shape[1:], padded, reaches, windows_of(layer), strict=True))
    kernel_size = tuple(min((room - 1) // window.dilation + 1, window.kernel_size) for _, room, _, window in axes)
    padding = tuple(max(window.padding, -((size - length) // 2)) for size, _, length, window in axes)
    ways = []
    if is_conv:
        ways.append(f"change the kernel size {_by(layer.kernel_size, 'x')} to {_by(kernel_size, 'x')}")
    elif max(kernel_size) > 1:
        ways.append(f"change the kernel size {show(layer.kernel_size)} to {show(kernel_size)}")
    pool_allows = all(pad <= kernel // 2 for pad, kernel in zip(padding, layer.kernel_size, strict=True))
    if is_conv or (pool_allows and max(step.input_shape[1:]) > 1):  # pooling one number with padding is no help
        ways.append(f"set 'pad {show(padding)}'")
    if shrinking := _last_shrinking(resolved[:-1]):
        ways.append(f"shrink the maps less before it (layer {shrinking.index}, {write_layer(shrinking.layer)})")
    return [*ways, "remove one of the two" if shrinking else "remove this layer"]


def _last_shrinking(resolved: Sequence[ResolvedLayer]) -> ResolvedLayer | None:
    """The nearest earlier layer that takes steps of more than one, the usual reason for maps that got too small."""
    for step in reversed(resolved):
        if isinstance(step.layer, GlobalAvgPool2d) or (
            isinstance(step.layer, SlidingLayer) and max(step.layer.stride) > 1
        ):
            return step
    return None


def _refuse_output(resolved: Sequence[ResolvedLayer], classes: int, source: Source | None) -> None:
    """Refuse a network whose output is not one number a class, at the number that decides it."""
    for step in reversed(resolved):
        if isinstance(step.layer, Dense):
            given = step.output_shape[0]
            reason = (
                f"the network gives {given:,} numbers for an image, but there are {classes:,} classes. "
                f"Change 'dense {given}' to 'dense {classes}', or write 'dense' alone, which always gives one a class."
            )
            raise _refuse(source, step, reason, "features")
    step = next(step for step in reversed(resolved) if isinstance(step.layer, Flatten))
    maps, height, width = step.input_shape
    ends = f"the network ends in {maps:,} maps of {height}×{width}"
    but = f"which are {step.output_shape[0]:,} numbers, but there are {classes:,} classes. Add ', dense' at the end"
    conv = next((step for step in reversed(resolved) if isinstance(step.layer, Conv2d)), None)
    if conv is not None and (height, width) == (1, 1):
        reason = f"{ends}, {but}, or change the channels of layer {conv.index} from {maps:,} to {classes:,}."
        raise _refuse(source, conv, reason, "channels")
    pooling = ", or ', globalavgpool'" if maps == classes else ""
    raise _refuse(source, _last_written(resolved, source), f"{ends}, {but}{pooling}.")


def _last_written(resolved: Sequence[ResolvedLayer], source: Source | None) -> ResolvedLayer:
    if source is None:
        return resolved[-1]
    return next(step for step in reversed(resolved) if source.places[step.index] is not None)


def _refuse(source: Source | None, step: ResolvedLayer, reason: str, argument: str | None = None) -> NetworkError:
    return source.point(reason, step.index, argument) if source else NetworkError(reason)


def _by(sizes: Sequence[int], sign: str = "×") -> str:
    return sign.join(str(size) for size in sizes)


def _sentence(ways: Sequence[str]) -> str:
    text = ", or ".join(ways) if len(ways) <= 2 else f"{', '.join(ways[:-1])}, or {ways[-1]}"
    return f"{text[0].upper()}{text[1:]}."
