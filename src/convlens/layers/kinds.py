"""The kinds of layers. Written by scripts/write_layers.py; a test compares it."""

from typing import Literal

from convlens.layers.avgpool import AvgPool2d
from convlens.layers.batchnorm import BatchNorm2d
from convlens.layers.block import Block
from convlens.layers.concat import Concat, Concatenate
from convlens.layers.conv import Conv2d
from convlens.layers.dense import Dense
from convlens.layers.dropout import Dropout
from convlens.layers.flatten import Flatten
from convlens.layers.gelu import GELU
from convlens.layers.globalavgpool import GlobalAvgPool2d
from convlens.layers.layer import Layer
from convlens.layers.leaky_relu import LeakyReLU
from convlens.layers.maxpool import MaxPool2d
from convlens.layers.relu import ReLU
from convlens.layers.residual import Add, Residual
from convlens.layers.sigmoid import Sigmoid
from convlens.layers.silu import SiLU
from convlens.layers.tanh import Tanh

KINDS: dict[str, type[Layer]] = {
    "conv": Conv2d,
    "dense": Dense,
    "avgpool": AvgPool2d,
    "globalavgpool": GlobalAvgPool2d,
    "maxpool": MaxPool2d,
    "batchnorm": BatchNorm2d,
    "dropout": Dropout,
    "gelu": GELU,
    "leaky_relu": LeakyReLU,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "silu": SiLU,
    "tanh": Tanh,
    "flatten": Flatten,
}
"""Word → kind of layer, of those that a text can name."""

JOINS: dict[str, type[Layer]] = {
    "add": Add,
    "concat": Concatenate,
}
"""Word → kind of layer that ends a block."""

BLOCKS: dict[str, type[Block]] = {
    "concat": Concat,
    "residual": Residual,
}
"""Word → kind of block."""

ActivationName = Literal["gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh"]
"""The words of activations."""

__all__ = [
    "GELU",
    "AvgPool2d",
    "BatchNorm2d",
    "Concat",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "LeakyReLU",
    "MaxPool2d",
    "ReLU",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Tanh",
]
