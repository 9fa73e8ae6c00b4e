"""The peer computes what Convlens computes: same networks, logits and first step; else its time means nothing."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from convlens.engines.engine import LossSettings, OptimizerSettings, Plan
from convlens.engines.native import NativeEngine
from convlens.network import TUTORIAL, Network, initial_weights
from convlens.preprocessing import Normalisation
from native_training import DEEP, RESIDUAL, WIDE
from torch_eager import (
    LAYOUTS,
    Layout,
    accuracy_of,
    as_floats,
    deep_network,
    residual_network,
    training_epoch,
    tutorial_network,
    wide_network,
    with_weights,
)

NETWORKS = [
    pytest.param(tutorial_network, TUTORIAL, (1, 28, 28), 9098, id="tutorial"),
    pytest.param(wide_network, WIDE, (3, 32, 32), 896 + 18_496 + 73_856 + 20_490, id="wide"),
    pytest.param(deep_network, DEEP, (1, 28, 28), 160 + 5 * 2320 + 7850, id="deep"),
    pytest.param(residual_network, RESIDUAL, (3, 32, 32), 480 + 4704 + 14_624 + 57_920 + 650, id="residual"),
]


def make_engine(text: str, shape: tuple[int, int, int]) -> NativeEngine:
    plan = Plan(Network.from_text(text), shape, 10, Normalisation((0.0,) * shape[0], (1.0,) * shape[0]))
    engine = NativeEngine(plan)
    engine.set_weights(initial_weights(plan.network, shape, 10, seed=2))
    return engine


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("by_hand", "text", "shape", "parameters"), NETWORKS)
def test_the_networks_by_hand_are_those_of_the_engine(
    by_hand: Callable[[], nn.Sequential],
    text: str,
    shape: tuple[int, int, int],
    parameters: int,
    layout: Layout,
    random_images: Callable[..., tuple[np.ndarray, np.ndarray]],
):
    images, _ = random_images(17, shape, 10)
    engine = make_engine(text, shape)
    network = with_weights(by_hand, engine.weights(), layout).eval()
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    with torch.inference_mode():
        expected = network(as_floats(images, layout)).numpy()
    np.testing.assert_allclose(engine.logits(images), expected, rtol=1e-4, atol=1e-5)


def test_layouts_differ_in_memory_alone(random_images: Callable[..., tuple[np.ndarray, np.ndarray]]):
    images, _ = random_images(2, (3, 4, 5), 10)
    rows, channels_last = as_floats(images, "NCHW"), as_floats(images, "channels-last")
    assert rows.stride() == (60, 20, 5, 1)
    assert channels_last.stride() == (60, 1, 15, 3)
    assert torch.equal(rows, channels_last)
    assert channels_last[torch.tensor([1, 0])].stride() == (60, 1, 15, 3)
    assert rows[1, 2, 3, 4].item() == pytest.approx(images[1, 2, 3, 4] / 255)


def test_one_step_is_the_engines(random_images: Callable[..., tuple[np.ndarray, np.ndarray]]):
    images, labels = random_images(64, (1, 28, 28), 10)
    engine = make_engine(TUTORIAL, (1, 28, 28))
    before = engine.weights()
    network = with_weights(tutorial_network, before, "channels-last")
    training_epoch(network, as_floats(images), torch.from_numpy(labels), batch_size=64, learning_rate=0.001)()
    trainer = engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=0)
    trainer.run(np.arange(64), 64, np.array([0.001]))
    after = engine.weights()
    for name, parameter in network.named_parameters():
        # Adam's first step is the learning rate with the gradient's sign, however small the gradient; 0 stays 0.
        assert np.abs(after[name] - before[name]).max() == pytest.approx(0.001, rel=0.01)
        assert np.abs(parameter.detach().numpy() - after[name]).mean() < 2e-5


def test_accuracy_counts_right_answers(random_images: Callable[..., tuple[np.ndarray, np.ndarray]]):
    images, _ = random_images(1200, (1, 28, 28), 10)
    network = tutorial_network()
    with torch.inference_mode():
        answers = network(as_floats(images)).argmax(1).numpy()
    wrong = answers.copy()
    wrong[:300] = (wrong[:300] + 1) % 10
    assert accuracy_of(network, images, answers) == 1.0
    assert accuracy_of(network, images, wrong) == 0.75
