"""Calls of PyTorch that write over their input, such as `relu_()`, and which values they change with it.

After `y = relu_(x)` both names have the result, and so has every view of x. A reader that takes each call for a
function of its inputs would go on with the x from before.
"""

import inspect
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

IN_PLACE_OPERATORS: tuple[Callable[[Any, Any], Any], ...] = (
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ifloordiv,
    operator.imod,
    operator.ipow,
    operator.iand,
    operator.ior,
    operator.ixor,
)
"""`x += y` and others. `torch.fx` records them as `x + y`, unless its proxies have methods for them."""


class SharedMemory:
    """Which calls may have given the same memory; calls are nodes of a graph (`torch.fx.Node`)."""

    def __init__(self) -> None:
        self._origins: dict[Any, frozenset[Any]] = {}
        self._tensors: dict[Any, Any] = {}

    def add(self, node: Any, viewed: Iterable[Any] = ()) -> None:
        """Add a call whose result has memory of its own, or may be a view of these other results."""
        origins = [self._origins[one] for one in viewed if one in self._origins]
        self._origins[node] = frozenset[Any]().union(*origins) or frozenset([node])
        self._tensors[node] = node

    def add_same(self, node: Any, other: Any) -> None:
        """Add a call whose result is that of another call, the very tensor."""
        self._origins[node], self._tensors[node] = self._origins[other], self._tensors[other]

    def same(self, node: Any) -> Iterator[Any]:
        """Yield the calls whose result is this tensor."""
        return (other for other, tensor in self._tensors.items() if tensor is self._tensors[node])

    def views(self, node: Any) -> Iterator[Any]:
        """Yield the calls with another tensor as their result that may share memory with this one."""
        same = set(self.same(node))
        origins = self._origins[node]
        return (other for other, found in self._origins.items() if found & origins and other not in same)


def find_overwritten(node: Any, part: Any) -> Any:
    """Return what a call writes its result over: its first input, or the argument `out`; None if nothing.

    Args:
        node: the call.
        part: the module that is called; None for a function or a method.
    """
    if node.kwargs.get("out") is not None:
        return node.kwargs["out"]
    if not _is_in_place(node, part):
        return None
    return node.args[0] if node.args else node.kwargs.get("input")


def _is_in_place(node: Any, part: Any) -> bool:
    target = node.target
    if part is not None:
        return getattr(part, "inplace", False) is True
    if getattr(target, "__module__", None) == operator.add.__module__:  # and_, for example, writes over nothing
        return target in IN_PLACE_OPERATORS
    name = target if isinstance(target, str) else getattr(target, "__name__", "")
    return (name.endswith("_") and not name.endswith("__")) or _has_argument_inplace(node)


def _has_argument_inplace(node: Any) -> bool:
    if not inspect.isfunction(node.target):  # the functions of PyTorch with this argument are written in Python
        return node.kwargs.get("inplace", False) is True
    try:
        given = inspect.signature(node.target).bind(*node.args, **node.kwargs)
    except TypeError:  # the module cannot be run either
        return False
    return given.arguments.get("inplace", False) is True
