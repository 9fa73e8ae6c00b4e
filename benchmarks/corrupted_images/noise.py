"""Noise: shot noise, and impulse noise."""

import numpy as np
from numpy.typing import NDArray

GRAINS = 3
"""The mean number of photons in a white pixel: severity 5 of 5 (60, 25, 12, 5, 3)."""
WRONG_SHARE = 0.17
"""The share of pixels that change: severity 4 of 5 (0.03, 0.06, 0.09, 0.17, 0.27)."""


def shot_noise(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Count photons: each pixel is Poisson-distributed around its own value; black stays black."""
    return generator.poisson(images * GRAINS) / GRAINS


def impulse_noise(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Add salt-and-pepper noise: some pixels become white or black, with equal probability."""
    drawn = generator.random(images.shape)
    return np.where(drawn < WRONG_SHARE / 2, 0.0, np.where(drawn < WRONG_SHARE, 1.0, images))
