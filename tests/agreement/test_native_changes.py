"""Changed copies of images: by hand, by the native engine on each instruction set, by PyTorch, and by SciPy."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from convlens.engines import AugmentationSettings, LossSettings, OptimizerSettings, Plan, _native, draw_changes
from convlens.engines.augmentation import (
    AFFINE,
    BLUR,
    CHANGE_NUMBERS,
    COVER,
    GAIN,
    KEY,
    NOISE,
    OFFSET,
    THICKNESS,
    unchanged,
)
from convlens.engines.native import NativeEngine, instruction_sets
from convlens.engines.torch_engine import TorchEngine
from convlens.errors import UsageError
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

NAMES = instruction_sets()
SHAPES = [(1, 28, 28), (3, 33, 17), (1, 1, 1), (4, 5, 70), (2, 3, 16)]
STRONG = AugmentationSettings(0.1, 15, 0.2, 0.1, 0.2, 0.03, 0.6, 0.6, 0.4, 0.2, 0.5, 0.1, 0.4, True, False)


def make_plan(shape: tuple[int, int, int]) -> Plan:
    normalisation = Normalisation((0.0,) * shape[0], (1.0,) * shape[0])
    return Plan(Network.from_text("conv 2 1x1, relu, dense"), shape, 3, normalisation)


def make_engine(name: str, shape: tuple[int, int, int]) -> Any:
    plan = make_plan(shape)
    return TorchEngine(plan, "cpu", threads=1) if name == "torch" else NativeEngine(plan, 1, name)


def random_images(count: int, shape: tuple[int, int, int]) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, *shape), np.uint8)


def changed(name: str, rows: list[list[int]], **numbers: Any) -> list[list[int]]:
    """One small grey image with some numbers of a change set."""
    change = unchanged(1)
    places = {"thickness": THICKNESS, "blur": BLUR, "noise": NOISE, "key": KEY}
    for key, value in numbers.items():
        if key in places:
            change[0, places[key]] = value
        elif key == "affine":
            change[0, AFFINE : AFFINE + 6] = value
        elif key == "cover":
            change[0, COVER : COVER + 5] = value
        else:
            change[0, {"gain": GAIN, "offset": OFFSET}[key] :][:3] = value
    image = np.array(rows, np.uint8)[None, None]
    return make_engine(name, image.shape[1:]).change_images(image, change)[0, 0].tolist()


ENGINES = pytest.mark.parametrize("name", [*NAMES, "torch"])
NINE = [[10, 20, 30], [40, 50, 60], [70, 80, 90]]


@ENGINES
def test_literals(name):
    assert changed(name, NINE) == NINE
    # x = x + 1: every pixel comes from its right neighbour, the last column from itself.
    assert changed(name, NINE, affine=[1, 0, 1, 0, 1, 0]) == [[20, 30, 30], [50, 60, 60], [80, 90, 90]]
    assert changed(name, NINE, affine=[1, 0, 0, 0, 1, -1]) == [[10, 20, 30], [10, 20, 30], [40, 50, 60]]
    # Half a pixel: (10 + 20)/2; a quarter down: 0.75 · 10 + 0.25 · 40 = 17.5, rounded up.
    assert changed(name, NINE, affine=[1, 0, 0.5, 0, 1, 0])[0] == [15, 25, 30]
    assert changed(name, NINE, affine=[1, 0, 0, 0, 1, 0.25])[0] == [18, 28, 38]
    assert changed(name, NINE, affine=[-1, 0, 0, 0, 1, 0]) == [[30, 20, 10], [60, 50, 40], [90, 80, 70]]
    # x = y, y = −x: a quarter turn.
    assert changed(name, NINE, affine=[0, 1, 0, -1, 0, 0]) == [[70, 40, 10], [80, 50, 20], [90, 60, 30]]
    # The middle's neighbours are 20, 40, 60, 80: to the lightest of them, half way, to the darkest.
    assert changed(name, NINE, thickness=1)[1][1] == 80
    assert changed(name, NINE, thickness=0.5)[1][1] == 65
    assert changed(name, NINE, thickness=-1)[1][1] == 20
    assert changed(name, NINE, thickness=1)[0] == [40, 50, 60]
    # A dot of 160: 4/16 in the middle, 2/16 beside it, 1/16 in the corners; half of that and half of what was.
    dot = [[0, 0, 0], [0, 160, 0], [0, 0, 0]]
    assert changed(name, dot, blur=1) == [[10, 20, 10], [20, 40, 20], [10, 20, 10]]
    assert changed(name, dot, blur=0.5) == [[5, 10, 5], [10, 100, 10], [5, 10, 5]]
    assert changed(name, NINE, cover=[0, 1, 2, 3, 7]) == [[10, 7, 7], [40, 7, 7], [70, 80, 90]]
    assert changed(name, NINE, gain=2, offset=-30) == [[0, 10, 30], [50, 70, 90], [110, 130, 150]]
    assert changed(name, NINE, gain=4)[2] == [255, 255, 255]


@ENGINES
def test_noise_is_normal_and_follows_its_key(name):
    image = np.full((2, 1, 64, 64), 128, np.uint8)
    changes = unchanged(2)
    changes[:, NOISE], changes[:, KEY] = 20, [1, 16_777_215]
    first, second = make_engine(name, (1, 64, 64)).change_images(image, changes).astype(float)
    for noisy in (first, second):
        assert abs(noisy.mean() - 128) < 1.5
        assert noisy.std() == pytest.approx(20, rel=0.05)
        assert abs(np.mean(np.abs(noisy - 128) < 20.5) - 0.695) < 0.03  # nearly what a normal one has
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_native_engine_and_pytorch_make_the_same_copies(shape, name):
    images = random_images(200, shape)
    changes = draw_changes(STRONG, 3, 0, range(200), shape)
    found = make_engine(name, shape).change_images(images, changes).astype(int)
    expected = make_engine("torch", shape).change_images(images, changes).astype(int)
    # A place that is rounded otherwise may give the next level, and what lightens and softens passes it on.
    assert np.abs(found - expected).max() <= 4
    assert (found != expected).mean() < 1e-3


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 20, 31)], ids=str)
def test_moves_are_scipys(shape):
    images, settings = random_images(20, shape), AugmentationSettings(0.1, 15, 0.2, 0.1, 0.2, 0.03)
    changes = draw_changes(settings, 3, 0, range(20), shape)
    found = make_engine(NAMES[0], shape).change_images(images, changes)
    _, height, width = shape
    y, x = np.mgrid[:height, :width].astype(float)
    for image, change, copy in zip(images[:, 0], changes.astype(float), found[:, 0], strict=True):
        a, b, c, d, e, f = change[:6]
        down = np.cos(np.pi * np.arange(3)[:, None] * (np.arange(height) + 0.5) / height)
        across = np.cos(np.pi * np.arange(3)[:, None] * (np.arange(width) + 0.5) / width)
        elastic = [np.einsum("ij,jy,ix->yx", change[at : at + 9].reshape(3, 3), down, across) for at in (6, 15)]
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        from_x = a * (x - middle_x) + b * (y - middle_y) + c + middle_x + elastic[0]
        from_y = d * (x - middle_x) + e * (y - middle_y) + f + middle_y + elastic[1]
        expected = ndimage.map_coordinates(image.astype(float), [from_y, from_x], order=1, mode="nearest")
        assert np.abs(copy - expected).max() <= 0.51


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("threads", [1, 3])
def test_training_sees_the_copies(name, threads):
    """With changes as they come, and on copies that were made before: the same bits."""
    shape = (1, 12, 12)
    plan = Plan(Network.from_text("conv 4 3x3, batchnorm, relu, dense"), shape, 3, Normalisation())
    images, labels = random_images(90, shape), np.arange(90) % 3
    order = np.random.default_rng(1).permutation(90)
    changes = draw_changes(STRONG, 3, 0, range(90), shape)
    results = []
    for beforehand in (True, False):
        engine = NativeEngine(plan, threads, name)
        engine.set_weights(initial_weights(plan.network, shape, 3, seed=1))
        copies, place, own = images, order, changes
        if beforehand:
            copies, place, own = engine.change_images(images[order], changes), np.arange(90), None
        trainer = engine.trainer(
            copies, labels[order] if beforehand else labels, OptimizerSettings(), LossSettings(), 0
        )
        steps = trainer.run(place, 20, np.full(5, 0.01), own)
        results.append((steps.losses, engine.weights()))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    for weight, array in results[0][1].items():
        np.testing.assert_array_equal(array, results[1][1][weight])


def test_pytorch_trains_on_the_copies_too():
    shape = (1, 12, 12)
    plan = make_plan(shape)
    images, labels, order = random_images(60, shape), np.arange(60) % 3, np.arange(60)
    changes = draw_changes(STRONG, 3, 0, range(60), shape)
    losses = []
    for engine in (NativeEngine(plan), TorchEngine(plan, "cpu", threads=1)):
        engine.set_weights(initial_weights(plan.network, shape, 3, seed=1))
        trainer = engine.trainer(images, labels, OptimizerSettings(), LossSettings(), 0)
        losses.append(trainer.run(order, 20, np.full(3, 0.01), changes).losses)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


@ENGINES
def test_changes_that_cannot_be_are_refused(name):
    engine, images = make_engine(name, (1, 4, 4)), random_images(2, (1, 4, 4))
    with pytest.raises(
        UsageError, match=r"2 images but changes of shape \(1, 39\); give a row of 39 numbers per image"
    ):
        engine.change_images(images, unchanged(1))
    with pytest.raises(
        UsageError, match=r"changes contain NaN or infinity|number 0 of a change is -?nan; it is at most"
    ):
        engine.change_images(images, unchanged(2) * np.float32(np.nan))
    trainer = engine.trainer(images, np.array([0, 1]), OptimizerSettings(), LossSettings(), 0)
    with pytest.raises(UsageError, match="2 images but changes of shape"):
        trainer.run(np.array([0, 1]), 2, np.array([0.1]), unchanged(3))
    with pytest.raises(
        UsageError, match=r"changes contain NaN or infinity|number 0 of a change is -?nan; it is at most"
    ):
        trainer.run(np.array([0, 1]), 2, np.array([0.1]), unchanged(2) * np.float32(np.nan))


def test_the_extension_itself_reads_no_memory_that_is_not_its_own():
    assert _native.change_numbers == CHANGE_NUMBERS
    engine = NativeEngine(make_plan((1, 5, 9)))._engine
    images = random_images(1, (1, 5, 9))
    for place, value in [(2, 1e30), (2, np.nan), (7, np.inf), (KEY, 2.0**24), (COVER, -1e9)]:
        change = unchanged(1)
        change[0, place] = value
        with pytest.raises(ValueError, match=f"number {place} of a change is "):
            engine.change_images(images, change)
    with pytest.raises(ValueError, match="each change has 38 numbers instead of 39"):
        engine.change_images(images, unchanged(1)[:, :38].copy())
    wild = unchanged(6)  # far, but allowed: everything comes from an edge, and covers end where the image does
    wild[:, :6] = np.random.default_rng(1).uniform(-1e6, 1e6, (6, 6))
    wild[:, COVER : COVER + 5] = [-9e5, -1e6, 1e6, 9e5, 1e6]
    assert (engine.change_images(np.repeat(images, 6, 0), wild) == 255).all()
