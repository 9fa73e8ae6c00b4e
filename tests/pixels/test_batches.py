"""Arrays to batches: which layouts and values are taken, and what is said where two readings are possible."""

import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits

from convlens.errors import DataError
from convlens.pixels.batches import as_array, join_to_bytes, read_batch


def numbered(*shape: int) -> np.ndarray:
    """Bytes that differ from place to place, so that a wrong order of axes shows."""
    return (np.arange(np.prod(shape)) * 7 % 251).astype(np.uint8).reshape(shape)


# Layouts


def test_grey_images_get_their_channel():
    array = numbered(5, 8, 9)
    batch = read_batch(array)
    assert (batch.shape, batch.dtype) == ((5, 1, 8, 9), np.uint8)
    np.testing.assert_array_equal(batch[:, 0], array)


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_come_first_or_last(channels):
    first = numbered(5, channels, 8, 9)
    last = np.stack([first[:, channel] for channel in range(channels)], axis=3)
    np.testing.assert_array_equal(read_batch(first), first)
    np.testing.assert_array_equal(read_batch(last), first)
    assert read_batch(last).flags.c_contiguous


def test_a_pixel_by_hand():
    array = np.zeros((2, 6, 5, 3), np.uint8)
    array[1, 2, 3] = (10, 20, 30)  # the red, green and blue of the pixel in row 2, column 3
    assert read_batch(array)[1, :, 2, 3].tolist() == [10, 20, 30]


def test_rows_are_read_where_the_shape_is_known():
    array = numbered(5, 8, 9)
    np.testing.assert_array_equal(read_batch(array.reshape(5, 72), shape=(1, 8, 9))[:, 0], array)


@pytest.mark.parametrize(
    ("shape", "known", "as_first"),
    [
        ((3, 8, 8), (1, 8, 8), True),  # three grey images, not one in colour
        ((5, 3, 8, 3), (3, 8, 3), True),
        ((5, 3, 8, 3), (3, 3, 8), False),
        ((5, 1, 8, 3), (1, 8, 3), True),
        ((5, 1, 8, 3), (3, 1, 8), False),
    ],
)
def test_a_known_shape_decides(shape, known, as_first):
    array = numbered(*shape)
    expected = array.reshape(shape[0], *known) if as_first else np.moveaxis(array, 3, 1)
    np.testing.assert_array_equal(read_batch(array, shape=known), expected)


@pytest.mark.parametrize("shape", [(3, 8, 8), (4, 8, 8), (8, 8, 3), (8, 8, 1)])
def test_the_number_of_labels_decides(shape):
    with pytest.raises(DataError, match=r"Give X\[:, np.newaxis\] for the first, X\[np.newaxis\] for the second"):
        read_batch(numbered(*shape))
    np.testing.assert_array_equal(read_batch(numbered(*shape), count=shape[0])[:, 0], numbered(*shape))


def test_what_the_message_says_to_write_is_read_as_it_says():
    array = numbered(3, 8, 9)
    np.testing.assert_array_equal(read_batch(array[:, np.newaxis])[:, 0], array)
    np.testing.assert_array_equal(read_batch(array[np.newaxis]), array[None])
    doubtful = numbered(5, 3, 8, 3)
    np.testing.assert_array_equal(read_batch(doubtful.transpose(0, 2, 3, 1)), doubtful)
    np.testing.assert_array_equal(read_batch(doubtful.transpose(0, 3, 1, 2)), doubtful.transpose(0, 3, 1, 2))
    rows = numbered(5, 64)
    np.testing.assert_array_equal(read_batch(rows.reshape(-1, 8, 8)), rows.reshape(5, 1, 8, 8))


@pytest.mark.parametrize(
    ("shape", "known", "message"),
    [
        ((5, 64), None, r"X has the shape \(5, 64\): rows of 64 numbers.*give X.reshape\(-1, 8, 8\)"),
        ((5, 60), None, r"give X.reshape\(-1, height, width\)"),
        ((8, 8), (1, 8, 8), r"one image. Give a batch: X\[np.newaxis\]"),
        ((3, 8, 8), (3, 8, 8), r"one image. Give a batch: X\[np.newaxis\]"),
        ((8, 8, 3), (3, 8, 8), r"one image. Give a batch: X\[np.newaxis\]"),
        ((5, 192), (3, 8, 8), r"Give X.reshape\(-1, 8, 8, 3\) or X.reshape\(-1, 3, 8, 8\)"),
        ((5, 63), (1, 8, 8), r"\(5, 63\), but images of 1×8×8.*are needed. Give N×8×8, N×8×8×1, N×1×8×8 or N×64"),
        ((5, 9, 8), (1, 8, 8), r"\(5, 9, 8\), but images of 1×8×8"),
        ((5, 3, 8, 8), (1, 8, 8), r"\(5, 3, 8, 8\), but images of 1×8×8"),
        ((5, 8, 8, 1), (3, 8, 8), r"images of 3×8×8.*Give N×8×8×3 or N×3×8×8"),
        ((5, 3, 8, 3), None, r"may be N×C×H×W \(3×8×3\) or N×H×W×C \(3×3×8, channels first\). Give X.transpose"),
        ((5, 3, 3, 3), None, r"Give LabelledImages, which are always N×C×H×W"),
        ((5, 2, 8, 2), None, "neither the second nor the last axis has a number of channels"),
        ((5, 1, 2, 3, 4), None, r"\(5, 1, 2, 3, 4\)\. Give N×H×W, N×H×W×C or N×C×H×W"),
        ((5,), None, r"\(5,\)\. Give N×H×W"),
        ((), None, r"\(\)\. Give N×H×W"),
        ((0, 8, 8), None, "so it has no pixels"),
    ],
)
def test_shapes_that_cannot_be_read_are_explained(shape, known, message):
    with pytest.raises(DataError, match=message):
        read_batch(np.zeros(shape, np.uint8), shape=known)


def test_as_many_images_as_labels():
    with pytest.raises(DataError, match="which is 5 images, but there are 4 labels"):
        read_batch(numbered(5, 8, 8), count=4)


def test_transparency_is_filled_as_in_files():
    array = np.zeros((2, 8, 8, 4), np.uint8)
    array[0, :, :4] = (255, 0, 0, 255)  # the right half is see-through; red is dark, so white lies behind it
    array[1] = (9, 9, 9, 255)
    batch = read_batch(array)
    assert batch.shape == (2, 3, 8, 8)
    assert batch[0, :, 0, 0].tolist() == [255, 0, 0]
    assert batch[0, :, 0, 7].tolist() == [255, 255, 255]
    assert batch[1, :, 0, 0].tolist() == [9, 9, 9]
    np.testing.assert_array_equal(read_batch(array.transpose(0, 3, 1, 2), shape=(3, 8, 8)), batch)
    assert read_batch(array, shape=(1, 8, 8))[0, 0, 0].tolist() == [76] * 4 + [255] * 4


@pytest.mark.parametrize("shape", [(5, 4, 8, 9), (5, 8, 9, 4)])
@pytest.mark.parametrize("known", [None, (1, 8, 9), (3, 8, 9)])
def test_four_channels_become_as_many_as_are_known(shape, known):
    array = np.full(shape, 255, np.uint8)
    assert read_batch(array, shape=known).shape == (5, *(known or (3, 8, 9)))
    with pytest.raises(DataError, match="are needed"):
        read_batch(array, shape=(1, 9, 8))
    with pytest.raises(DataError, match=r"\(5, 4, 8, 4\), which may be N×C×H×W \(4×8×4\) or N×H×W×C \(4×4×8"):
        read_batch(np.zeros((5, 4, 8, 4), np.uint8))


def test_a_single_pixel_is_read_in_one_way():
    assert read_batch(np.array([7, 8], np.uint8).reshape(2, 1, 1, 1)).tolist() == [[[[7]]], [[[8]]]]
    assert read_batch(np.array([[7, 8]], np.uint8), shape=(2, 1, 1)).tolist() == [[[[7]], [[8]]]]


# Values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 255], np.uint8), [0, 255]),
        (np.array([0, 3], np.uint8), [0, 3]),  # bytes are bytes, however dark
        (np.array([False, True]), [0, 255]),
        (np.array([0, 65535, 257, 128, 129], np.uint16), [0, 255, 1, 0, 1]),
        (np.array([0, 256], np.uint16), [0, 1]),  # not all of it can be bytes
        (np.array([0, 0], np.uint16), [0, 0]),
        (np.array([0, 128], np.int64), [0, 128]),
        (np.array([0.0, 128.0]), [0, 128]),
        (np.array([0, 128, 255], np.int64), [0, 128, 255]),
        (np.array([0.0, 0.5, 1.0]), [0, 128, 255]),
        (np.array([0.0, 0.5, 1.0], np.float16), [0, 128, 255]),
        (np.array([0.0, 0.2]), [0, 51]),
        (np.array([0.0, 0.4, 127.5, 255.0]), [0, 0, 128, 255]),
        (np.array([0.0, 0.0]), [0, 0]),  # black on every scale
        (np.array([0, 0], np.int64), [0, 0]),
    ],
)
def test_values(values, expected):
    assert read_batch(values.reshape(-1, 1, 1, 1)).ravel().tolist() == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.0, 16.0], r"float64 from 0 to 16.*If 16 is white, give X / 16; if 255 is white, give X.astype\(np.uint8\)"),
        ([0.0, 1.5], "If 1.5 is white, give X / 1.5"),
        ([0.0, 127.9], "127.9, which is dark for 0 to 255"),
        (np.array([0, 16]), "int64 from 0 to 16.*If 16 is white, give X / 16"),
        (np.array([0, 1]), r"If 1 is white, give X.astype\(bool\); if 255 is white, give X.astype\(np.uint8\)"),
        (np.array([0, 255], np.uint16), r"16 bits.*X.astype\(np.uint8\).*\(X // 257\).astype\(np.uint8\)"),
        ([-0.5, 0.5], "float64 from -0.5 to 0.5.*before normalisation"),
        ([-1, 200], "int64 from -1 to 200"),
        ([0, 256], "int64 from 0 to 256"),
        ([0.0, 255.5], "float64 from 0 to 255.5"),
        ([0.0, np.nan], "NaN or infinite"),
        ([0.0, np.inf], "NaN or infinite"),
        ([0j, 1j], "X holds complex numbers"),
        (["a", "b"], "X holds strings, not numbers"),
    ],
)
def test_values_that_cannot_be_read_are_explained(values, message):
    with pytest.raises(DataError, match=message):
        read_batch(np.array(values).reshape(-1, 1, 1, 1))


def test_the_digits_of_scikit_learn_as_the_message_says():
    digits = np.asarray(load_digits(return_X_y=True)[0]).reshape(-1, 8, 8)
    with pytest.raises(DataError, match="If 16 is white, give X / 16"):
        read_batch(digits)
    batch = read_batch(digits / 16)
    assert batch.shape == (1797, 1, 8, 8)
    assert batch[0, 0, 0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]  # 0, 0, 5, 13, 9, 1, 0, 0 sixteenths of 255


def test_images_of_several_sizes_are_read_by_the_range_of_all():
    dark, light = np.array([[0.0, 0.4]]), np.array([[255.0], [100.0], [3.6]])
    assert [one.tolist() for one in join_to_bytes([dark, light], "X")] == [[[0, 0]], [[255], [100], [4]]]
    with pytest.raises(DataError, match="X has images of float64 and uint8, whose ranges differ"):
        join_to_bytes([dark, np.zeros((2, 2), np.uint8)], "X")
    with pytest.raises(DataError, match=r"X has no pixels\. Give at least one image\."):
        join_to_bytes([np.zeros((0, 2))], "X")
    assert read_batch(np.ma.masked_less(np.ones((2, 8, 8)), 0)).min() == 255  # nothing is masked


@given(st.lists(st.integers(0, 255), min_size=1, max_size=40))
def test_bytes_divided_by_255_come_back(values):
    expected = np.array(values, np.uint8).reshape(-1, 1, 1, 1)
    for dtype in (np.float16, np.float32, np.float64):
        np.testing.assert_array_equal(read_batch((expected / 255).astype(dtype)), expected)


# What holds the numbers


# Drawn from a seed: another draw may hold a number that float32 and float64 round to different bytes.
BRIGHTNESS = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    "tensor",
    [
        BRIGHTNESS.clone().requires_grad_(),
        BRIGHTNESS.to(torch.bfloat16),
        BRIGHTNESS[::2],
    ],
)
def test_tensors(tensor):
    expected = np.rint(np.array(tensor.detach().float().tolist()) * 255)
    np.testing.assert_array_equal(read_batch(tensor), expected)


def test_lists_of_arrays_tensors_and_pictures():
    array = numbered(5, 8, 9)
    as_pictures = [Image.fromarray(image) for image in array]
    for images in (list(array), tuple(array), [torch.from_numpy(one) for one in array], as_pictures, array.tolist()):
        np.testing.assert_array_equal(read_batch(images)[:, 0], array)
    column = np.empty(5, object)
    column[:] = list(array)
    np.testing.assert_array_equal(read_batch(column)[:, 0], array)
    np.testing.assert_array_equal(read_batch(list(array[:3]))[:, 0], array[:3])  # three images, not one in colour
    with pytest.raises(DataError, match="3 grey images of 8×9, or one image with 3 channels"):
        read_batch(array[:3].tolist())


def test_pictures_of_other_modes_are_read_as_files_are():
    palette = Image.new("RGB", (9, 8), (1, 2, 3)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert read_batch([palette])[0, :, 0, 0].tolist() == [1, 2, 3]
    deep = Image.fromarray(np.full((8, 9), 257 * 7, np.uint16))
    assert read_batch([deep, deep])[0, 0, 0, 0] == 7


class OnlyDlpack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class OnTheGpu:
    """As CuPy's arrays: no implicit way to NumPy, an explicit one."""

    shape = (5, 8, 9)

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def get(self):
        return numbered(5, 8, 9)


def test_other_libraries():
    np.testing.assert_array_equal(read_batch(OnlyDlpack(numbered(5, 8, 9)))[:, 0], numbered(5, 8, 9))
    np.testing.assert_array_equal(read_batch(OnTheGpu())[:, 0], numbered(5, 8, 9))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (None, "X is of the type NoneType, not images"),
        (3, "X is of the type int, not images"),
        ("digits", "X is of the type str, not images"),
        ({"a": 1}, "X is of the type dict, not images"),
        (object(), "X is of the type object, not images"),
        ([], "X is empty"),
        (["a.png"], r"X\[0\] is a file or its bytes"),
        ([b"\x89PNG"], r"X\[0\] is a file or its bytes"),
        ([None], r"X\[0\] is of the type NoneType"),
        ([[[1, 2], [3]]], "different lengths or are not numbers"),
        ([[[1, 2], [3, None]]], "X holds objects"),
        (
            [np.zeros((8, 8)), np.zeros((8, 9))],
            r"X\[0\] is \(8, 8\) and X\[1\] \(8, 9\). Resize them to one size first",
        ),
        ([np.zeros((8, 8), np.uint8), np.zeros((8, 8))], "images of float64 and uint8, whose ranges differ"),
        ([np.zeros((8, 8), bool), np.zeros((8, 8), np.uint8)], "images of bool and uint8"),
        (Image.new("L", (8, 8)), r"X is one image. Give a list of images, such as \[X\]"),
        (torch.eye(3).to_sparse(), "cannot become a NumPy array.*Give a dense tensor"),
        (np.ma.masked_less(np.zeros((2, 8, 8)), 1), r"masked values. Fill them, for example with X.filled\(0\)"),
    ],
)
def test_what_holds_no_images_is_explained(images, message):
    with pytest.raises(DataError, match=message):
        read_batch(images)


def test_the_name_is_the_callers():
    with pytest.raises(DataError, match="validation X is empty"):
        read_batch([], name="validation X")
    assert as_array(numbered(2, 3)).shape == (2, 3)


def test_ten_thousand_images_cost_next_to_nothing():
    bytes_, floats = numbered(10_000, 28, 28), np.random.default_rng(0).random((10_000, 8, 8))
    start = time.process_time()
    assert np.shares_memory(read_batch(bytes_), bytes_)  # not even a copy
    read_batch(floats)
    assert time.process_time() - start < 0.5
