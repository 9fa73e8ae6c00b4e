"""Tables on terminals of any width: nothing is left out, no line is too long, and what is folded is said."""

import io
import re

import pytest
from rich.console import Console

from convlens.cli.tables import ColumnTable


def draw(table: ColumnTable, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(table)
    return [line.rstrip() for line in console.export_text().splitlines()]


@pytest.fixture
def pets() -> ColumnTable:
    table = ColumnTable("name", "legs", "most-liked food", right=("legs",), below={"most-liked food": "likes"})
    table.add_row("[bold]parrot[/]", "2", "sunflower seeds")
    table.add_row("cat", "4", "")
    return table


def test_a_table_that_fits_has_a_line_for_each_row(pets):
    # 6 + 2 + 4 + 2 + 15 = 29
    assert draw(pets, 29) == ["name    legs  most-liked food", "parrot     2  sunflower seeds", "cat        4"]


def test_a_column_moves_below_its_row_under_the_name_that_it_has_there(pets):
    assert draw(pets, 28) == ["name    legs", "parrot     2", "    likes: sunflower seeds", "cat        4"]
    # 4 + len("likes: sunflower seeds") = 26; below that it is wrapped between words, and below 4 + 9 in a word
    assert draw(pets, 26) == draw(pets, 28)
    wrapped = ["name    legs", "parrot     2", "    likes: sunflower", "    seeds", "cat        4"]
    assert draw(pets, 25) == wrapped
    assert draw(pets, 13)[2:5] == ["    likes:", "    sunflower", "    seeds"]
    assert "Folded: the" not in draw(pets, 13)
    assert "Folded: the" in draw(pets, 12)


SAYS_SO = ["Folded: the", "table is 18", "wide, the", "terminal 14."]


def test_a_heading_is_broken_before_a_column_moves():
    table = ColumnTable("name", "multiply-adds", right=("multiply-adds",))
    table.add_row("conv", "117,600")
    assert draw(table, 19) == ["name  multiply-adds", "conv        117,600"]
    assert draw(table, 18) == ["name  multiply-", "           adds", "conv    117,600"]
    assert draw(table, 15) == draw(table, 18)
    assert draw(table, 14) == ["name", "conv", "    multiply-a", "    dds:", "    117,600", *SAYS_SO]


def test_what_moved_shares_a_line_where_there_is_room():
    table = ColumnTable("name", "a", "b", "c")
    table.add_row("long name", "first value", "second value", "third value")
    assert draw(table, 35) == ["name       a", "long name  first value", "    b: second value; c: third value"]
    assert draw(table, 34) == ["name       a", "long name  first value", "    b: second value", "    c: third value"]


def test_a_matrix_is_cut_into_parts_that_begin_with_the_first_column():
    table = ColumnTable("true", *"abc", right=tuple("abc"), cut=True)
    for name, row in {"a": "123", "b": "456", "c": "789"}.items():
        table.add_row(name, *row)
    assert draw(table, 13) == ["true  a  b  c", "a     1  2  3", "b     4  5  6", "c     7  8  9"]
    assert draw(table, 12) == [
        "true  a  b", "a     1  2", "b     4  5", "c     7  8", "", "true  c", "a     3", "b     6", "c     9"
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("width", [20, 33, 60, 80, 140, 1000])
def test_every_cell_is_there_and_no_line_is_too_long(width, cut):
    names = [f"column-{number}" for number in range(8)]
    table = ColumnTable(*names, right=names[3:], cut=cut)
    cells = [[f"{row}of{'x' * (3 * place)}{place}" for place in range(8)] for row in range(4)]
    for row in cells:
        table.add_row(*row)
    lines = draw(table, width)
    together = re.sub(r"\s", "", "".join(lines))
    longest = max(len(cell) for row in cells for cell in row)
    assert max(map(len, lines)) <= width
    needed = len(names[0]) + 2 + longest if cut else 4 + longest
    assert ("Folded" in together) == (width < needed)
    if "Folded" not in together:
        assert all(re.search(rf"\b{cell}\b", "\n".join(lines)) for row in cells for cell in row)
        assert all(name in together for name in names)


def test_letters_that_are_two_cells_wide_are_measured():
    table = ColumnTable("name", "count", right=("count",))
    table.add_row("犬", "1")
    table.add_row("dog", "22")
    assert draw(table, 80) == ["name  count", "犬        1", "dog      22"]


def test_a_row_has_a_cell_for_each_column(pets):
    with pytest.raises(ValueError, match="2 cells for 3 columns"):
        pets.add_row("dog", "4")
