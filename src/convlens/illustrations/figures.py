"""Drawings of whole operations: coverage, padding, several kernels, activation, pooling."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from convlens.by_hand import (
    activate,
    conv2d,
    convolve_full,
    count_coverage,
    output_size_formula,
    trace_avg_pool2d,
    trace_cross_correlate2d,
    trace_max_pool2d,
)
from convlens.by_hand.operands import as_pair, as_values
from convlens.by_hand.sliding import Pair
from convlens.errors import UsageError
from convlens.illustrations.numbers import short_number
from convlens.illustrations.sheet import CELL, KERNEL, LOOKED_AT, QUIET, RESULT, Sheet
from convlens.illustrations.tensors import CHANNEL_FILLS
from convlens.illustrations.vectors import check_length
from convlens.illustrations.windows import draw_pooling, draw_window_position
from convlens.layers.kinds import ActivationName
from convlens.words import count_of

_BLUES = ("#FFFFFF", "#E3F0F9", "#C2DFF1", "#9ECBE8", "#7FB9DF")
_MOST_CELLS = 40


def draw_full_convolution(a: ArrayLike, b: ArrayLike) -> Sheet:
    """Draw all overlaps of a vector with another one rotated by 180°, one below the other, with their results.

    >>> draw_full_convolution([3, 1, 2], [2, 4, 1])
    <Sheet 'Full convolution': all 5 overlaps of A and B rotated by 180°: 6 14 11 9 2>
    """
    a, b = as_values("a", a, 1), as_values("b", b, 1)
    check_length(np.pad(a, len(b) - 1))
    turned, results, over = b[::-1], convolve_full(a, b), len(b) - 1
    listed = " ".join(short_number(result) for result in results.tolist())
    sheet = Sheet("Full convolution", f"all {len(results)} overlaps of A and B rotated by 180°: {listed}")
    left = 0.6
    sheet.text(left + over * CELL - 0.15, CELL / 2, "A", 15, bold=True, align="right")
    sheet.grid(a[None], left + over * CELL, 0, fill=LOOKED_AT)
    end = left + (len(a) + 2 * over) * CELL
    sheet.text(end + 0.75, CELL / 2, "result", 12, bold=True, align="centre")
    for shift, result in enumerate(results):
        top = 0.8 + shift * 0.68
        touching = {(0, k): KERNEL for k in range(len(b)) if over <= shift + k < over + len(a)}
        sheet.grid(turned[None], left + shift * CELL, top, fills=touching, bold=touching)
        sheet.arrow((left + (shift + len(b)) * CELL + 0.1, top + CELL / 2), (end + 0.45, top + CELL / 2))
        sheet.grid(np.array([[result]]), end + 0.5, top, fill=RESULT)
    sheet.text(left, 0.8 + len(results) * 0.68 + 0.1, "B rotated by 180°; bold where it lies over A", 11)
    return sheet


def draw_matrix_and_kernel(matrix: ArrayLike, kernel: ArrayLike) -> Sheet:
    """Draw an input, a kernel, and the empty map, whose size depends on the two."""
    matrix, kernel = as_values("the matrix", matrix, 2), as_values("the kernel", kernel, 2)
    height, width = (size - window + 1 for size, window in zip(matrix.shape, kernel.shape, strict=True))
    formula = output_size_formula(matrix.shape[0], kernel.shape[0])
    sheet = Sheet("A matrix and a kernel", f"size of the map: {formula}")
    high = matrix.shape[0] * CELL
    first = sheet.grid(matrix, 0, 0, fill=LOOKED_AT)
    second = sheet.grid(kernel, first.right + 0.9, (high - kernel.shape[0] * CELL) / 2, fill=KERNEL)
    third = sheet.grid(None, second.right + 0.9, (high - height * CELL) / 2, shape=(height, width), fill=RESULT)
    for box, name in ((first, "A, the input"), (second, "B, the kernel"), (third, "C, the map")):
        sheet.text(box.middle[0], high + 0.25, name, 11, align="centre")
    sheet.text((first.right + second.left) / 2, high / 2, "∗", 18, align="centre")
    sheet.text((second.right + third.left) / 2, high / 2, "=", 18, align="centre")
    sheet.text(0, high + 0.65, f"size of C: {formula}", 12)
    return sheet


def draw_coverage(size: Pair, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> Sheet:
    """Draw how many window positions of a kernel cover each cell of an input; there are few at the edges."""
    height, width = as_pair("kernel_size", kernel_size, 1)
    caption = f"window positions of a {height}×{width} kernel that cover each cell"
    return draw_counts(count_coverage(size, kernel_size, stride, padding, dilation), caption)


def draw_counts(counts: np.ndarray, caption: str) -> Sheet:
    """Draw counts in a grid; larger counts are darker.

    Raises:
        UsageError: there are more than 40 rows or columns.
    """
    if max(counts.shape) > _MOST_CELLS:
        size = "×".join(map(str, counts.shape))
        raise UsageError(f"{size} counts cannot be drawn; give an input of at most {_MOST_CELLS}×{_MOST_CELLS}.")
    most = max(float(counts.max()), 1.0)
    shades = {place: _BLUES[round(float(count) / most * (len(_BLUES) - 1))] for place, count in np.ndenumerate(counts)}
    corner, middle = short_number(float(counts[0, 0])), short_number(float(counts.max()))
    sheet = Sheet("Coverage", f"{corner} in the upper left corner, up to {middle} inside")
    box = sheet.grid(counts, 0, 0, fills=shades)
    sheet.text(0, box.bottom + 0.25, caption, 11)
    return sheet


def draw_padding(matrix: ArrayLike, padding: int) -> Sheet:
    """Draw a matrix without and with zeros around it."""
    matrix = as_values("the matrix", matrix, 2)
    padded = np.pad(matrix, padding)
    rows, columns = padded.shape
    around = {
        (row, column)
        for row, column in np.ndindex(rows, columns)
        if not (padding <= row < rows - padding and padding <= column < columns - padding)
    }
    sheet = Sheet("Padding", f"zeros on every side, padding {padding}")
    first = sheet.grid(matrix, 0, padding * CELL, fill=LOOKED_AT)
    sheet.arrow((first.right + 0.2, rows * CELL / 2), (first.right + 0.8, rows * CELL / 2))
    inside = {place: LOOKED_AT for place in np.ndindex(rows, columns) if place not in around}
    second = sheet.grid(padded, first.right + 1.0, 0, dashed=around, fills=inside)
    for box, shape in ((first, matrix.shape), (second, padded.shape)):
        sheet.text(box.middle[0], second.bottom + 0.22, f"{shape[0]}×{shape[1]}", 11, align="centre")
    return sheet


def draw_first_steps(matrix: ArrayLike, kernel: ArrayLike, padding: int, steps: int = 4) -> Sheet:
    """Draw the first window positions with padding, numbered from 0 as in a trace, two in a row."""
    trace = trace_cross_correlate2d(matrix, kernel, padding=padding)
    sheet = Sheet("The first steps with padding", f"the first {steps} window positions of {len(trace)}")
    panels = [draw_window_position(trace, number) for number in range(steps)]
    width = max(panel.bounds.width for panel in panels) + 0.35
    height = max(panel.bounds.height for panel in panels) + 0.3
    for number, panel in enumerate(panels):
        left, top = (number % 2) * width, (number // 2) * height
        sheet.text(left, top, f"{number}", 15, bold=True)
        sheet.place(panel, left, top + 0.3)
    return sheet


def draw_kernels_and_maps(image: ArrayLike, kernels: ArrayLike) -> Sheet:
    """Draw an image with channels, kernels with as many channels, and a map for each kernel."""
    image, kernels = as_values("the image", image, 3), as_values("the kernels", kernels, 4)
    maps = conv2d(image, kernels)
    sheet = Sheet("Several kernels", f"{count_of(len(kernels), 'kernel', 'makes')} {count_of(len(maps), 'map')}")
    (height, width), (kernel_height, kernel_width) = image.shape[1:], kernels.shape[2:]
    step, kernel_step, map_step = height * CELL + 0.42, kernel_height * CELL + 0.18, maps.shape[1] * CELL + 0.6
    middle = (len(image) * step - 0.42) / 2
    for channel, values in enumerate(image):
        box = sheet.grid(values, 0, channel * step, fill=CHANNEL_FILLS[channel] if len(image) == 3 else LOOKED_AT)
        sheet.text(0, box.top - 0.18, f"channel {channel}", 10, QUIET)
    left = width * CELL
    sheet.arrow((left + 0.2, middle), (left + 0.8, middle))
    left += 1.0
    for number, kernel in enumerate(kernels):
        top = middle - (len(kernel) * kernel_step) / 2
        for channel, values in enumerate(kernel):
            sheet.grid(values, left, top + channel * kernel_step, fill=KERNEL)
        sheet.text(left + kernel_width * CELL / 2, top - 0.22, f"kernel {number}", 11, align="centre")
        left += kernel_width * CELL + 0.5
    sheet.arrow((left - 0.3, middle), (left + 0.3, middle))
    left += 0.5
    for number, values in enumerate(maps):
        top = middle - (len(maps) * map_step - 0.6) / 2 + number * map_step
        grid = sheet.grid(values, left, top, fill=RESULT)
        sheet.text(grid.middle[0], top - 0.2, f"map {number}", 11, align="centre")
    return sheet


def draw_activation(maps: ArrayLike, bias: Sequence[float], activation: ActivationName) -> Sheet:
    """Draw maps, the maps plus their biases, and the result of the activation."""
    maps = as_values("the maps", maps, 3)
    sheet = Sheet("Bias and activation", f"each map plus its bias, then {activation}")
    step = maps.shape[1] * CELL + 0.7
    for number, (values, plus) in enumerate(zip(maps, bias, strict=True)):
        top = number * step
        first = sheet.grid(values, 0, top)
        second = sheet.grid(values + plus, first.right + 1.6, top, fill=LOOKED_AT)
        third = sheet.grid(activate(values + plus, activation), second.right + 1.6, top, fill=RESULT)
        for before, after, words in (
            (first, second, f"+ {short_number(plus)}" if plus >= 0 else f"+ ({short_number(plus)})"),
            (second, third, activation),
        ):
            sheet.arrow((before.right + 0.2, before.middle[1]), (after.left - 0.2, before.middle[1]))
            sheet.text((before.right + after.left) / 2, before.middle[1] - 0.2, words, 12, align="centre")
        if number == 0:
            for box, name in ((first, "map"), (second, "with its bias"), (third, "activated")):
                sheet.text(box.middle[0], top - 0.22, name, 11, QUIET, align="centre")
    return sheet


def draw_pooling_cases(matrix: ArrayLike, kernel_size: int = 2) -> Sheet:
    """Draw max pooling and average pooling of the same input."""
    sheet = Sheet("Max pooling and average pooling", "the largest of four, and the average of four")
    top = 0.0
    for name, trace in (
        ("max pooling", trace_max_pool2d(matrix, kernel_size)),
        ("average pooling", trace_avg_pool2d(matrix, kernel_size)),
    ):
        panel = draw_pooling(trace, 0, len(trace) - 1)
        sheet.text(0, top, name, 13, bold=True)
        sheet.place(panel, 0, top + 0.3)
        top += panel.bounds.height + 0.45
    return sheet
