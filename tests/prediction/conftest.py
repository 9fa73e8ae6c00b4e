"""Small untrained models, for tests that do not depend on the accuracy of a model."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from convlens.calibration import Calibration
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation, Preprocessing, fit_preprocessing
from convlens.trained_model import TrainedModel

DIGITS = tuple("0123456789")


@pytest.fixture(scope="session")
def make_model() -> Callable[..., TrainedModel]:
    """Return `make_model((3, 8, 8))` for images of that shape; `preprocessing` and `calibration` may be given."""

    def make(shape=(1, 8, 8), class_names=DIGITS, preprocessing=None, calibration=None) -> TrainedModel:
        network = Network.from_text("conv 4 3x3, relu, dense")
        channels = shape[0]
        plain = Preprocessing(shape, "letterbox", None, Normalisation((0.1,) * channels, (0.4,) * channels))
        weights = initial_weights(network, shape, len(class_names), seed=4)
        return TrainedModel(network, weights, preprocessing or plain, class_names, {}, calibration or Calibration())

    return make


@pytest.fixture(scope="session")
def model(make_model) -> TrainedModel:
    """Return a model for grey images of 8×8 that repairs nothing."""
    return make_model()


@pytest.fixture(scope="session")
def digit_model(make_model) -> TrainedModel:
    """Return a model for light digits on dark of 28×28, with all properties of its training images."""
    images = np.zeros((60, 1, 28, 28), np.uint8)
    for number in range(60):
        images[number, 0, 4:24, 13 - number % 3 : 15 + number % 3] = 255
    return make_model((1, 28, 28), preprocessing=fit_preprocessing(images, "digit"))


@pytest.fixture
def grey() -> np.ndarray:
    """Return seven grey images of 8×8, uint8."""
    return np.random.default_rng(5).integers(0, 256, (7, 8, 8), np.uint8)


@pytest.fixture
def as_png() -> Callable[[np.ndarray], bytes]:
    """Return a function that encodes an array as a PNG file."""

    def encode(array: np.ndarray) -> bytes:
        file = io.BytesIO()
        Image.fromarray(array).save(file, "PNG")
        return file.getvalue()

    return encode
