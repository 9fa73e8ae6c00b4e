"""Computes a few numbers for each image, in one pass over images that may not fit into memory.

    outline   41 numbers: the strength of the low frequencies, independent of the position in the frame
    thumb     8×8 grey pixels
    style     background, brightness, contrast, roughness

Copies of an image have nearly the same outline, even if shifted by a few pixels, because a shift changes only the
phases of the frequencies. A difference hash was tried first: saving MNIST's digits as JPEG changes 9 of its 64 bits in
the median, more than the difference between the most similar digits of different writers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LONGEST = 32
"""Pixels; images with a longer side are reduced before they are compared."""
STYLES = ("background", "brightness", "contrast", "roughness")

_FREQUENCIES = 5
_OUTLINE = _FREQUENCIES * (2 * _FREQUENCIES - 1) - _FREQUENCIES + 1  # half of the plane, and the constant of `_centre`
_ROWS = 65_536
_THUMB = 8
_NOISE = 0.12  # half the difference between MNIST's digits, ten times the effect of noise of one grey level
_CHUNK_PIXELS = 8 << 20


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """One row per image: `outlines` float32 N×41 of length 1, `thumbs` uint8 N×64, `styles` float32 N×4."""

    outlines: np.ndarray
    thumbs: np.ndarray
    styles: np.ndarray


def take_fingerprints(images: np.ndarray, on_progress: Callable[[int, int], None] | None = None) -> Fingerprints:
    """Compute the fingerprints of uint8 images, N×C×H×W; `on_progress` is called with (done, total).

    >>> prints = take_fingerprints(np.zeros((3, 1, 28, 28), np.uint8))
    >>> prints.outlines.shape, prints.thumbs.shape, prints.styles.shape
    ((3, 41), (3, 64), (3, 4))
    """
    outlines = np.full((len(images), _OUTLINE), _NOISE, np.float32)
    thumbs = np.empty((len(images), _THUMB**2), np.uint8)
    styles = np.empty((len(images), len(STYLES)), np.float32)
    step = chunk_length(images)
    for start in range(0, len(images), step):
        some = slice(start, start + step)
        grey = shrink(images[some]).mean(axis=1)
        outlines[some, :-1] = _outline(grey)
        thumbs[some] = np.rint(average(grey, _THUMB, _THUMB)).reshape(len(grey), -1)
        styles[some] = _style(grey)
        if on_progress is not None:
            on_progress(min(start + step, len(images)), len(images))
    _centre(outlines)
    return Fingerprints(outlines, thumbs, styles)


def chunk_length(images: np.ndarray) -> int:
    """Return how many images to process at once, so that they need tens of megabytes."""
    return max(1, _CHUNK_PIXELS // max(1, int(np.prod(images.shape[1:]))))


def shrink(images: np.ndarray) -> np.ndarray:
    """Reduce images to float32 N×C×h×w with no side above `LONGEST`, by averaging whole blocks of pixels.

    >>> shrink(np.arange(64 * 64, dtype=np.uint8).reshape(1, 1, 64, 64)).shape
    (1, 1, 32, 32)
    """
    height, width = images.shape[2:]
    factor = -(-max(height, width) // LONGEST)
    if factor == 1:
        return images.astype(np.float32)
    return average(images, max(1, height // factor), max(1, width // factor))


def average(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """Average blocks whose sizes differ by at most one pixel; smaller images are enlarged by repeating pixels."""
    rows, columns = (
        np.arange(wanted) * there // wanted for wanted, there in ((height, images.shape[-2]), (width, images.shape[-1]))
    )
    tall, wide = (
        np.maximum(np.diff(np.append(edges, there)), 1)
        for edges, there in ((rows, images.shape[-2]), (columns, images.shape[-1]))
    )
    sums = np.add.reduceat(np.add.reduceat(images, columns, axis=-1, dtype=np.float32), rows, axis=-2)
    return sums / (tall[:, None] * wide).astype(np.float32)


def _waves(length: int) -> np.ndarray:
    """Return the lowest frequencies of a discrete Fourier transform, as rows."""
    frequencies = np.arange(-_FREQUENCIES + 1, _FREQUENCIES)
    return np.exp(-2j * np.pi * np.outer(frequencies, np.arange(length)) / length).astype(np.complex64)


def _outline(grey: np.ndarray) -> np.ndarray:
    """Return the square roots of the strengths of 40 frequencies, independent of brightness and contrast."""
    count, height, width = grey.shape
    across = _waves(width)[_FREQUENCIES - 1 :].T  # the negative ones mirror those
    half = (grey.reshape(-1, width) @ across).reshape(count, height, -1)
    strengths = np.abs(_waves(height) @ half).reshape(count, -1)
    mirrored = np.arange(_FREQUENCIES) * _FREQUENCIES  # no frequency across: the upward ones mirror the downward ones
    strengths = np.delete(strengths, mirrored, axis=1)
    return np.sqrt(strengths / np.maximum(strengths.sum(axis=1, keepdims=True), 1e-6))


def _centre(outlines: np.ndarray) -> None:
    """Subtract the average outline from each, and scale the differences to length 1.

    The last number is a constant. If all images are alike, such as frames of a fixed camera, the differences are only
    noise; the constant then makes them similar instead of random.
    """
    outlines[:, :-1] -= outlines[:, :-1].mean(axis=0, dtype=np.float64).astype(np.float32)
    for start in range(0, len(outlines), _ROWS):  # in place, without a second array of all outlines
        rows = outlines[start : start + _ROWS]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)


def _style(grey: np.ndarray) -> np.ndarray:
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1)
    steps = [np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) if grey.shape[axis] > 1 else 0 for axis in (1, 2)]
    roughness = np.broadcast_to((steps[0] + steps[1]) / 2, len(grey))
    return np.stack(
        [np.median(border, axis=1), grey.mean(axis=(1, 2)), grey.std(axis=(1, 2)), roughness], axis=1
    ).astype(np.float32)
