"""Networks with blocks in PyTorch: the module that a user gets, its names, and numbers worked out by hand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convlens.engines import Plan
from convlens.engines.torch_engine import TorchEngine, build_module, pool_before_relu
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

BLOCKS = (
    "conv 2 3x3 pad 1, residual(concat(conv 1 1x1; gelu; ), batchnorm, conv 4 1x1, shortcut conv 4 3x3 pad 1), silu, "
    "conv 4 2x2 groups 4, relu, maxpool 2, dense"
)


def open_blocks(text: str = BLOCKS) -> TorchEngine:
    plan = Plan(Network(text), (1, 6, 6), 3, Normalisation())
    engine = TorchEngine(plan, "cpu", threads=1)
    engine.set_weights(initial_weights(plan.network, plan.input_shape, plan.classes, seed=1))
    return engine


def test_an_addition_and_a_concatenation_by_hand():
    engine = TorchEngine(
        Plan(Network("residual(conv 1 1x1), concat(conv 1 1x1; ), dense"), (1, 1, 1), 2, Normalisation()), "cpu"
    )
    weights = {"0.body.0": ([[[[2]]]], [1]), "1.branches.0.0": ([[[[-1]]]], [0]), "3": ([[1, 10], [1, -1]], [0, 0])}
    named = {f"{path}.weight": np.array(weight, np.float32) for path, (weight, _) in weights.items()}
    engine.set_weights(named | {f"{path}.bias": np.array(bias, np.float32) for path, (_, bias) in weights.items()})
    # 1 → 2·1 + 1 = 3, added to 1: 4; concatenated −4 and 4; logits −4 + 40 and −4 − 4.
    values = [value.ravel().tolist() for value in engine.activations(np.full((1, 1, 1, 1), 255, np.uint8))]
    assert values == [[1], [3], [4], [-4], [-4, 4], [-4, 4], [36, -8]]


def test_the_state_dict_has_the_names_of_the_network_in_its_order():
    engine = open_blocks()
    module = build_module(engine.plan.network, (1, 6, 6), 3)
    shapes = engine.plan.network.parameter_shapes((1, 6, 6), 3)
    assert {name: tuple(value.shape) for name, value in module.state_dict().items()} == shapes
    assert set(engine.weights()) == set(shapes)
    assert isinstance(build_module(Network("conv 1 3x3, dense"), (1, 6, 6), 3), nn.Sequential)


def test_a_saved_module_needs_nothing_of_convlens(tmp_path: Path):
    engine = open_blocks()
    module = build_module(engine.plan.network, (1, 6, 6), 3).eval()
    module.load_state_dict({name: torch.from_numpy(array) for name, array in engine.weights().items()})
    torch.save(module, tmp_path / "module.pt")
    script = """
import sys
sys.modules["convlens"] = None
import torch
module = torch.load(sys.argv[1], weights_only=False)
images = torch.arange(72.0).reshape(2, 1, 6, 6) / 255
print(*module(images).flatten().tolist())
"""
    answer = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "module.pt")], capture_output=True, text=True, check=True
    )
    images = np.arange(72, dtype=np.uint8).reshape(2, 1, 6, 6)
    found = [float(number) for number in answer.stdout.split()]
    np.testing.assert_allclose(found, engine.logits(images).ravel(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("conv 1 3x3, relu, maxpool 2, dense", ["0", "2", "1", "3", "4"]),
        ("conv 1 3x3, relu, residual(maxpool 1), dense", ["0", "1", "2.body.0", "2", "3", "4"]),
        ("conv 1 3x3, residual(relu, maxpool 1), dense", ["0", "1.body.1", "1.body.0", "1", "2", "3"]),
        ("conv 1 3x3, leaky_relu, maxpool 2, dense", ["0", "1", "2", "3", "4"]),
    ],
)
def test_a_relu_moves_behind_a_pooling_only_where_nobody_else_reads_it(text: str, order: list[str]):
    nodes = pool_before_relu(Network(text).resolve((1, 6, 6), 3))
    assert [node.path for node in nodes] == order
    assert [node.index for node in nodes] == list(range(len(nodes)))
    assert all(index < node.index for node in nodes for index in node.inputs)


def test_logits_are_the_last_activation():
    engine = open_blocks()
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 6, 6), np.uint8)
    np.testing.assert_allclose(engine.logits(images), engine.activations(images)[-1], rtol=1e-5, atol=1e-6)
