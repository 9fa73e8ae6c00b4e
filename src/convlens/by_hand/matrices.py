"""A kernel sliding over a matrix, with stride, padding and dilation.

`cross_correlate2d` slides the kernel as it is, `convolve2d` turns it by 180° first. Which sizes come out follows from
`convlens.window`, the same few lines that the layer table uses.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from convlens.by_hand.operands import Values, as_pair, as_values
from convlens.by_hand.trace import Trace, WindowPosition
from convlens.errors import UsageError
from convlens.window import output_size, reach

PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}
"""PyTorch's names of the ways to fill the padding, and NumPy's."""

MOST_PADDED = 10**8
"""Numbers of a channel with its padding."""
Pair = int | Sequence[int]


@dataclass(frozen=True)
class Sliding:
    """How a kernel slides over both axes, checked against the size of what it slides over."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    padding_mode: str
    output: tuple[int, int]

    def pad(self, values: Values) -> Values:
        """Add the padding around the last two axes."""
        (top, left), axes = self.padding, values.ndim - 2
        mode = PADDING_MODES[self.padding_mode]
        return np.pad(values, [(0, 0)] * axes + [(top, top), (left, left)], mode=mode)  # pyright: ignore[reportCallIssue, reportArgumentType]

    def windows(self, values: Values) -> Values:
        """The values of every window position at once, …×H'×W'×kH×kW, without copying one of them."""
        reaches = [reach(size, step) for size, step in zip(self.kernel_size, self.dilation, strict=True)]
        views = sliding_window_view(self.pad(values), reaches, axis=(-2, -1))
        (down, right), (apart_y, apart_x) = self.stride, self.dilation
        return views[..., ::down, ::right, ::apart_y, ::apart_x]

    def start(self, position: Sequence[int]) -> tuple[int, int]:
        """The row and column of the input that the window's first value covers; negative in the padding."""
        row, column = position[-2:]
        return row * self.stride[0] - self.padding[0], column * self.stride[1] - self.padding[1]

    def covered(self, padded: Values, position: Sequence[int]) -> Values:
        """What the kernel covers at one place of the result; `padded` is what `pad` returned."""
        top, left = (start + pad for start, pad in zip(self.start(position), self.padding, strict=True))
        (height, width), (apart_y, apart_x) = self.kernel_size, self.dilation
        rows = slice(top, top + reach(height, apart_y), apart_y)
        return padded[..., rows, left : left + reach(width, apart_x) : apart_x]


def slide_over(
    size: Sequence[int], kernel_size: Sequence[int], stride: Pair, padding: Pair, dilation: Pair, padding_mode: str
) -> Sliding:
    """Check stride, padding and dilation, and that the kernel fits into what is padded.

    Raises:
        UsageError: one of them is not allowed, or the kernel is too large.
    """
    strides, pads = as_pair("stride", stride, 1), as_pair("padding", padding, 0)
    dilations = as_pair("dilation", dilation, 1)
    if not isinstance(padding_mode, str) or padding_mode not in PADDING_MODES:
        raise UsageError(f"the padding mode is {padding_mode!r}; give {', '.join(PADDING_MODES)}.")
    output = []
    for axis, name in enumerate(("high", "wide")):
        count = output_size(size[axis], kernel_size[axis], strides[axis], pads[axis], dilations[axis])
        if count < 1:
            reached = reach(kernel_size[axis], dilations[axis])
            raise UsageError(
                f"the kernel reaches over {reached} and the padded input is only {size[axis] + 2 * pads[axis]} {name}; "
                "give a smaller kernel or dilation, or more padding."
            )
        if padding_mode == "reflect" and pads[axis] >= size[axis]:
            raise UsageError(
                f"a padding of {pads[axis]} cannot be reflected from an input {size[axis]} {name}; give at most "
                f"{size[axis] - 1}, or the padding mode zeros or replicate."
            )
        output.append(count)
    padded = math.prod(size[axis] + 2 * pads[axis] for axis in range(2))
    if padded > MOST_PADDED:
        raise UsageError(f"the input with its padding has {padded:,} numbers; give one of at most {MOST_PADDED:,}.")
    kernel = int(kernel_size[0]), int(kernel_size[1])
    return Sliding(kernel, strides, pads, dilations, padding_mode, (output[0], output[1]))


def rotate(matrix: ArrayLike) -> Values:
    """Turned by 180°: last row first, and in each row the last number first.

    >>> rotate([[1, 2], [3, 4]])
    array([[4., 3.],
           [2., 1.]])
    """
    return as_values("the matrix", matrix, 2)[::-1, ::-1].copy()


def cross_correlate2d(
    matrix: ArrayLike,
    kernel: ArrayLike,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    padding_mode: str = "zeros",
) -> Values:
    """Slide a kernel (kH×kW) over a matrix (H×W) and sum the products at every window position: H'×W'.

    H' = ⌊(H + 2·padding − dilation·(kH − 1) − 1) / stride⌋ + 1. The padding holds zeros, or the matrix mirrored at its
    edge (`reflect`), or its edge repeated (`replicate`).

    Raises:
        UsageError: a kernel larger than the padded matrix, or a setting that is not allowed.

    >>> cross_correlate2d([[5]], [[2]])
    array([[10.]])
    >>> cross_correlate2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, 1]])  # each number and the one diagonal to it
    array([[ 6.,  8.],
           [12., 14.]])
    >>> cross_correlate2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, 1]], stride=2, padding=1)
    array([[ 1.,  3.],
           [ 7., 14.]])
    """
    matrix, kernel = as_values("the matrix", matrix, 2), as_values("the kernel", kernel, 2)
    sliding = slide_over(matrix.shape, kernel.shape, stride, padding, dilation, padding_mode)
    return np.einsum("hwij,ij->hw", sliding.windows(matrix), kernel)


def convolve2d(
    matrix: ArrayLike,
    kernel: ArrayLike,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    padding_mode: str = "zeros",
) -> Values:
    """As `cross_correlate2d`, with the kernel turned by 180°: SciPy's `convolve2d(…, mode="valid")`.

    >>> convolve2d([[1, 2], [3, 4]], [[1, 2], [3, 4]])  # 1·4 + 2·3 + 3·2 + 4·1
    array([[20.]])
    """
    turned = as_values("the kernel", kernel, 2)[::-1, ::-1]
    return cross_correlate2d(matrix, turned, stride, padding, dilation, padding_mode)


def trace_cross_correlate2d(
    matrix: ArrayLike,
    kernel: ArrayLike,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    padding_mode: str = "zeros",
) -> Trace[WindowPosition]:
    """The window positions of `cross_correlate2d`, H'·W' of them.

    >>> trace_cross_correlate2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, 1]]).at(0, 1).covered
    array([[2., 3.],
           [5., 6.]])
    """
    return _trace(
        "cross_correlate2d", matrix, as_values("the kernel", kernel, 2), stride, padding, dilation, padding_mode
    )


def trace_convolve2d(
    matrix: ArrayLike,
    kernel: ArrayLike,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    padding_mode: str = "zeros",
) -> Trace[WindowPosition]:
    """The window positions of `convolve2d`; their kernel is the one given, turned by 180°."""
    turned = as_values("the kernel", kernel, 2)[::-1, ::-1]
    return _trace("convolve2d", matrix, turned, stride, padding, dilation, padding_mode)


def _trace(
    operation: str, matrix: ArrayLike, kernel: Values, stride: Pair, padding: Pair, dilation: Pair, padding_mode: str
) -> Trace[WindowPosition]:
    matrix = as_values("the matrix", matrix, 2)
    sliding = slide_over(matrix.shape, kernel.shape, stride, padding, dilation, padding_mode)
    padded = sliding.pad(matrix)

    def place(position: tuple[int, ...]) -> WindowPosition:
        covered = sliding.covered(padded, position)
        products = covered * kernel
        total = float(products.sum())
        return WindowPosition(position, sliding.start(position), covered, kernel, products, (total,), 0.0, total, total)

    return Trace(operation, sliding.output, place, padded, sliding.padding, sliding.dilation)


def count_coverage(size: Pair, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> Values:
    """How many window positions cover each cell of an input (H×W): few at the edges, none where a stride drops rows.

    >>> count_coverage(4, 3)
    array([[1., 2., 2., 1.],
           [2., 4., 4., 2.],
           [2., 4., 4., 2.],
           [1., 2., 2., 1.]])
    """
    height, width = as_pair("size", size, 1)
    kernel = as_pair("kernel size", kernel_size, 1)
    sliding = slide_over((height, width), kernel, stride, padding, dilation, "zeros")
    counts = []
    for axis, length in enumerate((height, width)):
        count = np.zeros(length)
        for position in range(sliding.output[axis]):
            start = position * sliding.stride[axis] - sliding.padding[axis]
            for tap in range(kernel[axis]):
                row = start + tap * sliding.dilation[axis]
                if 0 <= row < length:
                    count[row] += 1
        counts.append(count)
    return np.outer(*counts)
