"""The graph for ONNX Runtime computes what the engine computes, in every way in which it is called."""

import sys

import numpy as np
import pytest

from convlens.data import Dataset
from convlens.engines.engine import Plan, Weights
from convlens.engines.native import NativeEngine
from convlens.network import initial_weights, preset
from convlens.preprocessing import Normalisation
from onnx_peer import bound_call, open_session, require_onnx, run_session, tutorial_graph

PLAN = Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation((0.0,), (1.0,)))


@pytest.fixture
def weights() -> Weights:
    return initial_weights(PLAN.network, PLAN.input_shape, PLAN.classes, seed=4)


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_what_is_missing_is_named_with_the_remedy(missing: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None if name == missing else sys)
    with pytest.raises(SystemExit, match=f"^{missing} is not installed. To compare: pip install onnx onnxruntime$"):
        require_onnx()


def test_the_graph_is_the_engines_network(noise: Dataset, weights: Weights):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    images = noise.train.images[:37]
    floats = (images / 255).astype(np.float32)
    engine = NativeEngine(PLAN)
    engine.set_weights(weights)
    expected = engine.logits(images)
    session = open_session(tutorial_graph(weights), threads=1)
    np.testing.assert_allclose(run_session(session, floats), expected, atol=1e-5)
    call, output = bound_call(session, floats[5:6])
    output[:] = 0
    call()
    np.testing.assert_allclose(output, expected[5:6], atol=1e-5)
