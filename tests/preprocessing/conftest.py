"""Signs drawn for tests: L, T, I and O, of any size, place, pen and levels."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

_FINE = 8  # drawn this many times larger, then averaged, so that edges are soft


def make_glyph(
    kind: str, side: int, height: int, pen: int, down: float = 0, right: float = 0, paper: int = 255, ink: int = 0
) -> np.ndarray:
    """Draw a sign in a square of `side`, `height` high and 3/4 as wide, `down` and `right` of the middle."""
    image = Image.new("L", (side * _FINE, side * _FINE), paper)
    draw = ImageDraw.Draw(image)
    tall, thick = height * _FINE, pen * _FINE
    wide = tall * 3 // 4
    left = (side * _FINE - wide) // 2 + round(right * _FINE)
    top = (side * _FINE - tall) // 2 + round(down * _FINE)
    if kind == "O":
        draw.ellipse((left, top, left + wide - 1, top + tall - 1), outline=ink, width=thick)
    else:
        stem = left if kind == "L" else left + (wide - thick) // 2
        draw.rectangle((stem, top, stem + thick - 1, top + tall - 1), fill=ink)
    if kind in "LT":
        bar = top + tall - thick if kind == "L" else top
        draw.rectangle((left, bar, left + wide - 1, bar + thick - 1), fill=ink)
    return np.asarray(image.reduce(_FINE))


def make_glyphs(
    count: int = 120,
    side: int = 32,
    heights: tuple[int, int] = (22, 22),
    shift: float = 0,
    papers: tuple[int, int] = (250, 255),
    inks: tuple[int, int] = (0, 5),
    seed: int = 0,
) -> np.ndarray:
    """Draw training images, uint8 N×1×side×side: dark signs on light paper, with all properties between two bounds."""
    random = np.random.default_rng(seed)
    glyphs = [
        make_glyph(
            "LTIO"[number % 4],
            side,
            int(random.integers(*heights, endpoint=True)),
            int(random.integers(2, 4, endpoint=True)),
            *random.uniform(-shift, shift, 2),
            paper=int(random.integers(*papers, endpoint=True)),
            ink=int(random.integers(*inks, endpoint=True)),
        )
        for number in range(count)
    ]
    return np.stack(glyphs)[:, np.newaxis]


@pytest.fixture(scope="session")
def draw_glyph() -> Callable[..., np.ndarray]:
    """Return the function that draws one sign."""
    return make_glyph


@pytest.fixture(scope="session")
def draw_glyphs() -> Callable[..., np.ndarray]:
    """Return the function that draws training images."""
    return make_glyphs
