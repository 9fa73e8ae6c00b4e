"""The operations of a network for a batch of images, in plain NumPy.

This file is copied into every Python file that Convlens exports, so it imports only NumPy and the standard library.
All values are float32. Maps are N×C×H×W, rows of numbers are N×F.
"""

import base64
import hashlib
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(x: Any, layer: dict[str, Any], fill: float) -> Any:
    """Return every window position, N×C×rows×columns×kH×kW, after padding with `fill`."""
    (top, left), (down, right), (rows, columns) = layer["padding"], layer["stride"], layer["kernel"]
    dilation_down, dilation_right = layer["dilation"]
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)), constant_values=fill)
    reach = (dilation_down * (rows - 1) + 1, dilation_right * (columns - 1) + 1)
    seen = sliding_window_view(padded, reach, axis=(2, 3))
    return seen[:, :, ::down, ::right, ::dilation_down, ::dilation_right]


def conv(layer: dict[str, Any], weights: dict[str, Any], x: Any) -> Any:
    """Multiply each window with each kernel, and add: N×C×H×W → N×O×rows×columns."""
    groups, kernels = layer["groups"], weights["weight"]
    seen = windows(x, layer, 0.0)
    parts = [
        np.tensordot(inputs, some, axes=((1, 4, 5), (1, 2, 3)))
        for inputs, some in zip(np.split(seen, groups, axis=1), np.split(kernels, groups), strict=True)
    ]
    return np.concatenate(parts, axis=-1).transpose(0, 3, 1, 2) + weights["bias"].reshape(-1, 1, 1)


def batchnorm(layer: dict[str, Any], weights: dict[str, Any], x: Any) -> Any:
    """Normalise each channel by its running mean and variance, then scale and shift."""
    scale = weights["weight"] / np.sqrt(weights["running_var"] + np.float32(layer["epsilon"]))
    shift = weights["bias"] - weights["running_mean"] * scale
    shape = (-1, *[1] * (x.ndim - 2))
    return x * scale.reshape(shape) + shift.reshape(shape)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(−x)), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)


def gelu(x: Any) -> Any:
    """x·Φ(x), where Φ is the distribution function of the normal distribution."""
    share = np.vectorize(lambda value: 0.5 * math.erfc(-value / math.sqrt(2)), otypes=[np.float64])
    return (x * share(x)).astype(np.float32)


OPERATIONS = {
    "conv": conv,
    "batchnorm": batchnorm,
    "maxpool": lambda layer, _, x: windows(x, layer, -np.inf).max(axis=(4, 5)),
    "avgpool": lambda layer, _, x: windows(x, layer, 0.0).mean(axis=(4, 5)),
    "globalavgpool": lambda _, __, x: x.mean(axis=(2, 3), keepdims=True),
    "flatten": lambda _, __, x: x.reshape(len(x), -1),
    "dense": lambda _, weights, x: x @ weights["weight"].T + weights["bias"],
    "relu": lambda _, __, x: np.maximum(x, 0),
    "leaky_relu": lambda layer, _, x: np.where(x > 0, x, x * np.float32(layer["slope"])),
    "sigmoid": lambda _, __, x: sigmoid(x),
    "silu": lambda _, __, x: x * sigmoid(x),
    "tanh": lambda _, __, x: np.tanh(x),
    "gelu": lambda _, __, x: gelu(x),
    "dropout": lambda _, __, x: x,
    "add": lambda _, __, x, other: x + other,
    "concat": lambda _, __, *parts: np.concatenate(parts, axis=1),
}


def run_network(layers: list[dict[str, Any]], weights: dict[str, Any], x: Any) -> Any:
    """Compute the logits, N × classes, of normalised images, N×C×H×W."""
    outputs = [x]  # the input, then the output of each layer; a layer names its inputs from -1, the network's input
    for layer in layers:
        inputs = [outputs[index + 1] for index in layer["inputs"]]
        prefix = layer["path"] + "."
        own = {name[len(prefix) :]: array for name, array in weights.items() if name.startswith(prefix)}
        outputs.append(OPERATIONS[layer["kind"]](layer, own, *inputs))
    return outputs[-1]


class Classifier:
    """A network with its weights, class names, normalisation, temperature and threshold.

    `facts` are JSON values; arrays in it are base64 of little-endian numbers.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        content = {name: base64.b64decode(stored["data"]) for name, stored in facts["weights"].items()}
        if hashlib.sha256(b"".join(content.values())).hexdigest() != facts["weights_sha256"]:
            raise ValueError("the weights in this file have changed: their SHA-256 differs. Take another copy.")
        self.facts = facts
        self.class_names = facts["class_names"]
        self.input_shape = tuple(facts["preprocessing"]["image_shape"])
        self.weights = {
            name: np.frombuffer(content[name], "<f4").reshape(stored["shape"])
            for name, stored in facts["weights"].items()
        }

    def logits(self, images: Any) -> Any:
        """Compute the logits, N × classes, of images of the network's shape: uint8, N×C×H×W, or N×H×W if grey."""
        images = np.asarray(images)
        if images.ndim == 3 and self.input_shape[0] == 1:
            images = images[:, None]
        if images.dtype != np.uint8 or images.shape[1:] != self.input_shape:
            wanted = "×".join(map(str, self.input_shape))
            raise ValueError(f"the images are {images.dtype} of shape {images.shape}; give uint8 of N×{wanted}.")
        scaling = self.facts["preprocessing"]["normalisation"]
        mean, std = (np.array(scaling[name], np.float32).reshape(-1, 1, 1) for name in ("mean", "std"))
        parts = np.array_split(images, max(1, len(images) // 100))  # a part at a time, to save memory
        values = ((part.astype(np.float32) / np.float32(255) - mean) / std for part in parts)
        return np.concatenate([run_network(self.facts["layers"], self.weights, part) for part in values])

    def predict_proba(self, images: Any) -> Any:
        """Compute the probabilities, N × classes, after temperature scaling; each row adds up to 1."""
        scaled = self.logits(images).astype(np.float64) / self.facts["calibration"]["temperature"]
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def unknown(self, probabilities: Any) -> Any:
        """Return N booleans: whether the likeliest class is below the threshold, so that there is no answer."""
        threshold = self.facts["calibration"]["threshold"]
        return probabilities.max(axis=1) < (0.0 if threshold is None else threshold)

    def predict(self, images: Any) -> list[str]:
        """Return the class name of each image, or "unknown"."""
        probabilities = self.predict_proba(images)
        pairs = zip(probabilities.argmax(axis=1), self.unknown(probabilities), strict=True)
        return ["unknown" if unknown else self.class_names[index] for index, unknown in pairs]

    def check(self) -> float:
        """Run the check images in this file. Returns the largest difference of a logit from the original model's."""
        stored = self.facts["check"]
        images = np.frombuffer(base64.b64decode(stored["images"]), np.uint8).reshape(-1, *self.input_shape)
        expected = np.frombuffer(base64.b64decode(stored["logits"]), "<f4").reshape(len(images), -1)
        return float(np.abs(self.logits(images) - expected).max())
