"""The ends of ONNX graphs: a softmax goes over the classes, and what follows it leaves them in their order."""

from typing import Any

import numpy as np
import pytest
from tests.trained_model.graphs_by_hand import ROW, graph_of, outputs_of, run

from convlens import Network, NetworkError, TrainedModel

TEXT = "conv 4 3x3 pad 1, maxpool 2, dense 5"
SOFT = [*ROW, "cool = Mul z half", ("p = Softmax cool", {"axis": 1})]
MORE = {
    "reversed": np.array([4, 3, 2, 1, 0]),
    "axes": np.array([1]),
    "both": np.array([2, 3]),
    "whole": np.array([-1, 5]),
}


FLOATS = ("y = Cast d", {"to": 1})


def graph(*nodes: Any, opset: int = 17) -> bytes:
    return graph_of(*nodes, opset=opset, **MORE)


BEHIND = {
    "classes in another order": ([("y = Gather p reversed", {"axis": 1})], r"^the_y \(Gather\) follows the_p"),
    "another order far behind": (
        [("g = Gather p reversed", {"axis": 1}), "y = Identity g"],
        r"^the_g \(Gather\) follows the_p \(Softmax\), which Convlens has at the end only\.$",
    ),
    "one of several is wrong": (["n = Neg p", "d = Less p n", FLOATS], r"^the_n \(Neg\) follows the_p \(Softmax\)"),
    "the likeliest last": (["y = Neg p"], r"^the_y \(Neg\) follows the_p \(Softmax\)"),
    "the best of the images": (["d = ArgMax p", FLOATS], r"^the_d \(ArgMax\) follows the_p \(Softmax\)"),
    "the best of all": (["y = ReduceMax p"], r"^the_y \(ReduceMax\) follows the_p \(Softmax\)"),
    "classes moved": ([("y = Transpose p", {"perm": [1, 0]})], r"^the_y \(Transpose\) follows the_p \(Softmax\)"),
}


@pytest.mark.parametrize("name", BEHIND)
def test_what_changes_the_order_of_the_classes_is_refused(name: str):
    nodes, message = BEHIND[name]
    content = graph(*SOFT, *nodes)
    with pytest.raises(NetworkError, match=message):
        TrainedModel.from_onnx(content)
    model = TrainedModel.from_onnx(outputs_of(content, "y", "p"))  # the probabilities are an output, too
    assert (str(model.network), model.calibration.temperature) == (TEXT, 2.0)


@pytest.mark.parametrize(
    "nodes",
    [
        [("d = ArgMax p", {"axis": 1}), FLOATS],
        [("d = ArgMax p", {"axis": -1, "keepdims": 0}), FLOATS],
        [("m = ReduceMax p", {"axes": [1]}), "n = Less m half", "d = Not n", FLOATS],
        ["last = Log p"],
        ["last = Reshape p whole"],
        ["size = Shape p", "last = Reshape p size"],
    ],
)
def test_decisions_and_shapes_behind_the_probabilities_are_left_out(nodes: list[Any]):
    model = TrainedModel.from_onnx(graph(*SOFT, *nodes))
    assert (str(model.network), model.calibration.temperature) == (TEXT, 2.0)


MAPS = "c = Conv x kernels"
AXES = {
    "softmax over the images": ([*ROW, ("y = Softmax z", {"axis": 0})], 17, "0"),
    "log-softmax over the images": ([*ROW, ("y = LogSoftmax z", {"axis": 0})], 17, "0"),
    "softmax over rows of maps": ([MAPS, ("y = Softmax c", {"axis": 2})], 17, "2"),
    "softmax over the last axis of maps": ([MAPS, "y = Softmax c"], 17, "-1"),
    "argmax over the images": ([*ROW, "y = ArgMax z"], 17, "0"),
    "largest of maps": ([MAPS, ("y = ReduceMax c", {"axes": [2, 3]})], 17, r"\[2, 3\]"),
    "largest of maps since opset 18": ([MAPS, "y = ReduceMax c both"], 18, r"\[2, 3\]"),
    "largest of all": ([*ROW, "y = ReduceMax z"], 17, "None"),
}


@pytest.mark.parametrize("name", AXES)
def test_other_axes_than_the_classes_are_refused(name: str):
    nodes, opset, axis = AXES[name]
    with pytest.raises(NetworkError, match=rf"^the_y \(\w+\) goes over axis {axis}\. Convlens has this over the clas"):
        Network.from_onnx(graph(*nodes, opset=opset))


@pytest.mark.parametrize(
    ("nodes", "opset"),
    [
        ([*ROW, "y = Softmax z"], 17),
        ([*ROW, "y = Softmax z"], 11),  # before opset 13, the axis was 1 by default
        ([MAPS, "y = Softmax c"], 11),  # which was this axis and all behind it
        ([*ROW, ("y = LogSoftmax z", {"axis": -1})], 17),
        ([*ROW, ("y = ReduceMax z axes", {"keepdims": 0})], 18),
    ],
)
def test_the_axis_of_the_classes_in_every_form(nodes: list[Any], opset: int):
    content = graph(*nodes, opset=opset)
    model = TrainedModel.from_onnx(content)
    images = np.random.default_rng(1).integers(0, 256, (3, 3, 6, 4), np.uint8)
    answers, found = run(content, images.astype(np.float32) / 255), model.logits(images)
    if "Softmax" in str(nodes[-1]):
        found = model.calibration.probabilities(found)
        answers = np.exp(answers) if "LogSoftmax" in str(nodes[-1]) else answers
    else:
        found = found.max(axis=1)
    np.testing.assert_allclose(found, answers.reshape(found.shape), atol=1e-5)


def test_a_softmax_for_each_pixel_of_maps_is_noticed():
    content = graph(MAPS, ("y = Softmax c", {"axis": 1}))
    with pytest.raises(NetworkError, match=r"a probability differs by .* of the largest\. Give one that ends in the l"):
        TrainedModel.from_onnx(content)
