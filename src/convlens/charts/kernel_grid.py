"""Kernels as coloured squares: blue is positive, orange negative; small kernels show their numbers."""

from typing import TYPE_CHECKING

import numpy as np

from convlens.charts.canvas import ADDS_OR_TAKES_AWAY, INK, LINE, MARGIN, QUIET, WIDTH, Sheet, drawing_style
from convlens.errors import UsageError
from convlens.words import count_of, times

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

_MOST_KERNELS = 64
_MOST_CHANNELS = 8
_MOST_TILES = 256
_BAR_ROOM = 0.75
_ROOM = WIDTH - 2 * MARGIN - _BAR_ROOM
_LARGEST_TILE = 1.45
_WRITABLE = 0.235  # inches; the width that a kernel's pixel needs to show its number


def draw_kernels(weights: np.ndarray, bias: np.ndarray | None = None, title: str = "Kernels") -> bytes:
    """Draw up to 64 kernels O×I×kH×kW with their biases as a PNG, each with as many input channels as fit.

    They are numbered from 0. All share one scale that is symmetric about zero, so colours can be compared between them.

    Raises:
        UsageError: the weights are not four-dimensional.

    >>> draw_kernels(np.zeros((8, 1, 3, 3)), np.zeros(8), "first layer")[:4]
    b'\\x89PNG'
    """
    weights = np.asarray(weights, np.float64)
    if weights.ndim != 4 or weights.size == 0:
        raise UsageError(f"weights of the shape {times(weights.shape)}: give kernels as out × in × height × width.")
    kernels = min(len(weights), _MOST_KERNELS)
    channels = min(weights.shape[1], _MOST_CHANNELS, _MOST_TILES // kernels)
    columns, tile = _choose_columns(kernels, channels, weights.shape[2], weights.shape[3])
    tile_height = tile * weights.shape[2] / weights.shape[3]
    row_height = tile_height + (0.36 if columns <= 8 else 0.26)
    with drawing_style():
        sheet = Sheet(max(0.95 + -(-kernels // columns) * row_height + 0.1, 2.2))
        sheet.title(title)
        sheet.text(MARGIN, 0.66, _describe(weights, kernels, channels), fontsize=8, color=QUIET)
        largest = float(np.abs(weights[np.isfinite(weights)]).max(initial=0)) or 1.0
        for index in range(kernels):
            left = MARGIN + (index % columns) * (channels * tile + (channels - 1) * 0.04 + _gap(columns))
            top = 0.95 + (index // columns) * row_height
            _write_name(sheet, left, top, index, bias, tile * channels)
            for channel in range(channels):
                _draw_tile(sheet, weights[index, channel], largest, left + channel * (tile + 0.04), top + 0.22, tile)
        _draw_scale(sheet, largest)
        return sheet.png()


def _choose_columns(kernels: int, channels: int, height: int, width: int) -> tuple[int, float]:
    """Choose the number of kernels side by side and the width of a channel in inches, as large as fits on one page."""
    for columns in range(1, kernels + 1):
        tile = _tile_width(columns, channels)
        rows = -(-kernels // columns)
        if tile <= _LARGEST_TILE and rows * (tile * height / width + 0.36) <= 7.5:
            columns = -(-kernels // rows)  # fills the last row as far as possible
            return columns, min(_tile_width(columns, channels), _LARGEST_TILE)
    return kernels, min(_tile_width(kernels, channels), _LARGEST_TILE)


def _tile_width(columns: int, channels: int) -> float:
    gaps = columns * (channels - 1) * 0.04 + (columns - 1) * _gap(columns)
    return max((_ROOM - gaps) / (columns * channels), 0.05)


def _gap(columns: int) -> float:
    return 0.22 if columns <= 4 else 0.12


def _describe(weights: np.ndarray, kernels: int, channels: int) -> str:
    count, inputs, height, width = weights.shape
    shown = f"the first {kernels} of {count} kernels" if kernels < count else count_of(count, "kernel")
    depth = f", the first {channels} of {inputs} input channels" if channels < inputs else ""
    depth = depth or (f", {inputs} input channels side by side" if inputs > 1 else "")
    return f"{shown} of {height}×{width}{depth}"


def _write_name(sheet: Sheet, left: float, top: float, index: int, bias: np.ndarray | None, width: float) -> None:
    name = f"{index}"
    if bias is not None and width > 0.75:
        name += f"   bias {_signed(float(bias[index]))}"
    sheet.text(left, top + 0.16, name, fontsize=8 if width > 0.5 else 6.5, color=QUIET)


def _draw_tile(sheet: Sheet, kernel: np.ndarray, largest: float, left: float, top: float, width: float) -> None:
    from matplotlib.patches import Rectangle

    pixel = width / kernel.shape[1]
    height = pixel * kernel.shape[0]
    sheet.pixels(kernel, left, top, width, height, cmap=_colours(), vmin=-largest, vmax=largest)
    sheet.page.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=LINE, linewidth=0.8))
    if pixel < _WRITABLE:
        return
    for (row, column), value in np.ndenumerate(kernel):
        dark = np.isfinite(value) and abs(value) > 0.72 * largest
        sheet.text(left + (column + 0.5) * pixel, top + (row + 0.5) * pixel, _signed(float(value)), ha="center",
                   va="center", color="white" if dark else INK, fontsize=min(9.0, pixel * 19))  # fmt: skip


def _draw_scale(sheet: Sheet, largest: float) -> None:
    axes = sheet.axes(WIDTH - MARGIN - 0.5, 1.17, 0.13, min(2.2, sheet.height - 1.5))
    axes.imshow(np.linspace(1, -1, 256)[:, None], cmap=_colours(), aspect="auto", extent=(0, 1, -largest, largest))
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.set_yticks([-largest, 0, largest], [_signed(-largest), "0", _signed(largest)], fontsize=7.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _colours() -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("adds and takes away", ADDS_OR_TAKES_AWAY)
    colours.set_bad(LINE)
    return colours


def _signed(value: float) -> str:
    """Format a number with two decimals, a true minus sign, and no minus before zero."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}" if abs(value) < 10_000 else f"{value:.0e}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")
