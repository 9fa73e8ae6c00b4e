"""Every mode of picture as 8-bit grey and colour, with a note on what was changed."""

import numpy as np
import pytest
from PIL import Image

from convlens.errors import ImageError
from convlens.pixels import conversion, to_colour, to_grey
from convlens.pixels.conversion import colour_spread, to_colour_and_grey

MODES = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F"]


@pytest.mark.parametrize("mode", [*MODES, "I;16", "I;16L", "I;16B"])
def test_every_mode_has_grey_and_colour(mode):
    image = Image.new(mode, (3, 2))
    grey, _ = to_grey(image)
    colour, _ = to_colour(image)
    assert (grey.shape, grey.dtype) == ((2, 3), np.uint8)
    assert (colour.shape, colour.dtype) == ((2, 3, 3), np.uint8)


def test_colour_becomes_luma():
    # 0.299, 0.587 and 0.114 of 255
    image = Image.new("RGB", (3, 1))
    for place, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        image.putpixel((place, 0), colour)
    grey, notes = to_grey(image)
    assert grey.tolist() == [[76, 150, 29]]
    assert notes == ["colour turned to grey"]


def test_grey_stored_as_colour_needs_no_note():
    assert to_grey(Image.new("RGB", (2, 2), (40, 40, 40)))[1] == []


def test_sixteen_bits_are_divided_by_257():
    image = Image.fromarray(np.array([[0, 257, 65_535]], np.uint16))
    grey, notes = to_grey(image)
    assert grey.tolist() == [[0, 1, 255]]
    assert notes == ["16 bits turned to 8"]


@pytest.mark.parametrize(
    ("values", "expected", "notes"),
    [
        (np.array([[0, 200]], np.int32), [0, 200], []),
        (np.array([[0, 1000]], np.int32), [0, 255], ["0 to 1000, stretched to 0–255"]),
        (np.array([[-5, 5]], np.int32), [0, 255], ["-5 to 5, stretched to 0–255"]),
        (np.array([[7000, 7000]], np.int32), [0, 0], ["7000 everywhere, taken as 0"]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255], ["0–1 turned to 0–255"]),
        (np.array([[0, 99.6]], np.float32), [0, 100], []),
        (np.array([[-3e38, 0, 3e38]], np.float32), [0, 128, 255], ["-3e+38 to 3e+38, stretched to 0–255"]),
    ],
)
def test_modes_without_a_range(values, expected, notes):
    grey, found = to_grey(Image.fromarray(values))
    assert (grey.ravel().tolist(), found) == (expected, notes)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_not_finite(value):
    with pytest.raises(ImageError, match="floating-point pixels that are not finite numbers: save it with 8 bits"):
        to_grey(Image.fromarray(np.array([[0, value]], np.float32)))


@pytest.mark.parametrize(
    ("ink", "fill", "name"), [(20, 255, "white"), (127, 255, "white"), (128, 0, "black"), (230, 0, "black")]
)
def test_transparency_is_filled_with_what_contrasts(ink, fill, name):
    pixels = np.zeros((3, 3, 4), np.uint8)  # black wherever it is transparent
    pixels[1, 1] = (ink, ink, ink, 255)
    image = Image.fromarray(pixels)
    grey, notes = to_grey(image)
    assert grey.tolist() == [[fill] * 3, [fill, ink, fill], [fill] * 3]
    assert notes == [f"transparent background, filled with {name}"]
    assert to_colour(image)[0][:, :, 1].tolist() == grey.tolist()


def test_half_transparent_is_half_filled():
    grey, _ = to_grey(Image.new("LA", (1, 1), (0, 128)))
    assert grey.tolist() == [[127]]


def test_opaque_alpha_changes_nothing():
    assert to_grey(Image.new("RGBA", (1, 1), (9, 9, 9, 255))) == (np.array([[9]]), [])


def test_a_transparent_palette_entry():
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 30, 30, 30])
    image.putdata([0, 1])
    image.info["transparency"] = 0
    grey, notes = to_grey(image)
    assert grey.tolist() == [[255, 30]]
    assert notes == ["transparent background, filled with white"]


def test_wholly_transparent_is_one_grey():
    grey, _ = to_grey(Image.new("RGBA", (4, 4)))
    assert len(np.unique(grey)) == 1


@pytest.mark.parametrize("mode", [*MODES, "I;16"])
def test_a_large_image_is_converted_in_strips_to_the_same_pixels(mode, monkeypatch):
    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (23, 10, 4)).astype(np.uint8))
    if mode in ("I", "F", "I;16"):
        image = Image.fromarray((random.random((23, 10)) * 1000).astype({"I": "i4", "F": "f4", "I;16": "u2"}[mode]))
    for step in ("RGB", "L", mode):  # not every mode can be made from every other
        try:
            image = image.convert(mode)
            break
        except ValueError:
            image = image.convert("LA" if mode == "La" else "RGBA" if mode == "RGBa" else step)
    assert image.mode == mode
    expected = to_grey(image), to_colour(image)
    for strip in (10, 39, 70):  # 1, 3 and 7 rows
        monkeypatch.setattr(conversion, "_STRIP", strip)
        for (pixels, notes), (found, said) in zip(expected, (to_grey(image), to_colour(image)), strict=True):
            np.testing.assert_array_equal(found, pixels)
            assert said == notes


def test_strips_begin_at_multiples_of_a_number_of_rows(monkeypatch):
    image = Image.new("L", (10, 23))
    monkeypatch.setattr(conversion, "_STRIP", 230)
    assert [(top, strip.size) for top, strip in conversion._strips(image)] == [(0, (10, 23))]
    monkeypatch.setattr(conversion, "_STRIP", 119)
    assert [(top, strip.size[1]) for top, strip in conversion._strips(image)] == [(0, 11), (11, 11), (22, 1)]
    assert [(top, strip.size[1]) for top, strip in conversion._strips(image, 4)] == [(0, 8), (8, 8), (16, 7)]
    monkeypatch.setattr(conversion, "_STRIP", 39)
    assert [top for top, _ in conversion._strips(image, 10)] == [0, 10, 20]


@pytest.mark.parametrize(("blue", "noted"), [(56, False), (57, True)])
def test_a_trace_of_colour_is_not_mentioned(blue, noted):
    image = Image.new("RGB", (2, 2), (40, 40, 40))
    image.putpixel((1, 0), (40, 40, blue))
    assert ("colour turned to grey" in to_grey(image)[1]) is noted


@pytest.mark.parametrize(("side", "noted"), [(255, True), (256, False)])
def test_colour_that_vanishes_in_a_small_image_is_not_mentioned(side, noted):
    pixels = np.empty((side, side, 3), np.uint8)
    pixels[:, ::2], pixels[:, 1::2] = (200, 100, 150), (100, 200, 150)
    assert ("colour turned to grey" in to_grey(Image.fromarray(pixels))[1]) is noted


@pytest.mark.parametrize("strip", [4_000_000, 3000], ids=["at once", "in strips"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK", "YCbCr", "HSV"])
def test_colour_and_grey_in_one_pass(mode, strip, monkeypatch):
    monkeypatch.setattr(conversion, "_STRIP", strip)
    pixels = np.random.default_rng(4).integers(0, 256, (70, 260, 3), np.uint8)
    image = Image.fromarray(pixels)
    image = image.quantize(20) if mode == "P" else image.convert(mode)
    if mode == "RGBA":
        image.putpixel((200, 69), (1, 2, 3, 0))
    image.info["notes"] = ("a note",)
    both = to_colour_and_grey(image)
    plain = image.convert("RGB")  # by Pillow alone; only the transparent pixel is filled
    if mode == "RGBA":
        plain.putpixel((200, 69), (255, 255, 255) if "white" in both.notes_of_colour[1] else (0, 0, 0))
    assert np.array_equal(both.colour, np.asarray(plain))
    assert np.array_equal(both.grey, np.asarray(plain.convert("L")))
    small = np.asarray(plain.reduce(2)).astype(int)  # 260 pixels // 128
    assert both.spread == colour_spread(image) == (small.max(axis=2) - small.min(axis=2)).max()
    assert np.array_equal(to_colour(image)[0], both.colour)
    assert np.array_equal(to_grey(image)[0], both.grey)
    assert both.notes_of_colour == to_colour(image)[1]
    assert both.notes_of_grey == to_grey(image)[1] == [*both.notes_of_colour, "colour turned to grey"]


def test_the_spread_ignores_what_nobody_sees():
    image = Image.new("RGBA", (4, 1), (90, 90, 90, 255))
    image.putpixel((2, 0), (255, 0, 0, 0))
    assert colour_spread(image) == 0
    image.putpixel((2, 0), (255, 0, 30, 255))
    assert colour_spread(image) == 255


def test_a_transparent_pixel_in_the_last_strip_counts(monkeypatch):
    monkeypatch.setattr(conversion, "_STRIP", 16)
    image = Image.new("LA", (8, 8), (200, 255))
    image.putpixel((7, 7), (0, 0))
    grey, notes = to_grey(image)
    assert notes == ["transparent background, filled with black"]
    assert grey[7, 7] == 0
    assert (grey.reshape(-1)[:-1] == 200).all()
