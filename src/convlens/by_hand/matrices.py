"""A kernel that slides over a matrix, with stride, padding and dilation.

`cross_correlate2d` slides the kernel as it is; `convolve2d` turns it by 180° first.
"""

import numpy as np

from convlens.by_hand.operands import ArrayLike, Values, as_pair, as_values
from convlens.by_hand.sliding import Padding, PaddingMode, Pair, slide_over
from convlens.by_hand.trace import Trace, WindowPosition


def rotate(matrix: ArrayLike) -> Values:
    """Return a matrix rotated by 180°: the last row first, and in each row the last number first.

    >>> rotate([[1, 2], [3, 4]])
    array([[4., 3.],
           [2., 1.]])
    """
    return as_values("the matrix", matrix, 2)[::-1, ::-1].copy()


def cross_correlate2d(
    matrix: ArrayLike,
    kernel: ArrayLike,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
) -> Values:
    """Slide a kernel (kH×kW) over a matrix (H×W) and sum the products at every window position: H'×W'.

    H' = ⌊(H + 2·padding − dilation·(kH − 1) − 1) / stride⌋ + 1. The padding is filled with zeros, with the matrix
    mirrored at its edge (`reflect`), or with its edge repeated (`replicate`).

    Raises:
        UsageError: the kernel is larger than the padded matrix, or a setting is not allowed.

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
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
) -> Values:
    """Like `cross_correlate2d`, with the kernel rotated by 180°: SciPy's `convolve2d(…, mode="valid")`.

    >>> convolve2d([[1, 2], [3, 4]], [[1, 2], [3, 4]])  # 1·4 + 2·3 + 3·2 + 4·1
    array([[20.]])
    """
    turned = as_values("the kernel", kernel, 2)[::-1, ::-1]
    return cross_correlate2d(matrix, turned, stride, padding, dilation, padding_mode)


def trace_cross_correlate2d(
    matrix: ArrayLike,
    kernel: ArrayLike,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
) -> Trace[WindowPosition]:
    """Return the H'·W' window positions of `cross_correlate2d`.

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
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
) -> Trace[WindowPosition]:
    """Return the window positions of `convolve2d`; their kernel is the given one, rotated by 180°."""
    turned = as_values("the kernel", kernel, 2)[::-1, ::-1]
    return _trace("convolve2d", matrix, turned, stride, padding, dilation, padding_mode)


def _trace(
    operation: str,
    matrix: ArrayLike,
    kernel: Values,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    padding_mode: PaddingMode,
) -> Trace[WindowPosition]:
    matrix = as_values("the matrix", matrix, 2)
    sliding = slide_over(matrix.shape, kernel.shape, stride, padding, dilation, padding_mode)
    padded = sliding.pad(matrix)

    def place(position: tuple[int, ...]) -> WindowPosition:
        return WindowPosition.of(position, sliding.start(position), sliding.covered(padded, position), kernel)

    return sliding.trace(operation, place, padded)


def count_coverage(size: Pair, kernel_size: Pair, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1) -> Values:
    """Return how many window positions cover each cell of an input (H×W): few at the edges, none in dropped rows.

    >>> count_coverage(4, 3)
    array([[1., 2., 2., 1.],
           [2., 4., 4., 2.],
           [2., 4., 4., 2.],
           [1., 2., 2., 1.]])
    """
    sizes, kernel = as_pair("size", size, 1), as_pair("kernel_size", kernel_size, 1)
    sliding = slide_over(sizes, kernel, stride, padding, dilation)
    counts = []
    for axis, length in enumerate(sizes):
        count, pad = np.zeros(length + 2 * sliding.padding[axis]), sliding.padding[axis]
        for start in range(0, sliding.output[axis] * sliding.stride[axis], sliding.stride[axis]):
            count[start : start + sliding.reaches[axis] : sliding.dilation[axis]] += 1
        counts.append(count[pad : pad + length])
    return np.outer(*counts)
