"""Blur: as through frosted glass, and from motion."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

GLASS_DEVIATION, GLASS_STEP, GLASS_ROUNDS = 0.7, 1, 2
"""Severity 1 of 5: smoothing before and after in pixels, the distance that a pixel moves, and the number of rounds."""
MOTION_DEVIATION = 3
"""The deviation of the one-sided Gaussian along the motion, in pixels: severity 1 of 5 (radius 10, deviation 3)."""
MOTION_LENGTH = 12
"""The number of pixels along the motion; the weights of further pixels are below a thousandth."""
MOTION_ANGLE = np.pi / 4
"""The largest angle between the motion and the horizontal."""


def glass_blur(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Smooth, swap neighbouring pixels, and smooth again.

    Every pixel, from the last row on, is swapped in half of the images with itself or with a pixel one step up, left or
    both. All images of a block are processed at once, with different random swaps.
    """
    count, height, width = images.shape
    wandering = _smooth(images, GLASS_DEVIATION)
    everyone = np.arange(count)
    for _ in range(GLASS_ROUNDS):
        for row in range(height - 1, GLASS_STEP, -1):
            for column in range(width - 1, GLASS_STEP, -1):
                moves = generator.integers(-GLASS_STEP, GLASS_STEP, (2, count)) * generator.integers(0, 2, count)
                rows, columns = row + moves[0], column + moves[1]
                here, there = wandering[:, row, column].copy(), wandering[everyone, rows, columns]
                wandering[:, row, column] = there
                wandering[everyone, rows, columns] = here
    return _smooth(wandering, GLASS_DEVIATION)


def motion_blur(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Blur along a straight line, whose angle differs between images; edge pixels are repeated beyond the edge."""
    count, height, width = images.shape
    angles = generator.uniform(-MOTION_ANGLE, MOTION_ANGLE, count)
    weights = np.exp(-0.5 * (np.arange(MOTION_LENGTH) / MOTION_DEVIATION) ** 2)
    rows, columns = np.arange(height)[:, np.newaxis], np.arange(width)
    everyone = np.arange(count)[:, np.newaxis, np.newaxis]
    blurred = np.zeros_like(images)
    for distance, weight in enumerate(weights / weights.sum()):
        down, right = (
            np.rint(distance * part(angles)).astype(np.int64)[:, np.newaxis, np.newaxis] for part in (np.sin, np.cos)
        )
        there = np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1)
        blurred += weight * images[everyone, *there]
    return blurred


def _smooth(images: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    return ndimage.gaussian_filter(images, (0, deviation, deviation), mode="nearest")
