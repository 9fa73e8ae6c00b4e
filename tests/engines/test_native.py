"""The native engine's edges: what it refuses and in which words, threads of all kinds, forks and Ctrl-C."""

import gc
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convlens.engines import LossSettings, OptimizerSettings, Plan, Weights, _native
from convlens.engines.native import INSTRUCTION_SET, NativeEngine, instruction_sets, why_not
from convlens.errors import UsageError
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

SHAPE, CLASSES = (1, 6, 7), 3
TEXT = "conv 5 3x3 pad 1, batchnorm, relu, maxpool 2, conv 9 2x3, tanh, dropout 0.5, dense 11, sigmoid, dense"


def make_plan(text: str = TEXT, shape: tuple[int, int, int] = SHAPE, classes: int = CLASSES) -> Plan:
    return Plan(Network.from_text(text), shape, classes, Normalisation((0.4,) * shape[0], (0.3,) * shape[0]))


def random_weights(plan: Plan) -> Weights:
    random = np.random.default_rng(1)
    weights = initial_weights(plan.network, plan.input_shape, plan.classes, seed=1)
    shaken = {name: array + random.uniform(0.1, 0.5, array.shape) for name, array in weights.items()}
    return {
        name: np.array(7, np.int64) if "tracked" in name else array.astype(np.float32) for name, array in shaken.items()
    }


def make_engine(threads: int = 1, **options: Any) -> NativeEngine:
    engine = NativeEngine(make_plan(), threads, **options)
    engine.set_weights(random_weights(engine.plan))
    return engine


@pytest.fixture
def examples(random_images: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """50 images with labels."""
    return random_images(50, SHAPE, CLASSES)


def test_an_engine_says_what_it_is():
    best, *_ = instruction_sets()
    engine = make_engine(2)
    assert (engine.name, engine.device, engine.threads, engine.instruction_set) == ("native", "cpu", 2, best)
    assert engine.description == f"native {best} on cpu, 2 threads"
    assert make_engine().description == f"native {best} on cpu, 1 thread"


@pytest.mark.parametrize("name", instruction_sets())
def test_an_instruction_set_can_be_forced(name, monkeypatch):
    assert make_engine(instruction_set=name).instruction_set == name
    monkeypatch.setenv(INSTRUCTION_SET, name)
    assert make_engine().instruction_set == name
    assert make_engine(instruction_set="baseline").instruction_set == "baseline"


def test_weights_come_back_as_they_were_set():
    engine = make_engine()
    given, found = random_weights(engine.plan), engine.weights()
    assert list(found) == list(given)
    for name, array in given.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
        assert found[name].dtype == array.dtype
    found["0.weight"][:] = 0  # a copy
    np.testing.assert_array_equal(engine.weights()["0.weight"], given["0.weight"])


def test_images_need_not_lie_one_behind_the_other(examples):
    images, labels = examples
    engine = make_engine()
    expected = engine.logits(images)
    apart = np.repeat(images, 2, axis=0)[::2]
    turned = np.asfortranarray(images)
    fixed = images.copy()
    fixed.flags.writeable = False
    for other in (apart, turned, fixed):
        np.testing.assert_array_equal(engine.logits(other), expected)
        np.testing.assert_array_equal(engine.activations(other)[-1], engine.activations(images)[-1])
        result = engine.gradients(other, labels, LossSettings())
        assert result.loss == engine.gradients(images, labels, LossSettings()).loss
    with pytest.raises(TypeError, match="incompatible function arguments"):
        engine._engine.logits(apart)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        engine._engine.logits(turned)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.uint64])
def test_labels_may_be_whole_numbers_of_any_kind(dtype, examples):
    images, labels = examples
    engine = make_engine()
    expected = engine.gradients(images, labels, LossSettings()).loss
    assert engine.gradients(images, labels.astype(dtype), LossSettings()).loss == expected


def test_numbers_need_not_begin_where_numbers_of_their_size_do(examples):
    images, labels = examples

    def odd(array: np.ndarray) -> np.ndarray:
        room = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype)
        room[:] = array
        assert not room.flags.aligned
        return room

    engine = make_engine()
    expected = engine.gradients(images, labels, LossSettings()).loss
    assert engine.gradients(images, odd(labels), LossSettings()).loss == expected
    losses = []
    for lay in (np.array, odd):
        trainer = make_engine().trainer(images, lay(labels), OptimizerSettings(), LossSettings(), seed=0)
        losses.append(trainer.run(lay(np.arange(50)), 25, lay(np.full(2, 0.01))).losses.tolist())
    assert losses[0] == losses[1]


def test_no_images_have_no_answers():
    engine = make_engine()
    none = np.zeros((0, *SHAPE), np.uint8)
    assert engine.logits(none).shape == (0, CLASSES)
    assert [array.shape for array in engine.activations(none)][:3] == [(0, 1, 6, 7), (0, 5, 6, 7), (0, 5, 6, 7)]


def test_a_batch_may_be_larger_than_the_data(examples):
    images, labels = examples
    engine = make_engine()
    trainer = engine.trainer(images[:5], labels[:5], OptimizerSettings(), LossSettings(), seed=0)
    assert trainer.run(np.arange(5), 1000, np.array([0.01])).losses.shape == (1,)
    assert trainer.run(np.zeros(0, np.int64), 1000, np.zeros(0)).losses.shape == (0,)
    assert trainer.state()["step"] == 1


def test_any_whole_number_is_a_seed(examples):
    images, labels = examples
    for seed in (-1, 2**63, 2**100):
        trainer = make_engine().trainer(images, labels, OptimizerSettings(), LossSettings(), seed)
        assert np.isfinite(trainer.run(np.arange(50), 50, np.array([0.01])).losses).all()


# ------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("threads", [0, -1, 257, 10_000])
def test_a_wrong_number_of_threads_is_refused(threads):
    with pytest.raises(UsageError, match=rf"threads is {threads}; it must be 1 to 256\."):
        make_engine(threads)


def test_an_unknown_instruction_set_is_refused(monkeypatch):
    known = ", ".join(instruction_sets())
    with pytest.raises(UsageError, match=rf"instruction set 'sse9' is not available here; available are {known}\."):
        make_engine(instruction_set="sse9")
    monkeypatch.setenv(INSTRUCTION_SET, "avx9000")
    with pytest.raises(UsageError, match=rf"instruction set 'avx9000' is not available here; available are {known}\."):
        make_engine()


def test_a_network_with_too_large_maps_is_refused():
    plan = make_plan("conv 65536 3x3, globalavgpool, dense", (1, 96, 96))
    with pytest.raises(UsageError, match=r"layer 0 needs more than 1 GiB for \d+ images\."):
        NativeEngine(plan)
    assert "layer 0 needs more than 1 GiB" in (why_not(plan) or "")
    assert why_not(make_plan()) is None


def test_wrong_examples_are_refused(examples):
    images, labels = examples
    engine = make_engine()
    with pytest.raises(UsageError, match=r"images are float32, 50×1×6×7; this network takes uint8, N×1×6×7\."):
        engine.logits(images.astype(np.float32))
    with pytest.raises(UsageError, match=r"images are uint8, 50×1×7×6; this network takes uint8, N×1×6×7\."):
        engine.activations(np.zeros((50, 1, 7, 6), np.uint8))
    with pytest.raises(UsageError, match=r"images are uint8, 1×6×7; this network takes uint8, N×1×6×7\."):
        engine.gradients(images[0], labels[:1], LossSettings())
    with pytest.raises(UsageError, match=r"labels run from 0 to 3; with 3 classes they must be 0 to 2\."):
        engine.gradients(images[:2], np.array([0, 3]), LossSettings())
    with pytest.raises(UsageError, match=r"labels run from -1 to 0; with 3 classes they must be 0 to 2\."):
        engine.trainer(images[:2], np.array([0, -1]), OptimizerSettings(), LossSettings(), seed=0)
    with pytest.raises(UsageError, match=r"50 images but labels of shape \(49,\); give one per image\."):
        engine.trainer(images, labels[:49], OptimizerSettings(), LossSettings(), seed=0)
    with pytest.raises(UsageError, match=r"labels are float64; give whole numbers\."):
        engine.gradients(images, labels.astype(np.float64), LossSettings())
    with pytest.raises(UsageError, match=r"there are no images to train on\. Give at least one\."):
        engine.gradients(images[:0], labels[:0], LossSettings())
    with pytest.raises(UsageError, match=r"there are no images to train on\. Give at least one\."):
        engine.trainer(images[:0], labels[:0], OptimizerSettings(), LossSettings(), seed=0)
    with pytest.raises(UsageError, match=r"2 class weights for 3 classes; give one per class\."):
        engine.gradients(images, labels, LossSettings(class_weights=(1, 2)))


def test_wrong_weights_are_all_named():
    engine = make_engine()
    weights = random_weights(engine.plan)
    del weights["0.bias"]
    weights["0.weight"] = weights["0.weight"][:4]
    weights["1.running_var"][2] = np.inf
    weights["4.bias"] = weights["4.bias"].astype(np.float64)
    with pytest.raises(UsageError) as caught:
        engine.set_weights(weights)
    assert str(caught.value) == (
        "the weights do not fit the network: 0.bias is missing; 0.weight has shape (4, 1, 3, 3) instead of "
        "(5, 1, 3, 3); 4.bias is float64 instead of float32; 1.running_var holds NaN or infinity."
    )


def test_wrong_chunks_are_refused(examples):
    images, labels = examples
    trainer = make_engine().trainer(images, labels, OptimizerSettings(), LossSettings(), seed=0)
    with pytest.raises(UsageError, match=r"batch size is 0; give 1 or more\."):
        trainer.run(np.arange(3), 0, np.array([0.1]))
    with pytest.raises(UsageError, match=r"3 images in batches of 2 are 2 steps, but 1 learning rates were given\."):
        trainer.run(np.arange(3), 2, np.array([0.1]))
    with pytest.raises(UsageError, match=r"the order has indices 0 to 50; there are 50 images\."):
        trainer.run(np.array([0, 50]), 2, np.array([0.1]))
    assert trainer.state()["step"] == 0


def test_a_state_of_another_training_is_refused(examples):
    images, labels = examples
    engine = make_engine()
    adam = engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=0)
    adam.run(np.arange(50), 50, np.array([0.01]))
    sgd = engine.trainer(images, labels, OptimizerSettings("sgd"), LossSettings(), seed=0)
    with pytest.raises(UsageError, match=r"momentum_buffer/0\.bias is missing; .* exp_avg/0\.bias is not known; "):
        sgd.load_state(adam.state())
    state = adam.state()
    state["exp_avg/4.weight"] = state["exp_avg/4.weight"][:8]
    shape = r"exp_avg/4\.weight has shape \(8, 5, 2, 3\) instead of \(9, 5, 2, 3\)"
    with pytest.raises(UsageError, match=rf"the optimizer's state does not fit: {shape}\."):
        adam.load_state(state)


# ------------------------------------------------------------------------------------------- lifetimes and threads


def test_a_trainer_outlives_its_engine_and_its_arrays(examples):
    images, labels = examples
    settings, order, rates = OptimizerSettings(), np.arange(50), np.full(2, 0.01)
    kept = make_engine(2)
    expected = kept.trainer(images, labels, settings, LossSettings(), seed=1).run(order, 25, rates).losses

    def lonely() -> Any:
        engine = make_engine(2)._engine
        numbers = [settings.beta1, settings.beta2, settings.epsilon, 0.0, 0.0]
        return _native.Trainer(engine, images.copy(), labels.copy(), "adam", numbers, False, 0.0, [], 1)

    trainer = lonely()
    gc.collect()
    rubbish = [np.full((50, *SHAPE), 255, np.uint8) for _ in range(20)]  # where the images may have been
    losses, _ = trainer.run(order, 25, rates)
    np.testing.assert_array_equal(losses, expected)
    assert len(rubbish) == 20


def test_labels_that_change_later_change_nothing(examples):
    images, labels = examples
    mine = labels.copy()
    trainer = make_engine().trainer(images, mine, OptimizerSettings(), LossSettings(), seed=1)
    mine[:] = 10**9
    expected = make_engine().trainer(images, labels, OptimizerSettings(), LossSettings(), seed=1)
    order, rates = np.arange(50), np.full(2, 0.01)
    np.testing.assert_array_equal(trainer.run(order, 25, rates).losses, expected.run(order, 25, rates).losses)


def test_two_python_threads_share_an_engine(examples):
    images, _ = examples
    engine = make_engine(2)
    expected, one = engine.logits(images), engine.logits(images[:1])
    wrong: list[int] = []

    def ask(number: int) -> None:
        for turn in range(50):
            found = engine.logits(images) if (turn + number) % 2 else engine.logits(images[:1])
            if not np.array_equal(found, expected if (turn + number) % 2 else one):
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_exception_of_a_signal_handler_ends_a_call(examples):
    """Whatever a handler raises comes out, not only KeyboardInterrupt."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("no timers here")
    engine, images = make_engine(), np.repeat(examples[0], 200_000, axis=0)  # half a second of work on a fast processor

    def handler(number: int, frame: object) -> None:
        raise TimeoutError("the handler was here")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(TimeoutError, match="the handler was here"):
            engine.logits(images)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
