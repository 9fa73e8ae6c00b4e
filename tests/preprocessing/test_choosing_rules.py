"""Which rules custom images get, and what is measured on them."""

import time

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from convlens.errors import UsageError
from convlens.preprocessing import choose_rules, fit_preprocessing


@pytest.fixture(scope="module")
def photographs():
    """300 parts of two photographs, grey, 32×32."""
    random, parts = np.random.default_rng(0), []
    photos = [photo.mean(axis=2).astype(np.uint8) for photo in load_sample_images().images]
    for number in range(300):
        photo = photos[number % 2]
        top, left = random.integers(0, photo.shape[0] - 128), random.integers(0, photo.shape[1] - 128)
        parts.append(photo[top : top + 128, left : left + 128].reshape(32, 4, 32, 4).mean(axis=(1, 3)))
    return np.stack(parts).astype(np.uint8)[:, np.newaxis]


@pytest.mark.parametrize("inverted", [False, True])
def test_glyphs_are_ink_whatever_their_polarity(draw_glyphs, inverted):
    glyphs = draw_glyphs()
    images = 255 - glyphs if inverted else glyphs
    assert choose_rules(images) == ("glyph", "100 % of the images show ink on an even background")
    fitted = fit_preprocessing(images, "auto")
    assert (fitted.rules, fitted.light_on_dark) == ("glyph", inverted)


def test_photographs_are_not(photographs):
    rules, reason = choose_rules(photographs)
    assert rules == "letterbox"
    assert reason.startswith("only ")
    assert fit_preprocessing(photographs, "auto").rules == "letterbox"


def test_colour_is_not_ink(draw_glyphs):
    colour = np.repeat(draw_glyphs(8), 3, axis=1)
    assert choose_rules(colour) == ("letterbox", "the images are in colour")


def test_nine_of_ten_images_decide(draw_glyphs, photographs):
    glyphs = draw_glyphs(100)
    for count, rules in ((91, "glyph"), (90, "glyph"), (89, "letterbox")):
        assert choose_rules(np.concatenate([glyphs[:count], photographs[: 100 - count]]))[0] == rules
    assert choose_rules(np.concatenate([glyphs[:80], photographs[:20]]))[0] == "letterbox"


def test_empty_images_decide_nothing():
    empty = np.zeros((20, 1, 16, 16), np.uint8)
    assert choose_rules(empty) == ("letterbox", "only 0 % of the images show ink on an even background")
    fitted = fit_preprocessing(empty, "glyph")
    assert (fitted.appearance, fitted.light_on_dark) == (None, None)


def test_mixed_polarity_is_left_mixed(draw_glyphs):
    glyphs = draw_glyphs(100)
    glyphs[::2] = 255 - glyphs[::2]
    assert fit_preprocessing(glyphs, "glyph").light_on_dark is None


def test_what_is_measured_of_glyphs_by_hand(draw_glyphs):
    # 22 of 32 pixels high, box in the middle; an image in twenty is empty, and does not count.
    glyphs = draw_glyphs(100)
    glyphs[::20] = 255
    looks = fit_preprocessing(glyphs, "glyph").appearance
    assert looks is not None
    assert looks.images == 95
    assert looks.fill.low == looks.fill.high == 22 / 32
    assert (looks.centre.by, looks.centre.down, looks.centre.distance) == ("box", 0, 0)
    assert 250 <= looks.background.lowest <= looks.background.highest <= 255
    assert looks.contrast.low >= 245
    # Pens of 2 to 4 pixels; the ends of strokes count as outline, too, which makes them seem a little thinner.
    assert 1.8 / 32 <= looks.stroke.low <= 2 / 32
    assert 3.6 / 32 <= looks.stroke.high <= 4 / 32


def test_glyphs_that_balance_on_their_mass_are_centred_by_mass(draw_glyphs):
    glyphs = draw_glyphs(60, heights=(14, 22))
    moved = np.full_like(glyphs, 255)
    for glyph, frame in zip(glyphs[:, 0], moved[:, 0], strict=True):
        ink = glyph.max() - glyph.astype(np.float64)
        shift = [round(15.5 - (ink.sum(axis=1 - axis) @ np.arange(32)) / ink.sum()) for axis in (0, 1)]
        frame[:] = np.roll(glyph, shift, (0, 1))
    looks = fit_preprocessing(moved, "glyph").appearance
    assert looks is not None
    assert looks.centre.by == "mass"
    assert looks.centre.distance <= 0.6 / 32


def test_many_and_large_images_are_sampled(draw_glyphs):
    many = np.lib.stride_tricks.as_strided(draw_glyphs(1), (1_000_000, 1, 32, 32), (0, 0, 32, 1))
    start = time.perf_counter()
    looks = fit_preprocessing(many, "auto").appearance
    assert looks is not None
    assert looks.images == 2000
    assert time.perf_counter() - start < 1  # measured: 0.04; a million would take 20


def test_what_cannot_be_chosen_for():
    with pytest.raises(UsageError, match="images of the shape 0×1×8×8: give at least one"):
        choose_rules(np.zeros((0, 1, 8, 8), np.uint8))
