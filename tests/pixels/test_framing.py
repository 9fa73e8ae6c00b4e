"""Scaling and placing, by hand and by what must always hold."""

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given
from hypothesis import strategies as st

from convlens.pixels import framing
from convlens.pixels.framing import (
    border_mask,
    border_pixels,
    centre_in,
    centre_of_mass,
    count_levels,
    fit_into,
    letterbox,
    median_of_border,
    paste,
    reduce,
    resize,
    scale_into,
)


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


def test_blocks_are_averaged_until_the_longest_side_is_below_twice_the_wish():
    pixels = np.arange(40, dtype=np.uint8).reshape(2, 20)
    assert reduce(pixels, 11) is pixels
    # blocks of 2×2: the mean of 0, 1, 20 and 21 is 10.5
    assert reduce(pixels, 10).tolist() == [[11, 13, 15, 17, 19, 21, 23, 25, 27, 29]]


@pytest.mark.parametrize(
    ("height", "width", "thickness"),
    [(1, 1, 1), (2, 5, 1), (3, 3, 1), (28, 90, 1), (55, 56, 1), (56, 60, 2), (90, 84, 3)],
)
def test_the_border_is_as_thick_as_a_28th_of_the_shorter_side(height, width, thickness):
    rows, columns = np.indices((height, width))
    near = np.minimum.reduce([rows, columns, height - 1 - rows, width - 1 - columns]) < thickness
    if min(height, width) > 2 * thickness:
        np.testing.assert_array_equal(border_mask(height, width), near)
    pixels = np.random.default_rng(0).integers(0, 256, (height, width)).astype(np.uint8)
    np.testing.assert_array_equal(np.sort(border_pixels(pixels)), np.sort(pixels[near]))
    assert median_of_border(pixels) == int(np.median(pixels[near]))


def test_the_median_of_a_border_by_hand():
    assert median_of_border(np.array([[7]], np.uint8)) == 7
    assert median_of_border(np.array([[3, 10]], np.uint8)) == 6  # between two, rounded down
    assert median_of_border(np.array([[9, 1, 255]], np.uint8)) == 9
    assert median_of_border(np.array([[255, 255], [255, 255]], np.uint8)) == 255
    colour = np.array([[[1, 200, 30], [3, 100, 20], [5, 0, 10]]], np.uint8)
    assert np.asarray(median_of_border(colour)).tolist() == [3, 100, 20]


def test_levels_are_counted_in_two_ways(monkeypatch):
    grey = np.array([[0, 2, 2], [255, 7, 2]], np.uint8)
    expected = [1, 0, 3, 0, 0, 0, 0, 1, *[0] * 247, 1]
    assert count_levels(grey).tolist() == expected
    monkeypatch.setattr(framing, "_MANY_PIXELS", 6)
    assert count_levels(grey).tolist() == expected
    assert count_levels(np.array([[3]], np.uint8)).tolist() == [*[0] * 3, 1, *[0] * 252]


def test_an_image_is_scaled_and_centred_on_its_background():
    assert scale_into(np.zeros((10, 40), np.uint8), 20, 20).shape == (5, 20)
    pixels = np.full((2, 4), 7, np.uint8)
    assert centre_in(pixels, 2, 4, 0) is pixels
    # 3 rows remain: one above, two below; 1 column remains, on the right
    assert centre_in(pixels, 5, 5, 1).tolist() == [[1] * 5, [7, 7, 7, 7, 1], [7, 7, 7, 7, 1], [1] * 5, [1] * 5]
    boxed = letterbox(np.array([[9, 9, 9], [9, 50, 9], [9, 9, 9]], np.uint8), 3, 6)
    assert boxed.tolist() == [[9] * 6, [9, 9, 50, 9, 9, 9], [9] * 6]
    colour = letterbox(np.full((2, 4, 3), (1, 2, 3), np.uint8), 4, 4)
    assert colour.tolist() == [[[1, 2, 3]] * 4] * 4
