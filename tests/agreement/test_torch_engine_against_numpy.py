"""The torch engine's forward pass against SciPy and NumPy, layer by layer, on random networks."""

import numpy as np
import pytest
from scipy.signal import correlate

from convlens.engines import Plan
from convlens.engines.torch_engine import TorchEngine
from convlens.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
)
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

TEXTS = [
    "conv 3 3x3 pad 1, relu, maxpool 2, dense",
    "conv 4 3x5 pad 1x2 stride 2 dilation 2x1, leaky_relu 0.2, avgpool 3 stride 2 pad 1, dense 7, tanh, dense",
    "conv 2 1x1, sigmoid, maxpool 3 stride 1 pad 1, conv 5 2x2 stride 2, batchnorm, globalavgpool, dense",
    "dropout 0.9, dense 6, batchnorm, relu, dense",
    "conv 3 4x2 pad 3x1 dilation 2x3, maxpool 2x3 stride 1x2 pad 1x0, dense",
]


def convolve(values: np.ndarray, layer: Conv2d, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A stride-1 correlation by SciPy with a kernel whose gaps are filled with zeros, of which every stride-th is
    kept.
    """
    (ph, pw), (sh, sw), (dh, dw) = layer.padding, layer.stride, layer.dilation
    kernel_height, kernel_width = layer.kernel_size
    spread = np.zeros((*weight.shape[:2], (kernel_height - 1) * dh + 1, (kernel_width - 1) * dw + 1))
    spread[:, :, ::dh, ::dw] = weight
    padded = np.pad(values, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    maps = [[correlate(image, kernel, "valid")[0, ::sh, ::sw] for kernel in spread] for image in padded]
    return np.array(maps) + bias[:, None, None]


def pool(values: np.ndarray, layer: MaxPool2d | AvgPool2d) -> np.ndarray:
    (ph, pw), (sh, sw) = layer.padding, layer.stride
    fill = -np.inf if isinstance(layer, MaxPool2d) else 0
    padded = np.pad(values, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=fill)
    windows = np.lib.stride_tricks.sliding_window_view(padded, layer.kernel_size, axis=(2, 3))[:, :, ::sh, ::sw]
    return windows.max((-1, -2)) if isinstance(layer, MaxPool2d) else windows.mean((-1, -2))


def normalise(values: np.ndarray, weights: dict[str, np.ndarray], number: int) -> np.ndarray:
    shape = (1, -1) + (1,) * (values.ndim - 2)
    weight, bias, mean, variance = (
        weights[f"{number}.{name}"].reshape(shape) for name in ("weight", "bias", "running_mean", "running_var")
    )
    return (values - mean) / np.sqrt(variance + 1e-5) * weight + bias


def compute(number: int, layer: object, values: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    match layer:
        case Conv2d():
            return convolve(values, layer, weights[f"{number}.weight"], weights[f"{number}.bias"])
        case MaxPool2d() | AvgPool2d():
            return pool(values, layer)
        case BatchNorm2d():
            return normalise(values, weights, number)
        case Dense():
            return values @ weights[f"{number}.weight"].T + weights[f"{number}.bias"]
        case Flatten():
            return values.reshape(len(values), -1)
        case GlobalAvgPool2d():
            return values.mean((2, 3), keepdims=True)
        case LeakyReLU():
            return np.where(values > 0, values, values * layer.slope)
        case ReLU():
            return np.maximum(values, 0)
        case Tanh():
            return np.tanh(values)
        case Sigmoid():
            return 1 / (1 + np.exp(-values))
        case Dropout():
            return values
    raise AssertionError(layer)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_layer_gives_what_numpy_gives(text, channels, random_images):
    shape, classes = (channels, 13, 15), 4
    images, _ = random_images(5, shape, classes)
    normalisation = Normalisation((0.4,) * channels, (0.3,) * channels)
    plan = Plan(Network.from_text(text), shape, classes, normalisation)
    engine = TorchEngine(plan, "cpu", threads=1)
    weights = initial_weights(plan.network, shape, classes, seed=1)
    random = np.random.default_rng(2)
    for name in weights:  # running statistics that are not the trivial ones
        if name.endswith(("running_mean", "running_var")):
            weights[name] = random.uniform(0.5, 1.5, weights[name].shape).astype(np.float32)
    engine.set_weights(weights)
    found = engine.activations(images)
    values = (images / 255 - 0.4) / 0.3
    np.testing.assert_allclose(found[0], values, atol=1e-6)
    for number, layer in enumerate(plan.network.layers):
        values = compute(number, layer, values, weights)
        np.testing.assert_allclose(found[number + 1], values, rtol=1e-4, atol=1e-5, err_msg=f"{number} {layer}")
    np.testing.assert_allclose(engine.logits(images), values, rtol=1e-4, atol=1e-5)
