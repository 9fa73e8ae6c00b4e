"""The feature maps of an image, layer by layer, as plain arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.engines import Engine


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """The output of one layer: C×H×W maps, or F numbers. The input is layer −1.

    `text` is the layer's text, after the name of its branch: `shortcut: conv 16 1x1`.
    """

    layer: int
    text: str
    values: NDArray[np.float32]


def look_through(engine: Engine, image: NDArray[np.uint8]) -> tuple[LayerMaps, ...]:
    """Return the normalised input and the output of every layer for one image (uint8 C×H×W).

    >>> from convlens.engines import Plan, open_engine
    >>> from convlens.network import Network, initial_weights
    >>> from convlens.preprocessing import Normalisation
    >>> network = Network.from_text("conv 2 3x3, relu, dense")
    >>> engine = open_engine(Plan(network, (1, 8, 8), 2, Normalisation()))
    >>> engine.set_weights(initial_weights(network, (1, 8, 8), 2, seed=0))
    >>> [(one.text, one.values.shape) for one in look_through(engine, np.zeros((1, 8, 8), np.uint8))]
    [('input', (1, 8, 8)), ('conv 2 3x3', (2, 6, 6)), ('relu', (2, 6, 6)), ('flatten', (72,)), ('dense 2', (2,))]
    """
    plan = engine.plan
    resolved = plan.network.resolve(plan.input_shape, plan.classes)
    names = ["input", *(one.text_with_branch for one in resolved)]
    arrays = engine.activations(image[np.newaxis])
    return tuple(
        LayerMaps(number - 1, name, array[0]) for number, (name, array) in enumerate(zip(names, arrays, strict=True))
    )
