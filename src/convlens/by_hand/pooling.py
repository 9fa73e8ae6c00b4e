"""Pooling: the largest value, or the average, under a window that slides over every channel by itself.

What lies in the padding takes part in no maximum. In an average it counts as zeros, as in PyTorch. With `ceil_mode` a
last window may hang over the end, if it begins inside; there an average counts only what it covers.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from convlens.by_hand.matrices import Pair
from convlens.by_hand.operands import Values, as_pair, as_values
from convlens.by_hand.trace import PoolPosition, Trace
from convlens.errors import UsageError
from convlens.window import output_size


@dataclass(frozen=True)
class Pooling:
    """A window that slides over every channel, checked against the size of the image."""

    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    output: tuple[int, int]

    def start(self, position: tuple[int, ...]) -> tuple[int, int]:
        """The row and column of the image where a window begins; negative in the padding."""
        row, column = position[-2:]
        return row * self.stride[0] - self.padding[0], column * self.stride[1] - self.padding[1]

    def pad(self, values: Values, filling: float) -> Values:
        """The image with `filling` around it, as far as windows reach."""
        ends = []
        for axis in range(2):
            reached = (self.output[axis] - 1) * self.stride[axis] + self.kernel[axis] - self.padding[axis]
            ends.append(max(0, reached - self.size[axis]))
        around = [(0, 0)] * (values.ndim - 2) + list(zip(self.padding, ends, strict=True))
        return np.pad(values, around, constant_values=filling)

    def windows(self, values: Values, filling: float) -> Values:
        """What every window covers, …×H'×W'×kH×kW, without copying one of them."""
        views = sliding_window_view(self.pad(values, filling), self.kernel, axis=(-2, -1))
        return views[..., :: self.stride[0], :: self.stride[1], :, :]

    def divisors(self) -> NDArray[np.int64]:
        """How many numbers, zeros of the padding among them, each average is taken of: H'×W'."""
        lengths = []
        for axis in range(2):
            starts = np.arange(self.output[axis]) * self.stride[axis] - self.padding[axis]
            lengths.append(np.minimum(starts + self.kernel[axis], self.size[axis] + self.padding[axis]) - starts)
        return np.outer(*lengths)


def pooled_size(
    size: int, kernel_size: int, stride: int | None = None, padding: int = 0, ceil_mode: bool = False
) -> int:
    """How many windows fit along one axis; `ceil_mode` rounds up where the last one still begins inside.

    >>> pooled_size(4, 2), pooled_size(5, 2), pooled_size(5, 2, ceil_mode=True)
    (2, 2, 3)
    """
    stride = kernel_size if stride is None else stride
    floor = output_size(size, kernel_size, stride, padding)
    if not ceil_mode:
        return floor
    count = math.ceil((size + 2 * padding - kernel_size) / stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


def max_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Values:
    """The largest value under each window: H×W → H'×W', or C×H×W → C×H'×W'. The stride is the kernel size unless given.

    Raises:
        UsageError: a window larger than the padded image, or a padding of more than half the window.

    >>> max_pool2d([[1, 2], [3, 4]], 2)
    array([[4.]])
    >>> max_pool2d([[1, 5, 2, 0], [3, 4, 8, 1], [0, 0, 1, 1], [9, 0, 1, 2]], 2)
    array([[5., 8.],
           [9., 2.]])
    """
    values, pooling = _check(image, kernel_size, stride, padding, ceil_mode)
    return pooling.windows(values, -np.inf).max(axis=(-2, -1))


def max_pool2d_winners(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> NDArray[np.int64]:
    """Where each largest value stands, …×H'×W'×2: its row and column in the image; the first one of equals.

    >>> max_pool2d_winners([[1, 5], [3, 4]], 2)
    array([[[0, 1]]])
    """
    values, pooling = _check(image, kernel_size, stride, padding, ceil_mode)
    windows = pooling.windows(values, -np.inf)
    places = windows.reshape(*windows.shape[:-2], -1).argmax(axis=-1)
    tops, lefts = (np.arange(pooling.output[axis]) * pooling.stride[axis] - pooling.padding[axis] for axis in range(2))
    rows, columns = np.divmod(places, pooling.kernel[1])
    return np.stack([rows + tops[:, None], columns + lefts], axis=-1)


def avg_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Values:
    """The average under each window: H×W → H'×W', or C×H×W → C×H'×W'. The stride is the kernel size unless given.

    Raises:
        UsageError: as `max_pool2d`.

    >>> avg_pool2d([[1, 2], [3, 4]], 2)  # (1 + 2 + 3 + 4) / 4
    array([[2.5]])
    """
    values, pooling = _check(image, kernel_size, stride, padding, ceil_mode)
    return pooling.windows(values, 0.0).sum(axis=(-2, -1)) / pooling.divisors()


def trace_max_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Trace[PoolPosition]:
    """The window positions of `max_pool2d`; `winner` is the place of the largest value in the image.

    >>> trace_max_pool2d([[1, 5], [3, 4]], 2).at(0, 0).winner
    (0, 1)
    """
    values, pooling = _check(image, kernel_size, stride, padding, ceil_mode)

    def place(position: tuple[int, ...]) -> PoolPosition:
        start, covered = pooling.start(position), _cover(values, pooling, position)
        row, column = divmod(int(np.nanargmax(covered)), pooling.kernel[1])
        winner = (*position[:-2], start[0] + row, start[1] + column)
        return PoolPosition(position, start, covered, winner, 0, float(np.nanmax(covered)))

    shape = *values.shape[:-2], *pooling.output
    return Trace("max_pool2d", shape, place, pooling.pad(values, np.nan), pooling.padding, inside=pooling.size)


def trace_avg_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Trace[PoolPosition]:
    """The window positions of `avg_pool2d`; `divisor` is what the sum was divided by.

    >>> trace_avg_pool2d([[1, 5], [3, 4]], 2).at(0, 0).divisor
    4
    """
    values, pooling = _check(image, kernel_size, stride, padding, ceil_mode)

    def place(position: tuple[int, ...]) -> PoolPosition:
        start = pooling.start(position)
        covered = _cover(values, pooling, position)
        ends = (
            min(start[axis] + pooling.kernel[axis], pooling.size[axis] + pooling.padding[axis]) for axis in range(2)
        )
        divisor = math.prod(end - first for first, end in zip(start, ends, strict=True))
        return PoolPosition(position, start, covered, None, divisor, float(np.nansum(covered)) / divisor)

    shape = *values.shape[:-2], *pooling.output
    return Trace("avg_pool2d", shape, place, pooling.pad(values, np.nan), pooling.padding, inside=pooling.size)


def _check(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None, padding: Pair, ceil_mode: bool
) -> tuple[Values, Pooling]:
    values = as_values("the image", image, 2, 3)
    kernel = as_pair("kernel size", kernel_size, 1)
    strides = kernel if stride is None else as_pair("stride", stride, 1)
    pads = as_pair("padding", padding, 0)
    height, width = values.shape[-2:]
    output = []
    for size, window, step, pad in zip((height, width), kernel, strides, pads, strict=True):
        if 2 * pad > window:
            raise UsageError(
                f"the padding is {pad} and the window {window}; give a padding of at most half the window."
            )
        count = pooled_size(size, window, step, pad, ceil_mode)
        if count < 1:
            raise UsageError(
                f"the window is {window} and the padded image only {size + 2 * pad}; give a smaller window."
            )
        output.append(count)
    return values, Pooling((height, width), kernel, strides, pads, (output[0], output[1]))


def _cover(values: Values, pooling: Pooling, position: tuple[int, ...]) -> Values:
    """What one window covers, NaN where it lies outside."""
    channel = values[position[:-2]]
    covered, (top, left) = np.full(pooling.kernel, np.nan), pooling.start(position)
    for row, column in np.ndindex(pooling.kernel):
        y, x = top + row, left + column
        if 0 <= y < channel.shape[0] and 0 <= x < channel.shape[1]:
            covered[row, column] = channel[y, x]
    return covered
