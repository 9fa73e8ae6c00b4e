"""ONNX Runtime as the peer for inference: the tutorial's network, built node by node from Convlens's weights.

Nothing else needs the packages onnx and onnxruntime, so they are imported late, and the error says what to install.
"""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.engines.engine import Weights

INPUT, OUTPUT = "images", "logits"
OPSET, IR_VERSION = 17, 8
"""Old enough for every runtime of recent years."""


def require_onnx() -> tuple[Any, Any]:
    """Import the packages onnx and onnxruntime.

    Raises:
        SystemExit: one is not installed; the message says what to do.
    """
    try:
        return importlib.import_module("onnx"), importlib.import_module("onnxruntime")
    except ImportError as error:
        raise SystemExit(f"{error.name} is not installed. To compare: pip install onnx onnxruntime") from error


def tutorial_graph(weights: Weights) -> bytes:
    """Return the tutorial's network as an ONNX file: float32 images N×1×28×28, from 0 to 1 → logits N×10."""
    onnx, _ = require_onnx()
    node, pool = onnx.helper.make_node, {"kernel_shape": [2, 2], "strides": [2, 2]}
    convolution = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        node("Conv", [INPUT, "0.weight", "0.bias"], ["maps1"], **convolution),
        node("Relu", ["maps1"], ["rectified1"]),
        node("MaxPool", ["rectified1"], ["pooled1"], **pool),
        node("Conv", ["pooled1", "3.weight", "3.bias"], ["maps2"], **convolution),
        node("Relu", ["maps2"], ["rectified2"]),
        node("MaxPool", ["rectified2"], ["pooled2"], **pool),
        node("Flatten", ["pooled2"], ["features"]),
        node("Gemm", ["features", "7.weight", "7.bias"], [OUTPUT], transB=1),
    ]
    describe, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "tutorial",
        [describe(INPUT, kind, ["N", 1, 28, 28])],
        [describe(OUTPUT, kind, ["N", 10])],
        [onnx.numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()],
    )
    opsets = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def open_session(model: bytes, threads: int) -> Any:
    """Open a session on the processor, with all of the runtime's optimizations."""
    _, runtime = require_onnx()
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run_session(session: Any, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute logits by the usual call."""
    return session.run([OUTPUT], {INPUT: images})[0]


def bound_call(session: Any, image: NDArray[np.float32]) -> tuple[Callable[[], object], NDArray[np.float32]]:
    """Return a call with input and output bound to fixed memory (the runtime's fastest way), and its output array.

    The call keeps both arrays alive.
    """
    output = np.empty((len(image), 10), np.float32)
    binding = session.io_binding()
    binding.bind_input(INPUT, "cpu", 0, np.float32, image.shape, image.ctypes.data)
    binding.bind_output(OUTPUT, "cpu", 0, np.float32, output.shape, output.ctypes.data)
    kept = image, output

    def call() -> object:
        session.run_with_iobinding(binding)
        return kept

    return call, output
