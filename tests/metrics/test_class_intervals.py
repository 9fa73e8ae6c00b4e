"""The intervals of each class's precision, recall and F1, worked out by hand, also where there were no cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.metrics import ClassIntervals, class_intervals, confusion_matrix, per_class, wilson_interval

MATRICES = st.integers(1, 5).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, 30), min_size=size, max_size=size), min_size=size, max_size=size)
)


def test_intervals_by_hand():
    # Class 0: 8 hits, 2 misses, 1 false alarm; class 1: 9 hits, 1 miss, 2 false alarms.
    first, second = class_intervals(np.array([[8, 2], [1, 9]]))
    # Wilson with z² = 3.841459; 8 of 9, then 8 of 10
    assert first.precision == pytest.approx((0.565000, 0.980109), abs=1e-6)
    assert first.recall == pytest.approx((0.490162, 0.943318), abs=1e-6)
    # J is 8 of 8 + 2 + 1, from 0.434355 to 0.902539; F1 = 2J / (1 + J): 0.868710/1.434355 and 1.805078/1.902539
    assert first.f1 == pytest.approx((0.605645, 0.948773), abs=1e-6)
    # 9 of 11, 9 of 10, and J = 9 of 12, from 0.467695 to 0.911058
    assert second.precision == pytest.approx((0.523019, 0.948632), abs=1e-6)
    assert second.recall == pytest.approx((0.595850, 0.982124), abs=1e-6)
    assert second.f1 == pytest.approx((0.637319, 0.953459), abs=1e-6)


def test_a_class_never_predicted_and_one_never_present_by_hand():
    # Images of class 0 and one of class 1, all taken for class 0; class 2 is nowhere.
    present, missed, nowhere = class_intervals(confusion_matrix(np.array([0, 0, 1]), np.array([0, 0, 0]), 3))
    # 2 of 2: from 2/(2 + z²); 2 of 3; F1 from the latter
    assert present.recall == pytest.approx((0.342380, 1.0), abs=1e-6)
    assert present.precision == pytest.approx((0.207660, 0.938508), abs=1e-6)
    assert present.f1 == pytest.approx((0.343904, 0.968279), abs=1e-6)
    # No guess says nothing of precision; 0 of 1: up to z²/(1 + z²) = 0.793451, and F1 up to 1.586902/1.793451
    assert missed.precision == (0, 1)
    assert missed.recall == pytest.approx((0.0, 0.793451), abs=1e-6)
    assert missed.f1 == pytest.approx((0.0, 0.884831), abs=1e-6)
    assert nowhere == ClassIntervals((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))


def test_a_class_that_is_only_guessed_has_no_recall():
    _, guessed = class_intervals(np.array([[1, 3], [0, 0]]))
    # 0 of 3: up to z²/(3 + z²)
    assert guessed.precision == pytest.approx((0.0, 0.561497), abs=1e-6)
    assert guessed.recall == (0, 1)
    assert guessed.f1 == pytest.approx((0.0, 0.719178), abs=1e-6)


def test_a_class_that_is_always_right_reaches_one():
    (only,) = class_intervals(np.array([[4]]))
    for low, high in (only.precision, only.recall):
        assert low == pytest.approx(4 / (4 + 3.841459), abs=1e-6)
        assert high == 1
    assert only.f1[1] == 1


def test_nothing_at_all_is_no_class_or_unknown():
    assert class_intervals(np.zeros((0, 0), np.int64)) == []
    assert class_intervals(np.zeros((2, 2), np.int64)) == [ClassIntervals((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))] * 2


@given(MATRICES)
def test_each_share_lies_in_its_interval(rows):
    matrix = np.array(rows)
    for shares, between in zip(per_class(matrix), class_intervals(matrix), strict=True):
        for name in ("precision", "recall", "f1"):
            (low, high), share = getattr(between, name), getattr(shares, name)
            assert 0 <= low < high <= 1
            if not math.isnan(share):
                assert low - 1e-12 <= share <= high + 1e-12


@given(MATRICES, st.integers(2, 50))
def test_more_of_the_same_images_make_closer_intervals(rows, times):
    matrix = np.array(rows)
    for few, many in zip(class_intervals(matrix), class_intervals(matrix * times), strict=True):
        for name in ("precision", "recall", "f1"):
            (low, high), (closer_low, closer_high) = getattr(few, name), getattr(many, name)
            assert closer_high - closer_low <= high - low


def test_precision_and_recall_change_places_when_the_matrix_is_mirrored():
    matrix = np.array([[5, 1, 0], [2, 7, 3], [0, 4, 9]])
    for row, mirrored in zip(class_intervals(matrix), class_intervals(matrix.T), strict=True):
        assert (mirrored.precision, mirrored.recall, mirrored.f1) == (row.recall, row.precision, row.f1)
    assert class_intervals(matrix)[1].recall == wilson_interval(7, 12)
    assert class_intervals(matrix)[1].precision == wilson_interval(7, 12)
    assert class_intervals(matrix)[2].precision == wilson_interval(9, 12)
    assert class_intervals(matrix)[2].recall == wilson_interval(9, 13)
