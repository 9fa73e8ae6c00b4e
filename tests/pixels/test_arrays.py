"""Arrays to pictures: which shapes and values are taken, and how."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convlens.errors import ImageError
from convlens.pixels.arrays import encode_png, image_from_array, sixteen_to_eight_bits


@pytest.mark.parametrize(
    ("shape", "size", "mode"),
    [
        ((4, 5), (5, 4), "L"),
        ((4, 5, 1), (5, 4), "L"),
        ((1, 4, 5), (5, 4), "L"),
        ((4, 5, 3), (5, 4), "RGB"),
        ((3, 4, 5), (5, 4), "RGB"),
        ((4, 5, 4), (5, 4), "RGBA"),
        ((3, 5, 3), (5, 3), "RGB"),  # if unclear, the last axis is the channels
    ],
)
def test_shapes(shape, size, mode):
    image = image_from_array(np.zeros(shape, np.uint8))
    assert (image.size, image.mode) == (size, mode)


def test_channels_first_are_moved_last():
    array = np.arange(3 * 2 * 5, dtype=np.uint8).reshape(3, 2, 5)
    assert image_from_array(array).getpixel((4, 1)) == (9, 19, 29)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 255]], np.uint8), [0, 255]),
        (np.array([[0, 255]], np.int64), [0, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[[0, 65535, 257]]], np.uint16), [0, 255, 1]),
    ],
)
def test_values(values, expected):
    assert np.asarray(image_from_array(values)).ravel().tolist() == expected


def test_sixteen_bit_grey_stays_sixteen_bits():
    assert image_from_array(np.full((2, 2), 40_000, np.uint16)).mode == "I;16"


def test_every_sixteen_bit_value_is_rounded_as_a_division_would():
    values = np.arange(65_536, dtype=np.uint16)
    np.testing.assert_array_equal(sixteen_to_eight_bits(values), np.rint(values / 257))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2, 2, 2)), r"is 2×2×2×2\. Give H×W, H×W×C or C×H×W with 1, 3 or 4 channels"),
        (np.zeros((8, 8, 2)), r"is 8×8×2\. Give H×W"),
        (np.zeros((0, 8)), r"is 0×8\. Give H×W"),
        (np.zeros(()), r"is a single number\. Give H×W"),
        (np.full((2, 2), -0.42), r"float64 from -0\.42 to -0\.42.*before normalisation"),
        (
            np.full((2, 2), 2.5),
            r"float64 from 2\.5 to 2\.5; allowed are whole numbers from 0 to 255 and floats from 0 to 1",
        ),
        (np.full((2, 2), np.nan), "float64 from nan to nan"),
        (np.full((2, 2), 256), "int64 from 256 to 256"),
        (np.zeros((2, 2), complex), r"holds complex128\. Give whole numbers from 0 to 255 or floats from 0 to 1"),
    ],
)
def test_what_cannot_be_an_image_is_explained(array, message):
    with pytest.raises(ImageError, match=message):
        image_from_array(array)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([None, 3, 4]), st.randoms(use_true_random=False))
def test_png_brings_every_pixel_back(height, width, channels, random):
    shape = (height, width) if channels is None else (height, width, channels)
    array = np.array([random.randrange(256) for _ in range(int(np.prod(shape)))], np.uint8).reshape(shape)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(array)))), array)
