"""A network as blocks from left to right: what every layer makes, how large, and how many parameters it has."""

from collections.abc import Sequence

from convlens.illustrations.sheet import INK, KERNEL, LINE, LOOKED_AT, QUIET, RESULT, WHITE, Box, Sheet
from convlens.layers import Conv2d, Dense
from convlens.network import LayerTable, Network
from convlens.network import layer_table as tabulate

_SLOT, _HEIGHT, _BLOCK = 1.95, 2.55, 0.95
_IN_A_ROW = 5
_MOST_PLANES = 5


def draw_network(network: Network, input_shape: tuple[int, int, int], classes: int) -> Sheet:
    """A diagram of any network: every layer with its output's size and its parameters, wrapped into rows."""
    table = tabulate(network, input_shape, classes)
    sheet = Sheet("Network", f"{network}: {table.parameters:,} parameters")
    largest = max(input_shape[1:])
    sizes = [input_shape, *(row.output_shape for row in table.rows)]
    headings = [("input", "", WHITE), *_headings(network, table)]
    for number, (shape, (name, parameters, colour)) in enumerate(zip(sizes, headings, strict=True)):
        left, top = (number % _IN_A_ROW) * _SLOT, (number // _IN_A_ROW) * _HEIGHT
        middle = left + _SLOT / 2
        right = _draw_block(sheet, shape, middle, top + _BLOCK / 2 + 0.1, largest, colour)
        for place, line in enumerate(_in_two_lines(name)):
            sheet.text(middle, top + 1.5 - 0.19 * place, line, 11, bold=True, align="centre", width=_SLOT - 0.12)
        sheet.text(middle, top + 1.75, "×".join(f"{size:,}" for size in shape), 11, align="centre", width=_SLOT - 0.12)
        sheet.text(middle, top + 1.98, parameters, 9.5, QUIET, align="centre", width=_SLOT - 0.12)
        if number and number % _IN_A_ROW == 0:  # from the end of the row above
            width = _block_width(shape, largest)
            sheet.arrow((left, top + _BLOCK / 2 + 0.1), (middle - width / 2 - 0.08, top + _BLOCK / 2 + 0.1))
        if number + 1 < len(sizes) and (number + 1) % _IN_A_ROW == 0:
            sheet.arrow((right + 0.08, top + _BLOCK / 2 + 0.1), (left + _SLOT, top + _BLOCK / 2 + 0.1))
        elif number + 1 < len(sizes):
            following = _block_width(sizes[number + 1], largest)
            sheet.arrow((right + 0.08, top + _BLOCK / 2 + 0.1),
                        (middle + _SLOT - following / 2 - 0.08, top + _BLOCK / 2 + 0.1))  # fmt: skip
    end = -(-len(sizes) // _IN_A_ROW) * _HEIGHT
    sheet.text(0.1, end, f"{table.parameters:,} parameters, {table.multiply_adds:,} multiply-adds an image", 12, INK)
    return sheet


def _headings(network: Network, table: LayerTable) -> list[tuple[str, str, str]]:
    headings = []
    for layer, row in zip(network.layers, table.rows, strict=True):
        colour = KERNEL if isinstance(layer, Conv2d) else RESULT if isinstance(layer, Dense) else LOOKED_AT
        parameters = f"{row.parameters:,} parameters" if row.parameters else ""
        headings.append((row.text, parameters, colour))
    return headings


def _in_two_lines(name: str) -> list[str]:
    """A long name as two lines, the lower one first; a short one as it is.

    >>> _in_two_lines("conv 32 3x3 stride 2x1 pad 2x1")
    ['2x1 pad 2x1', 'conv 32 3x3 stride']
    """
    if len(name) <= 18:
        return [name]
    at = name.rfind(" ", 0, 19)
    return [name[at + 1 :], name[:at]]


def _side(size: int, largest: int) -> float:
    return max(0.22, _BLOCK * 0.78 * (size / largest) ** 0.5)


def _planes(shape: Sequence[int]) -> int:
    return min(shape[0], _MOST_PLANES)


def _block_width(shape: Sequence[int], largest: int) -> float:
    if len(shape) == 1:
        return 0.24
    return _side(shape[2], largest) + (_planes(shape) - 1) * 0.07


def _draw_block(sheet: Sheet, shape: Sequence[int], x: float, y: float, largest: int, colour: str) -> float:
    """Maps as planes behind each other, a row of numbers as a column; returns the right edge."""
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
