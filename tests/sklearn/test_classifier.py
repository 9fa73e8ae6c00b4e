"""The estimator against `convlens.train`, by hand, and in scikit-learn's own tools."""

import inspect
import pickle
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

import convlens
from convlens.engines.choice import open_engine
from convlens.errors import ConvlensError, DataError, LossNotFinite, UsageError
from convlens.sklearn import ConvlensClassifier
from convlens.sklearn.classifier import _Answers, _name_of, _read_labels
from convlens.sklearn.layout import Layout, read_layout
from convlens.training import train

NETWORK = "conv 4 3x3, relu, flatten, dense"
QUICK: dict[str, Any] = {"epochs": 3, "batch_size": 16, "threads": 1}


def quick(**parameters) -> Any:
    return ConvlensClassifier(**{"network": NETWORK, "image_shape": (8, 8), **QUICK, **parameters})


def assert_same_weights(one, other):
    assert list(one.weights) == list(other.weights)
    for name, array in other.weights.items():
        np.testing.assert_array_equal(one.weights[name], array)


@pytest.fixture(scope="module")
def fitted(digits):
    return quick().fit(*digits)


def test_it_trains_as_train_does(digits, fitted):
    X, y = digits
    model = train(X.reshape(-1, 8, 8) / 16, y, network=NETWORK, progress=False, **QUICK)
    assert_same_weights(fitted.model_, model)
    np.testing.assert_array_equal(fitted.predict_proba(X), model.predict_proba(X.reshape(-1, 8, 8) / 16))
    assert fitted.score(X, y) == model.score(X.reshape(-1, 8, 8) / 16, y)
    assert fitted.score(X, y) > 0.6


def test_what_fit_leaves(fitted):
    assert fitted.classes_.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert (fitted.n_features_in_, fitted.n_iter_) == (64, 3)
    assert (fitted.scale_, fitted.image_shape_) == ((0, 16), (1, 8, 8))
    assert fitted.model_.class_names == tuple("0123456789")
    assert fitted.model_.history.epochs == 3


def test_the_tags_say_that_images_are_taken(fitted):
    tags = get_tags(fitted)
    assert tags.input_tags.two_d_array
    assert tags.input_tags.three_d_array
    assert (tags.estimator_type, tags.target_tags.required, tags.non_deterministic) == ("classifier", True, False)


def test_probabilities_belong_to_the_classes(digits, fitted):
    X, _ = digits
    probabilities = fitted.predict_proba(X)
    assert probabilities.shape == (300, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[probabilities.argmax(axis=1)])
    logits = fitted.model_.logits(np.rint(X / 16 * 255).astype(np.uint8).reshape(-1, 1, 8, 8)).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities, powers / powers.sum(axis=1, keepdims=True), atol=1e-6)


def test_probabilities_have_the_temperature_of_the_held_out_images(digits):
    X, _ = digits
    fitted = quick(validation=0.3).fit(*digits)
    assert fitted.model_.calibration.temperature != 1
    np.testing.assert_array_equal(fitted.predict_proba(X), fitted.model_.predict_proba(X.reshape(-1, 8, 8) / 16))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([-1, 1], ("-1", "1")),
        ([1.0, 2.0], ("1", "2")),
        (["b", "a"], ("a", "b")),
        ([True, False], ("False", "True")),
        (np.array(["no", "yes"], object), ("no", "yes")),
    ],
)
def test_labels_come_back_as_they_were(digits, labels, names):
    X = digits[0][:40]
    y = np.array(labels)[np.arange(40) % 2]
    fitted = quick(epochs=1).fit(X, y)
    assert fitted.model_.class_names == names
    assert fitted.classes_.dtype == fitted.predict(X).dtype == y.dtype
    assert fitted.classes_.tolist() == sorted(labels)
    assert set(fitted.predict(X).tolist()) <= set(labels)


def test_every_parameter_of_train_reaches_it(digits):
    changes: dict[str, Any] = {
        "recipe": "tutorial",
        "batch_size": 25,
        "learning_rate": 0.003,
        "augmentation": "shift 0.1",
        "probe": False,
        "balance": "weights",
        "validation": 0.2,
        "early_stopping": 7,
        "max_seconds": 100.0,
        "engine": "native",
        "device": "cpu",
        "threads": 1,
    }
    X, y = digits
    fitted = quick(epochs=1, random_state=11, **changes).fit(X, y)
    model = train(X.reshape(-1, 8, 8) / 16, y, network=NETWORK, epochs=1, seed=11, progress=False, **changes)
    assert fitted.model_.facts["settings"] == model.facts["settings"]
    assert_same_weights(fitted.model_, model)
    not_here = {"self", "image_shape", "scale", "verbose", "random_state", "network", "epochs"}
    assert set(inspect.signature(ConvlensClassifier.__init__).parameters) == not_here | set(changes)


def test_the_defaults_are_those_of_train(digits):
    X, y = digits
    fitted = ConvlensClassifier(image_shape=(8, 8)).fit(X, y)
    assert fitted.model_.facts["settings"] == train(X.reshape(-1, 8, 8) / 16, y, progress=False).facts["settings"]
    assert fitted.n_iter_ == 2


def test_early_stopping_shows_in_the_epochs(digits):
    assert quick(epochs=50, validation=0.3, early_stopping=1, learning_rate=1e-12).fit(*digits).n_iter_ < 50


def test_random_states(digits):
    X, y = digits[0][:60], digits[1][:60]

    def seed_of(state):
        return quick(epochs=1, random_state=state).fit(X, y).model_.facts["seed"]

    assert (seed_of(None), seed_of(0), seed_of(np.int64(7))) == (3, 0, 7)
    state = np.random.RandomState(5)
    assert [seed_of(state), seed_of(state)] == np.random.RandomState(5).randint(2**31 - 1, size=2).tolist()


def test_networks_in_every_form(digits):
    X, y = digits[0][:60], digits[1][:60]
    layers = [convlens.Conv2d(4, kernel_size=3), convlens.ReLU(), convlens.Flatten(), convlens.Dense()]
    texts = [
        quick(epochs=1).set_params(network=network).fit(X, y).model_
        for network in (NETWORK, convlens.Network.from_text(NETWORK), layers)
    ]
    cloned: Any = clone(quick(network=layers))
    assert cloned.get_params()["network"] == layers
    assert_same_weights(texts[0], texts[1])
    assert_same_weights(texts[0], texts[2])


@pytest.mark.parametrize(
    "form",
    [
        lambda X: X.reshape(-1, 8, 8),
        lambda X: X.reshape(-1, 1, 8, 8),
        lambda X: X.reshape(-1, 8, 8, 1),
        lambda X: list(X.reshape(-1, 8, 8)),
        lambda X: X.reshape(-1, 8, 8).tolist(),
        lambda X: torch.tensor(X.reshape(-1, 8, 8)),
    ],
    ids=["NxHxW", "NxCxHxW", "NxHxWxC", "list of arrays", "lists", "tensor"],
)
def test_images_are_taken_as_rows_are(digits, fitted, form):
    X, y = digits
    with_images = quick(image_shape=None).fit(form(X), y)
    assert_same_weights(with_images.model_, fitted.model_)
    assert with_images.n_features_in_ == 64
    for given in (X, form(X)):
        np.testing.assert_array_equal(with_images.predict_proba(given), fitted.predict_proba(X))
        np.testing.assert_array_equal(fitted.predict_proba(given), fitted.predict_proba(X))


def test_pictures_of_pillow(digits):
    pictures = [Image.fromarray((row * 15).astype(np.uint8).reshape(8, 8)) for row in digits[0][:60]]
    fitted = quick(image_shape=None, epochs=1).fit(pictures, digits[1][:60])
    assert fitted.scale_ == (0, 255)
    np.testing.assert_array_equal(
        fitted.predict_proba(pictures), fitted.predict_proba((digits[0][:60] * 15).astype(np.uint8).reshape(-1, 8, 8))
    )


def test_rows_of_pixels_are_not_repaired_as_pictures_are(digits, fitted):
    """A few high features would pass for ink on paper, as the strokes of digits do."""
    X = np.zeros((40, 64))
    X[:, 20:22] = 1
    row = ConvlensClassifier("dense", image_shape="row", **QUICK).fit(X, np.arange(40) % 2)
    assert row.model_.preprocessing.rules == "letterbox"
    assert row.image_shape_ == (1, 1, 64)
    assert fitted.model_.preprocessing.rules == "glyph"


def test_rows_of_a_frame_have_names(digits):
    frame = pd.DataFrame(digits[0][:60], columns=[f"pixel {place}" for place in range(64)])
    fitted = quick(epochs=1).fit(frame, pd.Series(digits[1][:60]))
    assert fitted.feature_names_in_[1] == "pixel 1"
    assert fitted.predict(frame).shape == (60,)
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        fitted.predict(frame.rename(columns={"pixel 0": "label"}))


def test_rows_are_height_by_width(digits):
    """Images of 4 rows of 16 pixels, as the digits' numbers can be read as well."""
    X, y = digits
    fitted = quick(image_shape=(4, 16), epochs=1).fit(X, y)
    images = quick(image_shape=None, epochs=1).fit(X.reshape(-1, 4, 16), y)
    assert fitted.image_shape_ == (1, 4, 16)
    assert_same_weights(fitted.model_, images.model_)


def test_colours_lie_as_image_shape_says():
    """Class 1 is red, all else black, so a wrong layout would spread the red over all channels."""
    images = np.zeros((20, 3, 6, 5), np.uint8)
    y = np.arange(20) % 2
    images[y == 1, 0] = 255
    planes = ConvlensClassifier("dense", image_shape=(3, 6, 5), **QUICK).fit(images.reshape(20, -1), y)
    last = images.transpose(0, 2, 3, 1)
    pixels = ConvlensClassifier("dense", image_shape=(6, 5, 3), **QUICK).fit(last.reshape(20, -1), y)
    expected = train(images, y, network="dense", progress=False, **QUICK)
    assert planes.image_shape_ == pixels.image_shape_ == (3, 6, 5)
    for fitted, rows in ((planes, images.reshape(20, -1)), (pixels, last.reshape(20, -1))):
        assert_same_weights(fitted.model_, expected)
        np.testing.assert_array_equal(fitted.predict_proba(rows), expected.predict_proba(images))
        np.testing.assert_array_equal(fitted.predict_proba(last), expected.predict_proba(images))


def test_pickled_cloned_and_copied(digits, fitted):
    X, _ = digits
    fitted.predict(X[:1])  # its engine is open now
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again._answers.model is again.model_
    fresh: Any = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError, match="This ConvlensClassifier instance is not fitted yet"):
        fresh.predict(X)


def test_predictions_use_the_engine_that_was_asked_for(digits, fitted):
    answers = quick(epochs=1, engine="native", device="cpu").fit(*digits)._answers
    assert (answers.name, answers.device, answers.threads) == ("native", "cpu", 1)
    with pytest.raises(UsageError, match="the native engine runs on the CPU, not on cuda"):
        _ = _Answers(fitted.model_, "native", "cuda", 1).engine
    with pytest.raises(UsageError, match="engine 'keras' is not known"):
        _ = replace(answers, name="keras").engine


def test_predictions_use_as_many_threads_as_asked_for(digits, monkeypatch):
    X, y = digits[0][:60], digits[1][:60]
    assert quick(epochs=1, threads=1).fit(X, y)._answers.engine.threads == 1
    monkeypatch.setattr("convlens.machine.available_cores", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    fitted = quick(epochs=1, threads=None).fit(X, y)
    assert (fitted.model_.facts["settings"]["threads"], fitted._answers.engine.threads) == (3, 3)
    assert open_engine(fitted.model_.plan).threads == 3


def test_verbose_shows_how_it_goes_and_the_default_is_silent(digits, capsys):
    X, y = digits[0][:60], digits[1][:60]
    quick(epochs=1).fit(X, y)
    assert capsys.readouterr() == ("", "")
    quick(epochs=1, verbose=True).fit(X, y)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Epoch")


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        (
            {"image_shape": None},
            DataError,
            r"^X has rows of 64 features, which do not say how .* Give image_shape=\(8, 8\), or image_shape='row' for",
        ),
        ({"image_shape": (8, 9)}, DataError, r"^X has 64 features, but image_shape=\(8, 9\) needs 72\. Give"),
        (
            {"image_shape": 64},
            UsageError,
            r"^image_shape is 64; give \(height, width\), \(height, width, channels\) or",
        ),
        ({"image_shape": (8, 0)}, UsageError, r"^image_shape is \(8, 0\); give"),
        ({"image_shape": (8.5, 8)}, UsageError, r"^image_shape is \(8\.5, 8\); give"),
        ({"scale": (16, 0)}, UsageError, r"^scale is \(16, 0\); give \"auto\", or the values of black and white, such"),
        ({"scale": (16, 16)}, UsageError, r"^scale is \(16, 16\); give"),
        ({"scale": "pixels"}, UsageError, r"^scale is 'pixels'; give"),
        ({"scale": (0, np.inf)}, UsageError, r"^scale is \(0, inf\); give"),
        ({"validation": "some"}, UsageError, r"^validation is not a number; give the share of the images to hold"),
        ({"epochs": 0}, UsageError, r"^epochs is 0; give a whole number from 1 to 100,000\."),
        ({"recipe": "slow"}, UsageError, r"^recipe 'slow' is not known; give fast, tutorial or best"),
        ({"engine": "keras"}, UsageError, r"^engine 'keras' is not known; give auto, native or torch\."),
        (
            {"engine": "native", "device": "cuda"},
            UsageError,
            r"^the native engine runs on the CPU, not on cu",
        ),
        ({"random_state": -1}, UsageError, r"^seed is -1; give a whole number from 0"),
    ],
)
def test_a_mistake_in_a_parameter_says_what_is_allowed(digits, parameters, kind, message):
    with pytest.raises(kind, match=message) as caught:
        quick(**parameters).fit(*digits)
    assert isinstance(caught.value, ConvlensError)
    assert isinstance(caught.value, ValueError)


def test_samples_and_labels_that_cannot_be_used(digits, fitted):
    X, y = digits
    with pytest.raises(DataError, match=r"^y has only one class, 3\. Give at least two classes"):
        quick().fit(X, np.full(300, 3))
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        quick().fit(X, y + 0.5)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        quick().fit(X, y[:-1])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        quick().fit(np.where(X == 16, np.nan, X), y)
    with pytest.raises(ValueError, match="X has 63 features, but ConvlensClassifier is expecting 64 features as input"):
        fitted.predict(X[:, 1:])
    with pytest.raises(ValueError, match="X has 49 features, but ConvlensClassifier is expecting 64 features as input"):
        fitted.predict(X.reshape(-1, 8, 8)[:, 1:, 1:])
    with pytest.raises(DataError, match=r"X has the shape \(300, 4, 16\), but images of 1×8×8 .* are needed"):
        fitted.predict(X.reshape(-1, 4, 16))
    with pytest.raises(DataError, match=r"^X has images of 4×16, but image_shape is \(8, 8\)\. Leave image_shape out"):
        quick().fit(X.reshape(-1, 4, 16), y)
    with pytest.raises(DataError, match=r"^X has images, 8×8, but image_shape is 'row'\. Leave image_shape out\."):
        quick(image_shape="row").fit(X.reshape(-1, 8, 8), y)
    with pytest.raises(
        DataError, match=r"X\.reshape\(-1, 3, 8, 3\) .* Give X\.reshape\(-1, 3, 8, 3\)\.transpose\(0, 2, "
    ):
        quick(image_shape=(3, 8, 3)).fit(np.zeros((4, 72), np.uint8), [0, 1, 0, 1])
    with pytest.raises(DataError, match=r"may be N×C×H×W \(3×8×3\) or N×H×W×C"):
        quick(image_shape=None).fit(np.zeros((4, 3, 8, 3), np.uint8), [0, 1, 0, 1])


def test_a_loss_that_explodes_is_told(digits):
    with pytest.raises(LossNotFinite):
        quick(learning_rate=1e30, recipe="tutorial").fit(*digits)


PROGRAM = """
import sys
import convlens
assert not any(name.partition(".")[0] in ("sklearn", "joblib") for name in sys.modules)
sys.modules["sklearn"] = None  # importing it now fails
try:
    import convlens.sklearn
except convlens.MissingDependency as error:
    print(error)
"""


def test_convlens_alone_needs_no_scikit_learn():
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "convlens.sklearn needs scikit-learn 1.6 or later, which is not installed. pip install 'convlens[sklearn]'\n"
    )


@pytest.mark.parametrize(
    ("given", "sample", "row", "image"),
    [
        (None, (8, 9), None, None),
        (None, (3, 8, 9), None, None),
        ("row", (5,), (1, 1, 5), (1, 1, 5)),
        ((2, 3), (6,), (2, 3), (1, 2, 3)),
        ([2, 3], (2, 3), (2, 3), (1, 2, 3)),
        (np.array([2, 3]), (6,), (2, 3), (1, 2, 3)),
        ((3, 2, 1), (6,), (3, 2, 1), None),
        ((1, 1), (1,), (1, 1), (1, 1, 1)),
    ],
)
def test_the_layout_of_samples(given, sample, row, image):
    assert read_layout(given, sample) == Layout(row, image)


@pytest.mark.parametrize(
    ("given", "sample", "message"),
    [
        (None, (64,), r"rows of 64 features, .* Give image_shape=\(8, 8\), or image_shape='row' for one row of pixels"),
        (None, (63,), r"Give image_shape=\(height, width\), or"),
        (None, (1,), r"Give image_shape=\(height, width\), or"),
        (None, (4,), r"Give image_shape=\(2, 2\), or"),
        ("row", (2, 3), r"^X has images, 2×3, but image_shape is 'row'"),
        ((2, 3), (3, 2), r"^X has images of 3×2, but image_shape is \(2, 3\)"),
        ((2, 3), (1_005,), r"^X has 1,005 features, but image_shape=\(2, 3\) needs 6\. Give the shape of one image"),
        ((2,), (2,), r"^image_shape is \(2,\); give \(height, width\), .* or 'row' for one row of pixels"),
        ((1, 1, 2, 1), (2,), r"^image_shape is \(1, 1, 2, 1\); give"),
        ((-1, 2), (2,), r"^image_shape is \(-1, 2\); give"),
        ("rows", (2,), r"^image_shape is 'rows'; give"),
        (True, (2,), r"^image_shape is True; give"),
    ],
)
def test_samples_without_a_layout_say_what_to_give(given, sample, message):
    with pytest.raises(ConvlensError, match=message):
        read_layout(given, sample)


def test_class_names_are_those_of_whole_numbers_where_they_can_be():
    labels = [1.0, np.float32(-2.0), 0.5, 3, np.int64(4), "a", True, np.str_("b")]
    assert [_name_of(label) for label in labels] == ["1", "-2", "0.5", "3", "4", "a", "True", "b"]
    classes, numbers = _read_labels(np.array(["b", "a", "b"]))
    assert (classes.tolist(), numbers.tolist()) == (["a", "b"], [1, 0, 1])
