"""All kinds of layers and of blocks, one file for each kind.

Input: arguments. Output: frozen descriptions with their text, shapes, counts, initial weights, PyTorch module and
arithmetic by hand. Never here: a whole network, an engine, an array of images.

    arguments → layer → sliding, activation → one file per kind → block → residual, concat → kinds

`KINDS` is the only list of the kinds of layers: the text reader, the forms and the tables all use it. It is written by
scripts/write_layers.py, which also writes the lists of JavaScript and of the documentation.
"""

from convlens.layers import kinds
from convlens.layers.activation import Activation
from convlens.layers.block import Block, Branch, walk, write_chain
from convlens.layers.kinds import *  # noqa: F403  the kinds themselves
from convlens.layers.kinds import BLOCKS, JOINS, KINDS
from convlens.layers.layer import Extent, Layer, ResolvedLayer, Shape, name_of_layer
from convlens.layers.sliding import SlidingLayer

ACTIVATIONS: dict[str, type[Activation]] = {word: kind for word, kind in KINDS.items() if issubclass(kind, Activation)}
"""Word → kind of activation."""


def kind_called(name: str) -> str | None:
    """Return the name of the class here for a layer's name in another library; None if there is none.

    >>> kind_called("Linear"), kind_called("Conv2D"), kind_called("ELU")
    ('Dense', 'Conv2d', None)
    """
    name = name.lower()
    every = (*KINDS.values(), *BLOCKS.values())
    return next((kind.__name__ for kind in every if name in (kind.__name__.lower(), *kind.other_names)), None)


__all__ = [
    "ACTIVATIONS",
    "BLOCKS",
    "JOINS",
    "KINDS",
    "Activation",
    "Block",
    "Branch",
    "Extent",
    "Layer",
    "ResolvedLayer",
    "Shape",
    "SlidingLayer",
    "kind_called",
    "name_of_layer",
    "walk",
    "write_chain",
]
__all__ += kinds.__all__
