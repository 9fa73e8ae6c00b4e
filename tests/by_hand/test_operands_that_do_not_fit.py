"""Arrays whose sizes do not fit together, at the limits of what is allowed: the message, number by number."""

from typing import Any

import numpy as np
import pytest

from convlens import by_hand
from convlens.by_hand import trace_add, trace_concatenate, trace_conv2d, trace_dense
from convlens.errors import UsageError

ROW, LONG_ROW, MAPS, WIDE_MAPS = np.ones(2), np.ones(3), np.ones((1, 2, 2)), np.ones((1, 2, 3))
IMAGE, KERNELS = np.ones((4, 3, 3)), np.ones((2, 2, 2, 2))


@pytest.mark.parametrize(
    ("operation", "arguments", "message"),
    [
        (trace_add, ([ROW, LONG_ROW], [0, 1]), "the arrays to add have different shapes; give arrays of one shape."),
        (trace_add, ([], []), "values is []; give an array for each of the layers."),
        (
            trace_concatenate,
            ([MAPS, WIDE_MAPS], [0, 1]),
            "the arrays to concatenate do not fit; give arrays that differ",
        ),
        (trace_dense, (LONG_ROW, np.ones((4, 2)), ROW), "3 inputs, weights 4×2 and 2 biases do not fit; give weights"),
        (trace_dense, (ROW, np.ones((4, 2)), ROW), "2 inputs, weights 4×2 and 2 biases do not fit; give weights"),
        (trace_conv2d, (np.ones((3, 3, 3)), KERNELS, ROW), "the image has 3 channels and the kernels have 2; a kernel"),
        (
            trace_conv2d,
            (IMAGE, KERNELS, LONG_ROW),
            "the image has 4 channels and the kernels have 2; a kernel needs one",
        ),
        (by_hand.convolve, ([1.01e140], [1]), "holds 1.01e+140 at [0]; give numbers of at most 1e+140."),
        (by_hand.convolve, ([0, -1.01e140], [1, 1]), "holds -1.01e+140 at [1]; give numbers of at most 1e+140."),
        (
            lambda: by_hand.cross_correlate2d([[1]], [[1]], padding=5000),
            (),
            "the input with its padding has 100,020,001 numbers; give one of at most 100,000,000.",
        ),
        (
            lambda: by_hand.cross_correlate2d(np.ones((2, 3)), np.ones((2, 2)), padding=(2, 3), padding_mode="reflect"),
            (),
            "a padding of 2 cannot be reflected from an input 2 high; give at most 1, or the padding mode zeros",
        ),
    ],
)
def test_the_message_has_the_numbers(operation: Any, arguments: tuple, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        operation(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("channels", "kernels", "groups", "message"),
    [
        (3, (2, 1), 2, "2 groups do not divide 3 channels and 2 kernels evenly; give groups that divide both."),
        (4, (3, 2), 2, "2 groups do not divide 4 channels and 3 kernels evenly"),
        (
            4,
            (2, 1),
            2,
            "the image has 4 channels in 2 groups and the kernels have 1; a kernel needs 2, one for each channel",
        ),
    ],
)
def test_groups_that_do_not_fit(channels: int, kernels: tuple[int, int], groups: int, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        by_hand.conv2d(np.ones((channels, 3, 3)), np.ones((*kernels, 2, 2)), groups=groups)
    assert str(caught.value).startswith(message)


def test_the_largest_number_is_allowed_and_so_is_a_padding_that_is_just_reflected() -> None:
    assert by_hand.convolve([1e140], [1]) == 1e140
    # 1 2 3 is reflected by two as 3 2 1 2 3 2 1; sums of 2.
    reflected = by_hand.cross_correlate2d([[1, 2, 3]], [[1, 1]], padding=(0, 2), padding_mode="reflect")
    assert np.asarray(reflected).tolist() == [[5, 3, 3, 5, 5, 3]]


def test_the_padding_is_what_lies_around_the_input() -> None:
    trace = by_hand.trace_cross_correlate2d(np.ones((2, 3)), np.ones((2, 2)), padding=(1, 2))
    assert trace.source.shape == (4, 7)
    inside = {(row, column) for row in range(4) for column in range(7) if not trace.is_padding(row, column)}
    assert inside == {(1, 2), (1, 3), (1, 4), (2, 2), (2, 3), (2, 4)}


def test_each_number_of_a_concatenation_comes_from_one_place() -> None:
    first, second = np.arange(4.0).reshape(1, 2, 2), np.arange(10.0, 18.0).reshape(2, 2, 2)
    trace = trace_concatenate([first, second], [3, -1])
    assert trace.shape == (3, 2, 2)
    joined = [(term.layer, term.position, term.value) for term in (trace.at(c, 1, 0).terms[0] for c in range(3))]
    assert joined == [(3, (0, 1, 0), 2.0), (-1, (0, 1, 0), 12.0), (-1, (1, 1, 0), 16.0)]
    total = trace_add([first, first, first], [0, 1, 2]).at(0, 1, 1)
    assert [term.layer for term in total.terms] == [0, 1, 2]
    assert total.result == 9
