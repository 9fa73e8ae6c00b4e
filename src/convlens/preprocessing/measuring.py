"""Measures the appearance of images in a few numbers: position, size and thickness of the ink, and the background.

Thousands of training images and single new pictures are measured in the same way, so that they can be compared. All
measures are shares of the frame or of the contrast, so they do not depend on the image size.

Stroke thickness follows from area and total variation: a stroke of width w and length L has the area w·L, and the
brightness changes twice across it, so its total variation is 2·L. Skeletons would be the obvious method, but they need
thresholds and take a thousand times as long.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INK_LEVEL = 0.2
"""Pixels with at least this share of the contrast belong to the box around the ink."""
NO_INK = 12
"""With less contrast than this, in grey levels, an image has no ink."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Looks:
    """Measures of N images; each is an array of N numbers, and shares are from 0 to 1.

    Attributes:
        dark_ink: whether the ink is darker than the background.
        background: grey levels, the median of the border.
        contrast: grey levels between the background and the ink's extreme.
        unevenness: the median distance of the border's pixels from the background, as a share of the contrast.
        border_ink: the share of the border's pixels that are ink.
        fill: the longer side of the box around the ink, as a share of the frame's side.
        ink_share: the mean darkness of the image.
        stroke: the thickness of strokes as a share of the frame's longer side.
        softness: the share of all pixels that are neither background nor ink.
        box_centre, mass_centre: N×2, (down, right) from the middle of the frame, as shares of its sides.
    """

    dark_ink: NDArray[np.bool_]
    background: Floats
    contrast: Floats
    unevenness: Floats
    border_ink: Floats
    fill: Floats
    ink_share: Floats
    stroke: Floats
    softness: Floats
    box_centre: Floats
    mass_centre: Floats

    def __len__(self) -> int:
        return len(self.fill)

    @property
    def is_even(self) -> NDArray[np.bool_]:
        """Whether there is an even background, with ink on it that reaches the border in few places."""
        return (self.unevenness <= 0.06) & (self.border_ink <= 0.35)


def measure(images: NDArray[np.uint8]) -> Looks:
    """Measure grey images, uint8 N×H×W, N ≥ 1.

    >>> image = np.zeros((1, 20, 20), np.uint8)
    >>> image[0, 5:15, 8:12] = 200                      # a bar of 10 × 4
    >>> looks = measure(image)
    >>> round(float(looks.fill[0]), 3), round(float(looks.ink_share[0]), 3), float(looks.contrast[0])
    (0.5, 0.1, 200.0)
    """
    _, height, width = images.shape
    border, background, contrast, dark_ink = _polarity(images)
    scale = (np.where(dark_ink, -1, 1) / np.maximum(contrast, 1)).astype(np.float32)
    ink = (images - background[:, None, None]) * scale[:, None, None]
    np.clip(ink, 0, 1, out=ink)
    distances = np.abs(border - background[:, None])
    shown = np.maximum(contrast, 1)[:, None]
    mask = ink >= INK_LEVEL
    box_centre, fill = _boxes(mask)
    return Looks(
        dark_ink=dark_ink,
        background=background,
        contrast=contrast,
        unevenness=(np.median(distances, axis=1) / shown[:, 0]).astype(np.float32),
        border_ink=(distances >= INK_LEVEL * shown).mean(axis=1, dtype=np.float32),
        fill=fill,
        ink_share=ink.mean(axis=(1, 2)),
        stroke=_strokes(ink) / max(height, width),
        softness=(mask & (ink < 1 - INK_LEVEL)).mean(axis=(1, 2), dtype=np.float32),
        box_centre=box_centre,
        mass_centre=_mass_centres(ink),
    )


def has_dark_ink(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return N booleans: whether the ink is darker than the background, for grey images, uint8 N×H×W.

    >>> has_dark_ink(np.stack([np.eye(9, dtype=np.uint8) * 200, 255 - np.eye(9, dtype=np.uint8) * 200])).tolist()
    [False, True]
    """
    return _polarity(images)[3]


def _polarity(images: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Floats, Floats, NDArray[np.bool_]]:
    """Return for each image the pixels of its border, the background, the contrast, and whether the ink is dark."""
    border = np.concatenate([images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]], axis=1)
    background = np.median(border, axis=1).astype(np.float32)
    flat = images.reshape(len(images), -1)
    below, above = background - flat.min(axis=1), flat.max(axis=1) - background
    near = np.maximum(below, above) <= 1.5 * np.minimum(below, above)
    dark_ink = np.where(near, background > 127, below > above)
    return border, background, np.where(dark_ink, below, above).astype(np.float32), dark_ink


def _boxes(mask: np.ndarray) -> tuple[Floats, Floats]:
    """Return the boxes' centres (down, right) from the middle of the frame, and how much of the frame they fill."""
    centres, sizes = [], []
    for lines in (np.logical_or.reduce(mask, axis=2), np.logical_or.reduce(mask, axis=1)):
        length = lines.shape[1]
        first, after = lines.argmax(axis=1), length - lines[:, ::-1].argmax(axis=1)
        found = lines.any(axis=1)
        centres.append(np.where(found, (first + after) / 2 / length - 0.5, 0))
        sizes.append(np.where(found, (after - first) / length, 0))
    return np.stack(centres, axis=1).astype(np.float32), np.maximum(*sizes).astype(np.float32)


def _strokes(ink: Floats) -> Floats:
    """Return the thickness in pixels: twice the area divided by the total variation."""
    down, right = np.diff(ink, axis=1, append=0), np.diff(ink, axis=2, append=0)
    np.multiply(down, down, out=down)
    np.multiply(right, right, out=right)
    down += right
    variation = np.sqrt(down, out=down).sum(axis=(1, 2))
    return 2 * ink.sum(axis=(1, 2)) / np.maximum(variation, np.float32(1e-6))


def _mass_centres(ink: Floats) -> Floats:
    """Return the centres of mass (down, right) relative to the middle of the frame, which lies between two pixels."""
    mass = np.maximum(ink.sum(axis=(1, 2)), np.float32(1e-6))
    height, width = ink.shape[1:]
    rows, columns = ink.sum(axis=2), ink.sum(axis=1)
    down = rows @ (np.arange(height, dtype=np.float32) + 0.5) / mass / height
    right = columns @ (np.arange(width, dtype=np.float32) + 0.5) / mass / width
    empty = ink.max(axis=(1, 2)) <= 0
    return np.where(empty[:, None], 0, np.stack([down, right], axis=1) - 0.5).astype(np.float32)
