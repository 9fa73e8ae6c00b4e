"""Glyphs, case by case: the notes by hand, frames that are not square, transparency, and shapes of no sense."""

import numpy as np
import pytest
from PIL import Image

from convlens.preprocessing import fit_preprocessing, prepare
from convlens.preprocessing.measuring import measure

# What the signs of training images differ in; those that differ in nothing are 22 of 32 pixels high, in the middle.
ALIKE = {}
OF_ALL_SIZES = {"heights": (10, 30)}
ANYWHERE = {"heights": (10, 20), "shift": 5}
OF_ALL_LEVELS = {"papers": (120, 255), "inks": (0, 60)}
LARGER = {"side": 48, "heights": (30, 32)}


@pytest.fixture(scope="module")
def fitted(draw_glyphs):
    return fit_preprocessing(draw_glyphs(), "auto")


def looks_of(prepared):
    return measure(prepared.pixels)


@pytest.mark.parametrize(
    "differing", [ALIKE, OF_ALL_SIZES, ANYWHERE, OF_ALL_LEVELS, LARGER], ids=["nothing", "size", "place", "ink", "side"]
)
@pytest.mark.parametrize("inverted", [False, True])
def test_training_images_come_through_unchanged(draw_glyphs, differing, inverted):
    images = 255 - draw_glyphs(**differing) if inverted else draw_glyphs(**differing)
    preprocessing = fit_preprocessing(images, "glyph")
    for image in images:
        prepared = prepare(preprocessing, image[0])
        np.testing.assert_array_equal(prepared.pixels, image)
        assert prepared.notes == ()


def test_the_notes_of_a_sheet_by_hand(draw_glyph, fitted):
    # 60 of 200 pixels high is 30 %; 22 of 32 is 69 %. The L is three quarters as wide as high: 46×60, since its edges
    # are soft, becomes 17×22.
    sheet = 255 - draw_glyph("L", 200, 60, 8, 40, 50, paper=230, ink=40)
    prepared = prepare(fitted, sheet)
    assert prepared.notes[0] == "light on dark, inverted"
    assert prepared.notes[1].startswith("contrast stretched from 40–230 to ")
    assert prepared.notes[2].startswith("200×200, cropped to 4")
    assert prepared.notes[3] == "fills 30 % of the frame, training images 69 %, rescaled to 17×22"
    names = [step.name for step in prepared.steps]
    assert names == ["original", "polarity", "contrast", "crop", "box", "centred", "tensor"]
    assert [step.note for step in prepared.steps if step.name == "polarity"] == ["light on dark, inverted"]


def test_where_sizes_differ_a_tiny_object_is_told_and_left(draw_glyph, draw_glyphs):
    preprocessing = fit_preprocessing(draw_glyphs(**OF_ALL_SIZES), "glyph")
    tiny = prepare(preprocessing, draw_glyph("T", 320, 40, 8, 60, 40))
    assert "fills 12 % of the frame, training images 31–94 %, kept, because sizes vary" in tiny.notes
    assert looks_of(tiny).fill[0] == 4 / 32


@pytest.mark.parametrize(("down", "right"), [(40, -60), (0, 0), (60, 60)])
def test_where_places_differ_an_object_keeps_its_own(draw_glyph, draw_glyphs, down, right):
    preprocessing = fit_preprocessing(draw_glyphs(heights=(16, 18), shift=5), "glyph")
    sheet = draw_glyph("T", 320, 120, 20, down, right, paper=200, ink=60)
    prepared = prepare(preprocessing, sheet)
    # 10 pixels of the sheet are 1 of the frame; 120 of 320 pixels are 38 %.
    assert "fills 38 % of the frame, training images 50–59 %, rescaled to 14×18" in prepared.notes
    np.testing.assert_array_equal(looks_of(prepared).box_centre[0] * 32, [down / 10, right / 10])


def test_where_training_images_agree_in_nothing_a_picture_is_only_letterboxed(draw_glyph, draw_glyphs):
    differing = draw_glyphs(heights=(8, 20), shift=5, papers=(120, 255), inks=(0, 60))
    preprocessing = fit_preprocessing(differing, "glyph")
    sheet = draw_glyph("T", 96, 30, 8, 20, -10, paper=200, ink=60)
    prepared = prepare(preprocessing, sheet)
    assert prepared.notes == ("scaled to 32×32",)
    expected = sheet.reshape(32, 3, 32, 3).mean(axis=(1, 3))
    assert np.abs(prepared.pixels[0] - expected)[4:-4, 4:-4].mean() < 3
    assert [step.name for step in prepared.steps] == ["original", "box", "tensor"]


def test_frames_that_are_not_square(draw_glyph, draw_glyphs):
    wide = np.pad(draw_glyphs(), ((0, 0), (0, 0), (0, 0), (8, 8)), constant_values=252)
    preprocessing = fit_preprocessing(wide, "glyph")
    assert preprocessing.image_shape == (1, 32, 48)
    looks = looks_of(prepare(preprocessing, 255 - draw_glyph("T", 200, 60, 8, 40, 50)))
    assert looks.fill[0] == 22 / 32
    assert np.abs(looks.box_centre[0]).max() <= 0.02


def test_transparent_paper_is_filled(draw_glyph, fitted):
    glyph = Image.fromarray(255 - draw_glyph("O", 64, 44, 6))
    ink = Image.merge("LA", (Image.new("L", glyph.size, 0), glyph))
    prepared = prepare(fitted, ink)
    assert prepared.notes[0] == "transparent background, filled with white"
    assert [step.name for step in prepared.steps][:2] == ["original", "grey"]
    assert prepared.steps[0].pixels.shape == (64, 64, 4)
    assert float(np.corrcoef(prepared.pixels.ravel(), draw_glyph("O", 32, 22, 3).ravel())[0, 1]) > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3), (40, 3000)])
@pytest.mark.parametrize("kind", ["constant", "noise", "one pixel"])
@pytest.mark.parametrize("differing", [ALIKE, OF_ALL_SIZES, OF_ALL_LEVELS], ids=["nothing", "size", "ink"])
def test_strange_pictures(draw_glyphs, shape, kind, differing):
    pixels = np.full(shape, 255, np.uint8)
    if kind == "noise":
        pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    elif kind == "one pixel":
        pixels[shape[0] // 2, shape[1] // 2] = 0
    preprocessing = fit_preprocessing(draw_glyphs(40, **differing), "glyph")
    for repair in (True, False):
        prepared = prepare(preprocessing, pixels, repair)
        assert prepared.pixels.shape == (1, 32, 32)
        assert prepared.pixels.dtype == np.uint8
