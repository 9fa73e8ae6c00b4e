"""Tables that show every column at any width.

rich squeezes a table that is too wide until numbers break in two, and omitting columns would hide requested results. So
if a table does not fit, columns move below their row as `name: value`, the least important first. A matrix, whose
columns are all alike, is split into parts instead. Cells are markup.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console, ConsoleOptions
from rich.text import Text

GAP = 2
"""Spaces between two columns."""
_BELOW = 4
"""Spaces before the values that moved below their row."""
_NARROWEST = 6
_NOTHING = ("", "·")


class ColumnTable:
    """Rows under bold headings, without a frame; `right` names the columns of numbers.

    If the table is too wide, the columns in `below` move below their row, in this order and under the names given
    there; by default all but the first column, beginning with the last. With `cut`, no column moves; instead, the table
    is printed in parts, each of which begins with the first column.
    """

    def __init__(
        self, *columns: str, right: Sequence[str] = (), below: Mapping[str, str] | None = None, cut: bool = False
    ) -> None:
        self.columns, self._right, self._cut = columns, right, cut
        self._below = {name: name for name in columns[:0:-1]} if below is None else below
        self.rows: list[tuple[str, ...]] = []

    def add_row(self, *cells: str) -> None:
        """Add a row, with a cell for each column."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        layout = _Layout(self.columns, self.rows, self._right, options.max_width)
        if self._cut:
            for number, shown in enumerate(layout.cut()):
                if number:
                    yield Text()
                yield from layout.draw(console, shown)
        else:
            shown = layout.keep_what_fits(self._below)
            moved = {place: self._below[name] for place, name in enumerate(self.columns) if place not in shown}
            yield from layout.draw(console, shown, moved)
        if layout.needed > layout.width:
            yield Text(f"Folded: the table is {layout.needed} wide, the terminal {layout.width}.", "dim italic")


class _Layout:
    """Lays out one table in lines of a given width. At the width `needed`, only values below a row are wrapped, between
    words.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str], width: int) -> None:
        self._names, self.width, self.needed = columns, width, 0
        self._is_right = [name in right for name in columns]
        self._rows = [[Text.from_markup(cell) for cell in row] for row in rows]
        self._widths = self._widest(self._names)

    def _widest(self, names: Sequence[str]) -> list[int]:
        return [
            max(Text(line).cell_len for line in [*name.split("\n"), *(row[place].plain for row in self._rows)])
            for place, name in enumerate(names)
        ]

    def keep_what_fits(self, below: Iterable[str]) -> list[int]:
        """Return the indices of the columns that stay side by side. Headings are broken before a column moves."""
        columns, kept = list(self._names), list(range(len(self._names)))
        broken = [re.sub(r"(?<=-)| ", "\n", name) for name in columns]
        narrow = self._widest(broken)
        for name in below:
            if self._width_of(kept) <= self.width:
                break
            if self._width_of(kept, narrow) <= self.width:
                self._names, self._widths = broken, narrow
                break
            kept.remove(columns.index(name))
        return kept

    def cut(self) -> list[list[int]]:
        """Return the indices of the columns of each part."""
        parts = [[0]]
        for place in range(1, len(self._names)):
            if len(parts[-1]) > 1 and self._width_of([*parts[-1], place]) > self.width:
                parts.append([0])
            parts[-1].append(place)
        return parts

    def draw(self, console: Console, shown: Sequence[int], moved: Mapping[int, str] | None = None) -> Iterator[Text]:
        """Yield the heading, and each row with the values that moved below it; `moved` maps their columns to names."""
        self.needed = max(self.needed, self._width_of(shown))
        widths = self._squeeze([self._widths[place] for place in shown])
        headings = [Text(self._names[place], "bold") for place in shown]
        yield from self._side_by_side(console, headings, widths, shown)
        for row in self._rows:
            yield from self._side_by_side(console, [row[place] for place in shown], widths, shown)
            yield from self._below(console, [(name, row[place]) for place, name in (moved or {}).items()])

    def _width_of(self, places: Sequence[int], widths: Sequence[int] | None = None) -> int:
        return sum((widths or self._widths)[place] for place in places) + GAP * (len(places) - 1)

    def _squeeze(self, widths: list[int]) -> list[int]:
        """Narrow the widest columns until the row fits."""
        while sum(widths) + GAP * (len(widths) - 1) > self.width and max(widths) > _NARROWEST:
            widths[widths.index(max(widths))] -= 1
        return widths

    def _side_by_side(
        self, console: Console, cells: Sequence[Text], widths: Sequence[int], places: Sequence[int]
    ) -> Iterator[Text]:
        folded = [list(cell.wrap(console, width, overflow="fold")) for cell, width in zip(cells, widths, strict=True)]
        for number in range(max(1, *(len(lines) for lines in folded))):
            whole = Text()
            for lines, width, place in zip(folded, widths, places, strict=True):
                part = lines[number].copy() if number < len(lines) else Text()
                part.rstrip()
                room = Text(" " * (width - part.cell_len))
                whole.append_text(room + part if self._is_right[place] else part + room)
                whole.append(" " * GAP)
            whole.rstrip()
            yield whole

    def _below(self, console: Console, named: Sequence[tuple[str, Text]]) -> Iterator[Text]:
        """Yield lines of `name: value`, with as many on a line as fit; empty cells are left out."""
        parts = [Text.assemble((f"{name}: ", "dim"), value) for name, value in named if value.plain not in _NOTHING]
        line = Text()
        for part in parts:
            self.needed = max(self.needed, _BELOW + max(Text(word).cell_len for word in part.plain.split()))
            if line and line.cell_len + len("; ") + part.cell_len > self.width - _BELOW:
                yield from _indented(console, line, self.width)
                line = Text()
            line = Text.assemble(line, ("; ", "dim"), part) if line else part
        if line:
            yield from _indented(console, line, self.width)


def _indented(console: Console, line: Text, width: int) -> Iterator[Text]:
    for one in line.wrap(console, max(width - _BELOW, _NARROWEST), overflow="fold"):
        one.rstrip()
        yield Text(" " * _BELOW) + one
