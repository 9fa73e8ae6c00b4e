"""Labels as people write them: names, the numbers that names were made from, class numbers."""

import numpy as np
import pytest
import torch

from convlens.errors import UsageError
from convlens.prediction import number_labels

PETS = ("cat", "dog", "fish")


@pytest.mark.parametrize(
    ("labels", "class_names", "expected"),
    [
        (["fish", "cat"], PETS, [2, 0]),
        (np.array(["dog", "dog"]), PETS, [1, 1]),
        (np.array(["dog", "fish"], object), PETS, [1, 2]),
        ([2, 0], PETS, [2, 0]),
        (torch.tensor([1, 2]), PETS, [1, 2]),
        ([7, 3], ("3", "7"), [1, 0]),
        (np.array([7.0, 3.0]), ("3", "7"), [1, 0]),
        (["7", "3"], ("3", "7"), [1, 0]),
        ([True, False], ("False", "True"), [1, 0]),
        ([1, 2], ("1", "2", "0"), [0, 1]),
        ([-1, 1], ("-1", "1"), [0, 1]),
    ],
)
def test_labels_become_class_numbers(labels, class_names, expected):
    found = number_labels(labels, class_names, 2)
    assert found.tolist() == expected
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["cat"], r"y has the shape \(1,\) and there are 2 images\. Give one label for each image\."),
        ([[1, 0], [0, 1]], r"y has the shape \(2, 2\) and there are 2 images"),
        (["cat", "cow"], r"labels that are no class of this model: cow\. It knows the classes cat, dog, fish\."),
        ([0, 3], r"no class of this model: 3\."),
        ([0.5, 1], r"no class of this model: 0\.5"),
        (None, "y is None"),
        ("cat", "y is 'cat'"),
        ({"cat": 1}, "y is {'cat': 1}"),
        ([[1], [1, 2]], "y is no list of labels"),
        ([None, "cat"], "no class of this model: None"),
    ],
)
def test_what_are_no_labels_is_refused(labels, message):
    with pytest.raises(UsageError, match=message):
        number_labels(labels, PETS, 2)


def test_whole_numbers_are_names_where_names_are_whole_numbers():
    # Class numbers from 0 would be another reading of [1, 2]; whether it is taken must not depend on the labels.
    with pytest.raises(UsageError, match="no class of this model: 0"):
        number_labels([0, 1], ("1", "2", "3"), 2)
