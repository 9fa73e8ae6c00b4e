"""Errors for layers that don't fit together: the sizes of their inputs, and which number to change."""

from collections.abc import Sequence

from convlens.layers import Block, Conv2d, Dense, Flatten, GlobalAvgPool2d, Residual, ResolvedLayer, Shape, SlidingLayer
from convlens.layers.arguments import show
from convlens.window import reach
from convlens.words import agreeing, count_of


def about_small_maps(resolved: Sequence[ResolvedLayer], layer: SlidingLayer) -> str:
    """Return the error for maps smaller than a kernel: their size, the kernel's, and which number to change."""
    step = resolved[-1]
    windows = layer.windows
    sizes = step.input_shape[1:]
    padded = [size + 2 * window.padding for size, window in zip(sizes, windows, strict=True)]
    reaches = [reach(window.kernel_size, window.dilation) for window in windows]
    with_padding = f" ({_by(padded)} with its padding)" if list(sizes) != padded else ""
    with_dilation = f" that reaches over {_by(reaches)}" if tuple(reaches) != layer.kernel_size else ""
    reason = (
        f"layer {step.index}, {layer}, gets maps of {_by(sizes)}{with_padding}, "
        f"too small for its {_by(layer.kernel_size)} kernel{with_dilation}."
    )
    return f"{reason} {_sentence(_ways_out(resolved, layer, padded, reaches))}"


def _ways_out(
    resolved: Sequence[ResolvedLayer], layer: SlidingLayer, padded: Sequence[int], reaches: Sequence[int]
) -> list[str]:
    """List changes that make the last layer fit: a smaller kernel, more padding, or less shrinking before it."""
    step = resolved[-1]
    is_conv = isinstance(layer, Conv2d)
    axes = list(zip(step.input_shape[1:], padded, reaches, layer.windows, strict=True))
    kernel_size = tuple(min((room - 1) // window.dilation + 1, window.kernel_size) for _, room, _, window in axes)
    padding = tuple(max(window.padding, -((size - length) // 2)) for size, _, length, window in axes)
    ways = []
    if is_conv:
        ways.append(f"change the kernel size {_by(layer.kernel_size, 'x')} to {_by(kernel_size, 'x')}")
    elif max(kernel_size) > 1:
        ways.append(f"change the kernel size {show(layer.kernel_size)} to {show(kernel_size)}")
    pool_allows = all(pad <= kernel // 2 for pad, kernel in zip(padding, layer.kernel_size, strict=True))
    if is_conv or (pool_allows and max(step.input_shape[1:]) > 1):  # padding does not help a pool over a single number
        ways.append(f"set 'pad {show(padding)}'")
    if shrinking := _last_shrinking(resolved[:-1]):
        ways.append(f"shrink the maps less before it (layer {shrinking.index}, {shrinking.layer})")
    return [*ways, "remove one of the two" if shrinking else "remove this layer"]


def _last_shrinking(resolved: Sequence[ResolvedLayer]) -> ResolvedLayer | None:
    """Return the last layer with a stride above 1 or global pooling, the usual reason for maps that are too small."""
    for step in reversed(resolved):
        if isinstance(step.layer, GlobalAvgPool2d) or (
            isinstance(step.layer, SlidingLayer) and max(step.layer.stride) > 1
        ):
            return step
    return None


def about_output(resolved: Sequence[ResolvedLayer], classes: int) -> tuple[str, ResolvedLayer, str | None]:
    """Return the error for an output that is not one number per class, and the layer and argument responsible."""
    for step in reversed(resolved):
        if isinstance(step.layer, Dense):
            given = step.output_shape[0]
            reason = (
                f"the network gives {count_of(given, 'number')} for an image, but there {_count_classes(classes)}. "
                f"Change 'dense {given}' to 'dense {classes}', or write 'dense' alone, which gives one per class."
            )
            return reason, step, "features"
    step = next(step for step in reversed(resolved) if isinstance(step.layer, Flatten))
    maps, height, width = step.input_shape
    ends, numbers = f"the network ends in {count_of(maps, 'map')} of {height}×{width}", step.output_shape[0]
    which = f"which {agreeing(numbers, 'is')} {count_of(numbers, 'number')}"
    but = f"{which}, but there {_count_classes(classes)}. Add ', dense' at the end"
    conv = next((step for step in reversed(resolved) if isinstance(step.layer, Conv2d)), None)
    if conv is not None and (height, width) == (1, 1):
        reason = f"{ends}, {but}, or change the channels of layer {conv.index} from {maps:,} to {classes:,}."
        return reason, conv, "channels"
    pooling = ", or ', globalavgpool'" if maps == classes else ""
    return f"{ends}, {but}{pooling}.", step, None


def _count_classes(classes: int) -> str:
    return f"{agreeing(classes, 'is')} {count_of(classes, 'class')}"


def about_groups(step: ResolvedLayer) -> str | None:
    """Return the error for a convolution whose groups do not divide its input channels; None if they do."""
    channels = step.input_shape[0]
    if not isinstance(step.layer, Conv2d) or channels % step.layer.groups == 0:
        return None
    return (
        f"layer {step.index}, {step.layer}, gets {count_of(channels, 'channel')}, which cannot be divided into "
        f"{step.layer.groups} groups. Change the groups to a divisor of {channels}, such as {channels}."
    )


def about_branches(block: Block, shapes: Sequence[Shape]) -> str:
    """Return the error for branches of a block that cannot be joined, with a change that makes them fit."""
    sizes = [f"{branch.label} gives {_by(shape)}" for branch, shape in zip(block.branches, shapes, strict=True)]
    if not isinstance(block, Residual):
        return (
            f"the branches of this {block.word} give maps of different sizes: {', '.join(sizes)}. "
            f"Use the same {'' if block.channels_may_differ else 'channels, '}padding and strides in each."
        )
    body, shortcut = shapes
    reason = f"the {' and the '.join(sizes)}; they are added, so their shapes must be equal."
    if block.shortcut or len(body) == 1:
        return f"{reason} Change the layers of one of them."
    strides = [-(-before // after) for before, after in zip(shortcut[1:], body[1:], strict=True)]
    stride = f" stride {show(tuple(strides))}" if max(strides) > 1 else ""
    projection = f"'shortcut conv {body[0]} 1x1{stride}'"
    if [-(-before // step) for before, step in zip(shortcut[1:], strides, strict=True)] == list(body[1:]):
        return f"{reason} Write {projection} as the last part of the block."
    return f"{reason} Give the convolutions of the body a padding that keeps the size of the maps."


def _by(sizes: Sequence[int], sign: str = "×") -> str:
    return sign.join(str(size) for size in sizes)


def _sentence(ways: Sequence[str]) -> str:
    text = ", or ".join(ways) if len(ways) <= 2 else f"{', '.join(ways[:-1])}, or {ways[-1]}"
    return f"{text[0].upper()}{text[1:]}."
