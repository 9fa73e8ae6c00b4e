"""Kernels as squares: every shape is laid out, colours follow the sign, numbers are written where they fit."""

import io
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from convlens.charts import draw_kernels
from convlens.charts.canvas import Sheet
from convlens.charts.kernel_grid import _choose_columns, _describe, _signed
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
    [(0.126, "0.13"), (-0.5, "−0.50"), (-0.001, "0.00"), (0, "0.00"), (250.4, "250"), (1e6, "1e+06"), (np.nan, "–")],
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
