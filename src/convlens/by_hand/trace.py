"""Window positions: the numbers that a window covers at each, the result, and the calculation.

A trace is a sequence that computes a window position only when it is accessed, because a photograph has a million of
them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar, overload

import numpy as np

from convlens.by_hand.operands import Values, as_place
from convlens.deprecations import with_old_keys
from convlens.errors import UsageError
from convlens.words import count_of


class _Described:
    """The base class of dataclasses that can be converted to JSON."""

    def as_dict(self) -> dict[str, Any]:
        """Return lists and numbers for JSON; None for cells of a pooling window that lie in the padding."""
        return {field.name: _as_json(getattr(self, field.name)) for field in fields(self)}  # pyright: ignore[reportArgumentType]


def _as_json(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        numbers = value.astype(object)
        numbers[np.isnan(value)] = None
        return numbers.tolist()
    if isinstance(value, tuple):
        return [_as_json(one) for one in value]
    return value.as_dict() if isinstance(value, _Described) else value


@dataclass(frozen=True, eq=False)
class WindowPosition(_Described):
    """One position of a kernel: `covered` × `kernel` = `products`, whose sum with the bias is `total`.

    `position` is the place in the result; `start` is the place of the window's first value in the input, negative in
    the padding. Arrays are C×kH×kW for tensors, kH×kW for matrices, k for vectors. `channel_sums` has the sum of each
    channel's products, or a single sum if there are no channels. `result` is `activation(total)`. `first_channel` is
    the first input channel that `covered` contains; it is above 0 only if groups divide the channels.
    """

    position: tuple[int, ...]
    start: tuple[int, ...]
    covered: Values
    kernel: Values
    products: Values
    channel_sums: tuple[float, ...]
    bias: float
    total: float
    result: float
    activation: str | None = None
    first_channel: int = 0

    @classmethod
    def of(
        cls, position: tuple[int, ...], start: tuple[int, ...], covered: Values, kernel: Values, bias: float = 0.0
    ) -> "WindowPosition":
        """Return a position without channels and activation; the other fields are calculated."""
        products = covered * kernel
        total = float(products.sum())
        return cls(position, start, covered, kernel, products, (total,), bias, total + bias, total + bias)


@dataclass(frozen=True, eq=False)
class PoolPosition(_Described):
    """One position of a pooling window, which has no weights.

    `covered` is NaN where the window lies in the padding. `winner` is the place of the largest value in the input, None
    for an average. `divisor` is the divisor of an average, 0 for a maximum.
    """

    position: tuple[int, ...]
    start: tuple[int, ...]
    covered: Values
    winner: tuple[int, ...] | None
    divisor: int
    result: float


@dataclass(frozen=True, eq=False)
class GradientPosition(_Described):
    """One term of a weight's gradient: `met`, the input that the weight multiplies, times the output's gradient."""

    position: tuple[int, ...]
    met: float
    output_gradient: float
    product: float
    sum_so_far: float


@dataclass(frozen=True)
class Term(_Described):
    """One number of another layer's output: the layer's index (−1 is the network's input), the place, the value."""

    layer: int
    position: tuple[int, ...]
    value: float


@dataclass(frozen=True)
class JoinPosition(_Described):
    """One number of a layer that joins branches: `result` is the sum of `terms`; a concatenation has one term."""

    position: tuple[int, ...]
    terms: tuple[Term, ...]
    result: float


Place = TypeVar("Place", WindowPosition, PoolPosition, GradientPosition, JoinPosition)


class Trace(Sequence[Place], Generic[Place]):
    """All window positions of one operation, in the order of its result; each is computed when it is accessed.

    `trace[5]` is the sixth position, `trace.at(0, 5)` the one behind this place of the result. `source` is the padded
    input; `padding` rows and columns are before the input itself. `dilation` is the distance between neighbouring
    values of the window. The drawings use these attributes.

    >>> from convlens.by_hand import trace_convolve_full
    >>> trace = trace_convolve_full([1, 2, 3], [1, 1])
    >>> len(trace), trace.at(1).products, trace.at(1).total
    (4, array([1., 2.]), 3.0)
    """

    def __init__(
        self,
        operation: str,
        shape: tuple[int, ...],
        place: Callable[[tuple[int, ...]], Place],
        source: Values,
        padding: tuple[int, ...] = (0, 0),
        dilation: tuple[int, int] = (1, 1),
        inside: tuple[int, ...] | None = None,
    ) -> None:
        self.operation, self.shape, self._place = operation, shape, place
        self.source, self.padding, self.dilation = source, padding, dilation
        self.source.flags.writeable = False  # the arrays of window positions are views of it
        sizes = source.shape[source.ndim - len(padding) :]
        self._inside = inside or tuple(size - 2 * pad for size, pad in zip(sizes, padding, strict=True))

    def is_padding(self, *place: int) -> bool:
        """Return whether a place of `source` (row and column, or the index in a vector) lies in the padding."""
        return any(not pad <= at < pad + size for at, pad, size in zip(place, self.padding, self._inside, strict=True))

    def __len__(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @overload
    def __getitem__(self, index: int) -> Place: ...
    @overload
    def __getitem__(self, index: slice) -> list[Place]: ...
    def __getitem__(self, index: int | slice) -> Place | list[Place]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"window position {index} of {len(self)}")
        return self._place(tuple(int(place) for place in np.unravel_index(number, self.shape)))

    def __iter__(self) -> Iterator[Place]:
        return (self[number] for number in range(len(self)))

    def at(self, *position: int) -> Place:
        """Return the window position behind one place of the result.

        Raises:
            UsageError: the result does not have this place.
        """
        position = as_place("position", position)
        fits = len(position) == len(self.shape)
        if not fits or not all(0 <= place < size for place, size in zip(position, self.shape, strict=True)):
            size = "×".join(str(size) for size in self.shape)
            example = ", ".join(str(size - 1) for size in self.shape)
            if not self.shape:
                raise UsageError(f"position {list(position)} is not in the result, a single number; leave it out.")
            raise UsageError(f"position {list(position)} is not in the result ({size}); the last one is [{example}].")
        return self._place(position)

    def as_dict(self) -> dict[str, Any]:
        """Return a dict for JSON: the operation, the shape of its result, and every window position."""
        positions = [one.as_dict() for one in self]
        return with_old_keys({"operation": self.operation, "shape": list(self.shape), "positions": positions})

    def __repr__(self) -> str:
        size = "×".join(str(size) for size in self.shape) or "1"
        return f"<Trace of {self.operation}: {count_of(len(self), 'window position')}, result {size}>"
