"""Two vectors, with every number worked out by hand."""

import numpy as np
import pytest

from convlens import by_hand

FOUR, TWO = [1, 2, 3, 4], [1, -1]


def test_cross_correlation_adds_the_products() -> None:
    assert by_hand.cross_correlate([2, 0, -1], [5, 7, 3]) == 7  # 10 + 0 − 3
    assert by_hand.cross_correlate([0.1, 0.2], [1, 1]) == 0.1 + 0.2
    assert isinstance(by_hand.cross_correlate([1], [1]), float)


def test_convolution_turns_the_second_vector_first() -> None:
    assert by_hand.convolve([2, 0, -1], [5, 7, 3]) == 1  # 2·3 + 0·7 − 1·5
    assert by_hand.convolve([5, 7, 3], [2, 0, -1]) == 1  # whichever is turned


@pytest.mark.parametrize(
    ("function", "trace", "expected"),
    [
        (by_hand.correlate_full, by_hand.trace_correlate_full, [-1, -1, -1, -1, 4]),
        (by_hand.correlate_same, by_hand.trace_correlate_same, [-1, -1, -1, -1]),
        (by_hand.correlate_valid, by_hand.trace_correlate_valid, [-1, -1, -1]),
        (by_hand.convolve_full, by_hand.trace_convolve_full, [1, 1, 1, 1, -4]),
        (by_hand.convolve_same, by_hand.trace_convolve_same, [1, 1, 1, 1]),
        (by_hand.convolve_valid, by_hand.trace_convolve_valid, [1, 1, 1]),
    ],
)
def test_sliding_a_difference_along_a_staircase(function, trace, expected: list[float]) -> None:
    assert function(FOUR, TWO).tolist() == expected
    assert [window.total for window in trace(FOUR, TWO)] == expected


def test_exchanging_the_vectors_turns_a_correlation_round_and_leaves_a_convolution() -> None:
    assert by_hand.correlate_full(TWO, FOUR).tolist() == [4, -1, -1, -1, -1]
    assert by_hand.correlate_same(TWO, FOUR).tolist() == [-1, -1, -1, -1]
    assert by_hand.correlate_valid(TWO, FOUR).tolist() == [-1, -1, -1]
    assert by_hand.convolve_full(TWO, FOUR).tolist() == [1, 1, 1, 1, -4]
    assert by_hand.convolve_same(TWO, FOUR).tolist() == [1, 1, 1, 1]
    assert by_hand.convolve_valid(TWO, FOUR).tolist() == [1, 1, 1]


def test_the_example_of_numpys_documentation() -> None:
    assert by_hand.convolve_full([1, 2, 3], [0, 1, 0.5]).tolist() == [0, 1, 2.5, 4, 1.5]
    assert by_hand.convolve_same([1, 2, 3], [0, 1, 0.5]).tolist() == [1, 2.5, 4]
    assert by_hand.convolve_valid([1, 2, 3], [0, 1, 0.5]).tolist() == [2.5]
    assert by_hand.correlate_full([1, 2, 3], [0, 1, 0.5]).tolist() == [0.5, 2, 3.5, 3, 0]
    assert by_hand.correlate_same([1, 2, 3], [0, 1, 0.5]).tolist() == [2, 3.5, 3]
    assert by_hand.correlate_valid([1, 2, 3], [0, 1, 0.5]).tolist() == [3.5]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3), (3, 5), (4, 4), (9, 1)])
def test_n_and_m_numbers_give_n_plus_m_minus_1_results(n: int, m: int) -> None:
    a, b = np.ones(n), np.ones(m)
    assert len(by_hand.convolve_full(a, b)) == len(by_hand.correlate_full(a, b)) == n + m - 1
    assert len(by_hand.convolve_same(a, b)) == len(by_hand.correlate_same(a, b)) == max(n, m)
    assert len(by_hand.convolve_valid(a, b)) == len(by_hand.correlate_valid(a, b)) == abs(n - m) + 1


def test_the_first_window_position_of_a_full_convolution_hangs_over_the_beginning() -> None:
    first = by_hand.trace_convolve_full([3, 1, 2], [2, 4, 1])[0]
    assert (first.position, first.start) == ((0,), (-2,))
    assert first.covered.tolist() == [0, 0, 3]
    assert first.kernel.tolist() == [1, 4, 2]
    assert first.products.tolist() == [0, 0, 6]
    assert (first.channel_sums, first.bias, first.total, first.result) == ((6.0,), 0.0, 6.0, 6.0)


def test_the_first_window_position_of_a_valid_correlation_begins_with_the_vector() -> None:
    first = by_hand.trace_correlate_valid([3, 1, 2, 5], [2, 4])[0]
    assert (first.position, first.start, first.covered.tolist()) == ((0,), (0,), [3, 1])
    assert first.products.tolist() == [6, 4]


def test_the_traces_of_single_numbers_have_one_window_position_without_a_position() -> None:
    correlated = by_hand.trace_cross_correlate([3, 1, 2], [2, 4, 1])
    assert (len(correlated), correlated.shape, correlated[0].position) == (1, (), ())
    assert correlated.at().products.tolist() == [6, 4, 2]
    turned = by_hand.trace_convolve([3, 1, 2], [2, 4, 1]).at()
    assert (turned.products.tolist(), turned.total) == ([3, 4, 4], 11.0)
