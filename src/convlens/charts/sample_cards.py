"""The chart of predictions: each image on a card with its most likely classes as bars, and whether it is right."""

from collections.abc import Sequence

import numpy as np

from convlens.charts.canvas import (
    GREEN,
    INK,
    MARGIN,
    ORANGE,
    QUIET,
    WIDTH,
    Bar,
    Sheet,
    as_pixels,
    drawing_style,
)
from convlens.errors import UsageError
from convlens.words import percent, shorten

_COLUMNS, _GAP = 3, 0.3
_MOST_CARDS = 12
_TOP = 5
_CARD_WIDTH = (WIDTH - 2 * MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
_IMAGE = 1.75
_BAR = 0.24


def draw_samples(
    images: np.ndarray,
    probabilities: np.ndarray,
    true_names: Sequence[str] | None,
    class_names: Sequence[str],
    captions: Sequence[str] | None = None,
    title: str = "Predictions",
) -> bytes:
    """Draw up to twelve images (uint8 N×C×H×W) with the five most likely classes of each (probabilities N×K) as a PNG.

    With `true_names`, each card says whether the model is right. `captions` are short names of the images.

    Raises:
        UsageError: the counts do not match.

    >>> images = np.zeros((1, 1, 28, 28), np.uint8)
    >>> draw_samples(images, np.array([[0.1, 0.9]]), ["cat"], ["dog", "cat"], ["1st"])[:4]
    b'\\x89PNG'
    """
    count = len(images)
    captions = [f"image {place}" for place in range(count)] if captions is None else captions
    if not (count == len(probabilities) == len(captions) == len(true_names or images)) or count == 0:
        raise UsageError(
            f"{count} images, {len(probabilities)} rows of probabilities, {len(captions)} captions: give one of each."
        )
    if probabilities.shape[1] != len(class_names):
        raise UsageError(
            f"{probabilities.shape[1]} probabilities for {len(class_names)} class names: give one for each."
        )
    shown, bars = min(count, _MOST_CARDS), min(_TOP, len(class_names))
    card_height = 0.55 + _IMAGE + 0.18 + bars * _BAR + 0.35
    with drawing_style():
        sheet = Sheet(0.75 + -(-shown // _COLUMNS) * card_height)
        sheet.title(title + (f", the first {shown} of {count}" if shown < count else ""))
        for place in range(shown):
            left = MARGIN + (place % _COLUMNS) * (_CARD_WIDTH + _GAP)
            top = 0.75 + (place // _COLUMNS) * card_height
            truth = None if true_names is None else true_names[place]
            guess = class_names[int(np.argmax(probabilities[place]))]
            _write_verdict(sheet, left, top, captions[place], guess, truth)
            _show_image(sheet, left, top + 0.55, images[place])
            _draw_bars(sheet, left, top + 0.55 + _IMAGE + 0.18, probabilities[place], class_names, truth)
        return sheet.png()


def _write_verdict(sheet: Sheet, left: float, top: float, caption: str, guess: str, truth: str | None) -> None:
    if truth is not None and guess != truth:
        caption = f"{shorten(caption, 22)}, true class {shorten(truth, 14)}"
    sheet.text(left, top + 0.16, shorten(caption, 38), fontsize=8, color=QUIET)
    if truth is None:
        text, colour = f"predicted: {shorten(guess, 16)}", INK
    elif guess == truth:
        text, colour = f"✓ right: {shorten(guess, 18)}", GREEN
    else:
        text, colour = f"✗ wrong: {shorten(guess, 18)}", ORANGE
    sheet.text(left, top + 0.40, text, fontsize=11.5, fontweight="bold", color=colour)


def _show_image(sheet: Sheet, left: float, top: float, image: np.ndarray) -> None:
    """Draw the image as large as fits on the card, in its proportions."""
    height, width = image.shape[1:]
    scale = min(_CARD_WIDTH / width, _IMAGE / height)
    sheet.pixels(as_pixels(image), left, top + (_IMAGE - height * scale) / 2, width * scale, height * scale)


def _draw_bars(
    sheet: Sheet, left: float, top: float, probabilities: np.ndarray, class_names: Sequence[str], truth: str | None
) -> None:
    """Draw a bar for each of the most likely classes; the first one is emphasised, and the true class is marked."""
    bars = []
    for row, index in enumerate(np.argsort(-np.nan_to_num(probabilities), kind="stable")[:_TOP]):
        is_true, share = truth is not None and class_names[index] == truth, float(probabilities[index])
        note = ", true" if is_true and row > 0 else ""
        bars.append(Bar(shorten(class_names[index], 12), share, percent(share) + note, strong=row == 0, bold=is_true))
    longest = max(len(bar.name) for bar in bars)
    name_room, value_room = 0.08 + 0.075 * longest, 0.78  # inches
    room = _CARD_WIDTH - name_room - value_room
    sheet.bars(left + name_room, top, room, bars, _BAR, points=9 if longest <= 4 else 8)
