"""The gradient of the loss with respect to one weight of a kernel.

At every window position, the weight is multiplied with one number of the input, and the product is added to one number
of the map. So the gradient of the weight is the sum, over all window positions, of the input times the gradient of the
number in the map. Each training step computes this sum for every weight.
"""

from collections.abc import Sequence

import numpy as np

from convlens.by_hand.operands import ArrayLike, Values, as_pair, as_place, as_values
from convlens.by_hand.sliding import Padding, Pair, Sliding, slide_over
from convlens.by_hand.trace import GradientPosition, Trace
from convlens.errors import UsageError


def kernel_weight_gradient(
    image: ArrayLike,
    output_gradient: ArrayLike,
    weight: Sequence[int],
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
) -> float:
    """Return a weight's gradient: image C×H×W, gradient of the maps O×H'×W', weight (kernel, channel, row, column).

    Raises:
        UsageError: the gradient does not have the size of the maps, or there is no such weight.

    >>> image, slopes = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[1, 0], [0, 10]]]
    >>> kernel_weight_gradient(image, slopes, (0, 0, 0, 0), kernel_size=2)  # 1·1 + 2·0 + 4·0 + 5·10
    51.0
    """
    image, slopes, weight, sliding = _check(image, output_gradient, weight, kernel_size, stride, padding, dilation)
    kernel, channel, row, column = weight
    met = sliding.windows(image)[channel, :, :, row, column]
    return float((met * slopes[kernel]).sum())


def trace_kernel_weight_gradient(
    image: ArrayLike,
    output_gradient: ArrayLike,
    weight: Sequence[int],
    kernel_size: Pair,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
) -> Trace[GradientPosition]:
    """Return the terms of `kernel_weight_gradient`, one for each window position; the last `sum_so_far` is the result.

    >>> trace = trace_kernel_weight_gradient([[[1, 2, 3]]], [[[1, 10, 100]]], (0, 0, 0, 0), kernel_size=1)
    >>> [term.sum_so_far for term in trace]
    [1.0, 21.0, 321.0]
    """
    image, slopes, weight, sliding = _check(image, output_gradient, weight, kernel_size, stride, padding, dilation)
    kernel, channel, row, column = weight
    padded = sliding.pad(image)

    met_everywhere = sliding.windows(image)[channel, :, :, row, column]
    running = np.cumsum(met_everywhere * slopes[kernel]).reshape(sliding.output)

    def place(position: tuple[int, ...]) -> GradientPosition:
        met = float(sliding.covered(padded, position)[channel, row, column])
        slope = float(slopes[kernel][position])
        return GradientPosition(position, met, slope, met * slope, float(running[position]))

    return sliding.trace("kernel_weight_gradient", place, padded)


def _check(
    image: ArrayLike,
    output_gradient: ArrayLike,
    weight: Sequence[int],
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
) -> tuple[Values, Values, tuple[int, int, int, int], Sliding]:
    image = as_values("the image", image, 3)
    slopes = as_values("the gradient of the maps", output_gradient, 3)
    kernel = as_pair("kernel_size", kernel_size, 1)
    sliding = slide_over(image.shape[1:], kernel, stride, padding, dilation)
    if slopes.shape[1:] != sliding.output:
        given, wanted = ("×".join(map(str, size)) for size in (slopes.shape[1:], sliding.output))
        raise UsageError(f"the gradient of the maps is {given}, but the maps are {wanted}; give one number for each.")
    sizes, weight = (len(slopes), len(image), *kernel), as_place("weight", weight)
    if len(weight) != 4 or not all(0 <= place < size for place, size in zip(weight, sizes, strict=True)):
        last = [size - 1 for size in sizes]
        raise UsageError(f"the weight is {list(weight)}; give kernel, channel, row and column, at most {last}.")
    o, c, y, x = weight
    return image, slopes, (o, c, y, x), sliding
