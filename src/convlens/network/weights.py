"""The initial weights of a network, in NumPy: PyTorch's default distributions, under PyTorch's names.

With the same distributions as in PyTorch, results are comparable. Because the weights are drawn here, a seed gives the
same weights on every engine, and torch is not needed. Only the random numbers differ from PyTorch's.
"""

from math import prod
from typing import TYPE_CHECKING

from convlens.checking import as_whole
from convlens.errors import NetworkError
from convlens.network.reading import NetworkLike, as_network

if TYPE_CHECKING:
    import numpy as np

_MOST = 1_000_000_000


def initial_weights(
    network: NetworkLike, input_shape: tuple[int, int, int], classes: int, seed: int
) -> "dict[str, np.ndarray]":
    """Return initial float32 weights, with the names and in the order of `network.parameter_shapes`.

    Weights and biases of conv (O×I×kH×kW) and dense (outputs × inputs) are uniform in ±1/√(inputs of one output);
    batch normalisation starts as weight 1, bias 0, mean 0, variance 1 and an int64 count of 0. Each kind of layer
    draws its own (`Layer.initial_weights`).

    Raises:
        NetworkError: the network does not fit, or has more than 1,000,000,000 parameters.
        UsageError: the seed is not a whole number of 0 or more.

    >>> weights = initial_weights("dense", (1, 28, 28), 10, seed=3)
    >>> {name: (array.shape, array.dtype.name) for name, array in weights.items()}
    {'1.weight': ((10, 784), 'float32'), '1.bias': ((10,), 'float32')}
    >>> bool(abs(weights["1.weight"]).max() <= 1 / 784**0.5)
    True
    """
    import numpy as np

    seed = as_whole("seed", seed, 0)
    resolved = as_network(network).resolve(input_shape, classes)
    total = sum(prod(shape) for node in resolved for shape in node.parameter_shapes().values())
    if total > _MOST:
        raise NetworkError(
            f"the network has {total:,} parameters; at most {_MOST:,} can be made. Use fewer channels or features."
        )
    random = np.random.default_rng([seed, 0])
    weights: dict[str, np.ndarray] = {}
    for node in resolved:
        fresh = node.layer.initial_weights(node.layer.parameter_shapes(node), random)
        weights |= {f"{node.path}.{name}": array for name, array in fresh.items()}
    return weights
