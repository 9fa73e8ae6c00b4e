"""Converts the operands of an operation to arrays of float64, or raises an error of one line.

Everything is computed in double precision: bytes of an image would overflow at 255, and float32 would show rounding
errors in sums such as 0.1 + 0.2.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from convlens.checking import items_or_none, refuse, shown, whole_or_none
from convlens.errors import UsageError
from convlens.signatures import Alias
from convlens.words import count_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike as ArrayLike
    from numpy.typing import NDArray

    Values: TypeAlias = NDArray[np.float64]
else:
    ArrayLike, Values = Alias("ArrayLike"), Alias("Values")
LARGEST = 1e140
"""The largest number allowed, so that a sum of products does not overflow to infinity."""
LARGEST_SIZE = 10**9
_KINDS = {0: "a number", 1: "a vector, such as [1, 2, 3]", 2: "a matrix, such as [[1, 2], [3, 4]]"}
_KINDS |= {3: "a tensor channels × height × width", 4: "kernels out × channels × height × width"}


def as_values(name: str, given: ArrayLike, *dimensions: int) -> Values:
    """Return an array of float64 with one of these numbers of dimensions; it must have numbers, all of them finite.

    Raises:
        UsageError: `given` is not such an array.

    >>> as_values("a", [1, 2, 3], 1)
    array([1., 2., 3.])
    """
    try:
        raw = np.asarray(given)
    except (TypeError, ValueError, RecursionError):  # rows of different lengths, a list within itself
        raw = None
    if raw is None or (raw.size and raw.dtype.kind not in "biuf"):
        raise UsageError(f"{name} is not an array of numbers{_place_of_mistake(given)}. Give {_allowed(dimensions)}.")
    values = np.array(raw, dtype=np.float64)  # a copy, so that later changes to `given` change no result
    if values.ndim not in dimensions:
        shape = "×".join(str(size) for size in values.shape) or "one number"
        raise UsageError(f"{name} has {count_of(values.ndim, 'dimension')} ({shape}); give {_allowed(dimensions)}.")
    if values.size == 0:
        raise UsageError(f"{name} has no numbers; give at least one.")
    if not np.isfinite(values).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(values))[0])
        raise UsageError(f"{name} holds {values[place]} at {list(place)}; give finite numbers.")
    if np.abs(values).max() > LARGEST:
        place = tuple(int(index) for index in np.argwhere(np.abs(values) > LARGEST)[0])
        raise UsageError(f"{name} holds {values[place]} at {list(place)}; give numbers of at most {LARGEST:.0e}.")
    return values


def as_place(name: str, given: Sequence[object]) -> tuple[int, ...]:
    """Return the whole numbers of a place as a tuple.

    >>> as_place("position", [np.int64(2), 3])
    (2, 3)
    """
    items = items_or_none(given)
    place = [whole_or_none(number) for number in items or ()]
    if items is None or None in place:
        raise UsageError(f"the {name} is {shown(given if items is None else items)}; give whole numbers.")
    return tuple(number for number in place if number is not None)


def as_pair(name: str, given: int | Sequence[int], least: int) -> tuple[int, int]:
    """Return (height, width), given as one whole number for both axes or as a pair.

    >>> as_pair("stride", 2, least=1), as_pair("stride", (1, 2), least=1)
    ((2, 2), (1, 2))
    """
    one = whole_or_none(given)
    pair = [one, one] if one is not None else [whole_or_none(number) for number in items_or_none(given) or ()]
    height, width = pair if len(pair) == 2 else (None, None)
    if height is None or width is None or min(height, width) < least or max(height, width) > LARGEST_SIZE:
        refuse(name, given, f"a whole number of at least {least}, or two (height, width)")
    return height, width


def _allowed(dimensions: tuple[int, ...]) -> str:
    return " or ".join(_KINDS[count] for count in dimensions)


def _place_of_mistake(given: Any, depth: int = 0) -> str:
    """Say where rows have different lengths or something is not a number; empty if this is unknown."""
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, list | tuple):
        return f": it is {shown(given)}"
    length: int | None = None
    for number, row in enumerate(given):
        if not isinstance(row, list | tuple | np.ndarray):
            if length is not None:
                return f": row {number} is {shown(row)}, not a row"
            if not isinstance(row, int | float | np.number):
                return f": number {number} is {shown(row)}"
            continue
        if length is None and number > 0:
            return f": row 0 is {shown(given[0])}, not a row"
        length = len(row) if length is None else length
        if len(row) != length:
            return f": row {number} has {count_of(len(row), 'number')} and row 0 has {count_of(length, 'number')}"
        inner = _place_of_mistake(row, depth + 1) if depth < 4 else ""
        if inner:
            return f": row {number}" + inner.replace(":", ",", 1)
    return ""
