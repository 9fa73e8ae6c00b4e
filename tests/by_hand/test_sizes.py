"""The tutorial's formulas of sizes, each against the operation itself."""

import numpy as np
import pytest

from convlens import by_hand
from convlens.network import Network, initial_weights

TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"


@pytest.mark.parametrize(("n", "m", "expected"), [(3, 2, 2), (5, 3, 3), (28, 3, 26), (28, 28, 1)])
def test_n_minus_m_plus_1(n: int, m: int, expected: int) -> None:
    assert by_hand.output_size(n, m) == n - m + 1 == expected
    assert by_hand.cross_correlate2d(np.ones((n, n)), np.ones((m, m))).shape == (expected, expected)


@pytest.mark.parametrize(("n", "m", "s", "expected"), [(7, 2, 2, 3), (5, 3, 2, 2), (28, 2, 2, 14), (10, 3, 4, 2)])
def test_a_stride_divides(n: int, m: int, s: int, expected: int) -> None:
    assert by_hand.output_size(n, m, s) == (n - m) // s + 1 == expected
    assert by_hand.cross_correlate2d(np.ones((n, n)), np.ones((m, m)), stride=s).shape == (expected, expected)


@pytest.mark.parametrize(
    ("n", "m", "s", "p", "expected"), [(28, 3, 1, 1, 28), (3, 2, 1, 1, 4), (224, 7, 2, 3, 112), (6, 3, 2, 1, 3)]
)
def test_padding_adds_twice(n: int, m: int, s: int, p: int, expected: int) -> None:
    assert by_hand.output_size(n, m, s, p) == (n + 2 * p - m) // s + 1 == expected
    found = by_hand.cross_correlate2d(np.ones((n, n)), np.ones((m, m)), stride=s, padding=p)
    assert found.shape == (expected, expected)


def test_the_formula_reads_as_in_the_tutorial() -> None:
    assert by_hand.output_size_formula(28, 3, padding=1) == "⌊(28 + 2·1 − 3)/1⌋ + 1 = 28"
    assert by_hand.output_size_formula(28, 2, stride=2) == "⌊(28 + 2·0 − 2)/2⌋ + 1 = 14"


def test_what_the_floor_drops_no_window_position_covers() -> None:
    assert (by_hand.dropped(7, 2, stride=2), by_hand.dropped(10, 3, stride=4)) == (1, 3)
    assert by_hand.count_coverage((1, 7), (1, 2), stride=2).tolist() == [[1, 1, 1, 1, 1, 1, 0]]
    assert by_hand.count_coverage((1, 10), (1, 3), stride=4).tolist() == [[1, 1, 1, 0, 1, 1, 1, 0, 0, 0]]


def test_the_tutorials_network_goes_from_28_over_14_to_7_and_784_numbers() -> None:
    network = Network.from_text(TUTORIAL)
    weights = initial_weights(network, (1, 28, 28), 10, seed=3)
    results = by_hand.run_network(network, weights, np.ones((1, 28, 28)))
    assert [(result.index, result.text, result.output.shape) for result in results] == [
        (0, "conv 8 3x3 pad 1", (8, 28, 28)),
        (1, "relu", (8, 28, 28)),
        (2, "maxpool 2", (8, 14, 14)),
        (3, "conv 16 3x3 pad 1", (16, 14, 14)),
        (4, "relu", (16, 14, 14)),
        (5, "maxpool 2", (16, 7, 7)),
        (6, "flatten", (784,)),
        (7, "dense 10", (10,)),
    ]
    assert weights["7.weight"].shape == (10, 784)
