"""Cards of images with what a model says of them: right or wrong in words, and names of every length."""

import io
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from convlens.charts import draw_samples
from convlens.charts.canvas import GREEN, INK, ORANGE, QUIET, Sheet
from convlens.errors import UsageError

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 1, 28, 28)).astype(np.uint8)
PROBABILITIES = np.array([[0.1, 0.7, 0.2], [0.9, 0.06, 0.04], [0.3, 0.3, 0.4]])
NAMES = ["ant", "bee", "cat"]


def words_of(*arguments):
    """All texts that are written outside of the bars."""
    with mock.patch.object(Sheet, "text", autospec=True, side_effect=Sheet.text) as write:
        draw_samples(*arguments)
    return [call.args[3] for call in write.call_args_list if "va" not in call.kwargs]


def test_right_and_wrong_are_said_in_words():
    words = words_of(IMAGES, PROBABILITIES, ["bee", "cat", "cat"], NAMES, ["1st", "5th", "9th"])
    assert words[1:] == ["1st", "✓ right: bee", "5th, true class cat", "✗ wrong: ant", "9th", "✓ right: cat"]


def test_without_true_names_nothing_is_judged():
    assert words_of(IMAGES, PROBABILITIES, None, NAMES)[1:3] == ["image 0", "predicted: bee"]


def test_cards_are_laid_out_in_rows_of_three_and_twelve_at_most():
    heights = []
    for count in (1, 4, 12, 13):
        images = np.zeros((count, 1, 8, 8), np.uint8)
        content = draw_samples(images, np.full((count, 2), 0.5), None, ["a", "b"])
        width, height = Image.open(io.BytesIO(content)).size
        assert width == 1200
        heights.append(height)
    assert heights[0] < heights[1] < heights[2] == heights[3]


def test_beyond_twelve_cards_it_says_so():
    images = np.zeros((30, 1, 8, 8), np.uint8)
    words = words_of(images, np.full((30, 2), 0.5), None, ["a", "b"])
    assert words[0] == "Predictions, the first 12 of 30"
    assert len(words) == 1 + 2 * 12


def test_a_thousand_classes_colour_and_strange_names():
    names = [
        "الرقم الأول في القائمة الطويلة جدا",
        "x" * 300,
        "$\\frac{1}{2}$",
        "line\nbreak",
        "数字",
        *map(str, range(995)),
    ]
    probabilities = np.full((2, 1000), 0.0)
    probabilities[0, :5] = 0.2
    probabilities[1] = np.nan
    images = np.zeros((2, 3, 20, 60), np.uint8)
    words = words_of(images, probabilities, names[1:3], names, ["c" * 300, ""])
    assert all(len(text) < 80 for text in words)


@pytest.mark.parametrize(
    ("images", "probabilities", "names", "message"),
    [
        (IMAGES[:2], PROBABILITIES, NAMES, "2 images, 3 rows of probabilities, 2 captions: give one of each"),
        (IMAGES[:0], PROBABILITIES[:0], NAMES, "0 images"),
        (IMAGES, PROBABILITIES, NAMES[:2], "3 probabilities for 2 class names: give one for each"),
    ],
)
def test_counts_that_do_not_fit(images, probabilities, names, message):
    with pytest.raises(UsageError, match=message):
        draw_samples(images, probabilities, None, names)


CARD = 6.8 / 3  # three cards share 7.4 inches with two gaps of 0.3


def test_four_cards_by_hand(sheet_of):
    """With three bars, a card is 0.55 + 1.75 + 0.18 + 3·0.24 + 0.35 = 3.55 inches high."""
    images, shares = np.concatenate([IMAGES, IMAGES[:1]]), np.concatenate([PROBABILITIES, PROBABILITIES[:1]])
    sheet = sheet_of(draw_samples, images, shares, ["bee", "cat", "cat", "bee"], NAMES, list("abcd"))
    assert sheet.height == pytest.approx(0.75 + 2 * 3.55)
    found = [text for text in sheet.page.texts[1:] if text.get_va() == "baseline"]
    lefts = [0.3, 0.3 + CARD + 0.3, 0.3 + 2 * (CARD + 0.3), 0.3]
    tops = [0.75, 0.75, 0.75, 4.3]
    for place, (left, top) in enumerate(zip(lefts, tops, strict=True)):
        caption, verdict = found[2 * place : 2 * place + 2]
        assert caption.get_position() == pytest.approx((left, top + 0.16))
        assert verdict.get_position() == pytest.approx((left, top + 0.4))
        assert (caption.get_fontsize(), caption.get_color()) == (8, QUIET)
        assert (verdict.get_fontsize(), verdict.get_fontweight()) == (11.5, "bold")
        assert list(sheet.page.images[place].get_extent()) == pytest.approx([left, left + 1.75, top + 2.3, top + 0.55])
    assert [verdict.get_color() for verdict in found[1::2]] == [GREEN, ORANGE, GREEN, GREEN]
    bars = [patch.get_bbox().bounds for patch in sheet.page.patches]
    room = 0.08 + 0.075 * 3
    assert bars[0] == pytest.approx((0.3 + room, 0.75 + 2.48 + 0.12 - 0.0744, CARD - room - 0.78, 0.1488))
    assert bars[1][2] == pytest.approx(0.7 * (CARD - room - 0.78))
    assert len(bars) == 4 * 2 * 3
    texts = [(text.get_text(), text.get_fontweight()) for text in sheet.page.texts if text.get_va() == "center"]
    assert texts[:6] == [
        *(("bee", "bold"), ("70.0 %", "normal"), ("cat", "normal"), ("20.0 %", "normal"), ("ant", "normal")),
        ("10.0 %", "normal"),
    ]
    assert texts[6:12][2:] == [("bee", "normal"), ("6.0 %", "normal"), ("cat", "bold"), ("4.0 %, true", "normal")]
    assert [text.get_fontsize() for text in sheet.page.texts if text.get_ha() == "right"] == [9] * 12


def test_a_wide_and_a_high_image_lie_in_the_middle(sheet_of):
    for shape, width, height in (((1, 1, 20, 60), CARD, CARD / 3), ((1, 3, 50, 20), 0.7, 1.75)):
        sheet = sheet_of(draw_samples, np.zeros(shape, np.uint8), np.array([[1.0]]), None, ["a"])
        top = 0.75 + 0.55 + (1.75 - height) / 2
        assert list(sheet.page.images[0].get_extent()) == pytest.approx([0.3, 0.3 + width, top + height, top])


def test_five_classes_are_shown_and_equal_ones_in_their_order(sheet_of):
    shares = np.array([[0.1, 0.1, np.nan, 0.3, 0.1, 0.1, 0.1, 0.2]])
    names = ["a", "b", "c", "d", "e", "f", "g", "five5"]
    sheet = sheet_of(draw_samples, IMAGES[:1], shares, None, names)
    shown = [text for text in sheet.page.texts if text.get_ha() == "right"]
    assert [text.get_text() for text in shown] == ["d", "five5", "a", "b", "e"]
    assert {text.get_fontsize() for text in shown} == {8}
    assert [text.get_color() == INK for text in shown] == [True, False, False, False, False]
    assert sheet.height == pytest.approx(0.75 + 0.55 + 1.75 + 0.18 + 5 * 0.24 + 0.35)
    assert not any("true" in text.get_text() for text in sheet.page.texts)


@pytest.mark.parametrize(
    ("caption", "truth", "words"),
    [
        ("c" * 50, None, ("c" * 37 + "…", "predicted: " + "g" * 15 + "…")),
        ("c" * 50, "g" * 30, ("c" * 37 + "…", "✓ right: " + "g" * 17 + "…")),
        ("c" * 50, "t" * 30, ("c" * 21 + "…, true class tt…", "✗ wrong: " + "g" * 17 + "…")),
        ("1st", "t" * 30, ("1st, true class " + "t" * 13 + "…", "✗ wrong: " + "g" * 17 + "…")),
    ],
)
def test_long_words_are_shortened(sheet_of, caption, truth, words):
    names, truths = ["g" * 30, "t" * 30], None if truth is None else [truth]
    sheet = sheet_of(draw_samples, IMAGES[:1], np.array([[0.9, 0.1]]), truths, names, [caption])
    texts = [text.get_text() for text in sheet.page.texts]
    assert tuple(texts[1:3]) == words
    assert texts[3] == "g" * 11 + "…"
