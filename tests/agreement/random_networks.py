"""Random networks over the whole language, with the weights, images and labels of one pass through each.

Every word of a network's text can come up: layers on maps and on rows, blocks within blocks, settings that differ along
the two axes. The maps stay small, so that hundreds of networks take a minute.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from convlens.engines import LossSettings, Plan, Weights
from convlens.layers import (
    ACTIVATIONS,
    AvgPool2d,
    BatchNorm2d,
    Block,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    walk,
)
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation
from convlens.window import output_size


@dataclass(frozen=True)
class Case:
    """A network with everything that one forward and backward pass takes."""

    plan: Plan
    weights: Weights
    images: np.ndarray
    labels: np.ndarray
    loss: LossSettings
    threads: int

    def __repr__(self) -> str:
        return (
            f"{str(self.plan.network)!r} on {len(self.images)} images of {self.plan.input_shape}, "
            f"{self.plan.classes} classes, {self.loss}, {self.threads} threads"
        )


@st.composite
def windows(draw: Any, size: int, pool: bool) -> tuple[int, int, int, int]:
    """Kernel size, stride, padding and dilation along one axis of `size`, with at least one position."""
    dilation = 1 if pool else draw(st.integers(1, 3))
    padding = draw(st.integers(0, 2))
    kernel = draw(st.integers(1, max(1, min(5, (size + 2 * padding - 1) // dilation + 1))))
    if pool:
        padding = min(padding, kernel // 2)
    kernel = kernel if output_size(size, kernel, 1, padding, dilation) >= 1 else 1
    return kernel, draw(st.integers(1, 4)), padding, dilation


@st.composite
def map_layers(draw: Any, channels: int, height: int, width: int) -> Layer:
    """One layer that works on maps."""
    kind = draw(
        st.sampled_from(
            ["conv", "activation", "pool two", "conv", "maxpool", "avgpool", "batchnorm", "activation", "dropout"]
        )
    )
    if kind == "conv":
        (kh, sh, ph, dh), (kw, sw, pw, dw) = draw(windows(height, False)), draw(windows(width, False))
        groups = draw(st.sampled_from([one for one in range(1, channels + 1) if channels % one == 0]))
        each = draw(st.integers(1, max(1, 19 // groups)))
        return Conv2d(
            groups * each,
            kernel_size=(kh, kw),
            stride=(sh, sw),
            padding=(ph, pw),
            dilation=(dh, dw),
            groups=groups,
        )
    if kind == "pool two" and min(height, width) >= 2:  # the one that is fused into a convolution
        return MaxPool2d(2)
    if kind in ("maxpool", "avgpool", "pool two"):
        (kh, sh, ph, _), (kw, sw, pw, _) = draw(windows(height, True)), draw(windows(width, True))
        return (AvgPool2d if kind == "avgpool" else MaxPool2d)((kh, kw), (sh, sw), (ph, pw))
    return draw(elementwise_layers(kind))


@st.composite
def elementwise_layers(draw: Any, kind: str = "activation") -> Layer:
    if kind == "batchnorm":
        return BatchNorm2d()
    if kind == "dropout":
        return Dropout(draw(st.sampled_from([0.1, 0.5, 0.9])))
    smooth = [kind() for kind in ACTIVATIONS.values() if not issubclass(kind, ReLU | LeakyReLU)]
    return draw(st.sampled_from([ReLU(), LeakyReLU(0.1), LeakyReLU(0.5), *smooth, *smooth]))


@st.composite
def same_size_layers(draw: Any, channels: int) -> list[Layer]:
    """Layers that keep the size of maps, and give so many channels where there is a convolution among them."""
    layers: list[Layer] = []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(["conv", "conv", "activation", "batchnorm", "pool", "dropout"]))
        if kind == "conv":
            size = draw(st.sampled_from([1, 3, 3, 5]))
            layers.append(Conv2d(channels, kernel_size=size, padding=size // 2))
        elif kind == "pool":
            layers.append(draw(st.sampled_from([MaxPool2d, AvgPool2d]))(3, 1, 1))
        else:
            layers.append(draw(elementwise_layers(kind)))
    return layers


@st.composite
def blocks(draw: Any, channels: int, deepest: int = 2, is_outermost: bool = True) -> Block:
    """A residual or concat block for maps of so many channels; blocks within blocks."""
    if draw(st.booleans()):
        branches: list[list[Layer | Block]] = [[], [*draw(same_size_layers(draw(st.integers(1, 7))))]]
        branches += [[*draw(same_size_layers(draw(st.integers(1, 9))))]] * draw(st.integers(0, 1))
        return Concat(*draw(st.permutations(branches)))
    wanted = draw(st.sampled_from([channels, draw(st.integers(1, 17))]))
    body: list[Layer | Block] = [*draw(same_size_layers(draw(st.integers(1, 9))))]
    if deepest and draw(st.integers(0, 2)) == 0:
        now = next((layer.channels for layer in reversed(body) if isinstance(layer, Conv2d)), channels)
        body.append(draw(blocks(now, deepest - 1, is_outermost=False)))
    stride = draw(st.sampled_from([1, 1, 2])) if is_outermost else 1
    if wanted == channels and stride == 1 and draw(st.booleans()):
        return Residual([*body, Conv2d(channels, kernel_size=3, padding=1)])
    shortcut: list[Layer | Block] = [
        Conv2d(wanted, kernel_size=1, stride=stride),
        *draw(st.sampled_from([[], [BatchNorm2d()]])),
    ]
    return Residual([*body, Conv2d(wanted, kernel_size=3, stride=stride, padding=1)], shortcut)


@st.composite
def plans(draw: Any) -> Plan:
    """Up to six layers on maps, then up to three on rows; the maps stay small, so that hundreds take a minute."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 24)), draw(st.integers(1, 24)))
    layers: list[Layer] = []
    channels, height, width = shape
    for _ in range(draw(st.integers(0, 6))):
        layer = draw(
            st.one_of(map_layers(channels, height, width), map_layers(channels, height, width), blocks(channels))
        )
        grown = Network([layer, Dense()]).resolve((channels, height, width), 1)[-3].output_shape
        if np.prod(grown) > 6000:
            break
        layers.append(layer)
        channels, height, width = grown
    if draw(st.integers(0, 3)) == 0:
        layers.append(GlobalAvgPool2d())
        height = width = 1
    features = channels * height * width
    if draw(st.integers(0, 3)) == 0 and any(isinstance(layer, Conv2d) for layer in walk(layers)) and features <= 20:
        classes = features  # no dense at all
    else:
        classes = draw(st.integers(1, 21))
        layers += draw(row_layers())
    mean = tuple(draw(st.sampled_from([0.0, 0.1307, 0.5])) for _ in range(shape[0]))
    return Plan(Network(layers), shape, classes, Normalisation(mean, (draw(st.sampled_from([0.3, 1.0])),) * shape[0]))


@st.composite
def row_layers(draw: Any) -> list[Layer]:
    layers: list[Layer] = [Flatten()] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 3))):
        if layers:
            kind = draw(st.sampled_from(["dense", "activation", "batchnorm", "dropout"]))
            layers.append(Dense(draw(st.integers(1, 37))) if kind == "dense" else draw(elementwise_layers(kind)))
    return [*layers, Dense()]


@st.composite
def cases(draw: Any) -> Case:
    plan = draw(plans())
    normalises = any(isinstance(layer, BatchNorm2d) for layer in walk(plan.network.layers))
    count = draw(st.integers(4 if normalises else 1, 50))
    smoothing = draw(st.sampled_from([0.0, 0.1, 0.3]))
    weighted = draw(st.booleans())
    return make_case(plan, count, smoothing, weighted, draw(st.integers(1, 3)), draw(st.integers(0, 2**32)))


def make_case(plan: Plan, count: int, smoothing: float, weighted: bool, threads: int, seed: int) -> Case:
    random = np.random.default_rng(seed)
    weights = initial_weights(plan.network, plan.input_shape, plan.classes, seed)
    for name, array in weights.items():  # batch normalisation would start from numbers that hide mistakes
        if array.dtype == np.float32:
            shaken = (
                random.uniform(0.5, 1.5, array.shape) if "var" in name else array + random.normal(0, 0.05, array.shape)
            )
            weights[name] = shaken.astype(np.float32)
    images = random.integers(0, 256, (count, *plan.input_shape), np.uint8)
    labels = random.integers(0, plan.classes, count)
    class_weights = tuple(random.uniform(0.5, 2, plan.classes).tolist()) if weighted else None
    return Case(plan, weights, images, labels, LossSettings(smoothing, class_weights), threads)
