"""One image on its way through a network, from left to right: the picture that opens the README."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from convlens.charts.canvas import (
    BLUE,
    DEEP_TO_LIGHT,
    INK,
    PALE,
    QUIET,
    SKY,
    WIDTH,
    add_axes,
    add_text,
    drawing_style,
    encode_figure,
    new_figure,
    shorten,
)
from convlens.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT, _TOP, _BLOCK = 2.95, 1.02, 1.62
_MARGIN = 0.3
_BARS, _VALUES = 1.95, 0.62  # inches for the bars with their names and values, and for the values alone
_LETTER = 0.096  # inches that a bold letter of 10 points takes on average, with some to spare
_LONGEST_HEADING = 20
_MOST_MAPS = 16
_MOST_CLASSES = 10


def draw_banner(
    image: np.ndarray,
    stages: Sequence[tuple[str, np.ndarray]],
    probabilities: np.ndarray,
    class_names: Sequence[str],
    title: str = "input",
) -> bytes:
    """The PNG of an image (uint8 C×H×W), the maps of some layers (title, C×H×W), and the probabilities as bars.

    A stage's title is broken at its first comma. The maps of a stage share one scale from zero to the largest value,
    drawn by its square root so that weak answers can be seen. At most 16 maps and ten classes are shown.

    >>> image, maps = np.zeros((1, 28, 28), np.uint8), np.ones((8, 14, 14))
    >>> draw_banner(image, [("conv 8 3×3, relu, maxpool 2", maps)], np.array([0.2, 0.8]), ["cat", "dog"])[:4]
    b'\\x89PNG'
    """
    with drawing_style():
        figure = new_figure(_HEIGHT)
        widths = [_BLOCK, *(_stage_width(maps) for _, maps in stages)]
        free = WIDTH - 2 * _MARGIN - sum(widths) - _BARS
        arrow = free / (len(stages) + 1)
        pixels = image[0] if image.shape[0] == 1 else image.transpose(1, 2, 0)
        _show(add_axes(figure, _MARGIN, _TOP, _BLOCK, _BLOCK), pixels, "gray", 255)
        size = _heading_size(stages, widths[1:], arrow)
        _write_heading(figure, _MARGIN, title, f"{image.shape[2]}×{image.shape[1]} pixels", size)
        left = _MARGIN + _BLOCK
        for (heading, maps), width in zip(stages, widths[1:], strict=True):
            _draw_arrow(figure, left, arrow)
            left += arrow
            _draw_maps(figure, left, width, maps)
            detail = f"{len(maps)} maps of {maps.shape[2]}×{maps.shape[1]}"
            _write_heading(figure, left, heading, detail, size)
            left += width
        _draw_arrow(figure, left, arrow)
        _draw_bars(add_axes(figure, left + arrow, _TOP, _BARS, _BLOCK), probabilities, class_names)
        _write_heading(figure, left + arrow, "probabilities", f"{len(class_names):,} classes", size)
        return encode_figure(figure)


def _grid(maps: np.ndarray) -> tuple[int, int]:
    """Rows and columns for the maps: 4 × 2 for eight, 4 × 4 for sixteen."""
    count = min(len(maps), _MOST_MAPS)
    rows = 4 if count > 4 else count
    return rows, -(-count // rows)


def _stage_width(maps: np.ndarray) -> float:
    rows, columns = _grid(maps)
    return _BLOCK * columns / rows


def _draw_maps(figure: "Figure", left: float, width: float, maps: np.ndarray) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("deep to light", DEEP_TO_LIGHT)
    rows, columns = _grid(maps)
    gap = 0.045
    size = (_BLOCK - (rows - 1) * gap) / rows
    step = (width - size) / max(columns - 1, 1)
    largest = float(np.nanmax(maps, initial=0)) or 1.0
    for index in range(min(len(maps), _MOST_MAPS)):
        axes = add_axes(figure, left + (index % columns) * step, _TOP + (index // columns) * (size + gap), size, size)
        _show(axes, np.sqrt(np.clip(maps[index] / largest, 0, None)), colours, 1)


def _show(axes: "Axes", pixels: np.ndarray, colours: object, largest: float) -> None:
    axes.imshow(pixels, cmap=colours, vmin=0, vmax=largest, interpolation="nearest")  # pyright: ignore[reportArgumentType]
    axes.axis("off")


def _draw_bars(axes: "Axes", probabilities: np.ndarray, class_names: Sequence[str]) -> None:
    """All classes in their order if there are ten at most, else the ten likeliest; the likeliest bar is strong."""
    best = int(np.argmax(probabilities))
    order = list(range(len(probabilities)))
    if len(order) > _MOST_CLASSES:
        order = np.argsort(-probabilities, kind="stable")[:_MOST_CLASSES].tolist()
    names = [shorten(class_names[index], 9) for index in order]
    name_room = 0.1 + 0.07 * max(len(name) for name in names)
    bar_room = _BARS - name_room - _VALUES
    for row, index in enumerate(order):
        share, strong = float(probabilities[index]), index == best
        axes.barh(row, 1, height=0.66, color=PALE, linewidth=0)
        axes.barh(row, share, height=0.66, color=BLUE if strong else SKY, linewidth=0)
        weight = "bold" if strong else "normal"
        axes.text(-0.06 / bar_room, row, names[row], ha="right", va="center", fontsize=8, fontweight=weight,
                  color=INK if strong else QUIET)  # fmt: skip
        if strong:
            axes.text(
                1 + 0.06 / bar_room,
                row,
                percent(share),
                ha="left",
                va="center",
                fontsize=8.5,
                fontweight=weight,
                color=INK,
            )
    axes.set_xlim(-name_room / bar_room, 1 + _VALUES / bar_room)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.axis("off")


def _draw_arrow(figure: "Figure", left: float, width: float) -> None:
    axes = add_axes(figure, left, _TOP, width, _BLOCK)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.axis("off")
    style = {"arrowstyle": "-|>,head_length=0.35,head_width=0.18", "color": QUIET, "linewidth": 1.1}
    axes.annotate("", xy=(0.80, 0.5), xytext=(0.22, 0.5), arrowprops=style)


def _heading_size(stages: Sequence[tuple[str, np.ndarray]], widths: Sequence[float], arrow: float) -> float:
    """The points of all headings: ten, or as many as the longest one leaves, so that none runs into the next."""
    lengths = [len(shorten(heading.partition(", ")[0], _LONGEST_HEADING)) for heading, _ in stages]
    fitting = [10 * (width + arrow) / (_LETTER * max(length, 1)) for length, width in zip(lengths, widths, strict=True)]
    return min([10.0, *fitting])


def _write_heading(figure: "Figure", left: float, heading: str, detail: str, size: float) -> None:
    """Up to three lines: what comes before the first comma, what comes after it, and the sizes."""
    first, _, rest = heading.partition(", ")
    add_text(figure, left, 0.40, shorten(first, _LONGEST_HEADING), fontsize=size, fontweight="bold")
    lines = [shorten(rest, 22), detail] if rest else [detail]
    for place, line in enumerate(lines):
        add_text(figure, left, 0.61 + 0.19 * place, line, fontsize=8, color=QUIET)
