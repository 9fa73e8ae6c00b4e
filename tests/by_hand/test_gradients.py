"""The gradient of one weight, with every number worked out by hand."""

import pytest

from convlens import by_hand

NINE = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]


@pytest.mark.parametrize(
    ("weight", "expected"),
    [((0, 0, 0, 0), 7), ((0, 0, 0, 1), 9), ((0, 0, 1, 0), 13), ((0, 0, 1, 1), 15)],
)
def test_each_weight_of_a_small_kernel(weight, expected: float) -> None:
    slopes = [[[1, 0], [-1, 2]]]  # the first weight meets 1, 2, 4 and 5: 1 − 4 + 10 = 7
    assert by_hand.kernel_weight_gradient(NINE, slopes, weight, 2) == expected


def test_stride_padding_and_dilation_decide_what_a_weight_meets() -> None:
    tens = [[[10, 10], [10, 10]]]
    wide = {"kernel_size": 2, "stride": 2, "padding": 1}
    assert by_hand.kernel_weight_gradient(NINE, tens, (0, 0, 0, 0), **wide) == 50  # meets three zeros and 5
    assert by_hand.kernel_weight_gradient(NINE, tens, (0, 0, 1, 1), **wide) == 200  # meets 1, 3, 7 and 9
    assert by_hand.kernel_weight_gradient(NINE, [[[3]]], (0, 0, 1, 0), kernel_size=2, dilation=2) == 21  # meets 7
    assert by_hand.kernel_weight_gradient(NINE, [[[1, 2, 3]]], (0, 0, 2, 0), kernel_size=(3, 1)) == 50  # 7 + 16 + 27


def test_a_weight_meets_its_own_channel_and_the_gradient_of_its_own_map() -> None:
    image, slopes = [[[1]], [[2]], [[3]]], [[[10]], [[100]]]
    found = [by_hand.kernel_weight_gradient(image, slopes, (o, c, 0, 0), 1) for o in range(2) for c in range(3)]
    assert found == [10, 20, 30, 100, 200, 300]


def test_the_terms_add_up_one_after_the_other() -> None:
    trace = by_hand.trace_kernel_weight_gradient(NINE, [[[1, 0], [-1, 2]]], (0, 0, 0, 1), 2)
    assert (len(trace), trace.shape) == (4, (2, 2))
    assert [(term.position, term.met, term.output_gradient, term.product, term.sum_so_far) for term in trace] == [
        ((0, 0), 2, 1, 2, 2),
        ((0, 1), 3, 0, 0, 2),
        ((1, 0), 5, -1, -5, -3),
        ((1, 1), 6, 2, 12, 9),
    ]
    assert trace.at(1, 0).sum_so_far == -3
