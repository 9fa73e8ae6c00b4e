"""What happened to a picture on its way into the network: every step with its note, and what the model says of the
picture as it came and as repaired.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convlens.charts.canvas import (
    BLUE,
    DPI,
    INK,
    LINE,
    ORANGE,
    PALE,
    QUIET,
    SKY,
    WIDTH,
    add_sheet,
    add_text,
    drawing_style,
    encode_figure,
    new_figure,
    shorten,
    show_pixels,
)
from convlens.errors import UsageError
from convlens.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PICTURES = 20
_MARGIN, _GAP, _COLUMNS = 0.3, 0.18, 6
_STEP = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
_NOTE_LINES, _NOTE_LETTERS, _LINE = 9, 22, 0.135
_BAR, _BARS = 0.2, 3
_HEAD, _ANSWERS_HEIGHT = 0.42, 0.28 + _BARS * _BAR + 0.25
_SHOWN = 2 * round(_STEP * DPI)  # pixels; a larger picture is averaged down before matplotlib gets it
_CHEQUERS = np.kron(np.indices((32, 32)).sum(axis=0) % 2, np.ones((8, 8), np.uint8))


@dataclass(frozen=True)
class Answer:
    """What the model says of a picture: a heading, and its likeliest classes with their probabilities."""

    heading: str
    classes: Sequence[tuple[str, float]]
    unknown: bool = False


@dataclass(frozen=True)
class PictureSteps:
    """One picture: its name, its steps (name; uint8 H×W, H×W×3 or H×W×4; note; size in words), and the answers."""

    name: str
    steps: Sequence[tuple[str, np.ndarray, str, str]]
    answers: Sequence[Answer]


def draw_preparation(pictures: Sequence[PictureSteps]) -> bytes:
    """The PNG of the steps of one picture or of several, one below the other.

    Raises:
        UsageError: no pictures, or more than twenty.

    >>> step = ("original", np.zeros((4, 4), np.uint8), "", "4×4")
    >>> draw_preparation([PictureSteps("a.png", [step], [Answer("as it came", [("cat", 0.9)])])])[:4]
    b'\\x89PNG'
    """
    if not 1 <= len(pictures) <= MOST_PICTURES:
        raise UsageError(f"{len(pictures)} pictures: the steps of 1 to {MOST_PICTURES} can be drawn. Give fewer.")
    rows = [_rows(picture.steps) for picture in pictures]
    heights = [_HEAD + sum(_row_height(row) for row in own) + _ANSWERS_HEIGHT for own in rows]
    with drawing_style():
        figure = new_figure(0.2 + sum(heights))
        sheet = add_sheet(figure)
        top = 0.15
        for picture, own, height in zip(pictures, rows, heights, strict=True):
            if top > _HEAD:
                sheet.barh(top - 0.02, WIDTH - 2 * _MARGIN, height=0.01, left=_MARGIN, color=LINE, linewidth=0)
            add_text(figure, _MARGIN, top + 0.24, shorten(picture.name, 80), fontsize=12, fontweight="bold")
            _draw_rows(figure, sheet, top + _HEAD, own)
            _draw_answers(figure, sheet, top + height - _ANSWERS_HEIGHT, picture.answers)
            top += height
        return encode_figure(figure)


def _rows(steps: Sequence[tuple[str, np.ndarray, str, str]]) -> list[list[tuple[str, np.ndarray, list[str]]]]:
    """Heading, picture and lines of each step, in rows."""
    cells = [
        (shorten(f"{number}. {name}", 18), pixels, _lines(note, size))
        for number, (name, pixels, note, size) in enumerate(steps, start=1)
    ]
    return [cells[first : first + _COLUMNS] for first in range(0, len(cells), _COLUMNS)]


def _lines(note: str, size: str) -> list[str]:
    """The size, and the note in as many lines as it takes; a very long one is cut."""
    lines = [size, *textwrap.wrap(shorten(note, _NOTE_LINES * _NOTE_LETTERS), _NOTE_LETTERS)]
    return lines if len(lines) <= _NOTE_LINES else [*lines[: _NOTE_LINES - 1], "…"]


def _row_height(row: list[tuple[str, np.ndarray, list[str]]]) -> float:
    return 0.2 + _STEP + 0.1 + max(len(lines) for _, _, lines in row) * _LINE + 0.12


def _draw_rows(
    figure: "Figure", sheet: "Axes", top: float, rows: list[list[tuple[str, np.ndarray, list[str]]]]
) -> None:
    for row in rows:
        for place, (heading, pixels, lines) in enumerate(row):
            left = _MARGIN + place * (_STEP + _GAP)
            add_text(figure, left, top + 0.12, heading, fontsize=8.5, fontweight="bold", color=INK)
            _show(sheet, pixels, left, top + 0.2)
            for number, line in enumerate(lines):
                lower = top + 0.2 + _STEP + 0.14 + number * _LINE
                add_text(figure, left, lower, line, fontsize=6.8, color=QUIET)
        top += _row_height(row)


def _show(sheet: "Axes", pixels: np.ndarray, left: float, top: float) -> None:
    """As large as there is room, in its own proportions, on a pale square; what is transparent on chequers."""
    height, width = pixels.shape[:2]
    scale = _STEP / max(height, width)
    wide, high = max(width * scale, 1 / DPI), max(height * scale, 1 / DPI)  # a single row is still to be seen
    pixels = _averaged(pixels)
    sheet.barh(top + _STEP / 2, _STEP, height=_STEP, left=left, color=PALE, linewidth=0, zorder=-1)
    place = (left + (_STEP - wide) / 2, top + (_STEP - high) / 2, wide, high)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        show_pixels(sheet, _CHEQUERS, *place, cmap="gray", vmin=-4, vmax=1.5)
    grey = {"cmap": "gray", "vmin": 0, "vmax": 255} if pixels.ndim == 2 else {}
    show_pixels(sheet, pixels, *place, **grey)


def _averaged(pixels: np.ndarray) -> np.ndarray:
    factor = max(pixels.shape[:2]) // _SHOWN
    if factor < 2:
        return pixels
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).reduce(factor))


def _draw_answers(figure: "Figure", sheet: "Axes", top: float, answers: Sequence[Answer]) -> None:
    """Side by side: as it came, as repaired."""
    wide = (WIDTH - 2 * _MARGIN - 0.4) / 2
    for number, answer in enumerate(answers):
        left = _MARGIN + number * (wide + 0.4)
        colour = ORANGE if answer.unknown else INK
        add_text(figure, left, top + 0.16, shorten(answer.heading, 58), fontsize=9, fontweight="bold", color=colour)
        for row, (name, share) in enumerate(answer.classes[:_BARS]):
            middle = top + 0.28 + (row + 0.5) * _BAR
            room = wide - 1.05 - 0.65
            for length, shade in ((1.0, PALE), (share, BLUE if row == 0 else SKY)):
                sheet.barh(middle, length * room, height=0.62 * _BAR, left=left + 1.05, color=shade, linewidth=0)
            strong = INK if row == 0 else QUIET
            sheet.text(left + 0.99, middle, shorten(name, 14), ha="right", va="center", fontsize=8, color=strong)
            sheet.text(left + 1.11 + room, middle, percent(share), ha="left", va="center", fontsize=8, color=strong)
