"""What all traces have in common: length, places, indexing, JSON, and window positions that cannot be changed."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest

from convlens import by_hand
from convlens.errors import UsageError

MATRIX = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
KERNEL = [[1, 0], [0, 1]]
TRACES: dict[str, tuple[Callable[[], by_hand.Trace[Any]], tuple[int, ...]]] = {
    "cross_correlate": (lambda: by_hand.trace_cross_correlate([1, 2], [3, 4]), ()),
    "convolve": (lambda: by_hand.trace_convolve([1, 2], [3, 4]), ()),
    "correlate_full": (lambda: by_hand.trace_correlate_full([1, 2, 3], [3, 4]), (4,)),
    "correlate_same": (lambda: by_hand.trace_correlate_same([1, 2, 3], [3, 4]), (3,)),
    "correlate_valid": (lambda: by_hand.trace_correlate_valid([1, 2, 3], [3, 4]), (2,)),
    "convolve_full": (lambda: by_hand.trace_convolve_full([1, 2, 3], [3, 4]), (4,)),
    "convolve_same": (lambda: by_hand.trace_convolve_same([1, 2, 3], [3, 4]), (3,)),
    "convolve_valid": (lambda: by_hand.trace_convolve_valid([1, 2, 3], [3, 4]), (2,)),
    "cross_correlate2d": (lambda: by_hand.trace_cross_correlate2d(MATRIX, KERNEL, padding=1), (4, 4)),
    "convolve2d": (lambda: by_hand.trace_convolve2d(MATRIX, KERNEL), (2, 2)),
    "conv2d": (lambda: by_hand.trace_conv2d([MATRIX], [[KERNEL], [KERNEL]], [1, -20], activation="relu"), (2, 2, 2)),
    "max_pool2d": (lambda: by_hand.trace_max_pool2d([MATRIX], 2, padding=1), (1, 2, 2)),
    "avg_pool2d": (lambda: by_hand.trace_avg_pool2d(MATRIX, 2, ceil_mode=True), (2, 2)),
    "dense": (lambda: by_hand.trace_dense(np.array([1.0, 2.0]), np.ones((3, 2)), np.zeros(3)), (3,)),
    "add": (lambda: by_hand.trace_add([np.ones((2, 1, 3)), np.ones((2, 1, 3))], [-1, 4]), (2, 1, 3)),
    "concatenate": (lambda: by_hand.trace_concatenate([np.ones((2, 2, 1)), np.ones((1, 2, 1))], [0, 0]), (3, 2, 1)),
    "kernel_weight_gradient": (
        lambda: by_hand.trace_kernel_weight_gradient([MATRIX], [KERNEL], (0, 0, 0, 0), 2),
        (2, 2),
    ),
}


def described(trace: by_hand.Trace[Any]) -> list[str]:
    return [json.dumps(window.as_dict()) for window in trace]


def test_every_trace_of_the_package_is_in_the_table() -> None:
    names = {name.removeprefix("trace_") for name in by_hand.__all__ if name.startswith("trace_")}
    assert names - {"layer"} == set(TRACES)  # that of a network's layer is one of the others


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_is_json(name: str) -> None:
    make, shape = TRACES[name]
    trace = make()
    found = json.loads(json.dumps(trace.as_dict(), allow_nan=False))
    assert (found["operation"], found["shape"]) == (name, list(shape))
    assert [tuple(one["position"]) for one in found["positions"]] == list(np.ndindex(*shape))
    assert all(set(one) == {field.name for field in fields(trace[0])} for one in found["positions"])
    assert found["positions"] == found["placements"] == [one.as_dict() for one in trace]


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_is_indexed_as_a_list_and_by_place(name: str) -> None:
    make, shape = TRACES[name]
    trace = make()
    assert isinstance(trace, Sequence)
    assert len(trace) == np.prod(shape)
    everything = described(trace)
    assert [json.dumps(trace[number].as_dict()) for number in range(-len(trace), 0)] == everything
    assert [json.dumps(trace.at(*position).as_dict()) for position in np.ndindex(*shape)] == everything
    assert [json.dumps(one.as_dict()) for one in trace[::-1]] == everything[::-1]
    assert [json.dumps(one.as_dict()) for one in trace[1:100]] == everything[1:]
    assert trace[5:5] == []
    for number in (len(trace), -len(trace) - 1):
        with pytest.raises(IndexError, match=f"window position {number} of {len(trace)}"):
            trace[number]


@pytest.mark.parametrize("name", TRACES)
def test_a_place_outside_of_the_result_is_refused_with_the_last_one(name: str) -> None:
    make, shape = TRACES[name]
    trace = make()
    outside = [(*shape, 0), (0,) * (len(shape) + 1)]
    if shape:
        outside += [shape, (*shape[:-1], -1), (), (0,) * (len(shape) - 1)]
    for position in outside:
        last = ", ".join(str(size - 1) for size in shape)
        place = rf"position {re.escape(str(list(position)))} is not in the result"
        message = place + (rf" \(.*\); the last one is \[{last}\]" if shape else ", a single number; leave it out")
        with pytest.raises(UsageError, match=message):
            trace.at(*position)


@pytest.mark.parametrize("name", TRACES)
def test_no_field_of_a_window_position_can_be_changed(name: str) -> None:
    window = TRACES[name][0]()[0]
    for field in fields(window):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field.name}'"):
            setattr(window, field.name, None)


def test_a_trace_says_what_it_is() -> None:
    assert repr(TRACES["conv2d"][0]()) == "<Trace of conv2d: 8 window positions, result 2×2×2>"
    assert repr(TRACES["cross_correlate"][0]()) == "<Trace of cross_correlate: 1 window position, result 1>"
    large = by_hand.trace_cross_correlate2d(np.zeros((1000, 1000)), [[1]])
    assert repr(large) == "<Trace of cross_correlate2d: 1,000,000 window positions, result 1000×1000>"


def test_a_trace_keeps_what_the_window_slides_over() -> None:
    trace = by_hand.trace_cross_correlate2d([[5]], [[1, 2]], padding=(0, 2), dilation=(1, 3))
    assert trace.source.tolist() == [[0, 0, 5, 0, 0]]
    assert (trace.padding, trace.dilation) == ((0, 2), (1, 3))
    vector = TRACES["convolve_full"][0]()
    assert (vector.source.tolist(), vector.padding) == ([0, 1, 2, 3, 0], (1,))


def test_numbers_of_numpy_are_places_too_and_stay_json() -> None:
    trace = TRACES["cross_correlate2d"][0]()
    place = np.argwhere(by_hand.cross_correlate2d(MATRIX, KERNEL, padding=1) == 14)[0]  # 5 + 9
    found = trace.at(*place)
    assert found.covered.tolist() == [[5, 6], [8, 9]]
    assert json.loads(json.dumps(found.as_dict()))["position"] == [2, 2]
    last: Any = np.int64(-1)
    assert trace[last].covered.tolist() == [[9, 0], [0, 0]]
