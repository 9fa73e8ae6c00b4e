"""Two models on the same images, against sums worked out by hand: the difference, its interval, its p value."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.errors import UsageError
from convlens.metrics import PairedComparison, adjust_for_many, compare_pairs

COUNTS = st.integers(0, 400)


def test_only_images_count_that_one_of_them_gets_right():
    labels = np.array([0, 1, 2, 3, 4, 5, 6])
    # both right, only the first (twice), only the second, both wrong in one way, both wrong in two ways, both right
    first = np.array([0, 1, 2, 9, 8, 8, 6])
    second = np.array([0, 8, 9, 3, 8, 9, 6])
    assert compare_pairs(labels, first, second) == PairedComparison(images=7, only_first=2, only_second=1)
    assert compare_pairs(labels, second, first) == PairedComparison(images=7, only_first=1, only_second=2)
    assert compare_pairs(labels, labels, labels) == PairedComparison(7, 0, 0)


def test_the_counts_are_whole_numbers_that_json_takes():
    found = compare_pairs(np.array([1, 1]), np.array([1, 0]), np.array([0, 0]))
    assert {type(value) for value in (found.images, found.only_first, found.only_second)} == {int}


def test_the_difference_is_that_of_the_accuracies():
    assert PairedComparison(images=100, only_first=8, only_second=2).difference == 0.06
    assert PairedComparison(images=4, only_first=1, only_second=2).difference == -0.25
    assert PairedComparison(images=5, only_first=3, only_second=3).difference == 0


@pytest.mark.parametrize(
    ("more", "fewer", "expected"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),  # 2 · 1/2
        (2, 0, 0.5),  # 2 · 1/4
        (3, 0, 0.25),  # 2 · 1/8
        (6, 1, 0.125),  # 2 · (1 + 7)/128
        (4, 3, 1.0),  # 2 · (1 + 7 + 21 + 35)/128
        (5, 5, 1.0),  # half of all cases and the middle one are more than half
        (8, 2, 0.109375),  # 2 · (1 + 10 + 45)/1024
        (9, 1, 0.021484375),  # 2 · (1 + 10)/1024
        (10, 0, 0.001953125),  # 2 · 1/1024
        (13, 3, 0.021270751953125),  # 2 · (1 + 16 + 120 + 560)/65,536
    ],
)
def test_the_p_value_by_hand(more, fewer, expected):
    assert PairedComparison(1000, more, fewer).p_value == pytest.approx(expected, rel=1e-12)
    assert PairedComparison(1000, fewer, more).p_value == pytest.approx(expected, rel=1e-12)
    # images that both get right or both wrong tell nothing
    assert PairedComparison(16, more, fewer).p_value == PairedComparison(10**6, more, fewer).p_value


def test_a_p_value_below_what_a_number_can_hold_is_zero():
    assert PairedComparison(10_000, 0, 5000).p_value == 0
    assert PairedComparison(10_000, 0, 1000).p_value == pytest.approx(2.0**-999, rel=1e-9)


def test_the_interval_by_hand():
    # 98 images and 2 more: 9/100 − 3/100 ± 1.959964 · √((0.12 − 0.06²)/100), which is 0.06 ± 0.066869.
    assert PairedComparison(98, 8, 2).interval == pytest.approx((-0.006869, 0.126869), abs=1e-6)
    # 1/12 − 6/12 ± 1.959964 · √((7/12 − (5/12)²)/12) = −0.416667 ± 0.362161
    assert PairedComparison(10, 0, 5).interval == pytest.approx((-0.778828, -0.054505), abs=1e-6)
    # none differs of 98: 0 ± 1.959964 · √(0.02/100)
    assert PairedComparison(98, 0, 0).interval == pytest.approx((-0.027718, 0.027718), abs=1e-6)


def test_the_interval_ends_where_differences_end():
    # 2/3 − 1/3 ± 1.959964 · √((1 − 1/9)/3): −0.733536 to 1.400203
    assert PairedComparison(1, 1, 0).interval == pytest.approx((-0.733536, 1.0), abs=1e-6)
    assert PairedComparison(1, 0, 1).interval == pytest.approx((-1.0, 0.733536), abs=1e-6)


def test_without_images_nothing_is_known():
    nothing = compare_pairs(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int))
    assert nothing == PairedComparison(0, 0, 0)
    assert math.isnan(nothing.difference)
    assert nothing.interval == (-1, 1)
    assert nothing.p_value == 1


def test_predictions_that_are_not_one_an_image_are_refused():
    with pytest.raises(UsageError, match=r"^3 labels and 2 predictions: give one prediction for every label\.$"):
        compare_pairs(np.zeros(3), np.zeros(2), np.zeros(3))
    with pytest.raises(UsageError, match=r"^3 labels and 4 predictions: give one prediction for every label\.$"):
        compare_pairs(np.zeros(3), np.zeros(3), np.zeros(4))


@given(COUNTS, COUNTS, COUNTS)
def test_the_second_model_sees_the_first_ones_mirror_image(only_first, only_second, others):
    images = only_first + only_second + others
    found, mirrored = (
        PairedComparison(images, only_first, only_second),
        PairedComparison(images, only_second, only_first),
    )
    low, high = found.interval
    assert mirrored.interval == pytest.approx((-high, -low), abs=1e-15)
    assert mirrored.p_value == found.p_value
    assert 0 <= found.p_value <= 1
    if images:
        assert mirrored.difference == -found.difference
        assert -1 <= low <= high <= 1


@given(st.integers(1, 300), st.integers(2, 100))
def test_a_larger_difference_of_as_many_images_is_rarer(fewer, apart):
    closer, wider = PairedComparison(1000, fewer + apart, fewer), PairedComparison(1000, fewer + apart + 1, fewer - 1)
    assert wider.p_value < closer.p_value
    assert wider.interval[0] > closer.interval[0]


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ([], []),
        ([0.3], [0.3]),
        ([0.25, 0.125], [0.25, 0.25]),  # 2 · 0.125, then 1 · 0.25
        ([0.5, 0.0625, 0.25], [0.5, 0.1875, 0.5]),  # 3 · 0.0625, 2 · 0.25, 1 · 0.5
        ([0.125, 0.125, 0.125], [0.375, 0.375, 0.375]),  # equal ones stay equal
        ([0.0625, 0.0703125, 0.5], [0.1875, 0.1875, 0.5]),  # 2 · 0.0703125 is less than the one before it got
        ([0.75, 0.9, 0.6], [1.0, 1.0, 1.0]),  # none above 1
        ([0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_many_comparisons_by_hand(given_values, expected):
    assert adjust_for_many(given_values) == expected


@given(st.lists(st.floats(0, 1), max_size=12))
def test_adjusting_keeps_the_order_and_makes_nothing_smaller(values):
    adjusted = adjust_for_many(values)
    assert len(adjusted) == len(values)
    assert all(value <= larger <= 1 for value, larger in zip(values, adjusted, strict=True))
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [adjusted[place] for place in order] == sorted(adjusted)


def test_what_is_adjusted_is_not_changed():
    values = [0.5, 0.25]
    adjust_for_many(values)
    assert values == [0.5, 0.25]
