"""Where the numbers of a join come from: the layers that add or put together what the branches of a block give."""

from collections.abc import Sequence

import numpy as np

from convlens.by_hand.operands import Values, as_place, as_values
from convlens.by_hand.trace import JoinPosition, Term, Trace
from convlens.checking import items_or_none, refuse
from convlens.errors import UsageError


def trace_add(values: Sequence[Values], layers: Sequence[int]) -> Trace[JoinPosition]:
    """The numbers of one place that are added: arrays of one shape, and the indices of the layers that gave them.

    >>> trace_add([np.array([1.0, 2.0]), np.array([10.0, 20.0])], [3, 5]).at(1).as_dict()["terms"]
    [{'layer': 3, 'position': [1], 'value': 2.0}, {'layer': 5, 'position': [1], 'value': 20.0}]
    """
    values, layers = _check(values, layers)
    if len({one.shape for one in values}) > 1:
        raise UsageError("what is added has different shapes; give arrays of one shape.")

    def place(position: tuple[int, ...]) -> JoinPosition:
        terms = tuple(Term(layer, position, float(one[position])) for layer, one in zip(layers, values, strict=True))
        return JoinPosition(position, terms, sum(term.value for term in terms))

    return Trace("add", values[0].shape, place, np.concatenate(values), ())


def trace_concatenate(values: Sequence[Values], layers: Sequence[int]) -> Trace[JoinPosition]:
    """The one number behind each place: arrays put one after the other, and the indices of the layers that gave them.

    >>> trace = trace_concatenate([np.array([1.0, 2.0]), np.array([10.0])], [3, -1])
    >>> trace.at(2).terms  # the first number of the network's input
    (Term(layer=-1, position=(0,), value=10.0),)
    """
    values, layers = _check(values, layers)
    if len({one.shape[1:] for one in values}) > 1:
        raise UsageError("what is put together has different sizes; give arrays that differ in their first size alone.")
    ends = np.cumsum([len(one) for one in values])

    def place(position: tuple[int, ...]) -> JoinPosition:
        number = int(np.searchsorted(ends, position[0], side="right"))
        inside = (position[0] - int(ends[number]) + len(values[number]), *position[1:])
        value = float(values[number][inside])
        return JoinPosition(position, (Term(layers[number], inside, value),), value)

    joined = np.concatenate(values)
    return Trace("concatenate", joined.shape, place, joined, ())


def _check(values: Sequence[Values], layers: Sequence[int]) -> tuple[list[Values], tuple[int, ...]]:
    """The arrays, and as many indices of layers.

    Raises:
        UsageError: there are none, or not as many of each.
    """
    arrays = [as_values("what a layer gives", one, 1, 2, 3) for one in items_or_none(values) or ()]
    indices = as_place("layers", layers)
    if not arrays or len(arrays) != len(indices):
        refuse("values", values, "an array for each of the layers")
    return arrays, indices
