"""Labels of every kind: their classes, their order, and what is no label."""

import datetime
import enum
from collections.abc import Iterator

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convlens.data.intake.labels import number_labels, read_labels
from convlens.errors import DataError


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@pytest.mark.parametrize(
    ("values", "names", "numbers"),
    [
        ([10, 9, 10], ("9", "10"), [1, 0, 1]),
        ([-1, 1, -1], ("-1", "1"), [0, 1, 0]),
        (np.array([5, 3, 5], np.uint8), ("3", "5"), [1, 0, 1]),
        (np.array([5.0, 3.0, 5.0]), ("3", "5"), [1, 0, 1]),
        ([5.0, np.int64(3), 5], ("3", "5"), [1, 0, 1]),
        (["b10", "b9", "a"], ("a", "b9", "b10"), [2, 1, 0]),
        (np.array(["dog", "cat", "dog"]), ("cat", "dog"), [1, 0, 1]),
        (np.array(["dog", "cat", "dog"], object), ("cat", "dog"), [1, 0, 1]),
        ([b"dog", b"cat"], ("cat", "dog"), [1, 0]),
        ([True, False], ("False", "True"), [1, 0]),
        (np.array([True, False]), ("False", "True"), [1, 0]),
        (torch.tensor([7, 2, 7]), ("2", "7"), [1, 0, 1]),
        ([torch.tensor(7), torch.tensor(2)], ("2", "7"), [1, 0]),
        (pd.Series(["dog", "cat"], index=[5, 6]), ("cat", "dog"), [1, 0]),
        (pd.Series(["dog", "cat"]).astype("category"), ("cat", "dog"), [1, 0]),
        (pd.Series([7, 2], dtype="Int64"), ("2", "7"), [1, 0]),
        (pl.Series(["dog", "cat"]), ("cat", "dog"), [1, 0]),
        (pl.Series([7, 2]), ("2", "7"), [1, 0]),
        (np.array([[7], [2]]), ("2", "7"), [1, 0]),
        ([["dog"], ["cat"]], ("cat", "dog"), [1, 0]),
        ([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], ("0", "2"), [1, 0]),
        (np.eye(3, dtype=np.float32)[[2, 0]], ("0", "2"), [1, 0]),
        (torch.nn.functional.one_hot(torch.tensor([2, 0])), ("0", "2"), [1, 0]),
        ([Colour.RED, Colour.BLUE], ("Colour.BLUE", "Colour.RED"), [1, 0]),
        ([("a", 2), ("a", 1)], ("('a', 1)", "('a', 2)"), [1, 0]),
        ([datetime.date(2026, 1, 2), datetime.date(2026, 1, 1)], ("2026-01-01", "2026-01-02"), [1, 0]),
    ],
)
def test_classes_are_in_order(values, names, numbers):
    labels = read_labels(values)
    assert labels.class_names == names
    assert labels.numbers.tolist() == numbers
    assert labels.numbers.dtype == np.int64


class Column:
    """A column of another library, which can only be counted through."""

    def __init__(self, *values: object) -> None:
        self.values = values

    def __iter__(self) -> Iterator[object]:
        for value in self.values:
            if value is Ellipsis:
                raise OSError("the disk is gone")
            yield value


def test_columns_of_other_libraries():
    labels = read_labels(Column("dog", "cat", "dog"))
    assert (labels.class_names, labels.numbers.tolist()) == (("cat", "dog"), [1, 0, 1])
    rows = np.empty(2, object)
    rows[:] = [np.array([0, 0, 1]), np.array([1, 0, 0])]
    assert read_labels(rows).numbers.tolist() == [1, 0]
    with pytest.raises(DataError, match=r"y \(Column\) cannot be read: the disk is gone\. Give a list of labels\."):
        read_labels(Column("dog", Ellipsis))


def test_names_that_came_with_the_data_keep_their_order():
    labels = read_labels([2, 0, 2], class_names=("zebra", "cat", "ant"))
    assert (labels.class_names, labels.numbers.tolist()) == (("zebra", "ant"), [1, 0, 1])
    with pytest.raises(DataError, match=r"y has the label -1, but the data have 2 class names, 0 to 1"):
        read_labels([0, -1], class_names=("cat", "dog"))


@given(
    st.lists(st.integers(-50, 50) | st.booleans(), min_size=1, max_size=30).filter(lambda v: len({*map(type, v)}) == 1)
)
def test_lists_and_arrays_are_read_alike(values):
    listed, array = read_labels(values), read_labels(np.array(values))
    assert listed.class_names == array.class_names == tuple(str(one) for one in sorted(set(values)))
    assert [listed.class_names[number] for number in listed.numbers] == [str(value) for value in values]
    np.testing.assert_array_equal(listed.numbers, array.numbers)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (None, "y is missing. Give one label for each image"),
        ("cat", "y is 'cat'. Give one label for each image"),
        (3, "y is 3. Give one"),
        ([], "y is empty"),
        ([1, None], r"y\[1\] is None, not a label"),
        (["a", float("nan")], r"y\[1\] is nan, not a label"),
        (np.array([1, np.nan]), r"y\[1\] is nan, not a label"),
        (pd.Series([1, None], dtype="Int64"), r"y\[1\] is (<NA>|nan), not a label"),
        (pd.Series(["a", None]), r"y\[1\] is (nan|None), not a label"),
        (pl.Series(["a", None]), r"y\[1\] is None, not a label"),
        ([1, "a"], r"y mixes integers \(1\) and strings \('a'\). Give all labels in one type.*str\(label\)"),
        ([1, True], "y mixes integers"),
        ([0.5, 1.0], "y has 0.5, which is not a class. Convlens only classifies"),
        (np.array([1.0, 0.5]), r"y\[1\] is 0.5, which is not a class. Convlens only classifies"),
        ([{"a": 1}], r"y\[0\] is of the type dict, which is not a label"),
        ([set()], r"y\[0\] is of the type set, which is not a label"),
        (np.zeros((5, 8, 8)), r"y has the shape \(5, 8, 8\).*Did you swap images and labels\? Images come first"),
        ([[0.5, 0.5], [0.0, 1.0]], r"y\[0\] is \[0.5, 0.5\], which is not one-hot"),
        ([[1, 0, 1], [0, 0, 1]], r"y\[0\] is \[1, 0, 1\], which is not one-hot"),
        ([[0, 0, 0], [0, 0, 1]], r"y\[0\] is \[0, 0, 0\], which is not one-hot"),
        ([[2, 0], [0, 1]], r"y\[0\] is \[2, 0\], which is not one-hot"),
        ([["a", "b"]], r"y has the shape \(1, 2\). Give one label for each image"),
        ([["a", "b"], ["a"]], "rows of different lengths"),
        (["", "a"], "y has an empty label, or different labels that are both ''"),
        (object(), "y is of the type object"),
    ],
)
def test_what_is_no_label_is_explained(values, message):
    with pytest.raises(DataError, match=message):
        read_labels(values)


def test_labels_are_found_in_other_classes_by_name():
    names = ("ant", "bee", "cat")
    assert number_labels(read_labels(["cat", "ant"]), names, "y", "the model").tolist() == [2, 0]
    assert number_labels(read_labels([2, 0]), ("0", "1", "2"), "y", "the model").tolist() == [2, 0]
    assert number_labels(read_labels([7, 5]), ("7", "5"), "y", "the model", by_number=True).tolist() == [0, 1]
    assert number_labels(read_labels([2, 0]), names, "y", "the model", by_number=True).tolist() == [2, 0]
    assert number_labels(read_labels([True, False]), names, "y", "the model", by_number=True).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("values", "names", "by_number", "message"),
    [
        (["dog", "cat", "dog"], ("cat", "ant"), False, r"y has a label that is not a class of m: 'dog' \(2 images\)"),
        ([1, 0], ("cat", "ant"), False, "not classes of m: '0', '1'"),
        ([2, 0], ("cat", "ant"), True, r"'2' \(1 image\). The classes are cat, ant"),
        ([0, 1], ("1", "2"), True, "not a class of m: '0'"),  # these are names, and not numbers of names
        (["0", "1"], ("cat", "ant"), True, "not classes of m: '0', '1'"),
    ],
)
def test_unknown_labels_are_named(values, names, by_number, message):
    with pytest.raises(DataError, match=message):
        number_labels(read_labels(values), names, "y", "m", by_number)
