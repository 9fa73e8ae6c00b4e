"""Models for the tests of C code: small networks that together have every kind of layer."""

from typing import Any

import numpy as np

from convlens import LabelledImages, Network, TrainedModel
from convlens.calibration import Calibration
from convlens.exports.contents import Contents, check_images
from convlens.exports.options import ExportOptions
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

NAMES = ('a "cat"?', "ü*/", "c")  # what a C string, and a comment, must not stumble over

NETWORKS = {
    "chain": (
        "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, conv 6 3x3, silu, avgpool 2, dense 12, tanh, dropout 0.5, dense",
        (3, 16, 14),
    ),
    "blocks": (
        (
            "concat(conv 4 1x1, relu; conv 5 3x3 pad 1, leaky_relu 0.2; maxpool 3 stride 1 pad 1, conv 2 1x1;), "
            "residual(conv 8 3x3 stride 2 pad 1, shortcut conv 8 1x1 stride 2), tanh, maxpool 3 stride 2 pad 1, "
            "flatten, batchnorm, dense 7, batchnorm, gelu, dense"
        ),
        (1, 12, 12),
    ),
    "groups": (
        (
            "batchnorm, gelu, conv 6 3x5 pad 1x2 stride 2x1 groups 3, sigmoid, conv 6 2x2 dilation 2 groups 2, "
            "maxpool 2x1, residual(conv 6 3x3 pad 1, batchnorm, relu), relu, globalavgpool, dense"
        ),
        (3, 13, 9),
    ),
    "no dense": ("conv 4 3x3 dilation 2 pad 2, gelu, maxpool 3 stride 1, conv 3 1x1, globalavgpool", (3, 10, 10)),
    "sparse windows": ("conv 4 2x2, avgpool 3 stride 4 pad 1, relu, dense", (1, 13, 13)),
    "input used late": (
        "residual(relu), concat(relu; maxpool 1; dropout 0.2;), avgpool 2x3 stride 3x2 pad 1, silu, dense",
        (3, 6, 6),
    ),
}


def make_model(text: str, shape: tuple[int, int, int], weights: Any = None, **calibration: Any) -> TrainedModel:
    """Return a model with three classes; the statistics of batch normalisation are not those of the beginning."""
    network = Network.from_text(text)
    random = np.random.default_rng(1)
    if weights is None:
        weights = initial_weights(network, shape, len(NAMES), seed=0)
        for name, array in weights.items():
            if name.endswith("running_mean"):
                weights[name] = random.normal(0, 0.5, array.shape).astype(np.float32)
            elif name.endswith("running_var"):
                weights[name] = random.uniform(0.2, 2, array.shape).astype(np.float32)
    means, deviations = (0.3, 0.5, 0.1)[: shape[0]], (0.4, 0.2, 0.6)[: shape[0]]
    preprocessing = Preprocessing(shape, "letterbox", None, Normalisation(means, deviations))
    return TrainedModel(network, weights, preprocessing, NAMES, {}, Calibration(**calibration))


def make_images(model: TrainedModel, count: int = 60) -> LabelledImages:
    """Return noise with the model's answers as labels, so that the accuracy is 1."""
    images = np.random.default_rng(0).integers(0, 256, (count, *model.plan.input_shape), np.uint8)
    return LabelledImages(images, model.logits(images).argmax(axis=1), NAMES, "noise")


def make_contents(model: TrainedModel, int8: bool = False, name: str = "Tiny-1") -> Contents:
    """Return what an export of the model contains."""
    typical = make_images(model).images if int8 else None
    return Contents(model, name, check_images(model), None, ExportOptions(int8), typical)
