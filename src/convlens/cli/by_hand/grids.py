"""Draws numbers as coloured grids, side by side in a terminal.

Marked cells are bold and in brackets besides being coloured, so that they can be found without colours, too.
"""

from collections.abc import Container, Sequence

import numpy as np
from rich.text import Text

from convlens.illustrations import short_number

LOOKED_AT, KERNEL, RESULT, PADDING = "black on #f2b880", "black on #9fcbe8", "black on #8fd3b4", "dim"
MOST_COLUMNS = 20


def grid(
    values: np.ndarray, style: str = "", marked: Container[tuple[int, int]] = (), mark_style: str = LOOKED_AT,
    faint: Container[tuple[int, int]] = (),
) -> list[Text]:  # fmt: skip
    """Return the lines of a matrix in aligned columns; `marked` cells are in coloured brackets, `faint` ones dim."""
    matrix = np.atleast_2d(values)
    words = [[("·" if np.isnan(number) else short_number(float(number))) for number in row] for row in matrix]
    width = max(len(word) for row in words for word in row)
    lines = []
    for y, row in enumerate(words):
        line = Text()
        for x, word in enumerate(row):
            if (y, x) in marked:
                line.append(f"[{word:>{width}}]", style=f"bold {mark_style}")
            else:
                line.append(f" {word:>{width}} ", style=PADDING if (y, x) in faint else style)
        lines.append(line)
    return lines


def beside(*blocks: Sequence[Text] | str) -> Text:
    """Join grids and signs side by side, vertically centred."""
    grids = [[Text(f" {block} ")] if isinstance(block, str) else list(block) for block in blocks]
    height = max(len(lines) for lines in grids)
    whole = Text()
    for line in range(height):
        for lines in grids:
            width = max(one.cell_len for one in lines)
            place = line - (height - len(lines)) // 2
            cell = lines[place].copy() if 0 <= place < len(lines) else Text()
            cell.append(" " * (width - cell.cell_len + 1))
            whole.append_text(cell)
        whole.append("\n" if line + 1 < height else "")
    return whole


def picture(values: np.ndarray) -> Text:
    """Draw a matrix that is too large for numbers as grey squares, two of its rows in each line."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    shades = np.nan_to_num((values - low) / ((high - low) or 1) * 255).astype(int)
    whole = Text()
    for row in range(0, len(shades), 2):
        for column in range(shades.shape[1]):
            upper = shades[row, column]
            lower = shades[row + 1, column] if row + 1 < len(shades) else 0
            whole.append("▀", style=f"rgb({upper},{upper},{upper}) on rgb({lower},{lower},{lower})")
        whole.append("\n" if row + 2 < len(shades) else "")
    return whole
