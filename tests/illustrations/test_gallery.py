"""Every picture of the gallery: nothing overlaps, nothing is cut, letters can be read, and the docs show them all."""

import doctest
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from convlens.illustrations import PICTURES, render_png, render_svg, write_gallery
from convlens.illustrations.sheet import Box, Rectangle, Sheet

DOCS = Path(__file__).parents[2] / "docs"
SMALLEST_POINTS = 9.0
AGAIN = "draw them again: convlens by-hand gallery --out docs/pictures/operations"
NAMES = [picture.name for picture in PICTURES]


@pytest.fixture(params=PICTURES, ids=NAMES)
def sheet(request) -> Sheet:
    return request.param.draw()


def overlap(a: Box, b: Box) -> float:
    """Square inches."""
    wide = min(a.right, b.right) - max(a.left, b.left)
    high = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(wide, 0.0) * max(high, 0.0)


def is_inside(inner: Box, outer: Box) -> bool:
    return (
        outer.left <= inner.left
        and inner.right <= outer.right
        and outer.top <= inner.top
        and inner.bottom <= outer.bottom
    )


def test_no_text_lies_on_another(sheet):
    for place, words in enumerate(sheet.words):
        for other in sheet.words[place + 1 :]:
            assert overlap(words.box, other.box) == 0, f"{words.text!r} and {other.text!r}"


def test_a_number_fits_its_cell_and_every_other_text_stays_off_the_cells(sheet):
    cells = [mark.box for mark in sheet.marks if isinstance(mark, Rectangle) and mark.fill is not None]
    for words in sheet.words:
        for cell in cells:
            if overlap(words.box, cell):
                assert is_inside(words.box, cell), f"{words.text!r} hangs over a cell"


def test_everything_is_on_the_page(sheet):
    bounds = sheet.bounds
    for words in sheet.words:
        assert is_inside(words.box, bounds), words.text


def test_letters_can_be_read_at_half_the_size(sheet):
    assert min(words.points for words in sheet.words) >= SMALLEST_POINTS


def test_the_same_picture_is_the_same_bytes_and_names_itself(sheet):
    svg = render_svg(sheet)
    assert svg == render_svg(sheet)
    root = ElementTree.fromstring(svg.decode())
    text = " ".join(element.text or "" for element in root.iter())
    assert sheet.title in text
    assert sheet.description in text


def test_a_file_of_each_kind_for_every_picture(tmp_path):
    files = write_gallery(tmp_path / "new")
    assert len(files) == 2 * len(PICTURES) == 38
    assert {path.suffix for path in files} == {".svg", ".png"}
    assert files[0].name == "01-two-vectors.svg"
    assert all(path.stat().st_size > 1000 for path in files)


def test_the_docs_show_every_picture_in_order():
    shown = re.findall(r"\(pictures/operations/([\w-]+)\.svg\)", (DOCS / "operations.md").read_text(encoding="utf-8"))
    assert shown == [f"{number:02}-{name}" for number, name in enumerate(NAMES, start=1)]


@pytest.mark.parametrize(("number", "picture"), list(enumerate(PICTURES, start=1)), ids=NAMES)
def test_the_docs_pictures_are_those_that_are_drawn_now(number, picture):
    kept = (DOCS / "pictures" / "operations" / f"{number:02}-{picture.name}.svg").read_text(encoding="utf-8")
    drawn = render_svg(picture.draw()).decode()
    assert outline(kept) == outline(drawn), AGAIN
    for there, here, tolerance in zip(measures(kept), measures(drawn), (0.5, 0.004, 0.05), strict=True):
        assert here == pytest.approx(there, abs=tolerance), AGAIN


def test_the_docs_lines_make_the_docs_pictures():
    """Every `draw_…` line of docs/operations.md, run in order, is one picture of the gallery, in its order."""
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    drawn = []
    for example in doctest.DocTestParser().get_examples(text):
        if example.source.startswith("draw_"):
            drawn.append(eval(example.source, names))
        elif example.exc_msg is None:
            exec(compile(example.source, "operations.md", "single"), names)
    assert [render_svg(sheet) for sheet in drawn] == [render_svg(picture.draw()) for picture in PICTURES]


def outline(svg: str) -> tuple[list[int], list[str], list[str], list[str]]:
    """Size, what the picture says of itself, all fills, which letters are bold; the paths of letters are the font's."""
    root = ElementTree.fromstring(svg)
    size = [round(float(number)) for number in root.attrib["viewBox"].split()]
    texts = [element.text for element in root.iter() if element.text and element.text.strip()]
    return size, texts, re.findall(r"fill: (#\w+|none)", svg), re.findall(r'href="#DejaVuSans-(Bold|)', svg)


def numbers(texts: list[str]) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", " ".join(texts))]


def measures(svg: str) -> tuple[list[float], list[float], list[float]]:
    """Where everything lies in points (corners of cells, lines, images, starts of texts), letters' sizes, strokes."""
    places, sizes, strokes = [], [], []
    for element in ElementTree.fromstring(svg).iter():
        move, _, size = element.get("transform", "").partition("scale")
        if "clip-path" in element.attrib or "translate" in move:
            places += [element.get("d", ""), move, *(element.get(name, "") for name in ("x", "y", "width", "height"))]
        sizes.append(size if "translate" in move else "")
        strokes += re.findall(r"stroke-(?:width|dasharray|dashoffset): [\d., ]+", element.get("style", ""))
    return numbers(places), numbers(sizes), numbers(strokes)


def test_a_picture_of_numbers_shows_computed_ones():
    words = {words.text for words in PICTURES[NAMES.index("full-convolution")].draw().words}
    assert words >= {str(number) for number in np.convolve([3, 1, 2], [2, 4, 1])}
    words = [words.text for words in PICTURES[NAMES.index("simple-cnn")].draw().words]
    assert {"80 parameters", "1,168 parameters", "7,850 parameters", "16×7×7"} <= set(words)


def test_png_is_150_pixels_an_inch(sheet):
    bounds = sheet.bounds
    header = render_png(sheet)[:24]
    width, height = int.from_bytes(header[16:20]), int.from_bytes(header[20:24])
    assert (width, height) == (pytest.approx(150 * bounds.width, abs=1.5), pytest.approx(150 * bounds.height, abs=1.5))
