"""The layers that add or concatenate the branches of a block: which numbers go into each result."""

from collections.abc import Sequence

import numpy as np

from convlens.by_hand.operands import Values, as_place, as_values
from convlens.by_hand.trace import JoinPosition, Term, Trace
from convlens.checking import items_or_none, refuse
from convlens.errors import UsageError


def trace_add(values: Sequence[Values], layers: Sequence[int]) -> Trace[JoinPosition]:
    """Return the terms of a sum of arrays of one shape; `layers` are the indices of the layers that gave them.

    >>> trace_add([np.array([1.0, 2.0]), np.array([10.0, 20.0])], [3, 5]).at(1).as_dict()["terms"]
    [{'layer': 3, 'position': [1], 'value': 2.0}, {'layer': 5, 'position': [1], 'value': 20.0}]
    """
    values, layers = _check(values, layers)
    if len({one.shape for one in values}) > 1:
        raise UsageError("the arrays to add have different shapes; give arrays of one shape.")

    def place(position: tuple[int, ...]) -> JoinPosition:
        terms = tuple(Term(layer, position, float(one[position])) for layer, one in zip(layers, values, strict=True))
        return JoinPosition(position, terms, sum(term.value for term in terms))

    return Trace("add", values[0].shape, place, np.concatenate(values), ())


def trace_concatenate(values: Sequence[Values], layers: Sequence[int]) -> Trace[JoinPosition]:
    """Return the origin of each number in concatenated arrays; `layers` are the indices of the layers that gave them.

    >>> trace = trace_concatenate([np.array([1.0, 2.0]), np.array([10.0])], [3, -1])
    >>> trace.at(2).terms  # the first number of the network's input
    (Term(layer=-1, position=(0,), value=10.0),)
    """
    values, layers = _check(values, layers)
    if len({one.shape[1:] for one in values}) > 1:
        raise UsageError("the arrays to concatenate do not fit; give arrays that differ only in their first size.")
    ends = np.cumsum([len(one) for one in values])

    def place(position: tuple[int, ...]) -> JoinPosition:
        number = int(np.searchsorted(ends, position[0], side="right"))
        inside = (position[0] - int(ends[number]) + len(values[number]), *position[1:])
        value = float(values[number][inside])
        return JoinPosition(position, (Term(layers[number], inside, value),), value)

    joined = np.concatenate(values)
    return Trace("concatenate", joined.shape, place, joined, ())


def _check(values: Sequence[Values], layers: Sequence[int]) -> tuple[list[Values], tuple[int, ...]]:
    """Return the arrays and the indices of their layers.

    Raises:
        UsageError: there are no arrays, or not one for each layer.
    """
    arrays = [as_values("the output of a layer", one, 1, 2, 3) for one in items_or_none(values) or ()]
    indices = as_place("layers", layers)
    if not arrays or len(arrays) != len(indices):
        refuse("values", values, "an array for each of the layers")
    return arrays, indices
