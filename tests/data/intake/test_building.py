"""Labelled data of any form to a `Dataset`: classes united by name, every part at one size."""

import numpy as np
import pytest
from PIL import Image

from convlens.data import Dataset, ImportOptions, LabelledImages
from convlens.data.intake import is_share, read_dataset
from convlens.errors import DataError, UsageError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (6, 8, 8), np.uint8)
WORDS = ["dog", "ant", "cat", "dog", "ant", "cat"]


def test_classes_are_united_by_name():
    dataset = read_dataset(IMAGES, WORDS, validation=(IMAGES[:2], ["cat", "cat"]), test=(IMAGES[:2], ["dog", "ant"]))
    assert dataset.validation is not None
    assert dataset.test is not None
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part.class_names == ("ant", "cat", "dog")
    assert dataset.train.labels.tolist() == [2, 0, 1, 2, 0, 1]
    assert dataset.validation.labels.tolist() == [1, 1]
    assert dataset.test.labels.tolist() == [2, 0]
    assert [part.name for part in (dataset.train, dataset.validation, dataset.test)] == [
        "arrays",
        "arrays validation",
        "arrays test",
    ]
    assert (dataset.preprocessing_rules, dataset.source, dataset.notes) == ("auto", None, ())


def test_other_parts_get_the_size_of_the_training_images():
    big = [Image.new("RGB", (40, 30), (255, 0, 0)), Image.new("RGB", (30, 30), (255, 0, 0))]
    dataset = read_dataset(IMAGES, WORDS, test=(big, ["cat", "dog"]))
    assert dataset.test is not None
    assert dataset.test.images.shape == (2, 1, 8, 8)
    assert (dataset.test.images == 76).all()
    sized = read_dataset(IMAGES, WORDS, test=(IMAGES, WORDS), options=ImportOptions(size=16))
    assert sized.train.image_shape == (1, 16, 16)


def test_parts_are_added_to_what_is_read_already():
    pets = LabelledImages(IMAGES[:, None], np.array([0, 1, 0, 1, 0, 1]), ("cat", "dog"), "pets")
    other_order = LabelledImages(IMAGES[:2, None], np.array([0, 1]), ("dog", "cat"), "more pets")
    dataset = read_dataset(pets, validation=other_order, test=(IMAGES[:2], [1, 0]))
    assert dataset.validation is not None
    assert dataset.test is not None
    assert dataset.validation.labels.tolist() == [1, 0]
    assert dataset.test.labels.tolist() == [1, 0]  # these had numbers for labels, so numbers they may be
    assert dataset.train is pets
    assert dataset.test.name == "pets test"
    assert read_dataset(dataset) is dataset


def test_dark_bytes_are_noted():
    notes = read_dataset(IMAGES // 16, WORDS).notes
    assert notes == (f"dark images: the brightest pixel is {IMAGES.max() // 16} of 255",)


def test_shares_are_no_images():
    assert [is_share(value) for value in (0.1, 1, True, np.float32(0.1), np.int64(1))] == [True] * 5
    assert [is_share(value) for value in (None, (1, 2), "x", np.zeros(3), [1])] == [False] * 5


PETS = LabelledImages(IMAGES[:, None], np.array([0, 1, 0, 1, 0, 1]), ("cat", "dog"), "pets")
WHOLE = Dataset("pets", PETS, PETS, "auto", validation=PETS)


@pytest.mark.parametrize(
    ("arguments", "named", "error", "message"),
    [
        ((IMAGES, ["a"] * 6), {}, DataError, "y has only one class, a; a classifier needs two"),
        ((IMAGES, WORDS[:5]), {}, DataError, "which is 6 images, but there are 5 labels"),
        ((PETS, WORDS), {}, UsageError, "pets already has labels. Leave out the argument labels"),
        ((PETS,), {"options": ImportOptions()}, UsageError, "the images of pets are already read. Leave out"),
        ((WHOLE,), {"test": (IMAGES, WORDS)}, UsageError, "the data already contain test images"),
        ((WHOLE,), {"validation": (IMAGES, WORDS)}, UsageError, "validation= was given, but the data already"),
        (({"train": (IMAGES, WORDS), "test": (IMAGES, WORDS)},), {"test": PETS}, UsageError, "test= was given"),
        ((IMAGES, WORDS), {"test": (IMAGES[:1], ["owl"])}, DataError,
         r"y_test has a label that is not a class of the training data: 'owl' \(1 image\). The classes are ant, cat"),
        ((IMAGES, WORDS), {"test": (IMAGES[:1], [0])}, DataError, "y_test has a label that is not a class of the"),
        ((IMAGES, WORDS), {"test": (IMAGES[:, :7], WORDS)}, DataError, r"shape \(6, 7, 8\), but images of"),
        ((IMAGES, WORDS), {"validation": IMAGES}, DataError, r"without labels. Give both: validation=\(X, y\)"),
        ((IMAGES, WORDS), {"validation": 0.1}, UsageError, "validation is 0.1; give a share of the training images or"),
        ((IMAGES, WORDS), {"test": 0.1}, UsageError, r"test is 0.1; give labelled images, such as test=\(X, y\)"),
        ((IMAGES, WORDS), {"test": "mnist"}, UsageError, "test is 'mnist'; give labelled images"),
        ((IMAGES, WORDS), {"test": WHOLE}, UsageError, "test is a Dataset.*such as its .test"),
        ((IMAGES, WORDS), {"test": {"train": PETS, "test": PETS}}, DataError, "of the type LabelledImages"),
        ((IMAGES, WORDS), {"options": ImportOptions(test_share=0.2)}, DataError, "test_share=0.2 only applies to"),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_are_explained(arguments, named, error, message):
    with pytest.raises(error, match=message):
        read_dataset(*arguments, **named)
