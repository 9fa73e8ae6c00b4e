"""The rules for a user's own glyphs: what looks like the training images is left alone, and what does not comes to."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from convlens.errors import ImageError
from convlens.preprocessing import Normalisation, Preprocessing, fit_preprocessing, prepare

SIDE = 48  # of the drawn training images
_STROKES = {
    "L": [((0.2, 0), (0.2, 1)), ((0.2, 1), (0.8, 1))],
    "T": [((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))],
    "V": [((0, 0), (0.5, 1)), ((0.5, 1), (1, 0))],
    "N": [((0, 1), (0, 0)), ((0, 0), (1, 1)), ((1, 1), (1, 0))],
    "Z": [((0, 0), (1, 0)), ((1, 0), (0, 1)), ((0, 1), (1, 1))],
}
LETTERS = tuple(_STROKES)


def draw_letter(letter, side=SIDE, fill=0.7, shift=(0, 0), stroke=0.09, ink=20, paper=240):
    """A letter, uint8 side×side; `fill`, `shift` (right, down) and `stroke` are shares of the side."""
    large = 4 * side
    picture = Image.new("L", (large, large), paper)
    pen = ImageDraw.Draw(picture)
    width = stroke * large
    size = fill * large - width
    left, top = ((large - size) / 2 + move * large for move in shift)
    for line in _STROKES[letter]:
        ends = [(left + x * size, top + y * size) for x, y in line]
        pen.line(ends, fill=ink, width=round(width))
        for x, y in ends:
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=ink)
    return np.asarray(picture.resize((side, side), Image.Resampling.BOX))


def draw_letters(count=60, seed=0, **how):
    """uint8 N×1×48×48: all letters in turn, of nearly the same size, strokes and place."""
    random = np.random.default_rng(seed)
    images = []
    for number in range(count):
        fill, stroke = random.uniform(0.68, 0.72), random.uniform(0.07, 0.11)
        shift = tuple(random.uniform(-0.01, 0.01, 2))
        images.append(draw_letter(LETTERS[number % 5], fill=fill, shift=shift, stroke=stroke, **how))
    return np.stack(images)[:, None]


@pytest.fixture(scope="module")
def dark() -> Preprocessing:
    """Fitted to letters that are dark on light and alike in size, place and levels."""
    return fit_preprocessing(draw_letters(), "auto")


@pytest.fixture(scope="module")
def light() -> Preprocessing:
    return fit_preprocessing(draw_letters(ink=250, paper=0), "auto")


def likeness(prepared, glyph):
    """The correlation of the pixels; half a pixel of shift costs a tenth."""
    return float(np.corrcoef(prepared.pixels.ravel(), glyph.ravel())[0, 1])


def photographed(glyph, noise=4.0):
    """The drawn letter on a larger, unevenly lit sheet of paper, a little to one side."""
    sheet = np.zeros((240, 320))
    drawn = np.asarray(Image.fromarray(255 - glyph).resize((150, 150), Image.Resampling.BICUBIC))
    sheet[50:200, 120:270] = (drawn - drawn.min()) / np.ptp(drawn)
    lamp = np.linspace(235, 190, 320)[None, :]
    grain = np.random.default_rng(4).normal(scale=noise, size=sheet.shape)
    return np.clip(np.rint(lamp * (1 - 0.85 * sheet) + grain), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_looks_like_the_training_images_is_unchanged(dark, seed):
    # Seed 0 are the training images themselves, the others drawn by the same rules.
    for image in draw_letters(40, seed=seed):
        prepared = prepare(dark, image[0])
        np.testing.assert_array_equal(prepared.pixels, image)
        assert prepared.notes == ()
        assert seed or not prepared.unlike


def test_larger_training_images_are_scaled_and_no_more(dark):
    prepared = prepare(dark, draw_letter("N", side=2 * SIDE))
    assert prepared.notes == ("scaled to 48×48",)


@pytest.mark.parametrize("letter", LETTERS)
def test_inverted_it_comes_back_to_the_bit(dark, light, letter):
    glyph = draw_letter(letter)
    prepared = prepare(dark, 255 - glyph)
    assert prepared.notes == ("light on dark, inverted",)
    np.testing.assert_array_equal(prepared.pixels[0], glyph)
    on_dark = draw_letter(letter, ink=250, paper=0)
    prepared = prepare(light, 255 - on_dark)
    assert prepared.notes == ("dark on light, inverted",)
    np.testing.assert_array_equal(prepared.pixels[0], on_dark)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("how", [{"fill": 0.95}, {"fill": 0.4}, {"fill": 0.4, "shift": (0.2, -0.15)}], ids=str)
def test_another_size_or_place_is_normalised(dark, letter, how):
    glyph, other = draw_letter(letter), draw_letter(letter, side=120, stroke=0.09 * how["fill"] / 0.7, **how)
    prepared = prepare(dark, other)
    percent = round(100 * how["fill"]) + 1  # the rim of the drawing is a pixel of 120
    assert f"fills {percent} % of the frame, training images 71–73 %, rescaled to " in "; ".join(prepared.notes)
    assert likeness(prepared, glyph) > 0.75 > 0.45 > likeness(prepare(dark, other, repair=False), glyph)
    assert prepared.unlike == ()


@pytest.mark.parametrize("letter", LETTERS)
def test_faint_ink_on_grey_paper_gets_the_levels_of_the_training_images(dark, letter):
    prepared = prepare(dark, draw_letter(letter, ink=120, paper=170))
    assert prepared.notes == ("contrast stretched from 120–170 to 20–240",)
    # 50 levels are stretched to 220, so rounding them cost up to 2.2 levels, and rounding again half of one.
    np.testing.assert_allclose(prepared.pixels[0], draw_letter(letter), atol=3)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("turned", [False, True], ids=["dark on light", "light on dark"])
def test_a_photo_of_it_on_paper_becomes_it(dark, light, letter, turned):
    fitted, colours = (light, {"ink": 250, "paper": 0}) if turned else (dark, {})
    glyph = draw_letter(letter, **colours)
    prepared = prepare(fitted, photographed(draw_letter(letter)))
    assert likeness(prepared, glyph) > 0.85
    assert prepared.unlike == ()


def test_strokes_are_brought_to_the_training_images(dark):
    prepared = prepare(dark, draw_letter("Z", side=200, fill=0.9, stroke=0.02))
    assert any("pixels thick" in note and "thickened to" in note for note in prepared.notes)
    assert likeness(prepared, draw_letter("Z")) > 0.7


def test_sizes_that_vary_on_purpose_are_left():
    images = np.stack([draw_letter(letter, fill=fill) for letter in LETTERS for fill in np.linspace(0.25, 0.95, 8)])
    fitted = fit_preprocessing(images[:, None], "glyph")
    small = draw_letter("L", fill=0.3)
    np.testing.assert_array_equal(prepare(fitted, small).pixels[0], small)
    tiny = prepare(fitted, draw_letter("L", side=200, fill=0.1, stroke=0.02, shift=(0.3, 0)))
    assert any(note.endswith("kept, because sizes vary") for note in tiny.notes)


def test_places_that_vary_on_purpose_are_left():
    shifts = [(x, y) for x in (-0.2, 0, 0.2) for y in (-0.2, 0, 0.2)]
    images = np.stack([draw_letter(letter, fill=0.4, shift=shift) for letter in LETTERS for shift in shifts])
    fitted = fit_preprocessing(images[:, None], "glyph")
    corner = draw_letter("T", fill=0.4, shift=(-0.2, 0.2))
    np.testing.assert_array_equal(prepare(fitted, corner).pixels[0], corner)
    inverted = prepare(fitted, 255 - corner)
    assert inverted.notes[0] == "light on dark, inverted"
    assert likeness(inverted, corner) > 0.95  # still in its corner


def test_polarities_that_are_mixed_are_left():
    glyphs = draw_letters(20)
    fitted = fit_preprocessing(np.concatenate([glyphs, 255 - glyphs]), "glyph")
    for glyph in (draw_letter("V"), 255 - draw_letter("V")):
        prepared = prepare(fitted, glyph)
        np.testing.assert_array_equal(prepared.pixels[0], glyph)
        assert prepared.notes == ()


def test_levels_that_vary_on_purpose_are_left():
    images = [
        draw_letter(letter, ink=ink, paper=paper) for letter in LETTERS for ink in (0, 90) for paper in (150, 255)
    ]
    fitted = fit_preprocessing(np.stack(images)[:, None], "glyph")
    faint = prepare(fitted, draw_letter("N", fill=0.4, stroke=0.05, side=120, ink=60, paper=200))
    assert not any(note.startswith("contrast") for note in faint.notes)
    assert faint.pixels[0, 0, 0] == 200
    assert abs(int(faint.pixels.min()) - 60) <= 10


def test_without_mending_a_picture_is_only_letterboxed(dark):
    picture = 255 - draw_letter("L", side=100, fill=0.4, shift=(0.2, 0.2))
    wide = np.pad(picture, ((0, 0), (50, 50)), constant_values=picture[0, 0])
    prepared = prepare(dark, wide, repair=False)
    assert prepared.notes == ("scaled to 48×24", "padded to 48×48")
    assert [step.name for step in prepared.steps] == ["original", "box", "centred", "tensor"]
    assert prepared.pixels[0, 0, 0] == picture[0, 0]  # still light on dark


def test_an_empty_picture_stays_as_it_is(dark):
    prepared = prepare(dark, np.full((96, 96), 244, np.uint8))
    assert prepared.notes == ("no ink found, so the picture is only scaled",)
    assert np.unique(prepared.pixels).tolist() == [244]
    assert prepared.unlike == ("there is nothing on it",)


def test_without_an_appearance_a_picture_is_only_turned_and_letterboxed():
    plain = Preprocessing((1, SIDE, SIDE), "glyph", False)
    assert prepare(plain, 255 - draw_letter("L", fill=0.3)).notes == ("light on dark, inverted",)


def test_a_frame_and_the_blocks_of_an_enlargement_are_taken_away(dark):
    glyph = draw_letter("Z")
    framed = np.pad(draw_letter("Z", side=300), 6, constant_values=0)
    prepared = prepare(dark, framed)
    assert "frame of 6 pixels cut off" in prepared.notes
    assert likeness(prepared, glyph) > 0.9
    blocks = prepare(dark, np.kron(255 - glyph, np.ones((5, 5), np.uint8)))
    assert blocks.notes[0] == "5×5 equal pixels merged into one"
    assert likeness(blocks, glyph) > 0.95


def test_ruled_lines_are_taken_out_for_mnist():
    page = np.full((200, 200), 250, np.uint8)
    page[40:160, 93:107] = 10  # a one
    clean = prepare(Preprocessing(), page)
    for row in range(20, 200, 45):
        page[row : row + 2] = np.minimum(page[row : row + 2], 170)
    ruled = prepare(Preprocessing(), page)
    assert "4 ruled lines taken out" in ruled.notes
    assert np.corrcoef(clean.pixels.ravel(), ruled.pixels.ravel())[0, 1] > 0.95


def hostile_pictures():
    """By name; each is a picture that somebody could have."""
    random = np.random.default_rng(0)
    return {
        "1×1": np.full((1, 1), 3, np.uint8),
        "1×5000": random.integers(0, 256, (5000, 1)).astype(np.uint8),
        "5000×1": random.integers(0, 256, (1, 5000)).astype(np.uint8),
        "2×2": np.array([[0, 255], [255, 0]], np.uint8),
        "black": np.zeros((60, 60), np.uint8),
        "white": np.full((300, 20), 255, np.uint8),
        "one pixel": np.pad(np.full((1, 1), 255, np.uint8), 40),
        "a line": np.pad(np.full((1, 90), 255, np.uint8), ((40, 40), (0, 0))),
        "half": np.repeat(np.array([[0], [255]], np.uint8), 50, axis=0).repeat(100, axis=1),
        "noise": random.integers(0, 256, (90, 70)).astype(np.uint8),
        "colour noise": random.integers(0, 256, (90, 70, 3)).astype(np.uint8),
        "ramp": np.tile(np.arange(256, dtype=np.uint8), (200, 1)),
        "chequers": (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8),
        "ring": np.pad(np.zeros((80, 80), np.uint8), 10, constant_values=255),
        "all transparent": Image.new("RGBA", (30, 20), (9, 9, 9, 0)),
        "16 bits": random.integers(0, 65536, (40, 50)).astype(np.uint16),
        "palette": Image.fromarray(random.integers(0, 256, (40, 50, 3)).astype(np.uint8)).convert("P"),
        "one bit": Image.fromarray(random.integers(0, 2, (40, 50)).astype(bool)),
        "CMYK": Image.new("CMYK", (33, 44), (10, 200, 30, 5)),
        "grey and alpha": Image.new("LA", (33, 44), (0, 128)),
    }


@pytest.mark.parametrize("name", hostile_pictures())
@pytest.mark.parametrize("repair", [True, False], ids=["normalised", "plain"])
def test_hostile_pictures_give_an_image(dark, name, repair):
    picture = hostile_pictures()[name]
    colour = Preprocessing((3, 20, 31), "letterbox", None, Normalisation((0,) * 3, (1,) * 3))
    for fitted in (dark, Preprocessing(), Preprocessing(rules="garment"), colour):
        prepared = prepare(fitted, picture, repair)
        assert prepared.pixels.shape == fitted.image_shape
        assert prepared.pixels.dtype == np.uint8
        assert prepared.pixels.flags.c_contiguous
        assert (prepared.steps[0].name, prepared.steps[-1].name) == ("original", "tensor")
        assert all(step.pixels.dtype == np.uint8 and step.pixels.size for step in prepared.steps)
        assert all(type(note) is str and note for note in prepared.notes)


@pytest.mark.parametrize("source", [b"", b"no image", np.zeros((0, 5), np.uint8), np.zeros((2, 3, 4, 5), np.uint8)])
def test_what_is_no_picture(dark, source):
    with pytest.raises(ImageError, match="image"):
        prepare(dark, source)


def test_steps_of_large_pictures_are_kept_small_and_say_their_size(dark):
    page = Image.new("RGB", (2000, 1500), (250, 240, 230))
    page.paste((10, 20, 30), (700, 500, 900, 1200))
    steps = prepare(dark, page).steps
    assert [(step.name, step.size) for step in steps[:2]] == [("original", "2000×1500"), ("grey", "2000×1500")]
    assert steps[0].pixels.shape == (215, 286, 3)  # blocks of 7, since 2000 // 256 is 7
    assert max(max(step.pixels.shape) for step in steps) < 512
