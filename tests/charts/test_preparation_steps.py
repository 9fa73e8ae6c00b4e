"""The steps of a picture's preparation: any picture, any words, and the answers below."""

import io
from typing import Any
from unittest import mock

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from convlens.charts import Answer, PictureSteps, draw_preparation
from convlens.charts.canvas import INK, LINE, ORANGE, PALE, QUIET, Sheet
from convlens.errors import UsageError

GREY = np.arange(0, 240, 2, dtype=np.uint8).reshape(10, 12)
CAME = Answer("original: 9", [("9", 0.6), ("1", 0.3), ("3", 0.05)])
REPAIRED = Answer("repaired: unknown, best guess 7", [("7", 0.55), ("1", 0.25), ("9", 0.2), ("0", 0.0)], unknown=True)


def picture(*steps, name="seven.png", answers=(CAME, REPAIRED)):
    return PictureSteps(name, steps or [("original", GREY, "", "12×10")], answers)


def size_of(content):
    image = Image.open(io.BytesIO(content))
    assert image.format == "PNG"
    return image.size


def words_of(*pictures):
    """All texts outside of the bars, and where each lies: inches from the left."""
    with mock.patch.object(Sheet, "text", autospec=True, side_effect=Sheet.text) as write:
        draw_preparation(pictures)
    return [(call.args[3], call.args[1]) for call in write.call_args_list if "va" not in call.kwargs]


def test_what_is_written_for_a_picture():
    steps = [("original", GREY, "", "12×10"), ("polarity", 255 - GREY, "dark on light, inverted", "12×10")]
    words = [text for text, _ in words_of(picture(*steps))]
    assert words == [
        "seven.png",
        "1. original",
        "12×10",
        "2. polarity",
        "12×10",
        "dark on light,",
        "inverted",
        "original: 9",
        "repaired: unknown, best guess 7",
    ]


def test_it_is_1200_pixels_wide_and_as_high_as_it_must_be():
    step = ("original", GREY, "", "12×10")
    one_row, two_rows = (
        size_of(draw_preparation([picture(*[step] * 6)])),
        size_of(draw_preparation([picture(*[step] * 7)])),
    )
    assert one_row[0] == two_rows[0] == 1200
    assert two_rows[1] > one_row[1] + 150  # 150 pixels are an inch, and so high is a step at least
    noted = size_of(draw_preparation([picture(("original", GREY, "many words " * 10, "12×10"))]))
    assert noted[1] > size_of(draw_preparation([picture()]))[1] + 60


def test_steps_are_placed_in_rows_of_six():
    places = [left for text, left in words_of(picture(*[("step", GREY, "", "")] * 8)) if text.endswith("step")]
    assert places[:2] == places[6:]
    assert sorted(places[:6]) == places[:6]
    assert places[5] < 8 - 0.9


def test_the_same_pictures_give_the_same_bytes():
    assert draw_preparation([picture(), picture()]) == draw_preparation([picture(), picture()])


@pytest.mark.parametrize("count", [0, 21])
def test_how_many_can_be_drawn(count):
    with pytest.raises(UsageError, match=f"{count} images were given; steps can be drawn for 1 to 20 images."):
        draw_preparation([picture()] * count)


def test_twenty_can():
    width, height = size_of(draw_preparation([picture()] * 20))
    assert (width, height) == (1200, pytest.approx(20 * (size_of(draw_preparation([picture()]))[1] - 30), abs=60))


def test_long_names_and_notes_stay_in_their_places():
    note = "a remark that goes on and on " * 200
    long = picture(("a step with a very long name", GREY, note, "12×10"), name="folder/" * 300)
    words = [text for text, _ in words_of(long)]
    assert words[0].endswith("…")
    assert len(words[0]) == 80
    assert words[1] == "1. a step with a…"
    lines = words[2:-2]
    assert len(lines) <= 9
    assert max(map(len, lines)) <= 22
    assert lines[-1].endswith("…")
    assert size_of(draw_preparation([long]))[0] == 1200


def test_words_that_are_no_words():
    odd = Answer("$x$ \n\x00 \u202e", [("日本", 0.5), ("", float("nan")), ("x" * 500, 0.1)])
    strange = picture(("", GREY, "unbroken" * 100, ""), name="\x00\n", answers=[odd])
    assert size_of(draw_preparation([strange]))[0] == 1200


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5000), (5000, 1), (1, 5000, 3), (2, 2, 4), (900, 700, 4), (3000, 10), (1, 1, 4)], ids=str
)
def test_pictures_of_any_shape(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert size_of(draw_preparation([picture(("original", pixels, "", ""))]))[0] == 1200


def pixels_of(pixels):
    """What is drawn where the first step lies: its middle, 20 pixels a side."""
    drawn = Image.open(io.BytesIO(draw_preparation([picture(("original", pixels, "", "")), picture()]))).convert("RGB")
    return np.asarray(drawn)[185:205, 115:135].reshape(-1, 3)


@pytest.mark.parametrize("level", [0, 99, 255])
def test_grey_is_drawn_as_it_is_and_not_stretched(level):
    assert np.unique(pixels_of(np.full((8, 8), level, np.uint8))).tolist() == [level]


def test_colours_are_drawn_as_they_are():
    red = np.full((8, 8, 3), (250, 10, 20), np.uint8)
    assert np.unique(pixels_of(red), axis=0).tolist() == [[250, 10, 20]]
    opaque = np.full((8, 8, 4), (250, 10, 20, 255), np.uint8)
    assert np.unique(pixels_of(opaque), axis=0).tolist() == [[250, 10, 20]]


def test_what_is_transparent_shows_chequers():
    seen = pixels_of(np.zeros((8, 8, 4), np.uint8))
    assert len(np.unique(seen, axis=0)) >= 2
    assert seen.min() > 150


def test_a_single_row_is_still_to_be_seen():
    drawn = Image.open(io.BytesIO(draw_preparation([picture(("original", np.zeros((1, 5000), np.uint8), "", ""))])))
    column = np.asarray(drawn.convert("L"))[100:280, 125]
    assert column.min() == 0


STEP = 6.5 / 6  # six steps share 7.4 inches with five gaps of 0.18


def test_two_pictures_by_hand(sheet_of):
    """A picture takes 0.42 for its name, a row for its steps, and 1.13 for the answers."""
    steps = [("original", GREY, "", "12×10"), ("polarity", 255 - GREY, "dark on light, inverted", "12×10")]
    sheet = sheet_of(draw_preparation, [picture(*steps), picture()])
    two_lines, one_line = (0.42 + STEP + lines * 0.135 for lines in (3, 1))
    first, second = 0.42 + two_lines + 1.13, 0.42 + one_line + 1.13
    assert sheet.height == pytest.approx(0.2 + first + second)
    found = [
        (text.get_text(), *text.get_position(), text.get_fontsize())
        for text in sheet.page.texts
        if text.get_va() == "baseline"
    ]
    left, answers = 0.3 + STEP + 0.18, 0.15 + first - 1.13
    below = 0.57 + 0.2 + STEP + 0.14
    expected = [
        ("seven.png", 0.3, 0.39, 12),
        *(("1. original", 0.3, 0.69, 8.5), ("12×10", 0.3, below, 6.8)),
        *(("2. polarity", left, 0.69, 8.5), ("12×10", left, below, 6.8)),
        *(("dark on light,", left, below + 0.135, 6.8), ("inverted", left, below + 0.27, 6.8)),
        ("original: 9", 0.3, answers + 0.16, 9),
        ("repaired: unknown, best guess 7", 4.2, answers + 0.16, 9),
        ("seven.png", 0.3, first + 0.39, 12),
    ]
    for place, (text, *numbers) in enumerate(expected):
        assert found[place][0] == text
        assert found[place][1:] == pytest.approx(numbers)
    colours = {text.get_text(): text.get_color() for text in sheet.page.texts}
    assert (colours["original: 9"], colours["repaired: unknown, best guess 7"]) == (INK, ORANGE)
    assert (colours["inverted"], colours["12×10"]) == (QUIET, QUIET)


def test_squares_and_answers_by_hand(sheet_of):
    sheet = sheet_of(draw_preparation, [picture(), picture()])
    page: Any = sheet.page
    blocks = [[to_hex(patch.get_facecolor()).upper(), *patch.get_bbox().bounds] for patch in page.patches]
    one = 0.42 + 0.42 + STEP + 0.135 + 1.13
    assert [tuple(block[1:]) for block in blocks if block[0] == PALE and block[4] > 1] == [
        (pytest.approx(0.3), pytest.approx(top), pytest.approx(STEP), pytest.approx(STEP)) for top in (0.77, 0.77 + one)
    ]
    assert [tuple(block[1:]) for block in blocks if block[0] == LINE] == [
        (pytest.approx(0.3), pytest.approx(0.15 + one - 0.025), pytest.approx(7.4), pytest.approx(0.01))
    ]
    top = 0.15 + one - 1.13 + 0.28
    bars = [tuple(block[1:4]) for block in blocks if block[4] == pytest.approx(0.124)]
    assert len(bars) == 2 * 2 * 2 * 3  # of two pictures, two answers, the pale bar and the share, and three classes
    assert bars[:2] == [
        (pytest.approx(1.35), pytest.approx(top + 0.1 - 0.062), pytest.approx(width)) for width in (1.8, 1.08)
    ]
    assert bars[6][0] == pytest.approx(0.3 + 3.9 + 1.05)
    names = [text.get_text() for text in sheet.page.texts if text.get_ha() == "right"]
    assert names[:6] == ["9", "1", "3", "7", "1", "9"]
    strong = [text.get_color() == INK for text in sheet.page.texts if text.get_ha() == "right"]
    assert strong[:6] == [True, False, False] * 2


@pytest.mark.parametrize(
    ("shape", "wide", "high"),
    [((10, 20), STEP, STEP / 2), ((20, 10), STEP / 2, STEP), ((1, 5000), STEP, 1 / 150), ((5000, 1), 1 / 150, STEP)],
)
def test_a_picture_lies_in_the_middle_of_its_square(sheet_of, shape, wide, high):
    sheet = sheet_of(draw_preparation, [picture(("original", np.zeros(shape, np.uint8), "", ""))])
    (image,) = sheet.page.images
    left, top = 0.3 + (STEP - wide) / 2, 0.77 + (STEP - high) / 2
    assert list(image.get_extent()) == pytest.approx([left, left + wide, top + high, top])


def test_large_pictures_are_reduced_and_small_ones_are_not(sheet_of):
    for size, shown in ((324, 324), (648, 324)):  # two pixels for each of 162 on the sheet
        sheet = sheet_of(draw_preparation, [picture(("original", np.zeros((size, size), np.uint8), "", ""))])
        assert sheet.page.images[0].get_array().shape == (shown, shown)


def test_chequers_of_eight_pixels_lie_below_what_is_transparent(sheet_of):
    sheet = sheet_of(draw_preparation, [picture(("original", np.zeros((4, 4, 4), np.uint8), "", ""))])
    below, above = sheet.page.images
    assert list(below.get_extent()) == list(above.get_extent())
    assert below.get_clim() == (-4, 1.5)
    chequers = np.asarray(below.get_array())
    assert chequers.shape == (256, 256)
    assert (chequers[:8, :8] == 0).all()
    assert (chequers[8:16, :8] == 1).all()
    assert chequers.mean() == 0.5


def test_a_note_of_too_many_lines_ends_with_dots(sheet_of):
    words = " ".join(["twelveletter"] * 20)

    def lines(note):
        texts = sheet_of(draw_preparation, [picture(("a", GREY, note, "1×1"))]).page.texts
        return [text.get_text() for text in texts if text.get_fontsize() == 6.8]

    assert lines(words) == ["1×1", *["twelveletter"] * 7, "…"]
    assert lines(" ".join(["twelveletter"] * 8)) == ["1×1", *["twelveletter"] * 8]
    assert lines("1234567890 12345678901 1") == ["1×1", "1234567890 12345678901", "1"]  # 22 letters fit


def test_long_words_are_shortened(sheet_of):
    answer = Answer("h" * 59, [("c" * 15, 0.5)])
    texts = [text.get_text() for text in sheet_of(draw_preparation, [picture(answers=[answer])]).page.texts]
    assert {"h" * 57 + "…", "c" * 13 + "…", "50.0 %"} <= set(texts)
