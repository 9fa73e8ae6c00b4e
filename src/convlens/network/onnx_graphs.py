"""Reads a network and its weights from an ONNX graph of known operators.

Every operator that computes with the images becomes a step of a `Dataflow`. The logits are what a softmax or a decision
is computed from, because Convlens computes the probabilities itself. Which layer an operator is, and with which
settings, stands in the class of the layer.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from convlens.checking import as_path
from convlens.errors import MissingDependency, ModelFileError, NetworkError
from convlens.layers import JOINS, KINDS
from convlens.layers.onnx_operator import OnnxOperator
from convlens.network.dataflow import IMAGES, Dataflow, Ending, TakenNetwork, Value
from convlens.network.onnx_patterns import Sizes, compute_sizes, find_gelu, is_size, name_of
from convlens.words import closest, printable

_KINDS = {kind.onnx_operator: kind for kind in (*KINDS.values(), *JOINS.values()) if kind.onnx_operator}
_JOINS = {kind.onnx_operator for kind in JOINS.values()}
_OTHER_OPERATORS = frozenset({"MatMul", "Reshape", "ReduceMean", "Squeeze", "Sum"})
"""Those that are written otherwise, and are read as others."""
_WITHOUT_EFFECT = ("Identity", "Dropout", "Cast")
_SOFTMAXES = ("Softmax", "LogSoftmax")
_DECISIONS = ("ArgMax", "ReduceMax")
_KEEPS_CLASSES = frozenset(
    {*_WITHOUT_EFFECT, "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Log"}
    | {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Not"}
)
"""What may follow probabilities and decisions, because it leaves the classes in their order."""
_OPSET_OF_LAST_AXIS = 13
"""From this version of ONNX on, a softmax without an axis goes over the last."""
_ARITHMETIC = ("Add", "Sub", "Mul", "Div")
_IN_BYTES = "It belongs to a graph in whole numbers of 8 bits. Give the one before the quantisation."
_ADVICE = {
    "QuantizeLinear": _IN_BYTES,
    "DequantizeLinear": _IN_BYTES,
    "Transpose": "Give a graph whose images are N×C×H×W, and that does not prepare pictures itself.",
}

_State: TypeAlias = Value | Ending | Sizes


@dataclass(frozen=True)
class OnnxGraph:
    """What an ONNX graph computes.

    Attributes:
        image: the graph's input (`ValueInfoProto`).
        logits: the name of the logits in the graph.
        network: the layers and their weights.
        ending: `Softmax` or `LogSoftmax` if the graph computes probabilities or their logarithms, otherwise empty.
        probabilities: the name of these in the graph.
    """

    image: Any
    logits: str
    network: TakenNetwork
    ending: str
    probabilities: str


def load_onnx(source: Path | str | bytes) -> Any:
    """Return the model (`onnx.ModelProto`) in a file, or in its content.

    Raises:
        MissingDependency: the package onnx is not installed.
        ModelFileError: the file cannot be read as ONNX.
    """
    if find_spec("onnx") is None:
        raise MissingDependency("ONNX files are read with onnx, which is not installed. pip install 'convlens[onnx]'")
    import onnx

    name, given = ("the content", source) if isinstance(source, bytes) else (str(source), as_path("source", source))
    try:
        model = onnx.load_from_string(given) if isinstance(given, bytes) else onnx.load(given)
        onnx.checker.check_model(model)
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror or error}. Give an ONNX file.") from error
    except Exception as error:  # protobuf and onnx have errors of their own, without a common base
        reason = printable(str(error).partition("\n")[0])[:200].rstrip(".")
        raise ModelFileError(f"{name} is not an ONNX file that can be read: {reason}. Give another file.") from error
    return model


def read_graph(model: Any) -> OnnxGraph:
    """Return what the graph of a model (`onnx.ModelProto`) computes.

    Raises:
        NetworkError: an operator is not known, has a setting that Convlens does not have, or joins branches that are
            not those of a block; the message names it.
    """
    return _Reader(model).read()


def describe_input(image: Any) -> tuple[str, tuple[int | None, ...]]:
    """Return the type of a graph's input, as NumPy names it, and its shape; None for sizes that may differ."""
    import onnx

    tensor = image.type.tensor_type
    sizes = tuple(one.dim_value if one.dim_value > 0 else None for one in tensor.shape.dim)
    return onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name, sizes


class _Reader:
    """Reads the operators in order; each finds what its inputs are."""

    def __init__(self, model: Any) -> None:
        import onnx

        self._onnx, self._graph = onnx, model.graph
        self._opset = max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=1)
        self._constants: dict[str, Any] = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
        self._makers = {name: node for node in model.graph.node for name in node.output}
        self._steps = Dataflow(images_are_rows=len(describe_input(self._image)[1]) == 2)
        self._values: dict[str, _State] = {self._image.name: Value()}
        self._names: dict[int, str] = {IMAGES: self._image.name}

    @cached_property
    def _image(self) -> Any:
        images = [one for one in self._graph.input if one.name not in self._constants]
        if len(images) != 1:
            raise NetworkError(f"the graph has {len(images)} inputs; Convlens takes over graphs with one, the images.")
        return images[0]

    def read(self) -> OnnxGraph:
        for node in self._graph.node:
            try:
                state = self._read(node)
            except NetworkError:
                raise
            except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:  # onnx checks not everything
                reason = printable(str(error))[:200].rstrip(".")
                raise NetworkError(
                    f"{name_of(node)} is not as ONNX defines it: {reason}. Give another graph."
                ) from error
            if state is not None:
                self._values[node.output[0]] = state
            if isinstance(state, Value):
                self._names.setdefault(state.step, node.output[0])
        ending = self._find_logits()
        network = self._steps.finish(ending.logits, ending.temperature)
        name = self._names[ending.logits.step]
        return OnnxGraph(self._image, name, network, ending.kind, ending.probabilities)

    def _find_logits(self) -> Ending:
        """Return the logits: what the graph's outputs are computed from, and what needs all the others."""
        found: dict[int, list[Ending]] = {}
        for output in self._graph.output:
            state = self._values.get(output.name)
            ending = Ending(state, 1.0, output.name) if isinstance(state, Value) else state
            if isinstance(ending, Ending):
                found.setdefault(ending.logits.step, []).append(ending)
        for endings in found.values():
            if set(found) <= self._steps.depends_on(endings[0].logits):
                if all(ending.reason for ending in endings):
                    raise NetworkError(endings[0].reason)
                return max(endings, key=lambda ending: (ending.temperature != 1, bool(ending.probabilities)))
        names = ", ".join(output.name for output in self._graph.output)
        raise NetworkError(
            f"the outputs of the graph ({names}) are computed from {len(found)} values; Convlens takes over graphs "
            "with one: the logits, or the probabilities. Remove the others."
        )

    def _read(self, node: Any) -> _State | None:
        """Return what an operator computes; None for a constant, which is stored, and what is not needed."""
        attributes = self._attributes(node)
        states = [self._values.get(name) for name in node.input]
        values = [state for state in states if isinstance(state, Value)]
        endings = [state for state in states if isinstance(state, Ending)]
        if endings and node.op_type == "Shape":
            return self._sizes(endings[0].logits)
        if endings:
            return self._behind(node, attributes, endings, values)
        if values:
            return self._with_images(node, attributes, values)
        given = [self._values.get(name, self._constants.get(name)) for name in node.input]
        if given and all(isinstance(one, tuple) or is_size(one) for one in given):
            return compute_sizes(node.op_type, given, attributes)
        if node.op_type == "Constant":
            self._constants |= {name: self._constant(attributes) for name in node.output}
        elif node.op_type == "Identity" and node.input[0] in self._constants:
            self._constants[node.output[0]] = self._constants[node.input[0]]
        return None

    def _behind(self, node: Any, attributes: dict[str, Any], endings: list[Ending], values: list[Value]) -> Ending:
        """Return what an operator computes of probabilities and decisions."""
        ending, kind, where = endings[0], node.op_type, name_of(node)
        reason = f"{where} follows {ending.where}, which Convlens has at the end only."
        if values or any(one.logits.step != ending.logits.step for one in endings):
            raise NetworkError(reason)
        is_decision = kind in _DECISIONS and self._steps.has_classes_on(self._axis(node, attributes), ending.logits)
        if is_decision or kind in _KEEPS_CLASSES:
            reason = ""
        return replace(ending, where=where, reason=next((one.reason for one in endings if one.reason), reason))

    def _end(self, node: Any, attributes: dict[str, Any], value: Value) -> Ending | Value:
        ending = self._steps.end(node.op_type, value, name_of(node), self._axis(node, attributes))
        if isinstance(ending, Value):
            return ending
        is_decision = node.op_type in _DECISIONS
        return replace(ending, kind="") if is_decision else replace(ending, probabilities=node.output[0])

    def _sizes(self, value: Value) -> Sizes:
        return (None,) * (2 if self._steps.gives_row(value) else 4)

    def _axis(self, node: Any, attributes: dict[str, Any]) -> Any:
        """Return the axis of a softmax or a decision; for several or all, a list, or None."""
        if node.op_type == "ReduceMax":
            given = self._constants.get(node.input[1]) if len(node.input) > 1 else None
            axes = attributes.get("axes", None if given is None else given.tolist())
            return axes[0] if axes and len(axes) == 1 else axes
        default = 0 if node.op_type == "ArgMax" else -1 if self._opset >= _OPSET_OF_LAST_AXIS else 1
        return attributes.get("axis", default)

    def _with_images(self, node: Any, attributes: dict[str, Any], values: list[Value]) -> _State:
        kind, where = node.op_type, name_of(node)
        if kind in (*_SOFTMAXES, *_DECISIONS):
            return self._end(node, attributes, values[0])
        if kind in _WITHOUT_EFFECT:
            return values[0]
        if kind == "Shape":
            return self._sizes(values[0])
        if kind == "Mul" and (name := find_gelu(node, self._makers, self._constants)):
            value = self._values.get(name)
            return self._add(OnnxOperator("Gelu", {}), [value] if isinstance(value, Value) else values, where)
        if kind == "Mul" and len(values) == 2:
            return self._steps.multiply(values[0], values[1], where)
        computed = [name for name in node.input if name and not self._is_known(name)]
        if computed or (len(values) > 1 and kind not in ("Sum", *_JOINS)):
            names = computed or [name for name in node.input[1:] if isinstance(self._values.get(name), Value)]
            return self._steps.refuse(
                f"{where} joins branches: {names[0]!r} is computed, too. Convlens joins branches by Add and Concat.",
                values,
            )
        constants = [name for name in node.input if name in self._constants]
        if kind in _ARITHMETIC and len(values) == 1 and constants:
            is_second = node.input[0] == constants[0]
            return self._steps.calculate(kind, values[0], self._constants[constants[0]], where, is_second=is_second)
        return self._layer(node, attributes, values, where)

    def _is_known(self, name: str) -> bool:
        return name in self._constants or self._values.get(name) is not None

    def _layer(self, node: Any, attributes: dict[str, Any], values: list[Value], where: str) -> Value:
        kind = node.op_type
        if not isinstance(self._values.get(node.input[0]), Value) or (kind in _JOINS and len(values) < len(node.input)):
            return self._steps.refuse(
                f"{where} has the images in another place than the first, or a constant beside them. Convlens does "
                "not compute this.",
                values,
            )
        if kind == "Sum":
            total = values[0]
            for value in values[1:]:
                total = self._add(OnnxOperator("Add", {}), [total, value], where)
            return total
        if attributes.get("axis", 0) < 0:
            attributes |= {"axis": attributes["axis"] + (2 if self._steps.gives_row(values[0]) else 4)}
        constants = [self._constants.get(name, self._values.get(name)) for name in node.input[1:]]
        operator, is_flattened = _plain(OnnxOperator(kind, attributes, constants))
        made = self._add(operator, values, where)
        return self._add(OnnxOperator("Flatten", {}), [made], where) if is_flattened else made

    def _add(self, operator: OnnxOperator, values: list[Value], where: str) -> Value:
        kind = _KINDS.get(operator.kind)
        if kind is None:
            known = ", ".join(sorted({*_KINDS, *_OTHER_OPERATORS}))
            hint = _ADVICE.get(operator.kind) or f"{closest(operator.kind, _KINDS)}Known are {known}."
            return self._steps.refuse(f"{where} is not an operator that Convlens has. {hint}", values)
        try:
            layer, weights = kind.from_onnx(operator)
        except NetworkError as error:
            return self._steps.refuse(f"{where} cannot be taken over: {error}", values)
        return self._steps.add(layer, values, weights, where)

    def _attributes(self, node: Any) -> dict[str, Any]:
        found = {one.name: self._onnx.helper.get_attribute_value(one) for one in node.attribute}
        return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}

    def _constant(self, attributes: dict[str, Any]) -> Any:
        import numpy as np

        ((name, value),) = attributes.items()
        return self._onnx.numpy_helper.to_array(value) if name == "value" else np.array(value)


def _plain(operator: OnnxOperator) -> tuple[OnnxOperator, bool]:
    """Return the operator that a layer knows for one that says the same otherwise, and whether it flattens, too."""
    import numpy as np

    kind, attributes = operator.kind, operator.attributes
    if kind == "MatMul":
        return OnnxOperator("Gemm", {}, operator.constants), False
    if kind in ("ReduceMean", "Squeeze"):
        given = operator.constant(0)
        axes = attributes.get("axes", () if given is None else given.tolist())
        if sorted(axis % 4 for axis in axes) == [2, 3]:
            if kind == "Squeeze":
                return OnnxOperator("Flatten", {}), False
            return OnnxOperator("GlobalAveragePool", {}), not attributes.get("keepdims", 1)
    lowest, highest = operator.constant(0), operator.constant(1)
    if kind == "Clip" and lowest is not None and lowest == 0 and (highest is None or np.isposinf(highest)):
        return OnnxOperator("Relu", {}), False
    if kind == "Reshape":
        sizes = operator.weight(0)
        if (len(sizes) if isinstance(sizes, tuple) else sizes.size) == 2:
            return OnnxOperator("Flatten", {}), False
    return operator, False
