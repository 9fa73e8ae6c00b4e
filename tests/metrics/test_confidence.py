"""How far probabilities can be believed: reliability bins and risk against coverage, worked out by hand."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens import metrics
from convlens.errors import UsageError
from convlens.metrics import (
    Answered,
    Confidences,
    ReliabilityBin,
    accuracy,
    confidences,
    cross_entropy,
    softmax,
    wilson_interval,
)

# Six images: the likeliest class has 0.95, 0.95, 0.9, 0.6, 0.55 and 0.5, and the third and the last are wrong.
SURE = np.array([[0.95, 0.05], [0.05, 0.95], [0.9, 0.1], [0.4, 0.6], [0.55, 0.45], [0.5, 0.5]])
TRUE = np.array([0, 1, 1, 1, 0, 1])
NONE, NO_LABELS = np.zeros((0, 3)), np.zeros(0, int)


def of_two(best: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes whose first is the likeliest, and labels that make each answer right or wrong."""
    sure = np.array(best)
    return np.stack([sure, 1 - sure], axis=1), np.where(right, 0, 1)


def rows_of(bins: list[ReliabilityBin]) -> list[tuple[int, int, Any]]:
    return [(bin.images, bin.correct, pytest.approx(bin.confidence)) for bin in bins]


DRAWN = st.lists(st.tuples(st.integers(10, 20), st.booleans()), min_size=1, max_size=60)


def test_bins_of_equally_many_images_by_hand():
    # 0.5 (wrong) and 0.55; 0.6 and 0.9 (wrong); 0.95 twice
    assert rows_of(Confidences.of(SURE, TRUE).reliability(bins=3)) == [(2, 1, 0.525), (2, 1, 0.75), (2, 2, 0.95)]
    # Six images in four bins, at 0 · 4/6, 1 · 4/6, …: 0, 0, 1, 2, 2, 3
    found = Confidences.of(SURE, TRUE).reliability(bins=4)
    assert rows_of(found) == [(2, 1, 0.525), (1, 1, 0.6), (2, 1, 0.925), (1, 1, 0.95)]


def test_bins_of_equal_width_by_hand_leave_out_the_empty_ones():
    # (0.4, 0.6] has 0.5 (wrong), 0.55 and 0.6; (0.8, 1] has 0.9 (wrong) and 0.95 twice
    found = Confidences.of(SURE, TRUE).reliability(bins=5, equal_mass=False)
    assert rows_of(found) == [(3, 2, 0.55), (3, 2, 2.8 / 3)]


def test_a_bin_of_equal_width_holds_its_upper_end_and_the_lowest_bin_holds_zero():
    given_values, labels = of_two([0.5, 0.75, 1.0], [True, True, False])
    found = Confidences.of(given_values, labels).reliability(bins=4, equal_mass=False)
    assert rows_of(found) == [(1, 1, 0.5), (1, 1, 0.75), (1, 0, 1.0)]
    assert rows_of(Confidences.of(np.zeros((2, 2)), np.array([0, 1])).reliability(bins=4, equal_mass=False)) == [
        (2, 1, 0.0)
    ]


def test_more_bins_than_images_are_a_bin_for_each():
    assert rows_of(Confidences.of(SURE, TRUE).reliability(bins=100)) == [
        (1, 0, 0.5), (1, 1, 0.55), (1, 1, 0.6), (1, 0, 0.9), (1, 1, 0.95), (1, 1, 0.95),
    ]  # fmt: skip
    assert rows_of(Confidences.of(*of_two([0.75], [True])).reliability()) == [(1, 1, 0.75)]


def test_of_equally_sure_images_the_wrong_ones_come_first():
    found = Confidences.of(*of_two([0.75] * 4, [True, False, True, False])).reliability(bins=2)
    assert rows_of(found) == [(2, 0, 0.75), (2, 2, 0.75)]


def test_a_bin_says_its_accuracy_and_its_interval():
    bin = ReliabilityBin(images=4, correct=3, confidence=0.9)
    assert bin.accuracy == 0.75
    # (0.75 + 3.841459/8 ± 1.959964 · √(0.1875/4 + 3.841459/64)) / (1 + 3.841459/4)
    assert bin.interval == pytest.approx((0.300642, 0.954413), abs=1e-6)
    assert bin.interval == wilson_interval(3, 4)


@given(DRAWN, st.integers(1, 20), st.booleans())
def test_the_bins_hold_every_image_and_make_the_calibration_error(drawn, bins, equal_mass):
    probabilities, labels = of_two([tenths / 20 for tenths, _ in drawn], [right for _, right in drawn])
    found = Confidences.of(probabilities, labels).reliability(bins, equal_mass=equal_mass)
    assert sum(bin.images for bin in found) == len(labels)
    assert sum(bin.correct for bin in found) == round(len(labels) * accuracy(labels, probabilities.argmax(axis=1)))
    assert len(found) <= min(bins, len(labels))
    confidences = [bin.confidence for bin in found]
    assert confidences == pytest.approx(sorted(confidences))
    error = sum(bin.images * abs(bin.confidence - bin.accuracy) for bin in found) / len(labels)
    assert error == pytest.approx(Confidences.of(probabilities, labels).calibration_error(bins, equal_mass=equal_mass))
    if equal_mass:
        assert max(bin.images for bin in found) - min(bin.images for bin in found) <= 1
    backwards = Confidences.of(probabilities[::-1], labels[::-1]).reliability(bins, equal_mass=equal_mass)
    assert [(bin.images, bin.correct) for bin in backwards] == [(bin.images, bin.correct) for bin in found]


def test_risk_and_coverage_by_hand():
    curve = Confidences.of(SURE, TRUE).risk_coverage()
    assert curve.thresholds.tolist() == [0.95, 0.9, 0.6, 0.55, 0.5]  # the two surest are answered together
    assert curve.answered.tolist() == [2, 3, 4, 5, 6]
    assert curve.wrong.tolist() == [0, 1, 1, 1, 2]
    assert curve.coverage.tolist() == [2 / 6, 3 / 6, 4 / 6, 5 / 6, 1.0]
    assert curve.risk.tolist() == [0, 1 / 3, 1 / 4, 1 / 5, 1 / 3]
    # two images at no risk, then one each at 1/3, 1/4, 1/5 and 1/3
    assert curve.area == pytest.approx((1 / 3 + 1 / 4 + 1 / 5 + 1 / 3) / 6)


def test_the_area_is_smallest_where_the_unsurest_are_the_wrong_ones():
    best = [0.9, 0.8, 0.7, 0.6, 0.55]
    right_first = Confidences.of(*of_two(best, [True] * 4 + [False])).risk_coverage()
    wrong_first = Confidences.of(*of_two(best, [False] + [True] * 4)).risk_coverage()
    assert right_first.area == pytest.approx((1 / 5) / 5)
    assert wrong_first.area == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)


def test_of_equally_sure_images_the_area_is_the_error():
    curve = Confidences.of(*of_two([0.75] * 4, [True, False, True, True])).risk_coverage()
    assert (curve.answered.tolist(), curve.wrong.tolist(), curve.area) == ([4], [1], 0.25)


def test_a_single_image_is_right_or_wrong():
    assert Confidences.of(*of_two([0.75], [True])).risk_coverage().area == 0
    assert Confidences.of(*of_two([0.75], [False])).risk_coverage().area == 1


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        (0.0, (6, 2, 0)),
        (0.19, (6, 2, 0)),
        (0.2, (6, 5, 1)),  # though more are wrong at 3 and at 4 answers
        (0.33, (6, 5, 1)),
        (1 / 3, (6, 6, 2)),
        (1.0, (6, 6, 2)),
    ],
)
def test_the_most_answers_at_a_risk_by_hand(risk, expected):
    assert Confidences.of(SURE, TRUE).risk_coverage().at_risk(risk) == Answered(*expected)


def test_where_no_threshold_is_good_enough_nothing_is_answered():
    curve = Confidences.of(*of_two([0.9, 0.8, 0.7], [False, True, True])).risk_coverage()
    assert curve.at_risk(0.3) == Answered(images=3, answered=0, wrong=0)
    assert curve.at_risk(1 / 3) == Answered(images=3, answered=3, wrong=1)
    assert math.isnan(curve.at_risk(0.3).error)


@given(DRAWN, st.randoms(use_true_random=False))
def test_the_curve_is_what_is_left_at_its_thresholds_whatever_the_order(drawn, random):
    probabilities, labels = of_two([tenths / 20 for tenths, _ in drawn], [right for _, right in drawn])
    curve = Confidences.of(probabilities, labels).risk_coverage()
    left = [Confidences.of(probabilities, labels).answered_at(threshold) for threshold in curve.thresholds.tolist()]
    assert [(one.answered, one.wrong) for one in left] == list(
        zip(curve.answered.tolist(), curve.wrong.tolist(), strict=True)
    )
    assert curve.coverage[-1] == 1
    assert (np.diff(curve.thresholds) < 0).all()
    order = random.sample(range(len(labels)), len(labels))
    again = Confidences.of(probabilities[order], labels[order]).risk_coverage()
    np.testing.assert_array_equal(again.wrong, curve.wrong)
    assert again.area == curve.area


@given(DRAWN, st.floats(0, 1))
def test_no_threshold_answers_more_at_a_risk(drawn, risk):
    probabilities, labels = of_two([tenths / 20 for tenths, _ in drawn], [right for _, right in drawn])
    found = Confidences.of(probabilities, labels).risk_coverage().at_risk(risk)
    allowed = [Confidences.of(probabilities, labels).answered_at(tenths / 20) for tenths in range(10, 22)]
    assert found.answered == max((one.answered for one in allowed if one.answered and one.error <= risk), default=0)
    assert found.answered == 0 or found.error <= risk


def test_probabilities_of_single_precision_are_taken_too():
    curve = Confidences.of(SURE.astype(np.float32), TRUE).risk_coverage()
    assert curve.wrong.tolist() == [0, 1, 1, 1, 2]
    assert rows_of(Confidences.of(SURE.astype(np.float32), TRUE).reliability(bins=3)) == [
        (2, 1, pytest.approx(0.525)), (2, 1, pytest.approx(0.75)), (2, 2, pytest.approx(0.95)),
    ]  # fmt: skip


def test_what_the_answers_come_to_by_hand():
    """From logarithms of 1, 2 and 5, whose exponentials add up to 8, and of 4, 4 and 8."""
    logits = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 4.0, 8.0]]))
    found = confidences(logits, np.array([2, 0]))
    assert found.right.tolist() == [True, False]
    assert found.best.tolist() == pytest.approx([5 / 8, 1 / 2])
    assert found.true.tolist() == pytest.approx([5 / 8, 1 / 4])
    # 1/64 + 4/64 + 9/64, and 9/16 + 1/16 + 4/16
    assert found.distances.tolist() == pytest.approx([14 / 64, 14 / 16])
    assert found.losses.tolist() == pytest.approx([math.log(8 / 5), math.log(4)])
    assert found.brier_score == pytest.approx((14 / 64 + 14 / 16) / 2)
    assert found.negative_log_likelihood == pytest.approx((math.log(8 / 5) + math.log(4)) / 2)


def test_a_temperature_divides_the_logits():
    # Twice as hot: the roots of 1 and 9 add up to 4, though 9 of 10 would be right
    found = confidences(np.log(np.array([[1.0, 9.0]])), np.array([0]), temperature=2)
    assert (found.best.tolist(), found.true.tolist()) == (pytest.approx([3 / 4]), pytest.approx([1 / 4]))
    assert found.losses.tolist() == pytest.approx([math.log(4)])


def test_which_class_is_best_is_read_from_the_logits_where_probabilities_are_rounded_to_a_tie():
    found = confidences(np.array([[0.0, 1e-17], [1e-17, 0.0]]), np.array([1, 1]))
    assert found.right.tolist() == [True, False]
    assert found.best.tolist() == [0.5, 0.5]


def test_huge_logits_have_finite_losses():
    found = confidences(np.array([[0.0, 2000.0], [1e30, -1e30]], np.float32), np.array([0, 0]))
    assert found.losses.tolist() == [2000, 0]
    assert (found.true.tolist(), found.best.tolist(), found.distances.tolist()) == ([0, 1], [1, 1], [2, 0])


@pytest.mark.parametrize("block", [1, 7, 12, 1000])
def test_blocks_of_logits_give_the_same_as_all_at_once(monkeypatch, block):
    random = np.random.default_rng(3)
    logits, labels = random.normal(size=(50, 4)).astype(np.float32), random.integers(0, 4, 50)
    whole = confidences(logits, labels, 1.5)
    monkeypatch.setattr("convlens.metrics.confidence._BLOCK", block)
    found = confidences(logits, labels, 1.5)
    for name in ("best", "right", "true", "distances", "losses"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name), err_msg=name)


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(2, 6), st.sampled_from([0.5, 1.0, 3.0]))
def test_logits_and_their_probabilities_come_to_the_same(seed, count, classes, temperature):
    random = np.random.default_rng(seed)
    logits, labels = random.normal(size=(count, classes)) * 3, random.integers(0, classes, count)
    found, probabilities = confidences(logits, labels, temperature), softmax(logits / temperature)
    assert found.brier_score == pytest.approx(Confidences.of(probabilities, labels).brier_score)
    assert found.negative_log_likelihood == pytest.approx(cross_entropy(logits / temperature, labels))
    assert found.risk_coverage().area == pytest.approx(Confidences.of(probabilities, labels).risk_coverage().area)
    assert found.answered_at(0.6) == Confidences.of(probabilities, labels).answered_at(0.6)
    for equal_mass in (False, True):
        error = Confidences.of(probabilities, labels).calibration_error(equal_mass=equal_mass)
        assert found.calibration_error(equal_mass=equal_mass) == pytest.approx(error)
        bins = Confidences.of(probabilities, labels).reliability(equal_mass=equal_mass)
        assert rows_of(found.reliability(equal_mass=equal_mass)) == [
            (bin.images, bin.correct, bin.confidence) for bin in bins
        ]


def test_without_answers_there_is_no_number():
    nothing = confidences(np.zeros((0, 3)), NO_LABELS)
    assert len(nothing.best) == len(nothing.right) == len(nothing.true) == len(nothing.losses) == 0
    assert math.isnan(nothing.brier_score)
    assert math.isnan(nothing.negative_log_likelihood)
    assert math.isnan(nothing.calibration_error())
    assert nothing.reliability() == []
    assert nothing.answered_at(0.5) == Answered(0, 0, 0)


def test_without_images_there_are_no_bins_and_no_curve():
    assert Confidences.of(NONE, NO_LABELS).reliability() == []
    assert Confidences.of(NONE, NO_LABELS).reliability(equal_mass=False) == []
    curve = Confidences.of(NONE, NO_LABELS).risk_coverage()
    assert len(curve.thresholds) == len(curve.coverage) == len(curve.risk) == 0
    assert math.isnan(curve.area)
    assert curve.at_risk(0.5) == Answered(0, 0, 0)


def test_what_cannot_be_is_refused():
    with pytest.raises(UsageError, match=r"^0 bins: give at least 1; 15 is usual\.$"):
        Confidences.of(SURE, TRUE).reliability(bins=0)
    for function in (Confidences.of, confidences):
        with pytest.raises(UsageError, match=r"^5 labels and 6 predictions: give one prediction for every label\.$"):
            function(SURE, TRUE[:5])


def test_numbers_of_probabilities_are_also_functions():
    probabilities, labels = np.array([[0.9, 0.1], [0.75, 0.25], [0.4, 0.6]]), np.array([0, 1, 1])
    found = Confidences.of(probabilities, labels)
    for old, arguments, expected in (
        ("brier_score", (), found.brier_score),
        ("expected_calibration_error", (5,), found.calibration_error(5)),
        ("reliability", (2,), found.reliability(2)),
        ("answered_at", (0.75,), found.answered_at(0.75)),
    ):
        with pytest.warns(DeprecationWarning, match=rf"^convlens\.metrics\.{old} is now Confidences\.of\(") as said:
            assert getattr(metrics, old)(probabilities, labels, *arguments) == expected
        assert said[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"\.risk_coverage; the old name goes in Convlens 0\.8\.$"):
        assert metrics.risk_coverage(probabilities, labels).wrong.tolist() == [0, 1, 1]
