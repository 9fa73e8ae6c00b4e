"""The rules as a whole: MNIST's own digits come through untouched, and everything else comes to look like them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.pixels.framing import centre_of_mass
from convlens.preprocessing import Normalisation, Preprocessing, prepare

MNIST = Preprocessing()
FASHION = Preprocessing(rules="garment")
LETTERBOX = Preprocessing((1, 24, 32), "letterbox")
COLOUR = Preprocessing((3, 24, 32), "letterbox", None, Normalisation((0.0,) * 3, (1.0,) * 3))

with np.load(Path(__file__).parent / "mnist_sample.npz") as sample:
    DIGITS: np.ndarray = sample["images"]  # uint8, 20×28×28: the first two test images of every digit


def likeness(prepared, digit):
    """The correlation of the pixels: 1 for the digit itself; half a pixel of shift costs up to 0.17."""
    return float(np.corrcoef(prepared.pixels.ravel(), digit.ravel())[0, 1])


def enlarged(digit, factor=8):
    return np.asarray(Image.fromarray(digit).resize((28 * factor, 28 * factor), Image.Resampling.BICUBIC))


def on_paper(digit, light=230, ink=30, noise=0.0):
    """Dark ink somewhere on a sheet of 300×400."""
    sheet = np.zeros((300, 400))
    sheet[40:264, 130:354] = enlarged(digit) / 255
    grain = np.random.default_rng(4).normal(scale=noise, size=sheet.shape) if noise else 0
    return np.clip(np.rint(light + (ink - light) * sheet + grain), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("place", range(20))
def test_mnist_comes_through_unchanged(place):
    # Measured on the whole of MNIST: bit-identical for 10,000 of 10,000 test images and 60,000 of 60,000 for training.
    prepared = prepare(MNIST, DIGITS[place])
    np.testing.assert_array_equal(prepared.pixels[0], DIGITS[place])
    assert prepared.notes == ()
    assert [(step.name, step.note) for step in prepared.steps] == [("original", ""), ("tensor", "")]
    assert prepared.unlike == ()


@pytest.mark.parametrize("place", range(0, 20, 3))
def test_inverted_moved_or_on_a_larger_sheet_it_is_restored_to_the_bit(place):
    digit = DIGITS[place]
    inverted = prepare(MNIST, 255 - digit)
    np.testing.assert_array_equal(inverted.pixels[0], digit)
    assert inverted.notes == ("dark on light, inverted",)
    sheet = np.full((100, 150), 255, np.uint8)
    sheet[60:88, 3:31] = 255 - digit
    np.testing.assert_array_equal(prepare(MNIST, sheet).pixels[0], digit)


def test_the_notes_of_a_photo_by_hand():
    # The L, scaled, is 15×20 with strokes of 2.5. Its masses are 50 at (0.75, 9.5) and 31.25 at (8.25, 18.25), their
    # centre (3.6, 12.9), so its corner goes to 14 − that = (10, 1), and not to (7, 4), which would centre its box.
    paper = np.full((180, 200), 235, np.uint8)  # height × width
    paper[31:151, 60:75] = 25  # an L: 120 high, 90 wide
    paper[136:151, 60:150] = 25
    prepared = prepare(MNIST, paper)
    assert prepared.notes == (
        "dark on light, inverted",
        "contrast stretched from 20–230 to 0–255",
        "200×180, cropped to 90×120",
        "fills 60 % of the frame, training images 71 %, rescaled to 15×20",  # 120 of 200, and 20 of 28
        "shifted by (3, -3) to the centre of mass",
    )
    assert tuple(step.note for step in prepared.steps if step.note) == prepared.notes
    names = [step.name for step in prepared.steps]
    assert names == ["original", "polarity", "contrast", "crop", "box", "centred", "tensor"]
    sizes = [step.pixels.shape for step in prepared.steps]
    assert sizes == [(180, 200), (180, 200), (180, 200), (120, 90), (20, 15), (28, 28), (28, 28)]
    np.testing.assert_array_equal(prepared.steps[-1].pixels, prepared.pixels[0])


def test_an_enlarged_picture_is_read_as_it_was_before():
    enlarged = np.kron(255 - DIGITS[1], np.ones((8, 8), np.uint8))
    prepared = prepare(MNIST, enlarged)
    assert prepared.notes == ("8×8 equal pixels merged into one", "dark on light, inverted")
    np.testing.assert_array_equal(prepared.pixels[0], DIGITS[1])


@pytest.mark.parametrize("place", range(20))
@pytest.mark.parametrize("noise", [0, 8])
def test_a_photo_of_a_digit_becomes_the_digit(place, noise):
    digit = DIGITS[place]
    prepared = prepare(MNIST, on_paper(digit, noise=noise))
    assert likeness(prepared, digit) > 0.8
    assert max(abs(centre - 14) for centre in centre_of_mass(prepared.pixels[0])) <= 0.51


def test_every_way_to_store_a_picture_gives_the_same(tmp_path):
    sheet = on_paper(DIGITS[4])
    image = Image.fromarray(sheet)
    expected = prepare(MNIST, sheet).pixels
    ink = Image.merge("LA", (Image.new("L", image.size, 0), Image.fromarray(255 - sheet)))
    turned = Image.Exif()
    turned[0x0112] = 6
    image.rotate(90, expand=True).save(tmp_path / "turned.png", exif=turned)
    image.save(tmp_path / "best.jpg", quality=95)
    sources = {
        "RGB": image.convert("RGB"),
        "RGBA": image.convert("RGBA"),
        "palette": image.convert("P"),
        "16 bits": Image.fromarray(sheet.astype(np.uint16) * 257),
        "ink on nothing": ink,
        "EXIF": tmp_path / "turned.png",
        "JPEG": tmp_path / "best.jpg",
        "floats": (sheet / 255).astype(np.float32),
        "light on dark": 255 - sheet,
    }
    for name, source in sources.items():
        assert np.abs(prepare(MNIST, source).pixels.astype(int) - expected).max() <= 20, name


@pytest.mark.parametrize("rules", ["digit", "garment"])
@pytest.mark.parametrize("level", [0, 120, 255])
def test_an_empty_image_gives_zeros_and_a_note(rules, level):
    prepared = prepare(Preprocessing(rules=rules), np.full((50, 60), level, np.uint8))
    assert not prepared.pixels.any()
    assert prepared.notes[-1] == "no ink found, so the image is empty"


def test_thin_ink_is_brightened():
    sheet = np.full((500, 500), 255, np.uint8)
    sheet[50:450, 250:252] = 0
    prepared = prepare(MNIST, sheet)
    assert prepared.pixels.max() == 255
    sheet[50:52, 100:400] = 0
    notes = prepare(MNIST, sheet).notes
    assert any(note.startswith("thin ink, brightened from") for note in notes)


def test_large_photos_are_averaged_down_first():
    sheet = np.asarray(Image.fromarray(on_paper(DIGITS[0])).resize((3200, 2400)))
    prepared = prepare(MNIST, sheet)
    assert prepared.notes[0] == "3200×2400, averaged down to 534×400"
    assert likeness(prepared, DIGITS[0]) > 0.8


def test_other_square_sizes_keep_the_proportions_of_mnist():
    prepared = prepare(Preprocessing((1, 56, 56)), on_paper(DIGITS[2]))
    rows, columns = np.nonzero(prepared.pixels[0] > 25)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (39, 40)


def test_fashion_fills_the_frame():
    sheet = np.full((300, 200), 255, np.uint8)
    sheet[40:260, 70:180] = 100  # 220 high, 110 wide
    prepared = prepare(FASHION, sheet)
    assert prepared.notes == (
        "dark on light, inverted",
        "200×300, cropped to 110×220",
        "scaled to 14×28",
        "padded to 28×28",
    )
    frame = prepared.pixels[0]
    assert frame[:, 7:21].min() >= 150  # 255 − 100 and not stretched
    assert not frame[:, :7].any()
    assert not frame[:, 21:].any()


def test_fashion_subtracts_its_background_and_leaves_frames_alone():
    frame = np.zeros((28, 28), np.uint8)
    frame[:, 4:28] = 90  # reaches three edges, so that most of the border is not background
    frame[5:20, 8:20] = 255
    np.testing.assert_array_equal(prepare(FASHION, frame).pixels[0], frame)
    sheet = np.full((100, 100), 30, np.uint8)
    sheet[20:80, 30:60] = 130
    prepared = prepare(FASHION, sheet)
    assert prepared.notes[0] == "background of 30 subtracted"
    assert prepared.pixels.max() == 100


def test_letterbox_keeps_the_whole_picture():
    picture = np.zeros((40, 40), np.uint8)
    picture[10:30, 10:30] = 200
    prepared = prepare(LETTERBOX, picture)
    assert prepared.notes == ("scaled to 24×24", "padded to 32×24")
    assert prepared.pixels.shape == (1, 24, 32)
    assert prepared.pixels[0, 12, 16] == 200
    assert not prepared.pixels[0, :, :4].any()


@pytest.mark.parametrize(
    ("light_on_dark", "light", "ink", "note"),
    [
        (True, 255, 0, "dark on light, inverted"),
        (False, 0, 255, "light on dark, inverted"),
        (True, 0, 255, None),
        (False, 255, 0, None),
        (None, 255, 0, None),
        (None, 0, 255, None),
    ],
)
def test_letterbox_inverts_to_match_the_training_images(light_on_dark, light, ink, note):
    picture = np.full((24, 32), light, np.uint8)
    picture[8:16, 8:16] = ink
    prepared = prepare(Preprocessing((1, 24, 32), "letterbox", light_on_dark), picture)
    assert prepared.notes == ((note,) if note else ())
    np.testing.assert_array_equal(prepared.pixels[0], 255 - picture if note else picture)


def test_letterbox_in_colour():
    picture = np.zeros((40, 20, 3), np.uint8)
    picture[:] = (10, 200, 90)
    picture[10:30, 5:15] = (250, 20, 30)
    prepared = prepare(COLOUR, picture)
    assert prepared.pixels.shape == (3, 24, 32)
    assert prepared.pixels[:, 12, 16].tolist() == [250, 20, 30]
    assert prepared.pixels[:, 0, 0].tolist() == [10, 200, 90]  # padded with the picture's own background
    assert prepared.notes == ("scaled to 12×24", "padded to 32×24")


def test_colour_takes_grey_and_grey_takes_colour():
    grey = np.full((24, 32), 77, np.uint8)
    assert np.unique(prepare(COLOUR, grey).pixels).tolist() == [77]
    colour = np.zeros((3, 24, 32), np.uint8)
    colour[0, 8:16, 8:16] = 255
    prepared = prepare(LETTERBOX, colour)
    assert prepared.notes == ("colour turned to grey",)
    assert prepared.pixels.max() == 76


def test_what_fits_already_is_not_touched():
    picture = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    prepared = prepare(COLOUR, picture)
    np.testing.assert_array_equal(prepared.pixels, picture.transpose(2, 0, 1))
    assert prepared.notes == ()


def test_bytes_of_a_file_are_taken():
    file = io.BytesIO()
    Image.fromarray(DIGITS[0]).save(file, "PNG")
    np.testing.assert_array_equal(prepare(MNIST, file.getvalue()).pixels[0], DIGITS[0])
