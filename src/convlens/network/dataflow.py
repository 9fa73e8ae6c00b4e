"""The form in which networks from elsewhere are read: steps, each of which is a layer and the values that it reads.

An ONNX graph and a traced module of PyTorch are both read into it; here the steps become the layers and blocks of the
language. Arithmetic with constants is normalisation before the first layer, a bias behind a layer with weights, and the
temperature before a softmax. A step that cannot be taken over is an error only if the logits depend on it, so a reader
adds every step, and what several operators compute together is found at the last of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from convlens.checking import shown
from convlens.errors import NetworkError
from convlens.layers import JOINS, Block, Concat, Dense, Dropout, Flatten, Layer, Residual, ResolvedLayer, Sigmoid, SiLU
from convlens.network.structure import ABOUT_DEPTH, DEEPEST

if TYPE_CHECKING:
    import numpy as np

Arrays: TypeAlias = "Mapping[str, np.ndarray]"
Arithmetic = Literal["Add", "Sub", "Mul", "Div"]

IMAGES = -1
"""The number of the step that stands for the images."""


@dataclass(frozen=True, eq=False)
class Value:
    """A value that is computed from the images.

    Attributes:
        step: the number of the step that computes it; `IMAGES` if it is scale · images + shift.
        scale, shift: numbers for each channel or for all.
        divided: a value and the number by which this step divides it, which may be a temperature.
    """

    step: int = IMAGES
    scale: Any = 1.0
    shift: Any = 0.0
    divided: "tuple[Value, float] | None" = None


@dataclass(frozen=True, eq=False)
class Ending:
    """What is computed from the logits: probabilities, decisions.

    Attributes:
        logits: the logits.
        temperature: the number by which they are divided.
        where: the operator, in words.
        kind: `Softmax` or `LogSoftmax` for probabilities and their logarithms, otherwise empty.
        probabilities: the name of the probabilities or their logarithms, in graphs that name values.
        reason: why this is not how classes are decided on; empty if it is.
    """

    logits: Value
    temperature: float
    where: str
    kind: str = ""
    probabilities: str = ""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class TakenNetwork:
    """What a network from elsewhere computes.

    Attributes:
        layers: the layers and blocks.
        weights: the weights of each layer under the names of its kind, in the order in which they are computed.
        scale, shift: the first layer gets scale · input + shift, for each channel or for all.
        temperature: the number by which the logits are divided before the softmax.
    """

    layers: "list[Layer | Block]"
    weights: list[Arrays]
    scale: Any = 1.0
    shift: Any = 0.0
    temperature: float = 1.0

    def weights_for(self, resolved: Sequence[ResolvedLayer], origin: str) -> "dict[str, np.ndarray]":
        """Return the weights under Convlens's names; `resolved` are the layers with their shapes. A missing bias is 0.

        Raises:
            NetworkError: the weights have other shapes.
        """
        import numpy as np

        nodes = [node for node in resolved if node.parameter_shapes()]
        weights: dict[str, np.ndarray] = {}
        for node, arrays in zip(nodes, (arrays for arrays in self.weights if arrays), strict=True):
            for name, shape in node.layer.parameter_shapes(node).items():
                array = arrays[name] if name in arrays else np.zeros(shape)
                if array.shape != shape:
                    raise NetworkError(
                        f"layer {node.path} takes weights of shape {shape}; the {origin} has {array.shape}. Give the "
                        "input shape of the images that it was trained on."
                    )
                weights[f"{node.path}.{name}"] = np.array(array, np.int64 if shape == () else np.float32)
        return weights


@dataclass(frozen=True, eq=False)
class _Step:
    """A layer and the values that it reads; or the reason why there is none."""

    layer: Layer
    inputs: tuple[Value, ...]
    weights: Arrays
    where: str
    gives_row: bool
    reason: str = ""


class Dataflow:
    """The steps of a network, in an order in which they can be computed.

    >>> from convlens.layers import ReLU
    >>> steps = Dataflow()
    >>> rectified = steps.add(ReLU(), [Value()], {}, "the relu")
    >>> steps.finish(steps.add(JOINS["add"](), [Value(), rectified], {}, "the sum")).layers
    [Residual([ReLU()])]

    Args:
        images_are_rows: whether an image is a row of numbers; None if that is not known.
    """

    def __init__(self, images_are_rows: bool | None = None) -> None:
        self._steps: list[_Step] = []
        self._images_are_rows = images_are_rows

    def gives_row(self, value: Value) -> bool:
        """Return whether a value is a row of numbers for each image, and not maps."""
        return bool(self._images_are_rows) if value.step == IMAGES else self._steps[value.step].gives_row

    def add(self, layer: Layer, inputs: Sequence[Value], weights: Arrays, where: str) -> Value:
        """Add a layer that reads these values; `where` is its place, in words. Returns its output."""
        is_row = self.gives_row(inputs[0])
        if (isinstance(layer, Flatten) and is_row) or (isinstance(layer, JOINS["concat"]) and len(inputs) == 1):
            return inputs[0]
        known_maps = not is_row and (inputs[0].step != IMAGES or self._images_are_rows is False)
        if isinstance(layer, Dense) and known_maps:
            return self.refuse(f"{where} gets maps, and Convlens's dense gets a row. Flatten the maps before.", inputs)
        return self._append(_Step(layer, tuple(inputs), weights, where, is_row or layer.makes_row))

    def refuse(self, reason: str, inputs: Sequence[Value]) -> Value:
        """Add a step that cannot be taken over. The reason is raised if the logits depend on it."""
        return self._append(_Step(Flatten(), tuple(inputs), {}, "", self.gives_row(inputs[0]), reason))

    def multiply(self, left: Value, right: Value, where: str) -> Value:
        """Multiply two values: x · sigmoid(x) is SiLU, and no other product is a layer."""
        for value, factor in ((left, right), (right, left)):
            step = self._steps[factor.step] if factor.step != IMAGES else None
            if step and isinstance(step.layer, Sigmoid) and _is_same(step.inputs[0], value):
                return self.add(SiLU(), [value], {}, where)
        return self.refuse(
            f"{where} multiplies two values that are computed. Convlens has this only as SiLU, x · sigmoid(x).",
            [left, right],
        )

    def calculate(self, kind: Arithmetic, value: Value, constant: Any, where: str, *, is_second: bool = False) -> Value:
        """Add arithmetic with a constant (an array); `is_second` if the constant comes first."""
        if is_second and kind in ("Sub", "Div"):
            return self.refuse(
                f"{where} has the images in another place than the first. Convlens does not compute this.", [value]
            )
        for_channels = constant.size in (1, *constant.shape[-3:-2])
        if value.step == IMAGES and for_channels and (kind != "Div" or constant.all()):
            exact = constant.astype("f8")
            if kind in ("Add", "Sub"):
                return replace(value, shift=value.shift + (exact if kind == "Add" else -exact))
            factor = exact if kind == "Mul" else 1 / exact
            return replace(value, scale=value.scale * factor, shift=value.shift * factor)
        if kind in ("Add", "Sub") and (biased := self._with_bias(value, constant if kind == "Add" else -constant)):
            return biased
        refused = self.refuse(
            f"{where} calculates with a constant. Convlens has this before the first layer, as the bias of a conv or "
            "dense layer, and as a division before the softmax.",
            [value],
        )
        if constant.size == 1 and kind in ("Mul", "Div") and constant.item():
            number = float(constant.item())
            return replace(refused, divided=(value, number if kind == "Div" else 1 / number))
        return refused

    def _with_bias(self, value: Value, constant: Any) -> Value | None:
        """Return the output of the layer before with a constant added to its bias; None if it has none like this."""
        step = self._steps[value.step] if value.step != IMAGES else None
        if step is None or step.weights.keys() - {"bias"} != {"weight"}:
            return None
        weight = step.weights["weight"]
        channels = constant.shape[-1:] if weight.ndim == 2 else constant.shape[-3:-2]
        if constant.size != len(weight) or channels != (constant.size,):
            return None
        bias: Any = step.weights.get("bias", 0.0)
        return self._append(replace(step, weights={**step.weights, "bias": bias + constant.reshape(-1)}))

    def end(self, kind: str, value: Value, where: str, axis: Any) -> Ending | Value:
        """Return what a softmax or a decision computes of a value, which may be logits divided by a temperature.

        Another axis than that of the classes cannot be taken over.
        """
        if not self.has_classes_on(axis, value):
            return self.refuse(
                f"{where} goes over axis {shown(axis)}. Convlens has this over the classes only, which are axis 1.",
                [value],
            )
        logits, temperature = value.divided or (value, 1.0)
        return Ending(logits, temperature, where, kind)

    def has_classes_on(self, axis: Any, value: Value) -> bool:
        """Return whether an axis of a value is that of the classes, if the value is the logits."""
        return axis in (1, -1 if self.gives_row(value) else -3)

    def depends_on(self, value: Value) -> set[int]:
        """Return the numbers of all steps that a value needs, also its own."""
        needed, waiting = {IMAGES}, [value.step]
        while waiting:
            step = waiting.pop()
            if step not in needed:
                needed.add(step)
                waiting += [one.step for one in self._steps[step].inputs]
        return needed

    def finish(self, logits: Value, temperature: float = 1.0) -> TakenNetwork:
        """Return the network that computes these logits.

        Raises:
            NetworkError: a step cannot be taken over, or branches are not those of blocks.
        """
        needed = [self._steps[number] for number in sorted(self.depends_on(logits) - {IMAGES})]
        for step in needed:
            if step.reason:
                raise NetworkError(step.reason)
        images = [(value, step.where) for step in needed for value in step.inputs if value.step == IMAGES]
        first = images[0][0] if images else logits
        for value, where in images[1:]:
            if not _is_same(value, first):
                raise NetworkError(
                    f"{where} reads the images with another normalisation than another layer. Convlens has only one "
                    "normalisation."
                )
        parts = list(_Blocks(self._steps).chain(logits.step, IMAGES))
        weights = [arrays for _, found in parts for arrays in found]
        return TakenNetwork([layer for layer, _ in parts], weights, first.scale, first.shift, temperature)

    def _append(self, step: _Step) -> Value:
        self._steps.append(step)
        return Value(len(self._steps) - 1)


_Part: TypeAlias = "tuple[Layer | Block, list[Arrays]]"


class _Blocks:
    """Finds the blocks of steps. A block ends at a join, and begins at the last value that all its branches need."""

    def __init__(self, steps: Sequence[_Step]) -> None:
        self._steps, self._seen = steps, set[int]()
        self._begins: list[int] = []  # for each step, the last value before it that every way from the images passes
        for step in steps:
            self._begins.append(reduce(self._meeting, (value.step for value in step.inputs)))

    def _meeting(self, one: int, other: int) -> int:
        while one != other:
            one, other = (self._begins[one], other) if one > other else (one, self._begins[other])
        return one

    def chain(self, end: int, begin: int, join: str = "", depth: int = 0) -> "list[_Part]":
        """Return the layers and blocks from a value to another, each with the weights of its layers."""
        if depth > DEEPEST:
            raise NetworkError(ABOUT_DEPTH)
        parts: list[_Part] = []
        while end != begin:
            step = self._steps[end]
            if end in self._seen:
                raise NetworkError(
                    f"{step.where} is in two branches of what {join} joins. Convlens has blocks whose branches share "
                    "only the value that they begin with."
                )
            self._seen.add(end)
            is_join = isinstance(step.layer, tuple(JOINS.values()))
            parts.append(self._block(step, self._begins[end], depth) if is_join else (step.layer, [step.weights]))
            end = self._begins[end]
        return parts[::-1]

    def _block(self, step: _Step, begin: int, depth: int) -> _Part:
        branches = [self.chain(value.step, begin, step.where, depth + 1) for value in step.inputs]
        if isinstance(step.layer, JOINS["add"]):
            branches.sort(key=lambda branch: not branch)  # the body has layers, the shortcut may be without
            branches[0] = branches[0] or [(Dropout(0.0), [])]  # x + x
        layers = [[layer for layer, _ in branch] for branch in branches]
        weights = [arrays for branch in branches for _, found in branch for arrays in found]
        return Residual(*layers) if isinstance(step.layer, JOINS["add"]) else Concat(*layers), weights


def _is_same(one: Value, other: Value) -> bool:
    import numpy as np

    return one.step == other.step and all(
        np.array_equal(np.ravel(left), np.ravel(right))
        for left, right in ((one.scale, other.scale), (one.shift, other.shift))
    )
