import numpy as np
import pytest

from convlens.data.checkup.fingerprints import take_fingerprints
from convlens.data.checkup.outliers import find_outliers


def search(images, labels):
    return find_outliers(take_fingerprints(images), labels, np.arange(len(images)))


def test_clean_digits_have_hardly_any(digits_24x24):
    assert len(search(*digits_24x24)) <= 7  # half a percent of 1,500


@pytest.mark.parametrize("what", ["noise", "inverted", "an even grey", "a photo"])
def test_foreign_images_are_found_and_come_first(digits_24x24, what):
    images, labels = digits_24x24
    random = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(24), np.arange(24))[None, None] * 4
    foreign = {
        "noise": random.integers(0, 256, (10, 1, 24, 24)),
        "inverted": 255 - images[:10],
        "an even grey": np.full((10, 1, 24, 24), 128) + random.integers(0, 12, (10, 1, 24, 24)),
        "a photo": np.clip(ramp + 30 + random.normal(0, 12, (10, 1, 24, 24)), 0, 255),
    }[what]
    found = search(np.concatenate([images, foreign.astype(np.uint8)]), np.concatenate([labels, np.arange(10)]))
    assert {outlier.place for outlier in found[:10]} == set(range(1500, 1510))


def test_the_reason_is_told():
    random = np.random.default_rng(0)
    images = random.integers(0, 30, (60, 1, 16, 16)).astype(np.uint8)
    images[:, :, 5:11, 5:11] += 120
    images[7] = 255 - images[7]
    images[9] = random.permutation(images[9].ravel()).reshape(1, 16, 16)  # as bright and as contrasting as before
    found = search(images, np.zeros(60, np.int64))
    assert [(outlier.place, outlier.reason) for outlier in found] == [(7, "brighter"), (9, "rougher")]
    assert all(outlier.score > 1 for outlier in found)


def test_a_class_of_two_looks_has_no_outliers():
    """Black and white squares, half each: the average resembles neither, the neighbours do."""
    random = np.random.default_rng(0)
    images = random.integers(0, 12, (100, 1, 16, 16)).astype(np.uint8)
    images[::2] += 200
    assert search(images, np.zeros(100, np.int64)) == []


def test_small_classes_are_left_alone():
    images = np.zeros((19, 1, 16, 16), np.uint8)
    images[3] = 255
    assert search(images, np.zeros(19, np.int64)) == []
    more = np.concatenate([images, np.zeros((1, 1, 16, 16), np.uint8)])
    assert [outlier.place for outlier in search(more, np.zeros(20, np.int64))] == [3]


def test_only_chosen_places_count():
    images = np.zeros((40, 1, 16, 16), np.uint8)
    images[3] = 255
    prints = take_fingerprints(images)
    assert find_outliers(prints, np.zeros(40, np.int64), np.arange(4, 40)) == []
    assert find_outliers(prints, np.zeros(40, np.int64), np.zeros(0, np.int64)) == []
