"""Drawings of a window at one position: the numbers that it covers, the kernel, and the result.

Small inputs are drawn as grids of numbers. Large ones are drawn as images with the window marked, and the numbers that
it covers are shown beside them.
"""

from dataclasses import dataclass

import numpy as np

from convlens.by_hand import PoolPosition, Trace, WindowPosition
from convlens.illustrations.numbers import equals, short_number, write_position
from convlens.illustrations.sheet import CELL, INK, KERNEL, LOOKED_AT, QUIET, RESULT, WHITE, Box, Sheet
from convlens.words import count_of

MOST_NUMBERS, LONGEST_SIDE = 400, 24
"""The most numbers, and the most rows or columns, of an input or a map that is drawn as a grid of numbers."""
MOST_CHANNELS = 4
_PICTURE = 3.2  # inches of the longer side of an input that is drawn as an image
_GAP = 0.75
_UNKNOWN = "#D8C9E3"  # the colour of pixels that are not computed yet


@dataclass(frozen=True)
class Plane:
    """One channel of an input or a result: its box on the sheet, and the side of a cell in inches."""

    box: Box
    cell: float


def draw_window_position(
    trace: Trace[WindowPosition],
    number: int,
    filled: int | None = None,
    title: str = "",
    results: np.ndarray | None = None,
) -> Sheet:
    """Draw one window position of a kernel: the input and kernel of each channel, the sum, and the map so far.

    The map shows the results up to position `filled`, by default up to this one. They are computed from the window
    positions, unless you pass all results, in the shape of the trace, as `results`.
    """
    window = trace[number]
    sheet = Sheet(title or trace.operation, _describe(window))
    source = trace.source if trace.source.ndim == 3 else trace.source[None]
    kernels = window.kernel if window.kernel.ndim == 3 else window.kernel[None]
    covered = window.covered if window.covered.ndim == 3 else window.covered[None]
    channels, several = min(len(covered), MOST_CHANNELS), len(source) > 1
    top, right, end = 0.0, 0.0, 0.0
    for channel in range(channels):
        of_input = window.first_channel + channel
        sheet.text(0, top - 0.2, f"input, channel {of_input}" if several else "input", 10, QUIET)
        plane = _draw_input(sheet, source[of_input], top, trace, window.start, covered[channel].shape)
        right, bottom = _draw_covered(sheet, plane, covered[channel])
        cell = CELL if is_small(source) else _patch_cell(covered)
        height = kernels.shape[1] * cell
        middle = max(plane.box.middle[1], top + height / 2)
        sheet.text(right + _GAP / 2, middle, "×", 18, align="centre")
        kernel = sheet.grid(kernels[channel], right + _GAP, middle - height / 2, fill=KERNEL, cell=cell)
        right = kernel.right
        name = f"kernel, channel {channel}" if several else "kernel"
        sheet.text(kernel.left, kernel.top - 0.2, name, 10, QUIET)
        if several:
            sum_text = f"{equals(window.channel_sums[channel])} {short_number(window.channel_sums[channel])}"
            right = max(right, sheet.text(right + 0.2, middle, sum_text, 13).right)
        end = max(bottom, kernel.bottom)
        top = end + 0.55
    if channels < len(covered):
        sheet.text(0, end + 0.3, f"and {count_of(len(covered) - channels, 'more channel')}", 11, QUIET)
        end += 0.3
    sheet.text(0, end + 0.45, write_position(window, 8), 12.5)
    known = _known_results(trace, number, number if filled is None else filled, results)
    _draw_map(sheet, window.position, known, right + _GAP + 0.15 * several, end / 2, _range_of(results, known))
    return sheet


def draw_pooling(
    trace: Trace[PoolPosition],
    number: int,
    filled: int | None = None,
    title: str = "",
    results: np.ndarray | None = None,
) -> Sheet:
    """Draw one position of a pooling window: what it covers, its largest value or average, and the map so far.

    `filled` and `results` mean the same as in `draw_window_position`.
    """
    window = trace[number]
    text = write_position(window, 9)
    sheet = Sheet(title or trace.operation, text)
    source = trace.source if trace.source.ndim == 2 else trace.source[window.position[0]]
    plane = _draw_input(sheet, source, 0.0, trace, window.start, window.covered.shape)
    if window.winner is not None:
        row, column = (place + pad for place, pad in zip(window.winner[-2:], trace.padding, strict=True))
        inner = Box(plane.box.left + (column + 0.1) * plane.cell, plane.box.top + (row + 0.1) * plane.cell,
                    0.8 * plane.cell, 0.8 * plane.cell)  # fmt: skip
        sheet.rectangle(inner, None, INK, 1.6, above=True)
    right, bottom = _draw_covered(sheet, plane, window.covered)
    sheet.text(0, -0.2, "input", 10, QUIET)
    sheet.text(0, bottom + 0.35, text, 12)
    known = _known_results(trace, number, number if filled is None else filled, results)
    _draw_map(sheet, window.position, known, right + _GAP, plane.box.middle[1], _range_of(results, known))
    return sheet


def _draw_input(
    sheet: Sheet, source: np.ndarray, top: float, trace: Trace, start: tuple[int, ...], size: tuple[int, ...]
) -> Plane:
    """Draw one channel with its padding, and a thick border around the window, or around its cells if it has gaps."""
    (pad_y, pad_x), (apart_y, apart_x) = trace.padding[-2:], trace.dilation
    row, column = start[-2] + pad_y, start[-1] + pad_x
    window = [(row + y * apart_y, column + x * apart_x) for y, x in np.ndindex(size[0], size[1])]
    small = is_small(source)
    cell = CELL if small else _PICTURE / max(source.shape)
    if small:
        padding = {place for place in np.ndindex(source.shape) if trace.is_padding(*place)}
        box = sheet.grid(source, 0.0, top, fills=dict.fromkeys(window, LOOKED_AT), dashed=padding)
    else:
        box = Box(0.0, top, source.shape[1] * cell, source.shape[0] * cell)
        sheet.pixels(source, box, *_brightness(trace.source))
    if small and (apart_y, apart_x) != (1, 1):
        for place in window:
            sheet.border(box, place, (1, 1), LOOKED_AT)
    else:
        reached = (size[0] - 1) * apart_y + 1, (size[1] - 1) * apart_x + 1
        sheet.border(box, (row, column), reached, LOOKED_AT, cell)
    return Plane(box, cell)


def _draw_covered(sheet: Sheet, plane: Plane, covered: np.ndarray) -> tuple[float, float]:
    """Draw the covered numbers beside an input that is drawn as an image; return the right and lower edge of both."""
    if plane.cell == CELL:
        return plane.box.right, plane.box.bottom
    cell = _patch_cell(covered)
    top = max(plane.box.top, plane.box.middle[1] - covered.shape[0] * cell / 2)
    patch = sheet.grid(covered, plane.box.right + 0.3, top, fill=LOOKED_AT, cell=cell)
    return patch.right, max(plane.box.bottom, patch.bottom)


def _brightness(source: np.ndarray) -> tuple[float, float]:
    """Return the values of black and white: 0 and 255 for images, else the smallest and largest of all channels."""
    finite = source[np.isfinite(source)]
    low, high = float(finite.min()), float(finite.max())
    if low >= 0 and 1 < high <= 255:
        return 0.0, 255.0
    return low, high if high > low else low + 1.0


def _range_of(results: np.ndarray | None, known: np.ndarray) -> tuple[float, float]:
    """Return the smallest and largest value; if all results are given, all frames of an animation share them."""
    values = known[np.isfinite(known)] if results is None else results
    low, high = float(values.min()), float(values.max())
    return low, high if high > low else low + 1.0


def _known_results(trace: Trace, number: int, filled: int, results: np.ndarray | None) -> np.ndarray:
    """Return the map that a window position belongs to, with NaN after position `filled`."""
    height, width = trace.shape[-2:]
    first = number // (height * width) * height * width
    count = min(filled - first + 1, height * width)
    known = np.full(height * width, np.nan)
    if results is None:
        known[:count] = [trace[first + place].result for place in range(count)]
    else:
        known[:count] = results.ravel()[first : first + count]
    return known.reshape(height, width)


def _draw_map(
    sheet: Sheet,
    position: tuple[int, ...],
    results: np.ndarray,
    left: float,
    middle: float,
    scale: tuple[float, float],
) -> None:
    """Draw a map of results, with the one at this position marked."""
    height, width = results.shape
    sheet.text(left - _GAP / 2, middle, "→", 18, align="centre")
    small = is_small(results)
    cell = CELL if small else _PICTURE / max(height, width)
    box = Box(left, middle - height * cell / 2, width * cell, height * cell)
    if small:
        sheet.grid(results, left, box.top, fills={(position[-2], position[-1]): RESULT}, fill=WHITE)
    else:
        sheet.rectangle(box, _UNKNOWN, None)
        sheet.pixels(results, box, *scale)
    sheet.border(box, (position[-2], position[-1]), (1, 1), RESULT, cell)
    sheet.text(left, box.top - 0.2, "result" if len(position) < 3 else f"result, map {position[0]}", 10, QUIET)


def is_small(source: np.ndarray) -> bool:
    """Return whether the last two axes have few enough numbers to be drawn as a grid of numbers."""
    height, width = source.shape[-2:]
    return max(height, width) <= LONGEST_SIDE and height * width <= MOST_NUMBERS


def _patch_cell(covered: np.ndarray) -> float:
    return min(CELL, 2.6 / max(covered.shape[-2:]))


def _describe(window: WindowPosition) -> str:
    place = ", ".join(str(at) for at in window.position)
    return f"the result at position {place} is {short_number(window.result)}"
