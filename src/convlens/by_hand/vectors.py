"""Two vectors: their dot product, and one vector that slides along the other.

`full`, `same` and `valid` mean the same as in NumPy: all overlaps (n + m − 1 results), as many results as the longer
vector has numbers, and only the complete overlaps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convlens.by_hand.operands import ArrayLike, Values, as_values
from convlens.by_hand.trace import Trace, WindowPosition
from convlens.errors import UsageError
from convlens.words import count_of


def cross_correlate(a: ArrayLike, b: ArrayLike) -> float:
    """Return the dot product of two vectors, Σ a[i]·b[i]; it is large if they have a similar pattern.

    Raises:
        UsageError: the vectors have different lengths.

    >>> cross_correlate([2], [3])
    6.0
    >>> cross_correlate([1, 2, 3], [4, 5, 6])  # 4 + 10 + 18
    32.0
    >>> cross_correlate([1, 0], [0, 1])  # nothing in common
    0.0
    """
    return trace_cross_correlate(a, b)[0].total


def convolve(a: ArrayLike, b: ArrayLike) -> float:
    """Return the dot product of a with b rotated by 180°: Σ a[i]·b[n − 1 − i].

    Raises:
        UsageError: the vectors have different lengths.

    >>> convolve([1, 2, 3], [4, 5, 6])  # 1·6 + 2·5 + 3·4
    28.0
    >>> convolve([1, 2, 3], [6, 5, 4]) == cross_correlate([1, 2, 3], [4, 5, 6])
    True
    """
    return trace_convolve(a, b)[0].total


def correlate_full(a: ArrayLike, b: ArrayLike) -> Values:
    """Slide b along a, from the first overlap to the last: n + m − 1 results, as NumPy's `correlate(…, "full")`.

    >>> correlate_full([1, 2, 3], [0, 1])
    array([1., 2., 3., 0.])
    """
    return _overlap("correlate", "full", a, b).results()


def convolve_full(a: ArrayLike, b: ArrayLike) -> Values:
    """Slide b, rotated by 180°, along a: n + m − 1 results, the coefficients of the product of two polynomials.

    >>> convolve_full([1, 2], [1, 3])  # (1 + 2x)·(1 + 3x) = 1 + 5x + 6x²
    array([1., 5., 6.])
    """
    return _overlap("convolve", "full", a, b).results()


def correlate_same(a: ArrayLike, b: ArrayLike) -> Values:
    """Return the middle of `correlate_full`: as many results as the longer vector has numbers.

    >>> correlate_same([1, 2, 3], [0, 1, 0])
    array([1., 2., 3.])
    """
    return _overlap("correlate", "same", a, b).results()


def convolve_same(a: ArrayLike, b: ArrayLike) -> Values:
    """Return the middle of `convolve_full`: as many results as the longer vector has numbers (SciPy: as many as a).

    >>> convolve_same([1, 2, 3], [1, 1, 1])
    array([3., 6., 5.])
    """
    return _overlap("convolve", "same", a, b).results()


def correlate_valid(a: ArrayLike, b: ArrayLike) -> Values:
    """Return the results of `correlate_full` for complete overlaps: |n − m| + 1 results.

    >>> correlate_valid([1, 2, 3], [0, 1])
    array([2., 3.])
    """
    return _overlap("correlate", "valid", a, b).results()


def convolve_valid(a: ArrayLike, b: ArrayLike) -> Values:
    """Return the results of `convolve_full` for complete overlaps: |n − m| + 1 results.

    >>> convolve_valid([1, 2, 3], [0, 1])
    array([1., 2.])
    """
    return _overlap("convolve", "valid", a, b).results()


def trace_cross_correlate(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the only window position of `cross_correlate`, with the products.

    >>> trace_cross_correlate([1, 2, 3], [4, 5, 6])[0].products
    array([ 4., 10., 18.])
    """
    a, b = _two_alike(a, b)
    return Trace("cross_correlate", (), lambda _: WindowPosition.of((), (0,), a, b), a, (0,))


def trace_convolve(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the only window position of `convolve`; its kernel is b rotated by 180°.

    >>> trace_convolve([1, 2, 3], [4, 5, 6])[0].kernel
    array([6., 5., 4.])
    """
    a, b = _two_alike(a, b)
    return Trace("convolve", (), lambda _: WindowPosition.of((), (0,), a, b[::-1]), a, (0,))


def trace_correlate_full(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the window positions of `correlate_full`; `covered` is 0 where b extends beyond a."""
    return _overlap("correlate", "full", a, b).trace()


def trace_convolve_full(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the window positions of `convolve_full`; their kernel is b rotated by 180°.

    >>> [window.total for window in trace_convolve_full([1, 2], [1, 3])]
    [1.0, 5.0, 6.0]
    """
    return _overlap("convolve", "full", a, b).trace()


def trace_correlate_same(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the window positions of `correlate_same`."""
    return _overlap("correlate", "same", a, b).trace()


def trace_convolve_same(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the window positions of `convolve_same`."""
    return _overlap("convolve", "same", a, b).trace()


def trace_correlate_valid(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the window positions of `correlate_valid`."""
    return _overlap("correlate", "valid", a, b).trace()


def trace_convolve_valid(a: ArrayLike, b: ArrayLike) -> Trace[WindowPosition]:
    """Return the window positions of `convolve_valid`."""
    return _overlap("convolve", "valid", a, b).trace()


@dataclass(frozen=True)
class _Overlaps:
    """A vector and the kernel that slides along it; `shifts` are the indices of the overlaps to compute."""

    operation: str
    vector: Values
    kernel: Values
    shifts: range

    def results(self) -> Values:
        windows = sliding_window_view(np.pad(self.vector, len(self.kernel) - 1), len(self.kernel))
        return windows[self.shifts.start : self.shifts.stop] @ self.kernel

    def trace(self) -> Trace[WindowPosition]:
        size, hanging_over = len(self.vector), len(self.kernel) - 1

        def place(position: tuple[int, ...]) -> WindowPosition:
            start = self.shifts[position[0]] - hanging_over
            places = range(start, start + len(self.kernel))
            covered = [self.vector[index] if 0 <= index < size else 0.0 for index in places]
            return WindowPosition.of(position, (start,), np.array(covered), self.kernel)

        padded = np.pad(self.vector, hanging_over)
        return Trace(self.operation, (len(self.shifts),), place, padded, (hanging_over,))


def _overlap(kind: str, mode: str, a: ArrayLike, b: ArrayLike) -> _Overlaps:
    """Select overlaps: `kind` is correlate or convolve (turns b by 180°), `mode` is full, same or valid."""
    a, b = _two_vectors(a, b)
    turned = kind == "convolve"
    shifts = range(len(a) + len(b) - 1)
    if mode == "same":
        shifts = shifts[_same(len(a), len(b), turned)]
    elif mode == "valid":
        shifts = shifts[min(len(a), len(b)) - 1 : max(len(a), len(b))]
    return _Overlaps(f"{kind}_{mode}", a, b[::-1] if turned else b, shifts)


def _same(n: int, m: int, turned: bool) -> slice:
    """Return which overlaps NumPy's `same` keeps; it slides the shorter vector along the longer one."""
    # Exchanging the vectors reverses the results of a cross-correlation, but not those of a convolution.
    first = (min(n, m) - 1) // 2 if turned or m <= n else n // 2
    return slice(first, first + max(n, m))


def _two_vectors(a: ArrayLike, b: ArrayLike) -> tuple[Values, Values]:
    return as_values("a", a, 1), as_values("b", b, 1)


def _two_alike(a: ArrayLike, b: ArrayLike) -> tuple[Values, Values]:
    a, b = _two_vectors(a, b)
    if len(a) != len(b):
        raise UsageError(
            f"a has {count_of(len(a), 'number')} and b has {len(b)}; give equally long vectors, or slide one along the "
            "other with full, same or valid."
        )
    return a, b
