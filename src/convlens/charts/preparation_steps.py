"""The chart of an image's preprocessing: every step with its note, and the model's answers for the original and the
repaired image.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convlens.charts.canvas import (
    DPI,
    INK,
    LINE,
    MARGIN,
    ORANGE,
    PALE,
    QUIET,
    WIDTH,
    Bar,
    Sheet,
    drawing_style,
)
from convlens.errors import UsageError
from convlens.pixels.framing import reduce
from convlens.words import percent, shorten

MOST_PICTURES = 20
_GAP, _COLUMNS = 0.18, 6
_STEP = (WIDTH - 2 * MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
_NOTE_LINES, _NOTE_LETTERS, _LINE = 9, 22, 0.135
_BAR, _BARS = 0.2, 3
_HEAD, _ANSWERS_HEIGHT = 0.42, 0.28 + _BARS * _BAR + 0.25
_SHOWN = 2 * round(_STEP * DPI)  # pixels; larger pictures are reduced before matplotlib draws them
_CHEQUERS = np.kron(np.indices((32, 32)).sum(axis=0) % 2, np.ones((8, 8), np.uint8))


@dataclass(frozen=True)
class Answer:
    """The model's answer for an image: a heading, and the most likely classes with their probabilities."""

    heading: str
    classes: Sequence[tuple[str, float]]
    unknown: bool = False


@dataclass(frozen=True)
class PictureSteps:
    """One image: its name, its steps (name; uint8 H×W, H×W×3 or H×W×4; note; size as text), and the answers."""

    name: str
    steps: Sequence[tuple[str, np.ndarray, str, str]]
    answers: Sequence[Answer]


def draw_preparation(pictures: Sequence[PictureSteps]) -> bytes:
    """Draw the steps of one or more images, one below the other, as a PNG.

    Raises:
        UsageError: there are no images, or more than twenty.

    >>> step = ("original", np.zeros((4, 4), np.uint8), "", "4×4")
    >>> draw_preparation([PictureSteps("a.png", [step], [Answer("original", [("cat", 0.9)])])])[:4]
    b'\\x89PNG'
    """
    if not 1 <= len(pictures) <= MOST_PICTURES:
        raise UsageError(f"{len(pictures)} images were given; steps can be drawn for 1 to {MOST_PICTURES} images.")
    rows = [_rows(picture.steps) for picture in pictures]
    heights = [_HEAD + sum(_row_height(row) for row in own) + _ANSWERS_HEIGHT for own in rows]
    with drawing_style():
        sheet = Sheet(0.2 + sum(heights))
        top = 0.15
        for picture, own, height in zip(pictures, rows, heights, strict=True):
            if top > _HEAD:
                sheet.block(MARGIN, top - 0.025, WIDTH - 2 * MARGIN, 0.01, LINE)
            sheet.text(MARGIN, top + 0.24, shorten(picture.name, 80), fontsize=12, fontweight="bold")
            _draw_rows(sheet, top + _HEAD, own)
            _draw_answers(sheet, top + height - _ANSWERS_HEIGHT, picture.answers)
            top += height
        return sheet.png()


def _rows(steps: Sequence[tuple[str, np.ndarray, str, str]]) -> list[list[tuple[str, np.ndarray, list[str]]]]:
    """Arrange heading, pixels and lines of each step in rows."""
    cells = [
        (shorten(f"{number}. {name}", 18), pixels, _lines(note, size))
        for number, (name, pixels, note, size) in enumerate(steps, start=1)
    ]
    return [cells[first : first + _COLUMNS] for first in range(0, len(cells), _COLUMNS)]


def _lines(note: str, size: str) -> list[str]:
    """Return the size, and the note in as many lines as it needs; a very long note is shortened."""
    lines = [size, *textwrap.wrap(shorten(note, _NOTE_LINES * _NOTE_LETTERS), _NOTE_LETTERS)]
    return lines if len(lines) <= _NOTE_LINES else [*lines[: _NOTE_LINES - 1], "…"]


def _row_height(row: list[tuple[str, np.ndarray, list[str]]]) -> float:
    return 0.2 + _STEP + 0.1 + max(len(lines) for _, _, lines in row) * _LINE + 0.12


def _draw_rows(sheet: Sheet, top: float, rows: list[list[tuple[str, np.ndarray, list[str]]]]) -> None:
    for row in rows:
        for place, (heading, pixels, lines) in enumerate(row):
            left = MARGIN + place * (_STEP + _GAP)
            sheet.text(left, top + 0.12, heading, fontsize=8.5, fontweight="bold")
            _show(sheet, pixels, left, top + 0.2)
            for number, line in enumerate(lines):
                lower = top + 0.2 + _STEP + 0.14 + number * _LINE
                sheet.text(left, lower, line, fontsize=6.8, color=QUIET)
        top += _row_height(row)


def _show(sheet: Sheet, pixels: np.ndarray, left: float, top: float) -> None:
    """Draw an image as large as fits, in its proportions, on a pale square; transparent parts show a checkerboard."""
    height, width = pixels.shape[:2]
    scale = _STEP / max(height, width)
    wide, high = max(width * scale, 1 / DPI), max(height * scale, 1 / DPI)  # keeps a single row visible
    pixels = reduce(pixels, _SHOWN)
    sheet.block(left, top, _STEP, _STEP, PALE, zorder=-1)
    place = (left + (_STEP - wide) / 2, top + (_STEP - high) / 2, wide, high)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        sheet.pixels(_CHEQUERS, *place, cmap="gray", vmin=-4, vmax=1.5)
    sheet.pixels(pixels, *place)


def _draw_answers(sheet: Sheet, top: float, answers: Sequence[Answer]) -> None:
    """Draw the answers for the original image and for the repaired one side by side."""
    wide = (WIDTH - 2 * MARGIN - 0.4) / 2
    for number, answer in enumerate(answers):
        left = MARGIN + number * (wide + 0.4)
        colour = ORANGE if answer.unknown else INK
        sheet.text(left, top + 0.16, shorten(answer.heading, 58), fontsize=9, fontweight="bold", color=colour)
        bars = [
            Bar(shorten(name, 14), share, percent(share), strong=row == 0)
            for row, (name, share) in enumerate(answer.classes[:_BARS])
        ]
        sheet.bars(left + 1.05, top + 0.28, wide - 1.05 - 0.65, bars, _BAR)
