"""Concatenation along the channels, and the block that ends with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from convlens.layers.block import Block, Branch, as_branch, write_chain
from convlens.layers.layer import Arrays, Extent, Group, Layer, ResolvedLayer, Shape, Values, Weights, name_of_layer
from convlens.layers.onnx_operator import OnnxOperator
from convlens.layers.residual import join_extents


@dataclass(frozen=True)
class Concatenate(Layer):
    """Concatenates the channels of all inputs, or the numbers if the inputs are rows."""

    word: ClassVar[str] = "concat"
    group: ClassVar[Group] = "join"
    title: ClassVar[str] = "concatenation"
    summary: ClassVar[str] = "joins the outputs of the branches along the channels"
    formula: ClassVar[str] = "the same number, in the channels of all branches"
    onnx_operator: ClassVar[str] = "Concat"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"cat": {}, "concat": {}, "concatenate": {}}
    keeps_places: ClassVar[bool] = False

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape with the channels of all inputs together."""
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def size_formula(self, node: ResolvedLayer) -> str:
        """Return the sum of the channels, with the layer that each part comes from."""
        channels = (
            f"{shape[0]} ({name_of_layer(index)})" for shape, index in zip(node.input_shapes, node.inputs, strict=True)
        )
        return " + ".join(channels) + f" = {node.output_shape[0]:,}"

    def extents(self, inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
        return join_extents(inputs)

    def torch_call(self, torch: Any, inputs: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
        return torch.cat, (list(inputs), 1)

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        import numpy as np

        return np.concatenate(values)

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        operator.check(axis=1)
        return cls(), {}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add("Concat", *values, axis=1)

    def trace(self, by_hand: Any, node: ResolvedLayer, weights: Weights, *values: Values) -> Any:
        return by_hand.trace_concatenate(values, node.inputs)


@dataclass(frozen=True, init=False, repr=False)
class Concat(Block):
    """A block whose branches read the same input; their outputs are concatenated along the channels.

    A branch without layers passes the input on.

    Args:
        branches: two or more lists of layers.

    >>> from convlens.layers import Conv2d
    >>> print(Concat([Conv2d(4, kernel_size=1)], [Conv2d(8, kernel_size=3, padding=1)]))
    concat(conv 4 1x1; conv 8 3x3 pad 1)
    >>> print(Concat([Conv2d(4, kernel_size=1)], []))
    concat(conv 4 1x1;)
    """

    word: ClassVar[str] = "concat"
    title: ClassVar[str] = "concatenation block"
    summary: ClassVar[str] = "joins the outputs of its branches along the channels; `;` separates branches"
    example: ClassVar[str] = "concat(conv 8 1x1; conv 8 3x3 pad 1)"
    other_names: ClassVar[tuple[str, ...]] = ("inception", "cat", "concatenate", "parallel")
    channels_may_differ: ClassVar[bool] = True
    parts: tuple[tuple[Layer | Block, ...], ...]

    def __init__(self, *branches: Iterable[Layer | Block]) -> None:
        object.__setattr__(self, "parts", tuple(as_branch("Concat", branch) for branch in branches))

    @property
    def branches(self) -> tuple[Branch, ...]:
        return tuple(
            Branch(f"branches.{number}", f"branch {number}", layers) for number, layers in enumerate(self.parts)
        )

    @property
    def join(self) -> Layer:
        return Concatenate()

    def __str__(self) -> str:
        branches = "; ".join(write_chain(part) for part in self.parts)
        return f"{self.word}({branches.strip()})"  # an empty first or last branch would leave a blank

    def __repr__(self) -> str:
        return f"Concat({', '.join(repr(list(part)) for part in self.parts)})"
