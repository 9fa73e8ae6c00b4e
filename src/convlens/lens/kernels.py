"""Finds dead and near-duplicate kernels, which a smaller network could do without.

A kernel is dead if its output, after batch normalisation and ReLU, is not above zero for any of the images; behind a
ReLU it then contributes nothing and no longer learns. Two kernels are near duplicates if their weights, as vectors,
point in the same direction, whatever their length.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.engines import Engine, Weights
from convlens.layers import AvgPool2d, BatchNorm2d, Conv2d, Dropout, MaxPool2d, ReLU, ResolvedLayer

LIKENESS = 0.98
"""Two kernels with at least this cosine count as near duplicates; random 3×3 kernels sometimes reach 0.9."""
MOST_IMAGES = 512
_NUMBERS_AT_A_TIME = 40_000_000
_MOST_COMPARED = 4096
"""At most this many kernels of a layer are compared with each other; more would need hundreds of megabytes."""


@dataclass(frozen=True)
class KernelFacts:
    """One kernel: its number, its length (L2 norm), its bias, and whether it is dead or a near duplicate.

    `like` is the number of an earlier kernel with the same direction, or None; `largest` is the largest value of its
    map on the images, after batch normalisation and ReLU.
    """

    number: int
    length: float
    bias: float
    largest: float
    dead: bool
    like: int | None
    likeness: float


@dataclass(frozen=True, eq=False)
class LayerKernels:
    """The kernels of one convolution: `weights` O×I×kH×kW (I channels per group), and the facts of each of the O.

    `text` is the layer's text, after the name of its branch.
    """

    layer: int
    text: str
    weights: NDArray[np.float32]
    kernels: tuple[KernelFacts, ...]

    @property
    def dead(self) -> tuple[int, ...]:
        """The numbers of the dead kernels, from 0."""
        return tuple(kernel.number for kernel in self.kernels if kernel.dead)

    @property
    def duplicates(self) -> tuple[tuple[int, int, float], ...]:
        """(earlier, later, cosine) of near duplicates."""
        return tuple(
            (kernel.like, kernel.number, kernel.likeness) for kernel in self.kernels if kernel.like is not None
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "layer": self.layer,
            "text": self.text,
            "kernels": len(self.kernels),
            "dead": list(self.dead),
            "near_duplicates": [
                {"kernel": later, "like": earlier, "cosine": likeness} for earlier, later, likeness in self.duplicates
            ],
        }


def examine_kernels(engine: Engine, images: NDArray[np.uint8]) -> tuple[LayerKernels, ...]:
    """Examine every convolution of a network on the first of the images (uint8 N×C×H×W, N ≥ 1; up to 512 are used).

    >>> from convlens.engines import Plan, open_engine
    >>> from convlens.network import Network, initial_weights
    >>> from convlens.preprocessing import Normalisation
    >>> network = Network.from_text("conv 2 3x3, relu, dense")
    >>> engine = open_engine(Plan(network, (1, 8, 8), 2, Normalisation()))
    >>> weights = initial_weights(network, (1, 8, 8), 2, seed=0)
    >>> weights["0.weight"][1] = 2 * weights["0.weight"][0]
    >>> weights["0.bias"][:] = [-100, 0]
    >>> engine.set_weights(weights)
    >>> (layer,) = examine_kernels(engine, np.full((1, 1, 8, 8), 255, np.uint8))
    >>> layer.dead, layer.duplicates
    ((0,), ((0, 1, 1.0),))
    """
    weights, plan = engine.weights(), engine.plan
    nodes = plan.network.resolve(plan.input_shape, plan.classes)
    convolutions = [node for node in nodes if isinstance(node.layer, Conv2d)]
    if not convolutions:
        return ()
    ends = {node.index: _activation_behind(nodes, node) for node in convolutions}
    largest = _largest_values(engine, images[:MOST_IMAGES], [end.index for end in ends.values()])
    return tuple(_examine(node, ends[node.index], weights, largest[ends[node.index].index]) for node in convolutions)


def describe_kernels(layer: LayerKernels) -> list[str]:
    """Describe the dead and near-duplicate kernels of a layer in sentences; kernels are counted from 0.

    >>> kernel = KernelFacts(0, 1.0, 0.0, 0.0, True, None, 0.0)
    >>> describe_kernels(LayerKernels(0, "conv 1 3x3", np.zeros((1, 1, 3, 3), np.float32), (kernel,)))
    ['Layer 0 (conv 1 3x3): kernel 0 is dead; its output is never above zero.']
    """
    name, sentences = f"Layer {layer.layer} ({layer.text})", []
    empty = [number for number in layer.dead if layer.kernels[number].length == 0]
    silent = [number for number in layer.dead if number not in empty]
    if silent:
        theirs = "its output is" if len(silent) == 1 else "their outputs are"
        sentences.append(f"{name}: {_numbered(silent)} dead; {theirs} never above zero.")
    if empty:
        theirs = "its weights are" if len(empty) == 1 else "their weights are"
        sentences.append(f"{name}: {_numbered(empty)} dead; {theirs} all zero.")
    if layer.duplicates:
        pairs = ", ".join(f"{later} like {earlier} ({cosine:.2f})" for earlier, later, cosine in layer.duplicates)
        sentences.append(f"{name}: near duplicates, with their cosine similarity: {pairs}.")
    return sentences


def _numbered(numbers: list[int]) -> str:
    which = ", ".join(map(str, numbers))
    return f"kernel {which} is" if len(numbers) == 1 else f"kernels {which} are"


def _activation_behind(nodes: list[ResolvedLayer], node: ResolvedLayer) -> ResolvedLayer:
    """Return the ReLU after a convolution if only layers that keep maps separate (batch normalisation, pooling,
    dropout) come between them; else the last such layer.
    """
    passing = BatchNorm2d | MaxPool2d | AvgPool2d | Dropout | ReLU
    while not isinstance(node.layer, ReLU):
        readers = [reader for reader in nodes if node.index in reader.inputs]
        if len(readers) != 1 or not isinstance(readers[0].layer, passing):
            break
        node = readers[0]
    return node


def _largest_values(engine: Engine, images: NDArray[np.uint8], places: list[int]) -> dict[int, NDArray[np.float32]]:
    """Return, for each of these layers, the largest value of each of its maps over all images."""
    largest: dict[int, NDArray[np.float32]] = {}
    for some in _blocks(engine, images):
        activations = engine.activations(some)
        for place in places:
            found = activations[place + 1].max(axis=(0, 2, 3))
            largest[place] = np.maximum(largest[place], found) if place in largest else found
    return largest


def _blocks(engine: Engine, images: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield the images in batches whose maps of all layers fit into memory."""
    plan = engine.plan
    resolved = plan.network.resolve(plan.input_shape, plan.classes)
    numbers = sum(int(np.prod(layer.output_shape)) for layer in resolved) + int(np.prod(plan.input_shape))
    size = max(1, _NUMBERS_AT_A_TIME // numbers)
    for start in range(0, len(images), size):
        yield images[start : start + size]


def _examine(node: ResolvedLayer, end: ResolvedLayer, weights: Weights, largest: NDArray[np.float32]) -> LayerKernels:
    kernels, bias = weights[f"{node.path}.weight"], weights[f"{node.path}.bias"]
    flat = kernels.reshape(len(kernels), -1).astype(np.float64)
    lengths = np.sqrt((flat**2).sum(axis=1))
    like, likeness = _likest_before(flat, lengths)
    rectified = isinstance(end.layer, ReLU)
    facts = tuple(
        KernelFacts(
            number=place,
            length=float(lengths[place]),
            bias=float(bias[place]),
            largest=float(largest[place]),
            dead=bool((rectified and largest[place] <= 0) or lengths[place] == 0),
            like=int(like[place]) if likeness[place] >= LIKENESS else None,
            likeness=float(likeness[place]),
        )
        for place in range(len(kernels))
    )
    return LayerKernels(node.index, node.text_with_branch, kernels, facts)


def _likest_before(flat: NDArray[np.float64], lengths: NDArray[np.float64]) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each kernel, the earlier kernel with the most similar direction, and the cosine (−1 if none)."""
    count = len(flat)
    like, likeness = np.zeros(count, np.int64), np.full(count, -1.0)
    if count > _MOST_COMPARED:
        return like, likeness
    directions = flat / np.where(lengths > 0, lengths, 1)[:, np.newaxis]
    cosines = directions @ directions.T
    cosines[np.triu_indices(count)] = -1
    cosines[lengths == 0] = -1
    cosines[:, lengths == 0] = -1
    cosines = np.round(cosines, 12)  # so that rounding errors do not decide between equal ones
    return cosines.argmax(axis=1), cosines.max(axis=1)
