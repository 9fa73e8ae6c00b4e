"""Settings and states that engines share, at the limit itself; and the torch engine's choices that change no number."""

import numpy as np
import pytest
import torch

from convlens.engines import LossSettings, OptimizerSettings, Plan, torch_engine
from convlens.engines.choice import check_threads
from convlens.engines.engine import check_changes, state_shapes, whole_numbers
from convlens.engines.torch_engine import TorchEngine, _build_optimizer, build_module
from convlens.errors import UsageError
from convlens.network import Network
from convlens.preprocessing import Normalisation

INF, NAN = float("inf"), float("nan")


def open_engine(text: str, shape: tuple[int, int, int] = (1, 4, 4), mean: float = 0, std: float = 1) -> TorchEngine:
    return TorchEngine(Plan(Network(text), shape, 2, Normalisation((mean,) * shape[0], (std,) * shape[0])), "cpu", 1)


@pytest.mark.parametrize(
    "settings",
    [
        *[{name: value} for name in ("beta1", "beta2", "momentum") for value in (0, 0.999)],
        *[{"epsilon": value} for value in (1e-30, 1e30)],
        *[{"weight_decay": value} for value in (0, 1e30)],
    ],
)
def test_numbers_of_an_optimizer_at_their_bounds(settings):
    ((name, value),) = settings.items()
    assert getattr(OptimizerSettings(**settings), name) == value


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        *[
            (name, value, "a number from 0 up to, not including, 1")
            for name in ("beta1", "beta2", "momentum")
            for value in (-0.001, 1, NAN)
        ],
        *[("epsilon", value, "a number above 0, such as 1e-8") for value in (0, -1, INF, NAN)],
        *[("weight_decay", value, "0 or more") for value in (-0.001, INF, NAN)],
        ("nesterov", 1, "True or False"),
    ],
)
def test_numbers_of_an_optimizer_beyond_their_bounds(name, value, allowed):
    with pytest.raises(UsageError) as caught:
        OptimizerSettings(**{name: value})
    assert str(caught.value) == f"{name} is {value}; give {allowed}."


def test_numbers_of_a_loss():
    assert LossSettings(0.999).label_smoothing == 0.999
    for value in (-0.001, 1, NAN):
        with pytest.raises(UsageError, match=r"^label_smoothing is .*; give a number from 0 to below 1"):
            LossSettings(value)
    assert LossSettings(0, (1e-9, 3)).class_weights == (1e-9, 3)
    for weights in ((1, 0), (1, -1), (1, INF), (NAN, 1)):
        with pytest.raises(UsageError, match=r"^class_weights is .*; give numbers above 0, one for each class"):
            LossSettings(0, weights)
    with pytest.raises(UsageError, match=r"^class_weights is .*; give a number above 0 for each class, or None"):
        LossSettings(0, ())


def test_what_an_optimizer_keeps():
    shapes = {"a": (2, 3), "b": ()}
    kept = {
        "sgd": [("sgd", {"momentum": 0.0}, []), ("sgd", {"momentum": 0.1}, ["momentum_buffer"])],
        "adam": [(name, {}, ["exp_avg", "exp_avg_sq"]) for name in ("adam", "adamw")],
    }
    for name, more, kinds in (*kept["sgd"], *kept["adam"]):
        settings = OptimizerSettings(name, **more)
        assert settings.kept == tuple(kinds)
        assert state_shapes(settings, shapes, 0) == {"step": ()}
        expected = {f"{kind}/{one}": shape for kind in kinds for one, shape in shapes.items()}
        assert state_shapes(settings, shapes, 3) == {"step": ()} | expected


def test_arrays_become_what_engines_need():
    changes = check_changes(2, np.zeros((2, 39)))
    assert (changes.dtype, changes.flags.c_contiguous) == (np.float32, True)
    for shape in ((1, 39), (2, 38), (2, 40), (2,)):
        with pytest.raises(UsageError, match=r"^2 images but changes of shape .*; give a row of 39 numbers per image"):
            check_changes(2, np.zeros(shape))
    numbers = whole_numbers(np.arange(12, dtype=np.uint8)[::3])
    assert (numbers.tolist(), numbers.dtype, numbers.flags.c_contiguous) == ([0, 3, 6, 9], np.int64, True)


def test_threads_are_one_to_256():
    assert [check_threads(number) for number in (1, 256, np.int8(3))] == [1, 256, 3]
    for wrong in (0, 257, 1.5, "2", None, True):
        with pytest.raises(UsageError, match=r"^threads is .*; give 1 to 256"):
            check_threads(wrong)


# --------------------------------------------------------------------------------------------------- the torch engine


@pytest.mark.parametrize(("mean", "std"), [(0, 1), (0.5, 1), (0, 2), (0.25, 0.5)])
def test_pixels_are_normalised_whichever_number_is_left_out(mean, std):
    pixels = np.arange(0, 256, 17, dtype=np.uint8).reshape(1, 1, 4, 4)
    found = open_engine("dense", mean=mean, std=std).activations(pixels)[0]
    np.testing.assert_allclose(found, (pixels / 255 - mean) / std, rtol=1e-6, atol=1e-7)


def test_many_images_are_answered_part_by_part(monkeypatch):
    engine = open_engine("conv 2 3x3, tanh, dense")
    images = np.random.default_rng(0).integers(0, 256, (7, 1, 4, 4), np.uint8)
    expected = engine.logits(images)
    assert len({tuple(row) for row in expected.tolist()}) == 7
    for number in (1, 3, 6, 7, 8):
        monkeypatch.setattr(torch_engine, "_IMAGES_AT_ONCE", number)
        np.testing.assert_allclose(engine.logits(images), expected, rtol=1e-5, atol=1e-6)


def test_dropout_depends_on_seed_and_step_alone():
    images = np.random.default_rng(0).integers(1, 256, (32, 1, 4, 4), np.uint8)
    labels, order = np.arange(32) % 2, np.arange(32)

    def losses(seed: int, steps: int) -> list[float]:
        engine = open_engine("dropout 0.5, dense")
        slopes = np.repeat(np.array([[1], [-1]], np.float32), 16, axis=1)
        engine.set_weights({"2.weight": slopes, "2.bias": np.zeros(2, np.float32)})
        trainer = engine.trainer(images, labels, OptimizerSettings("sgd", momentum=0), LossSettings(), seed)
        return trainer.run(np.tile(order, steps), 32, np.zeros(steps)).losses.tolist()

    whole = losses(5, 3)
    assert len(set(whole)) == 3
    assert losses(5, 2) == whole[:2]
    torch.manual_seed(99)
    assert losses(5, 3) == whole
    assert losses(6, 1) != whole[:1]
    assert losses(2**70, 1) == losses(2**70, 1)


def test_the_thread_count_and_the_determinism_of_pytorch_are_put_back():
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    engine = open_engine("dense")
    with engine._computing():
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled() == before[1]

    def fail() -> None:
        with engine._computing():
            raise ZeroDivisionError

    torch.set_num_threads(2)
    try:
        with pytest.raises(ZeroDivisionError):
            fail()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before[0])
    assert torch.are_deterministic_algorithms_enabled() == before[1]


@pytest.mark.parametrize(
    ("settings", "kind", "expected"),
    [
        (OptimizerSettings("sgd", momentum=0.5, weight_decay=0.1), torch.optim.SGD,
         {"momentum": 0.5, "nesterov": True, "weight_decay": 0.1}),
        (OptimizerSettings("sgd", momentum=0.5, nesterov=False), torch.optim.SGD, {"momentum": 0.5, "nesterov": False}),
        (OptimizerSettings("sgd", momentum=0), torch.optim.SGD, {"momentum": 0, "nesterov": False}),
        (OptimizerSettings("adam", 0.8, 0.99, 1e-7, 0.2), torch.optim.Adam,
         {"betas": (0.8, 0.99), "eps": 1e-7, "weight_decay": 0.2}),
        (OptimizerSettings("adamw", 0.7), torch.optim.AdamW, {"betas": (0.7, 0.999), "eps": 1e-8, "weight_decay": 0}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_the_optimizer_of_pytorch_has_these_settings(settings, kind, expected):
    optimizer = _build_optimizer(build_module(Network("dense"), (1, 1, 1), 2), settings)
    assert type(optimizer) is kind
    (group,) = optimizer.param_groups
    assert {name: group[name] for name in expected} == expected
    assert len(group["params"]) == 2


def test_a_deep_path_makes_modules_within_modules():
    module = torch_engine._nest({"0.body.1.a": torch.nn.ReLU(), "0.body.0": torch.nn.Tanh(), "1": torch.nn.Sigmoid()})
    assert [name for name, _ in module.named_modules()] == [
        "", "0", "0.body", "0.body.1", "0.body.1.a", "0.body.0", "1"
    ]  # fmt: skip
    assert isinstance(module.get_submodule("0.body.1.a"), torch.nn.ReLU)
