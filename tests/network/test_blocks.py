"""Residual and concat blocks: as text, as Python, laid out as nodes, and what is wrong with one."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from convlens.errors import NetworkError
from convlens.layers import BLOCKS, BatchNorm2d, Concat, Conv2d, Dense, Flatten, GlobalAvgPool2d, Layer, ReLU, Residual
from convlens.layers.residual import Add
from convlens.network import Network, initial_weights, layer_table

PROJECTED = "residual(conv 4 3x3 stride 2 pad 1, batchnorm, shortcut conv 4 1x1 stride 2, batchnorm), relu, dense"


def nodes(text: str, shape: tuple[int, int, int] = (1, 8, 8)) -> list[tuple[str, str, tuple[int, ...], str]]:
    resolved = Network(text).resolve(shape, 3)
    return [(node.path, str(node.layer), node.inputs, node.branch) for node in resolved]


def test_a_residual_block_is_its_body_its_shortcut_and_an_addition() -> None:
    assert nodes(PROJECTED) == [
        ("0.body.0", "conv 4 3x3 stride 2 pad 1", (-1,), "body"),
        ("0.body.1", "batchnorm", (0,), "body"),
        ("0.shortcut.0", "conv 4 1x1 stride 2", (-1,), "shortcut"),
        ("0.shortcut.1", "batchnorm", (2,), "shortcut"),
        ("0", "add", (1, 3), ""),
        ("1", "relu", (4,), ""),
        ("2", "flatten", (5,), ""),
        ("3", "dense 3", (6,), ""),
    ]


def test_without_a_shortcut_the_input_itself_is_added() -> None:
    assert nodes("conv 2 1x1, residual(conv 2 3x3 pad 1), dense")[1:3] == [
        ("1.body.0", "conv 2 3x3 pad 1", (0,), "body"),
        ("1", "add", (1, 0), ""),
    ]


def test_a_concat_block_is_its_branches_and_a_concatenation() -> None:
    assert nodes("concat(conv 2 1x1; conv 3 3x3 pad 1, relu;), dense")[:4] == [
        ("0.branches.0.0", "conv 2 1x1", (-1,), "branch 0"),
        ("0.branches.1.0", "conv 3 3x3 pad 1", (-1,), "branch 1"),
        ("0.branches.1.1", "relu", (1,), "branch 1"),
        ("0", "concat", (0, 2, -1), ""),
    ]
    resolved = Network("concat(conv 2 1x1; conv 3 3x3 pad 1, relu;), dense").resolve((4, 8, 8), 3)
    assert resolved[3].input_shapes == ((2, 8, 8), (3, 8, 8), (4, 8, 8))
    assert resolved[3].output_shape == (9, 8, 8)  # 2 + 3 + 4


def test_blocks_stand_in_blocks() -> None:
    text = "residual(concat(conv 1 1x1; relu), conv 1 1x1), dense"
    assert nodes(text)[:5] == [
        ("0.body.0.branches.0.0", "conv 1 1x1", (-1,), "branch 0"),
        ("0.body.0.branches.1.0", "relu", (-1,), "branch 1"),
        ("0.body.0", "concat", (0, 1), "body"),
        ("0.body.1", "conv 1 1x1", (2,), "body"),
        ("0", "add", (3, -1), ""),
    ]
    assert [node.depth for node in Network(text).resolve((1, 8, 8), 3)] == [2, 2, 1, 1, 0, 0, 0]
    assert str(Network(text)) == text


def test_python_and_text_say_the_same() -> None:
    block = Residual([Conv2d(4, kernel_size=3, padding=1), BatchNorm2d()], shortcut=[Conv2d(4, kernel_size=1)])
    network = Network([block, Concat([Conv2d(2, kernel_size=1)], []), GlobalAvgPool2d(), Dense()])
    text = "residual(conv 4 3x3 pad 1, batchnorm, shortcut conv 4 1x1), concat(conv 2 1x1;), globalavgpool, dense"
    assert str(network) == text
    assert Network(text) == network
    assert repr(network) == (
        "Network([Residual([Conv2d(4, kernel_size=3, padding=1), BatchNorm2d()], shortcut=[Conv2d(4, kernel_size=1)]), "
        "Concat([Conv2d(2, kernel_size=1)], []), GlobalAvgPool2d(), Flatten(), Dense()])"
    )


@pytest.mark.parametrize(
    "text",
    ["concat(; conv 2 1x1), dense", "concat(relu; ; tanh), dense", "concat(;), dense", "concat(concat(relu;);), dense"],
)
def test_branches_without_layers_are_written_as_they_are_read(text: str) -> None:
    network = Network(text)
    assert str(network) == text
    assert Network(text.replace(";)", "; )")) == network


def test_blocks_work_on_rows_of_numbers_too() -> None:
    assert Network("flatten, residual(dense 64, relu), dense").layers == (
        Flatten(),
        Residual([Dense(64), ReLU()]),
        Dense(),
    )
    assert nodes("flatten, concat(dense 2; relu), dense")[3][1:3] == ("concat", (1, 2))
    assert Network("flatten, concat(dense 2; relu), dense").resolve((1, 8, 8), 3)[3].output_shape == (66,)  # 2 + 64


def test_flatten_is_implied_in_a_branch() -> None:
    assert nodes("concat(dense 2; dense 3), dense")[:5] == [
        ("0.branches.0.0", "flatten", (-1,), "branch 0"),
        ("0.branches.0.1", "dense 2", (0,), "branch 0"),
        ("0.branches.1.0", "flatten", (-1,), "branch 1"),
        ("0.branches.1.1", "dense 3", (2,), "branch 1"),
        ("0", "concat", (1, 3), ""),
    ]


def test_weights_have_the_names_of_nested_modules() -> None:
    shapes = Network(PROJECTED).parameter_shapes((1, 8, 8), 3)
    assert [name for name in shapes if not name.startswith("3.")][:2] == ["0.body.0.weight", "0.body.0.bias"]
    assert shapes["0.shortcut.0.weight"] == (4, 1, 1, 1)
    weights = initial_weights(Network(PROJECTED), (1, 8, 8), 3, seed=0)
    assert {name: array.shape for name, array in weights.items()} == shapes
    assert weights["0.shortcut.1.running_var"].tolist() == [1, 1, 1, 1]


def test_grouped_convolutions_have_fewer_weights() -> None:
    network = Network("conv 8 3x3 pad 1, conv 8 3x3 pad 1 groups 8, conv 4 1x1 groups 2, dense")
    table = layer_table(network, (1, 8, 8), 3)
    assert network.parameter_shapes((1, 8, 8), 3)["1.weight"] == (8, 1, 3, 3)
    assert network.parameter_shapes((1, 8, 8), 3)["2.weight"] == (4, 4, 1, 1)
    assert [row.parameters for row in table.rows[:3]] == [80, 8 * (9 + 1), 4 * (4 + 1)]
    assert [row.multiply_adds for row in table.rows[1:3]] == [64 * 8 * 9, 64 * 4 * 4]
    assert table.rows[1].parameters_formula == "8·(1·3·3 + 1) = 80"


def test_the_receptive_field_of_a_join_is_that_of_its_widest_branch() -> None:
    rows = layer_table(Network("concat(conv 1 1x1; conv 1 3x3 pad 1, conv 1 3x3 pad 1), dense"), (1, 9, 9), 3).rows
    assert [row.receptive_field for row in rows[:4]] == [(1, 1), (3, 3), (5, 5), (5, 5)]
    rows = layer_table(Network("residual(conv 1 3x3 pad 1), dense"), (1, 9, 9), 3).rows
    assert rows[1].receptive_field == (3, 3)
    assert rows[1].size_formula == "layer 0 + input"


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("residual(), dense", "residual()", "this residual block has no layers."),
        ("concat(conv 2 1x1), dense", "concat(conv 2 1x1)", "this concat has one branch; it needs at least two."),
        ("residual conv 2 1x1, dense", "residual", "residual needs its layers in brackets."),
        ("residual(conv 1 1x1, dense", "(", "the bracket of residual is not closed."),
        ("conv 2 1x1), dense", ")", "this bracket has no opening bracket. Remove it."),
        ("residual(conv 1 1x1; relu), dense", ";", "';' separates the branches of a concat."),
        ("residual(conv 1 1x1) relu, dense", "relu", "'relu' follows a block without a comma. Write a comma"),
        ("residual(relu, shortcut), dense", "shortcut", "there is no layer after 'shortcut'."),
        ("shortcut conv 1 1x1, dense", "shortcut", "'shortcut' is only for residual blocks."),
        (
            "residual(relu, shortcut relu, shortcut relu), dense",
            "shortcut",
            "only a residual block has a shortcut, and it has only one.",
        ),
        ("resblock(conv 1 1x1), dense", "resblock", "Did you mean 'residual'?"),
        ("residual(dense, relu), dense", "dense", "only the last dense may leave it out"),
        (
            "residual(flatten, relu), dense",
            "residual(flatten, relu)",
            "the body of this residual gives a row of numbers",
        ),
        ("flatten, residual(conv 1 1x1), dense", "conv 1 1x1", "conv 1 1x1 needs maps, but the flatten before it"),
        ("residual(relu), dense", None, None),
        (
            "residual(conv 4 3x3 stride 2 pad 1), dense",
            "residual(conv 4 3x3 stride 2 pad 1)",
            "so their shapes must be equal. Write 'shortcut conv 4 1x1 stride 2' as the last part of the block.",
        ),
        ("residual(conv 1 3x3), dense", "residual(conv 1 3x3)", "Give the convolutions of the body a padding"),
        (
            "concat(conv 1 3x3; relu), dense",
            "concat(conv 1 3x3; relu)",
            "the branches of this concat give maps of different sizes: branch 0 gives 1×6×6, branch 1 gives 1×8×8.",
        ),
        ("residual(conv 4 9x9), dense", "9x9", "too small for its 9×9 kernel"),
        ("conv 4 3x3 groups 3, dense", "3", "4 channels cannot be divided into 3 groups. Change the channels to 6"),
        ("conv 4 3x3 groups 2, dense", "2", "gets 1 channel, which cannot be divided into 2 groups."),
    ],
)
def test_what_is_wrong_with_a_block(text: str, word: str | None, reason: str | None) -> None:
    if word is None or reason is None:
        Network(text).resolve((1, 8, 8), 3)
        return
    with pytest.raises(NetworkError) as caught:
        Network(text).resolve((1, 8, 8), 3)
    error = caught.value
    assert reason in error.reason
    assert error.text is not None
    assert error.text[error.start : error.end] == word


def test_a_mistake_in_python_names_the_path() -> None:
    with pytest.raises(NetworkError, match=r"layer 0\.body\.1 is of type str"):
        Network([Residual([ReLU(), "relu"]), Dense()])  # pyright: ignore[reportArgumentType]
    with pytest.raises(NetworkError, match=r"layer 0\.branches\.1\.0 is the class ReLU itself"):
        Network([Concat([], [ReLU]), Dense()])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("opening", "closing"), [("residual(", ")"), ("concat(", "; relu)"), ("residual(relu, shortcut ", ")")]
)
def test_blocks_of_a_text_may_not_be_nested_without_end(opening: str, closing: str) -> None:
    with pytest.raises(NetworkError, match="more than 20 blocks within blocks"):
        Network(opening * 21 + "relu" + closing * 21 + ", dense")
    with pytest.raises(NetworkError, match="more than 20 blocks within blocks"):  # told before Python's recursion ends
        Network(opening * 3000 + "relu" + closing * 3000 + ", dense")


def test_blocks_may_not_be_nested_without_end() -> None:
    block: Residual | ReLU = ReLU()
    for _ in range(21):
        block = Residual([block])
    with pytest.raises(NetworkError, match="more than 20 blocks within blocks"):
        Network([block, Dense()])
    assert str(Network("residual(" * 20 + "relu" + ")" * 20 + ", dense")).count("residual") == 20


@dataclass(frozen=True, init=False, repr=False)
class Sum(Concat):
    """A kind of block that nobody but this file knows."""

    word: ClassVar[str] = "sum"
    channels_may_differ: ClassVar[bool] = False

    @property
    def join(self) -> Layer:
        return Add()


def test_another_kind_of_block_needs_no_word_in_the_text_reader_or_the_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BLOCKS, "sum", Sum)
    network = Network("conv 4 1x1, sum(conv 4 3x3 pad 1; ), dense")
    assert type(network.layers[1]) is Sum
    assert str(network) == "conv 4 1x1, sum(conv 4 3x3 pad 1;), dense"
    assert nodes(str(network))[1:3] == [
        ("1.branches.0.0", "conv 4 3x3 pad 1", (0,), "branch 0"),
        ("1", "add", (1, 0), ""),
    ]
    with pytest.raises(NetworkError, match=r"of this sum .*0 gives 5×6×6, branch 1 gives 4×6×6.* same channels,"):
        Network("conv 4 1x1, sum(conv 5 1x1; ), dense").resolve((1, 6, 6), 3)
