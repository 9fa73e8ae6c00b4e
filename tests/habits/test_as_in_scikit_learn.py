"""What a user of scikit-learn, NumPy and pandas writes first."""

import copy
import io
import pickle
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.model_selection import cross_val_score, train_test_split

import convlens
from convlens.sklearn import ConvlensClassifier


def test_split_train_score(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
    model = convlens.train(X_train, y_train, network="conv 16 3x3, relu, dense", epochs=10)
    assert model.score(X_test, y_test) > 0.9
    assert model.facts["training_images"] == 800


def test_cross_validation(X, y):
    scores = cross_val_score(ConvlensClassifier(network="conv 16 3x3, relu, dense", epochs=10), X, y, cv=2)
    assert scores.min() > 0.8


def test_accuracy_score_of_class_numbers(model, X, y):
    numbers = model.predict(X[800:]).class_numbers
    assert metrics.accuracy_score(y[800:], numbers) == model.score(X[800:], y[800:])
    assert (numbers == y[800:]).mean() == model.score(X[800:], y[800:])


def test_three_predictions_and_one(model, X, y):
    predictions = model.predict(X[:3])
    assert [one.class_name for one in predictions] == ["0", "1", "2"] == list(predictions.labels)
    assert predictions[0].class_name == model.predict(X[0]).class_name == "0" == str(y[0])
    assert 0 < predictions[0].probability == predictions.confidences[0] <= 1


def test_probabilities_have_a_column_for_each_class(model, X):
    table = pd.DataFrame(model.predict_proba(X[:20]), columns=model.class_names)
    assert list(table.columns) == list("0123456789")
    np.testing.assert_allclose(table.sum(axis=1), 1)
    assert list(table.idxmax(axis=1)) == list(model.predict_labels(X[:20]).astype(str))


def test_confusion_matrix(model, X, y):
    expected = metrics.confusion_matrix(y[800:], model.predict_labels(X[800:]))
    np.testing.assert_array_equal(convlens.evaluate(model, X[800:], y[800:]).confusion, expected)


def test_precision_recall_and_f1_of_each_class(model, X, y):
    rows = convlens.evaluate(model, X[800:], y[800:]).classes
    found = np.array([(row.precision, row.recall, row.f1, row.support) for row in rows]).T
    guessed = model.predict_labels(X[800:])
    expected: Any = metrics.precision_recall_fscore_support(y[800:], guessed)
    np.testing.assert_allclose(found, expected)


def test_log_loss(model, X, y):
    expected = metrics.log_loss(y[800:], model.predict_proba(X[800:]))
    assert convlens.evaluate(model, X[800:], y[800:]).negative_log_likelihood == pytest.approx(expected, rel=1e-6)


def test_the_share_of_right_answers_by_comparing(model, X, y):
    guessed = model.predict_labels(X[800:])
    assert guessed.dtype == np.int64
    assert (
        np.mean(guessed == y[800:]) == metrics.accuracy_score(y[800:], guessed) == model.score(X[800:], y[800:]) > 0.5
    )


def test_labels_that_are_truth_values_stay_truth_values(X, y):
    model = convlens.train(X[:300], y[:300] > 4, network="dense", epochs=5)
    guessed = model.predict_labels(X[:300])
    assert guessed.dtype == bool
    assert np.mean(guessed == (y[:300] > 4)) == model.score(X[:300], y[:300] > 4) > 0.6


def test_labels_are_texts(X, names):
    model = convlens.train(X[:300], names[:300], network="dense", epochs=5)
    assert model.class_names == ("eight", "five", "four", "nine", "one", "seven", "six", "three", "two", "zero")
    assert model.score(X[:300], names[:300]) == (model.predict_labels(X[:300]) == names[:300]).mean() > 0.7


def test_labels_are_a_shuffled_column_of_pandas(X, names):
    column = pd.Series(names[:300], index=range(300, 0, -1), dtype="category")
    one = convlens.train(X[:300], column, network="dense", epochs=1)
    other = convlens.train(X[:300], names[:300], network="dense", epochs=1)
    np.testing.assert_array_equal(one.predict_proba(X[:9]), other.predict_proba(X[:9]))


def test_images_and_labels_in_one_frame(X, names):
    frame = pd.DataFrame({"label": names[:300], "image": list(X[:300])})
    model = convlens.train(frame, network="dense", epochs=1)
    assert model.class_names[0] == "eight"
    assert convlens.evaluate(model, frame).total == 300


def test_answers_are_counted_with_pandas(model, X):
    counts = pd.Series(model.predict_labels(X[:100])).value_counts()
    assert counts.sum() == 100
    assert set(counts.index) <= set(range(10))


@pytest.mark.parametrize("travel", ["pickle", "joblib", "deepcopy"])
def test_models_are_pickled_and_copied(model, X, travel):
    file = io.BytesIO()
    if travel == "joblib":
        joblib.dump(model, file)
        file.seek(0)
        other = joblib.load(file)
    else:
        other = copy.deepcopy(model) if travel == "deepcopy" else pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(other.predict_proba(X[:50]), model.predict_proba(X[:50]))


def test_the_same_seed_gives_the_same_model(X, y):
    first, again, other = (convlens.train(X[:200], y[:200], epochs=1, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.predict_proba(X[:50]), again.predict_proba(X[:50]))
    assert not np.array_equal(first.predict_proba(X[:50]), other.predict_proba(X[:50]))


def test_rows_of_pixels_are_scored(model, X, y):
    assert model.score(X[800:].reshape(-1, 64), y[800:]) == model.score(X[800:], y[800:])
