"""Reads a network and its weights from an ONNX graph that is a chain of known operators.

The way from the images to the logits is followed, operator by operator. Arithmetic with constants before the first
layer is normalisation. The way ends at a softmax, because Convlens computes the probabilities itself. Which layer an
operator is, and with which settings, stands in the class of the layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlens.checking import as_path
from convlens.errors import MissingDependency, ModelFileError, NetworkError
from convlens.layers import KINDS, Layer, ResolvedLayer
from convlens.layers.onnx_operator import OnnxOperator
from convlens.network.onnx_patterns import Users, find_activation, find_temperature, name_of
from convlens.network.torch_modules import as_weight
from convlens.words import nearest, printable

if TYPE_CHECKING:
    import numpy as np

_KINDS = {kind.onnx_operator: kind for kind in KINDS.values() if kind.onnx_operator}
_WITHOUT_EFFECT = ("Identity", "Dropout", "Cast")
_ENDS = frozenset({"Softmax", "LogSoftmax", "ArgMax", "ReduceMax"})
"""What follows the logits: probabilities, and decisions."""
_ARITHMETIC = ("Add", "Sub", "Mul", "Div")


@dataclass
class OnnxChain:
    """What an ONNX graph computes.

    Attributes:
        image: the graph's input (`ValueInfoProto`).
        logits: the name of the logits in the graph.
        layers: the layers, in order.
        weights: the weights of each of them, under the names of the layer.
        scale, shift: the first layer gets scale · input + shift, for each channel or for all.
        temperature: the number by which the logits are divided before the softmax.
    """

    image: Any
    logits: str = ""
    layers: list[Layer] = field(default_factory=list[Layer])
    weights: "list[dict[str, np.ndarray]]" = field(default_factory=list[Any])
    scale: Any = 1.0
    shift: Any = 0.0
    temperature: float = 1.0


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


def read_chain(model: Any) -> OnnxChain:
    """Return what the graph of a model (`onnx.ModelProto`) computes.

    Raises:
        NetworkError: an operator is not known, has a setting that Convlens does not have, or joins branches; the
            message names it.
    """
    return _Reader(model).chain


def weights_of_chain(chain: OnnxChain, resolved: Sequence[ResolvedLayer]) -> "dict[str, np.ndarray]":
    """Return the weights under Convlens's names; `resolved` are the layers with their shapes. A missing bias is 0.

    Raises:
        NetworkError: the weights have other shapes.
    """
    import numpy as np

    nodes = [node for node in resolved if node.parameter_shapes()]
    weights: dict[str, np.ndarray] = {}
    for node, arrays in zip(nodes, (arrays for arrays in chain.weights if arrays), strict=True):
        for name, shape in node.layer.parameter_shapes(node).items():
            array = arrays[name] if name in arrays else np.zeros(shape)
            weights[f"{node.path}.{name}"] = as_weight(array, node.path, shape, "file")
    return weights


class _Reader:
    """Follows the way from the images to the logits."""

    def __init__(self, model: Any) -> None:
        import onnx

        self._onnx, graph = onnx, model.graph
        self._constants: dict[str, Any] = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
        self._users: Users = {}
        for node in graph.node:
            attributes = self._attributes(node)
            if node.op_type == "Constant" and "value" in attributes:
                self._constants[node.output[0]] = onnx.numpy_helper.to_array(attributes["value"])
            elif node.op_type == "Identity" and node.input[0] in self._constants:
                self._constants[node.output[0]] = self._constants[node.input[0]]
            for name in dict.fromkeys(node.input):
                self._users.setdefault(name, []).append(node)
        images = [one for one in graph.input if one.name not in self._constants]
        if len(images) != 1:
            raise NetworkError(f"the graph has {len(images)} inputs; Convlens takes over graphs with one, the images.")
        self.chain = OnnxChain(images[0])
        value: str | None = images[0].name
        while value is not None:
            self.chain.logits = value
            value = self._step(value)

    def _step(self, value: str) -> str | None:
        """Read what uses a value. Returns the name of the next value; None if this one is the logits."""
        users = self._users.get(value, [])
        if {node.op_type for node in users} <= _ENDS:
            self._refuse_layers_behind(users)
            return None
        if activation := find_activation(value, self._users, self._constants):
            kind, following = activation
            self._add(OnnxOperator(kind, {}), f"{kind} before {following}")
            return following
        node = users[0]
        where = name_of(node)
        if len(users) > 1:
            others = ", ".join(name_of(other) for other in users[1:4])
            raise NetworkError(
                f"{where} and {others} have the same input. Convlens takes over graphs without branches."
            )
        if (temperature := find_temperature(node, self._users, self._constants)) is not None:
            self.chain.temperature = temperature
            self._refuse_layers_behind(users)
            return None
        if node.op_type not in _WITHOUT_EFFECT:
            self._read(node, value, where)
        return node.output[0]

    def _refuse_layers_behind(self, nodes: list[Any]) -> None:
        for node in nodes:
            following = [user for name in node.output for user in self._users.get(name, [])]
            for user in following:
                if user.op_type in _KINDS or user.op_type == "MatMul":
                    raise NetworkError(f"{name_of(user)} follows {name_of(node)}, which Convlens has at the end only.")
            self._refuse_layers_behind(following)

    def _read(self, node: Any, value: str, where: str) -> None:
        others = [name for name in node.input if name and name != value]
        computed = [name for name in others if name not in self._constants]
        if computed:
            raise NetworkError(
                f"{where} joins branches: {computed[0]!r} is computed, too. Give a graph without branches."
            )
        constants = [self._constants.get(name) for name in node.input if name != value]
        if node.op_type in _ARITHMETIC and self._calculate(node, constants, value):
            return
        if node.input[0] != value:
            raise NetworkError(
                f"{where} has the images in another place than the first. Convlens does not compute this."
            )
        self._add(_plain(OnnxOperator(node.op_type, self._attributes(node), constants)), where)

    def _calculate(self, node: Any, constants: list[Any], value: str) -> bool:
        """Read arithmetic with a constant: normalisation before the first layer, or a bias. Returns if it is one."""
        chain, constant, kind = self.chain, constants[0] if constants else None, node.op_type
        if constant is None or (node.input[0] != value and kind in ("Sub", "Div")):
            return False
        if not chain.layers and constant.size in (1, *constant.shape[-3:-2]):
            scale = {"Mul": constant, "Div": 1 / constant.astype("f8")}.get(kind, 1.0)
            chain.scale, chain.shift = chain.scale * scale, chain.shift * scale
            chain.shift = chain.shift + {"Add": constant, "Sub": -constant}.get(kind, 0.0)
            return True
        last = chain.weights[-1] if chain.layers else {}
        axis = 0 if "weight" in last and last["weight"].ndim == 2 else -2
        if kind != "Add" or last.keys() - {"bias"} != {"weight"} or constant.size != len(last["weight"]):
            return False
        if constant.size != constant.shape[-1 if axis == 0 else -3]:
            return False
        last["bias"] = last.get("bias", 0.0) + constant.reshape(-1)
        return True

    def _add(self, operator: OnnxOperator, where: str) -> None:
        kind = _KINDS.get(operator.kind)
        if kind is None:
            near = nearest(operator.kind, tuple(_KINDS))
            known = ", ".join(sorted({*_KINDS, "MatMul", "Reshape"}))
            hint = f"Near to it is {near}. " if near else ""
            raise NetworkError(f"{where} is not an operator that Convlens has. {hint}Known are {known}.")
        try:
            layer, weights = kind.from_onnx(operator)
        except NetworkError as error:
            raise NetworkError(f"{where} cannot be taken over: {error}") from error
        self.chain.layers.append(layer)
        self.chain.weights.append(weights)

    def _attributes(self, node: Any) -> dict[str, Any]:
        found = {one.name: self._onnx.helper.get_attribute_value(one) for one in node.attribute}
        return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}


def _plain(operator: OnnxOperator) -> OnnxOperator:
    """Return the operator that a layer knows for one that says the same in another way."""
    import numpy as np

    kind, attributes = operator.kind, operator.attributes
    if kind == "MatMul":
        return OnnxOperator("Gemm", {}, operator.constants)
    if kind in ("ReduceMean", "Squeeze"):
        given = operator.constant(0)
        axes = attributes.get("axes", () if given is None else given.tolist())
        if sorted(axis % 4 for axis in axes) == [2, 3]:
            return OnnxOperator("GlobalAveragePool" if kind == "ReduceMean" else "Flatten", {})
    if kind == "Reshape" and np.size(operator.weight(0)) == 2:
        return OnnxOperator("Flatten", {})
    return operator


def describe_input(image: Any) -> tuple[str, tuple[int | None, ...]]:
    """Return the type of a graph's input, as NumPy names it, and its shape; None for sizes that may differ."""
    import onnx

    tensor = image.type.tensor_type
    sizes = tuple(one.dim_value if one.dim_value > 0 else None for one in tensor.shape.dim)
    return onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name, sizes
