"""Cards of images with what a model says of them: right or wrong in words, and names of every length."""

import io
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from convlens.charts import draw_samples
from convlens.charts.canvas import Sheet
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
