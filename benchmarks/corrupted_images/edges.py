"""Only the edges: J. Canny's detector ("A computational approach to edge detection", 1986)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

DEVIATION = 1.0
"""Of the smoothing, in pixels."""
WEAK, STRONG = 0.1, 0.2
"""Steepness of an edge, by Sobel's sums (a step from black to white has 4 before smoothing): from `WEAK` on where it is
connected with one from `STRONG` on. The three numbers are what MNIST-C leaves as they come; there is no severity.
"""


def canny_edges(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:  # noqa: ARG001
    """White lines of one pixel where brightness changes fastest; all else is black, the outermost pixels, too."""
    smooth = ndimage.gaussian_filter(images, (0, DEVIATION, DEVIATION), mode="constant")
    # SciPy's own would weigh the neighbouring images of the stack as well.
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
    """Differences along one axis of an image, weighed 1 2 1 along the other."""
    differences = ndimage.correlate1d(images, [-1, 0, 1], axis)
    return ndimage.correlate1d(differences, [1, 2, 1], 3 - axis)


def _is_ridge(
    steepness: NDArray[np.float64], down: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a pixel is at least as steep as its two neighbours across the edge.

    One step across ends between two of the eight pixels around, where the steepness is taken in proportion.
    """
    longest = np.maximum(np.maximum(np.abs(down), np.abs(right)), 1e-12)
    places = np.indices(steepness.shape).astype(np.float64)
    across = np.stack([np.zeros_like(down), down / longest, right / longest])
    ahead, behind = (
        ndimage.map_coordinates(steepness, places + sign * across, order=1, mode="constant") for sign in (1, -1)
    )
    return (steepness > 0) & (steepness >= ahead) & (steepness >= behind)
