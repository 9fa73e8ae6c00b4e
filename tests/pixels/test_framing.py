"""Scaling and placing, by hand and by what must always hold."""

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given
from hypothesis import strategies as st

from convlens.pixels.framing import centre_of_mass, fit_into, paste, reduce, resize


@pytest.mark.parametrize(
    ("size", "expected"),
    [((120, 90), (20, 15)), ((90, 120), (15, 20)), ((7, 7), (20, 20)), ((1, 500), (1, 20)), ((500, 1), (20, 1))],
)
def test_fitting_into_a_square(size, expected):
    assert fit_into(size[0], size[1], 20, 20) == expected


@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 60), st.integers(1, 60))
def test_fitting_touches_one_side_and_passes_none(height, width, box_height, box_width):
    fitted = fit_into(height, width, box_height, box_width)
    assert fitted[0] == box_height or fitted[1] == box_width
    assert 1 <= fitted[0] <= box_height
    assert 1 <= fitted[1] <= box_width


def test_making_smaller_averages():
    stripes = np.tile(np.array([0, 255], np.uint8), (40, 20))
    small = resize(stripes, 4, 4)
    assert small.min() > 100
    assert small.max() < 155


def test_the_same_size_is_the_same_array():
    pixels = np.zeros((5, 6, 3), np.uint8)
    assert resize(pixels, 5, 6) is pixels
    assert resize(pixels, 10, 12).shape == (10, 12, 3)


def test_blocks_are_averaged_only_where_large():
    pixels = np.zeros((30, 10), np.uint8)
    assert reduce(pixels, 16) is pixels
    assert reduce(pixels, 10).shape == (10, 4)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_the_centre_of_mass_agrees_with_scipy(height, width, seed):
    pixels = np.random.default_rng(seed).integers(1, 256, (height, width)).astype(np.uint8)
    assert centre_of_mass(pixels) == pytest.approx(scipy.ndimage.center_of_mass(pixels.astype(float)))


def test_pasting_by_hand():
    framed = paste(np.array([[1, 2]], np.uint8), 1, 1, 3, 4, background=9)
    assert framed.tolist() == [[9, 9, 9, 9], [9, 1, 2, 9], [9, 9, 9, 9]]
