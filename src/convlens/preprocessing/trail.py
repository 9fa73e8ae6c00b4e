"""Records the steps of preparing a picture, each with its picture and a note."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convlens.pixels.framing import reduce

_SAME_FILL = 0.02  # smaller differences of size are not noted
KEPT_SIZE = 256
"""Pixels; larger steps are kept reduced, since a thousand photos of 12 megapixels would fill the memory."""


class Step(NamedTuple):
    """An intermediate picture, uint8: H×W, H×W×3, or H×W×4 with transparency; and a note on what was changed.

    Pictures of 512 pixels and more are kept at reduced size; `size` is the original width×height.
    """

    name: str
    pixels: NDArray[np.uint8]
    note: str = ""
    size: str = ""


@dataclass
class Trail:
    """The notes and steps so far."""

    notes: list[str]
    steps: list[Step] = field(default_factory=list)

    def add(self, name: str, pixels: np.ndarray, *notes: str) -> np.ndarray:
        """Record a step and return its picture."""
        self.steps.append(Step(name, reduce(pixels, KEPT_SIZE), "; ".join(notes), describe_size(pixels)))
        self.notes.extend(notes)
        return pixels

    def show(self, name: str, pixels: np.ndarray, size: str) -> None:
        """Record a step without notes whose picture is already reduced."""
        self.steps.append(Step(name, pixels, "", size))

    def change(self, name: str, before: np.ndarray, after: np.ndarray, *notes: str) -> np.ndarray:
        """Record a step only if it returned a different array."""
        return before if after is before else self.add(name, after, *notes)


def describe_size(pixels: np.ndarray) -> str:
    """Return the size as width×height.

    >>> describe_size(np.zeros((2, 3)))
    '3×2'
    """
    return f"{pixels.shape[1]}×{pixels.shape[0]}"


def describe_range(low: float, high: float, unit: str = "", digits: int = 0) -> str:
    """Return a range as text, or one number if both ends look the same.

    >>> describe_range(70, 71.9), describe_range(71.2, 70.9, " %")
    ('70–72', '71 %')
    """
    first, last = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return (first if first == last else f"{first}–{last}") + unit


def describe_levels(grey: np.ndarray) -> str:
    """Return the range from the darkest to the lightest level."""
    return f"{int(grey.min())}–{int(grey.max())}"


def describe_filling(fill: float, low: float, high: float, size: str) -> str:
    """Say why the ink was scaled, and to what size; `fill` and the training images' range are shares of the side.

    >>> describe_filling(0.92, 0.71, 0.71, "15×20")
    'fills 92 % of the frame, training images 71 %, rescaled to 15×20'
    >>> describe_filling(0.7, 0.71, 0.71, "15×20")
    'scaled to 15×20'
    """
    if low - _SAME_FILL <= fill <= high + _SAME_FILL:
        return f"scaled to {size}"
    usual = describe_range(100 * low, 100 * high, " %")
    return f"fills {100 * fill:.0f} % of the frame, training images {usual}, rescaled to {size}"
