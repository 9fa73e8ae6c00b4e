"""Finds what several operators of an ONNX graph compute together: GELU, and the sizes with which PyTorch flattens."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Makers: TypeAlias = Mapping[str, Any]
"""The operator that computes a value, by its name."""
Constants: TypeAlias = Mapping[str, Any]
Sizes: TypeAlias = tuple[int | None, ...]
"""Sizes of a value that are computed in the graph; None where they depend on the image or the batch."""

_MOST_FACTORS = 8


def name_of(node: Any) -> str:
    """Return how an operator is called in errors: its name, or its output's, and its kind."""
    return f"{node.name or node.output[0]} ({node.op_type})"


def find_gelu(node: Any, makers: Makers, constants: Constants) -> str | None:
    """Return the name of x if a product is x · (1 + erf(x / √2)) · 0.5, in any order; None if it is something else."""
    for factor in _factors(node.output[0], makers, constants)[1]:
        added = makers.get(factor)
        if added is None or added.op_type != "Add" or not math.isclose(_number(added, constants) or 0, 1):
            continue
        erf = next((makers.get(name) for name in added.input if name not in constants), None)
        scaled = makers.get(erf.input[0]) if erf is not None and erf.op_type == "Erf" else None
        value = next((name for name in scaled.input if name not in constants), None) if scaled is not None else None
        if value is None or erf is None:
            continue
        scale, inner = _factors(erf.input[0], makers, constants, (value,))
        number, others = _factors(node.output[0], makers, constants, (value, factor))
        is_scaled = inner == [value] and math.isclose(scale, math.sqrt(0.5), rel_tol=1e-4)
        if is_scaled and sorted(others) == sorted([value, factor]) and math.isclose(number, 0.5, rel_tol=1e-4):
            return value
    return None


def _factors(name: str, makers: Makers, constants: Constants, whole: Sequence[str] = ()) -> tuple[float, list[str]]:
    """Return the numbers in a product as one, and the names of its other factors; those in `whole` are not divided."""
    number, values, waiting = 1.0, list[str](), [name]
    while waiting and len(values) + len(waiting) <= _MOST_FACTORS:
        one = waiting.pop(0)
        node = None if one in whole else makers.get(one)
        if getattr(constants.get(one), "size", 0) == 1:
            number *= float(constants[one].item())
        elif node is not None and node.op_type == "Mul":
            waiting += node.input
        elif node is not None and node.op_type == "Div" and (divisor := _number(node, constants, 1)):
            number /= divisor
            waiting.append(node.input[0])
        else:
            values.append(one)
    return number, values + waiting


def _number(node: Any, constants: Constants, place: int | None = None) -> float | None:
    """Return the single number among the inputs of an operator, or at one place."""
    names = node.input if place is None else node.input[place : place + 1]
    found = [constants[name] for name in names if name in constants]
    return float(found[0].item()) if len(found) == 1 and found[0].size == 1 else None


def is_size(array: Any) -> bool:
    """Return whether a constant can be one or several sizes, or the places of some."""
    return array is not None and array.dtype.kind == "i" and array.ndim < 2 and array.size <= 4


def compute_sizes(kind: str, inputs: Sequence[Any], attributes: Mapping[str, Any]) -> Sizes | None:
    """Return what an operator computes of sizes and constants; None if that is not known."""
    first, *others = (one if isinstance(one, tuple) else tuple(one.reshape(-1).tolist()) for one in inputs)
    if kind in ("Identity", "Cast", "Unsqueeze", "Squeeze"):
        return first
    if kind == "Concat":
        return sum(others, first)
    if kind == "Gather" and attributes.get("axis", 0) == 0:
        return tuple(first[place] for place in others[0] if place is not None and -len(first) <= place < len(first))
    if kind == "Slice" and len(others) in (2, 3):
        return first[others[0][0] : others[1][0]]
    return (None,) if kind in ("Mul", "Add", "ReduceProd", "Div", "Sub") else None
