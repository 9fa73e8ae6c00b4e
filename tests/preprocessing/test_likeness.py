"""Whether images look like the training images, many at a time."""

import numpy as np
import pytest

from convlens.preprocessing import Preprocessing, fit_preprocessing
from convlens.preprocessing.likeness import find_inverted, find_unlike, find_unlike_of_many
from convlens.preprocessing.settings import Rules


def test_images_are_compared_many_at_a_time_as_one_at_a_time():
    images = np.zeros((1030, 1, 28, 28), np.uint8)
    images[:, :, 4:24, 12:16] = 255
    preprocessing = fit_preprocessing(images[:60], "digit")
    odd = [0, 511, 512, 513, 1023, 1024, 1029]
    images[odd] = 0
    found = find_unlike_of_many(images, preprocessing)
    assert [place for place, reasons in enumerate(found) if reasons] == odd
    assert found[512] == find_unlike(images[512, 0], preprocessing) == ("there is nothing on it",)


@pytest.mark.parametrize(("colour", "unlike"), [((0, 255, 0), ()), ((0, 0, 0), ("there is nothing on it",))])
def test_colours_are_compared_by_their_mean(colour, unlike):
    images = np.zeros((60, 3, 28, 28), np.uint8)
    images[:, :, 4:24, 12:16] = 255
    picture = np.zeros((28, 28, 3), np.uint8)
    picture[4:24, 12:16] = colour
    assert find_unlike(picture, fit_preprocessing(images, "letterbox")) == unlike


def test_polarity_is_that_of_the_training_images_or_not():
    light = np.zeros((1, 1, 28, 28), np.uint8)
    light[:, :, 4:24, 12:16] = 255
    images = np.concatenate([light, 255 - light])
    cases: list[tuple[Rules, bool | None, list[bool]]] = [
        ("digit", True, [False, True]),
        ("glyph", False, [True, False]),
        ("glyph", None, [False, False]),
        ("letterbox", True, [False, False]),
        ("garment", True, [False, False]),
    ]
    for rules, wanted, inverted in cases:
        assert find_inverted(images, Preprocessing((1, 28, 28), rules, wanted)).tolist() == inverted
