"""Vectors and matrices by hand against NumPy and SciPy, on drawn numbers: results, and every position behind them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from convlens import by_hand
from convlens.by_hand import Trace, WindowPosition

MODES = ["full", "same", "valid"]
SLIDING: dict[tuple[str, str], Callable[..., np.ndarray]] = {
    ("correlate", "full"): by_hand.correlate_full,
    ("correlate", "same"): by_hand.correlate_same,
    ("correlate", "valid"): by_hand.correlate_valid,
    ("convolve", "full"): by_hand.convolve_full,
    ("convolve", "same"): by_hand.convolve_same,
    ("convolve", "valid"): by_hand.convolve_valid,
}
TRACES: dict[tuple[str, str], Callable[..., Trace[WindowPosition]]] = {
    ("correlate", "full"): by_hand.trace_correlate_full,
    ("correlate", "same"): by_hand.trace_correlate_same,
    ("correlate", "valid"): by_hand.trace_correlate_valid,
    ("convolve", "full"): by_hand.trace_convolve_full,
    ("convolve", "same"): by_hand.trace_convolve_same,
    ("convolve", "valid"): by_hand.trace_convolve_valid,
}
# Whole numbers: then every sum is exact, and an equal sign means equal.
vectors = st.lists(st.integers(-99, 99), min_size=1, max_size=9)


@st.composite
def matrices_and_kernels(draw: Any) -> tuple[np.ndarray, np.ndarray]:
    """A matrix and a kernel that is at most as large, of whole numbers."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    height, width = rows + draw(st.integers(0, 4)), columns + draw(st.integers(0, 4))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    return random.integers(-99, 100, (height, width)), random.integers(-99, 100, (rows, columns))


def check_positions(trace: Trace[WindowPosition], source: np.ndarray, kernel: np.ndarray, result: np.ndarray) -> None:
    """Each position covers what lies there, multiplies it with the kernel, and its sum is its place in the result."""
    assert (trace.shape, len(trace)) == (result.shape, result.size)
    for position, window in zip(np.ndindex(result.shape), trace, strict=True):
        assert window.position == position
        covered: list[Any] = [
            source[place] if all(0 <= index < size for index, size in zip(place, source.shape, strict=True)) else 0
            for place in (tuple(np.add(window.start, tap)) for tap in np.ndindex(kernel.shape))
        ]
        np.testing.assert_array_equal(window.covered, np.reshape(covered, kernel.shape))
        np.testing.assert_array_equal(window.kernel, kernel)
        np.testing.assert_array_equal(window.products, window.covered * kernel)
        assert window.channel_sums == (window.products.sum(),)
        assert window.bias == 0
        assert window.total == window.result == result[position]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", ["correlate", "convolve"])
@given(vectors, vectors)
def test_sliding_vectors_give_what_numpy_gives(operation: str, mode: Any, a: list[int], b: list[int]) -> None:
    expected = getattr(np, operation)(a, b, mode)
    found = SLIDING[operation, mode](a, b)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", ["correlate", "convolve"])
@given(vectors, vectors)
def test_sliding_vectors_give_what_scipy_gives(operation: str, mode: Any, a: list[int], b: list[int]) -> None:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)  # of these SciPy's `same` is as long as the first
    expected = getattr(signal, operation)(longer, shorter, mode, method="direct")
    np.testing.assert_array_equal(SLIDING[operation, mode](longer, shorter), expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", ["correlate", "convolve"])
@given(vectors, vectors)
def test_the_window_positions_of_vectors_add_up(operation: str, mode: str, a: list[int], b: list[int]) -> None:
    kernel = np.array(b[::-1] if operation == "convolve" else b, float)
    check_positions(TRACES[operation, mode](a, b), np.array(a, float), kernel, SLIDING[operation, mode](a, b))


@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=1, max_size=12))
def test_dot_products_are_numpys(pairs: list[tuple[int, int]]) -> None:
    a, b = (list(numbers) for numbers in zip(*pairs, strict=True))
    assert by_hand.cross_correlate(a, b) == np.dot(a, b)
    assert by_hand.convolve(a, b) == np.dot(a, b[::-1])
    assert by_hand.trace_cross_correlate(a, b).at().products.tolist() == np.multiply(a, b).tolist()
    assert by_hand.trace_convolve(a, b).at().products.tolist() == np.multiply(a, b[::-1]).tolist()


@given(matrices_and_kernels())
def test_cross_correlated_matrices_are_scipys(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, kernel = drawn
    rows, columns = kernel.shape
    full = by_hand.cross_correlate2d(matrix, kernel, padding=(rows - 1, columns - 1))
    np.testing.assert_array_equal(
        by_hand.cross_correlate2d(matrix, kernel), signal.correlate2d(matrix, kernel, "valid")
    )
    np.testing.assert_array_equal(full, signal.correlate2d(matrix, kernel, "full"))
    if rows % 2 and columns % 2:  # only then is as much padding needed before as behind
        same = by_hand.cross_correlate2d(matrix, kernel, padding=(rows // 2, columns // 2))
        np.testing.assert_array_equal(same, signal.correlate2d(matrix, kernel, "same"))


@given(matrices_and_kernels())
def test_convolved_matrices_are_scipys(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, kernel = drawn
    rows, columns = kernel.shape
    full = by_hand.convolve2d(matrix, kernel, padding=(rows - 1, columns - 1))
    np.testing.assert_array_equal(by_hand.convolve2d(matrix, kernel), signal.convolve2d(matrix, kernel, "valid"))
    np.testing.assert_array_equal(full, signal.convolve2d(matrix, kernel, "full"))
    if rows % 2 and columns % 2:
        same = by_hand.convolve2d(matrix, kernel, padding=(rows // 2, columns // 2))
        np.testing.assert_array_equal(same, signal.convolve2d(matrix, kernel, "same"))


@pytest.mark.parametrize(("padding_mode", "numpys"), [("zeros", "constant"), ("reflect",) * 2, ("replicate", "edge")])
@given(matrices_and_kernels(), st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.integers(1, 3))
def test_strides_and_filled_edges_are_those_of_a_padded_matrix(
    padding_mode: Any,
    numpys: Any,
    drawn: tuple[np.ndarray, np.ndarray],
    rows: int,
    columns: int,
    down: int,
    right: int,
) -> None:
    matrix, kernel = drawn
    if padding_mode == "reflect":
        rows, columns = min(rows, len(matrix) - 1), min(columns, matrix.shape[1] - 1)
    padded = np.pad(matrix, ((rows, rows), (columns, columns)), numpys)
    expected = signal.correlate2d(padded, kernel, "valid")[::down, ::right]
    found = by_hand.cross_correlate2d(matrix, kernel, (down, right), (rows, columns), padding_mode=padding_mode)
    np.testing.assert_array_equal(found, expected)
    turned = by_hand.convolve2d(matrix, by_hand.rotate(kernel), (down, right), (rows, columns), 1, padding_mode)
    np.testing.assert_array_equal(turned, expected)


@given(matrices_and_kernels(), st.integers(0, 2), st.integers(1, 3))
def test_the_window_positions_of_matrices_add_up(
    drawn: tuple[np.ndarray, np.ndarray], padding: int, stride: int
) -> None:
    matrix, kernel = drawn
    found = by_hand.cross_correlate2d(matrix, kernel, stride, padding)
    check_positions(by_hand.trace_cross_correlate2d(matrix, kernel, stride, padding), matrix, kernel, found)
    turned = by_hand.convolve2d(matrix, kernel, stride, padding)
    trace = by_hand.trace_convolve2d(matrix, kernel, stride, padding)
    check_positions(trace, matrix, kernel[::-1, ::-1], turned)


@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))
def test_coverage_is_what_a_convolution_sends_back(
    size: int, kernel_size: int, stride: int, padding: int, dilation: int
) -> None:
    padding = max(padding, (dilation * (kernel_size - 1) + 1 - size + 1) // 2)  # so that the kernel fits
    padded = np.zeros((size + 2 * padding,) * 2)
    reach = dilation * (kernel_size - 1) + 1
    for row in range(0, len(padded) - reach + 1, stride):
        for column in range(0, len(padded) - reach + 1, stride):
            padded[row : row + reach : dilation, column : column + reach : dilation] += 1
    found = by_hand.count_coverage(size, kernel_size, stride, padding, dilation)
    np.testing.assert_array_equal(found, padded[padding : padding + size, padding : padding + size])


def test_a_trace_of_a_large_matrix_computes_only_what_is_asked_for() -> None:
    matrix = np.arange(1_000_000.0).reshape(1000, 1000)
    trace = by_hand.trace_cross_correlate2d(matrix, np.ones((3, 3)), padding=1)
    assert len(trace) == 1_000_000
    computed = []
    place = trace._place
    trace._place = lambda position: computed.append(position) or place(position)
    assert trace[-1].total == 998_998 + 998_999 + 999_998 + 999_999
    assert trace.at(1, 1).total == 9 * 1001
    assert computed == [(999, 999), (1, 1)]
