"""Strokes brought to the thickness and sharpness of the training images, and left alone where they have them."""

import re

import numpy as np
import pytest
from msgspec.structs import replace
from scipy import ndimage

from convlens.preprocessing import fit_preprocessing
from convlens.preprocessing.measuring import measure
from convlens.preprocessing.strokes import _change_thickness, scale_glyph

BOX, FRAME = (22, 22), (32, 32)


@pytest.fixture(scope="module")
def usual(draw_glyphs):
    """How 120 signs look, drawn with pens of 2 to 4 pixels."""
    return fit_preprocessing(draw_glyphs(), "glyph").appearance


@pytest.fixture(scope="module")
def ink_of(draw_glyph):
    """A function: a light-on-dark ring cropped to its ink, 220 high, its stroke `pen` tenths of a final pixel thick."""

    def draw(pen, blur=0.0):
        glyph = 255 - draw_glyph("O", 260, 220, pen)
        glyph = ndimage.gaussian_filter(glyph, blur) if blur else glyph
        rows, columns = np.nonzero(glyph >= 51)
        return glyph[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]

    return draw


def looks_of(scaled):
    framed = np.zeros(FRAME, np.uint8)
    framed[5 : 5 + scaled.shape[0], 5 : 5 + scaled.shape[1]] = scaled
    return measure(framed[None])


@pytest.mark.parametrize(("pen", "verb"), [(5, "thickened"), (60, "thinned")])
def test_thickness_comes_into_the_usual_range(usual, ink_of, pen, verb):
    plain, nothing = scale_glyph(ink_of(pen), BOX, FRAME, None)
    scaled, notes = scale_glyph(ink_of(pen), BOX, FRAME, usual)
    assert nothing == []
    assert len(notes) == 1
    assert re.fullmatch(rf"strokes \d.\d pixels thick, training images 1.9–3.7, {verb} to \d.\d", notes[0])
    assert max(scaled.shape) == 22
    before, after = float(looks_of(plain).stroke[0]), float(looks_of(scaled).stroke[0])
    assert not usual.stroke.low <= before <= usual.stroke.high
    assert usual.stroke.low - 0.02 <= after <= usual.stroke.high + 0.02


@pytest.mark.parametrize("pen", [28, 31, 34])
def test_usual_strokes_are_only_scaled(usual, ink_of, pen):
    soft = replace(usual, softness=replace(usual.softness, highest=0.1))
    plain, _ = scale_glyph(ink_of(pen), BOX, FRAME, None)
    scaled, notes = scale_glyph(ink_of(pen), BOX, FRAME, soft)
    assert notes == []
    np.testing.assert_array_equal(scaled, plain)


def test_blurred_ink_is_sharpened(usual, ink_of):
    plain, _ = scale_glyph(ink_of(30, blur=12), BOX, FRAME, None)
    scaled, notes = scale_glyph(ink_of(30, blur=12), BOX, FRAME, usual)
    assert notes[0] == "blurred, sharpened"
    assert float(looks_of(scaled).softness[0]) < float(looks_of(plain).softness[0])


def test_strokes_that_differ_threefold_are_left_and_just_less_are_changed(usual, ink_of):
    for low, high, count in ((0.04, 0.12, 1), (0.04, 0.1201, 0), (0.0, 0.12, 0)):
        varied = replace(usual, stroke=replace(usual.stroke, lowest=0.0, low=low, middle=0.06, high=high, highest=0.2))
        assert len(scale_glyph(ink_of(60), BOX, FRAME, varied)[1]) == count


@pytest.mark.parametrize(("level", "count"), [(127, 0), (128, 1)])
def test_strokes_whose_ink_is_faint_are_not_thinned(usual, draw_glyph, level, count):
    wide = np.where(255 - draw_glyph("O", 200, 154, 35) >= 128, level, 0).astype(np.uint8)
    assert len(_change_thickness(wide, BOX, FRAME, usual)[1]) == count


def test_ink_that_has_its_size_is_given_back(usual, draw_glyph):
    ink = 255 - draw_glyph("L", 22, 22, 1)[:, 3:19]
    scaled, notes = scale_glyph(ink, BOX, FRAME, usual)
    assert scaled is ink
    assert notes == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (2, 3), (500, 500)])
def test_any_shape_of_solid_ink_fits(usual, shape):
    scaled, _ = scale_glyph(np.full(shape, 255, np.uint8), BOX, FRAME, usual)
    assert scaled.dtype == np.uint8
    assert scaled.max() == 255
    assert max(scaled.shape) == 22
