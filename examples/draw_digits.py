"""Draws the three digits of the README's first run into examples/digits: ink on paper, like photos from a phone.

They are drawn, not photographed, so that every pixel can be reproduced. Each has its own size, slant, paper and pen,
and none looks like MNIST: the model's preprocessing must convert them.

    python examples/draw_digits.py
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

FOLDER = Path(__file__).parent / "digits"
_FINER = 4  # drawn four times as large, then averaged down: smooth edges
_SEED = 3

Point = tuple[float, float]


@dataclass(frozen=True)
class Digit:
    """Strokes through points in a unit square (x to the right, y down), and how to draw them on paper."""

    name: str
    strokes: tuple[tuple[Point, ...], ...]
    size: tuple[int, int]  # width, height
    corner: Point  # of the unit square, as a share of the width and the height
    height: float  # of the unit square, as a share of the image's height
    slant: float  # how far the top leans to the right
    pen: float  # width, as a share of the digit's height
    ink: tuple[int, int, int]
    paper: tuple[int, int, int] | None  # None: transparent
    shade: float = 0.0  # how much darker the lower right corner is


DIGITS = (
    Digit(
        name="two",
        strokes=(
            ((0.08, 0.24), (0.22, 0.05), (0.48, 0.0), (0.66, 0.13), (0.64, 0.36), (0.45, 0.62), (0.2, 0.86), (0.04, 1)),
            ((0.04, 1.0), (0.30, 0.93), (0.56, 0.97), (0.82, 0.94)),
        ),
        size=(180, 240), corner=(0.24, 0.27), height=0.46, slant=0.10, pen=0.095,
        ink=(38, 44, 92), paper=(236, 232, 222), shade=26,
    ),
    Digit(
        name="five",
        strokes=(
            ((0.70, 0.03), (0.48, 0.02), (0.24, 0.04)),
            ((0.24, 0.04), (0.20, 0.22), (0.16, 0.44)),
            ((0.16, 0.44), (0.36, 0.37), (0.58, 0.43), (0.70, 0.62), (0.60, 0.85), (0.36, 0.98), (0.10, 0.90)),
        ),
        size=(400, 300), corner=(0.46, 0.20), height=0.58, slant=0.14, pen=0.085,
        ink=(52, 50, 50), paper=(214, 216, 219), shade=34,
    ),
    Digit(
        name="seven",
        strokes=(
            ((0.08, 0.06), (0.34, 0.03), (0.60, 0.04), (0.74, 0.05)),
            ((0.74, 0.05), (0.58, 0.34), (0.45, 0.64), (0.38, 1.00)),
        ),
        size=(96, 96), corner=(0.18, 0.13), height=0.72, slant=0.06, pen=0.11,
        ink=(20, 20, 24), paper=None,
    ),
)  # fmt: skip


def draw_digit(digit: Digit) -> Image.Image:
    """Draw one digit: RGB on shaded paper with a little grain, or RGBA on a transparent background."""
    coverage = np.asarray(_draw_ink(digit), np.float32)[:, :, None] / 255
    if digit.paper is None:
        colour = np.broadcast_to(np.array(digit.ink, np.uint8), (*coverage.shape[:2], 3))
        return Image.fromarray(np.concatenate([colour, np.rint(coverage * 255).astype(np.uint8)], axis=2))
    height, width = coverage.shape[:2]
    down, right = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width)
    grain = np.random.default_rng([_SEED, width]).normal(scale=1.5, size=(height, width))
    paper = np.array(digit.paper) - (digit.shade * (down + right) / 2 + grain)[:, :, None]
    pixels = paper * (1 - coverage) + np.array(digit.ink) * coverage
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _draw_ink(digit: Digit) -> Image.Image:
    """Return how much of every pixel is covered by ink, 0 to 255, for a round pen that follows the strokes."""
    width, height = digit.size[0] * _FINER, digit.size[1] * _FINER
    side = digit.height * height
    sheet = Image.new("L", (width, height))
    pencil = ImageDraw.Draw(sheet)
    for stroke in digit.strokes:
        for step, (x, y) in enumerate(curve := _smooth_curve(stroke)):
            pressure = 1 - 0.22 * abs(2 * step / len(curve) - 1) ** 2  # lighter where a stroke starts and ends
            radius = digit.pen * side / 2 * pressure
            across = digit.corner[0] * width + (x + digit.slant * (1 - y)) * side
            down = digit.corner[1] * height + y * side
            pencil.ellipse((across - radius, down - radius, across + radius, down + radius), fill=255)
    return sheet.reduce(_FINER)


def _smooth_curve(points: Sequence[Point], steps: int = 60) -> list[Point]:
    """Return a Catmull-Rom spline, a smooth curve through all points."""
    known = np.array([points[0], *points, points[-1]])
    times = np.linspace(0, 1, steps)[:, None]
    pieces = []
    for before, start, end, after in zip(known, known[1:], known[2:], known[3:], strict=False):
        pieces.append(
            start
            + (end - before) / 2 * times
            + (before - 2.5 * start + 2 * end - after / 2) * times**2
            + (1.5 * (start - end) + (after - before) / 2) * times**3
        )
    return [(float(x), float(y)) for x, y in np.concatenate(pieces)]


def main() -> None:
    """Write the three files and print their paths."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for digit in DIGITS:
        path = FOLDER / f"{digit.name}.png"
        draw_digit(digit).save(path, optimize=True)
        print(path)


if __name__ == "__main__":
    main()
