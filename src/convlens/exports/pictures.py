"""Pictures of many sizes, for the proof of exports that prepare pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SIZES = (
    *((1, 1), (3, 3), (4, 9), (2, 90), (90, 2), (17, 23), (28, 28), (29, 27), (31, 64), (64, 64), (57, 56), (101, 100)),
    *((75, 100), (120, 90), (300, 41), (41, 300), (128, 96), (240, 320), (480, 640), (640, 360), (700, 500), (999, 31)),
)
"""Heights and widths: smaller and larger than any network's input, one pixel off, tall, wide, and usual ones."""


def make_pictures(sizes: Sequence[tuple[int, int]] = SIZES) -> list[NDArray[np.uint8]]:
    """Return pictures of these sizes, uint8 H×W×3: noise, and shapes with even areas and colours, in turn.

    >>> [picture.shape for picture in make_pictures()[:3]]
    [(1, 1, 3), (3, 3, 3), (4, 9, 3)]
    """
    random = np.random.default_rng(0)
    return [_shapes(random, *size) if place % 2 else noise(random, *size) for place, size in enumerate(sizes)]


def noise(random: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Return a picture of noise, uint8 H×W×3."""
    return random.integers(0, 256, (height, width, 3), np.uint8)


def _shapes(random: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """A coloured disc on an even background that gets lighter to the right."""
    rows, columns = np.ogrid[:height, :width]
    disc = np.hypot((rows + 0.5) / height - 0.45, (columns + 0.5) / width - 0.6) < 0.3
    colours = random.integers(0, 200, (2, 3))
    picture = np.where(disc[:, :, None], *colours) + 55 * columns[:, :, None] // width
    return picture.astype(np.uint8)
