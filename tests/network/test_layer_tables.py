import json
from html.parser import HTMLParser
from typing import Any

import pytest

from convlens.errors import NetworkError
from convlens.network import TUTORIAL, LayerTable, Network, dense_comparison, layer_table, preset


def columns(table: LayerTable, *names: str) -> list[Any]:
    return [tuple(getattr(row, name) for name in names) for row in table.rows if row.parameters]


def test_the_tutorial_network_number_by_number() -> None:
    table = layer_table(Network.from_text(TUTORIAL), (1, 28, 28), 10)
    assert columns(table, "index", "text", "parameters", "parameters_formula") == [
        (0, "conv 8 3x3 pad 1", 80, "8·(1·3·3 + 1) = 80"),
        (3, "conv 16 3x3 pad 1", 1168, "16·(8·3·3 + 1) = 1,168"),
        (7, "dense 10", 7850, "10·(784 + 1) = 7,850"),
    ]
    assert columns(table, "multiply_adds", "multiply_adds_formula") == [
        (56_448, "28·28·8·(1·3·3) = 56,448"),
        (225_792, "14·14·16·(8·3·3) = 225,792"),
        (7_840, "784·10 = 7,840"),
    ]
    assert (table.parameters, table.multiply_adds) == (9_098, 290_080)
    assert [row.size_formula for row in table.rows] == [
        "⌊(28 + 2·1 − 3)/1⌋ + 1 = 28",
        "",
        "⌊(28 + 2·0 − 2)/2⌋ + 1 = 14",
        "⌊(14 + 2·1 − 3)/1⌋ + 1 = 14",
        "",
        "⌊(14 + 2·0 − 2)/2⌋ + 1 = 7",
        "16·7·7 = 784",
        "",
    ]
    assert table.warnings == ()


def test_every_other_layer_number_by_number() -> None:
    text = """
        conv 4 3x5 stride 2 dilation 2x1, batchnorm, avgpool 3 stride 1 pad 1, leaky_relu, tanh, globalavgpool,
        dense 6, batchnorm, sigmoid, dropout, dense
    """
    table = layer_table(Network.from_text(text), (3, 33, 33), 2)
    assert [(row.output_shape, row.parameters, row.multiply_adds) for row in table.rows] == [
        ((4, 15, 15), 184, 15 * 15 * 4 * 45),  # 4·(3·3·5 + 1)
        ((4, 15, 15), 8, 0),  # weight and bias of 4 channels; mean and variance are measured
        ((4, 15, 15), 0, 0),
        ((4, 15, 15), 0, 0),
        ((4, 15, 15), 0, 0),
        ((4, 1, 1), 0, 0),
        ((4,), 0, 0),
        ((6,), 30, 24),
        ((6,), 12, 0),
        ((6,), 0, 0),
        ((6,), 0, 0),
        ((2,), 14, 12),
    ]
    assert table.rows[0].size_formula == (
        "height ⌊(33 + 2·0 − (2·(3 − 1) + 1))/2⌋ + 1 = 15, width ⌊(33 + 2·0 − 5)/2⌋ + 1 = 15"
    )
    assert table.rows[5].size_formula == "mean of 15·15 numbers = 1"


def test_lenet_has_the_parameters_of_its_textbooks() -> None:
    assert layer_table(preset("lenet")).parameters == 61_706


def test_the_plain_dense_network_of_the_tutorial_adds_layers_up() -> None:
    table = dense_comparison((1, 32, 32), 5)
    assert columns(table, "parameters", "parameters_formula") == [
        (524_800, "512·(1024 + 1) = 524,800"),
        (262_656, "512·(512 + 1) = 262,656"),
        (2_565, "5·(512 + 1) = 2,565"),
    ]
    assert table.parameters == 790_021
    assert table.multiply_adds == 1024 * 512 + 512 * 512 + 512 * 5
    assert table.network == "dense 512, relu, dense 512, relu, dense"


def test_the_dense_comparison_takes_other_layers_and_none() -> None:
    assert dense_comparison((1, 28, 28), 10, hidden=(100,)).parameters == 100 * 785 + 10 * 101
    assert dense_comparison((1, 28, 28), 10, hidden=()).parameters == 7_850
    with pytest.raises(NetworkError, match="the number of features of dense is 0"):
        dense_comparison(hidden=(0,))


@pytest.mark.parametrize(
    "text", [TUTORIAL, "batchnorm, conv 3 2x2 stride 2, maxpool 2, dropout, dense 5, batchnorm, dense"]
)
def test_columns_add_up_to_the_totals_and_formulas_to_their_numbers(text: str) -> None:
    table = layer_table(Network.from_text(text), (3, 27, 30), 7)
    assert table.parameters == sum(row.parameters for row in table.rows)
    assert table.multiply_adds == sum(row.multiply_adds for row in table.rows)
    for row in table.rows:
        for formula, count in (
            (row.parameters_formula, row.parameters),
            (row.multiply_adds_formula, row.multiply_adds),
        ):
            assert bool(formula) == bool(count)
            if formula:
                left, right = formula.split(" = ")
                assert eval(left.replace("·", "*")) == int(right.replace(",", "")) == count


def test_as_dict_is_json_with_the_rows_and_the_totals() -> None:
    table = layer_table(Network.from_text("maxpool 2, conv 2 3x3, dense"), (1, 7, 7), 3)
    values = table.as_dict()
    assert json.loads(json.dumps(values)) == values
    assert (values["network"], values["input_shape"], values["classes"]) == (
        "maxpool 2, conv 2 3x3, dense",
        [1, 7, 7],
        3,
    )
    assert (values["parameters"], values["multiply_adds"]) == (table.parameters, table.multiply_adds) == (29, 24)
    assert values["layers"][1] == {
        "index": 1,
        "text": "conv 2 3x3",
        "output_shape": [2, 1, 1],
        "size_formula": "⌊(3 + 2·0 − 3)/1⌋ + 1 = 1",
        "parameters": 20,
        "parameters_formula": "2·(1·3·3 + 1) = 20",
        "multiply_adds": 18,
        "multiply_adds_formula": "1·1·2·(1·3·3) = 18",
        "receptive_field": [6, 6],
        "warnings": [],
        "inputs": [0],
        "path": "1",
        "depth": 0,
        "branch": "",
        "opens": [],
    }
    assert len(values["layers"][0]["warnings"]) == 1


class Cells(HTMLParser):
    """The tags of a document, and the text of each table cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.cells: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"style"}
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] == "td":
            self.cells[-1] += data


def test_as_html_is_one_table_with_a_row_a_layer_and_the_warnings() -> None:
    table = layer_table(Network.from_text("conv 2 3x3 pad 1, maxpool 2, dense"), (1, 7, 7), 3)
    html = Cells(table.as_html())
    assert html.open == []
    assert html.tags.count("tr") == 1 + len(table.rows)
    assert "script" not in html.tags
    assert html.cells[:7] == [
        "0", "conv 2 3x3 pad 1", "2×7×7", "⌊(7 + 2·1 − 3)/1⌋ + 1 = 7", "2·(1·3·3 + 1) = 20", "7·7·2·(1·3·3) = 882",
        "3×3",
    ]  # fmt: skip
    assert "<li>layer 1: maxpool 2 never reads the last row" in table.as_html()
    assert table._repr_html_() == table.as_html()


def test_as_html_moves_the_layers_of_a_block_in() -> None:
    html = layer_table(Network("residual(relu, shortcut conv 1 1x1), dense"), (1, 7, 7), 3).as_html()
    cells = Cells(html).cells
    assert cells[1::7] == ["  body: relu", "  shortcut: conv 1 1x1", "add", "flatten", "dense 3"]
    assert cells[3::7][2] == "layer 0 + layer 1"
    assert "white-space:pre'>  body: relu<" in html


def test_as_html_escapes_whatever_the_table_was_given() -> None:
    row = layer_table(Network.from_text("dense"), (1, 2, 2), 3).rows[0]
    hostile = LayerTable("x", (1, 2, 2), 3, (type(row)(**{**vars(row), "text": "<script>", "warnings": ("<b>",)}),))
    assert "<script>" not in hostile.as_html()
    assert "&lt;script&gt;" in hostile.as_html()
    assert "&lt;b&gt;" in hostile.as_html()


def test_a_network_that_does_not_fit_has_no_table() -> None:
    with pytest.raises(NetworkError, match="layer 0, conv 8 9x9, gets maps of 8×8, too small for its 9×9 kernel"):
        layer_table(Network.from_text("conv 8 9x9, dense"), (1, 8, 8))
