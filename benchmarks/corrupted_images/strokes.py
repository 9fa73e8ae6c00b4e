"""An additional stroke: a dotted line, or a zigzag, from one side to the other."""

import numpy as np
from numpy.typing import NDArray

REACH = 2.3
"""The distance in rows from the line's middle at which the logarithm for its brightness is not defined."""
DASH = 2
"""The columns of a dot, and of the gap before it."""
ZIGZAG_STEP, ZIGZAG_HEIGHT = 4.0, 2.0
"""The pixels from a peak to the next trough along the line, and from the line to a peak or trough."""
ZIGZAG_COLUMNS = (2, 25)
MOST_RISE = 5
"""The rows between the two ends of a zigzag. These corruptions have a single severity."""


def dotted_line(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw a dotted straight line between random rows of the left and the right edge."""
    count, height, width = images.shape
    first, last = generator.integers(0, height - 1, (2, count, 1))
    columns = np.arange(width)
    shown = columns // DASH % 2 == 1
    return images + draw_stroke(first + (last - first) * columns / (width - 1), height) * shown


def zigzag(images: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw a zigzag line between two random rows that are not far apart."""
    count, height, width = images.shape
    begin, end = ZIGZAG_COLUMNS
    first = generator.integers(0, height - 1, count)
    rises = generator.integers(-MOST_RISE, MOST_RISE, count)
    columns = np.arange(width)
    rows = np.array([_zigzag_rows(columns, row, row + rise) for row, rise in zip(first, rises, strict=True)])
    return images + draw_stroke(rows, height) * ((columns >= begin) & (columns < end))


def draw_stroke(rows: NDArray[np.float64], height: int) -> NDArray[np.float64]:
    """Draw strokes, N×height×W, given their middle row in each column (N×W): brightness 1 + log(1 − distance / 2.3)."""
    distances = np.abs(np.arange(height)[:, np.newaxis] - rows[:, np.newaxis])
    return np.maximum(1 + np.log(np.maximum(1 - distances / REACH, 1e-9)), 0)


def _zigzag_rows(columns: NDArray[np.int64], first: float, last: float) -> NDArray[np.float64]:
    """Return the row of a zigzag in each column: peaks at odd half steps along its axis, which is then slanted."""
    begin, end = ZIGZAG_COLUMNS
    angle = np.arctan2(last - first, end - begin)
    length = (end - begin) / np.cos(angle)
    peaks = np.arange(ZIGZAG_STEP / 2, length, ZIGZAG_STEP)
    along = np.concatenate([[0.0], peaks, [length]])
    across = np.concatenate([[0.0], ZIGZAG_HEIGHT * (-1.0) ** np.arange(len(peaks)), [0.0]])
    places = begin + along * np.cos(angle) - across * np.sin(angle)
    return np.interp(columns, places, first + along * np.sin(angle) + across * np.cos(angle))
