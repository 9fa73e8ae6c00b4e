"""The probe: mirror images where no class becomes another, and the reason where one does."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from convlens.data import LabelledImages
from convlens.engines import AugmentationSettings
from convlens.training.probe import CHANGES, ProbeVerdict, _judge, probe_changes, reduce_images, with_safe_changes

ARROW = [(3, 8), (8, 3), (8, 6), (13, 6), (13, 10), (8, 10), (8, 13)]
"""Points to the left."""
SIDEWAYS, UPSIDE_DOWN, TURNED = CHANGES


def draw(shape: list[tuple[int, int]], random: np.random.Generator) -> np.ndarray:
    """A shape in a frame of 16 pixels, moved and turned a little."""
    shift_x, shift_y = random.integers(-2, 3, 2)
    image = Image.new("L", (16, 16))
    ImageDraw.Draw(image).polygon([(x + shift_x, y + shift_y) for x, y in shape], fill=255)
    return np.asarray(image.rotate(float(random.uniform(-10, 10))))


def make_images(shapes: dict[str, list[tuple[int, int]]], count: int, seed: int) -> LabelledImages:
    random = np.random.default_rng(seed)
    images = np.stack([draw(shape, random) for shape in shapes.values() for _ in range(count)])[:, None]
    return LabelledImages(images, np.repeat(np.arange(len(shapes)), count), tuple(shapes), "shapes")


def mirrored(shape: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(16 - x, y) for x, y in shape]


def probe(shapes: dict[str, list[tuple[int, int]]]) -> dict[str, ProbeVerdict]:
    found = probe_changes(make_images(shapes, 150, 0), make_images(shapes, 40, 1), seed=0, threads=1)
    assert [verdict.change for verdict in found] == list(CHANGES)
    return {verdict.change: verdict for verdict in found}


def test_arrows_may_be_turned_upside_down_but_not_to_the_other_side():
    found = probe({"left": ARROW, "right": mirrored(ARROW)})
    assert not found[SIDEWAYS].safe
    assert found[SIDEWAYS].reason.startswith("recall of ")
    assert found[SIDEWAYS].reason.endswith(("confused with left", "confused with right"))
    assert found[UPSIDE_DOWN].safe
    assert found[UPSIDE_DOWN].reason == "no class loses more than 0.0 % of recall"
    assert not found[TURNED].safe


def test_shapes_that_look_the_same_from_every_side_may_be_turned():
    square, dot = [(3, 3), (12, 3), (12, 12), (3, 12)], [(6, 7), (7, 6), (9, 6), (9, 9), (6, 9)]
    assert all(verdict.safe for verdict in probe({"square": square, "dot": dot}).values())


def test_a_6_is_no_9():
    six = [(5, 2), (7, 2), (7, 7), (11, 7), (11, 13), (5, 13)]
    nine = [(16 - x, 16 - y) for x, y in six]
    found = probe({"6": six, "9": nine})
    assert not found[TURNED].safe
    assert "falls from" in found[TURNED].reason


def test_nothing_is_allowed_where_nothing_can_be_told():
    shapes = {"left": ARROW, "right": mirrored(ARROW)}
    train, few = make_images(shapes, 30, 0), make_images(shapes, 9, 1)
    for held_out, reason in ((None, "no images are held out"), (few, "only 9 held-out images of left; the test needs")):
        verdicts = probe_changes(train, held_out, seed=0)
        assert not any(verdict.safe for verdict in verdicts)
        assert all(verdict.reason.startswith(reason) for verdict in verdicts)
    tiny = LabelledImages(np.zeros((40, 1, 2, 2), np.uint8), np.arange(40) % 2, ("a", "b"))
    assert {verdict.reason for verdict in probe_changes(tiny, tiny, seed=0)} == {"the images are too small to test it"}


def test_the_same_seed_finds_the_same():
    shapes = {"left": ARROW, "right": mirrored(ARROW)}
    found = [probe_changes(make_images(shapes, 60, 0), make_images(shapes, 20, 1), 5, threads) for threads in (1, 2)]
    assert found[0] == found[1]


def test_a_loss_that_is_spread_over_all_classes_counts_too():
    plain = np.diag([96, 98, 97]) + np.eye(3, k=1, dtype=int) * 4
    changed = np.array([[94, 6, 0], [0, 96, 4], [2, 3, 95]])
    verdict = _judge(UPSIDE_DOWN, plain, changed, ("cat", "dog", "emu"))
    assert not verdict.safe
    assert verdict.reason == "accuracy falls by 2.0 %, most for emu, confused with dog"
    slight = np.array([[95, 5, 0], [0, 98, 4], [0, 3, 97]])
    assert _judge(UPSIDE_DOWN, plain, slight, ("cat", "dog", "emu")).safe


def test_what_is_safe_is_added_to_the_augmentation():
    verdicts = [ProbeVerdict(SIDEWAYS, True, ""), ProbeVerdict(UPSIDE_DOWN, False, ""), ProbeVerdict(TURNED, True, "")]
    assert with_safe_changes(AugmentationSettings(shift=0.1, rotation=10), verdicts) == AugmentationSettings(
        shift=0.1, rotation=180, flip_horizontal=True
    )
    assert with_safe_changes(AugmentationSettings(flip_vertical=True), verdicts[1:2]).flip_vertical


@pytest.mark.parametrize(("safe", "words"), [(True, "yes"), (False, "no")])
def test_a_verdict_is_one_line(safe, words):
    assert str(ProbeVerdict(SIDEWAYS, safe, "because")) == f"mirrored left to right: {words} (because)"


def test_large_images_are_averaged_down_in_blocks():
    pixels = np.zeros((1, 1, 64, 65), np.uint8)
    pixels[0, 0, :2, :2] = [[10, 20], [30, 41]]  # 101 / 4 = 25.25
    reduced = reduce_images(LabelledImages(pixels, np.array([0]), ("a", "b")))
    assert reduced.images.shape == (1, 1, 32, 32)
    assert reduced.images[0, 0, 0, 0] == 25
    assert reduced.images.sum() == 25
    small = LabelledImages(np.zeros((1, 1, 63, 64), np.uint8), np.array([0]), ("a", "b"))
    assert reduce_images(small) is small
