"""Networks: what one is, as text and as Python, and the layer table that arithmetic alone can say about it.

In: text or layers, the shape of the images, the number of classes. Out: shapes, counts, fresh weights, and errors that
point at the word with the mistake. Never in here: an engine, image data, training.

    tokens → mistakes, structure → text, presets            what a network says
    misfits → shapes → rows → table                         what follows from it
    Network → reading → layer_tables, weights               what others use

What a layer is stands in `convlens.layers`.
"""

from convlens.network.layer_tables import dense_comparison, layer_table
from convlens.network.network import Network
from convlens.network.presets import PRESETS, TUTORIAL
from convlens.network.reading import NetworkLike, as_network, preset, read_network
from convlens.network.table import LayerRow, LayerTable
from convlens.network.weights import initial_weights

__all__ = [
    "PRESETS",
    "TUTORIAL",
    "LayerRow",
    "LayerTable",
    "Network",
    "NetworkLike",
    "as_network",
    "dense_comparison",
    "initial_weights",
    "layer_table",
    "preset",
    "read_network",
]
