"""The operations that an exported Python file contains, with results worked out by hand."""

from typing import Any

import numpy as np
import pytest

from convlens.exports.python_runtime import OPERATIONS

VALUES = np.array([[-1.0, 0, 2]], np.float32)
OUTPUTS = {
    "relu": [0, 0, 2],
    "leaky_relu": [-0.25, 0, 2],
    "sigmoid": [0.26894143, 0.5, 0.88079708],
    "silu": [-0.26894143, 0, 1.76159416],
    "tanh": [-0.76159416, 0, 0.96402758],
    "gelu": [-0.15865526, 0, 1.95449974],
    "dropout": [-1, 0, 2],
}
WINDOW = {"kernel": (2, 2), "stride": (1, 2), "padding": (0, 1), "dilation": (1, 1), "groups": 1}
MAPS = np.array([[[[1, 2, 3], [4, 5, -6]]]], np.float32)


@pytest.mark.parametrize("word", OUTPUTS)
def test_activations(word: str) -> None:
    run: Any = OPERATIONS[word]
    found = run({"slope": 0.25}, {}, VALUES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [OUTPUTS[word]], rtol=1e-6)
    assert run({"slope": 0.25}, {}, np.empty((0, 3), np.float32)).shape == (0, 3)


def test_windows() -> None:
    """Padded to the left and right: the first window is 0 1 / 0 4, the second 2 3 / 5 −6."""
    maximum, mean = (OPERATIONS[word](WINDOW, {}, MAPS) for word in ("maxpool", "avgpool"))
    assert maximum.tolist() == [[[[4, 5]]]]
    assert mean.tolist() == [[[[1.25, 1]]]]
    weights = {"weight": np.array([[[[1, 10], [100, 1000]]]], np.float32), "bias": np.array([0.5], np.float32)}
    assert OPERATIONS["conv"](WINDOW, weights, MAPS).tolist() == [[[[4010.5, -5467.5]]]]
    assert OPERATIONS["globalavgpool"]({}, {}, MAPS).tolist() == [[[[1.5]]]]


def test_groups_read_their_own_channels() -> None:
    maps = np.array([[[[1]], [[2]], [[3]], [[4]]]], np.float32)
    layer = WINDOW | {"kernel": (1, 1), "stride": (1, 1), "padding": (0, 0), "groups": 2}
    weights = {"weight": np.array([[1, 10], [100, 1000]], np.float32).reshape(2, 2, 1, 1), "bias": np.zeros(2)}
    assert OPERATIONS["conv"](layer, weights, maps).tolist() == [[[[21]], [[4300]]]]


def test_rows_and_joins() -> None:
    rows = np.array([[1, 2], [3, 4]], np.float32)
    weights = {"weight": np.array([[1, 10], [100, 1000], [0, 1]], np.float32), "bias": np.array([0.5, 0, -1])}
    assert OPERATIONS["dense"]({}, weights, rows).tolist() == [[21.5, 2100, 1], [43.5, 4300, 3]]
    assert OPERATIONS["add"]({}, {}, rows, rows).tolist() == [[2, 4], [6, 8]]
    assert OPERATIONS["concat"]({}, {}, rows, rows[:, :1]).tolist() == [[1, 2, 1], [3, 4, 3]]
    assert OPERATIONS["flatten"]({}, {}, MAPS).tolist() == [[1, 2, 3, 4, 5, -6]]
    statistics = {"running_mean": [1, 0], "running_var": [3.75, 0], "weight": [2, 1], "bias": [0.5, 0]}
    arrays = {name: np.array(values, np.float32) for name, values in statistics.items()}
    normalised = OPERATIONS["batchnorm"]({"epsilon": 0.25}, arrays, rows)
    assert normalised.tolist() == [[0.5, 4], [2.5, 8]]  # (x − 1)/√4 · 2 + 0.5, and x/√0.25
