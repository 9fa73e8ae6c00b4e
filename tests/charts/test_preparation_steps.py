"""The steps of a picture's preparation: any picture, any words, and the answers below."""

import io
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from convlens.charts import Answer, PictureSteps, draw_preparation
from convlens.charts.canvas import Sheet
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
