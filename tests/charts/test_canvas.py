"""The sheet that all charts share: its size, its bytes, and text that came from users."""

import io
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image

from convlens.charts.canvas import Sheet, drawing_style, running_mean


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
