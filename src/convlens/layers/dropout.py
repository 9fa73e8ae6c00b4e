"""Dropout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.layer import Group, Layer, ResolvedLayer, Values, Weights


@dataclass(frozen=True, init=False, repr=False)
class Dropout(Layer):
    """In training, sets each number to 0 with this probability and scales up the others; otherwise does nothing.

    >>> Dropout(0.25)
    Dropout(0.25)
    """

    word: ClassVar[str] = "dropout"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {"dropout": {"p": 0.5, "training": True}}
    torch_fixed: ClassVar[Mapping[str, Any]] = {"training": False}
    torch_names: ClassVar[Mapping[str, str]] = {"probability": "p"}
    group: ClassVar[Group] = "normalisation"
    summary: ClassVar[str] = "sets this share of the values to zero and scales up the others, in training only"
    formula: ClassVar[str] = "x in predictions"
    example: ClassVar[str] = "dropout 0.5"
    defaults: ClassVar[str] = "`0.5`"
    takes: ClassVar[str] = "one number, its probability"
    other_names: ClassVar[tuple[str, ...]] = ("drop", "dropout2d")
    probability: float = 0.5

    def __init__(self, probability: float = 0.5) -> None:
        self._set(probability=probability)

    def numbers(self, node: ResolvedLayer) -> tuple[float, ...]:
        return (self.probability,)

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return values[0]

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return values[0]
