"""Reads a network and its weights from a PyTorch module that is built of known layers and functions.

`torch.fx` traces the module's `forward`: it runs it once without images and records what is called. Modules of
`torch.nn` and functions that compute with the images become steps of a `Dataflow`. Which layer one is, and with which
settings, stands in the class of the layer. PyTorch is imported here only when there is a module, which has imported it.
"""

import inspect
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from convlens.checking import shown
from convlens.errors import NetworkError
from convlens.layers import JOINS, KINDS, Flatten, GlobalAvgPool2d
from convlens.network.dataflow import Arithmetic, Dataflow, Ending, TakenNetwork, Value
from convlens.network.torch_in_place import IN_PLACE_OPERATORS, SharedMemory, find_overwritten
from convlens.words import closest, shorten

if TYPE_CHECKING:
    import numpy as np

_EVERY = (*KINDS.values(), *JOINS.values())
_CLASSES = {name: kind for kind in KINDS.values() for name in kind.torch_classes or (kind.__name__,)}
_FUNCTIONS = {name: (kind, arguments) for kind in _EVERY for name, arguments in kind.torch_functions.items()}
_JOINS = {name for kind in JOINS.values() for name in kind.torch_functions}
_ENDS = {"softmax": "Softmax", "log_softmax": "LogSoftmax", "Softmax": "Softmax", "LogSoftmax": "LogSoftmax"}
_ARITHMETIC: dict[str, Arithmetic] = {
    "add": "Add",
    "iadd": "Add",
    "sub": "Sub",
    "isub": "Sub",
    "subtract": "Sub",
    "mul": "Mul",
    "imul": "Mul",
    "multiply": "Mul",
    "truediv": "Div",
    "itruediv": "Div",
    "div": "Div",
    "divide": "Div",
}
_RESHAPES = {"view", "reshape"}
_SIZES = {"size", "getattr", "getitem"}
_WITHOUT_EFFECT = {"Identity", "contiguous", "float", "clone", "detach"}
_UNCHANGED = {"Dropout", "dropout", *_WITHOUT_EFFECT}
"""What gives its input, or a copy, in evaluation mode."""
_COPIES = ({*_CLASSES, *_FUNCTIONS, *_ARITHMETIC, *_ENDS, "mean"} - {"Flatten", "flatten", *_UNCHANGED}) | {"clone"}
"""What gives a result with memory of its own. Whatever else may give a view."""
_OTHER_FUNCTIONS = {*_ENDS, *_ARITHMETIC, *_RESHAPES, *_SIZES, *_WITHOUT_EFFECT, "mean"}
_DEPENDS_ON_SIZE = "has a setting that depends on the size of the images."
_ADVICE = {
    "Dropout2d": "Use Dropout, or leave it out: it has no effect in predictions.",
    "DataParallel": "Give its attribute module.",
}


@dataclass(frozen=True)
class TorchNetwork:
    """What a module computes.

    Attributes:
        network: the layers and their weights.
        ending: `Softmax` or `LogSoftmax` if the module computes probabilities or their logarithms, otherwise empty.
    """

    network: TakenNetwork
    ending: str


class _Sizes:
    """A size of a value, or several: they depend on the image or the batch."""


def read_module(module: Any) -> TorchNetwork:
    """Return what a module of PyTorch computes in evaluation mode.

    Raises:
        NetworkError: it cannot be traced; a layer or function is not known, has a setting that Convlens does not have,
            or joins branches that are not those of a block. The message names its place.
    """
    if isinstance(module, type) or not hasattr(module, "named_modules"):
        raise NetworkError(f"the module is {shown(module)}. Give an instance of torch.nn.Module.")
    with _in_evaluation(module):
        try:
            return _Reader(module).read()
        except NetworkError:
            return _Reader(module, with_lines=True).read()  # finding the lines of code takes a second


@contextmanager
def _in_evaluation(module: Any) -> Iterator[None]:
    modes = [(part, part.training) for part in module.modules()]
    try:
        for part, _ in modes:
            part.training = False
        yield
    finally:
        for part, training in modes:
            part.training = training


class _Reader:
    """Reads what was called, in order; each call finds what its inputs are."""

    def __init__(self, module: Any, *, with_lines: bool = False) -> None:
        import torch

        self._with_lines = with_lines
        is_layer = _is_of_torch(module) and type(module).__name__ != "Sequential"
        self._root = torch.nn.Sequential(module) if is_layer else module
        self._is_layer, self._modules = is_layer, dict(self._root.named_modules())
        homes = (operator, torch, torch.nn.functional)
        names = {*_FUNCTIONS, *_OTHER_FUNCTIONS}
        self._functions: dict[Any, str] = {getattr: "getattr"}
        for home in homes:
            spelled = {spelling: name for name in names for spelling in (name, f"{name}_") if hasattr(home, spelling)}
            self._functions |= {getattr(home, spelling): name for spelling, name in spelled.items()}
        self._steps, self._values, self._memory = Dataflow(), dict[Any, Any](), SharedMemory()

    def read(self) -> TorchNetwork:
        graph = _trace(self._root, self._with_lines)
        for node in graph.nodes:
            if node.op == "output":
                return self._finish(self._values.get(node.args[0]))
            self._values[node] = self._read(node)
            self._share(node)
        raise NetworkError("the module returns nothing. Give one that returns the logits.")

    def _finish(self, result: Any) -> TorchNetwork:
        if isinstance(result, Value):
            return TorchNetwork(self._steps.finish(result), "")
        if isinstance(result, Ending):
            return TorchNetwork(self._steps.finish(result.logits, result.temperature), result.kind)
        raise NetworkError(
            "the module does not return one tensor that it computes from the images. Give one that returns the logits."
        )

    def _read(self, node: Any) -> Any:
        """Return what a call computes; constants and sizes are not computed from the images."""
        if node.op == "placeholder":
            return None if self._values else Value()
        if node.op == "get_attr":
            found = operator.attrgetter(node.target)(self._root)
            return _as_array(found, f"the tensor {node.target}") if hasattr(found, "detach") else None
        part, name = self._called(node)
        where = self._where(node, part)
        positional, named = self._given(node.args), {key: self._given(value) for key, value in node.kwargs.items()}
        if "input" in named:
            positional = (named.pop("input"), *positional)
        flat = [one for given in (*positional, *named.values()) for one in _listed(given)]
        values = [one for one in flat if isinstance(one, Value)]
        if endings := [one for one in flat if isinstance(one, Ending)]:
            raise NetworkError(f"{where} follows {endings[0].where.rstrip(',')}, which Convlens has at the end only.")
        if not values:
            return _Sizes() if any(isinstance(one, _Sizes) for one in flat) else None
        if name in _ENDS:
            axis = part.dim if part is not None else named.get("dim", (*positional[1:], None)[0])
            return self._end(name, axis, values, where)
        if name in _WITHOUT_EFFECT:
            return values[0]
        if part is not None:
            return self._module(part, name, values, where)
        if name in _SIZES:
            return self._size(name, positional, values, where)
        return self._function(name, positional, named, values, where)

    def _share(self, node: Any) -> None:
        """Note what memory the result of a call has, and change what the call has written over."""
        part, name = self._called(node)
        inputs = [one for one in node.all_input_nodes if isinstance(self._values[one], Value)]
        changed = find_overwritten(node, part) if inputs and name not in _UNCHANGED else None
        if changed is None:
            return self._memory.add(node, [] if name in _COPIES else inputs)
        where = self._where(node, part)
        if changed not in inputs:
            raise NetworkError(
                f"{where} writes over a tensor that is not computed from the images. Give a module that leaves its own "
                "tensors as they are."
            )
        for other in self._memory.views(changed):
            if isinstance(value := self._values[other], Value):
                reason = (
                    f"{where} writes over its input, and {other.name}, which is used again, may share its memory. "
                    "Use a call that is not in-place."
                )
                self._values[other] = self._steps.refuse(reason, [value])
        self._values |= dict.fromkeys(self._memory.same(changed), self._values[node])
        return self._memory.add_same(node, changed)

    def _called(self, node: Any) -> tuple[Any, str]:
        """Return the module that is called, if it is one, and the name of its class or of the function."""
        part = self._modules[node.target] if node.op == "call_module" else None
        return part, type(part).__name__ if part is not None else self._name_of(node.target)

    def _name_of(self, target: Any) -> str:
        """Return the name of a method, or of a function of PyTorch that is known here; empty for another."""
        return target.removesuffix("_") if isinstance(target, str) else self._functions.get(target, "")

    def _given(self, given: Any) -> Any:
        """Return arguments with what was computed for them in their place."""
        if isinstance(given, tuple | list):
            return tuple(self._given(one) for one in given)
        return self._values[given] if hasattr(given, "op") else given

    def _where(self, node: Any, part: Any) -> str:
        if part is not None:
            written = shorten(" ".join(str(part).split()), 100)
            return type(part).__name__ if self._is_layer else f"module {node.target}, {written},"
        name = self._name_of(node.target) or getattr(node.target, "__name__", str(node.target))
        return f"{name}(){_line_of(node) or ('' if node.name == name else f' ({node.name})')}"

    def _module(self, part: Any, name: str, values: list[Value], where: str) -> Value:
        if name not in _CLASSES or len(values) != 1:
            advice = _ADVICE.get(name) or _advice(name)
            return self._steps.refuse(f"{where} is not a layer that Convlens has. {advice}", values)
        try:
            layer = _CLASSES[name].from_torch(part)
        except NetworkError as error:
            return self._steps.refuse(f"{where} cannot be taken over: {error}", values)
        tensors = (*part.named_parameters(recurse=False), *part.named_buffers(recurse=False))
        weights = {key: _as_array(tensor, where) for key, tensor in tensors}
        return self._steps.add(layer, values, weights, where)

    def _end(self, name: str, axis: Any, values: list[Value], where: str) -> Ending | Value:
        if isinstance(axis, _Sizes):
            return self._steps.refuse(f"{where} {_DEPENDS_ON_SIZE}", values)
        return self._steps.end(_ENDS[name], values[0], where, 1 if axis is None else axis)  # as PyTorch chooses

    def _size(self, name: str, positional: Sequence[Any], values: list[Value], where: str) -> Any:
        if name == "size" or (name == "getattr" and positional[1:2] == ("shape",)):
            return _Sizes()
        what = f"the attribute {positional[1]}" if name == "getattr" else "a part of a value"
        return self._steps.refuse(f"{where} takes {what}, which Convlens does not compute.", values)

    def _function(
        self, name: str, positional: Sequence[Any], named: Mapping[str, Any], values: list[Value], where: str
    ) -> Value:
        is_arithmetic = name in _ARITHMETIC and len(positional) == 2 and not named
        if is_arithmetic and (result := self._calculate(name, positional, where)) is not None:
            return result
        if name in _RESHAPES:
            if len(_listed(positional[1:])) == 2:
                return self._steps.add(Flatten(), values, {}, where)
            return self._steps.refuse(f"{where} gives another shape than a row. Convlens only flattens.", values)
        if name == "mean":
            return self._mean(positional, named, values, where)
        if name not in _FUNCTIONS or (len(values) > 1 and name not in _JOINS):
            hint = closest(where.partition("(")[0], _FUNCTIONS)
            known = ", ".join(sorted(_FUNCTIONS.keys() - {"iadd", "concat", "concatenate"} | {"mean", *_RESHAPES}))
            return self._steps.refuse(f"{where} is not a function that Convlens has. {hint}Known are {known}.", values)
        return self._layer(name, positional, named, values, where)

    def _layer(
        self, name: str, positional: Sequence[Any], named: Mapping[str, Any], values: list[Value], where: str
    ) -> Value:
        kind, defaults = _FUNCTIONS[name]
        if name in _JOINS:
            if not _is_join_of_all(name, positional, named, values):
                return self._steps.refuse(f"{where} joins values otherwise than Convlens.", values)
            return self._steps.add(kind(), values, {}, where)
        settings = {**defaults, **dict(zip(defaults, positional[1:], strict=False)), **named}
        if any(isinstance(one, _Sizes) for setting in settings.values() for one in _listed(setting)):
            return self._steps.refuse(f"{where} {_DEPENDS_ON_SIZE}", values)
        try:
            layer = kind.from_torch(SimpleNamespace(**{key: one for key, one in settings.items() if one is not None}))
        except NetworkError as error:
            return self._steps.refuse(f"{where} cannot be taken over: {error}", values)
        return self._steps.add(layer, values, {}, where)

    def _calculate(self, name: str, positional: Sequence[Any], where: str) -> Value | None:
        """Return the result of arithmetic with a constant, or of a product of two values."""
        import numpy as np

        left, right = positional
        if isinstance(left, Value) and isinstance(right, Value):
            return self._steps.multiply(left, right, where) if _ARITHMETIC[name] == "Mul" else None
        value, constant = (left, right) if isinstance(left, Value) else (right, left)
        if not isinstance(constant, int | float | np.ndarray):
            return None
        return self._steps.calculate(
            _ARITHMETIC[name], cast(Value, value), np.asarray(constant), where, is_second=value is right
        )

    def _mean(self, positional: Sequence[Any], named: Mapping[str, Any], values: list[Value], where: str) -> Value:
        """Read a mean of both axes of the maps, which is a global average pooling."""
        settings = {**dict(zip(("dim", "keepdim"), positional[1:], strict=False)), **named}
        axes = settings.pop("dim", ())
        keepdim = settings.pop("keepdim", False)
        if sorted(axis % 4 for axis in _listed(axes) if isinstance(axis, int)) != [2, 3] or settings.get("dtype"):
            return self._steps.refuse(f"{where} takes a mean of other axes than both of the maps.", values)
        mean = self._steps.add(GlobalAvgPool2d(), values, {}, where)
        return mean if keepdim else self._steps.add(Flatten(), [mean], {}, where)


def _is_of_torch(module: Any) -> bool:
    return type(module).__module__.startswith("torch.nn.")


def _as_array(tensor: Any, where: str) -> "np.ndarray":
    """Return the numbers of a tensor.

    Raises:
        NetworkError: NumPy does not have its type, or it has no numbers.
    """
    try:
        return tensor.detach().cpu().numpy()
    except (TypeError, RuntimeError, ValueError) as error:  # bfloat16; meta, sparse; not initialised
        kind, device = str(tensor.dtype).removeprefix("torch."), tensor.device.type
        advice = "Load its weights" if device == "meta" else "Convert it with module.float()"
        raise NetworkError(
            f"{where} has numbers of type {kind} on the device {device}, which cannot be read. {advice} first."
        ) from error


def _trace(module: Any, with_lines: bool) -> Any:
    """Return the graph of what a module calls (`torch.fx.Graph`), perhaps with the lines of code that call it."""
    import torch.fx

    class Proxy(torch.fx.Proxy):
        pass

    for function in IN_PLACE_OPERATORS:
        setattr(Proxy, f"__{function.__name__}__", _recorder(function))

    class Tracer(torch.fx.Tracer):
        def proxy(self, node: Any) -> torch.fx.Proxy:
            return Proxy(node, self)

        def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
            del module_qualified_name
            return _is_of_torch(m) and type(m).__name__ != "Sequential"

    tracer = Tracer()
    tracer.record_stack_traces = with_lines
    try:
        return tracer.trace(module, _defaults(module))
    except NetworkError:
        raise
    except Exception as error:  # whatever forward() raises without real images
        reason = str(error).strip().partition("\n")[0][:200].rstrip(".") or type(error).__name__
        raise NetworkError(
            f"the forward() of {type(module).__name__} cannot be followed without images: {reason}. Give a module that "
            "calls the same layers for all images."
        ) from error


def _recorder(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a method for proxies that records a call of an operator."""
    return lambda proxy, other: proxy.tracer.create_proxy("call_function", function, (proxy, other), {})


def _defaults(module: Any) -> dict[str, Any]:
    """Return the arguments of forward() behind the images, with their defaults.

    Raises:
        NetworkError: one has none.
    """
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    _, *others = inspect.signature(module.forward).parameters.values()
    found = {one.name: one.default for one in others if one.kind in kinds}
    for name, default in found.items():
        if default is inspect.Parameter.empty:
            raise NetworkError(
                f"forward() takes more than the images: also {name}. Give a module that takes the images."
            )
    return found


def _line_of(node: Any) -> str:
    """Return the line of the user's code that called a function, if it is known."""
    import torch

    home = str(Path(torch.__file__).parent)
    calls = re.findall(r'File "(.+)", line (\d+), in ', node.stack_trace or "")
    own = [(file, line) for file, line in calls if not file.startswith(home) and file != __file__]
    return f" in line {own[-1][1]} of {Path(own[-1][0]).name}" if own else ""


def _advice(kind: str) -> str:
    return f"{closest(kind, _CLASSES)}Known are Sequential and {', '.join(sorted(_CLASSES))}."


def _is_join_of_all(name: str, positional: Sequence[Any], named: Mapping[str, Any], values: list[Value]) -> bool:
    """Return whether a call adds two values, or concatenates all that it is given along the channels."""
    if name not in ("cat", "concat", "concatenate"):
        return len(positional) == 2 and len(values) == 2 and named.get("alpha", 1) == 1
    given = _listed(named.get("tensors", positional[:1]))
    axis = named.get("dim", named.get("axis", (*positional[1:], 0)[0]))
    return len(given) == len(values) and axis == 1


def _listed(given: Any) -> list[Any]:
    """Return what is in nested lists as one list."""
    if isinstance(given, tuple | list):
        return [one for part in given for one in _listed(part)]
    return [given]
