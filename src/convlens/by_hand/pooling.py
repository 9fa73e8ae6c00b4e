"""Pooling: the largest value, or the average, in a window that slides over every channel separately.

Padding is ignored by a maximum and counts as zeros in an average, as in PyTorch. With `ceil_mode`, a last window may
extend beyond the padded input if it begins inside; its average is taken only over the numbers that it covers.
"""

import numpy as np
from numpy.typing import NDArray

from convlens.by_hand.operands import ArrayLike, Values, as_pair, as_values
from convlens.by_hand.sliding import Pair, Sliding
from convlens.by_hand.trace import PoolPosition, Trace
from convlens.checking import as_flag
from convlens.errors import UsageError
from convlens.window import output_size


def pooled_size(
    size: int, kernel_size: int, stride: int | None = None, padding: int = 0, ceil_mode: bool = False
) -> int:
    """Return how many windows fit along one axis; `ceil_mode` rounds up if the last one still begins inside.

    >>> pooled_size(4, 2), pooled_size(5, 2), pooled_size(5, 2, ceil_mode=True)
    (2, 2, 3)
    """
    stride = kernel_size if stride is None else stride
    ceil_mode = as_flag("ceil_mode", ceil_mode)
    return output_size(size, kernel_size, stride, padding, ceil_mode=ceil_mode)


def max_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Values:
    """Return the largest value in each window: H×W → H'×W', or C×H×W → C×H'×W'. `stride` defaults to `kernel_size`.

    Raises:
        UsageError: the window is larger than the padded image, or the padding is more than half the window.

    >>> max_pool2d([[1, 2], [3, 4]], 2)
    array([[4.]])
    >>> max_pool2d([[1, 5, 2, 0], [3, 4, 8, 1], [0, 0, 1, 1], [9, 0, 1, 2]], 2)
    array([[5., 8.],
           [9., 2.]])
    """
    values, sliding = _check(image, kernel_size, stride, padding, ceil_mode)
    return sliding.windows(values, -np.inf).max(axis=(-2, -1))


def max_pool2d_winners(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> NDArray[np.int64]:
    """Return row and column in the image of each window's largest value, …×H'×W'×2; of equal values, the first.

    >>> max_pool2d_winners([[1, 5], [3, 4]], 2)
    array([[[0, 1]]])
    """
    values, sliding = _check(image, kernel_size, stride, padding, ceil_mode)
    windows = sliding.windows(values, -np.inf)
    places = windows.reshape(*windows.shape[:-2], -1).argmax(axis=-1)
    tops, lefts = (np.arange(sliding.output[axis]) * sliding.stride[axis] - sliding.padding[axis] for axis in range(2))
    rows, columns = np.divmod(places, sliding.kernel_size[1])
    return np.stack([rows + tops[:, None], columns + lefts], axis=-1)


def avg_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Values:
    """Return the average of each window: H×W → H'×W', or C×H×W → C×H'×W'. `stride` defaults to `kernel_size`.

    Raises:
        UsageError: as `max_pool2d`.

    >>> avg_pool2d([[1, 2], [3, 4]], 2)  # (1 + 2 + 3 + 4) / 4
    array([[2.5]])
    """
    values, sliding = _check(image, kernel_size, stride, padding, ceil_mode)
    return sliding.windows(values, 0.0).sum(axis=(-2, -1)) / _divisors(sliding)


def trace_max_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Trace[PoolPosition]:
    """Return the window positions of `max_pool2d`; `winner` is the place of the largest value in the image.

    >>> trace_max_pool2d([[1, 5], [3, 4]], 2).at(0, 0).winner
    (0, 1)
    """
    values, sliding = _check(image, kernel_size, stride, padding, ceil_mode)
    return _trace("max_pool2d", values, sliding)


def trace_avg_pool2d(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False
) -> Trace[PoolPosition]:
    """Return the window positions of `avg_pool2d`; `divisor` is the divisor of the average.

    >>> trace_avg_pool2d([[1, 5], [3, 4]], 2).at(0, 0).divisor
    4
    """
    values, sliding = _check(image, kernel_size, stride, padding, ceil_mode)
    return _trace("avg_pool2d", values, sliding, _divisors(sliding))


def _trace(
    operation: str, values: Values, sliding: Sliding, divisors: NDArray[np.int64] | None = None
) -> Trace[PoolPosition]:
    """Return the trace of an average with these divisors, or of a maximum if there are none."""
    padded = sliding.pad(values, np.nan)

    def place(position: tuple[int, ...]) -> PoolPosition:
        start, covered = sliding.start(position), sliding.covered(padded[position[:-2]], position)
        if divisors is not None:
            divisor = int(divisors[position[-2:]])
            return PoolPosition(position, start, covered, None, divisor, float(np.nansum(covered)) / divisor)
        row, column = divmod(int(np.nanargmax(covered)), sliding.kernel_size[1])
        winner = (*position[:-2], start[0] + row, start[1] + column)
        return PoolPosition(position, start, covered, winner, 0, float(np.nanmax(covered)))

    return sliding.trace(operation, place, padded, *values.shape[:-2])


def _divisors(sliding: Sliding) -> NDArray[np.int64]:
    """Return how many numbers, including zeros of the padding, each average is taken over: H'×W'."""
    lengths = []
    for size, kernel, stride, pad, count in zip(
        sliding.size, sliding.kernel_size, sliding.stride, sliding.padding, sliding.output, strict=True
    ):
        starts = np.arange(count) * stride - pad
        lengths.append(np.minimum(starts + kernel, size + pad) - starts)
    return np.outer(*lengths)


def _check(
    image: ArrayLike, kernel_size: Pair, stride: Pair | None, padding: Pair, ceil_mode: bool
) -> tuple[Values, Sliding]:
    values = as_values("the image", image, 2, 3)
    kernel = as_pair("kernel_size", kernel_size, 1)
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
    return values, Sliding((height, width), kernel, strides, pads, (output[0], output[1]))
