"""ONNX graphs that are written by hand, one text for each operator."""

from typing import Any

import numpy as np
import pytest

from convlens.exports.onnx_file.running import open_session

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper = onnx.helper

WIDE = [
    ("c = Conv x kernels", {"auto_pad": "SAME_UPPER"}),
    ("a = MaxPool c", {"kernel_shape": [2, 2], "strides": [2, 2]}),
]
ROW = [*WIDE, "row = Flatten a", ("z = Gemm row w b", {"transB": 1})]


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 0.5, shape).astype(np.float32)


CONSTANTS: dict[str, Any] = {
    "mean": draw(3, 1, 1),
    "std": np.abs(draw(3, 1, 1)) + 0.1,
    "kernels": draw(4, 3, 3, 3),
    "kernel_bias": draw(1, 4, 1, 1),
    "gamma": draw(4),
    "beta": draw(4) / 2,
    "average": draw(4) / 3,
    "variance": np.abs(draw(4)) + 0.1,
    "half": np.array([0.5], np.float32),
    "one": np.float32(1),
    "root": np.float32(2**0.5),
    "w": draw(5, 24),
    "wt": draw(24, 5),
    "b": draw(5),
    "b1": draw(1, 5),
    "small": draw(5, 4),
    "two": np.array([0, -1]),
    "zero": np.float32(0),
    "null": np.array(0),
    "null_axis": np.array([0]),
    "rest": np.array([-1]),
    "wider": draw(4, 4, 1, 1),
    "maps": np.array([2, 3]),
}


def graph_of(*nodes: Any, shape: Any = ("N", 3, 6, 4), dtype: Any = np.float32, opset: int = 17, **more: Any) -> bytes:
    """A file with a graph from x to the output of the last node; `nodes` are texts such as `y = Conv x kernels`."""
    made = []
    for node in nodes:
        text, attributes = node if isinstance(node, tuple) else (node, {})
        output, kind, *inputs = text.replace(" =", "").split()
        made.append(helper.make_node(kind, inputs, [output], name=f"the_{output}", **attributes))
    known = CONSTANTS | more
    used = {name for node in made for name in node.input if name in known}
    graph = helper.make_graph(
        made,
        "by hand",
        [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), list(shape))],
        [helper.make_tensor_value_info(made[-1].output[0], 1, ["N", "F"])],
        [onnx.numpy_helper.from_array(np.asarray(known[name]), name) for name in sorted(used)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


def run(content: bytes, values: np.ndarray) -> np.ndarray:
    return open_session(content, threads=1).run(None, {"x": values})[0]


def outputs_of(content: bytes, *names: str) -> bytes:
    """The graph with other outputs."""
    model = onnx.load_from_string(content)
    del model.graph.output[:]
    for name in names:
        axes = list("NCHW" if name in "ac" else "NF")
        model.graph.output.append(helper.make_tensor_value_info(name, 1, axes))
    return model.SerializeToString()
