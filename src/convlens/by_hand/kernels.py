"""Kernels that have a name in image processing, to try on a picture.

Written the way a cross-correlation applies them: `sobel-x` answers with positive numbers where it gets brighter from
left to right. Source of the numbers: R. Gonzalez and R. Woods, Digital Image Processing, chapter 3.
"""

import difflib

import numpy as np

from convlens.by_hand.operands import Values
from convlens.errors import UsageError

KERNELS: dict[str, tuple[tuple[float, ...], ...]] = {
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


def kernel_named(name: str) -> Values:
    """One of `KERNELS` as a matrix.

    Raises:
        UsageError: no kernel of that name.

    >>> kernel_named("sobel-x")
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    """
    if not isinstance(name, str) or name not in KERNELS:
        close = difflib.get_close_matches(str(name), KERNELS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"no kernel is called {name!r}; there are {', '.join(KERNELS)}.{hint}")
    return np.array(KERNELS[name], np.float64)
