"""Every kind of layer as ONNX computes what the engine computes, with literal numbers for a small network."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from random_networks import Case, cases, make_case

from convlens.engines import Plan, Weights, open_engine
from convlens.exports.onnx_file.graph import Graph
from convlens.exports.onnx_file.network import add_layers
from convlens.exports.onnx_file.running import open_session
from convlens.layers import BLOCKS, JOINS, KINDS
from convlens.network import Network
from convlens.preprocessing import Normalisation

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

NETWORKS = [
    "conv 4 3x2 pad 1x0 stride 2x1 dilation 1x2, conv 6 3x3 groups 2, dense",
    "maxpool 3x2 stride 2x1 pad 1x0, avgpool 3x2 stride 1x2 pad 1x1, flatten, dense 5, relu, dense",
    "batchnorm, leaky_relu 0.3, conv 3 1x1, globalavgpool, dense 4, batchnorm, dense",
    "conv 2 3x3, gelu, dropout 0.5, dense 6, silu, dense 6, tanh, dense 6, sigmoid, dense",
    "residual(conv 5 3x3, relu, shortcut conv 5 3x3), concat(conv 2 1x1; ; maxpool 3 stride 1 pad 1), dense",
]


def run_onnx(plan: Plan, weights: Weights, values: np.ndarray) -> np.ndarray:
    """The output of the network for float32 values, N×C×H×W."""
    graph = Graph(onnx)
    images = graph.take("images", np.float32, ["N", *plan.input_shape])
    graph.give("logits", add_layers(graph, plan, weights, images), np.float32, ["N", plan.classes])
    content = graph.finish("network", {}).SerializeToString()
    return open_session(content, threads=1).run(None, {"images": values})[0]


def compare(case: Case) -> None:
    engine = open_engine(case.plan, "auto", "cpu", 1)
    engine.set_weights(case.weights)
    expected = engine.logits(case.images)
    found = run_onnx(case.plan, case.weights, case.plan.normalisation.apply(case.images))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(expected).max())))


@pytest.mark.parametrize("text", NETWORKS)
def test_every_kind_of_layer(text: str):
    plan = Plan(Network(text), (2, 9, 8), 3, Normalisation((0.2, 0.4), (0.5, 0.25)))
    compare(make_case(plan, 5, 0.0, False, 1, seed=2))


def test_no_kind_is_left_out():
    words = {*KINDS, *JOINS, *BLOCKS}
    nodes = [node for text in NETWORKS for node in Network(text).resolve((2, 9, 8), 3)]
    assert {node.layer.word for node in nodes} | set(BLOCKS) == words


@settings(max_examples=25)
@given(cases())
def test_random_networks(case: Case):
    compare(case)


X = [[-2.0, -0.5], [0.0, 3.0]]
LITERALS: list[tuple[str, dict[str, Any], list[float]]] = [
    # One kernel with rows (1, 2) and (3, 4): −2·1 − 0.5·2 + 0·3 + 3·4 = 9, and the bias 0.5.
    ("conv 1 2x2", {"0.weight": [[[[1, 2], [3, 4]]]], "0.bias": [0.5]}, [9.5]),
    # Upper left position of a window with padding: only the −2 is inside, under the 4.
    ("conv 1 2x2 pad 1 stride 3", {"0.weight": [[[[1, 2], [3, 4]]]], "0.bias": [0]}, [-8]),
    ("dense", {"1.weight": [[1, 10, 100, 1000], [0, 2, 0, 0]], "1.bias": [0.5, -1]}, [2993.5, -2]),
    ("maxpool 2", {}, [3]),
    ("maxpool 2 pad 1 stride 2", {}, [-2, -0.5, 0, 3]),
    ("avgpool 2", {}, [0.125]),
    ("avgpool 2 pad 1 stride 2", {}, [-0.5, -0.125, 0, 0.75]),
    ("globalavgpool", {}, [0.125]),
    # (x − 1)/√(4 − 0.00001 + 0.00001)·3 + 7
    (
        "batchnorm",
        {"0.weight": [3], "0.bias": [7], "0.running_mean": [1], "0.running_var": [4 - 1e-5]},
        [2.5, 4.75, 5.5, 10],
    ),
    ("relu", {}, [0, 0, 0, 3]),
    ("leaky_relu 0.25", {}, [-0.5, -0.125, 0, 3]),
    ("sigmoid", {}, [0.11920292, 0.37754067, 0.5, 0.95257413]),
    ("silu", {}, [-0.23840584, -0.18877033, 0, 2.8577224]),
    ("tanh", {}, [-0.96402758, -0.46211716, 0, 0.99505475]),
    ("gelu", {}, [-0.04550026, -0.15426877, 0, 2.99595031]),
    ("dropout 0.5", {}, [-2, -0.5, 0, 3]),
    ("residual(relu)", {}, [-2, -0.5, 0, 6]),
    ("concat(; relu)", {}, [-2, -0.5, 0, 3, 0, 0, 0, 3]),
]


@pytest.mark.parametrize(("text", "weights", "expected"), LITERALS)
def test_numbers_by_hand(text: str, weights: dict[str, Any], expected: list[float]):
    # A network needs weights; so others begin with a convolution that changes nothing.
    arrays = {name: np.array(values, np.float32) for name, values in weights.items()}
    if text.split()[0] not in ("conv", "dense"):
        text = f"conv 1 1x1, {text}, flatten"
        arrays = {f"1.{name[2:]}": array for name, array in arrays.items()}
        arrays |= {"0.weight": np.ones((1, 1, 1, 1), np.float32), "0.bias": np.zeros(1, np.float32)}
    plan = Plan(Network(text), (1, 2, 2), len(expected), Normalisation())
    found = run_onnx(plan, arrays, np.array([[X]], np.float32))
    assert found.shape == (1, len(expected))
    np.testing.assert_allclose(found[0], expected, rtol=1e-6, atol=1e-7)
    assert math.isfinite(float(found.sum()))
