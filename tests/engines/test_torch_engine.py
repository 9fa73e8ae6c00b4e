"""The PyTorch engine: values worked out by hand, refusals, and states that can be put back."""

import numpy as np
import pytest
import torch

from convlens.engines import LossSettings, OptimizerSettings, Plan, Trainer, open_engine
from convlens.engines.torch_engine import TorchEngine, choose_device
from convlens.errors import UsageError
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

PLAIN = Normalisation()


def make_engine(text: str, shape=(1, 2, 2), classes=2, normalisation=PLAIN, seed=0) -> TorchEngine:
    plan = Plan(Network.from_text(text), shape, classes, normalisation)
    engine = TorchEngine(plan, "cpu", threads=1)
    engine.set_weights(initial_weights(plan.network, shape, classes, seed))
    return engine


def weights_by_hand(engine: TorchEngine) -> None:
    # One 2×2 kernel on a 2×2 image gives one number; dense turns it into two logits.
    engine.set_weights(
        {
            "0.weight": np.array([[[[1, 2], [3, 4]]]], np.float32),
            "0.bias": np.array([-1], np.float32),
            "3.weight": np.array([[1], [-1]], np.float32),
            "3.bias": np.array([0, 0.5], np.float32),
        }
    )


IMAGE = np.array([[[[255, 0], [51, 102]]]], np.uint8)


def test_logits_are_those_worked_out_by_hand():
    engine = make_engine("conv 1 2x2, relu, dense")
    weights_by_hand(engine)
    # 255, 0, 51, 102 are 1, 0, 0.2, 0.4: 1·1 + 2·0 + 3·0.2 + 4·0.4 − 1 = 2.2; logits 2.2 and −2.2 + 0.5.
    np.testing.assert_allclose(engine.logits(IMAGE), [[2.2, -1.7]], rtol=1e-6)


def test_activations_are_the_input_and_every_layer():
    engine = make_engine("conv 1 2x2, relu, dense")
    weights_by_hand(engine)
    shapes = [value.shape for value in engine.activations(IMAGE)]
    assert shapes == [(1, 1, 2, 2), (1, 1, 1, 1), (1, 1, 1, 1), (1, 1), (1, 2)]
    np.testing.assert_allclose(engine.activations(IMAGE)[-1], engine.logits(IMAGE))


def test_an_activation_is_not_changed_by_the_layer_after_it():
    engine = make_engine("conv 1 2x2, relu, dense")
    weights_by_hand(engine)
    black = np.zeros((1, 1, 2, 2), np.uint8)
    # The convolution gives its bias, −1, which ReLU cuts to 0.
    assert [value.ravel().tolist() for value in engine.activations(black)[1:3]] == [[-1.0], [0.0]]


def test_loss_and_gradients_are_those_worked_out_by_hand():
    engine = make_engine("conv 1 2x2, relu, dense")
    weights_by_hand(engine)
    result = engine.gradients(IMAGE, np.array([1]), LossSettings())
    # Softmax of (2.2, −1.7) is (p, 1 − p) with p = 1 / (1 + e^−3.9); the loss of class 1 is −log(1 − p) = 3.9 +
    # log(1 + e^−3.9).
    p = 1 / (1 + np.exp(-3.9))
    assert result.loss == pytest.approx(3.9 + np.log(1 + np.exp(-3.9)), rel=1e-6)
    np.testing.assert_allclose(result.gradients["3.bias"], [p, -p], rtol=1e-5)
    np.testing.assert_allclose(result.gradients["3.weight"], [[2.2 * p], [-2.2 * p]], rtol=1e-5)
    # Back through the dense layer: p·1 − p·(−1) = 2p; the kernel's gradient is that times the pixels.
    np.testing.assert_allclose(result.gradients["0.weight"], 2 * p * IMAGE / 255, rtol=1e-5)
    np.testing.assert_allclose(result.gradients["0.bias"], [2 * p], rtol=1e-5)


def test_pooling_before_relu_changes_no_bit_of_loss_and_gradients(random_images):
    images, labels = random_images(16, (3, 12, 12), 4)
    engine = make_engine(
        "conv 8 3x3 pad 1, relu, maxpool 2, conv 4 3x3, relu, maxpool 3 stride 1 pad 1, dense", (3, 12, 12), 4
    )
    fast = engine.gradients(images, labels, LossSettings())
    engine._pooling_first = engine._module
    plain = engine.gradients(images, labels, LossSettings())
    assert fast.loss == plain.loss
    for name, gradient in plain.gradients.items():
        np.testing.assert_array_equal(fast.gradients[name], gradient, err_msg=name)


def test_normalisation_is_applied_per_channel():
    engine = make_engine("dense", shape=(3, 1, 1), normalisation=Normalisation((0.5, 0, 0.2), (0.5, 1, 2)))
    pixels = np.array([255, 51, 0], np.uint8).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(engine.activations(pixels)[0].ravel(), [1.0, 0.2, -0.1], atol=1e-7)


def test_one_sgd_step_is_the_one_worked_out_by_hand():
    engine = make_engine("dense", shape=(1, 1, 1))
    engine.set_weights({"1.weight": np.zeros((2, 1), np.float32), "1.bias": np.zeros(2, np.float32)})
    white = np.full((1, 1, 1, 1), 255, np.uint8)
    trainer = engine.trainer(white, np.array([0]), OptimizerSettings("sgd", momentum=0), LossSettings(), seed=0)
    steps = trainer.run(np.array([0]), 1, np.array([0.1]))
    # Both probabilities are ½, the gradient is (−½, ½) and the step 0.1 times that.
    assert steps.losses.tolist() == pytest.approx([np.log(2)])
    np.testing.assert_allclose(engine.weights()["1.weight"], [[0.05], [-0.05]], rtol=1e-6)
    np.testing.assert_allclose(engine.weights()["1.bias"], [0.05, -0.05], rtol=1e-6)


def test_one_adam_step_moves_every_weight_by_the_learning_rate():
    engine = make_engine("dense", shape=(1, 1, 1))
    engine.set_weights({"1.weight": np.zeros((2, 1), np.float32), "1.bias": np.zeros(2, np.float32)})
    white = np.full((1, 1, 1, 1), 255, np.uint8)
    trainer = engine.trainer(white, np.array([0]), OptimizerSettings(), LossSettings(), seed=0)
    trainer.run(np.array([0]), 1, np.array([0.1]))
    np.testing.assert_allclose(engine.weights()["1.weight"], [[0.1], [-0.1]], rtol=1e-5)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize(
    "text", ["conv 2 3x3, batchnorm, relu, maxpool 2, dropout 0.5, dense", "dense 8, batchnorm, tanh, dense"]
)
def test_a_trainer_goes_on_to_the_same_bits(name, text, random_images):
    images, labels = random_images(40, (1, 8, 8), 3)
    order = np.random.default_rng(0).integers(0, 40, 64)
    rates = np.linspace(0.01, 0.001, 8)

    def start() -> tuple[TorchEngine, Trainer]:
        engine = make_engine(text, (1, 8, 8), 3)
        return engine, engine.trainer(
            images, labels, OptimizerSettings(name, weight_decay=0.01), LossSettings(), seed=5
        )

    whole, trainer = start()
    trainer.run(order, 8, rates)
    first, trainer = start()
    trainer.run(order[:24], 8, rates[:3])
    kept_weights, kept_state = first.weights(), trainer.state()
    second, trainer = start()
    second.set_weights(kept_weights)
    trainer.load_state(kept_state)
    trainer.run(order[24:], 8, rates[3:])
    for tensor, expected in whole.weights().items():
        np.testing.assert_array_equal(second.weights()[tensor], expected, err_msg=tensor)


def test_dropout_leaves_pytorchs_own_random_numbers_alone(random_images):
    images, labels = random_images(4, (1, 4, 4), 2)
    engine = make_engine("dropout 0.5, dense", (1, 4, 4))
    trainer = engine.trainer(images, labels, OptimizerSettings(), LossSettings(), seed=1)
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    trainer.run(np.arange(4), 4, np.array([0.01]))
    assert torch.equal(torch.rand(3), expected)


def test_gradients_leave_running_statistics_alone(random_images):
    images, labels = random_images(6, (1, 4, 4), 2)
    engine = make_engine("conv 2 3x3, batchnorm, dense", (1, 4, 4))
    before = engine.weights()
    engine.gradients(images, labels, LossSettings())
    for tensor, value in engine.weights().items():
        np.testing.assert_array_equal(value, before[tensor], err_msg=tensor)


def test_the_thread_count_of_the_process_is_put_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        make_engine("dense").logits(IMAGE)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_no_images_give_no_logits():
    assert make_engine("dense").logits(np.zeros((0, 1, 2, 2), np.uint8)).shape == (0, 2)


def test_refusals_say_both_sides():
    engine = make_engine("dense")
    with pytest.raises(UsageError, match=r"images are float32, 1×1×2×2; this network takes uint8, N×1×2×2\."):
        engine.logits(IMAGE.astype(np.float32))  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match=r"images are uint8, 1×1×3×3; this network takes uint8, N×1×2×2\."):
        engine.logits(np.zeros((1, 1, 3, 3), np.uint8))
    with pytest.raises(UsageError, match=r"labels run from 0 to 2; with 2 classes they must be 0 to 1\."):
        engine.gradients(np.zeros((2, 1, 2, 2), np.uint8), np.array([0, 2]), LossSettings())
    with pytest.raises(UsageError, match=r"1 images but labels of shape \(2,\); give one per image\."):
        engine.gradients(IMAGE, np.array([0, 1]), LossSettings())
    with pytest.raises(UsageError, match=r"there are no images to train on\. Give at least one\."):
        engine.trainer(IMAGE[:0], np.zeros(0, np.int64), OptimizerSettings(), LossSettings(), seed=0)
    with pytest.raises(UsageError, match=r"1\.bias holds NaN or infinity"):
        engine.set_weights({"1.weight": np.zeros((2, 4), np.float32), "1.bias": np.full(2, np.nan, np.float32)})
    with pytest.raises(UsageError, match=r"3 class weights for 2 classes; give one per class\."):
        engine.gradients(IMAGE, np.array([0]), LossSettings(class_weights=(1, 1, 1)))


def test_gradients_know_no_dropout_and_leave_random_numbers_alone(random_images):
    images, labels = random_images(6, (1, 4, 4), 2)
    engine, plain = make_engine("dropout 0.5, dense", (1, 4, 4)), make_engine("dense", (1, 4, 4))
    plain.set_weights({"1.weight": engine.weights()["2.weight"], "1.bias": engine.weights()["2.bias"]})
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert engine.gradients(images, labels, LossSettings()).loss == plain.gradients(images, labels, LossSettings()).loss
    assert torch.equal(torch.get_rng_state(), before)


def test_a_state_of_another_training_is_refused():
    trainer = make_engine("dense").trainer(IMAGE, np.array([0]), OptimizerSettings(), LossSettings(), seed=0)
    assert list(trainer.state()) == ["step"]
    with pytest.raises(UsageError) as caught:
        trainer.load_state({"step": np.array(1), "exp_avg/1.bias": np.zeros(2, np.float32), "momentum": np.zeros(1)})
    assert str(caught.value) == (
        "the optimizer's state does not fit: exp_avg/1.weight is missing; exp_avg_sq/1.bias is missing; "
        "exp_avg_sq/1.weight is missing; momentum is not known."
    )


def test_weights_that_do_not_fit_are_all_named():
    engine = make_engine("dense")
    with pytest.raises(UsageError) as caught:
        engine.set_weights({"1.weight": np.zeros((2, 3), np.float32), "2.bias": np.zeros(2, np.float32)})
    assert str(caught.value) == (
        "the weights do not fit the network: 1.bias is missing; 2.bias belongs to no layer; "
        "1.weight has shape (2, 3) instead of (2, 4)."
    )


def test_a_chunk_that_does_not_add_up_is_refused():
    trainer = make_engine("dense").trainer(IMAGE, np.array([0]), OptimizerSettings(), LossSettings(), seed=0)
    with pytest.raises(UsageError, match="3 images in batches of 2 are 2 steps, but 1 learning rates were given"):
        trainer.run(np.zeros(3, np.int64), 2, np.array([0.1]))
    with pytest.raises(UsageError, match="the order has indices 0 to 1; there are 1 images"):
        trainer.run(np.array([0, 1]), 2, np.array([0.1]))


def test_engine_choices_are_checked():
    plan = make_engine("dense").plan
    with pytest.raises(UsageError, match="engine 'jax' is not known; give auto, native or torch"):
        open_engine(plan, "jax")
    with pytest.raises(UsageError, match="device 'tpu' is not known; give auto, cpu, cuda or mps"):
        open_engine(plan, device="tpu")
    with pytest.raises(UsageError, match="threads is 0; give 1 to 256"):
        open_engine(plan, threads=0)
    with pytest.raises(UsageError, match="threads is 10000; give 1 to 256"):
        open_engine(plan, threads=10_000)


@pytest.mark.skipif(torch.cuda.is_available(), reason="here there is a CUDA device")
def test_a_device_that_is_not_there_names_those_that_are():
    with pytest.raises(UsageError, match=r"device 'cuda' is not available; PyTorch finds only: cpu"):
        open_engine(make_engine("dense").plan, device="cuda")


@pytest.mark.parametrize(
    ("there", "chosen"),
    [((), "cpu"), (("cuda",), "cuda"), (("mps",), "mps"), (("cuda", "mps"), "cuda")],
)
def test_auto_is_a_gpu_if_there_is_one(monkeypatch, there, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in there)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in there)
    assert choose_device("auto").type == chosen
    assert choose_device("cpu").type == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees_with_the_processor(random_images):
    images, labels = random_images(64, (1, 12, 12), 4)
    plan = Plan(Network.from_text("conv 8 3x3, batchnorm, relu, maxpool 2, dense"), (1, 12, 12), 4, Normalisation())
    weights = initial_weights(plan.network, plan.input_shape, 4, 0)
    results = []
    for device in ("cpu", "cuda"):
        engine = TorchEngine(plan, device)
        engine.set_weights(weights)
        results.append(engine.gradients(images, labels, LossSettings()))
    np.testing.assert_allclose(results[0].logits, results[1].logits, rtol=1e-3, atol=1e-4)


def test_a_description_names_version_device_and_threads():
    assert make_engine("dense").description == f"torch {torch.__version__.partition('+')[0]} on cpu, 1 thread"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "lion"}, "optimizer 'lion' is not known; give adam, adamw or sgd"),
        ({"beta1": 1.0}, "beta1 is 1.0; give a number from 0 up to, not including, 1"),
        ({"epsilon": 0.0}, "epsilon is 0.0; give a number above 0"),
        ({"weight_decay": -1.0}, "weight_decay is -1.0; give 0 or more"),
    ],
)
def test_optimizer_settings_are_checked(settings, message):
    with pytest.raises(UsageError, match=message):
        OptimizerSettings(**settings)


def test_loss_settings_are_checked():
    with pytest.raises(UsageError, match=r"label_smoothing is 1.0; give a number from 0 to below 1"):
        LossSettings(label_smoothing=1.0)
    with pytest.raises(UsageError, match=r"class_weights is 0; give numbers above 0, one for each class"):
        LossSettings(class_weights=(1, 0))
