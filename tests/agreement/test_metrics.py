"""The metrics against scikit-learn and SciPy, which came to the same numbers by another way."""

from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
import sklearn.metrics
from sklearn.calibration import calibration_curve

from convlens.metrics import (
    Confidences,
    accuracy,
    confusion_matrix,
    cross_entropy,
    per_class,
    softmax,
    wilson_interval,
)


@pytest.fixture
def predictions():
    random = np.random.default_rng(7)
    labels = random.integers(0, 10, 500)
    logits = random.normal(size=(500, 10)) * 3
    logits[np.arange(500), labels] += 4
    return labels, logits


def test_softmax_and_cross_entropy(predictions):
    labels, logits = predictions
    probabilities = softmax(logits)
    np.testing.assert_allclose(probabilities, scipy.special.softmax(logits, axis=1), rtol=1e-12)
    assert cross_entropy(logits, labels) == pytest.approx(sklearn.metrics.log_loss(labels, probabilities), rel=1e-12)


def test_accuracy_and_confusion_matrix(predictions):
    labels, logits = predictions
    predicted = logits.argmax(axis=1)
    assert accuracy(labels, predicted) == sklearn.metrics.accuracy_score(labels, predicted)
    np.testing.assert_array_equal(
        confusion_matrix(labels, predicted, 10), sklearn.metrics.confusion_matrix(labels, predicted)
    )


def test_per_class(predictions):
    labels, logits = predictions
    predicted = np.where(logits.argmax(axis=1) == 3, 4, logits.argmax(axis=1))  # class 3 is never predicted
    expected: Any = sklearn.metrics.precision_recall_fscore_support(
        labels,
        predicted,
        zero_division=np.nan,  # pyright: ignore[reportArgumentType]
    )
    ours = per_class(confusion_matrix(labels, predicted, 10))
    np.testing.assert_allclose([each.precision for each in ours], expected[0], rtol=1e-12)
    np.testing.assert_allclose([each.recall for each in ours], expected[1], rtol=1e-12)
    np.testing.assert_allclose([each.f1 for each in ours], expected[2], rtol=1e-12)
    assert [each.support for each in ours] == list(expected[3])


@pytest.mark.parametrize(("correct", "total"), [(0, 1), (1, 1), (8, 10), (0, 50), (50, 50), (9873, 10_000)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_wilson_interval(correct, total, confidence):
    interval = scipy.stats.binomtest(correct, total).proportion_ci(confidence_level=confidence, method="wilson")
    low, high = wilson_interval(correct, total, confidence)
    assert low == pytest.approx(interval.low, rel=1e-9, abs=1e-12)
    assert high == pytest.approx(interval.high, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("bins", [1, 5, 15, 40])
@pytest.mark.parametrize(("equal_mass", "strategy"), [(False, "uniform"), (True, "quantile")])
def test_expected_calibration_error(predictions, bins, equal_mass, strategy):
    """scikit-learn averages the same bins; it does not say how many images are in each, so NumPy counts them."""
    labels, logits = predictions
    probabilities = softmax(logits)
    best, right = probabilities.max(axis=1), logits.argmax(axis=1) == labels
    share, mean = calibration_curve(right, best, n_bins=bins, strategy=strategy)
    edges = np.linspace(0, 1, bins + 1) if not equal_mass else np.quantile(best, np.linspace(0, 1, bins + 1))
    counts = np.histogram(best, edges)[0]
    expected = (np.abs(share - mean) * counts[counts > 0]).sum() / len(best)
    found = Confidences.of(probabilities, labels).calibration_error(bins, equal_mass=equal_mass)
    assert found == pytest.approx(expected, rel=1e-9 if not equal_mass else 0.05)


def test_brier_score(predictions):
    labels, logits = predictions
    probabilities = softmax(logits)
    one_hot = np.eye(10)[labels]
    expected = 10 * sklearn.metrics.mean_squared_error(one_hot, probabilities)
    assert Confidences.of(probabilities, labels).brier_score == pytest.approx(expected, rel=1e-12)
    both = probabilities[:, :2] / probabilities[:, :2].sum(axis=1, keepdims=True)
    of_two: Any = sklearn.metrics.brier_score_loss(labels % 2, both[:, 1])  # half of Brier's own, for two classes
    assert Confidences.of(both, labels % 2).brier_score == pytest.approx(2 * of_two, rel=1e-12)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7, 0.99])
def test_what_is_left_at_a_threshold(predictions, threshold):
    labels, logits = predictions
    probabilities = softmax(logits)
    left = Confidences.of(probabilities, labels).answered_at(threshold)
    chosen = probabilities.max(axis=1) >= threshold
    assert left.coverage == chosen.mean()
    expected = sklearn.metrics.zero_one_loss(labels[chosen], probabilities[chosen].argmax(axis=1))
    assert left.error == pytest.approx(expected)
