"""The sums of stages for a batch of images, in NumPy. Whole numbers stay exact, because they are below 2^53.

Quantisation measures values with these functions, and then computes what the C code in whole numbers must answer.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.exports.c_source.stages import Pool, Slide, Stage
from convlens.exports.python_runtime import windows

Values: TypeAlias = NDArray[Any]


def weighted_sums(stage: Stage, x: Values, weight: NDArray[Any], bias: NDArray[Any]) -> Values:
    """Return the sums of a convolution or a dense layer, without activation and pooling; padding is 0."""
    weight, bias = weight.astype(np.float64), bias.astype(np.float64)
    if stage.slide is None:
        return x.reshape(len(x), -1) @ weight.T + bias
    seen = _windows(x.reshape(len(x), *stage.slide.input_shape), stage.slide, 0)
    parts = [
        np.tensordot(inputs, some, axes=((1, 4, 5), (1, 2, 3)))
        for inputs, some in zip(np.split(seen, stage.groups, axis=1), np.split(weight, stage.groups), strict=True)
    ]
    return np.concatenate(parts, axis=-1).transpose(0, 3, 1, 2) + bias.reshape(-1, 1, 1)


def pooled(pool: Pool, x: Values) -> Values:
    """Return the largest value of each window, or for `avgpool` the sum."""
    x = x.reshape(len(x), *pool.slide.input_shape)
    if pool.word == "maxpool":
        return _windows(x, pool.slide, -np.inf).max(axis=(4, 5))
    return _windows(x, pool.slide, 0).sum(axis=(4, 5))


def window_size(pool: Pool) -> int:
    """Return how many values a mean is taken over, padding included."""
    height, width = pool.slide.windows
    return height.kernel_size * width.kernel_size


def _windows(x: Values, slide: Slide, fill: float) -> Values:
    names = ("kernel", "stride", "padding", "dilation")
    return windows(x, dict(zip(names, zip(*slide.windows, strict=True), strict=True)), fill)
