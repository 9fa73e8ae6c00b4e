"""Kernels that have a name in image processing, to try on a picture.

Written the way a cross-correlation applies them: `sobel-x` answers with positive numbers where it gets brighter from
left to right. Source of the numbers: R. Gonzalez and R. Woods, Digital Image Processing, chapter 3.
"""

from typing import Literal

import numpy as np

from convlens.by_hand.operands import Values
from convlens.checking import as_choice

KernelName = Literal[
    "identity",
    "blur",
    "gaussian",
    "sharpen",
    "edge",
    "laplacian",
    "sobel-x",
    "sobel-y",
    "prewitt-x",
    "prewitt-y",
    "emboss",
]
KERNELS: dict[KernelName, tuple[tuple[float, ...], ...]] = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "blur": ((1 / 9, 1 / 9, 1 / 9),) * 3,
    "gaussian": ((1 / 16, 2 / 16, 1 / 16), (2 / 16, 4 / 16, 2 / 16), (1 / 16, 2 / 16, 1 / 16)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "edge": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "sobel-x": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "sobel-y": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "prewitt-x": ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
    "prewitt-y": ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
    "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
}


def kernel_named(name: KernelName) -> Values:
    """One of `KERNELS` as a matrix.

    Raises:
        UsageError: no kernel of that name.

    >>> kernel_named("sobel-x")
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    """
    return np.array(KERNELS[as_choice("kernel", name, KERNELS)], np.float64)
