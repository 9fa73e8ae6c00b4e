"""What is taken out of a picture, and what must never be."""

from pathlib import Path

import numpy as np
import pytest

from convlens.preprocessing.disturbances import (
    _frame_depth,
    cut_frame,
    even_out_shadows,
    remove_lines,
    undo_enlargement,
)

with np.load(Path(__file__).parent / "mnist_sample.npz") as sample:
    DIGITS: np.ndarray = sample["images"]


@pytest.fixture(scope="module")
def paper(draw_glyph):
    """A T on a sheet: dark on light, with a wide margin."""
    return draw_glyph("T", 200, 80, 12, 20, -15, paper=220, ink=40)


@pytest.mark.parametrize("factor", [2, 3, 20])
def test_enlarged_by_repeating_pixels_and_back(factor):
    enlarged = np.kron(DIGITS[3], np.ones((factor, factor), np.uint8))
    restored, found = undo_enlargement(enlarged)
    assert found == factor
    np.testing.assert_array_equal(restored, DIGITS[3])


def test_enlarged_smoothly_there_is_nothing_to_take_back(paper):
    assert undo_enlargement(paper)[0] is paper
    noisy = np.kron(DIGITS[3], np.ones((4, 4), np.uint8))
    noisy[5, 6] ^= 1
    assert undo_enlargement(noisy) == (noisy, 1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (40, 40), (2, 2)])
def test_one_colour_is_no_enlargement(shape):
    constant = np.full(shape, 9, np.uint8)
    assert undo_enlargement(constant)[0] is constant


@pytest.mark.parametrize("level", [0, 60, 120])
@pytest.mark.parametrize("thickness", [1, 4, 15])
def test_a_frame_is_cut_off(paper, level, thickness):
    framed = np.pad(paper, thickness, constant_values=level)
    inside, cut = cut_frame(framed)
    assert cut == thickness
    np.testing.assert_array_equal(inside, paper)


def test_a_frame_along_three_sides(paper):
    framed = np.pad(paper, ((0, 5), (5, 5)), constant_values=20)
    np.testing.assert_array_equal(cut_frame(framed)[0], paper)


def test_a_frame_ends_where_the_paper_begins():
    lines = np.full((6, 10), 20, np.uint8)
    assert _frame_depth(lines, paper=220.0, far=100.0) == 0  # it does not end
    lines[4:] = 220
    assert _frame_depth(lines, paper=220.0, far=100.0) == 4
    lines[0, :2] = 220  # eight of ten pixels are alike, nine are needed
    assert _frame_depth(lines, paper=220.0, far=100.0) == 0


def test_what_is_no_frame(paper, draw_glyph):
    filled = np.full((60, 60), 20, np.uint8)
    filled[5:-5, 5:-5] = 230  # nothing on what is inside: the frame is the sign
    seven = draw_glyph("T", 100, 100, 14)[:, 12:88]  # cropped to the ink, so that its bar lies along the edge
    for picture in (paper, filled, seven, *DIGITS, *(255 - DIGITS)):
        assert cut_frame(picture) == (picture, 0)


def test_ruled_lines_go_and_ink_on_them_stays(draw_glyph):
    ink = 255 - draw_glyph("I", 200, 120, 12)
    ruled = ink.copy()
    for row in (30, 80, 130, 180):
        ruled[row : row + 2] = np.maximum(ruled[row : row + 2], 90)
    cleaned, count = remove_lines(ruled)
    assert count == 4
    np.testing.assert_array_equal(cleaned, ink)


@pytest.mark.parametrize(("level", "removed"), [(153, 4), (152, 0)])
def test_lines_stay_where_what_is_left_is_less_than_three_fifths_as_light(draw_glyph, level, removed):
    ink = np.minimum(255 - draw_glyph("I", 200, 120, 12), level)
    ruled = ink.copy()
    for row in (30, 80, 130, 180):
        ruled[row : row + 2] = 255
    cleaned, count = remove_lines(ruled)
    assert count == removed
    assert cleaned.max() == (level if removed else 255)


def test_a_drawn_box_around_the_ink_goes(draw_glyph):
    ink = 255 - draw_glyph("O", 200, 100, 12)
    boxed = ink.copy()
    boxed[[8, 9, 190, 191], 8:192] = 230
    boxed[8:192, [8, 9, 190, 191]] = 230
    cleaned, count = remove_lines(boxed)
    assert count == 4
    np.testing.assert_array_equal(cleaned, ink)


@pytest.mark.parametrize(
    ("rows", "columns", "count"),
    [
        # A line across 60 pixels; ink elsewhere within 3 pixels of its ends, which are columns, may belong to it.
        ((0, 20), (25, 35), 1),
        ((40, 60), (25, 35), 1),
        ((5, 20), (3, 9), 1),
        ((5, 20), (2, 9), 0),
        ((5, 20), (50, 57), 1),
        ((5, 20), (50, 58), 0),
    ],
)
def test_a_single_line_goes_only_where_no_ink_is_near_its_ends(rows, columns, count):
    object_alone = np.zeros((60, 60), np.uint8)
    object_alone[slice(*rows), slice(*columns)] = 255
    ruled = object_alone.copy()
    ruled[30:32] = 255
    for turned, alone in ((ruled, object_alone), (ruled.T, object_alone.T)):
        cleaned, found = remove_lines(turned)
        assert found == count
        np.testing.assert_array_equal(cleaned, alone if count else turned)


@pytest.mark.parametrize(("side", "count"), [(32, 0), (33, 1)])
def test_of_pictures_of_up_to_32_pixels_no_line_is_taken(side, count):
    ruled = np.zeros((side, side), np.uint8)
    ruled[25] = 255
    ruled[5:12, 10:20] = 255
    assert remove_lines(ruled)[1] == remove_lines(ruled.T)[1] == count


def test_narrow_pictures_have_lines_along_one_axis_alone():
    ruled = np.zeros((40, 81), np.uint8)
    ruled[30:32] = 255
    ruled[5:15, 35:45] = 255
    assert remove_lines(ruled)[1] == remove_lines(ruled.T)[1] == 1
    ruled[30:32], ruled[:, 40] = 0, 255  # across the 40 rows, less than half of the columns: a stroke
    ruled[5:15, 35:45] = 0
    ruled[5:15, 60:70] = 255
    assert remove_lines(ruled)[1] == remove_lines(ruled.T)[1] == 0


def test_strokes_are_no_lines(paper, draw_glyph):
    thin = 255 - draw_glyph("T", 160, 160, 3)[:, 20:140]  # cropped to the ink: its bar goes from edge to edge
    thick = 255 - draw_glyph("T", 160, 160, 16)[:, 20:140]
    only_lines = np.zeros((100, 100), np.uint8)
    only_lines[[20, 50, 80]] = 255
    for ink in (thin, thick, only_lines, 255 - paper, *DIGITS):
        assert remove_lines(ink) == (ink, 0)


def shadow(kind):
    rows, columns = np.mgrid[:200, :200] / 199
    if kind == "edge":
        return 1 - 0.45 / (1 + np.exp(-(rows - 0.6 * columns - 0.2) / 0.02))
    return 1 - 0.9 * ((rows - 0.6) ** 2 + (columns - 0.4) ** 2)


@pytest.mark.parametrize("kind", ["edge", "lamp"])
def test_shadows_are_evened_out(paper, kind):
    dark = np.rint(paper * shadow(kind)).astype(np.uint8)
    even, span = even_out_shadows(dark)
    assert span > 60
    blank = paper > 215
    assert np.percentile(even[blank], 2) > 0.9 * np.percentile(even[blank], 98)
    assert np.ptp(dark[blank]) > 80
    # The ink is a fifth as light as the paper around it, in the shadow and outside of it.
    assert np.median(even[paper < 50]) == pytest.approx(np.median(even[blank]) * 40 / 220, rel=0.25)


def test_light_is_subtracted_from_a_dark_background(paper):
    rows, _ = np.mgrid[:200, :200] / 199
    glow = 60 + 80 * rows
    chalk = np.rint(np.clip(glow + (paper < 130) * 100, 0, 255)).astype(np.uint8)
    even, span = even_out_shadows(chalk)
    assert span == pytest.approx(80, abs=8)
    blank, ink = paper > 215, paper < 50
    # The light is that of the darkest tenth of the background, 68, and the ink keeps its 100 levels above it.
    assert np.percentile(even[blank], (2, 50, 98)) == pytest.approx([68, 68, 68], abs=12)
    assert np.median(even[ink]) == pytest.approx(168, abs=12)


def test_even_light_is_left_alone(paper, draw_glyph):
    noisy = np.clip(paper + np.random.default_rng(0).normal(0, 15, paper.shape), 0, 255).astype(np.uint8)
    cropped = draw_glyph("O", 160, 160, 30)[:, 20:140]
    for picture in (paper, 255 - paper, noisy, cropped, 255 - cropped, *DIGITS):
        assert even_out_shadows(picture) == (picture, 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 40), (17, 300)])
@pytest.mark.parametrize("change", [undo_enlargement, cut_frame, remove_lines, even_out_shadows])
def test_strange_shapes_break_nothing(shape, change):
    for pixels in (np.full(shape, 200, np.uint8), np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)):
        assert change(pixels)[0].dtype == np.uint8
