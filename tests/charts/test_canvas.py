"""The sheet that all charts share: its size, its bytes, and text that came from users."""

import io
import subprocess
import sys
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from convlens.charts.canvas import BLUE, INK, PALE, QUIET, SKY, Bar, Sheet, as_pixels, drawing_style, running_mean


def draw(text):
    with drawing_style():
        sheet = Sheet(1.0)
        sheet.text(0.1, 0.5, text)
        return sheet.png()


def test_1200_pixels_wide_and_no_date_in_it():
    content = draw("text")
    assert Image.open(io.BytesIO(content)).size == (1200, 150)
    assert content == draw("text")
    assert b"tEXt" not in content


def test_the_users_style_changes_nothing_and_is_left_as_it_was():
    plain = draw("text")
    with matplotlib.rc_context({"font.size": 30, "text.color": "red"}):
        assert draw("text") == plain
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.parametrize("text", ["$\\frac{1}{", "الرقم الأول", "数字", "🐱", "a\\b_c^d{e}%#&", "\u200f\u0301"])
def test_any_text_can_be_drawn(text):
    assert draw(text).startswith(b"\x89PNG")


def test_pyplot_is_never_needed():
    program = "import sys; from convlens.charts import draw_training; draw_training([1.0], 1, [0.5]); "
    program += "print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_running_mean_by_hand():
    # 5 values: the mean of each with its neighbours
    np.testing.assert_allclose(running_mean(np.array([1.0, 2, 6, 4, 5]), 1), [1.5, 3, 4, 5, 4.5])
    np.testing.assert_allclose(running_mean(np.array([1.0, np.nan, 3, 5]), 1), [1, np.nan, 4, 4])


def test_running_mean_agrees_with_a_convolution():
    values = np.random.default_rng(0).random(1000)
    expected = np.convolve(values, np.ones(21) / 21, mode="valid")
    np.testing.assert_allclose(running_mean(values, 10)[10:-10], expected)


def test_a_loss_of_1e26_does_not_swallow_the_mean_of_later_ones():
    losses = np.concatenate([[1e26], np.full(999, 2.0)])
    mean = running_mean(losses, 10)
    np.testing.assert_allclose(mean[100:], 2.0, rtol=1e-6)


def test_a_running_mean_counts_huge_values_as_a_million_medians_and_keeps_what_is_unknown():
    np.testing.assert_allclose(running_mean(np.array([1e9, 1, 1, 1]), 1), [500000.5, 1000002 / 3, 1, 1])
    assert np.isnan(running_mean(np.array([np.nan, np.inf]), 3)).all()
    np.testing.assert_allclose(running_mean(np.array([np.inf, 2.0, 4.0]), 5), [np.nan, 3, 3])


def test_files_are_packed_fast():
    content = draw("text")
    begin = content.index(b"IDAT") + 4
    assert content[begin : begin + 2] == b"\x78\x01"  # zlib's mark of its fastest level


def test_the_style_of_all_charts():
    with drawing_style():
        found = {name: matplotlib.rcParams[name] for name in (
            "font.size", "axes.linewidth", "grid.linewidth", "xtick.labelsize", "ytick.labelsize",
            "axes.spines.top", "axes.spines.right", "axes.axisbelow", "axes.grid", "axes.unicode_minus",
            "text.parse_math", "agg.path.chunksize",
        )}  # fmt: skip
        assert matplotlib.rcParams["font.family"][0] == "DejaVu Sans"
    assert list(found.values()) == [9, 0.8, 0.8, 8, 8, False, False, True, False, True, False, 10_000]


def test_one_channel_is_grey_and_others_come_last():
    image = np.arange(12).reshape(3, 2, 2)
    np.testing.assert_array_equal(as_pixels(image[:1]), [[0, 1], [2, 3]])
    np.testing.assert_array_equal(as_pixels(image)[1, 0], [2, 6, 10])


def test_positions_are_inches_from_the_upper_left_corner():
    with drawing_style():
        sheet = Sheet(4)
        curve = sheet.axes(2, 1, 4, 1)
        sheet.title("n" * 71)
        sheet.block(1, 2, 3, 0.5, "#123456", zorder=7)
        sheet.pixels(np.array([[0, 255]], np.uint8), 1, 2, 4, 0.5)
        sheet.pixels(np.array([[0.5]]), 0, 0, 1, 1, vmin=-1, vmax=1)
    assert sheet.figure.get_size_inches().tolist() == [8, 4]
    assert (sheet.figure.dpi, sheet.figure.get_facecolor()) == (150, (1, 1, 1, 1))
    assert (sheet.page.get_xlim(), sheet.page.get_ylim()) == ((0, 8), (4, 0))
    assert not sheet.page.axison
    assert curve.get_position().bounds == pytest.approx((0.25, 0.5, 0.5, 0.25))
    (title,) = sheet.page.texts
    assert (title.get_text(), title.get_position()) == ("n" * 69 + "…", (0.3, 0.42))
    assert (title.get_fontsize(), title.get_fontweight()) == (15, "bold")
    (block,) = sheet.page.patches
    assert block.get_extents().transformed(sheet.page.transData.inverted()).extents == pytest.approx([1, 2.5, 4, 2])
    assert (block.get_linewidth(), block.get_zorder()) == (0, 7)
    grey, other = sheet.page.images
    assert (list(grey.get_extent()), list(other.get_extent())) == ([1, 5, 2.5, 2], [0, 1, 1, 0])
    assert (grey.get_cmap().name, grey.get_clim(), other.get_clim()) == ("gray", (0, 255), (-1, 1))
    assert grey.get_interpolation() == "nearest"


def test_bars_by_hand():
    """A step of 0.2: the middles are at 1.1 and 1.3, and bars are 0.124 high."""
    with drawing_style():
        sheet = Sheet(4)
        sheet.bars(2, 1, 3, [Bar("a", 0.5, "50 %", strong=True), Bar("b", float("nan"), "–", bold=True)], 0.2)
        sheet.bars(2, 2, 3, [Bar("c", 1.0, "100 %")], 0.2, points=9)
    page: Any = sheet.page
    bars = [patch.get_bbox().extents for patch in page.patches]
    np.testing.assert_allclose(
        bars,
        [
            *([2, 1.038, 5, 1.162], [2, 1.038, 3.5, 1.162]),
            *([2, 1.238, 5, 1.362], [2, 1.238, 2, 1.362]),
            *([2, 2.038, 5, 2.162], [2, 2.038, 5, 2.162]),
        ],
    )
    colours = [to_hex(patch.get_facecolor()).upper() for patch in page.patches]
    assert colours == [PALE, BLUE, PALE, SKY, PALE, SKY]
    found = [
        (
            text.get_text(),
            *map(float, text.get_position()),
            text.get_fontsize(),
            text.get_fontweight(),
            text.get_color(),
        )
        for text in page.texts
    ]
    assert found == [
        ("a", 1.94, pytest.approx(1.1), 8, "normal", INK),
        ("50 %", 5.06, pytest.approx(1.1), 8, "normal", INK),
        ("b", 1.94, pytest.approx(1.3), 8, "bold", INK),
        ("–", 5.06, pytest.approx(1.3), 8, "normal", QUIET),
        ("c", 1.94, pytest.approx(2.1), 9, "normal", QUIET),
        ("100 %", 5.06, pytest.approx(2.1), 8, "normal", QUIET),
    ]
    assert [text.get_ha() for text in page.texts] == ["right", "left"] * 3
    assert {text.get_va() for text in page.texts} == {"center"}
