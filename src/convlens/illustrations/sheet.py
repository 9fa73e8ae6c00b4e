"""A sheet to draw on: grids of numbers, text, arrows. Positions are in inches from the upper left corner.

A sheet is a list of marks with known sizes, so that a picture is as large as its content, text fits its cells, and a
test can check whether two texts overlap. matplotlib turns the list into SVG, PNG or a frame.

Colour is never the only sign: the window has a thick border, padding has a dashed one, and channels have numbers, so
that a picture can be printed in black and white.
"""

import io
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from convlens.charts import drawing_style, encode_figure
from convlens.illustrations.numbers import short_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL = 0.5
"""The side of a cell with a number in it, in inches."""
MARGIN = 0.25
INK, QUIET, LINE, WHITE = "#1B2530", "#55606B", "#8A939C", "#FFFFFF"
LOOKED_AT, KERNEL, RESULT, PADDING = "#FFE3C2", "#CFE6F5", "#CFEBDD", "#F0F2F4"
STRONG = {LOOKED_AT: "#C24E00", KERNEL: "#005C91", RESULT: "#00694D"}
"""The colour of a fill → the colour of the border around cells with this fill."""
DPI = 150
_SMALLEST_BORDER = 0.16


@dataclass(frozen=True)
class Box:
    """A rectangle on the sheet."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.left + self.width / 2, self.top + self.height / 2


@dataclass(frozen=True)
class Words:
    """A line of text; `box` is the area that its letters cover."""

    text: str
    box: Box
    points: float
    colour: str
    bold: bool


@dataclass(frozen=True)
class Rectangle:
    """A cell or a border; without `fill` the inside is transparent."""

    box: Box
    fill: str | None
    edge: str | None
    width: float
    dashed: bool
    above: bool


@dataclass(frozen=True)
class Pixels:
    """An image with a square for each number; `colours` is the name of a matplotlib colour map."""

    box: Box
    values: np.ndarray
    low: float
    high: float
    colours: str


@dataclass(frozen=True)
class Arrow:
    """A line from one point to another, with a tip at the second."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: str
    tip: bool


@dataclass(repr=False)
class Sheet:
    """A picture that is being drawn. Screen readers read its `title` and its `description`."""

    title: str = ""
    description: str = ""
    marks: list[Words | Rectangle | Pixels | Arrow] = field(default_factory=list)

    def text(
        self, x: float, y: float, text: str, points: float = 11, colour: str = INK, bold: bool = False,
        align: str = "left", width: float | None = None,
    ) -> Box:  # fmt: skip
        """Add a line of text with its middle at height y; it is made smaller if it is wider than `width`."""
        wide, high = measure(text, points, bold)
        if width is not None and wide > width:
            points *= width / wide
            wide, high = measure(text, points, bold)
        left = x - {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * wide
        box = Box(left, y - high / 2, wide, high)
        if text:
            self.marks.append(Words(text, box, points, colour, bold))
        return box

    def rectangle(
        self, box: Box, fill: str | None = None, edge: str | None = INK, width: float = 0.8, dashed: bool = False,
        above: bool = False,
    ) -> Box:  # fmt: skip
        """Add a cell, or with `above` a border that no cell covers."""
        self.marks.append(Rectangle(box, fill, edge, width, dashed, above))
        return box

    def pixels(self, values: np.ndarray, box: Box, low: float, high: float, colours: str = "gray") -> Box:
        """Add an image: numbers H×W with a colour map, or H×W×3."""
        self.marks.append(Pixels(box, values, low, high, colours))
        self.rectangle(box, width=0.8, edge=LINE)
        return box

    def arrow(
        self, start: tuple[float, float], end: tuple[float, float], colour: str = QUIET, tip: bool = True
    ) -> None:
        """Add an arrow, or a line without a tip."""
        self.marks.append(Arrow(start, end, colour, tip))

    def grid(
        self,
        values: np.ndarray | None,
        left: float,
        top: float,
        shape: tuple[int, int] | None = None,
        *,
        cell: float = CELL,
        fill: str = WHITE,
        fills: Mapping[tuple[int, int], str] | None = None,
        dashed: Container[tuple[int, int]] = (),
        bold: Container[tuple[int, int]] = (),
        covered_later: bool = False,
    ) -> Box:
        """Add a matrix as cells with their numbers. NaN gives an empty cell; None gives empty cells in this `shape`.

        `fills` are the colours of cells with another fill. Cells in `dashed` have a dashed border (the padding), and
        numbers in `bold` are bold. With `covered_later`, the frame does not stay above marks that are added later.
        """
        rows, columns = shape if shape else np.shape(values if values is not None else [[]])
        known = {} if values is None else {k: short_number(float(v)) for k, v in np.ndenumerate(values) if v == v}
        widest = max((measure(number, 26 * cell, False)[0] for number in known.values()), default=0.0)
        points = 26 * cell * min(1.0, 0.86 * cell / widest if widest else 1.0)  # all numbers of a grid alike
        for row, column in np.ndindex(rows, columns):
            box = Box(left + column * cell, top + row * cell, cell, cell)
            place = row, column
            is_padding = place in dashed
            colour = (fills or {}).get(place, PADDING if is_padding else fill)
            self.rectangle(box, colour, LINE, 0.8, dashed=is_padding)
            if place in known:
                ink = QUIET if is_padding else INK
                self.text(*box.middle, known[place], points, ink, place in bold, "centre", 0.86 * cell)
        whole = Box(left, top, columns * cell, rows * cell)
        return self.rectangle(whole, None, INK, 1.0, above=not covered_later)

    def border(
        self, grid: Box, start: tuple[float, float], size: tuple[float, float], fill: str, cell: float = CELL
    ) -> Box:
        """Add a thick border around cells of a grid, from row and column `start`, in the strong colour of `fill`.

        Around very small cells, the border is larger than the cells, so that it can be seen.
        """
        width, height = max(size[1] * cell, _SMALLEST_BORDER), max(size[0] * cell, _SMALLEST_BORDER)
        x, y = grid.left + (start[1] + size[1] / 2) * cell, grid.top + (start[0] + size[0] / 2) * cell
        box = Box(x - width / 2, y - height / 2, width, height)
        return self.rectangle(box, None, STRONG.get(fill, INK), 2.6, above=True)

    def place(self, other: "Sheet", left: float, top: float) -> None:
        """Copy the marks of another sheet, with its upper left corner at this position."""
        box = other.bounds
        across, down = left - box.left - MARGIN, top - box.top - MARGIN
        for mark in other.marks:
            if isinstance(mark, Arrow):
                start = mark.start[0] + across, mark.start[1] + down
                self.marks.append(replace(mark, start=start, end=(mark.end[0] + across, mark.end[1] + down)))
            else:
                moved = replace(mark.box, left=mark.box.left + across, top=mark.box.top + down)
                self.marks.append(replace(mark, box=moved))

    def __repr__(self) -> str:
        return f"<Sheet {self.title!r}: {self.description}>"

    def _repr_svg_(self) -> str:
        """Return the picture as SVG, for notebooks."""
        return render_svg(self).decode()

    @property
    def words(self) -> list[Words]:
        """All texts on the sheet."""
        return [mark for mark in self.marks if isinstance(mark, Words)]

    @property
    def bounds(self) -> Box:
        """The area that the marks cover, with a margin around it."""
        boxes = [mark.box for mark in self.marks if not isinstance(mark, Arrow)]
        for mark in self.marks:
            if isinstance(mark, Arrow):
                (x, y), (to_x, to_y) = mark.start, mark.end
                boxes.append(Box(min(x, to_x), min(y, to_y), abs(x - to_x), abs(y - to_y)))
        left, top = min(box.left for box in boxes) - MARGIN, min(box.top for box in boxes) - MARGIN
        right, bottom = max(box.right for box in boxes) + MARGIN, max(box.bottom for box in boxes) + MARGIN
        return Box(left, top, right - left, bottom - top)


@lru_cache(maxsize=4096)
def measure(text: str, points: float, bold: bool) -> tuple[float, float]:
    """Return width and height of a line of text in inches, measured with the font."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=points, weight="bold" if bold else "normal")
    width, height, _ = text_to_path.get_text_width_height_descent(text or "0", font, ismath=False)
    return (width / 72 if text else 0.0), height / 72


def render_svg(sheet: Sheet) -> bytes:
    """Return the sheet as SVG, with text as paths, so that it looks the same everywhere. The bytes are reproducible."""
    import matplotlib

    with drawing_style(), matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "convlens"}):
        file = io.BytesIO()
        meta: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
        meta |= {"Title": sheet.title or None, "Description": sheet.description or None}
        _figure(sheet, sheet.bounds).savefig(file, format="svg", metadata=meta)
    return file.getvalue()


def render_png(sheet: Sheet, bounds: Box | None = None) -> bytes:
    """Return the sheet as PNG with 150 pixels per inch; `bounds` is the part to show, by default the whole sheet."""
    with drawing_style():
        return encode_figure(_figure(sheet, bounds or sheet.bounds))


def _figure(sheet: Sheet, bounds: Box) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(bounds.width, bounds.height), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    axes.set_xlim(bounds.left, bounds.right)
    axes.set_ylim(bounds.bottom, bounds.top)
    for mark in sheet.marks:
        _draw(axes, mark)
    return figure


def _draw(axes: "Axes", mark: Words | Rectangle | Pixels | Arrow) -> None:
    from matplotlib import patches

    match mark:
        case Words():
            weight = "bold" if mark.bold else "normal"
            axes.text(*mark.box.middle, mark.text, fontsize=mark.points, color=mark.colour, fontweight=weight,
                      ha="center", va="center", zorder=5)  # fmt: skip
        case Rectangle():
            box = mark.box
            axes.add_patch(
                patches.Rectangle(
                    (box.left, box.top), box.width, box.height, fill=mark.fill is not None, facecolor=mark.fill,
                    edgecolor=mark.edge or "none", linewidth=mark.width, linestyle=(0, (3, 2)) if mark.dashed else "-",
                    zorder=4 if mark.above else 2, joinstyle="miter",
                )
            )  # fmt: skip
        case Pixels():
            box = mark.box
            axes.imshow(
                np.ma.masked_invalid(mark.values),  # unknown values are left transparent
                extent=(box.left, box.right, box.bottom, box.top),
                aspect="auto",
                cmap=mark.colours,
                vmin=mark.low,
                vmax=mark.high,
                interpolation="nearest",
                zorder=3,
            )
        case Arrow():
            style = "-|>,head_length=0.4,head_width=0.2" if mark.tip else "-"
            axes.add_patch(
                patches.FancyArrowPatch(mark.start, mark.end, arrowstyle=style, mutation_scale=12, color=mark.colour,
                                        linewidth=1.3, shrinkA=0, shrinkB=0, zorder=3)
            )  # fmt: skip
