"""Numbers, sums and calculations as the drawings write them, worked out by hand."""

import numpy as np
import pytest

from convlens.by_hand import (
    trace_add,
    trace_avg_pool2d,
    trace_concatenate,
    trace_conv2d,
    trace_kernel_weight_gradient,
    trace_max_pool2d,
)
from convlens.illustrations import short_number, write_position, write_sum
from convlens.illustrations.numbers import bracketed, equals


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[(-0.0, "0"), (1200, "1200"), (9_999_999_999, "9999999999"), (1e10, "1e10"), (-1.5e10, "−1.5e10")],
        *[(0.001, "0.001"), (0.00099951, "9.995e−4"), (0.0012345, "0.001234"), (-0.5, "−0.5"), (2 / 3, "0.6667")],
        *[(9.9999, "10"), (12.3456, "12.35"), (123.456, "123.5"), (1200.4, "1200"), (12345.6, "12346")],
        *[(999_999.4, "999999"), (1_000_000.5, "1e6"), (1_234_567.8, "1.235e6"), (3e-5, "3e−5")],
        *[(float("inf"), "–"), (float("nan"), "–")],
    ],
)
def test_numbers_have_four_digits(value, text):
    assert short_number(value) == text


def test_negative_numbers_have_brackets_in_a_sum():
    assert [bracketed(value) for value in (-0.5, 0.0, 0.5)] == ["(−0.5)", "0", "0.5"]


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        ((), "="),
        ((0.125, -3.0, 1e20), "="),
        ((0.12345,), "≈"),
        ((1.0, 2 / 3), "≈"),
        ((0.5 + 1e-14,), "="),
        ((0.0,), "="),
    ],
)
def test_a_rounded_number_is_said(values, sign):
    assert equals(*values) == sign


@pytest.mark.parametrize(
    ("pairs", "most", "text"),
    [
        ([(1, 2), (-1, 3)], 2, "1·2 + (−1)·3"),
        ([(1, 2), (0, 3)], 2, "1·2 + 0·3"),
        ([(1, 2), (0, 3), (4, 5)], 2, "1·2 + 1 more product + 1 product of 0"),
        ([(1, 2), (0, 3), (4, 0), (6, 7), (8, 9)], 3, "1·2 + 6·7 + 1 more product + 2 products of 0"),
        ([(1, 2), (3, 4)], 1, "1·2 + 1 more product"),
        ([(0, 2), (3, 0)], 1, "2 products of 0"),
    ],
)
def test_long_sums(pairs, most, text):
    assert write_sum(pairs, most) == text


def test_nine_products_are_written_out():
    assert write_sum([(1, 1)] * 9) == " + ".join(["1·1"] * 9)
    assert write_sum([(1, 1)] * 10) == " + ".join(["1·1"] * 8) + " + 2 more products"
    rows = trace_conv2d(np.ones((1, 1, 10)), np.ones((1, 1, 10)))
    assert write_position(rows[0]) == " + ".join(["1·1"] * 8) + " + 2 more products = 10"
    assert write_position(rows[0], 10) == " + ".join(["1·1"] * 10) + " = 10"


def test_channels_are_added():
    sums = trace_conv2d(np.ones((3, 1, 1)), np.array([[[1.0]], [[-2]], [[0.5]]]), bias=2)
    assert write_position(sums[0]) == "1 + (−2) + 0.5 + bias 2 = 1.5"
    assert write_position(sums[0], 2) == "1 + (−2) + 1 more channel + bias 2 = 1.5"
    assert write_position(sums[0], 1) == "1 + 2 more channels + bias 2 = 1.5"
    thirds = trace_conv2d(np.full((2, 1, 1), 1 / 3), np.ones((2, 1, 1)), bias=0)
    assert write_position(thirds[0]) == "0.3333 + 0.3333 ≈ 0.6667"


def test_a_gradient_is_added_term_by_term():
    trace = trace_kernel_weight_gradient([[[1, -2, 3]]], [[[1, -10, 1 / 3]]], (0, 0, 0, 0), kernel_size=1)
    assert [write_position(term) for term in trace] == [
        *("1·1 = 1, in all 1", "(−2)·(−10) = 20, in all 21", "3·0.3333 ≈ 1, in all 22"),
    ]


def test_joined_numbers_say_where_they_come_from():
    added = trace_add([np.array([1.0]), np.array([-2.5]), np.array([1 / 3])], [0, -1, 4])
    assert write_position(added[0]) == "1 (layer 0) + (−2.5) (input) + 0.3333 (layer 4) ≈ −1.167"
    maps = trace_concatenate([np.ones((1, 1, 1)), np.full((2, 1, 1), 3.0)], [1, -1])
    assert [write_position(one) for one in maps] == [
        *("1, from map 0 of layer 1", "3, from map 0 of input", "3, from map 1 of input"),
    ]
    numbers = trace_concatenate([np.array([1.0]), np.array([4.0, 5.0])], [1, 2])
    assert write_position(numbers[2]) == "5, from place 1 of layer 2"


def test_the_largest_says_its_place():
    trace = trace_max_pool2d([[1, 2, 3], [4, -9, 6], [7, 8, 5]], 3, padding=1, stride=3)
    assert (
        write_position(trace[0])
        == "the largest of 1, 2, 4, −9 is 4, in row and column 1, 0 of the input, counted from 0"
    )
    text = write_position(trace[0], 3)
    assert text == "the largest of 1, 2, 4, … is 4, in row and column 1, 0 of the input, counted from 0"
    assert "of 1, 2, 4, −9 is" in write_position(trace[0], 4)


def test_an_average_says_its_divisor_and_its_zeros():
    trace = trace_avg_pool2d([[1, 2], [3, -4]], 3, padding=1, stride=1)
    assert write_position(trace[0]) == "(1 + 2 + 3 + (−4) + 0 + 0 + 0 + 0 + 0) / 9 ≈ 0.2222"
    assert write_position(trace[0], 8) == "(1 + 2 + 3 + (−4) + 5 zeros) / 9 ≈ 0.2222"
    assert write_position(trace[0], 3) == "(1 + 2 + 3 + 1 more + 5 zeros) / 9 ≈ 0.2222"
    assert write_position(trace_avg_pool2d([[1, 2]], (1, 2))[0], 1) == "(1 + 1 more) / 2 = 1.5"
