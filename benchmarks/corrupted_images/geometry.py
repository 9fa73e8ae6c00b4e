"""Shear, scaling, rotation and translation; pixels from outside of the image are black."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SHEAR, TURN = 0.4, 0.4
"""Radians: severity 2 of 5 (0.2, 0.4, 0.6, 0.8, 1)."""
SIZE = 0.7
"""The size as a share of the original: severity 3 of 5 (0.9, 0.8, 0.7, 0.6, 0.5)."""
STEP = 3
"""Pixels along both axes: severity 3 of 5 (1 to 5)."""


def shear(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Shear to one side or the other, and divide heights by the cosine of the angle."""
    signs = generator.choice([-1, 1], len(images))
    return _by_sign(images, signs, lambda sign: [[np.cos(SHEAR), 0], [-sign * np.sin(SHEAR), 1]])


def scale(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:  # noqa: ARG001
    """Shrink around the centre."""
    return _transform(images, [[1 / SIZE, 0], [0, 1 / SIZE]])


def rotate(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Rotate around the centre, in one direction or the other."""
    signs = generator.choice([-1, 1], len(images))
    cosine, sine = np.cos(TURN), np.sin(TURN)
    return _by_sign(images, signs, lambda sign: [[cosine, sign * sine], [-sign * sine, cosine]])


def translate(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Move towards one of the four corners."""
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (STEP, STEP), (STEP, STEP)))
    down, right = generator.choice([-STEP, STEP], (2, len(images)))[:, :, np.newaxis, np.newaxis]
    rows = np.arange(height)[:, np.newaxis] + STEP - down
    columns = np.arange(width) + STEP - right
    return padded[np.arange(len(images))[:, np.newaxis, np.newaxis], rows, columns]


def _by_sign(
    images: NDArray[np.float64], signs: NDArray[np.int64], matrix_for: Callable[[int], list[list[float]]]
) -> NDArray[np.float64]:
    corrupted = np.empty_like(images)
    for sign in (-1, 1):
        corrupted[signs == sign] = _transform(images[signs == sign], matrix_for(sign))
    return corrupted


def _transform(images: NDArray[np.float64], matrix: list[list[float]]) -> NDArray[np.float64]:
    """Read each pixel at `matrix` · (row, column), relative to the centre, with linear interpolation."""
    if not len(images):
        return images
    whole = np.eye(3)
    whole[1:, 1:] = matrix
    centre = (np.array(images.shape) - 1) / 2
    offset: Any = centre - whole @ centre  # SciPy's type stub allows only a single number
    return ndimage.affine_transform(images, whole, offset, order=1, mode="grid-constant")
