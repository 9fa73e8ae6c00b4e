"""What the kinds of layers say and compute, in numbers worked out by hand: shapes, formulas, counts, functions."""

from typing import Any

import numpy as np
import pytest

from convlens import Network, by_hand
from convlens.layers import ACTIVATIONS, KINDS, BatchNorm2d, Dropout, LeakyReLU, ReLU
from convlens.layers.batchnorm import normalises_one_number
from convlens.layers.layer import ResolvedLayer
from convlens.network import layer_table


def facts(text: str, shape: tuple[int, int, int], classes: int) -> list[tuple[Any, ...]]:
    """Of each layer: text, output, its formula, the formulas of parameters and multiply-adds, receptive field."""
    return [
        (
            row.text,
            row.output_shape,
            row.size_formula,
            row.parameters_formula,
            row.multiply_adds_formula,
            row.receptive_field,
        )
        for row in layer_table(Network.from_text(text), shape, classes).rows
    ]


def test_a_chain_of_unequal_axes() -> None:
    # Height: (9 + 2 − 3) / 2 + 1 = 5. Width: (12 + 2 − 5) / 2 + 1 = 5.5, rounded down.
    assert facts("conv 6 3x5 stride 2 pad 1, relu, avgpool 2x3 stride 1x2, dense 7, dense", (2, 9, 12), 3) == [
        (
            "conv 6 3x5 stride 2 pad 1",
            (6, 5, 5),
            "height ⌊(9 + 2·1 − 3)/2⌋ + 1 = 5, width ⌊(12 + 2·1 − 5)/2⌋ + 1 = 5",
            "6·(2·3·5 + 1) = 186",
            "5·5·6·(2·3·5) = 4,500",
            (3, 5),
        ),
        ("relu", (6, 5, 5), "", "", "", (3, 5)),
        (
            "avgpool 2x3 stride 1x2",
            (6, 4, 2),
            "height ⌊(5 + 2·0 − 2)/1⌋ + 1 = 4, width ⌊(5 + 2·0 − 3)/2⌋ + 1 = 2",
            "",
            "",
            (5, 9),  # 3 + 1·2 rows; 5 + 2·2 columns
        ),
        ("flatten", (48,), "6·4·2 = 48", "", "", (5, 9)),
        ("dense 7", (7,), "", "7·(48 + 1) = 343", "48·7 = 336", (9, 12)),
        ("dense 3", (3,), "", "3·(7 + 1) = 24", "7·3 = 21", (9, 12)),
    ]


def test_a_chain_of_equal_axes() -> None:
    text = "conv 4 3x3 pad same groups 2, batchnorm, maxpool 2, globalavgpool, batchnorm, dropout 0.25, dense"
    assert facts(text, (2, 8, 8), 2) == [
        (
            "conv 4 3x3 pad 1 groups 2",
            (4, 8, 8),
            "⌊(8 + 2·1 − 3)/1⌋ + 1 = 8",
            "4·(1·3·3 + 1) = 40",  # each group reads one of the two channels
            "8·8·4·(1·3·3) = 2,304",
            (3, 3),
        ),
        ("batchnorm", (4, 8, 8), "", "2·4 = 8", "", (3, 3)),
        ("maxpool 2", (4, 4, 4), "⌊(8 + 2·0 − 2)/2⌋ + 1 = 4", "", "", (4, 4)),
        ("globalavgpool", (4, 1, 1), "mean of 4·4 numbers = 1", "", "", (8, 8)),
        ("batchnorm", (4, 1, 1), "", "2·4 = 8", "", (8, 8)),
        ("dropout 0.25", (4, 1, 1), "", "", "", (8, 8)),
        ("flatten", (4,), "4·1·1 = 4", "", "", (8, 8)),
        ("dense 2", (2,), "", "2·(4 + 1) = 10", "4·2 = 8", (8, 8)),
    ]


def test_blocks() -> None:
    text = "residual(conv 1 3x3 pad 1, relu), concat(relu; conv 2 1x1), globalavgpool, dense"
    rows = facts(text, (1, 5, 4), 2)
    assert [row[:3] for row in rows[2:5]] == [
        ("add", (1, 5, 4), "layer 1 + input"),
        ("relu", (1, 5, 4), ""),
        ("conv 2 1x1", (2, 5, 4), "height ⌊(5 + 2·0 − 1)/1⌋ + 1 = 5, width ⌊(4 + 2·0 − 1)/1⌋ + 1 = 4"),
    ]
    assert [row[1:3] for row in rows[5:7]] == [
        ((3, 5, 4), "1 (layer 3) + 2 (layer 4) = 3"),
        ((3, 1, 1), "mean of 5·4 numbers = 1"),
    ]


def test_batch_normalisation_of_one_number() -> None:
    resolved = Network.from_text("batchnorm, conv 3 2x2, batchnorm, relu, dense").resolve((1, 2, 2), 2)
    found = [normalises_one_number(node) for node in resolved]
    assert found == [False, False, True, False, False, False]  # the second one has three maps of 1 × 1


VALUES = np.array([-10, -1, 0, 1, 3.0])
OUTPUTS = {
    "relu": [0, 0, 0, 1, 3],
    "leaky_relu": [-0.1, -0.01, 0, 1, 3],
    "sigmoid": [4.539786870243439e-05, 0.2689414213699951, 0.5, 0.7310585786300049, 0.9525741268224334],
    "tanh": [-0.9999999958776927, -0.7615941559557649, 0, 0.7615941559557649, 0.9950547536867305],
    "silu": [-4.539786870243439e-04, -0.2689414213699951, 0, 0.7310585786300049, 2.8577223804673],
    "gelu": [-7.61985302416052e-23, -0.15865525393145707, 0, 0.8413447460685429, 2.99595030590511],
}


def test_every_activation_has_its_outputs_here() -> None:
    assert set(OUTPUTS) == set(ACTIVATIONS)


@pytest.mark.parametrize("word", OUTPUTS)
def test_activations_of_a_few_numbers(word: str) -> None:
    activation = KINDS[word]()
    np.testing.assert_allclose(activation.run(by_hand, {}, VALUES), OUTPUTS[word], rtol=1e-12)
    assert activation.run(by_hand, {}, np.empty((0, 3))).shape == (0, 3)
    assert np.isnan(activation.run(by_hand, {}, np.array([np.nan]))).all()


def test_what_has_numbers_for_the_engine() -> None:
    node = ResolvedLayer(0, ReLU(), (-1,), ((2, 3, 3),), (2, 3, 3), "0")
    assert tuple(LeakyReLU(0.2).numbers(node)) == (0.2,)
    assert tuple(Dropout(0.25).numbers(node)) == (0.25,)
    assert tuple(BatchNorm2d().numbers(node)) == (1e-5,)
    assert tuple(ReLU().numbers(node)) == ()


def test_batch_normalisation_uses_the_running_statistics() -> None:
    weights = {
        "running_mean": np.array([1.0, 0]),
        "running_var": np.array([4.0, 0.25]),
        "weight": np.array([2.0, -1]),
        "bias": np.array([0.5, 0]),
    }
    maps = np.array([[[3.0, 1]], [[1, 0]]])
    expected = [[[2.5, 0.5]], [[-2, 0]]]  # (3 − 1)/√4 · 2 + 0.5, and −(1 − 0)/√0.25
    np.testing.assert_allclose(BatchNorm2d().run(by_hand, weights, maps), expected, rtol=3e-5)
