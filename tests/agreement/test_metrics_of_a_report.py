"""Every number of a report against scikit-learn, SciPy or a plain loop, on random data of many sizes."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from convlens.evaluation import Evaluation
from convlens.metrics import (
    Confidences,
    PairedComparison,
    adjust_for_many,
    class_intervals,
    compare_pairs,
    confusion_matrix,
    cross_entropy,
    per_class,
    softmax,
    wilson_interval,
)

SIZES = [(1, 2), (2, 2), (7, 3), (60, 2), (333, 10), (5000, 26)]
SIZED = pytest.mark.parametrize(("count", "classes"), SIZES, ids=lambda value: str(value))


def draw(count: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, logits that know something of them, and their probabilities; from three classes on, one class is absent
    and another never predicted.
    """
    random = np.random.default_rng([seed, count, classes])
    labels = random.integers(0, classes, count)
    logits = random.normal(size=(count, classes)) * 2
    logits[np.arange(count), labels] += 2
    if classes > 2:
        labels[labels == 1] = 0
        logits[:, 2] = -20  # scikit-learn clips probabilities below 2e-16
    return labels, logits, softmax(logits)


@SIZED
def test_precision_recall_f1_and_confusion_are_scikit_learns(count, classes):
    labels, logits, _ = draw(count, classes)
    predicted, every = logits.argmax(axis=1), np.arange(classes)
    matrix = confusion_matrix(labels, predicted, classes)
    np.testing.assert_array_equal(matrix, sklearn.metrics.confusion_matrix(labels, predicted, labels=every))
    expected: Any = sklearn.metrics.precision_recall_fscore_support(
        labels,
        predicted,
        labels=every,
        zero_division=np.nan,  # pyright: ignore[reportArgumentType]
    )
    found = per_class(matrix)
    for place, name in enumerate(("precision", "recall", "f1", "support")):
        ours = [getattr(row, name) for row in found]
        np.testing.assert_allclose(ours, expected[place], rtol=1e-9, equal_nan=True, err_msg=name)


@SIZED
def test_the_brier_score_is_a_direct_sum(count, classes):
    labels, _, probabilities = draw(count, classes)
    total = 0.0
    for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
        total += sum((value - (place == label)) ** 2 for place, value in enumerate(row))
    assert Confidences.of(probabilities, labels).brier_score == pytest.approx(total / count, rel=1e-9)


@pytest.mark.parametrize("count", [2, 60, 4000])
def test_the_brier_score_of_two_classes_is_twice_scikit_learns(count):
    labels, _, probabilities = draw(count, 2)
    of_one: Any = sklearn.metrics.brier_score_loss(labels, probabilities[:, 1], labels=[0, 1])
    assert Confidences.of(probabilities, labels).brier_score == pytest.approx(2 * of_one, rel=1e-9)


@SIZED
def test_the_likelihood_is_scikit_learns(count, classes):
    labels, logits, probabilities = draw(count, classes)
    expected = sklearn.metrics.log_loss(labels, probabilities, labels=np.arange(classes))
    assert cross_entropy(logits, labels) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [30, 600, 4500])
@pytest.mark.parametrize("bins", [1, 5, 15])
@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_reliability_is_scikit_learns_calibration_curve(count, bins, strategy):
    """Its quantiles part the images as we do where the bins divide them and no two are equally sure."""
    labels, _, probabilities = draw(count, 6)
    best, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    assert len(np.unique(best)) == count
    share, mean = calibration_curve(right, best, n_bins=bins, strategy=strategy)
    found = Confidences.of(probabilities, labels).reliability(bins, equal_mass=strategy == "quantile")
    np.testing.assert_allclose([bin.accuracy for bin in found], share, rtol=1e-9)
    np.testing.assert_allclose([bin.confidence for bin in found], mean, rtol=1e-9)


def bins_by_hand(best: list[float], right: list[bool], bins: int, equal_mass: bool) -> list[list[tuple[float, bool]]]:
    """The images of each bin, one by one: (confidence, right)."""
    images, filled = sorted(zip(best, right, strict=True)), [[] for _ in range(bins)]
    for place, (sure, good) in enumerate(images):
        if equal_mass:
            number = place * min(bins, len(images)) // len(images)
        else:
            number = next(one for one in range(bins) if sure * bins <= one + 1)
        filled[number].append((sure, good))
    return [bin for bin in filled if bin]


@given(
    st.lists(st.tuples(st.integers(0, 64), st.booleans()), min_size=1, max_size=80), st.integers(1, 32), st.booleans()
)
def test_reliability_and_calibration_error_are_those_of_a_plain_loop(drawn, bins, equal_mass):
    """With many equally sure images; 64ths, so that the edges of bins are met exactly."""
    best, right = [(64 + part) / 128 for part, _ in drawn], [good for _, good in drawn]
    probabilities = np.stack([best, 1 - np.array(best)], axis=1)
    labels = np.where(right, 0, 1)
    expected = bins_by_hand(best, right, bins, equal_mass)
    found = Confidences.of(probabilities, labels).reliability(bins, equal_mass=equal_mass)
    assert [(bin.images, bin.correct) for bin in found] == [
        (len(one), sum(good for _, good in one)) for one in expected
    ]
    for bin, one in zip(found, expected, strict=True):
        assert bin.confidence == pytest.approx(sum(sure for sure, _ in one) / len(one), abs=1e-9)
    gaps = [abs(sum(sure - good for sure, good in one)) for one in expected]
    error = Confidences.of(probabilities, labels).calibration_error(bins, equal_mass=equal_mass)
    assert error == pytest.approx(sum(gaps) / len(best), abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.999))
def test_wilson_is_scipys(correct, wrong, confidence):
    if correct + wrong == 0:
        assert wilson_interval(0, 0, confidence) == (0, 1)  # SciPy refuses to test no cases
        return
    test = scipy.stats.binomtest(correct, correct + wrong)
    expected = test.proportion_ci(confidence_level=confidence, method="wilson")
    low, high = wilson_interval(correct, correct + wrong, confidence)
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


@SIZED
def test_intervals_of_classes_are_scipys(count, classes):
    """F1's are those of J = hits / (hits + misses + false alarms), which grows with F1 = 2J / (1 + J)."""
    labels, logits, _ = draw(count, classes)
    predicted = logits.argmax(axis=1)
    found = class_intervals(confusion_matrix(labels, predicted, classes))
    for number, row in enumerate(found):
        true, guessed = labels == number, predicted == number
        hits = int((true & guessed).sum())
        jaccard = between(hits, int((true | guessed).sum()))
        assert row.recall == pytest.approx(between(hits, int(true.sum())), abs=1e-9)
        assert row.precision == pytest.approx(between(hits, int(guessed.sum())), abs=1e-9)
        assert row.f1 == pytest.approx([2 * end / (1 + end) for end in jaccard], abs=1e-9)


def between(correct: int, total: int) -> tuple[float, float]:
    if total == 0:
        return 0.0, 1.0
    found = scipy.stats.binomtest(correct, total).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


@given(st.integers(0, 5000), st.data())
def test_mcnemar_is_scipys_binomial_test(differing, data):
    only_first = data.draw(st.integers(0, differing))
    found = PairedComparison(10_000, only_first, differing - only_first).p_value
    if differing == 0:
        assert found == 1
        return
    expected = scipy.stats.binomtest(min(only_first, differing - only_first), differing, 0.5).pvalue
    assert found == pytest.approx(float(expected), rel=1e-9, abs=1e-250)  # SciPy's becomes 0 too early


@pytest.mark.parametrize(("differing", "fewer"), [(1, 0), (30, 7), (1075, 10), (1075, 500), (5000, 2450), (5000, 2499)])
def test_mcnemar_is_the_exact_fraction(differing, fewer):
    cases = sum(math.comb(differing, number) for number in range(fewer + 1))
    expected = float(Fraction(2 * cases, 2**differing))
    assert PairedComparison(20_000, fewer, differing - fewer).p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("differing", [4999, 5000])
@pytest.mark.parametrize("apart", [0, 1, 2, 50, 140, 400])
def test_mcnemar_is_scipys_where_many_images_differ_a_little(differing, apart):
    """Between equally good and surely different, where the p value decides."""
    fewer = (differing - apart) // 2
    found = PairedComparison(20_000, differing - fewer, fewer).p_value
    assert found == pytest.approx(float(scipy.stats.binomtest(fewer, differing, 0.5).pvalue), rel=1e-9)


@pytest.mark.parametrize("count", [1, 2, 9, 200, 5000])
def test_pairs_are_counted_as_a_loop_counts_them(count):
    labels, logits, _ = draw(count, 4)
    first, second = logits.argmax(axis=1), draw(count, 4, seed=1)[1].argmax(axis=1)
    rows = list(zip(labels.tolist(), first.tolist(), second.tolist(), strict=True))
    found = compare_pairs(labels, first, second)
    assert found.only_first == sum(one == label != other for label, one, other in rows)
    assert found.only_second == sum(other == label != one for label, one, other in rows)
    scores = [sklearn.metrics.accuracy_score(labels, predicted) for predicted in (first, second)]
    assert found.difference == pytest.approx(scores[0] - scores[1], abs=1e-9)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 3000))
def test_the_interval_of_the_difference_is_bonett_and_prices(only_first, only_second, others):
    images = only_first + only_second + others
    p12, p21 = (only_first + 1) / (images + 2), (only_second + 1) / (images + 2)
    reach = scipy.stats.norm.ppf(0.975) * math.sqrt((p12 + p21 - (p12 - p21) ** 2) / (images + 2))
    expected = (max(p12 - p21 - reach, -1), min(p12 - p21 + reach, 1))
    assert PairedComparison(images, only_first, only_second).interval == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_the_textbooks_sequential_rejection(values):
    """A comparison's adjusted p value is the smallest level at which the procedure rejects it."""
    adjusted = adjust_for_many(values)
    for level in sorted({*adjusted, 0.0, 0.05, 0.5}):
        if level < 1:
            rejected = reject_by_holm(values, level)
            assert [value <= level for value in adjusted] == rejected


def reject_by_holm(values: list[float], level: float) -> list[bool]:
    """Smallest first: reject while p · (how many are left) is at most the level; the first one that is not ends it."""
    rejected = [False] * len(values)
    for done, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if values[place] * (len(values) - done) > level:
            break
        rejected[place] = True
    return rejected


@given(st.lists(st.tuples(st.integers(0, 32), st.booleans()), min_size=1, max_size=60))
def test_the_area_under_risk_is_that_of_a_loop_over_all_pairs(drawn):
    """The mean over images of the error among those that are at least as sure."""
    best, right = [(64 + part) / 128 for part, _ in drawn], [good for _, good in drawn]
    risks = []
    for threshold in best:
        answered = [good for sure, good in zip(best, right, strict=True) if sure >= threshold]
        risks.append(answered.count(False) / len(answered))
    probabilities = np.stack([best, 1 - np.array(best)], axis=1)
    curve = Confidences.of(probabilities, np.where(right, 0, 1)).risk_coverage()
    assert curve.area == pytest.approx(sum(risks) / len(risks), abs=1e-9)


@pytest.mark.parametrize("count", [1, 40, 1500])
def test_the_area_under_risk_of_many_classes(count):
    labels, _, probabilities = draw(count, 10)
    best, wrong = probabilities.max(axis=1), probabilities.argmax(axis=1) != labels
    at_least_as_sure = best >= best[:, np.newaxis]
    expected = ((at_least_as_sure & wrong).sum(axis=1) / at_least_as_sure.sum(axis=1)).mean()
    assert Confidences.of(probabilities, labels).risk_coverage().area == pytest.approx(expected, rel=1e-9)


@SIZED
def test_an_evaluation_says_the_same_numbers(count, classes):
    """From logits in single precision, as engines give them; the report shows what `as_dict` says."""
    labels, logits, _ = draw(count, classes)
    names = tuple(f"class {number}" for number in range(classes))
    found = Evaluation("random", names, labels.astype(np.int64), logits.astype(np.float32)).as_dict()
    probabilities = scipy.special.softmax(logits.astype(np.float32).astype(np.float64), axis=1)
    best, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    assert found["accuracy"] == pytest.approx(right.mean(), rel=1e-9)
    assert found["interval_95"] == pytest.approx(between(int(right.sum()), count), abs=1e-9)
    loss = sklearn.metrics.log_loss(labels, probabilities, labels=np.arange(classes))
    assert found["negative_log_likelihood"] == pytest.approx(loss, rel=1e-9)
    one_hot = np.eye(classes)[labels]
    assert found["brier_score"] == pytest.approx(((probabilities - one_hot) ** 2).sum(axis=1).mean(), rel=1e-9)
    for key, equal_mass in (("", False), ("_equal_mass", True)):
        bins = bins_by_hand(best.tolist(), right.tolist(), 15, equal_mass)
        error = sum(abs(sum(sure - good for sure, good in one)) for one in bins) / count
        assert found[f"expected_calibration_error{key}"] == pytest.approx(error, abs=1e-9)
    bins = bins_by_hand(best.tolist(), right.tolist(), 15, equal_mass=True)
    assert [(bin["images"], bin["correct"]) for bin in found["reliability"]] == [
        (len(one), sum(good for _, good in one)) for one in bins
    ]
    at_least_as_sure = best >= best[:, np.newaxis]
    area = ((at_least_as_sure & ~right).sum(axis=1) / at_least_as_sure.sum(axis=1)).mean()
    assert found["area_under_risk_coverage"] == pytest.approx(area, abs=1e-9)
