"""A convolutional layer by hand: an image with channels, kernels, bias and activation.

A kernel has as many channels as the image, and its map is the sum of one cross-correlation for each channel. So there
are as many maps as kernels, whatever the number of channels.
"""

from typing import Literal

import numpy as np

from convlens.by_hand.activations import apply_activation
from convlens.by_hand.operands import ArrayLike, Values, as_values
from convlens.by_hand.sliding import Padding, PaddingMode, Pair, Sliding, slide_over
from convlens.by_hand.trace import Trace, WindowPosition
from convlens.checking import as_whole
from convlens.errors import UsageError
from convlens.layers.kinds import ActivationName
from convlens.words import agreeing, count_of


def conv2d(
    image: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
    activation: ActivationName | Literal["none"] | None = None,
    groups: int = 1,
) -> Values:
    """Return the maps of a convolutional layer: image C×H×W, kernels O×C×kH×kW, bias O → O×H'×W'.

    A single kernel C×kH×kW gives one map H'×W'; its bias is one number. `groups` divides the channels and the kernels
    into that many groups; kernels O×C/groups×kH×kW read only the channels of their group.

    Raises:
        UsageError: the kernels have other channels than the image or are larger than the padded image, the bias is not
            one number per kernel, the groups do not divide the channels or the kernels, or a setting is not allowed.

    >>> conv2d([[[3]]], [[[2]]], bias=1)  # one channel, one kernel: 3·2 + 1
    array([[7.]])
    >>> red, green, blue = [[1, 2], [3, 4]], [[0, 1], [0, 1]], [[5, 5], [5, 5]]
    >>> conv2d([red, green, blue], [[[1]], [[10]], [[-1]]])  # red + 10·green − blue at every pixel
    array([[-4.,  7.],
           [-2.,  9.]])
    >>> conv2d([red, green, blue], [[[1]], [[10]], [[-1]]], activation="relu")
    array([[0., 7.],
           [0., 9.]])
    >>> conv2d(np.ones((3, 28, 28)), np.ones((8, 3, 3, 3)), padding=1).shape
    (8, 28, 28)
    >>> conv2d([[[1]], [[2]]], [[[[10]]], [[[100]]]], groups=2).tolist()  # depthwise: one kernel per channel
    [[[10.0]], [[200.0]]]
    """
    groups = as_whole("groups", groups, 1)
    image, kernels, bias, single = _check(image, kernels, bias, groups)
    sliding = _slide(image, kernels, stride, padding, dilation, padding_mode)
    windows = sliding.windows(image)
    parts = zip(np.split(windows, groups), np.split(kernels, groups), strict=True)
    sums = np.concatenate([np.einsum("chwij,ocij->ohw", seen, part) for seen, part in parts])
    maps = apply_activation(sums + bias[:, None, None], activation)
    return maps[0] if single else maps


def trace_conv2d(
    image: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
    activation: ActivationName | Literal["none"] | None = None,
    groups: int = 1,
) -> Trace[WindowPosition]:
    """Return the window positions of `conv2d`, with the sum of each channel.

    >>> window = trace_conv2d([[[1]], [[2]]], [[[[3]], [[4]]]], bias=[-20], activation="relu").at(0, 0, 0)
    >>> window.channel_sums, window.total, window.result
    ((3.0, 8.0), -9.0, 0.0)
    """
    groups = as_whole("groups", groups, 1)
    image, kernels, bias, single = _check(image, kernels, bias, groups)
    sliding = _slide(image, kernels, stride, padding, dilation, padding_mode)
    seen, kernels_of_group = kernels.shape[1], len(kernels) // groups
    padded = sliding.pad(image)
    apply_activation(np.zeros(1), activation)  # reports an unknown name now, not at the first position
    activation = None if activation == "none" else activation

    def place(position: tuple[int, ...]) -> WindowPosition:
        number = 0 if single else position[0]
        first = number // kernels_of_group * seen
        covered = sliding.covered(padded[first : first + seen], position)
        products = covered * kernels[number]
        channel_sums = tuple(float(channel.sum()) for channel in products)
        total = sum(channel_sums) + float(bias[number])
        result = float(apply_activation(np.array(total), activation))
        return WindowPosition(
            position=position,
            start=sliding.start(position),
            covered=covered,
            kernel=kernels[number],
            products=products,
            channel_sums=channel_sums,
            bias=float(bias[number]),
            total=total,
            result=result,
            activation=activation,
            first_channel=first,
        )

    return sliding.trace("conv2d", place, padded, *(() if single else (len(kernels),)))


def _slide(
    image: Values, kernels: Values, stride: Pair, padding: Padding, dilation: Pair, padding_mode: PaddingMode
) -> Sliding:
    return slide_over(image.shape[1:], kernels.shape[2:], stride, padding, dilation, padding_mode)


def _check(
    image: ArrayLike, kernels: ArrayLike, bias: ArrayLike | None, groups: int
) -> tuple[Values, Values, Values, bool]:
    """Return the operands with all axes, and whether a single kernel was given without the first axis."""
    image, kernels = as_values("the image", image, 3), as_values("the kernels", kernels, 3, 4)
    single = kernels.ndim == 3
    kernels = kernels[None] if single else kernels
    if len(image) % groups or len(kernels) % groups:
        raise UsageError(
            f"{groups} groups do not divide {count_of(len(image), 'channel')} and {count_of(len(kernels), 'kernel')} "
            "evenly; give groups that divide both."
        )
    if len(image) != groups * kernels.shape[1] and groups > 1:
        raise UsageError(
            f"the image has {len(image)} channels in {groups} groups and the kernels have {kernels.shape[1]}; a kernel "
            f"needs {len(image) // groups}, one for each channel of its group."
        )
    if image.shape[0] != groups * kernels.shape[1]:
        raise UsageError(
            f"the image has {count_of(image.shape[0], 'channel')} and the kernels have {kernels.shape[1]}; a kernel "
            "needs one channel for each channel of the image."
        )
    numbers = np.zeros(len(kernels)) if bias is None else as_values("the bias", bias, 0, 1).reshape(-1)
    if len(numbers) != len(kernels):
        raise UsageError(
            f"the bias has {count_of(len(numbers), 'number')} and there {agreeing(len(kernels), 'is')} "
            f"{count_of(len(kernels), 'kernel')}; give one for each."
        )
    return image, kernels, numbers, single
