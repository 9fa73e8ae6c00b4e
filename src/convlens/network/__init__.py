"""Networks as text and as Python objects, their layer tables, and their initial weights.

Input: text or layers, the shape of the images, the number of classes. Output: shapes, counts, initial weights, and
errors that point at the word with the mistake. Never here: an engine, image data, training.

    tokens → mistakes, structure → text, presets            reading a network
    misfits → shapes → rows → table                         computing its shapes and counts
    Network → reading → layer_tables, weights, memory       the public functions

`convlens.layers` defines the layers.
"""

from convlens.network.layer_tables import dense_comparison, layer_table
from convlens.network.memory import MemoryLimit, check_memory
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
    "MemoryLimit",
    "Network",
    "NetworkLike",
    "as_network",
    "check_memory",
    "dense_comparison",
    "initial_weights",
    "layer_table",
    "preset",
    "read_network",
]
