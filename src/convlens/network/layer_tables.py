"""The layer table of a network, and that of the dense network that the tutorial compares it with.

A table is calculated from the description of the network; no array is made, so it is instant for any network and size.
"""

from collections.abc import Sequence

from convlens.layers import Dense, Layer, ReLU
from convlens.network.network import Network
from convlens.network.reading import NetworkLike, as_network
from convlens.network.rows import tabulate
from convlens.network.table import LayerTable


def layer_table(network: NetworkLike, input_shape: tuple[int, int, int] = (1, 28, 28), classes: int = 10) -> LayerTable:
    """Return the table of shapes, parameters, multiply-adds and receptive fields; `rows.py` defines the counts.

    Raises:
        NetworkError: the network does not fit images of `input_shape` (C, H, W) or the number of classes.

    >>> table = layer_table(Network.from_text("conv 8 3x3 pad 1, relu, maxpool 2, dense"))
    >>> table.rows[0].size_formula, table.rows[0].parameters_formula
    ('⌊(28 + 2·1 − 3)/1⌋ + 1 = 28', '8·(1·3·3 + 1) = 80')
    >>> table.parameters, table.multiply_adds
    (15770, 72128)
    """
    known = as_network(network)
    return tabulate(str(known), known.resolve(input_shape, classes))


def dense_comparison(
    input_shape: tuple[int, int, int] = (1, 28, 28), classes: int = 10, hidden: Sequence[int] = (512, 512)
) -> LayerTable:
    """Return the table of a network that has only dense layers, with relu between them.

    The tutorial begins with 1,024 inputs, two hidden layers of 512, and 5 classes. Each layer has (inputs + 1)·outputs
    parameters, in total 790,021. The tutorial multiplies the sizes of the layers instead, which gives 1.3 billion but
    counts nothing.

    Raises:
        NetworkError: a number of features or the shape is not allowed.

    >>> dense_comparison((1, 32, 32), 5).parameters
    790021
    """
    layers: list[Layer] = []
    for features in hidden:
        layers += [Dense(features), ReLU()]
    return layer_table(Network([*layers, Dense()]), input_shape, classes)
