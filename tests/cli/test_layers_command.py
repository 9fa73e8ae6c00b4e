"""`convlens layers`: the tutorial's numbers on the screen and in JSON, warnings, and mistakes that point at the
word.
"""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from convlens import layers
from convlens.cli.layers_command import _draw, read_input_shape
from convlens.errors import UsageError
from convlens.layers.arguments import OPTIONS
from convlens.network import PRESETS, Network, layer_table, read_network

TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"
GOLDEN = Path(__file__).parents[1] / "golden" / "layers_tutorial.txt"


def test_the_tutorials_table_is_as_it_always_was(convlens):
    ran = convlens("layers", TUTORIAL, "--input", "1x28x28")
    assert ran.code == 0
    assert [line.rstrip() for line in ran.out.splitlines()] == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_formulas_and_totals_are_there(convlens):
    out = convlens("layers", TUTORIAL).out
    for text in ("⌊(28 + 2·1 − 3)/1⌋ + 1 = 28", "80", "1,168", "7,850", "9,098", "56,448", "225,792", "290,080"):
        assert text in out


def test_json_adds_up(convlens):
    (table,) = convlens("layers", TUTORIAL, "--json").lines
    assert table["parameters"] == 9098 == sum(row["parameters"] for row in table["layers"])
    assert table["multiply_adds"] == 290_080 == sum(row["multiply_adds"] for row in table["layers"])


GRAPH = (
    "conv 4 3x3 pad 1, residual(relu, concat(conv 2 1x1; ), conv 8 1x1, shortcut conv 8 1x1), "
    "concat(residual(tanh); ), dense"
)


def test_layers_of_a_block_are_moved_in_and_the_first_of_a_branch_says_which(convlens):
    lines = convlens("layers", GRAPH, "--input", "1x6x6", "--classes", "3").out.splitlines()
    table = [line.split("  ×")[0] for line in lines]
    starts = [
        "0   conv 4 3x3 pad 1 ",
        "1     body: relu ",
        "2       branch 0: conv 2 1x1 ",
        "3     concat ",
        "4     conv 8 1x1 ",
        "5     shortcut: conv 8 1x1 ",
        "6   add ",
        "7       branch 0: body: tanh ",
        "8     add ",
        "9   concat ",
        "10  flatten ",
        "11  dense 3 ",
    ]
    assert [line[: len(start)] for line, start in zip(table[1:], starts, strict=False)] == starts
    assert "2 (layer 2) + 4 (layer 1) = 6" in lines[4]
    assert "layer 4 + layer 5" in lines[7]
    assert "8 (layer 8) + 8 (layer 6) = 16" in lines[10]


def test_json_has_the_graph(convlens):
    (table,) = convlens("layers", GRAPH, "--input", "1x6x6", "--classes", "3", "--json").lines
    found = [(row["path"], row["inputs"], row["depth"], row["branch"], row["opens"]) for row in table["layers"]]
    assert found == [
        ("0", [-1], 0, "", []),
        ("1.body.0", [0], 1, "body", ["body"]),
        ("1.body.1.branches.0.0", [1], 2, "branch 0", ["branch 0"]),
        ("1.body.1", [2, 1], 1, "body", []),
        ("1.body.2", [3], 1, "body", []),
        ("1.shortcut.0", [0], 1, "shortcut", ["shortcut"]),
        ("1", [4, 5], 0, "", []),
        ("2.branches.0.0.body.0", [6], 2, "body", ["branch 0", "body"]),
        ("2.branches.0.0", [7, 6], 1, "branch 0", []),
        ("2", [8, 6], 0, "", []),
        ("3", [9], 0, "", []),
        ("4", [10], 0, "", []),
    ]
    # 4·(9 + 1), 2·(4 + 1), 8·(6 + 1), 8·(4 + 1), 3·(16·36 + 1)
    assert table["parameters"] == 40 + 10 + 56 + 40 + 1731


def test_what_python_prints_makes_the_same_network(convlens):
    printed = convlens("layers", GRAPH, "--python").out
    names = {name: getattr(layers, name) for name in layers.__all__} | {"Network": Network}
    assert eval(printed, names) == read_network(GRAPH)


def test_the_help_lists_every_layer_block_option_and_preset(convlens):
    told = convlens("layers", "--help").out.replace("\n", " ")
    for kind in {**layers.KINDS, **layers.BLOCKS}.values():
        assert f"{kind.word} " in told or f"{kind.word}," in told or f"{kind.word}(" in told or f"{kind.word}." in told
    for option in OPTIONS:
        assert f" {option} " in told
    assert f"Presets: {', '.join(PRESETS)}." in " ".join(told.split())


def test_a_dropped_row_is_a_warning(convlens):
    out = convlens("layers", "conv 8 3x3, relu, maxpool 2, dense", "--input", "1x29x28").out
    assert out.count("maxpool 2 ") == 2  # in the table, and once in the warning
    (warning,) = [line for line in out.splitlines() if "warning" in line]
    assert warning == (
        "warning: layer 2: maxpool 2 never reads the last row of its 27×26 input. "
        "Set pad 1x0, or give it 26×26 or 28×26."
    )


def test_the_dense_comparison_gives_the_right_sum(convlens):
    ran = convlens("layers", "tutorial", "--input", "1x32x32", "--classes", "5", "--compare-dense")
    assert "790,021" in ran.out
    assert "1,342,177,280" not in ran.out
    (table,) = convlens("layers", "tutorial", "--input", "1x32x32", "--classes", "5", "--compare-dense", "--json").lines
    assert table["dense_comparison"]["parameters"] == 790_021


def test_python_can_be_printed(convlens):
    assert convlens("layers", "conv 8 3x3 pad 1, relu, dense", "--python").out == (
        "Network([Conv2d(8, kernel_size=3, padding=1), ReLU(), Flatten(), Dense()])\n"
    )


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("conv 8 3x3, rleu, dense", "            ^^^^"),
        ("conv 8 30x30, dense", "       ^^^^^"),
    ],
)
def test_a_mistake_points_at_the_word(convlens, text, marked):
    ran = convlens("layers", text)
    assert ran.code == 2
    lines = ran.err.rstrip("\n").splitlines()
    assert lines[-2:] == [f"  {text}", f"  {marked}"]


def test_input_shapes_are_read():
    assert read_input_shape("3x32x24") == (3, 32, 24)
    assert read_input_shape(" 1 × 28 X 28 ") == (1, 28, 28)


@pytest.mark.parametrize("text", ["28x28", "0x28x28", "1x28", "axbxc", "1x28x28x1", "", "1x-1x3", "1x99999x2"])
def test_other_input_shapes_say_what_to_give(text):
    with pytest.raises(UsageError, match=f"--input is {text!r}; give channels × height × width"):
        read_input_shape(text)


@pytest.mark.parametrize("network", ["tutorial", "lenet", GRAPH])
@pytest.mark.parametrize("width", [60, 80, 100, 124, 200])
def test_every_number_is_shown_at_any_width_and_no_line_is_folded(network, width):
    table = layer_table(read_network(network), (1, 28, 28), 10)
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(_draw(table))
    text = console.export_text()
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert "Folded" not in text
    rows = [line for line in lines[1:] if re.match(r"\d+ ", line)]
    assert [row.split()[0] for row in rows] == [str(row.index) for row in table.rows]
    for row in table.rows:
        start = lines.index(rows[row.index])
        end = lines.index(rows[row.index + 1]) if row.index + 1 < len(rows) else len(lines)
        told = "\n".join(lines[start:end])
        shown = [row.text, "×".join(map(str, row.output_shape)), "×".join(map(str, row.receptive_field))]
        shown += [f"{number:,}" for number in (row.parameters, row.multiply_adds) if number]
        for words in (*shown, row.size_formula, row.parameters_formula):
            assert words in told
    assert f"{table.parameters:,}" in "\n".join(lines[lines.index(rows[-1]) + 1 :])


def test_at_80_columns_lenet_takes_two_lines_a_layer():
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(_draw(layer_table(read_network("lenet"))))
    assert [line.rstrip() for line in console.export_text().splitlines()[:4]] == [
        "    layer             output    parameters  multiply-adds   sees",
        "0   conv 6 5x5 pad 2  6×28×28          156        117,600    5×5",
        "    size: ⌊(28 + 2·2 − 5)/1⌋ + 1 = 28; parameters: 6·(1·5·5 + 1) = 156",
        "1   tanh              6×28×28            ·              ·    5×5",
    ]
