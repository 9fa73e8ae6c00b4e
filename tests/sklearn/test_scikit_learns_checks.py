"""Every check that scikit-learn has for estimators, none left out and none expected to fail.

Most of them give rows of one to a hundred features, so each sample is one row of pixels, and the network begins with
`dense`. Twenty epochs: several checks want most of some 30 samples to be right.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from convlens.sklearn import ConvlensClassifier

CLASSIFIER = ConvlensClassifier(
    "dense 16, relu, dense", epochs=20, batch_size=16, image_shape="row", threads=1, engine="native"
)
NOT_FOR_PICTURES: dict[str, str] = {}
"""Checks that make no sense for pictures, each with its reason."""


@pytest.mark.native
@parametrize_with_checks([CLASSIFIER], expected_failed_checks=lambda _: NOT_FOR_PICTURES)
def test_what_scikit_learn_asks_of_an_estimator(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without it, the check of such arrays would be skipped
    check(estimator)
