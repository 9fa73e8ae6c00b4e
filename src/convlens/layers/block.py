"""Blocks: branches of layers that start from the same numbers and are joined again.

A block is not computed itself. It stands in a network for the layers of its branches and the layer that joins them;
`convlens.network` lays it out as such.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from convlens.checking import items_or_none, shown
from convlens.errors import NetworkError
from convlens.layers.dense import Dense
from convlens.layers.flatten import Flatten
from convlens.layers.layer import Layer


@dataclass(frozen=True)
class Branch:
    """Some layers of a block: `path` is the name of their module in PyTorch, `label` what people read."""

    path: str
    label: str
    layers: "tuple[Layer | Block, ...]"


@dataclass(frozen=True, init=False)
class Block:
    """The base of every kind of block. It is made of its branches, in their order."""

    word: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    example: ClassVar[str]
    other_names: ClassVar[tuple[str, ...]]
    near_names: ClassVar[tuple[str, ...]] = ()
    channels_may_differ: ClassVar[bool] = False
    """Whether its branches need only maps of the same size, or rows; else what they give has one shape."""

    def __init__(self, *branches: "Iterable[Layer | Block]") -> None:
        raise NotImplementedError

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The branches, in the order in which they are computed; one without layers hands its input on."""
        raise NotImplementedError

    @property
    def join(self) -> Layer:
        """The layer that makes one of what the branches give."""
        raise NotImplementedError


def as_branch(block: str, given: object) -> "tuple[Layer | Block, ...]":
    """The layers of a branch, from a list of them.

    Raises:
        NetworkError: it is no list.
    """
    layers = items_or_none(given)
    if layers is None:
        example = f"{block}([{shown(given) if isinstance(given, Layer | Block) else 'ReLU()'}])"
        raise NetworkError(f"{block} takes lists of layers, and {shown(given)} is none. Write for example {example}.")
    return tuple(layers)


def walk(layers: "Iterable[Layer | Block]") -> Iterator[Layer]:
    """Every layer, those within blocks too, in the order of the text; joins are left out."""
    for layer in layers:
        if isinstance(layer, Block):
            for branch in layer.branches:
                yield from walk(branch.layers)
        else:
            yield layer


def write_chain(layers: "Sequence[Layer | Block]", *, is_network: bool = False) -> str:
    """Layers that follow one another as text; `flatten` stands only where it is not implied.

    It is implied before `dense`, and at the end of a network.

    >>> from convlens.layers import ReLU
    >>> write_chain([Flatten(), ReLU(), Dense(3)]), write_chain([Flatten(), Dense(3)])
    ('flatten, relu, dense 3', 'dense 3')
    """
    following = [*layers, None][1:]
    return ", ".join(
        str(layer)
        for layer, next_one in zip(layers, following, strict=True)
        if not (isinstance(layer, Flatten) and (isinstance(next_one, Dense) or (next_one is None and is_network)))
    )
