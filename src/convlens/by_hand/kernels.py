"""Well-known kernels of image processing, to try on an image.

They are written for a cross-correlation: `sobel-x` gives positive numbers where the image gets brighter from left to
right. Source of the numbers: R. Gonzalez and R. Woods, Digital Image Processing, chapter 3.
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
    """Return one of `KERNELS` as a matrix.

    Raises:
        UsageError: there is no kernel of this name.

    >>> kernel_named("sobel-x")
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    """
    return np.array(KERNELS[as_choice("kernel", name, KERNELS)], np.float64)
