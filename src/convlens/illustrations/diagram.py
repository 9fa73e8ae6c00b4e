"""Draws a network from left to right: each layer with the size of its output and its parameters.

Branches are drawn in lanes below each other; a branch without layers is a line below the others. `diagram_layout`
determines the positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from convlens.illustrations.diagram_layout import BLOCK, SLOT, Part, lay_out
from convlens.illustrations.sheet import INK, KERNEL, LINE, LOOKED_AT, PADDING, QUIET, RESULT, WHITE, Box, Sheet
from convlens.layers import ResolvedLayer
from convlens.network import LayerRow, Network
from convlens.network import layer_table as tabulate
from convlens.words import count_of

_MOST_PLANES = 5
_TEXT_WIDTH = SLOT - 0.12
_SPACE = 0.08  # between the picture of a layer and the arrows at its sides


def draw_network(network: Network, input_shape: tuple[int, int, int], classes: int) -> Sheet:
    """Draw a diagram of any network: every layer with its output's size and its parameters, in several rows.

    A block is never split between rows. Its branches begin and end at vertical lines.
    """
    table = tabulate(network, input_shape, classes)
    sheet = Sheet("Network", f"{network}: {count_of(table.parameters, 'parameter')}")
    cells = [_Cell("input", "", input_shape, WHITE)]
    for node, row in zip(network.resolve(input_shape, classes), table.rows, strict=True):
        cells.append(_cell_of(node, row))
    drawing = _Drawing(sheet, cells, max(input_shape[1:]))
    rows, top = lay_out(network.layers), 0.0
    for number, row in enumerate(rows):
        drawing.draw_row(row, top, is_first=number == 0, is_last=number == len(rows) - 1)
        top += max(part.height for part in row)
    sheet.text(
        0.1,
        top,
        f"{count_of(table.parameters, 'parameter')}, {count_of(table.multiply_adds, 'multiply-add')} per image",
        12,
        INK,
    )
    return sheet


@dataclass(frozen=True)
class _Cell:
    """The content of a layer's picture: its name, a line on its parameters, its output's shape, its colour."""

    name: str
    parameters: str
    shape: Sequence[int]
    colour: str


def _cell_of(node: ResolvedLayer, row: LayerRow) -> _Cell:
    colours = {"weights": KERNEL if len(row.output_shape) > 1 else RESULT, "join": PADDING}
    parameters = count_of(row.parameters, "parameter") if row.parameters else ""
    return _Cell(row.text, parameters, row.output_shape, colours.get(node.layer.group, LOOKED_AT))


@dataclass
class _Drawing:
    """A diagram that is being drawn. `start` and `end` are points where lines and arrows begin and end."""

    sheet: Sheet
    cells: Sequence[_Cell]
    largest: int

    def draw_row(self, row: Sequence[Part], top: float, is_first: bool, is_last: bool) -> None:
        """Draw a row of parts, with an arrow from the row above and one to the row below."""
        start = None
        if not is_first:
            start = (0.0, _middle(top))
            if row[0].branches:
                self._line((-0.3, start[1]), start)
        end = self._draw_chain(row, 0, top, start)
        if not is_last:
            columns = sum(part.columns for part in row)
            self.sheet.arrow(end, (columns * SLOT, end[1]))

    def _draw_chain(
        self, parts: Sequence[Part], column: int, top: float, start: tuple[float, float] | None, label: str = ""
    ) -> tuple[float, float]:
        """Draw a chain of parts, connected to `start`; return the point where it ends."""
        for part in parts:
            if part.branches and start is not None:
                start = self._draw_branches(part, column, top, start, label)
            else:
                self._label(column, top, label)
                start = self._draw_cell(part.cell, column, top, start)
            column, label = column + part.columns, ""
        assert start is not None, "a chain has parts"
        return start

    def _draw_branches(
        self, block: Part, column: int, top: float, start: tuple[float, float], label: str
    ) -> tuple[float, float]:
        """Draw a block: its branches below each other between two vertical lines, and the layer that joins them."""
        last = column + block.columns - 1
        fork, gather, middle = column * SLOT, last * SLOT, _middle(top)
        self._line(start, (fork, middle))
        lowest = middle
        for branch in block.branches:
            lane_top = top + branch.top
            lowest = y = _middle(lane_top) if branch.is_roomy else lane_top
            name = ": ".join([label, branch.label] if label else [branch.label])
            if branch.parts:
                end = self._draw_chain(branch.parts, column, lane_top, (fork, y), name)
            else:
                end = (fork, y)
                self.sheet.text((column + 0.5) * SLOT, y - 0.12, name, 9.5, QUIET, align="centre", width=_TEXT_WIDTH)
            self._line(end, (gather, y))
            label = ""
        for x in (fork, gather):
            self._line((x, middle), (x, lowest))
        return self._draw_cell(block.cell, last, top, (gather, middle))

    def _draw_cell(
        self, number: int, column: int, top: float, start: tuple[float, float] | None
    ) -> tuple[float, float]:
        """Draw one layer with its texts, and the arrow to it; return the point where the next arrow begins."""
        sheet, cell = self.sheet, self.cells[number]
        x, y = (column + 0.5) * SLOT, _middle(top)
        right = _draw_block(sheet, cell.shape, x, y, self.largest, cell.colour)
        for place, line in enumerate(_in_two_lines(cell.name)):
            sheet.text(x, top + 1.5 - 0.19 * place, line, 11, bold=True, align="centre", width=_TEXT_WIDTH)
        size = "×".join(f"{size:,}" for size in cell.shape)
        sheet.text(x, top + 1.75, size, 11, align="centre", width=_TEXT_WIDTH)
        sheet.text(x, top + 1.98, cell.parameters, 9.5, QUIET, align="centre", width=_TEXT_WIDTH)
        if start is not None:
            sheet.arrow(start, (x - _block_width(cell.shape, self.largest) / 2 - _SPACE, y))
        return right + _SPACE, y

    def _label(self, column: int, top: float, label: str) -> None:
        self.sheet.text((column + 0.5) * SLOT, top - 0.06, label, 9.5, QUIET, align="centre", width=_TEXT_WIDTH)

    def _line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        if start != end:
            self.sheet.arrow(start, end, tip=False)


def _middle(top: float) -> float:
    """Return the vertical middle of the layers in a lane."""
    return top + BLOCK / 2 + 0.1


def _in_two_lines(name: str) -> list[str]:
    """Split a long name into two lines, the lower one first; return a short name as one line.

    >>> _in_two_lines("conv 32 3x3 stride 2x1 pad 2x1")
    ['2x1 pad 2x1', 'conv 32 3x3 stride']
    """
    if len(name) <= 18:
        return [name]
    at = name.rfind(" ", 0, 19)
    return [name[at + 1 :], name[:at]]


def _side(size: int, largest: int) -> float:
    return max(0.22, BLOCK * 0.78 * (size / largest) ** 0.5)


def _planes(shape: Sequence[int]) -> int:
    return min(shape[0], _MOST_PLANES)


def _block_width(shape: Sequence[int], largest: int) -> float:
    if len(shape) == 1:
        return 0.24
    return _side(shape[2], largest) + (_planes(shape) - 1) * 0.07


def _draw_block(sheet: Sheet, shape: Sequence[int], x: float, y: float, largest: int, colour: str) -> float:
    """Draw maps as planes behind each other, or a row of numbers as a column; return the right edge."""
    width = _block_width(shape, largest)
    if len(shape) == 1:
        cells = min(shape[0], 10)
        high = 0.1 * cells
        for cell in range(cells):
            sheet.rectangle(Box(x - width / 2, y - high / 2 + cell * 0.1, width, 0.1), colour, LINE, 0.8)
        sheet.rectangle(Box(x - width / 2, y - high / 2, width, high), None, INK, 1.0, above=True)
        return x + width / 2
    planes, high = _planes(shape), _side(shape[1], largest)
    whole = high + (planes - 1) * 0.07
    for plane in range(planes):
        left, top = x - width / 2 + plane * 0.07, y - whole / 2 + plane * 0.07
        sheet.rectangle(Box(left, top, _side(shape[2], largest), high), colour, INK, 0.9)
    return x + width / 2
