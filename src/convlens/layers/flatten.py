"""Flatten."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from convlens.layers.layer import Group, Layer, ResolvedLayer, Shape, Values, Weights, times


@dataclass(frozen=True)
class Flatten(Layer):
    """All maps as one row of numbers: C×H×W → C·H·W."""

    word: ClassVar[str] = "flatten"
    group: ClassVar[Group] = "shape"
    summary: ClassVar[str] = "turns all maps into one row of numbers; added automatically before `dense` and at the end"
    formula: ClassVar[str] = "the same number, in a row"
    takes: ClassVar[str] = "no number: it flattens all of an image"
    other_names: ClassVar[tuple[str, ...]] = ("flat", "view", "reshape")
    needs_maps: ClassVar[bool] = True
    makes_row: ClassVar[bool] = True
    keeps_places: ClassVar[bool] = False

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """As many numbers as all maps have."""
        return (prod(shapes[0]),)

    def size_formula(self, node: ResolvedLayer) -> str:
        """Maps, height and width, multiplied."""
        return f"{times(*node.input_shape)} = {prod(node.input_shape):,}"

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return values[0].reshape(-1)
