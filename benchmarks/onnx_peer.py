"""ONNX Runtime as the peer for inference: the tutorial's network, as `convlens export --to onnx` builds it.

Nothing else needs the packages onnx and onnxruntime, so they are imported late, and the error says what to install.
"""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.engines.engine import Plan, Weights
from convlens.exports.onnx_file.graph import Graph
from convlens.exports.onnx_file.network import add_layers
from convlens.network import preset
from convlens.preprocessing import Normalisation

INPUT, OUTPUT = "images", "logits"
PLAN = Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation())


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
    """Return the tutorial's network as an ONNX file: float32 images N×1×28×28, from 0 to 1 → logits N×10.

    Exported files take bytes, and end with probabilities; here the peer gets and gives what costs it least.
    """
    onnx, _ = require_onnx()
    graph = Graph(onnx)
    images = graph.take(INPUT, np.float32, ["N", *PLAN.input_shape])
    graph.give(OUTPUT, add_layers(graph, PLAN, weights, images), np.float32, ["N", PLAN.classes])
    return graph.finish("tutorial", {}).SerializeToString()


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
