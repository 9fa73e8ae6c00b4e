"""Networks: what one is, as text and as Python, and the layer table that arithmetic alone can say about it.

In: text or layers, the shape of the images, the number of classes. Out: shapes, counts, fresh weights, and errors that
point at the word with the mistake. Never in here: an engine, image data, training.

    arguments → layers → tokens → mistakes, structure → text                     what a network says
                layers → shapes → receptive_field, lost_rows → rows → table      what follows from it
                Network → layer_tables, weights, presets                         what others use
"""

from convlens.network.layer_tables import dense_comparison, layer_table
from convlens.network.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
    windows_of,
    write_layer,
)
from convlens.network.network import Network
from convlens.network.presets import PRESETS, TUTORIAL, preset, read_network
from convlens.network.shapes import ResolvedLayer
from convlens.network.table import LayerRow, LayerTable
from convlens.network.weights import initial_weights

__all__ = [
    "PRESETS",
    "TUTORIAL",
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "Layer",
    "LayerRow",
    "LayerTable",
    "LeakyReLU",
    "MaxPool2d",
    "Network",
    "ReLU",
    "ResolvedLayer",
    "Sigmoid",
    "Tanh",
    "dense_comparison",
    "initial_weights",
    "layer_table",
    "preset",
    "read_network",
    "windows_of",
    "write_layer",
]
