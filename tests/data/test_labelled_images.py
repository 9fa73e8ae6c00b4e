"""LabelledImages and Dataset: what they refuse, and that what they hold is what was given."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError, UsageError


def make(count: int = 4, classes: int = 3, name: str = "pets") -> LabelledImages:
    images = np.arange(count * 6, dtype=np.uint8).reshape(count, 1, 2, 3)
    return LabelledImages(images, np.arange(count) % classes, tuple("abcdefgh"[:classes]), name)


def test_shape_length_and_text() -> None:
    pets = make()
    assert (len(pets), pets.image_shape) == (4, (1, 2, 3))
    assert repr(pets) == "LabelledImages('pets', 4 images of 1×2×3, 3 classes)"


def test_any_whole_number_labels_and_any_memory_order_are_taken() -> None:
    images = np.asfortranarray(np.arange(24, dtype=np.uint8).reshape(4, 1, 2, 3))
    pets = LabelledImages(images, np.array([2, 0, 1, 0], np.uint8), ("a", "b", "c"), "pets")
    assert pets.labels.dtype == np.int64
    assert pets.images.flags.c_contiguous
    assert np.array_equal(pets.images, images)


def test_subset_has_the_chosen_images_in_the_chosen_order() -> None:
    chosen = make().subset([3, 0])
    assert chosen.images[:, 0].tolist() == [[[18, 19, 20], [21, 22, 23]], [[0, 1, 2], [3, 4, 5]]]
    assert chosen.labels.tolist() == [0, 0]
    assert chosen.class_names == ("a", "b", "c")


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_subset_agrees_with_picking_one_by_one(indices: list[int]) -> None:
    pets, chosen = make(), make().subset(indices)
    for place, index in enumerate(indices):
        assert np.array_equal(chosen.images[place], pets.images[index])
        assert chosen.labels[place] == pets.labels[index]


def test_subset_is_a_copy() -> None:
    pets = make()
    pets.subset([0, 1]).images[:] = 9
    assert pets.images[0, 0, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([0, 4], r"pets has no image 4: it has 4, numbered from 0 to 3"),
        ([-1], r"pets has no image -1"),
        ([0.5], r"float64 indices of shape \(1,\): give a list of whole numbers from 0 to 3"),
        ([True, False, True, False], r"bool indices"),
        ([[0, 1]], r"int64 indices of shape \(1, 2\)"),
        ([], r"there are no pixels in images of the shape \(0, 1, 2, 3\). Give at least one image"),
    ],
)
def test_bad_subset(indices: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make().subset(indices)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 1, 2, 2), np.float32), np.zeros(2, int), r"pets: the images are float32, not a uint8 array"),
        ([[1]], np.zeros(1, int), r"the images are list, not a uint8 array"),
        (np.zeros((2, 2, 2), np.uint8), np.zeros(2, int), r"shape \(2, 2, 2\), not N×C×H×W.*images\[:, np.newaxis\]"),
        (np.zeros((0, 1, 2, 2), np.uint8), np.zeros(0, int), r"no pixels in images of the shape \(0, 1, 2, 2\)"),
        (np.zeros((2, 1, 2, 2), np.uint8), np.zeros(2), r"the labels are float64, not an array of whole numbers"),
        (np.zeros((2, 1, 2, 2), np.uint8), ["a", "b"], r"the labels are <U1, not an array of whole numbers"),
        (np.zeros((2, 8, 8, 3), np.uint8), np.zeros(2, int), r"looks like N×H×W×C.*images\.transpose\(0, 3, 1, 2\)"),
        (np.zeros((2, 1, 2, 2), np.uint8), np.zeros(3, int), r"2 images came with labels of the shape \(3,\)"),
        (np.zeros((2, 1, 2, 2), np.uint8), np.array([0, 2]), r"label 2 has no class name; 2 names allow .* 0 to 1"),
        (np.zeros((2, 1, 2, 2), np.uint8), np.array([-1, 0]), r"label -1 has no class name"),
    ],
)
def test_bad_arrays(images: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        LabelledImages(images, labels, ("cat", "dog"), "pets")


def test_dataset_parts_must_fit_each_other() -> None:
    other = LabelledImages(np.zeros((1, 1, 5, 5), np.uint8), np.array([0]), ("a", "b", "c"), "big")
    with pytest.raises(DataError, match=r"training images are \(1, 2, 3\) and test images \(1, 5, 5\)"):
        Dataset("pets", make(), other, "letterbox")
    with pytest.raises(DataError, match=r"the classes a, b, c and test images a, b; both must be the same"):
        Dataset("pets", make(), make(classes=2), "letterbox")


def test_validation_images_must_fit_too_and_notes_are_kept() -> None:
    with pytest.raises(DataError, match=r"the classes a, b, c and validation images a, b; both must be the same"):
        Dataset("pets", make(), None, "auto", validation=make(classes=2))
    dataset = Dataset("pets", make(), None, "auto", make(), ["one", "two"])  # pyright: ignore[reportArgumentType]
    assert dataset.notes == ("one", "two")
    assert dataset.validation is not None
    assert Dataset("pets", make(), make(), "letterbox").validation is None


def test_images_mapped_into_memory_are_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "images.bin"
    path.write_bytes(bytes(range(24)))
    mapped = np.memmap(path, np.uint8, "r", shape=(4, 1, 2, 3))
    pets = LabelledImages(mapped[1:3], np.array([0, 1]), ("a", "b"))
    assert np.shares_memory(pets.images, mapped)
    assert pets.images.ravel().tolist() == list(range(6, 18))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "there are no class names"),
        ((0, 1), r"class name 0 is a int, not a string\. Give '0' instead\."),
        (("a", "b", "a"), r"class name 'a' occurs twice\. Give each class a different name\."),
        (("\ud800",), r"class name '\\ud800' is not valid Unicode text\. Rename it\."),
    ],
)
def test_class_names_are_distinct_texts(names, message):
    with pytest.raises(UsageError, match=message):
        LabelledImages(np.zeros((1, 1, 2, 2), np.uint8), np.zeros(1, np.int64), names, "pets")


def test_a_list_of_labels_will_do_and_a_name_need_not_be_given():
    pets = LabelledImages(np.zeros((2, 1, 2, 2), np.uint8), [1, 0], ("cat", "dog"))
    assert (pets.labels.tolist(), pets.labels.dtype, pets.name) == ([1, 0], np.int64, "images")


def test_a_notebook_shows_the_pixels_of_colour_images():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), np.uint8)
    html = LabelledImages(images, np.array([0, 1]), ("cat", "dog"), "pets")._repr_html_()
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) for png in re.findall(r"base64,([^\"']+)", html)]
    np.testing.assert_array_equal(np.stack(shown), images.transpose(0, 2, 3, 1))
