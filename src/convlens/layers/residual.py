"""Residual blocks, and the addition that ends them."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.block import Block, Branch, as_branch, write_chain
from convlens.layers.layer import SHORTCUT, Extent, Group, Layer, ResolvedLayer, Values, Weights, name_of_layer, union


@dataclass(frozen=True)
class Add(Layer):
    """Adds two inputs of the same shape, number by number."""

    word: ClassVar[str] = "add"
    group: ClassVar[Group] = "join"
    title: ClassVar[str] = "addition"
    summary: ClassVar[str] = "adds the outputs of the branches of a residual block"
    formula: ClassVar[str] = "body + shortcut"
    onnx_operator: ClassVar[str] = "Add"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"add": {}, "iadd": {}}

    def size_formula(self, node: ResolvedLayer) -> str:
        """Return the names of the layers that are added."""
        return " + ".join(name_of_layer(index) for index in node.inputs)

    def extents(self, inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
        return join_extents(inputs)

    def torch_call(self, torch: Any, inputs: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
        return operator.add, tuple(inputs)

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return values[0] + values[1]

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Add", *values)

    def trace(self, by_hand: Any, node: ResolvedLayer, weights: Weights, *values: Values) -> Any:
        return by_hand.trace_add(values, node.inputs)


@dataclass(frozen=True, init=False, repr=False)
class Residual(Block):
    """A residual block: the output of `body` plus its input, or plus the output of `shortcut`.

    Args:
        body: the layers.
        shortcut: layers that give the input the shape of the body's output, such as
            `[Conv2d(32, kernel_size=1, stride=2)]`; none if the shapes are equal.

    Source: He et al., Deep Residual Learning for Image Recognition, 2015.

    >>> from convlens.layers import Conv2d
    >>> print(Residual([Conv2d(8, kernel_size=3, padding=1)], shortcut=[Conv2d(8, kernel_size=1)]))
    residual(conv 8 3x3 pad 1, shortcut conv 8 1x1)
    """

    word: ClassVar[str] = "residual"
    title: ClassVar[str] = "residual block"
    summary: ClassVar[str] = (
        "adds its input to the output of its layers; if the layers change the shape, `shortcut` converts the input"
    )
    example: ClassVar[str] = "residual(conv 16 3x3 pad 1, batchnorm, relu, conv 16 3x3 pad 1, batchnorm)"
    other_names: ClassVar[tuple[str, ...]] = ("res", "resblock", "skip")
    body: tuple[Layer | Block, ...]
    shortcut: tuple[Layer | Block, ...] = ()

    def __init__(self, body: Iterable[Layer | Block], shortcut: Iterable[Layer | Block] = ()) -> None:
        object.__setattr__(self, "body", as_branch("Residual", body))
        object.__setattr__(self, "shortcut", as_branch("Residual", shortcut))

    @property
    def branches(self) -> tuple[Branch, ...]:
        return Branch("body", "body", self.body), Branch(SHORTCUT, SHORTCUT, self.shortcut)

    @property
    def join(self) -> Layer:
        return Add()

    def __str__(self) -> str:
        shortcut = f", shortcut {write_chain(self.shortcut)}" if self.shortcut else ""
        return f"{self.word}({write_chain(self.body)}{shortcut})"

    def __repr__(self) -> str:
        shortcut = f", shortcut={list(self.shortcut)!r}" if self.shortcut else ""
        return f"Residual({list(self.body)!r}{shortcut})"


def join_extents(inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
    """Join the rows of all inputs at each position, or at a single position if their counts of positions differ."""
    axes = []
    for parts in zip(*inputs, strict=True):
        alike = len({len(part) for part in parts}) == 1
        axes.append(
            [union(rows) for rows in zip(*parts, strict=True)]
            if alike
            else [union([row for part in parts for row in part])]
        )
    return axes
