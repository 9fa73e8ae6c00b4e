"""What notebooks show of predictions, evaluations and datasets: few rows, pictures inside, names escaped."""

import base64
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from convlens.data import Dataset, LabelledImages
from convlens.evaluation import Evaluation
from convlens.network import Network, initial_weights
from convlens.notebook import Html, html_picture, html_row, html_table
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel

NAMES = ("<script>alert(1)</script>", "b & c")
IMAGES = np.random.default_rng(8).integers(0, 256, (25, 1, 8, 8), np.uint8)


@pytest.fixture
def model() -> TrainedModel:
    network = Network.from_text("dense")
    weights = initial_weights(network, (1, 8, 8), 2, seed=1)
    return TrainedModel(network, weights, Preprocessing((1, 8, 8), "letterbox", None), NAMES)


def cells(shown: str) -> list[list[str]]:
    """The rows of the one table in a piece of HTML, which must be whole; a picture is `picture`."""
    whole = ElementTree.fromstring(re.sub(r"(<img[^>]*)>", r"\1/>", shown))
    assert "<script>" not in shown
    return [
        ["picture" if cell.find("img") is not None else "".join(cell.itertext()) for cell in row]
        for row in whole.iter("tr")
    ]


def below(shown: str) -> list[str]:
    return re.findall(r"<div>([^<]+)</div>", shown)


def test_predictions_show_the_first_ten_with_their_pictures(model):
    shown = model.predict(IMAGES)._repr_html_()
    header, *rows = cells(shown)
    assert header == ["", "", "answer", "probability", "remarks"]
    assert [row[0] for row in rows] == [str(place) for place in range(10)]
    assert all(row[1] == "picture" and row[2] in NAMES and row[3].endswith(" %") for row in rows)
    assert below(shown) == ["and 15 more"]
    assert "25 predictions" in shown
    first = base64.b64decode(re.findall(r"base64,([^']+)'", shown)[0])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(first))), IMAGES[0, 0])


def test_predictions_of_files_show_names_and_what_could_not_be_read(model):
    found = model.predict(["<a>.png", Image.fromarray(IMAGES[0, 0])], on_error="keep")
    header, unreadable, _ = cells(found._repr_html_())
    assert header[2] == "image"
    assert unreadable[1:5] == ["", "<a>.png", "could not be read", ""]
    assert below(found._repr_html_()) == ["1 image could not be read: see .errors"]
    assert "could not be read" in found[0]._repr_html_()


def test_one_prediction_shows_its_likeliest_classes_and_notes(model):
    one = replace(model.predict(IMAGES[0, 0]), notes=("inverted",), name="<seven>.png")
    shown = one._repr_html_()
    rows = cells(shown)
    assert rows[0] == ["", "picture"]
    assert [row[0] for row in rows[1:]] == [name for name, _ in one.top()]
    assert below(shown) == ["inverted"]
    assert "Prediction of &lt;seven&gt;.png: " in shown


def test_an_evaluation_shows_its_classes_as_the_command_line_does():
    labels = np.array([0, 0, 0, 1])
    logits = np.array([[2, 0], [2, 0], [0, 2], [0, 2]], np.float32)
    shown = Evaluation("<pets>", NAMES, labels, logits, notes=("a note",))._repr_html_()
    assert "&lt;pets&gt;: 75.00 % of 4 images right" in shown
    # Class 0: 2 of 2 are right, 2 of 3 found; class 1: 1 of 2, 1 of 1.
    assert cells(shown)[1:] == [
        [NAMES[0], "100.0 %", "66.7 %", "80.0 %", "3"],
        [NAMES[1], "50.0 %", "100.0 %", "66.7 %", "1"],
    ]
    assert below(shown)[0].startswith("95 % interval 30.06 % to 95.44 %, loss ")
    assert below(shown)[1:] == [
        "most frequent mistakes: &lt;script&gt;alert(1)&lt;/script&gt; predicted as b &amp; c: 1",
        "a note",
    ]


def test_an_evaluation_of_many_classes_shows_the_worst():
    classes = 40
    labels = np.arange(classes)
    logits = np.eye(classes, dtype=np.float32)
    logits[35] = logits[3]
    shown = Evaluation("many", tuple(f"c{number}" for number in range(classes)), labels, logits)._repr_html_()
    rows = cells(shown)[1:]
    assert len(rows) == 30
    assert ["c3", "50.0 %", "100.0 %", "66.7 %", "1"] in rows
    assert ["c35", "–", "0.0 %", "0.0 %", "1"] in rows
    assert [row[0] for row in rows[:3]] == ["c0", "c1", "c2"]
    assert "the 30 classes with the lowest F1; 10 more" in below(shown)


def test_labelled_images_show_some_of_each_class():
    labels = np.array([0] * 20 + [1] * 5)
    header, first, second = cells(LabelledImages(IMAGES, labels, NAMES, "<pets>")._repr_html_())
    assert header == ["class", "images", "the first of them"]
    assert (first, second) == ([NAMES[0], "20", "picture"], [NAMES[1], "5", "picture"])


def test_a_dataset_shows_its_parts():
    train = LabelledImages(IMAGES[:20], np.arange(20) % 2, NAMES, "train")
    test = LabelledImages(IMAGES[20:], np.zeros(5, int), NAMES, "test")
    shown = Dataset("<pets>", train, test, "letterbox", notes=("left out: <1>",))._repr_html_()
    header, first, second = cells(shown)
    assert header == ["part", "images", "<script>alert(1)</script>"[:24].rstrip()[:23] + "…", NAMES[1]]
    assert (first, second) == (["train", "20", "picture", "picture"], ["test", "5", "picture", ""])
    assert below(shown) == ["left out: &lt;1&gt;"]


def test_colour_pictures_are_shown_in_colour():
    colours = np.random.default_rng(2).integers(0, 256, (1, 3, 8, 5), np.uint8)
    shown = LabelledImages(colours, np.zeros(1, int), ("a",))._repr_html_()
    picture = base64.b64decode(re.findall(r"base64,([^']+)'", shown)[0])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture))), colours[0].transpose(1, 2, 0))


def test_titles_of_pictures_and_captions_are_escaped():
    assert "title='&#x27;&gt;&lt;b&gt;'" in html_picture(b"", title="'><b>")
    assert "<b>" not in html_table("<b>", [["<b>", "<b>"]], ["<b>"], ["<b>"])


def test_the_first_cell_of_a_row_is_its_name_unless_there_is_a_header():
    tags = lambda shown: re.findall(r"<(t[rdh]) ?[^>]*>([^<]*)", shown)  # noqa: E731
    rows = [["a", "1", "2"], ["b"]]
    named = [("tr", ""), ("th", "a"), ("td", "1"), ("td", "2"), ("tr", ""), ("th", "b")]
    assert tags(html_table("c", rows)) == named
    columns = [("tr", ""), ("th", "x"), ("th", "y"), ("th", "z")]
    assert tags(html_table("c", rows, ["x", "y", "z"])) == columns + [
        (tag.replace("th", "td"), text) for tag, text in named
    ]


def test_a_table_is_a_caption_and_rows_with_sentences_below():
    shown = html_table("A & B", [], below=["one", Html("<i>two</i>")])
    whole = ElementTree.fromstring(shown)
    assert [child.tag for child in whole] == ["table", "div", "div"]
    assert [child.tag for child in whole[0]] == ["caption"]
    assert [child.text for child in (whole[0][0], whole[1], whole[2][0])] == ["A & B", "one", "two"]


@pytest.mark.parametrize(("given", "side"), [({}, 48), ({"shown": 96}, 96)])
def test_a_picture_has_its_size_and_its_title(given, side):
    shown = html_picture(b"PNG", title="seven", **given)
    assert isinstance(shown, Html)
    picture = ElementTree.fromstring(shown.replace("'>", "'/>"))
    style = dict(part.split(":") for part in picture.attrib["style"].replace(" ", "").split(";"))
    assert (style["max-width"], style["max-height"], style["min-height"]) == (f"{side}px",) * 3
    assert (style["object-fit"], style["image-rendering"]) == ("contain", "pixelated")
    assert (picture.attrib["src"], picture.attrib["alt"]) == ("data:image/png;base64,UE5H", "seven")
    assert html_row([shown, Html("<b>")]) == shown + "<b>"
    assert isinstance(html_row([]), Html)
