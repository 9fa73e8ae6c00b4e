"""Drawings of tensors: an image and its channels as numbers, and the names of a tensor's sizes."""

import numpy as np
from numpy.typing import ArrayLike

from convlens.by_hand.operands import Values, as_values
from convlens.errors import UsageError
from convlens.illustrations.sheet import CELL, LOOKED_AT, Box, Sheet
from convlens.illustrations.windows import is_small
from convlens.words import count_of, times

CHANNEL_NAMES = ("R", "G", "B")
CHANNEL_FILLS = ("#F7D9CC", "#CFEBDD", "#CFE0F5")
_PICTURE = 2.6  # inches of the longer side of a channel that is drawn as an image
_MOST_PIXELS = 512  # per side; more would make the file larger, but could not be seen
_MOST_CELLS, _MOST_PLANES = 12, 8
_GAP = 0.35


def draw_rgb(image: ArrayLike) -> Sheet:
    """Draw a colour image, 3×H×W or H×W×3 with values from 0 to 255 (or fractions up to 1), and its channels.

    The channels of a small image are drawn as numbers, those of a larger one as images. A shape that fits both forms is
    read as 3×H×W.

    Raises:
        UsageError: the shape or the values are not allowed.

    >>> draw_rgb(np.zeros((2, 4, 3), np.uint8))
    <Sheet 'An image as a tensor': 4×2 pixels, three numbers each>
    """
    values = as_values("the image", image, 3)
    if values.shape[0] != 3:
        if values.shape[-1] != 3:
            raise UsageError(f"the image is {times(values.shape)}; give a colour image, 3×H×W or H×W×3.")
        values = values.transpose(2, 0, 1)
    if values.min() < 0 or values.max() > 255:
        raise UsageError(f"the image has values from {values.min():g} to {values.max():g}; give values from 0 to 255.")
    _, height, width = values.shape
    sheet = Sheet("An image as a tensor", f"{width}×{height} pixels, three numbers each")
    box = sheet.pixels(_as_bytes(values).transpose(1, 2, 0), _box(values, 0, 0), 0, 255)
    sheet.text(box.middle[0], box.bottom + 0.22, f"{height}×{width} pixels", 11, align="centre")
    sheet.arrow((box.right + 0.15, box.middle[1]), (box.right + 0.65, box.middle[1]))
    _draw_channels(sheet, values, box.right + 0.85)
    return sheet


def draw_tensor(tensor: ArrayLike) -> Sheet:
    """Draw a tensor C×H×W: its channels side by side, also as a colour image if there are three, and its sizes.

    >>> draw_tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    <Sheet 'A tensor': 2×2×2: channels, height, width>
    """
    values = as_values("the tensor", tensor, 3)
    sheet = Sheet("A tensor", f"{times(values.shape)}: channels, height, width")
    if len(values) == 3 and values.min() >= 0 and values.max() <= 255:
        above = draw_rgb(values)
    else:
        above = Sheet()
        _draw_channels(above, values[:_MOST_PLANES], 0.0)
        if len(values) > _MOST_PLANES:
            more = f"and {count_of(len(values) - _MOST_PLANES, 'more channel')}"
            above.text(above.bounds.right, 0.2, more, 11)
    sheet.place(above, 0, 0)
    sheet.place(draw_tensor_attributes(*values.shape), 0, above.bounds.height + 0.4)
    return sheet


def draw_tensor_attributes(channels: int, height: int, width: int) -> Sheet:
    """Draw a tensor as planes behind each other, with its three sizes at the sides."""
    sheet = Sheet("The sizes of a tensor", f"{count_of(channels, 'channel')} of {height}×{width} numbers")
    planes, cells = min(channels, _MOST_PLANES), max(height, width) <= _MOST_CELLS
    step, back = 0.32, (planes - 1) * 0.32
    scale = CELL if cells else _PICTURE / max(height, width)
    front = Box(0, 0, max(width * scale, 0.1), max(height * scale, 0.1))
    for channel in reversed(range(planes)):
        colour = CHANNEL_FILLS[channel] if channels == 3 else LOOKED_AT
        if cells:
            sheet.grid(None, channel * step, channel * step, shape=(height, width), fill=colour, covered_later=True)
        else:
            sheet.rectangle(Box(channel * step, channel * step, front.width, front.height), colour)
    sheet.arrow((-0.22, front.top), (-0.22, front.bottom))
    sheet.text(-0.34, front.middle[1], f"height {height}", 12, align="right")
    low = front.bottom + back
    sheet.arrow((back, low + 0.2), (back + front.width, low + 0.2))
    sheet.text(back + front.width / 2, low + 0.42, f"width {width}", 12, align="centre")
    corner = front.right + 0.14, front.top - 0.14
    sheet.arrow(corner, (corner[0] + back, corner[1] + back))
    sheet.text(corner[0] + back / 2 + 0.2, corner[1] + back / 2 - 0.08, f"channels {channels}", 12)
    numbers = channels * height * width
    sheet.text(0, low + 0.85, f"a tensor {channels}×{height}×{width}: {count_of(numbers, 'number')}", 12)
    return sheet


def _draw_channels(sheet: Sheet, values: Values, left: float) -> None:
    """Draw each channel as numbers, or as an image in its colour if there are too many."""
    is_rgb = len(values) == 3
    low, high = float(values.min()), float(values.max())
    for number, channel in enumerate(values):
        if is_small(channel):
            box = sheet.grid(channel, left, 0, fill=CHANNEL_FILLS[number] if is_rgb else LOOKED_AT)
        elif is_rgb and low >= 0 and high <= 255:
            levels = _as_bytes(values)
            levels[np.arange(3) != number] = 0
            box = sheet.pixels(levels.transpose(1, 2, 0), _box(values, left, 0), 0, 255)
        else:
            box = sheet.pixels(_thin(channel), _box(values, left, 0), low, high if high > low else low + 1)
        name = CHANNEL_NAMES[number] if is_rgb else f"channel {number}"
        sheet.text(box.middle[0], box.bottom + 0.22, name, 13, bold=True, align="centre")
        left = box.right + _GAP


def _box(values: Values, left: float, top: float) -> Box:
    height, width = values.shape[-2:]
    cell = CELL if is_small(values) else _PICTURE / max(height, width)
    return Box(left, top, width * cell, height * cell)


def _as_bytes(values: Values) -> np.ndarray:
    """Convert values to bytes; fractions are multiplied by 255 if the largest value is at most 1."""
    is_fraction = values.max() <= 1 and (values % 1 != 0).any()
    return np.clip(_thin(values) * (255 if is_fraction else 1), 0, 255).round().astype(np.uint8)


def _thin(values: Values) -> Values:
    step = -(-max(values.shape[-2:]) // _MOST_PIXELS)
    return values[..., ::step, ::step]
