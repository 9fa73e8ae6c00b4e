"""Corruptions: each against SciPy on both engines, and what becomes of models that look at one thing only."""

import json
from collections.abc import Callable
from math import cos, pi, sin
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from convlens.data import LabelledImages
from convlens.engines import Engine, Plan, open_engine
from convlens.errors import ModelFileError
from convlens.evaluation import CorruptionCurve, CorruptionPoint, measure_corruptions
from convlens.evaluation.corruptions import CORRUPTIONS, Corruption
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

KINDS = {corruption.kind: corruption for corruption in CORRUPTIONS}
SHAPES = [(1, 28, 28), (3, 24, 20)]
BOTH = ("cat", "dog")


@pytest.fixture(params=[pytest.param("native", marks=pytest.mark.native), "torch"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return request.param


def make_engine(name: str, shape: tuple[int, int, int], weights: np.ndarray | None = None, bias: float = 0) -> Engine:
    """One dense layer of two classes; `weights` are the second one's, of pixels from 0 to 1."""
    network = Network.from_text("dense")
    engine = open_engine(Plan(network, shape, 2, Normalisation((0.0,) * shape[0], (1.0,) * shape[0])), name, "cpu", 1)
    given = initial_weights(network, shape, 2, seed=1)
    if weights is not None:
        (weight, offset) = sorted(given, key=lambda one: given[one].ndim, reverse=True)
        given[weight] = np.stack([np.zeros(weights.size), weights.ravel()]).astype(np.float32)
        given[offset] = np.array([0, bias], np.float32)
    engine.set_weights(given)
    return engine


def soft_pictures(count: int, shape: tuple[int, int, int]) -> np.ndarray:
    """Like photographs: soft shapes from black to white."""
    noise = np.random.default_rng(7).normal(size=(count, *shape))
    soft = ndimage.gaussian_filter(noise, (0, 0, 1.2, 1.2))
    soft -= soft.min(axis=(2, 3), keepdims=True)
    return (soft / soft.max(axis=(2, 3), keepdims=True) * 255).astype(np.uint8)


def shifted(picture: np.ndarray, number: int, strength: float) -> np.ndarray:
    """Eight directions in turn, the first to the right, clockwise."""
    angle, distance = number % 8 * pi / 4, strength * max(picture.shape)
    return ndimage.shift(picture, (distance * sin(angle), distance * cos(angle)), order=1, mode="nearest")


def rotated(picture: np.ndarray, number: int, strength: float) -> np.ndarray:
    angle = strength if number % 2 else -strength
    return ndimage.rotate(picture, angle, reshape=False, order=1, mode="nearest")


def scaled(picture: np.ndarray, number: int, strength: float) -> np.ndarray:
    middle: Any = (np.array(picture.shape) - 1) / 2
    return ndimage.affine_transform(picture, np.eye(2) / strength, middle * (1 - 1 / strength), order=1, mode="nearest")


def brightened(picture: np.ndarray, number: int, strength: float) -> np.ndarray:
    return np.clip(picture + 255 * strength, 0, 255)


def blurred(picture: np.ndarray, number: int, strength: float) -> np.ndarray:
    """The mean of neighbours has a variance of ½; after k of them it is k/2."""
    for _ in range(round(strength**2 / 0.5)):
        picture = ndimage.convolve(picture, np.outer([1, 2, 1], [1, 2, 1]) / 16, mode="nearest")
    return picture


@pytest.mark.parametrize(
    ("kind", "expect", "levels"),
    [
        ("shift", shifted, 1), ("rotation", rotated, 1), ("scale", scaled, 1), ("brightness", brightened, 1),
        ("blur", blurred, 2),  # whole levels after each mean
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_corruption_is_scipys(
    kind: str, expect: Callable[[np.ndarray, int, float], np.ndarray], levels: int, shape: Any, engine_name: str
) -> None:
    pictures, engine = soft_pictures(9, shape), make_engine(engine_name, shape)
    for strength in KINDS[kind].strengths:
        found = KINDS[kind].apply(engine, pictures, strength)
        assert (found.dtype, found.shape) == (np.uint8, pictures.shape)
        expected = [
            [expect(channel.astype(float), number, strength) for channel in picture]
            for number, picture in enumerate(pictures)
        ]
        assert np.abs(found - np.array(expected)).max() <= levels, strength


def test_blurring_is_as_wide_as_it_says(engine_name):
    pictures, engine = soft_pictures(9, (1, 28, 28)), make_engine(engine_name, (1, 28, 28))
    for strength in KINDS["blur"].strengths[1:]:
        found = KINDS["blur"].apply(engine, pictures, strength)
        bell = ndimage.gaussian_filter(pictures.astype(float), (0, 0, strength, strength), mode="reflect")
        assert np.abs(found - bell).max() < 4


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_noise_is_as_strong_as_it_says_and_of_its_own_on_each_image(engine_name, shape):
    grey, engine = np.full((60, *shape), 128, np.uint8), make_engine(engine_name, shape)
    for strength in (0.05, 0.1, 0.15):
        noise = KINDS["noise"].apply(engine, grey, strength).astype(float) - 128
        assert noise.std() == pytest.approx(strength * 255, rel=0.02)
        assert abs(noise.mean()) < 0.5
        assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.15
        np.testing.assert_array_equal(KINDS["noise"].apply(engine, grey, strength), noise + 128)


@pytest.mark.parametrize("kind", KINDS)
def test_the_plain_strength_changes_no_pixel(kind, engine_name):
    pictures = soft_pictures(9, (3, 24, 20))
    corruption = KINDS[kind]
    assert corruption.plain in corruption.strengths
    unchanged = corruption.apply(make_engine(engine_name, (3, 24, 20)), pictures, corruption.plain)
    np.testing.assert_array_equal(unchanged, pictures)


def test_strengths_grow_between_known_ends():
    for corruption in CORRUPTIONS:
        assert list(corruption.strengths) == sorted(set(corruption.strengths))
    assert {kind: (one.strengths[0], one.strengths[-1], len(one.strengths)) for kind, one in KINDS.items()} == {
        "shift": (0, 0.2, 6),
        "rotation": (0, 45, 7),
        "scale": (0.6, 1.4, 9),
        "noise": (0, 0.3, 6),
        "brightness": (-0.4, 0.4, 9),
        "blur": (0, 2, 6),
    }


@pytest.mark.native
@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_make_the_same_images(kind):
    pictures, corruption = soft_pictures(16, (1, 28, 28)), KINDS[kind]
    for strength in corruption.strengths:
        native, torch = (
            corruption.apply(make_engine(name, (1, 28, 28)), pictures, strength).astype(int)
            for name in ("native", "torch")
        )
        assert np.abs(native - torch).max() <= 1
        assert (native != torch).mean() < 0.01  # halves of a level, which are rounded either way


def accuracies(curves: tuple[CorruptionCurve, ...], kind: str) -> dict[float, float]:
    (curve,) = [one for one in curves if one.kind == kind]
    return {point.strength: point.accuracy for point in curve.points}


def test_every_curve_goes_through_the_accuracy_of_the_images_as_they_are(digits_8x8, engine_name):
    images = digits_8x8.test
    network = Network.from_text("conv 4 3x3, relu, dense")
    engine = open_engine(Plan(network, (1, 8, 8), 10, Normalisation()), engine_name, "cpu", 1)
    engine.set_weights(initial_weights(network, (1, 8, 8), 10, seed=2))
    right = int((engine.logits(images.images).argmax(1) == images.labels).sum())
    curves = measure_corruptions(engine, images)
    assert [curve.kind for curve in curves] == list(KINDS)
    for curve, corruption in zip(curves, CORRUPTIONS, strict=True):
        assert [point.strength for point in curve.points] == list(corruption.strengths)
        assert {point.total for point in curve.points} == {297}
        (plain,) = [point for point in curve.points if point.strength == corruption.plain]
        assert plain.correct == right
        for point in curve.points:
            corrupted = corruption.apply(engine, images.images, point.strength)
            assert point.correct == int((engine.logits(corrupted).argmax(1) == images.labels).sum())


def two_brightnesses(count: int = 40) -> LabelledImages:
    """A soft spot in the middle of an even ground, which is at a quarter of the range (cat) or three quarters (dog)."""
    labels = np.arange(count) % 2
    y, x = np.mgrid[-9.5:10, -9.5:10]
    spot = 40 * np.exp(-(x**2 + y**2) / 8)
    return LabelledImages((np.where(labels, 191, 64)[:, None, None, None] + spot).astype(np.uint8), labels, BOTH)


def test_a_model_that_looks_at_the_mean_brightness_is_moved_by_nothing_else(engine_name):
    mean = np.full(400, 1 / 400)
    curves = measure_corruptions(make_engine(engine_name, (1, 20, 20), mean, bias=-0.52), two_brightnesses())
    for kind in ("shift", "rotation", "scale", "noise", "blur"):
        assert set(accuracies(curves, kind).values()) == {1.0}, kind
    # 64 + 0.3 · 255 = 140.5 is above 0.52 · 255 = 132.6, 191 − 0.3 · 255 = 114.5 below: half of the images each.
    assert list(accuracies(curves, "brightness").values()) == [0.5, 0.5, 1, 1, 1, 1, 1, 0.5, 0.5]


def test_a_model_that_looks_at_one_place_is_lost_when_it_moves(engine_name):
    """A white square of 3×3 in the middle or none, and only the pixel in the middle is looked at."""
    labels = np.arange(48) % 3 % 2
    pixels = np.zeros((48, 1, 25, 25), np.uint8)
    pixels[labels == 1, :, 11:14, 11:14] = 255
    place = np.zeros((25, 25))
    place[12, 12] = 1
    curves = measure_corruptions(
        make_engine(engine_name, (1, 25, 25), place, bias=-0.5), LabelledImages(pixels, labels, BOTH)
    )
    # 0.04 of the side is a pixel, within the square. 0.08 is two, or 1.41 across and down, where 0.59² = 0.35 of white
    # is left: the 16 images with a square are lost, the 32 without are not.
    assert list(accuracies(curves, "shift").values()) == [1, 1, 32 / 48, 32 / 48, 32 / 48, 32 / 48]
    assert set(accuracies(curves, "rotation").values()) == {1.0}
    # −0.4: the square is at 153 of 255, above a half; 0.4: nothing is at 102, below.
    assert set(accuracies(curves, "brightness").values()) == {1.0}


class Remembering:
    """An engine that knows each image by its first pixels, and writes down which it has seen."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []

    def logits(self, images: np.ndarray) -> np.ndarray:
        numbers = images[:, 0, 0, 0].astype(int) * 256 + images[:, 0, 0, 1]
        self.seen.append(numbers.tolist())
        return np.eye(3, dtype=np.float32)[numbers % 3]


def numbered(count: int) -> LabelledImages:
    """The number of an image is written into its first two pixels and decides its label."""
    pixels = np.zeros((count, 1, 2, 2), np.uint8)
    pixels[:, 0, 0, 0], pixels[:, 0, 0, 1] = np.divmod(np.arange(count), 256)
    return LabelledImages(pixels, np.arange(count) % 3, ("a", "b", "c"))


def keep(engine: Engine, images: np.ndarray, strength: float) -> np.ndarray:
    return images


KEPT = Corruption("kept", "times", (0.0, 1.0), 0, keep)


def test_of_many_images_some_are_drawn_the_same_ones_each_time_and_for_each_corruption():
    first, second = Remembering(), Remembering()
    (curve,) = measure_corruptions(first, numbered(900), most_images=100, corruptions=[KEPT])  # pyright: ignore[reportArgumentType]
    assert [(point.correct, point.total) for point in curve.points] == [(100, 100), (100, 100)]  # labels go with images
    plain, corrupted = first.seen
    assert plain == corrupted
    assert len(set(plain)) == 100
    assert max(np.bincount(np.array(plain) // 300)) < 60  # from all over
    measure_corruptions(second, numbered(900), most_images=100, corruptions=[KEPT])  # pyright: ignore[reportArgumentType]
    assert second.seen == first.seen


def test_few_images_are_all_judged():
    engine = Remembering()
    (curve,) = measure_corruptions(engine, numbered(100), most_images=100, corruptions=[KEPT])  # pyright: ignore[reportArgumentType]
    assert engine.seen == [list(range(100))] * 2
    assert curve.points[1] == CorruptionPoint(1.0, 100, 100)


def test_many_images_are_judged_in_blocks(monkeypatch):
    monkeypatch.setattr("convlens.evaluation.corruptions._BLOCK", 40)
    engine = Remembering()
    (curve,) = measure_corruptions(engine, numbered(100), corruptions=[KEPT])  # pyright: ignore[reportArgumentType]
    assert engine.seen == [list(range(40)), list(range(40, 80)), list(range(80, 100))] * 2
    assert curve.points[0] == CorruptionPoint(0.0, 100, 100)


def test_an_answer_that_is_no_number_says_so():
    class Broken:
        def logits(self, images: np.ndarray) -> np.ndarray:
            return np.full((len(images), 3), np.nan, np.float32)

    with pytest.raises(ModelFileError, match=r"^this model's output is NaN or infinite: its weights are too large\."):
        measure_corruptions(Broken(), numbered(3), corruptions=[KEPT])  # pyright: ignore[reportArgumentType]


def test_a_curve_is_plain_values():
    curve = CorruptionCurve("shift", "of the side", (CorruptionPoint(0.0, 4, 4), CorruptionPoint(0.5, 3, 4)))
    assert (curve.points[1].accuracy, curve.points[0].accuracy) == (0.75, 1)
    found = json.loads(json.dumps(curve.as_dict()))
    assert (found["kind"], found["unit"]) == ("shift", "of the side")
    # Wilson for 3 of 4
    assert found["points"][1] == {
        "strength": 0.5, "correct": 3, "total": 4, "accuracy": 0.75,
        "interval_95": [pytest.approx(0.300642, abs=1e-6), pytest.approx(0.954413, abs=1e-6)],
    }  # fmt: skip
