"""Every kind of layer that a network can have, a file each.

In: arguments. Out: frozen descriptions that know their text, shapes, counts, weights, PyTorch module and arithmetic by
hand. Never in here: a whole network, an engine, an array of images.

    arguments → layer → sliding, activation → one file a kind → block → residual, concat → kinds

`KINDS` is the one list, made of the files that are there: whoever needs the words, the forms or the tables of all
layers reads it. scripts/write_layers.py writes it, and what JavaScript and the documentation know of layers.
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
    """The name in Python of the kind of layer that another library calls so; None where there is none.

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
