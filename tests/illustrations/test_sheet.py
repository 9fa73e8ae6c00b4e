"""The sheet: where its marks lie, in inches, worked out by hand; and what files are made of it."""

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.textpath import TextPath
from PIL import Image

from convlens.errors import OutputError
from convlens.illustrations import Sheet, render_png, render_svg, save_drawing
from convlens.illustrations.saving import check_format, render_gif
from convlens.illustrations.sheet import (
    INK,
    LINE,
    LOOKED_AT,
    PADDING,
    QUIET,
    STRONG,
    WHITE,
    Arrow,
    Box,
    Pixels,
    Rectangle,
    Words,
    measure,
)


def near(*numbers: float) -> object:
    return pytest.approx(numbers)


def place_of(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.width, box.height


def test_a_box_has_edges_and_a_middle() -> None:
    box = Box(1, 2, 4, 10)
    assert (box.right, box.bottom, box.middle) == (5, 12, (3, 7))


def test_text_is_as_wide_as_its_letters() -> None:
    width, height = measure("abc", 10, False)
    assert width == pytest.approx(TextPath((0, 0), "abc", size=10).get_extents().width / 72, rel=0.15)
    assert measure("abc", 20, False) == near(2 * width, 2 * height)
    assert measure("abc", 10, True)[0] > width
    assert measure("", 10, False) == (0.0, measure("0", 10, False)[1])


@pytest.mark.parametrize(("align", "share"), [("left", 0), ("centre", 0.5), ("right", 1)])
def test_text_is_aligned_around_its_middle(align: str, share: float) -> None:
    sheet = Sheet()
    box = sheet.text(3, 2, "abc", align=align)
    wide, high = measure("abc", 11, False)
    assert place_of(box) == near(3 - share * wide, 2 - high / 2, wide, high)
    assert sheet.marks == [Words("abc", box, 11, INK, False)]
    sheet.text(0, 0, "")
    assert len(sheet.marks) == 1


def test_text_is_made_smaller_where_it_does_not_fit() -> None:
    sheet = Sheet()
    wide, _ = measure("abc", 12, True)
    fits = sheet.text(0, 0, "abc", 12, QUIET, bold=True, width=wide)
    half = sheet.text(0, 0, "abc", 12, QUIET, bold=True, width=wide / 2)
    assert (fits.width, half.width) == near(wide, wide / 2)
    assert [(words.points, words.colour, words.bold) for words in sheet.words] == [(12, QUIET, True), (6, QUIET, True)]


def test_a_grid_has_cells_numbers_and_a_frame() -> None:
    sheet = Sheet()
    values = np.array([[1, 2], [np.nan, -4]])
    whole = sheet.grid(values, 1, 2, fill=LOOKED_AT, fills={(0, 1): "#123456"}, dashed={(1, 0), (1, 1)}, bold={(0, 0)})
    assert place_of(whole) == (1, 2, 1, 1)
    *cells, frame = [mark for mark in sheet.marks if isinstance(mark, Rectangle)]
    assert [place_of(cell.box) for cell in cells] == [
        *((1, 2, 0.5, 0.5), (1.5, 2, 0.5, 0.5), (1, 2.5, 0.5, 0.5), (1.5, 2.5, 0.5, 0.5)),
    ]
    assert [cell.fill for cell in cells] == [LOOKED_AT, "#123456", PADDING, PADDING]
    assert {(cell.edge, cell.width, cell.above) for cell in cells} == {(LINE, 0.8, False)}
    assert [cell.dashed for cell in cells] == [False, False, True, True]
    assert frame == Rectangle(whole, None, INK, 1.0, False, True)
    assert [(words.text, words.colour, words.bold) for words in sheet.words] == [
        *(("1", INK, True), ("2", INK, False), ("−4", QUIET, False)),
    ]
    assert {words.points for words in sheet.words} == {13}  # 26 points an inch
    assert sheet.words[2].box.middle == near(1.75, 2.75)


def test_all_numbers_of_a_grid_are_as_small_as_the_longest_must_be() -> None:
    sheet = Sheet()
    sheet.grid(np.array([[1, 0.12345]]), 0, 0, cell=0.4, covered_later=True)
    points = 26 * 0.4 * 0.86 * 0.4 / measure("0.1234", 26 * 0.4, False)[0]
    assert [words.points for words in sheet.words] == near(points, points)
    frame = sheet.marks[-1]
    assert isinstance(frame, Rectangle)
    assert (place_of(frame.box), frame.above) == ((0, 0, 0.8, 0.4), False)


def test_a_grid_without_numbers_has_empty_cells() -> None:
    sheet = Sheet()
    sheet.grid(None, 0, 0, shape=(2, 3))
    assert [mark.fill for mark in sheet.marks if isinstance(mark, Rectangle)] == [WHITE] * 6 + [None]
    assert sheet.words == []


def test_a_border_lies_around_its_cells_and_is_never_too_small_to_see() -> None:
    sheet = Sheet()
    grid = Box(1, 2, 5, 5)
    assert place_of(sheet.border(grid, (2, 1), (1, 3), LOOKED_AT)) == near(1.5, 3, 1.5, 0.5)
    assert place_of(sheet.border(grid, (2, 1), (1, 2), "#000000", cell=0.05)) == near(1.02, 2.045, 0.16, 0.16)
    strong, plain = sheet.marks
    assert isinstance(strong, Rectangle)
    assert isinstance(plain, Rectangle)
    assert (strong.fill, strong.edge, strong.width, strong.above) == (None, STRONG[LOOKED_AT], 2.6, True)
    assert plain.edge == INK


def test_pixels_have_a_thin_frame() -> None:
    sheet = Sheet()
    box = Box(0, 0, 2, 1)
    sheet.pixels(np.zeros((1, 2)), box, 0, 9)
    picture, frame = sheet.marks
    assert isinstance(picture, Pixels)
    assert (picture.box, picture.low, picture.high, picture.colours) == (box, 0, 9, "gray")
    assert frame == Rectangle(box, None, LINE, 0.8, False, False)
    assert sheet.rectangle(box) == box
    assert sheet.marks[-1] == Rectangle(box, None, INK, 0.8, False, False)


def small_sheet() -> Sheet:
    sheet = Sheet("title", "description")
    sheet.rectangle(Box(1, 1, 2, 1))
    sheet.arrow((4, 3), (3, 0.5))
    return sheet


def test_the_bounds_hold_marks_and_arrows_and_a_margin() -> None:
    assert place_of(small_sheet().bounds) == near(0.75, 0.25, 3.5, 3)
    assert small_sheet().marks[1] == Arrow((4, 3), (3, 0.5), QUIET, True)


def test_a_sheet_on_another_one_keeps_its_distances() -> None:
    """Its bounds begin at 0.75, 0.25; without the margin they begin at 1, 0.5, and this comes to 10, 20."""
    sheet = Sheet()
    sheet.place(small_sheet(), 10, 20)
    box, arrow = sheet.marks
    assert isinstance(box, Rectangle)
    assert isinstance(arrow, Arrow)
    assert place_of(box.box) == near(10, 20.5, 2, 1)
    assert (*arrow.start, *arrow.end) == near(13, 22.5, 12, 20)
    assert len(small_sheet().marks) == 2


def test_svg_and_png_show_the_same_page() -> None:
    root = ElementTree.fromstring(render_svg(small_sheet()).decode())
    assert [float(root.attrib[name].removesuffix("pt")) for name in ("width", "height")] == near(252, 216)  # 72 an inch
    with Image.open(io.BytesIO(render_png(small_sheet()))) as image:
        assert image.size == (525, 450)
        pixels = np.asarray(image.convert("L"))
    assert (pixels[112, 40:330] < 90).sum() > 280  # the upper edge of the box: 0.75 inches down, from 0.25 to 2.25
    assert pixels[150, 100] == 255
    assert pixels[[0, -1]].min() == pixels[:, [0, -1]].min() == 255
    with Image.open(io.BytesIO(render_png(small_sheet(), Box(0, 0, 2, 1)))) as image:
        assert image.size == (300, 150)
    assert small_sheet()._repr_svg_() == render_svg(small_sheet()).decode()
    assert repr(small_sheet()) == "<Sheet 'title': description>"


def test_what_is_filled_dashed_or_unknown_is_seen() -> None:
    sheet = Sheet()
    sheet.rectangle(Box(0, 0, 1, 1), "#FF0000", None)
    sheet.rectangle(Box(2, 0, 1, 1), None, INK, 2.0, dashed=True)
    sheet.pixels(np.array([[0.0, np.nan, 9]]), Box(0, 2, 3, 1), 0, 9)
    sheet.arrow((0, 4), (3, 4), INK)
    sheet.arrow((0, 5), (3, 5), INK, tip=False)
    with Image.open(io.BytesIO(render_png(sheet, Box(0, 0, 3, 6)))) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert pixels[75, 75].tolist() == [255, 0, 0]
    assert pixels[2, 2].tolist() == [255, 0, 0]  # no edge
    assert pixels[75, 375].tolist() == [255, 255, 255]
    edge = pixels[20:130, 301:304].min(axis=(1, 2)) < 128
    assert 0.3 < edge.mean() < 0.9
    assert [pixels[375, at].tolist() for at in (75, 225, 375)] == [[0] * 3, [255] * 3, [255] * 3]
    tip, plain = (int((pixels[row - 12 : row + 12, 425:450].min(axis=2) < 128).sum()) for row in (600, 750))
    assert tip > 1.5 * plain > 0


def test_frames_are_as_large_as_the_largest_and_begin_again() -> None:
    small, large = Sheet(), Sheet()
    small.rectangle(Box(1, 1, 1, 1), "#000000")
    large.rectangle(Box(0, 0, 1, 3), "#0000FF")
    with Image.open(io.BytesIO(render_gif([small, large]))) as animation:
        assert animation.size == (375, 525)  # from −0.25 to 2.25, and from −0.25 to 3.25
        assert animation.info["loop"] == 0
        assert len(animation.convert("RGB").getcolors(9999) or []) <= 64
        black = np.asarray(animation.convert("L")) < 40
        assert np.argwhere(black).min(axis=0).tolist() == pytest.approx([187, 187], abs=2)  # 1.25 inches


@pytest.mark.parametrize(("suffix", "begins"), [(".SVG", b"<?xml"), (".png", b"\x89PNG"), (".Gif", b"GIF89a")])
def test_the_name_says_the_kind_of_file(tmp_path, suffix: str, begins: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    check_format(path)
    save_drawing(path, small_sheet)
    assert path.read_bytes().startswith(begins)
    save_drawing(
        path,
        small_sheet,
        lambda: [small_sheet(), Sheet(marks=[Rectangle(Box(0, 0, 1, 1), INK, None, 1, False, False)])],
    )
    with pytest.raises(OutputError, match="there is no folder"):
        save_drawing(tmp_path / "new" / f"a{suffix}", small_sheet)
    if suffix == ".Gif":
        with Image.open(path) as animation:
            assert getattr(animation, "n_frames", 1) == 2
