"""Light and weather: too bright, partly inverted, fog, and mud on the lens."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

ADDED_LIGHT = 0.5
"""Severity 5 of 5 (0.1, 0.2, 0.3, 0.4, 0.5)."""
STRIPE = 7
"""The inverted columns on either side; this corruption has a single severity."""
FOG, FOG_DECAY = 3.0, 1.4**2
"""Severity 5 of 5: the amount of fog relative to the image's brightness, and the factor by which the displacements of
the clouds shrink with every halving of their size. The published 1.4 divides a number that is used squared.
"""
CLOUDS_SIDE = 256
IMAGES_IN_CLOUDS = 50
"""The number of images that take their fog from different parts of the same clouds."""
WET_MEAN, WET_DEVIATION, WET_SMOOTHING, WET_LEVEL = 0.65, 0.3, 1, 0.65
MUD_SMOOTHING, MUD_LEVEL, MUD_GREY = 1.5, 0.8, 63 / 255
"""Severity 4 of 5, the first with mud: mean, deviation and smoothing of the noise, and the threshold for drops; then
the smoothing of the drops, the level below which they are invisible, and the grey level of mud.
"""


def brightness(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:  # noqa: ARG001
    """Add the same brightness to all pixels, up to white."""
    return images + ADDED_LIGHT


def stripe(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:  # noqa: ARG001
    """Invert a band on either side, so that the middle remains as a stripe."""
    striped = images.copy()
    striped[:, :, :STRIPE] = 1 - images[:, :, :STRIPE]
    striped[:, :, -STRIPE:] = 1 - images[:, :, -STRIPE:]
    return striped


def fog(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Add clouds, and scale the sum to the image's original brightness; a quarter of the contrast is left."""
    count, height, width = images.shape
    drifting = np.empty_like(images)
    for start in range(0, count, IMAGES_IN_CLOUDS):
        clouds = make_clouds(CLOUDS_SIDE, FOG_DECAY, generator)
        for k in range(start, min(start + IMAGES_IN_CLOUDS, count)):
            down, right = generator.integers(0, CLOUDS_SIDE, 2)
            drifting[k] = np.roll(clouds, (-down, -right), (0, 1))[:height, :width]
    brightest = images.max((1, 2), keepdims=True)
    return (images + FOG * drifting) * brightest / (brightest + FOG)


def make_clouds(side: int, decay: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return heights from 0 to 1, side×side (a power of 2), seamless at the edges, by random midpoint displacement.

    Every round fills in the centres of the squares, then those of their sides, each with the mean of the four points
    around it and a displacement; then the squares are half as wide, and the displacements `decay` times smaller.
    """
    heights = np.zeros((side, side))
    width, largest = side, 1.0

    def midpoint(*around: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.mean(around, axis=0) + generator.uniform(-largest, largest, around[0].shape)

    while width > 1:
        half = width // 2
        corners = heights[::width, ::width]
        right, below = np.roll(corners, -1, 1), np.roll(corners, -1, 0)
        middles = midpoint(corners, right, below, np.roll(right, -1, 0))
        heights[half::width, half::width] = middles
        heights[::width, half::width] = midpoint(corners, right, middles, np.roll(middles, 1, 0))
        heights[half::width, ::width] = midpoint(corners, below, middles, np.roll(middles, 1, 1))
        width, largest = half, largest / decay
    return (heights - heights.min()) / np.ptp(heights)


def spatter(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Cover the inner parts of random patches with dark grey."""
    wet = _smooth(generator.normal(WET_MEAN, WET_DEVIATION, images.shape), WET_SMOOTHING)
    mud = _smooth((wet > WET_LEVEL).astype(np.float64), MUD_SMOOTHING)
    mud[mud < MUD_LEVEL] = 0
    return images * (1 - mud) + MUD_GREY * mud


def _smooth(images: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    return ndimage.gaussian_filter(images, (0, deviation, deviation), mode="nearest")
