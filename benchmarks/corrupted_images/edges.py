"""Edges only: J. Canny's detector ("A computational approach to edge detection", 1986)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

DEVIATION = 1.0
"""The deviation of the smoothing, in pixels."""
WEAK, STRONG = 0.1, 0.2
"""Gradients of an edge by Sobel's filter (a step from black to white has 4 before smoothing): at least `WEAK` if it is
connected with an edge of at least `STRONG`. MNIST-C uses the defaults of the three numbers; there is no severity.
"""


def canny_edges(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:  # noqa: ARG001
    """Draw white lines of one pixel where brightness changes fastest; all else and the border pixels are black."""
    smooth = ndimage.gaussian_filter(images, (0, DEVIATION, DEVIATION), mode="constant")
    # SciPy's own filter would also mix neighbouring images of the stack.
    down, right = _sobel(smooth, 1), _sobel(smooth, 2)
    steepness = np.hypot(down, right)
    ridge = _is_ridge(steepness, down, right)
    ridge[:, [0, -1]] = ridge[:, :, [0, -1]] = False
    within = np.zeros((3, 3, 3), bool)
    within[1] = True
    pieces = np.empty(ridge.shape, np.int32)
    count = int(ndimage.label(ridge & (steepness >= WEAK), within, output=pieces))  # type: ignore
    kept = np.zeros(count + 1, bool)
    kept[pieces[ridge & (steepness >= STRONG)]] = True
    return kept[pieces].astype(np.float64)


def _sobel(images: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the differences along one axis of an image, with weights 1 2 1 along the other."""
    differences = ndimage.correlate1d(images, [-1, 0, 1], axis)
    return ndimage.correlate1d(differences, [1, 2, 1], 3 - axis)


def _is_ridge(
    steepness: NDArray[np.float64], down: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return whether a pixel's gradient is at least that of its two neighbours across the edge.

    One step across the edge ends between two of the eight surrounding pixels; their gradients are interpolated.
    """
    longest = np.maximum(np.maximum(np.abs(down), np.abs(right)), 1e-12)
    places = np.indices(steepness.shape).astype(np.float64)
    across = np.stack([np.zeros_like(down), down / longest, right / longest])
    ahead, behind = (
        ndimage.map_coordinates(steepness, places + sign * across, order=1, mode="constant") for sign in (1, -1)
    )
    return (steepness > 0) & (steepness >= ahead) & (steepness >= behind)
