"""The sheet that all charts share: its size, its bytes, and text that came from users."""

import io
import subprocess
import sys

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convlens.charts.canvas import add_text, drawing_style, encode_figure, new_figure, shorten


def draw(text):
    with drawing_style():
        figure = new_figure(1.0)
        add_text(figure, 0.1, 0.5, text)
        return encode_figure(figure)


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


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("seven", 5, "seven"),
        ("sevens", 5, "seve…"),
        ("a\nb\t\tc", 9, "a b c"),
        ("ab cd", 4, "ab…"),
        (7, 3, "7"),
        ("", 3, ""),
    ],
)
def test_shortening_by_hand(text, longest, expected):
    assert shorten(text, longest) == expected


@given(st.text(max_size=400), st.integers(2, 60))
def test_shortened_text_is_short_and_on_one_line(text, longest):
    short = shorten(text, longest)
    assert len(short) <= longest
    assert short.isprintable()
