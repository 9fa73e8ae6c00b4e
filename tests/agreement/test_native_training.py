"""Training on the native engine: PyTorch's curves in float64; the same bits whatever the threads and chunks."""

from typing import Any

import numpy as np
import pytest
import torch

from convlens.engines import LossSettings, OptimizerSettings, Plan, Weights
from convlens.engines.native import NativeEngine, instruction_sets
from convlens.engines.torch_engine import TorchEngine
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

NAMES = instruction_sets()
OPTIMIZERS = {
    "adam": OptimizerSettings("adam"),
    "adam with decay": OptimizerSettings("adam", beta1=0.8, beta2=0.99, weight_decay=0.01),
    "adamw": OptimizerSettings("adamw", weight_decay=0.1),
    "sgd": OptimizerSettings("sgd", momentum=0, nesterov=False),
    "sgd with momentum": OptimizerSettings("sgd", momentum=0.9, nesterov=False, weight_decay=0.001),
    "sgd with nesterov": OptimizerSettings("sgd", momentum=0.9, nesterov=True, weight_decay=0.001),
}
PLAIN = "conv 6 3x3 pad 1, relu, maxpool 2, conv 5 2x2, leaky_relu 0.1, avgpool 2 stride 1, dense"
# Adam turns a gradient of zero into steps of rounding errors, and that of a bias before batch normalisation is zero.
NORMALISED = "batchnorm, conv 5 3x3 pad 1, tanh, avgpool 2, dense"
EVERYTHING = (
    "conv 9 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.25, conv 6 2x2, leaky_relu 0.1, dense 20, batchnorm, "
    "dropout 0.5, dense"
)
WITHOUT_BATCH_NORMALISATION = "conv 9 3x3 pad 1, relu, maxpool 2, conv 6 2x2, tanh, dropout 0.5, dense"


def make_plan(text: str, shape: tuple[int, int, int] = (1, 8, 8), classes: int = 10) -> Plan:
    return Plan(Network.from_text(text), shape, classes, Normalisation((0.3,) * shape[0], (0.4,) * shape[0]))


def first_weights(plan: Plan, seed: int = 0) -> Weights:
    return initial_weights(plan.network, plan.input_shape, plan.classes, seed)


def same(found: Weights, expected: Weights, message: str = "") -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=f"{message} {name}")


def near(found: Weights, expected: Weights, tolerance: float) -> None:
    """Every array to a share of its largest number."""
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=0, atol=tolerance * abs(array).max(), err_msg=name)


# --------------------------------------------------------------------------------------------- PyTorch's curves


def train_both(plan: Plan, optimizer: OptimizerSettings, digits_8x8: Any, name: str) -> tuple[Any, Any]:
    """20 steps of 100 digits on both: the engine, the trainer and what it reported of each."""
    images, labels = digits_8x8.train.images, digits_8x8.train.labels
    order = np.random.default_rng(1).integers(0, 1500, 1960)  # the last batch has 60
    rates = np.linspace(0.02, 0.002, 20) * (10 if optimizer.name == "sgd" else 1)
    results = []
    for engine in (
        TorchEngine(plan, "cpu", threads=1, precision=torch.float64),
        NativeEngine(plan, threads=2, instruction_set=name),
    ):
        engine.set_weights(first_weights(plan))
        trainer = engine.trainer(images, labels, optimizer, LossSettings(0.1), seed=0)
        results.append((engine, trainer, trainer.run(order, 100, rates)))
    return results[0], results[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("text", [PLAIN, NORMALISED], ids=["plain", "normalised"])
def test_twenty_steps_are_pytorchs(text, optimizer, name, digits_8x8):
    plan = make_plan(text)
    (torch_engine, torch_trainer, expected), (engine, trainer, found) = train_both(
        plan, OPTIMIZERS[optimizer], digits_8x8, name
    )
    assert found.losses[-1] < found.losses[0] - 0.01
    np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-5)
    np.testing.assert_array_equal(found.correct, expected.correct)
    near(engine.weights(), torch_engine.weights(), 1e-5)
    near(trainer.state(), torch_trainer.state(), 2e-5)
    if text == NORMALISED:
        assert engine.weights()["0.num_batches_tracked"] == 20


@pytest.mark.parametrize("there_and_back", [False, True], ids=["from torch", "to torch"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_goes_on_in_the_other_engine(optimizer, there_and_back, digits_8x8):
    plan, settings = make_plan(NORMALISED), OPTIMIZERS[optimizer]
    images, labels = digits_8x8.train.images, digits_8x8.train.labels
    order, rates = np.random.default_rng(2).integers(0, 1500, 600), np.full(6, 0.01)
    engines = [NativeEngine(plan, 2), TorchEngine(plan, "cpu", threads=1), NativeEngine(plan, 1)]
    whole, first, second = engines if not there_and_back else (engines[1], engines[0], TorchEngine(plan, "cpu", 1))
    for engine in (whole, first):
        engine.set_weights(first_weights(plan))
    whole_trainer, first_trainer, second_trainer = (
        engine.trainer(images, labels, settings, LossSettings(), seed=0) for engine in (whole, first, second)
    )
    whole_trainer.run(order, 100, rates)
    first_trainer.run(order[:300], 100, rates[:3])
    second.set_weights(first.weights())
    second_trainer.load_state(first_trainer.state())
    second_trainer.run(order[300:], 100, rates[3:])
    near(second.weights(), whole.weights(), 2e-5)
    near(second_trainer.state(), whole_trainer.state(), 3e-5)
    assert second_trainer.state()["step"] == second.weights()["0.num_batches_tracked"] == 6


def test_five_epochs_learn_the_digits(digits_8x8):
    plan = make_plan("conv 16 3x3 pad 1, relu, maxpool 2, conv 32 3x3 pad 1, relu, maxpool 2, dense")
    engine = NativeEngine(plan, threads=2)
    engine.set_weights(first_weights(plan))
    train, test = digits_8x8.train, digits_8x8.test
    trainer = engine.trainer(train.images, train.labels, OptimizerSettings(), LossSettings(), seed=0)
    for epoch in range(5):
        trainer.run(np.random.default_rng(epoch).permutation(1500), 25, np.full(60, 0.003))
    answers = engine.logits(test.images).argmax(1)
    assert (answers == test.labels).mean() > 0.9


# ------------------------------------------------------------------------------------------------- the same bits


class Run:
    """Training of random images: what is compared, bit for bit."""

    def __init__(self, text: str, name: str, threads: int, optimizer: OptimizerSettings, seed: int = 3) -> None:
        self.plan = make_plan(text, (2, 9, 10), 5)
        random = np.random.default_rng(0)
        self.images = random.integers(0, 256, (90, 2, 9, 10), np.uint8)
        self.labels = random.integers(0, 5, 90)
        self.order = random.integers(0, 90, 8 * 37 - 6)  # the last batch has 31
        self.rates = np.linspace(0.02, 0.01, 8)
        self.engine = NativeEngine(self.plan, threads, name)
        self.engine.set_weights(first_weights(self.plan))
        loss = LossSettings(0.1, (1.0, 2.0, 0.5, 1.5, 1.0))
        self.trainer = self.engine.trainer(self.images, self.labels, optimizer, loss, seed)

    def steps(self, first: int, last: int) -> tuple[list[float], list[int]]:
        found = self.trainer.run(self.order[first * 37 : last * 37], 37, self.rates[first:last])
        return found.losses.tolist(), found.correct.tolist()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", [EVERYTHING, WITHOUT_BATCH_NORMALISATION], ids=["everything", "one pass"])
def test_threads_change_no_bit(text, name):
    one = Run(text, name, 1, OptimizerSettings())
    reported = one.steps(0, 8)
    for threads in (2, 3, 5):
        other = Run(text, name, threads, OptimizerSettings())
        assert other.steps(0, 8) == reported, threads
        same(other.engine.weights(), one.engine.weights(), f"{threads} threads")
        same(other.trainer.state(), one.trainer.state(), f"{threads} threads")
        images = one.images
        np.testing.assert_array_equal(other.engine.logits(images), one.engine.logits(images))
        loss = LossSettings()
        first, second = (run.engine.gradients(images, run.labels, loss) for run in (one, other))
        assert first.loss == second.loss
        same(second.gradients, first.gradients, f"gradients with {threads} threads")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_stop_changes_no_bit(optimizer, name):
    whole = Run(EVERYTHING, name, 2, OPTIMIZERS[optimizer])
    losses, correct = whole.steps(0, 8)
    first = Run(EVERYTHING, name, 1, OPTIMIZERS[optimizer])
    second = Run(EVERYTHING, name, 2, OPTIMIZERS[optimizer])
    assert first.steps(0, 3) == (losses[:3], correct[:3])
    second.engine.set_weights(first.engine.weights())
    second.trainer.load_state(first.trainer.state())
    assert second.steps(3, 8) == (losses[3:], correct[3:])
    same(second.engine.weights(), whole.engine.weights())
    same(second.trainer.state(), whole.trainer.state())


@pytest.mark.parametrize("name", NAMES)
def test_neither_chunks_nor_questions_in_between_change_a_bit(name):
    whole, cut = (Run(EVERYTHING, name, 2, OptimizerSettings("sgd")) for _ in range(2))
    losses, _ = whole.steps(0, 8)
    found: list[float] = []
    for first, last in ((0, 1), (1, 1), (1, 6), (6, 8)):
        found += cut.steps(first, last)[0]
        cut.engine.logits(cut.images[:1])
        cut.engine.logits(cut.images)
        cut.engine.activations(cut.images[:20])
        cut.engine.gradients(cut.images[:50], cut.labels[:50], LossSettings())
        cut.engine.trainer(cut.images[:9], cut.labels[:9], OptimizerSettings(), LossSettings(), seed=9).state()
    assert found == losses
    same(cut.engine.weights(), whole.engine.weights())


def test_a_trainer_goes_on_from_weights_that_were_set():
    run = Run(WITHOUT_BATCH_NORMALISATION, NAMES[0], 1, OptimizerSettings("sgd", momentum=0))
    (first,), _ = run.steps(0, 1)
    run.engine.set_weights(first_weights(run.plan, seed=5))
    (other,), _ = run.steps(0, 1)
    run.engine.set_weights(first_weights(run.plan))
    again = Run(WITHOUT_BATCH_NORMALISATION, NAMES[0], 1, OptimizerSettings("sgd", momentum=0))
    again.engine.set_weights(first_weights(run.plan, seed=5))
    assert other == pytest.approx(again.steps(0, 1)[0][0], rel=0.2)
    assert other != first


def test_one_image_is_answered_with_the_weights_of_the_last_step():
    run = Run(EVERYTHING, NAMES[0], 1, OptimizerSettings())
    for step in range(3):
        before = run.engine.logits(run.images[:1])
        run.steps(step, step + 1)
        after = run.engine.logits(run.images[:1])
        assert not np.array_equal(before, after)
        np.testing.assert_allclose(after, run.engine.logits(run.images)[:1], rtol=1e-4, atol=1e-5)


# ----------------------------------------------------------------------------------------------------- dropout


def masks(name: str, share: float, *, threads: int = 1, seed: int = 1, steps: int = 1, images: int = 1) -> np.ndarray:
    """What dropout does to ones, steps × images × 4,096, read from the gradients of a dense layer behind it.

    Weights of 0 give equal logits, so a step of 2 with rate n (the gradient is a mean over n images) moves the first
    weight of an input by that input. Every image is white in columns of its own, so each has its own weights.
    """
    plan = Plan(
        Network.from_text(f"dropout {share}, dense"), (images, 64, 64), 2, Normalisation((0,) * images, (1,) * images)
    )
    engine = NativeEngine(plan, threads, name)
    pixels = np.zeros((images, images, 64, 64), np.uint8)
    pixels[np.arange(images), np.arange(images)] = 255
    settings = OptimizerSettings("sgd", momentum=0, nesterov=False)
    trainer = engine.trainer(pixels, np.zeros(images, np.int64), settings, LossSettings(), seed)
    found, zeros = [], {key: np.zeros_like(array) for key, array in engine.weights().items()}
    for _ in range(steps):
        engine.set_weights(zeros)
        trainer.run(np.arange(images), images, np.array([2.0 * images]))
        found.append(engine.weights()["2.weight"][0].reshape(images, 4096))
    return np.array(found)


def standard_errors(found: float, expected: float, share: float, count: int) -> float:
    return abs(found - expected) / (share * (1 - share) / count) ** 0.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_scales_the_rest(share, name):
    values = masks(name, share, steps=3, images=20).ravel()
    dropped = values == 0
    np.testing.assert_allclose(values[~dropped], 1 / (1 - share), rtol=1e-5)
    assert standard_errors(dropped.mean(), share, share, len(values)) < 4
    assert values.mean() == pytest.approx(1, abs=4 * (share / (1 - share) / len(values)) ** 0.5)


@pytest.mark.parametrize("name", NAMES)
def test_masks_are_independent(name):
    """Of each other's step and image, and of their own neighbours: as many pairs of zeros as chance makes."""
    dropped = masks(name, 0.5, steps=2, images=20) == 0
    pairs = {
        "steps": dropped[0] & dropped[1],
        "images of a tile": dropped[:, 0:-1] & dropped[:, 1:],
        "tiles": dropped[:, :4] & dropped[:, 16:],
        "neighbours": dropped[..., 1:] & dropped[..., :-1],
        "rows": dropped[..., 64:] & dropped[..., :-64],
    }
    for kind, both in pairs.items():
        assert standard_errors(both.mean(), 0.25, 0.25, both.size) < 5, kind
    other = masks(name, 0.5, seed=2, images=20) == 0
    assert standard_errors((dropped[0] & other[0]).mean(), 0.25, 0.25, other.size) < 5


@pytest.mark.parametrize("name", NAMES)
def test_masks_follow_from_seed_and_step_alone(name):
    expected = masks(name, 0.3, steps=2, images=20)
    np.testing.assert_array_equal(masks(name, 0.3, steps=2, images=20, threads=3), expected)
    assert not np.array_equal(expected[0], expected[1])
    assert not np.array_equal(masks(name, 0.3, steps=2, images=20, seed=2), expected)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_dropped_learns_nothing(name):
    """Forward and backward have one mask: no unit has a gradient on one side of the dropout only."""
    plan = Plan(Network.from_text("dense 500, dropout 0.5, dense"), (1, 4, 4), 3, Normalisation())
    engine = NativeEngine(plan, 1, name)
    before = first_weights(plan)
    engine.set_weights(before)
    settings = OptimizerSettings("sgd", momentum=0, nesterov=False)
    white = np.full((1, 1, 4, 4), 255, np.uint8)
    engine.trainer(white, np.array([1]), settings, LossSettings(), seed=4).run(np.array([0]), 1, np.array([1.0]))
    after = engine.weights()
    incoming = after["1.bias"] != before["1.bias"]
    outgoing = (after["3.weight"] != before["3.weight"]).any(0)
    np.testing.assert_array_equal(incoming, outgoing)
    assert 180 < incoming.sum() < 320
