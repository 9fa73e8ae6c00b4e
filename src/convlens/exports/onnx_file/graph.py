"""An ONNX graph under construction: operators are added one after the other, by the names of their inputs."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

OPSET = 17
"""The version of the operators: every runtime of recent years has it, also the one for browsers and OpenVINO."""
IR_VERSION = 8
"""The version of the file format that belongs to the opset."""
DYNAMIC = "N"
"""The name of the dimension of the batch."""


class Graph:
    """A graph under construction. The package `onnx` is an argument, so that this module does not import it.

    >>> import onnx
    >>> graph = Graph(onnx)
    >>> graph.take("images", np.uint8, ["N", 4])
    'images'
    >>> halved = graph.add("Div", graph.add("Cast", "images", to=graph.kind(np.float32)), 2.0)
    >>> graph.give("half", halved, np.float32, ["N", 4])
    >>> [node.op_type for node in graph.finish("half", {}).graph.node]
    ['Cast', 'Div']
    """

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._count = 0
        self._constants: dict[str, Any] = {}
        self._names: dict[bytes, str] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    @property
    def operators(self) -> list[str]:
        """The names of the operators so far."""
        return [node.name for node in self._nodes]

    def kind(self, dtype: Any) -> int:
        """Return ONNX's number of a type of NumPy, for `Cast`."""
        return self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))

    def take(self, name: str, dtype: Any, shape: list[int | str]) -> str:
        """Add an input; dimensions with a name may have any size. Returns its name."""
        self._inputs.append(self._onnx.helper.make_tensor_value_info(name, self.kind(dtype), shape))
        return name

    def give(self, name: str, value: str, dtype: Any, shape: list[int | str]) -> None:
        """Make a value an output with this name. Nothing may be added behind it later."""
        made = [node for node in self._nodes if value in node.output]
        for node in self._nodes if made else ():
            for names in (node.input, node.output):
                names[:] = [name if one == value else one for one in names]
        if not made:  # an input, or an output already
            self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))
        self._outputs.append(self._onnx.helper.make_tensor_value_info(name, self.kind(dtype), shape))

    def add(self, operator: str, *inputs: str | ArrayLike, **attributes: Any) -> str:
        """Add an operator. Returns the name of its output.

        An input is the name of a value, a float (a float32 constant) or an array.
        """
        name = f"{operator}_{self._count}"
        self._count += 1
        names = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        outputs = [name, f"{name}_places"] if operator == "TopK" else [name]
        self._nodes.append(self._onnx.helper.make_node(operator, names, outputs, name=name, **attributes))
        return name

    def choose(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """Add `If`: only the chosen branch is computed. A branch is a function that adds operators to this graph.

        `condition` is the name of one boolean. Returns the name of the output.
        """
        return self.add("If", condition, then_branch=self._branch(then), else_branch=self._branch(otherwise))

    def _branch(self, add: Callable[[], str]) -> Any:
        outside, self._nodes = self._nodes, []
        try:
            output = self._onnx.ValueInfoProto(name=add())
            return self._onnx.helper.make_graph(self._nodes, f"branch_{self._count}", [], [output])
        finally:
            self._nodes = outside

    def constant(self, value: ArrayLike, name: str = "") -> str:
        """Add a constant, once. Returns its name. Floats become float32 and whole numbers int64; arrays stay."""
        array = np.ascontiguousarray(_typed(value)).reshape(np.shape(value))
        key = array.dtype.str.encode() + str(array.shape).encode() + array.tobytes()
        if name or key not in self._names:
            name = name or f"constant_{len(self._constants)}"
            self._constants[name] = self._onnx.numpy_helper.from_array(array, name)
            self._names.setdefault(key, name)
            return name
        return self._names[key]

    def finish(self, name: str, metadata: Mapping[str, str], description: str = "") -> Any:
        """Return the model (`onnx.ModelProto`), checked by `onnx.checker`."""
        from convlens import __version__

        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, list(self._constants.values()))
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="convlens",
            producer_version=__version__,
            doc_string=description,
        )
        helper.set_model_props(model, dict(metadata))
        self._onnx.checker.check_model(model, full_check=True)
        return model


def _typed(value: ArrayLike) -> NDArray[Any]:
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    array = np.asarray(value)
    return array.astype({"f": np.float32, "i": np.int64, "u": np.int64, "b": np.bool_}[array.dtype.kind])
