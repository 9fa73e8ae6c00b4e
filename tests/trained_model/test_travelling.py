"""Models that are copied, sent to other processes and used by several threads, before and after they have predicted."""

import copy
import dataclasses
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from convlens.calibration import Calibration
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.trained_model import TrainedModel

IMAGES = np.random.default_rng(3).integers(0, 256, (40, 8, 8), np.uint8)


def make_model() -> TrainedModel:
    """A model with everything that a model can hold."""
    network = Network.from_text("conv 4 3x3, residual(conv 4 3x3 pad 1, batchnorm), relu, dense")
    weights = initial_weights(network, (1, 8, 8), 3, seed=4)
    preprocessing = Preprocessing((1, 8, 8), "letterbox", None, Normalisation((0.1,), (0.4,)))
    return TrainedModel(network, weights, preprocessing, ("a", "b", "c"), {"data": "noise"}, Calibration(threshold=0.4))


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: dataclasses.replace(model),
    ],
    ids=["copy", "deepcopy", "pickle", "replace"],
)
def test_a_copy_answers_as_the_original(copied, used):
    model = make_model()
    expected = make_model().predict_proba(IMAGES)
    if used:
        model.predict(IMAGES[0])
    other = copied(model)
    assert "engine" not in vars(other)
    np.testing.assert_array_equal(other.predict_proba(IMAGES), expected)
    assert (other.network, other.class_names, other.facts) == (model.network, model.class_names, model.facts)
    assert (other.preprocessing, other.calibration) == (model.preprocessing, model.calibration)
    assert list(other.weights) == list(model.weights)
    if used:
        assert other.engine is not model.engine
    np.testing.assert_array_equal(model.predict_proba(IMAGES), expected)


def test_a_deep_copy_shares_no_weights():
    model = make_model()
    other = copy.deepcopy(model)
    assert not any(np.shares_memory(array, other.weights[name]) for name, array in model.weights.items())


def test_pickled_bytes_are_the_same_before_and_after_predicting():
    model = make_model()
    before = pickle.dumps(model)
    model.predict(IMAGES)
    assert pickle.dumps(model) == before


def answer(model: TrainedModel, images: np.ndarray) -> tuple[np.ndarray, Any]:
    """What another process is asked for."""
    return model.predict_proba(images), model.predict(images)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_another_process_answers_the_same(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {method}")
    model = make_model()
    expected = model.predict_proba(IMAGES)  # the engine is open, and its threads run
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        probabilities, predictions = pool.submit(answer, model, IMAGES).result(timeout=60)
    np.testing.assert_array_equal(probabilities, expected)
    assert predictions == model.predict(IMAGES)


def test_joblib_sends_models_to_its_workers():
    joblib = pytest.importorskip("joblib")
    model = make_model()
    expected = model.predict_proba(IMAGES)
    parts = joblib.Parallel(n_jobs=2, backend="loky")(
        joblib.delayed(model.predict_proba)(part) for part in np.split(IMAGES, 4)
    )
    np.testing.assert_allclose(np.concatenate(parts), expected, rtol=1e-5)


def test_many_threads_open_one_model_and_get_the_same_answers():
    model = make_model()
    expected = make_model().predict_proba(IMAGES)

    def ask(number: int) -> np.ndarray:
        return model.predict_proba(IMAGES) if number % 2 else model.predict(IMAGES).probabilities

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(ask, range(200)):
            np.testing.assert_array_equal(found, expected)
