"""What a user of Keras writes first."""

import numpy as np
import pandas as pd
import pytest

import convlens
from convlens.network import layer_table


def test_validation_data_and_history(X, y):
    model = convlens.train(X[:300], y[:300], validation=(X[800:], y[800:]), epochs=3)
    assert len(model.history["loss"]) == len(model.history["validation_accuracy"]) == 3
    table = pd.DataFrame(model.history)
    assert table.shape == (3, 6)
    assert table["loss"].iloc[0] > table["loss"].iloc[-1]


def test_a_share_is_held_out(X, y):
    model = convlens.train(X[:300], y[:300], validation=0.2, epochs=1)
    assert model.facts["training_images"] == 240
    assert model.history["validation_loss"][0] is not None


def test_images_with_a_channel_and_one_hot_labels(X, y):
    one_hot = convlens.train(X[:300, ..., np.newaxis], np.eye(10)[y[:300]], network="dense", epochs=1)
    plain = convlens.train(X[:300], y[:300], network="dense", epochs=1)
    np.testing.assert_array_equal(one_hot.predict_proba(X[:50]), plain.predict_proba(X[:50]))


def test_a_list_of_layers(X, y):
    network = convlens.Network(
        [
            convlens.Conv2d(8, kernel_size=3, padding="same"),
            convlens.ReLU(),
            convlens.MaxPool2d(2),
            convlens.Flatten(),
            convlens.Dropout(0.2),
            convlens.Dense(10),
        ]
    )
    model = convlens.train(X[:300], y[:300], network=network, epochs=1)
    assert model.network == network
    assert model.parameters == 8 * (3 * 3 + 1) + 10 * (8 * 4 * 4 + 1)


def test_the_layers_are_printed():
    table = layer_table("conv 8 3x3 pad same, relu, maxpool 2, dense", (1, 8, 8), classes=10)
    lines = [" ".join(line.split()) for line in str(table).splitlines()]
    assert lines[0].startswith("Network for 1×8×8 images and 10 classes: 1,370 parameters")
    assert lines[2] == "0 conv 8 3x3 pad 1 8×8×8 80 4,608 3×3"
    assert lines[6] == "4 dense 10 10 1,290 1,280 8×8"
    assert table.parameters == 8 * 10 + 10 * 129 == 1370


def test_loss_and_accuracy_on_test_images(model, X, y):
    evaluation = convlens.evaluate(model, X[800:], y[800:])
    assert evaluation.accuracy == model.score(X[800:], y[800:]) > 0.9
    assert 0 < evaluation.loss < 1


def test_argmax_of_probabilities(model, X):
    best = np.argmax(model.predict_proba(X[:40]), axis=1)
    np.testing.assert_array_equal(best, model.predict(X[:40]).class_numbers)


def test_early_stopping_keeps_the_best_epoch(X, y):
    model = convlens.train(
        X[:200], y[:200], validation=(X[800:], y[800:]), network="dense", epochs=30, early_stopping=2, learning_rate=0.5
    )
    accuracies = np.array(model.history["validation_accuracy"], np.float64)
    assert len(accuracies) < 30
    assert model.facts["ended_by"] == "early stopping"
    assert model.score(X[800:], y[800:]) == pytest.approx(accuracies.max())


def test_a_time_limit(X, y):
    model = convlens.train(X, y, epochs=100_000, network="dense", max_seconds=0.2)
    assert model.facts["ended_by"] == "time limit"


def test_verbose_is_progress(X, y, capfd):
    convlens.train(X[:200], y[:200], network="dense", epochs=2, progress=False)
    assert capfd.readouterr() == ("", "")
    convlens.train(X[:200], y[:200], network="dense", epochs=2, progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "accuracy" in shown.err


def test_a_callback_for_each_epoch(X, y):
    told = []
    convlens.train(
        X[:200], y[:200], network="dense", epochs=3, on_event=lambda event: told.append(type(event).__name__)
    )
    assert told.count("EpochDone") == 3


def test_a_model_is_saved_and_loaded(model, X):
    path = model.save("digits.safetensors")
    loaded = convlens.load_model(path)
    np.testing.assert_array_equal(loaded.predict_proba(X[:50]), model.predict_proba(X[:50]))
    assert loaded.history == model.history
    assert repr(loaded) == repr(model)


def test_training_and_test_images(X, y):
    (x_train, y_train), (x_test, y_test) = (X[:300], y[:300]), (X[800:], y[800:])
    model = convlens.train(x_train, y_train, test=(x_test, y_test), epochs=1)
    assert model.facts["test"]["total"] == 200
    assert model.facts["test"]["accuracy"] == model.score(x_test, y_test)


def test_bytes_are_the_same_as_shares_of_255(X, y):
    pixels = np.rint(X[:300] * 255).astype(np.uint8)
    one = convlens.train(pixels, y[:300], network="dense", epochs=1)
    other = convlens.train(pixels / 255, y[:300], network="dense", epochs=1)
    np.testing.assert_array_equal(one.predict_proba(pixels[:9]), other.predict_proba(pixels[:9] / 255))


def test_an_npz_of_x_train_and_y_train(X, y):
    np.savez("digits.npz", x_train=X[:200], y_train=y[:200], x_test=X[800:], y_test=y[800:])
    with np.load("digits.npz") as arrays:
        model = convlens.train(arrays, network="dense", epochs=1)
    assert (model.facts["training_images"], model.facts["test"]["total"]) == (200, 200)


def test_random_turns_and_shifts(X, y):
    one = convlens.train(X[:200], y[:200], network="dense", epochs=2, augmentation="shift 0.1, rotation 10")
    settings = convlens.AugmentationSettings(rotation=10, shift=0.1)
    other = convlens.train(X[:200], y[:200], network="dense", epochs=2, augmentation=settings)
    without = convlens.train(X[:200], y[:200], network="dense", epochs=2)
    np.testing.assert_array_equal(one.predict_proba(X[:9]), other.predict_proba(X[:9]))
    assert not np.array_equal(one.predict_proba(X[:9]), without.predict_proba(X[:9]))


def test_a_summary(model):
    assert model.summary()["parameters"] == f"{16 * 10 + 10 * (16 * 36 + 1):,}"
    assert "conv 16 3x3" in str(model)
