"""Pooling, with every number worked out by hand."""

import pytest

from convlens import by_hand

NINE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_windows_move_by_their_own_size_unless_told_otherwise() -> None:
    image = [[1, 3, 2, 1], [4, 8, 0, 1], [2, 2, 5, 7], [0, 4, 6, 2]]
    assert by_hand.max_pool2d(image, 2).tolist() == [[8, 2], [4, 7]]
    assert by_hand.avg_pool2d(image, 2).tolist() == [[4, 1], [2, 5]]
    assert by_hand.max_pool2d(NINE, 2, stride=1).tolist() == [[5, 6], [8, 9]]
    assert by_hand.avg_pool2d(NINE, 2, stride=1).tolist() == [[3, 4], [6, 7]]
    assert by_hand.max_pool2d(NINE, (1, 3)).tolist() == [[3], [6], [9]]
    assert by_hand.avg_pool2d(NINE, (3, 1)).tolist() == [[4, 5, 6]]


def test_rounding_up_takes_windows_that_hang_over_the_end() -> None:
    assert by_hand.max_pool2d(NINE, 2).tolist() == [[5]]
    assert by_hand.max_pool2d(NINE, 2, ceil_mode=True).tolist() == [[5, 6], [8, 9]]
    assert by_hand.avg_pool2d(NINE, 2, ceil_mode=True).tolist() == [[3, 4.5], [7.5, 9]]  # of what is covered


def test_padding_counts_as_zeros_in_an_average_and_not_at_all_in_a_maximum() -> None:
    assert by_hand.max_pool2d(NINE, 2, padding=1).tolist() == [[1, 3], [7, 9]]
    assert by_hand.avg_pool2d(NINE, 2, padding=1).tolist() == [[0.25, 1.25], [2.75, 7]]
    assert by_hand.max_pool2d([[-1, -2], [-3, -4]], 2, padding=1).tolist() == [[-1, -2], [-3, -4]]


def test_channels_are_pooled_by_themselves() -> None:
    image = [[[1, 2], [3, 4]], [[-1, -2], [-3, -4]]]
    assert by_hand.max_pool2d(image, 2).tolist() == [[[4]], [[-1]]]
    assert by_hand.avg_pool2d(image, 2).tolist() == [[[2.5]], [[-2.5]]]
    assert by_hand.max_pool2d_winners(image, 2).tolist() == [[[[1, 1]]], [[[0, 0]]]]
    assert by_hand.trace_max_pool2d(image, 2).at(1, 0, 0).winner == (1, 0, 0)


def test_winners_are_places_in_the_image_and_the_first_of_equals() -> None:
    assert by_hand.max_pool2d_winners(NINE, 2, padding=1).tolist() == [[[0, 0], [0, 2]], [[2, 0], [2, 2]]]
    assert by_hand.max_pool2d_winners([[7, 7], [7, 7]], 2).tolist() == [[[0, 0]]]
    assert by_hand.max_pool2d_winners([[7, 8], [8, 8]], 2).tolist() == [[[0, 1]]]


def test_a_window_position_of_a_maximum_names_the_winner() -> None:
    window = by_hand.trace_max_pool2d(NINE, 2, padding=1).at(0, 1)
    assert (window.position, window.start) == ((0, 1), (-1, 1))
    assert window.as_dict()["covered"] == [[None, None], [2, 3]]
    assert (window.winner, window.divisor, window.result) == ((0, 2), 0, 3.0)


@pytest.mark.parametrize(
    ("position", "covered", "divisor", "result"),
    [
        ((0, 0), [[None, None], [None, 1]], 4, 0.25),
        ((1, 0), [[None, 4], [None, 7]], 4, 2.75),
        ((1, 1), [[5, 6], [8, 9]], 4, 7),
    ],
)
def test_a_window_position_of_an_average_says_what_it_was_divided_by(position, covered, divisor, result) -> None:
    window = by_hand.trace_avg_pool2d(NINE, 2, padding=1).at(*position)
    found = window.as_dict()
    assert (found["covered"], found["winner"], found["divisor"], found["result"]) == (covered, None, divisor, result)


def test_the_divisor_is_smaller_where_a_window_hangs_over_the_end() -> None:
    trace = by_hand.trace_avg_pool2d(NINE, 2, ceil_mode=True)
    assert [(window.divisor, window.result) for window in trace] == [(4, 3), (2, 4.5), (2, 7.5), (1, 9)]


@pytest.mark.parametrize(
    ("size", "kernel_size", "stride", "padding", "down", "up"),
    [
        (28, 2, None, 0, 14, 14),
        (14, 2, None, 0, 7, 7),
        (7, 2, None, 0, 3, 4),
        (5, 2, 3, 0, 2, 2),
        (6, 2, 3, 0, 2, 2),  # a third window would begin at 6, outside
        (7, 2, 3, 0, 2, 3),  # here it begins at the last number
        (5, 3, 2, 1, 3, 3),
        (1, 2, 2, 0, 0, 1),
    ],
)
def test_pooled_sizes_rounded_down_and_up(size, kernel_size, stride, padding, down: int, up: int) -> None:
    assert by_hand.pooled_size(size, kernel_size, stride, padding) == down
    assert by_hand.pooled_size(size, kernel_size, stride, padding, ceil_mode=True) == up
