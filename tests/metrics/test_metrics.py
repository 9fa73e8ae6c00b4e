"""The numbers that judge a classifier, against sums worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.errors import UsageError
from convlens.metrics import (
    Answered,
    ClassMetrics,
    Confidences,
    accuracy,
    confusion_matrix,
    cross_entropy,
    per_class,
    softmax,
    wilson_interval,
)

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 0])


def test_softmax_by_hand():
    # logarithms of 1, 2 and 5: their exponentials add up to 8
    probabilities = softmax(np.log(np.array([[1.0, 2.0, 5.0]])))
    np.testing.assert_allclose(probabilities, [[0.125, 0.25, 0.625]], rtol=1e-12)


def test_softmax_keeps_shape_and_type():
    probabilities = softmax(np.zeros((2, 3, 4), np.float32))
    assert probabilities.shape == (2, 3, 4)
    assert probabilities.dtype == np.float32


def test_softmax_of_huge_logits_is_finite():
    np.testing.assert_array_equal(softmax(np.array([1e30, -1e30], np.float32)), [1, 0])


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=20), st.floats(-1000, 1000))
def test_softmax_adds_up_and_does_not_see_a_common_shift(logits, shift):
    probabilities = softmax(np.array(logits))
    assert probabilities.sum() == pytest.approx(1)
    np.testing.assert_allclose(softmax(np.array(logits) + shift), probabilities, rtol=1e-6, atol=1e-12)


def test_cross_entropy_by_hand():
    # probabilities of the true classes: 5/8 and 1/2
    logits = np.array([[0, math.log(2), math.log(5)], [0, 0, -1000]])
    assert cross_entropy(logits, np.array([2, 1])) == pytest.approx((math.log(8 / 5) + math.log(2)) / 2)


def test_cross_entropy_stays_finite_where_the_probability_is_zero():
    assert cross_entropy(np.array([[0.0, 2000.0]]), np.array([0])) == 2000


def test_accuracy_by_hand():
    assert accuracy(LABELS, PREDICTED) == 4 / 6
    assert math.isnan(accuracy(np.array([]), np.array([])))


def test_different_lengths_are_refused():
    with pytest.raises(UsageError, match="6 labels and 2 predictions: give one prediction for every label"):
        accuracy(LABELS, PREDICTED[:2])
    with pytest.raises(UsageError, match="6 labels and 5 predictions"):
        confusion_matrix(LABELS, PREDICTED[:5], 3)
    with pytest.raises(UsageError, match="6 labels and 1 predictions"):
        cross_entropy(np.zeros((1, 3)), LABELS)


def test_confusion_matrix_by_hand():
    assert confusion_matrix(LABELS, PREDICTED, 4).tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_confusion_matrix_of_small_whole_numbers_does_not_overflow():
    labels = np.full(300, 200, np.uint8)
    assert confusion_matrix(labels, labels, 256)[200, 200] == 300


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([0, 3], [0, 0], "a label is 3: with 3 classes it must be from 0 to 2"),
        ([0, 1], [0, -1], "a prediction is -1: with 3 classes it must be from 0 to 2"),
    ],
)
def test_labels_outside_the_classes_are_refused(labels, predicted, message):
    with pytest.raises(UsageError, match=message):
        confusion_matrix(np.array(labels), np.array(predicted), 3)


def test_per_class_by_hand():
    first, second, third, unseen = per_class(confusion_matrix(LABELS, PREDICTED, 4))
    assert first == ClassMetrics(precision=2 / 3, recall=2 / 3, f1=4 / 6, support=3)
    assert second == ClassMetrics(precision=2 / 3, recall=1.0, f1=4 / 5, support=2)
    assert math.isnan(third.precision)
    assert (third.recall, third.f1, third.support) == (0.0, 0.0, 1)
    assert math.isnan(unseen.precision)
    assert math.isnan(unseen.recall)
    assert math.isnan(unseen.f1)
    assert unseen.support == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_the_matrix_agrees_with_accuracy(pairs):
    labels, predicted = np.array(pairs).T
    confusion = confusion_matrix(labels, predicted, 5)
    assert confusion.sum() == len(pairs)
    assert np.trace(confusion) / len(pairs) == pytest.approx(accuracy(labels, predicted))
    assert [each.support for each in per_class(confusion)] == np.bincount(labels, minlength=5).tolist()


def test_wilson_interval_by_hand():
    # 8 of 10 with z = 1.959964: (0.8 + 0.192073 ± 0.277764…)/1.384146
    low, high = wilson_interval(8, 10)
    assert low == pytest.approx(0.490162, abs=1e-6)
    assert high == pytest.approx(0.943318, abs=1e-6)


def test_wilson_interval_at_the_ends():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(0, 20)[0] == 0
    assert wilson_interval(20, 20)[1] == 1
    assert 0.8 < wilson_interval(20, 20)[0] < 0.9


@given(st.integers(0, 100), st.integers(0, 100), st.floats(0.5, 0.999))
def test_wilson_interval_holds_the_share_and_grows_with_confidence(correct, wrong, confidence):
    total = correct + wrong
    low, high = wilson_interval(correct, total, confidence)
    assert 0 <= low <= high <= 1
    if total:
        assert low <= correct / total <= high
    wide_low, wide_high = wilson_interval(correct, total, 0.9999)
    assert wide_low <= low
    assert high <= wide_high


def test_wilson_interval_refuses_what_cannot_be():
    with pytest.raises(UsageError, match="11 correct of 10: correct must be between 0 and the total"):
        wilson_interval(11, 10)
    with pytest.raises(UsageError, match=r"a confidence of 95: it must be between 0 and 1, for example 0\.95"):
        wilson_interval(9, 10, 95)


# Six images: the likeliest class has 0.95, 0.95, 0.9, 0.6, 0.55 and 0.5, and the third and the last are wrong.
SURE = np.array([[0.95, 0.05], [0.05, 0.95], [0.9, 0.1], [0.4, 0.6], [0.55, 0.45], [0.5, 0.5]])
TRUE = np.array([0, 1, 1, 1, 0, 1])


def test_the_calibration_error_by_hand():
    # Five bins: (0.8, 1] has 0.95 + 0.95 + 0.9 = 2.8 and two right; (0.4, 0.6] has 0.6 + 0.55 + 0.5 = 1.65, two right.
    assert Confidences.of(SURE, TRUE).calibration_error(bins=5) == pytest.approx((0.8 + 0.35) / 6)
    # One bin: 4.45 and four right.
    assert Confidences.of(SURE, TRUE).calibration_error(bins=1) == pytest.approx(0.45 / 6)


def test_a_bin_holds_its_upper_end():
    # 0.5 belongs to (0, 0.5], so that the halves have 0.5 beside 0 right, and 3.95 beside 4 right.
    assert Confidences.of(SURE, TRUE).calibration_error(bins=2) == pytest.approx((0.5 + 0.05) / 6)


def test_the_calibration_error_in_bins_of_equally_many_images_by_hand():
    # Three bins of two: 0.5 + 0.55 and one right, 0.6 + 0.9 and one right, 0.95 + 0.95 and two right.
    assert Confidences.of(SURE, TRUE).calibration_error(bins=3, equal_mass=True) == pytest.approx(
        (0.05 + 0.5 + 0.1) / 6
    )
    # More bins than images: one image a bin.
    alone = (0.05 + 0.05 + 0.9 + 0.4 + 0.45 + 0.5) / 6
    assert Confidences.of(SURE, TRUE).calibration_error(bins=100, equal_mass=True) == pytest.approx(alone)


@pytest.mark.parametrize("equal_mass", [False, True])
def test_the_calibration_error_does_not_see_the_order(equal_mass):
    random = np.random.default_rng(3)
    probabilities = np.repeat([[0.7, 0.3], [0.8, 0.2]], 50, axis=0)  # many are equal
    labels = (random.random(100) > 0.7).astype(int)  # so that small bins are too sure here and not sure enough there
    order = random.permutation(100)
    first = Confidences.of(probabilities, labels).calibration_error(30, equal_mass=equal_mass)
    assert Confidences.of(probabilities[order], labels[order]).calibration_error(
        30, equal_mass=equal_mass
    ) == pytest.approx(first)


def test_always_sure_and_always_right_or_wrong():
    sure = np.eye(3)[[0, 1, 2, 1]]
    right, wrong = np.array([0, 1, 2, 1]), np.array([1, 2, 0, 0])
    for equal_mass in (False, True):
        assert Confidences.of(sure, right).calibration_error(equal_mass=equal_mass) == 0
        assert Confidences.of(sure, wrong).calibration_error(equal_mass=equal_mass) == 1
    assert (Confidences.of(sure, right).brier_score, Confidences.of(sure, wrong).brier_score) == (0, 2)


def test_the_brier_score_by_hand():
    # 0.2² + 0.1² + 0.1² + … of (0.8, 0.1, 0.1) with the first true, and 0.5² + 0.5² of (0.5, 0.5, 0) with the second
    given = np.array([[0.8, 0.1, 0.1], [0.5, 0.5, 0.0]])
    assert Confidences.of(given, np.array([0, 1])).brier_score == pytest.approx((0.06 + 0.5) / 2)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.0, (6, 2)), (0.5, (6, 2)), (0.51, (5, 1)), (0.9, (3, 1)), (0.95, (2, 0)), (0.96, (0, 0)), (1.0, (0, 0))],
)
def test_what_is_left_at_a_threshold_by_hand(threshold, expected):
    assert Confidences.of(SURE, TRUE).answered_at(threshold) == Answered(6, *expected)


def test_coverage_and_error_of_what_is_left():
    left = Confidences.of(SURE, TRUE).answered_at(0.9)
    assert (left.coverage, left.error) == (3 / 6, 1 / 3)
    assert math.isnan(Confidences.of(SURE, TRUE).answered_at(1.0).error)
    assert Confidences.of(SURE, TRUE).answered_at(1.0).coverage == 0


def test_without_images_there_is_no_number():
    none, no_labels = np.zeros((0, 3)), np.zeros(0, int)
    assert math.isnan(Confidences.of(none, no_labels).calibration_error())
    assert math.isnan(Confidences.of(none, no_labels).brier_score)
    assert Confidences.of(none, no_labels).answered_at(0.5) == Answered(0, 0, 0)
    assert math.isnan(Answered(0, 0, 0).coverage)


def test_numbers_of_probabilities_refuse_what_cannot_be():
    with pytest.raises(UsageError, match="0 bins: give at least 1; 15 is usual"):
        Confidences.of(SURE, TRUE).calibration_error(bins=0)
    with pytest.raises(UsageError, match="5 labels and 6 predictions: give one prediction for every label"):
        Confidences.of(SURE, TRUE[:5])


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 5), st.integers(1, 40))
def test_one_bin_is_the_smallest_calibration_error(seed, count, classes, bins):
    random = np.random.default_rng(seed)
    probabilities, labels = softmax(random.normal(size=(count, classes)) * 3), random.integers(0, classes, count)
    together = abs(probabilities.max(axis=1).mean() - accuracy(labels, probabilities.argmax(axis=1)))
    for equal_mass in (False, True):
        found = Confidences.of(probabilities, labels).calibration_error(bins, equal_mass=equal_mass)
        assert together - 1e-9 <= found <= 1
