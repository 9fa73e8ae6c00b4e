"""`convlens by-hand --steps` and `--table`: whole outputs, each checked by hand; and the pictures of large matrices."""

import io

import numpy as np
import pytest
from rich.console import Console

from convlens.by_hand import trace_conv2d
from convlens.cli.by_hand import showing
from convlens.cli.by_hand.grids import beside, grid, picture
from convlens.cli.by_hand.options import Wanted

MATRIX = "1 2 0; 3 1 2; 0 2 4"


def lines_of(ran) -> list[str]:
    assert ran.code == 0, ran.err
    return [line.rstrip() for line in ran.out.splitlines()]


def test_steps_of_a_convolution_with_channels_padding_and_dilation(convlens):
    # The window has two cells, two columns apart, and begins in the padding: columns −1 and 1, then 0 and 2.
    arguments = ("1 2; 3 4 | 5 6; 7 8", "--kernel", "1 2 | 3 4", "--padding", "0x1", "--dilation", "1x2")
    assert lines_of(convlens("by-hand", "conv2d", *arguments, "--bias", "-9", "--activation", "relu", "--steps")) == [
        "input 2×2×2; kernel 2×1×2; result 2×2",
        "rows: ⌊(2 + 2·0 − 1)/1⌋ + 1 = 2",
        "columns: ⌊(2 + 2·1 − (2·(2 − 1) + 1))/1⌋ + 1 = 2",
        "row 0, column 0",
        "[0] 1 [2] 0   :   0  2   ×   1  2   =   0  4    sum 4",
        " 0  3  4  0",
        "[0] 5 [6] 0   :   0  6   ×   3  4   =    0  24    sum 24",
        " 0  7  8  0",
        "4 + 24 + bias (−9) = 19, relu 19",
        "",
        "row 0, column 1",
        " 0 [1] 2 [0]  :   1  0   ×   1  2   =   1  0    sum 1",
        " 0  3  4  0",
        " 0 [5] 6 [0]  :   5  0   ×   3  4   =   15   0    sum 15",
        " 0  7  8  0",
        "1 + 15 + bias (−9) = 7, relu 7",
        "",
        "row 1, column 0",
        " 0  1  2  0   :   0  4   ×   1  2   =   0  8    sum 8",
        "[0] 3 [4] 0",
        " 0  5  6  0   :   0  8   ×   3  4   =    0  32    sum 32",
        "[0] 7 [8] 0",
        "8 + 32 + bias (−9) = 31, relu 31",
        "",
        "row 1, column 1",
        " 0  1  2  0   :   3  0   ×   1  2   =   3  0    sum 3",
        " 0 [3] 4 [0]",
        " 0  5  6  0   :   7  0   ×   3  4   =   21   0    sum 21",
        " 0 [7] 8 [0]",
        "3 + 21 + bias (−9) = 15, relu 15",
        "",
    ]


def test_steps_of_vectors_show_the_window_in_the_padded_vector(convlens):
    assert lines_of(convlens("by-hand", "full", "1 2", "3 4 5", "--at", "1")) == [
        "B rotated by 180°: 5 4 3",
        "place 1",
        " A   0 [0][1][2] 0  0",
        " covered   0  1  2   ×   B rotated by 180°   5  4  3",
        " products   0  4  6",
        "0·5 + 1·4 + 2·3 = 10",
        "",
    ]
    assert lines_of(convlens("by-hand", "correlate", "1 2 3", "4 5 6", "--steps")) == [
        " A  [1][2][3]",
        " covered   1  2  3   ×   B   4  5  6",
        " products    4  10  18",
        "1·4 + 2·5 + 3·6 = 32",
        "",
    ]


def test_steps_of_pooling_show_the_window_and_the_result(convlens):
    assert lines_of(convlens("by-hand", "pool", MATRIX, "--padding", "1", "--at", "1,1")) == [
        "input 3×3; window 2×2; result 2×2",
        "rows and columns: ⌊(3 + 2·1 − 2)/2⌋ + 1 = 2",
        "row 1, column 1",
        " ·  ·  ·  ·  ·",
        " ·  1  2  0  ·       1  2",
        " ·  3 [1][2] ·   :   2  4   →   4",
        " ·  0 [2][4] ·",
        " ·  ·  ·  ·  ·",
        "the largest of 1, 2, 2, 4 is 4, in row and column 2, 2 of the input, counted from 0",
        "",
    ]
    second = lines_of(convlens("by-hand", "pool", "1 2; 3 4 | 5 6; 7 8", "--at", "1,0,0"))
    assert second[2:5] == ["map 1, row 0, column 0", "[5][6]  :   5  6   →   8", "[7][8]      7  8"]


@pytest.mark.parametrize(
    ("arguments", "table"),
    [
        (
            ("correlate", "1 2 3", "1 1", "--mode", "same"),
            """
            position  covered  kernel  products  sum
            0         0 1      1 1     0 1         1
            1         1 2      1 1     1 2         3
            2         2 3      1 1     2 3         5
            """,
        ),
        (
            ("pool", MATRIX),
            """
            position  covered  row, column of the largest  result
            0,0       1 2 3 1  1,0                              3
            """,
        ),
        (
            ("pool", "1 2; 3 8", "--kind", "avg"),
            """
            position  covered  divided by  result
            0,0       1 2 3 8  4              3.5
            """,
        ),
        (
            ("gradient", MATRIX, "--output-gradient", "1 0; 0 10", "--kernel-size", "2", "--weight", "1,0"),
            """
            position  input  output gradient  product  sum so far
            0,0           3                1        3           3
            0,1           1                0        0           3
            1,0           0                0        0           3
            1,1           2               10       20          23
            """,
        ),
    ],
)
def test_tables_of_window_positions(convlens, arguments, table):
    expected = [line.strip() for line in table.strip().splitlines()]
    assert lines_of(convlens("by-hand", *arguments, "--table"))[-len(expected) :] == expected


@pytest.mark.parametrize(
    ("count", "more"), [(64, None), (65, "… 1 more window position;"), (66, "… 2 more window pos")]
)
def test_the_window_positions_that_are_not_shown_are_counted(convlens, count, more):
    for option in ("--table", "--steps"):
        lines = lines_of(convlens("by-hand", "correlate", "1 " * count, "1", "--mode", "valid", option))
        told = [line for line in lines if line.startswith("…")]
        assert lines.count("1·1 = 1") == (64 if option == "--steps" else 0)
        assert option == "--steps" or len(lines) - len(told) == 1 + 64
        assert [line[: len(more or "")] for line in told] == ([more] if more else [])
    lines = lines_of(convlens("by-hand", "correlate", "1 " * count, "1", "--mode", "valid", "--at", str(count - 1)))
    assert lines[0] == f"place {count - 1}"
    assert not any(line.startswith("…") for line in lines)


def test_a_place_in_the_result_can_be_typed_in_several_ways(convlens):
    for place in ("1,0", "1x0", "1 0", " 1, 0 "):
        assert "row 1, column 0" in convlens("by-hand", "conv2d", MATRIX, "--kernel", "1 0; 2 1", "--at", place).out
    refused = convlens("by-hand", "conv2d", MATRIX, "--kernel", "1 0; 2 1", "--at", "1;0")
    assert refused.err == "error: --at is '1;0'; give a position in the result, such as 1,1.\n"


# ------------------------------------------------------------------------------------------------------- grids


def styles_of(text) -> list[tuple[str, str]]:
    return [(text.plain[span.start : span.end], str(span.style)) for span in text.spans]


def test_a_picture_has_two_rows_of_shades_in_each_line():
    # From −1 to 4 in shades of 51; the last row of three has nothing below it, and no number is black.
    drawn = picture(np.array([[-1, 0], [1, 2], [4, np.nan]]))
    assert drawn.plain == "▀▀\n▀▀"
    assert [style for cell, style in styles_of(drawn) if cell == "▀"] == [
        "rgb(0,0,0) on rgb(102,102,102)",
        "rgb(51,51,51) on rgb(153,153,153)",
        "rgb(255,255,255) on rgb(0,0,0)",
        "rgb(0,0,0) on rgb(0,0,0)",
    ]
    assert {style for cell, style in styles_of(picture(np.full((2, 2), 7.0)))} == {"rgb(0,0,0) on rgb(0,0,0)"}


def test_the_cells_of_a_grid_have_their_styles():
    (line,) = grid(np.array([[1, 20, 3]]), "red", marked={(0, 1)}, faint={(0, 2)})
    assert styles_of(line) == [("  1 ", "red"), ("[20]", "bold black on #f2b880"), ("  3 ", "dim")]
    (line,) = grid(np.array([[5]]), marked={(0, 0)}, mark_style="blue")
    assert styles_of(line) == [("[5]", "bold blue")]


def test_grids_side_by_side_are_centred():
    drawn = beside(grid(np.array([[1], [2], [3]])), "=", grid(np.array([[4], [5]])))
    assert [line.rstrip() for line in drawn.plain.splitlines()] == [" 1       4", " 2   =   5", " 3"]
    four = beside(grid(np.arange(4).reshape(4, 1)), "+")
    assert [line.rstrip() for line in four.plain.splitlines()] == [" 0", " 1   +", " 2", " 3"]


def printed(values: np.ndarray, terminal: bool, width: int = 80) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=None, _environ={})
    showing.print_values(console, values)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(("terminal", "most"), [(True, 20), (False, 64)])
def test_a_large_matrix_is_summarised(terminal, most):
    fits, large = np.arange(2.0 * most).reshape(2, -1), np.arange(2.0 * most + 2).reshape(2, -1)
    assert len(printed(fits, terminal, 400).splitlines()) == 2
    assert "numbers" not in printed(fits, terminal, 400)
    summary = f"2×{most + 1} numbers from 0 to {2 * most + 1}; --json prints all\n"
    drawn = "▀" * (most + 1) + "\n" if terminal else ""
    assert printed(large, terminal) == drawn + summary
    row = printed(large[:1], terminal, 400)  # a single row is printed as it is
    assert row.split() == [str(number) for number in range(most + 1)]


def test_a_picture_wider_than_the_terminal_is_left_out():
    assert printed(np.zeros((2, 61)), True, 60) == "2×61 numbers from 0 to 0; --json prints all\n"
    tall = printed(np.zeros((21, 2)), True, 60)
    assert tall == "▀▀\n" * 11 + "21×2 numbers from 0 to 0; --json prints all\n"


def test_the_input_is_not_shown_where_it_is_too_large(convlens):
    for size, is_shown in ((10, True), (11, False)):
        ran = convlens("by-hand", "conv2d", "; ".join(["1 " * size] * 2), "--kernel", "2; 3", "--at", "0,1")
        line = " 1   ×   2   =   2"
        assert (line in [one.rstrip() for one in ran.out.splitlines()]) == (not is_shown)
        assert ("[1]" in ran.out) == is_shown


def test_a_step_too_wide_for_the_terminal_leaves_the_input_out(monkeypatch):
    trace = trace_conv2d([[[1, 2, 3]]], [[[4]]])
    whole, part = " 1 [2] 3   :   2   ×   4   =   8  ", " 2   ×   4   =   8"
    for width, expected in ((len(whole), whole.rstrip()), (len(whole) - 1, part)):
        console = Console(file=io.StringIO(), width=width)
        monkeypatch.setattr(showing, "result_console", lambda console=console: console)
        showing.show(trace, np.array([[4, 8, 12]]), Wanted(at="0,1"), "")
        assert isinstance(console.file, io.StringIO)
        assert console.file.getvalue().splitlines()[1].rstrip() == expected
