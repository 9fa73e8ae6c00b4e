"""Scaling a picture and putting it into the network's frame. Arrays are uint8, H×W or H×W×3."""

import numpy as np


def fit_into(height: int, width: int, box_height: int, box_width: int) -> tuple[int, int]:
    """The size of the largest picture of the same proportions in a box, at least 1×1.

    >>> fit_into(120, 90, 20, 20)
    (20, 15)
    """
    if height * box_width >= width * box_height:
        return box_height, max(1, round(width * box_height / height))
    return max(1, round(height * box_width / width)), box_width


def resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scale with anti-aliasing: every pixel of the original counts when it is made smaller.

    By a Hamming filter: as sharp as bicubic, without its rims around ink. On enlarged MNIST digits all did alike.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.HAMMING))


def reduce(pixels: np.ndarray, longest: int) -> np.ndarray:
    """Average blocks of pixels until the longest side is below twice `longest`; small pictures stay as they are."""
    factor = max(pixels.shape[:2]) // longest
    if factor < 2:
        return pixels
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).reduce(factor))


def centre_of_mass(grey: np.ndarray) -> tuple[float, float]:
    """(row, column) of the centre of mass, where the middle of the first pixel is (0, 0).

    >>> centre_of_mass(np.array([[0, 1, 3]], np.uint8))
    (0.0, 1.75)
    """
    mass = float(grey.sum(dtype=np.int64))
    rows, columns = grey.sum(axis=1, dtype=np.int64), grey.sum(axis=0, dtype=np.int64)
    return float(rows @ np.arange(len(rows))) / mass, float(columns @ np.arange(len(columns))) / mass


def paste(
    pixels: np.ndarray, top: int, left: int, height: int, width: int, background: int | np.ndarray = 0
) -> np.ndarray:
    """Put a picture into a frame of `background`, its upper left corner at (top, left)."""
    frame = np.empty((height, width, *pixels.shape[2:]), np.uint8)
    frame[:] = background
    frame[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return frame
