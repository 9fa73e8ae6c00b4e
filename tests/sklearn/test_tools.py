"""The classifier in scikit-learn's cross-validation, searches, pipelines and workers."""

from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from convlens.sklearn import ConvlensClassifier
from convlens.training import train

NETWORK = "conv 4 3x3, relu, flatten, dense"


@pytest.fixture
def classifier() -> Any:
    return ConvlensClassifier(NETWORK, epochs=3, batch_size=16, image_shape=(8, 8), random_state=0)


def as_images(rows):
    return rows.reshape(-1, 8, 8) / 16


def test_cross_validation_is_training_on_each_fold(classifier, digits):
    X, y = digits
    scores = cross_val_score(classifier, X, y, cv=StratifiedKFold(3))
    expected = []
    for learned, judged in StratifiedKFold(3).split(X, y):
        model = train(
            as_images(X[learned]),
            y[learned],
            network=NETWORK,
            epochs=3,
            batch_size=16,
            seed=0,
            progress=False,
        )
        expected.append(
            (model.logits(np.rint(as_images(X[judged]) * 255).astype(np.uint8)[:, None]).argmax(1) == y[judged]).mean()
        )
    np.testing.assert_allclose(scores, expected)
    assert scores.mean() > 0.5


def test_a_search_over_epochs_and_networks_finds_the_better(classifier, digits):
    X, y = digits
    networks = ["conv 1 5x5 stride 3, relu, flatten, dense", NETWORK]
    search = GridSearchCV(classifier, {"epochs": [1, 4], "network": networks}, cv=2)
    search.fit(X, y)
    assert search.best_params_ == {"epochs": 4, "network": networks[1]}
    assert search.best_estimator_.n_iter_ == 4
    assert search.best_estimator_.model_.weights["0.weight"].shape == (4, 1, 3, 3)
    assert search.score(X, y) > search.cv_results_["mean_test_score"][0]


@pytest.mark.parametrize("scaler", [MinMaxScaler(), StandardScaler(), FunctionTransformer(as_images)])
def test_in_a_pipeline(classifier, digits, scaler):
    X, y = digits
    pipeline = make_pipeline(scaler, classifier)
    pipeline.fit(X[:200], y[:200])
    assert pipeline.score(X[200:], y[200:]) > 0.4
    assert pipeline.predict_proba(X[200:]).shape == (100, 10)


def test_images_in_a_pipeline_equal_rows(classifier, digits):
    X, y = digits
    alone: Any = clone(classifier)
    pipeline = Pipeline([("images", FunctionTransformer(as_images)), ("network", classifier)])
    pipeline.set_params(network__image_shape=None, network__epochs=1)
    rows = alone.set_params(epochs=1).fit(X, y)
    np.testing.assert_array_equal(pipeline.fit(X, y).predict_proba(X), rows.predict_proba(X))


def test_in_ensembles_and_one_against_the_rest(classifier, digits):
    X, y = digits[0][:90], digits[1][:90]
    votes = VotingClassifier([("first", classifier), ("second", classifier)], voting="soft").fit(X, y)
    alone = classifier.fit(X, y)
    np.testing.assert_allclose(votes.predict_proba(X), alone.predict_proba(X))
    against = OneVsRestClassifier(ConvlensClassifier("dense", epochs=1, image_shape=(8, 8))).fit(X, y)
    assert against.predict(X).shape == (90,)


def test_in_threads(classifier, digits):
    X, y = digits[0][:90], digits[1][:90]
    with joblib.parallel_backend("threading"):
        scores = cross_val_score(classifier, X, y, cv=3, n_jobs=2)
    np.testing.assert_array_equal(scores, cross_val_score(classifier, X, y, cv=3))


@pytest.mark.slow
def test_in_worker_processes_which_divide_the_cores(classifier, digits, monkeypatch):
    """The score is that of one process; each of two workers computes with half of the cores."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    X, y = digits
    found = cross_validate(classifier, X, y, cv=2, n_jobs=2, return_estimator=True)
    np.testing.assert_array_equal(found["test_score"], cross_val_score(classifier, X, y, cv=2))
    threads = {one.model_.facts["settings"]["threads"] for one in found["estimator"]}
    assert threads == {max(1, joblib.cpu_count() // 2)}
