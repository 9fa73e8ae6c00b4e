"""A kernel over a matrix, with every number worked out by hand."""

from typing import Any

import numpy as np
import pytest

from convlens import by_hand

NINE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
KERNEL = [[0, 1], [2, 3]]
DIAGONAL = [[1, 0], [0, 1]]
STAIRS = np.arange(25).reshape(5, 5)


def test_a_matrix_is_turned_by_half_a_turn() -> None:
    assert by_hand.rotate([[1, 2, 3], [4, 5, 6]]).tolist() == [[6, 5, 4], [3, 2, 1]]


def test_a_kernel_slides_as_it_is_and_turned() -> None:
    # 2 + 2·4 + 3·5 = 25; turned, 3·1 + 2·2 + 1·4 = 11
    assert by_hand.cross_correlate2d(NINE, KERNEL).tolist() == [[25, 31], [43, 49]]
    assert by_hand.convolve2d(NINE, KERNEL).tolist() == [[11, 17], [29, 35]]


def test_a_stride_leaves_window_positions_out() -> None:
    assert by_hand.cross_correlate2d(STAIRS, DIAGONAL, stride=2).tolist() == [[6, 10], [26, 30]]
    found = by_hand.cross_correlate2d(STAIRS, DIAGONAL, stride=(1, 2))
    assert found.tolist() == [[6, 10], [16, 20], [26, 30], [36, 40]]


def test_dilation_spreads_the_kernel() -> None:
    found = by_hand.cross_correlate2d(STAIRS, DIAGONAL, dilation=2)  # v(r, c) + v(r + 2, c + 2) = 2·v + 12
    assert found.tolist() == [[12, 14, 16], [22, 24, 26], [32, 34, 36]]


@pytest.mark.parametrize(
    ("padding_mode", "expected"),
    [
        ("zeros", [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]),
        ("reflect", [[4, 3, 4, 3], [2, 1, 2, 1], [4, 3, 4, 3], [2, 1, 2, 1]]),
        ("replicate", [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]),
    ],
)
def test_three_ways_to_fill_the_padding(padding_mode: Any, expected: list[list[int]]) -> None:
    found = by_hand.cross_correlate2d([[1, 2], [3, 4]], [[1]], padding=1, padding_mode=padding_mode)
    assert found.tolist() == expected


def test_padding_is_given_for_rows_and_columns() -> None:
    assert by_hand.cross_correlate2d([[1, 2]], [[1]], padding=(1, 0)).tolist() == [[0, 0], [1, 2], [0, 0]]
    assert by_hand.cross_correlate2d([[1, 2]], [[1]], padding=(0, 1)).tolist() == [[0, 1, 2, 0]]


def test_a_window_position_says_where_it_lies_and_what_it_multiplies() -> None:
    window = by_hand.trace_cross_correlate2d(NINE, KERNEL, stride=2, padding=1).at(0, 1)
    assert (window.position, window.start) == ((0, 1), (-1, 1))
    assert window.covered.tolist() == [[0, 0], [2, 3]]
    assert window.kernel.tolist() == KERNEL
    assert window.products.tolist() == [[0, 0], [4, 9]]
    assert (window.channel_sums, window.total, window.result) == ((13.0,), 13.0, 13.0)


def test_the_kernel_of_a_traced_convolution_is_turned() -> None:
    window = by_hand.trace_convolve2d(NINE, KERNEL).at(1, 1)
    assert window.kernel.tolist() == [[3, 2], [1, 0]]
    assert window.products.tolist() == [[15, 12], [8, 0]]
    assert window.total == 35


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"size": 5, "kernel_size": 2, "stride": 2}, np.outer([1, 1, 1, 1, 0], [1, 1, 1, 1, 0])),
        ({"size": 3, "kernel_size": 3, "padding": 1}, np.outer([2, 3, 2], [2, 3, 2])),
        ({"size": 5, "kernel_size": 2, "dilation": 2}, np.outer([1, 1, 2, 1, 1], [1, 1, 2, 1, 1])),
        ({"size": (3, 5), "kernel_size": (1, 3)}, np.outer([1, 1, 1], [1, 2, 3, 2, 1])),
        ({"size": (1, 4), "kernel_size": 1, "stride": (1, 3)}, [[1, 0, 0, 1]]),
        # beginnings at −1, 1 and 3 with two values each, 2 apart: −1 and 1, 1 and 3, 3 and 5
        ({"size": (1, 5), "kernel_size": (1, 2), "stride": 2, "padding": (0, 1), "dilation": 2}, [[0, 2, 0, 2, 0]]),
    ],
)
def test_coverage_counts_the_window_positions_over_each_cell(settings: dict, expected: list[list[int]]) -> None:
    np.testing.assert_array_equal(by_hand.count_coverage(**settings), expected)
