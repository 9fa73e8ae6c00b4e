"""Weights and orders that make rare classes count alike."""

import numpy as np
import pytest

from convlens.training.balance import balanced_order, balanced_weights


def test_weights_by_hand():
    # 3 images of class 0, 1 of class 1: 1/3 and 1, times 4 / (3/3 + 1) = 2.
    assert balanced_weights(np.array([0, 0, 1, 0]), 2) == pytest.approx((2 / 3, 2.0))
    assert balanced_weights(np.array([0, 1, 2]), 3) == pytest.approx((1, 1, 1))


def test_every_class_weighs_alike_and_the_mean_weight_is_one():
    labels = np.repeat([0, 1, 2], [500, 50, 5])
    weights = np.array(balanced_weights(labels, 3))
    assert np.bincount(labels, weights[labels]) == pytest.approx([185, 185, 185])
    assert weights[labels].mean() == pytest.approx(1)


def test_no_weight_is_more_than_a_hundred_times_another():
    weights = balanced_weights(np.repeat([0, 1], [100_000, 1]), 2)
    assert weights[1] / weights[0] == pytest.approx(100)


def test_a_class_without_images_has_a_weight_that_is_allowed():
    weights = balanced_weights(np.array([0, 0, 2]), 3)
    assert weights[1] == weights[2]
    assert min(weights) > 0


def test_the_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.random.default_rng(0).integers(0, 7, 900) ** 2 // 8
    expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    assert np.array(balanced_weights(labels, labels.max() + 1)) == pytest.approx(expected)


def test_sampling_shows_every_class_as_often_and_every_image_as_often_as_its_class_allows():
    labels = np.repeat([0, 1, 2], [90, 20, 10])
    order = balanced_order(labels, np.random.default_rng(1))
    assert np.bincount(labels[order]).tolist() == [40, 40, 40]
    times = np.bincount(order, minlength=120)
    assert set(times[:90]) == {0, 1}
    assert set(times[90:110]) == {2}
    assert set(times[110:]) == {4}
    assert not np.array_equal(order, balanced_order(labels, np.random.default_rng(2)))


def test_sampling_needs_no_class_to_be_there():
    labels = np.array([5, 5, 5, 2])
    assert np.bincount(labels[balanced_order(labels, np.random.default_rng(0))]).tolist() == [0, 0, 2, 0, 0, 2]
