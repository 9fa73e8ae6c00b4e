"""Kernels as squares: every shape is laid out, colours follow the sign, numbers are written where they fit."""

import io
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from convlens.charts import draw_kernels, kernel_grid
from convlens.charts.canvas import INK, QUIET, Sheet
from convlens.charts.kernel_grid import _choose_columns, _describe, _gap, _signed, _tile_width
from convlens.errors import UsageError


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


@pytest.mark.parametrize(
    "shape",
    [(8, 1, 3, 3), (1, 1, 1, 1), (3, 3, 5, 5), (4, 1, 11, 3), (4, 1, 1, 9), (20, 8, 3, 3)],
)
def test_every_shape_is_laid_out(shape):
    weights = np.random.default_rng(0).normal(size=shape)
    drawn = pixels(draw_kernels(weights, weights[:, 0, 0, 0], "layer"))
    assert drawn.shape[1] == 1200
    assert drawn.shape[0] < 1600


def test_beyond_64_kernels_it_says_so():
    assert _describe(np.zeros((128, 1, 3, 3)), 64, 1) == "the first 64 of 128 kernels of 3×3"
    assert _describe(np.zeros((8, 3, 5, 5)), 8, 3) == "8 kernels of 5×5, 3 input channels side by side"
    assert _describe(np.zeros((1, 64, 5, 3)), 1, 8) == "1 kernel of 5×3, the first 8 of 64 input channels"


def test_eight_kernels_stand_in_two_full_rows():
    columns, _ = _choose_columns(8, 1, 3, 3)
    assert columns == 4


def test_blue_adds_and_orange_takes_away():
    weights = np.array([2.0, -2.0]).reshape(2, 1, 1, 1)
    drawn = pixels(draw_kernels(weights))
    is_blue = (np.abs(drawn - [0x00, 0x72, 0xB2]).max(axis=2) <= 2).sum()
    is_orange = (np.abs(drawn - [0xD5, 0x5E, 0x00]).max(axis=2) <= 2).sum()
    assert is_blue > 10_000
    assert is_orange > 10_000


@pytest.mark.parametrize(
    "weights", [np.zeros((2, 1, 3, 3)), np.full((2, 1, 3, 3), np.nan), np.full((1, 1, 2, 2), 1e30)]
)
def test_all_zero_not_finite_and_huge(weights):
    assert draw_kernels(weights, np.array([np.inf, 0.0])).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (99.994, "99.99"),
        (100, "100"),
        (9999.4, "9999"),
        (-10_000, "−1e+04"),
        (0.126, "0.13"),
        (-0.5, "−0.50"),
        (-0.001, "0.00"),
        (0, "0.00"),
        (250.4, "250"),
        (1e6, "1e+06"),
        (np.nan, "–"),
    ],
)
def test_numbers_by_hand(value, text):
    assert _signed(value) == text


def test_what_is_no_kernel():
    with pytest.raises(UsageError, match="weights of the shape 10×784: give kernels as out × in × height × width"):
        draw_kernels(np.zeros((10, 784)))


def test_kernels_are_numbered_from_0():
    with mock.patch.object(Sheet, "text", autospec=True, side_effect=Sheet.text) as write:
        draw_kernels(np.zeros((3, 1, 3, 3)), np.array([1.0, 2.0, 3.0]))
    written = [call.args[3] for call in write.call_args_list]
    assert [text for text in written if "bias" in text] == ["0   bias 1.00", "1   bias 2.00", "2   bias 3.00"]


@pytest.mark.parametrize(
    ("kernels", "channels", "height", "width", "columns", "tile"),
    [
        (1, 1, 3, 3, 1, 1.45),
        (2, 1, 3, 3, 2, 1.45),
        (8, 1, 3, 3, 4, 1.45),  # five columns take two rows, and so do four
        (64, 1, 3, 3, 10, 0.557),  # (6.65 − 9·0.12)/10, in 7 rows of 0.917
        (3, 3, 5, 5, 2, (6.65 - 2 * 2 * 0.04 - 0.22) / 6),
        (4, 1, 11, 3, 4, 1.45),
        (16, 1, 9, 3, 8, (6.65 - 7 * 0.12) / 8),
    ],
)
def test_how_many_kernels_stand_side_by_side(kernels, channels, height, width, columns, tile):
    assert _choose_columns(kernels, channels, height, width) == (columns, pytest.approx(tile))


def test_gaps_and_the_smallest_channel():
    assert (_gap(4), _gap(5)) == (0.22, 0.12)
    assert _tile_width(3, 2) == pytest.approx((6.65 - 3 * 0.04 - 2 * 0.22) / 6)
    assert _tile_width(64, 8) == 0.05


def test_two_kernels_by_hand(sheet_of):
    """Squares of 1.45 inches below their names; the second begins 0.22 further right."""
    weights = np.array([[[[1.0, -0.5], [0.25, 0.73]]], [[[0.0, 0.72], [np.nan, -1.0]]]])
    sheet = sheet_of(draw_kernels, weights, np.array([1.0, -2.0]), "layer")
    assert sheet.height == pytest.approx(0.95 + 0.36 + 1.45 + 0.1)
    found = [(text.get_text(), *text.get_position(), text.get_fontsize()) for text in sheet.page.texts]
    names = [("0   bias 1.00", 0.3), ("1   bias −2.00", 1.97)]
    assert found[1] == ("2 kernels of 2×2", 0.3, 0.66, 8)
    assert [found[2], found[7]] == [(name, pytest.approx(left), pytest.approx(1.11), 8) for name, left in names]
    middle = {place: 1.17 + 0.3625 + 0.725 * place for place in range(2)}
    assert found[3:7] == [
        (text, pytest.approx(0.6625 + 0.725 * column), pytest.approx(middle[row]), 9)
        for text, row, column in (("1.00", 0, 0), ("−0.50", 0, 1), ("0.25", 1, 0), ("0.73", 1, 1))
    ]
    numbers = [(text.get_text(), text.get_color()) for text in sheet.page.texts if text.get_ha() == "center"]
    white = {text for text, colour in numbers if colour == "white"}
    assert white == {"1.00", "0.73", "−1.00"}  # more than 0.72 of the largest
    assert {colour for text, colour in numbers if text not in white} == {INK}
    first, second = sheet.page.images
    assert (first.get_clim(), second.get_clim()) == ((-1, 1), (-1, 1))
    for image, left in ((first, 0.3), (second, 1.97)):
        assert list(image.get_extent()) == pytest.approx([left, left + 1.45, 2.62, 1.17])
    frames = [patch.get_bbox().extents for patch in sheet.page.patches]
    np.testing.assert_allclose(frames, [[0.3, 1.17, 1.75, 2.62], [1.97, 1.17, 3.42, 2.62]])
    assert {(patch.get_linewidth(), patch.get_fill()) for patch in sheet.page.patches} == {(0.8, False)}


def test_the_scale_beside_the_kernels(sheet_of):
    sheet = sheet_of(draw_kernels, np.array([-2.5, 1.0]).reshape(2, 1, 1, 1))
    axes = sheet.figure.axes[1]
    place = axes.get_position()
    assert (place.x0 * 8, (1 - place.y1) * 2.86, place.width * 8, place.height * 2.86) == pytest.approx(
        (7.2, 1.17, 0.13, 1.36)
    )
    assert [(tick.get_text(), tick.get_fontsize()) for tick in axes.get_yticklabels()] == [
        *(("−2.50", 7.5), ("0", 7.5), ("2.50", 7.5)),
    ]
    assert axes.get_yticks().tolist() == [-2.5, 0, 2.5]
    assert len(axes.get_xticks()) == 0
    (bar,) = axes.images
    assert list(bar.get_extent()) == [0, 1, -2.5, 2.5]
    assert (bar.get_array().shape, bar.get_array()[0, 0], bar.get_array()[-1, 0]) == ((256, 1), 1, -1)
    tall = sheet_of(draw_kernels, np.ones((8, 1, 9, 3)))
    assert tall.figure.axes[1].get_position().height * tall.height == pytest.approx(2.2)
    assert sheet_of(draw_kernels, np.ones((1, 1, 1, 9))).height == 2.2


def test_rows_of_many_kernels_are_closer(sheet_of):
    sheet = sheet_of(draw_kernels, np.ones((20, 1, 3, 9)), np.ones(20))
    columns, tile = _choose_columns(20, 1, 3, 9)
    assert (columns, tile) == (5, pytest.approx((6.65 - 4 * 0.12) / 5))
    places = [text.get_position() for text in sheet.page.texts if text.get_text().endswith("bias 1.00")]
    assert places[5] == pytest.approx((0.3, 1.11 + tile / 3 + 0.36))
    assert places[1] == pytest.approx((0.3 + tile + 0.12, 1.11))


@pytest.mark.parametrize(("width", "written"), [(6, True), (7, False)])
def test_numbers_are_written_where_they_fit(sheet_of, width, written):
    """A kernel is 1.45 inches wide: a sixth of it is enough for a number, a seventh is not."""
    texts = sheet_of(draw_kernels, np.ones((1, 1, 1, width))).page.texts
    numbers = [text for text in texts if text.get_text() == "1.00"]
    assert len(numbers) == width * written
    assert {text.get_fontsize() for text in numbers} == ({1.45 / 6 * 19} if written else set())


def test_names_of_narrow_kernels_are_short(sheet_of):
    texts = sheet_of(draw_kernels, np.ones((9, 1, 5, 1)), np.ones(9)).page.texts
    columns, tile = _choose_columns(9, 1, 5, 1)
    assert (columns, 0.5 < tile < 0.75) == (9, True)
    assert (texts[2].get_text(), texts[2].get_fontsize(), texts[2].get_color()) == ("0", 8, QUIET)
    texts = sheet_of(draw_kernels, np.ones((65, 1, 5, 3)), np.ones(65)).page.texts
    columns, tile = _choose_columns(64, 1, 5, 3)
    assert (columns, tile) == (11, pytest.approx(0.4955, abs=1e-4))
    assert (texts[2].get_text(), texts[2].get_fontsize()) == ("0", 6.5)
    assert texts[1].get_text() == "the first 64 of 65 kernels of 5×3"
    assert len(texts) == 2 + 64
    assert texts[13].get_position() == pytest.approx((0.3, 1.11 + tile * 5 / 3 + 0.26))


def test_channels_stand_side_by_side_as_far_as_there_is_room(sheet_of, monkeypatch):
    sheet = sheet_of(draw_kernels, np.ones((1, 9, 1, 1)))
    assert sheet.page.texts[1].get_text() == "1 kernel of 1×1, the first 8 of 9 input channels"
    lefts = [image.get_extent()[0] for image in sheet.page.images]
    tile = (6.65 - 7 * 0.04) / 8
    assert lefts == pytest.approx([0.3 + number * (tile + 0.04) for number in range(8)])
    monkeypatch.setattr(kernel_grid, "_MOST_TILES", 11)
    sheet = sheet_of(draw_kernels, np.ones((3, 9, 1, 1)))
    assert sheet.page.texts[1].get_text() == "3 kernels of 1×1, the first 3 of 9 input channels"
    tile = _choose_columns(3, 3, 1, 1)[1]
    assert sheet.page.images[3].get_extent()[0] == pytest.approx(0.3 + 3 * tile + 2 * 0.04 + 0.22)
