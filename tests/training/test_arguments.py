"""What `train` takes from Python: networks in three forms, data and settings of the wrong kind, rates that explode."""

from pathlib import Path

import numpy as np
import pytest

from convlens.data import LabelledImages
from convlens.errors import DataError, LossNotFinite, UsageError
from convlens.layers import Conv2d, Dense, ReLU
from convlens.network import Network
from convlens.training import train


def make_images(count: int = 40) -> LabelledImages:
    pixels = np.random.default_rng(count).integers(0, 256, (count, 1, 8, 8), np.uint8)
    return LabelledImages(pixels, np.arange(count) % 2, ("cat", "dog"), "pets")


def test_layers_texts_and_networks_are_the_same_network():
    given = [
        "conv 2 3x3, relu, dense",
        Network.from_text("conv 2 3x3, relu, dense"),
        [Conv2d(2, kernel_size=3), ReLU(), Dense()],
    ]
    first, *others = [train(make_images(), network=network, epochs=1, threads=1) for network in given]
    assert first.facts["settings"]["network"] == "conv 2 3x3, relu, dense"
    for other in others:
        assert all(np.array_equal(other.weights[name], first.weights[name]) for name in first.weights)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1, 2, 3),), r"data is a tuple of length 3\. Give images and labels: train\(X, y\)"),
        ((None,), r"data is None; give an array with labels \(X, y\), a dict or data frame"),
    ],
)
def test_other_data_says_what_to_give(arguments, message):
    with pytest.raises(DataError, match=message):
        train(*arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 2.5}, r"epochs is 2\.5; give a whole number"),
        ({"epochs": "3"}, r"epochs is '3'; give a whole number"),
        ({"learning_rate": "x"}, r"learning_rate is 'x'; give a number above 0, such as 0\.001\."),
    ],
)
def test_settings_of_other_types_are_shown_as_they_are(changes, message):
    with pytest.raises(UsageError, match=message):
        train(make_images(), network="dense", **changes)


def test_weights_that_explode_in_the_last_update_are_not_saved():
    # The loss of the only step is fine; the update after it is not.
    images = make_images()
    with pytest.raises(LossNotFinite, match=r"the weights became infinite at step 0 \(epoch 0, batch 0\)"):
        train(
            images,
            recipe="tutorial",
            network="dense",
            epochs=1,
            batch_size=1000,
            learning_rate=1e39,
            threads=1,
            out="run",
        )
    assert not Path("run/model.safetensors").exists()
