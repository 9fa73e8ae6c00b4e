"""How the rows of a layer table are counted: shapes, parameters and multiply-adds, each with its sum.

**Multiply-adds** count one multiplication with the addition of its product, in `conv` and `dense` alone: a conv does
C·kH·kW of them for each number it gives, a dense one for each input and output. Adding the bias, pooling, activations,
batch normalisation and dropout count as 0. Positions under the padding count like any other. The tutorial's network
does 56,448 + 225,792 + 7,840 = 290,080 for one image. Other tools count two operations for each, or count biases.

**Parameters** are the numbers that training changes: weights and biases, batch normalisation's too, but not its running
mean and variance, which are measured rather than learned.
"""

from collections.abc import Sequence
from math import prod

from convlens.network.layers import (
    BatchNorm2d,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    SlidingLayer,
    windows_of,
    write_layer,
)
from convlens.network.lost_rows import warn_of_lost_rows
from convlens.network.receptive_field import follow, largest, starting_extents
from convlens.network.shapes import ResolvedLayer
from convlens.network.table import LayerRow, LayerTable
from convlens.window import output_size_formula


def tabulate(text: str, resolved: Sequence[ResolvedLayer]) -> LayerTable:
    """The layer table of resolved layers; `text` is what the table calls the network."""
    input_shape, (classes,) = resolved[0].input_shape, resolved[-1].output_shape
    extents = [starting_extents(size) for size in input_shape[1:]]
    rows = []
    for step in resolved:
        extents = follow(step.layer, extents)
        rows.append(_row(step, largest(extents)))
    return LayerTable(text, input_shape, classes, tuple(rows))


def _row(step: ResolvedLayer, receptive_field: tuple[int, int]) -> LayerRow:
    parameters, parameters_formula = _count_parameters(step)
    multiply_adds, multiply_adds_formula = _count_multiply_adds(step)
    return LayerRow(
        index=step.index,
        text=write_layer(step.layer),
        output_shape=step.output_shape,
        size_formula=_size_formula(step),
        parameters=parameters,
        parameters_formula=parameters_formula,
        multiply_adds=multiply_adds,
        multiply_adds_formula=multiply_adds_formula,
        receptive_field=receptive_field,
        warnings=warn_of_lost_rows(step),
    )


def _size_formula(step: ResolvedLayer) -> str:
    layer = step.layer
    if isinstance(layer, SlidingLayer):
        sizes = zip(step.input_shape[1:], windows_of(layer), strict=True)
        height, width = (output_size_formula(size, *window) for size, window in sizes)
        return height if height == width else f"height {height}, width {width}"
    match layer:
        case GlobalAvgPool2d():
            return f"mean of {step.input_shape[1]}·{step.input_shape[2]} numbers = 1"
        case Flatten():
            return f"{_times(*step.input_shape)} = {prod(step.input_shape):,}"
        case _:
            return ""


def _count_parameters(step: ResolvedLayer) -> tuple[int, str]:
    incoming = step.input_shape[0]
    match step.layer:
        case Conv2d() as conv:
            count = conv.channels * (incoming * prod(conv.kernel_size) + 1)
            return count, f"{conv.channels}·({_times(incoming, *conv.kernel_size)} + 1) = {count:,}"
        case Dense():
            count = step.output_shape[0] * (incoming + 1)
            return count, f"{step.output_shape[0]}·({incoming} + 1) = {count:,}"
        case BatchNorm2d():
            return 2 * incoming, f"2·{incoming} = {2 * incoming:,}"
        case _:
            return 0, ""


def _count_multiply_adds(step: ResolvedLayer) -> tuple[int, str]:
    incoming = step.input_shape[0]
    match step.layer:
        case Conv2d() as conv:
            channels, height, width = step.output_shape
            count = prod(step.output_shape) * incoming * prod(conv.kernel_size)
            return count, f"{_times(height, width, channels)}·({_times(incoming, *conv.kernel_size)}) = {count:,}"
        case Dense():
            count = incoming * step.output_shape[0]
            return count, f"{_times(incoming, step.output_shape[0])} = {count:,}"
        case _:
            return 0, ""


def _times(*numbers: int) -> str:
    return "·".join(str(number) for number in numbers)
