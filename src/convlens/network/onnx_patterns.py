"""Finds what several operators of an ONNX graph compute together: activations, and a temperature."""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

Users: TypeAlias = dict[str, list[Any]]
"""The operators that use a value, by its name."""


def name_of(node: Any) -> str:
    """Return how an operator is called in errors: its name, or its output's, and its kind."""
    return f"{node.name or node.output[0]} ({node.op_type})"


def find_activation(value: str, users: Users, constants: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the operator that some operators compute together, and the name of its output; None if there is none.

    SiLU is x · sigmoid(x), and GELU is x · (1 + erf(x / √2)) · 0.5 in any order.
    """
    for node in users.get(value, []):
        if node.op_type == "Sigmoid":
            product = _only_user(node, users)
            if product is not None and _takes(product, "Mul", value, node.output[0]) and len(users[value]) == 2:
                return "Swish", product.output[0]
        erf = _only_user(node, users)
        divisor = _divisor(node, value, constants)
        if divisor is None or erf is None or erf.op_type != "Erf" or not _is_near(divisor, math.sqrt(2)):
            continue
        if (output := _gelu(value, erf, users, constants)) is not None and len(users[value]) == 2:
            return "Gelu", output
    return None


def find_temperature(node: Any, users: Users, constants: Mapping[str, Any]) -> float | None:
    """Return the number by which an operator divides the logits before a softmax; None if it does not."""
    following = _only_user(node, users)
    if following is None or following.op_type not in ("Softmax", "LogSoftmax"):
        return None
    value = next((name for name in node.input if name not in constants), "")
    return _divisor(node, value, constants)


def _gelu(value: str, erf: Any, users: Users, constants: Mapping[str, Any]) -> str | None:
    """Return the output of (1 + erf) · x · 0.5, in any order of the products; None if it is something else."""
    added = _only_user(erf, users)
    if added is None or added.op_type != "Add" or not _is_near(_other(added, erf.output[0], constants), 1):
        return None
    product = _only_user(added, users)
    if product is None or product.op_type != "Mul":
        return None
    (other,) = (name for name in product.input if name != added.output[0])
    if other == value:  # x · (1 + erf), then · 0.5
        half = _only_user(product, users)
        return half.output[0] if half is not None and _halves(half, product.output[0], constants) else None
    for half in users[value]:
        if half.output[0] == other and _halves(half, value, constants):
            return product.output[0]
    return None


def _halves(node: Any, value: str, constants: Mapping[str, Any]) -> bool:
    divisor = _divisor(node, value, constants)
    return divisor is not None and _is_near(divisor, 2)


def _divisor(node: Any, value: str, constants: Mapping[str, Any]) -> float | None:
    """Return the number by which an operator divides a value; None if it does something else."""
    number = _other(node, value, constants)
    if number and node.op_type == "Mul":
        return 1 / number
    return number if number and node.op_type == "Div" and node.input[0] == value else None


def _other(node: Any, value: str, constants: Mapping[str, Any]) -> float | None:
    """Return the single number that an operator computes with, besides a value."""
    others: list[Any] = [constants.get(name) for name in node.input if name != value]
    return float(others[0].reshape(-1)[0]) if len(others) == 1 and getattr(others[0], "size", 0) == 1 else None


def _is_near(number: float | None, wanted: float) -> bool:
    return number is not None and math.isclose(number, wanted, rel_tol=1e-4)


def _only_user(node: Any, users: Users) -> Any:
    found = users.get(node.output[0], [])
    return found[0] if len(found) == 1 else None


def _takes(node: Any, kind: str, *values: str) -> bool:
    return node.op_type == kind and set(node.input) == set(values)
