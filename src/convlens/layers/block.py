"""Blocks: branches of layers that read the same input and are joined again.

A block is not computed itself: `convlens.network` replaces it with the layers of its branches and the layer that joins
them.
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
    """One branch of a block: `path` is the name of its module in PyTorch, `label` is its name for users."""

    path: str
    label: str
    layers: "tuple[Layer | Block, ...]"


@dataclass(frozen=True, init=False)
class Block:
    """The base class of all kinds of blocks. The constructor takes the branches in their order."""

    word: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    example: ClassVar[str]
    other_names: ClassVar[tuple[str, ...]]
    near_names: ClassVar[tuple[str, ...]] = ()
    channels_may_differ: ClassVar[bool] = False
    """Whether the outputs of its branches may differ in the number of channels; all other sizes must be equal."""

    def __init__(self, *branches: "Iterable[Layer | Block]") -> None:
        raise NotImplementedError

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The branches, in the order in which they are computed; a branch without layers passes its input on."""
        raise NotImplementedError

    @property
    def join(self) -> Layer:
        """The layer that joins the outputs of the branches."""
        raise NotImplementedError


def as_branch(block: str, given: object) -> "tuple[Layer | Block, ...]":
    """Return the layers of a branch as a tuple.

    Raises:
        NetworkError: `given` is not a list.
    """
    layers = items_or_none(given)
    if layers is None:
        example = f"{block}([{shown(given) if isinstance(given, Layer | Block) else 'ReLU()'}])"
        reason = f"{block} takes lists of layers, and {shown(given)} is not a list"
        raise NetworkError(f"{reason}. Write for example {example}.")
    return tuple(layers)


def walk(layers: "Iterable[Layer | Block]") -> Iterator[Layer]:
    """Yield every layer in the order of the text, including those within blocks, but not the joins."""
    for layer in layers:
        if isinstance(layer, Block):
            for branch in layer.branches:
                yield from walk(branch.layers)
        else:
            yield layer


def write_chain(layers: "Sequence[Layer | Block]", *, is_network: bool = False) -> str:
    """Write a chain of layers as text; a `flatten` that is implied is left out.

    `flatten` is implied before `dense`, and at the end of a network.

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
