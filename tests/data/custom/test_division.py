"""Which image trains, validates and tests: what is given stays, what is lacking is made, by hand-counted shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.data import ImportOptions
from convlens.data.custom.division import describe_division, divide, keep_copies_together
from convlens.data.parts import TEST, TRAIN, UNDECIDED, VALIDATION


def counts(divided: np.ndarray) -> list[int]:
    return np.bincount(divided, minlength=3).tolist()


def test_nothing_given() -> None:
    labels = np.repeat([0, 1], [100, 20])
    divided = divide(labels, np.full(120, UNDECIDED), None, ImportOptions())
    assert counts(divided) == [90, 12, 18]  # 10 % and 15 % of all 120
    assert counts(divided[labels == 1]) == [15, 2, 3]


@pytest.mark.parametrize(
    ("parts", "options", "expected"),
    [
        ([TRAIN] * 60 + [TEST] * 40, {}, [54, 6, 40]),  # 10 % of the 60 that train
        ([TRAIN] * 60 + [VALIDATION] * 40, {}, [51, 40, 9]),  # 15 % of 60
        ([TRAIN] * 60 + [VALIDATION] * 30 + [TEST] * 10, {}, [60, 30, 10]),
        ([UNDECIDED] * 60 + [TEST] * 40, {}, [54, 6, 40]),
        ([UNDECIDED] * 100, {"test_share": 0.0}, [90, 10, 0]),
        ([UNDECIDED] * 100, {"test_share": 0, "validation_share": 0}, [100, 0, 0]),
        ([UNDECIDED] * 100, {"test_share": 0.5, "validation_share": 0.25}, [25, 25, 50]),
    ],
)
def test_what_is_given_stays(parts: list[int], options: dict[str, float], expected: list[int]) -> None:
    told = np.array(parts, np.int8)
    divided = divide(np.zeros(100, np.int64), told, None, ImportOptions(**options))  # pyright: ignore
    assert counts(divided) == expected
    assert (divided[told > 0] == told[told > 0]).all()


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([-1, 0, 1, 2]), st.integers(0, 9)), min_size=1, max_size=60),
    st.booleans(),
    st.integers(0, 99),
)
def test_every_division(rows: list[tuple[int, int, int]], grouped: bool, seed: int) -> None:
    labels, parts, groups = (np.array(column) for column in zip(*rows, strict=True))
    divided = divide(labels, parts, groups if grouped else None, ImportOptions(split_seed=seed))
    assert (divided[parts > 0] == parts[parts > 0]).all()
    pool = parts <= 0
    assert set(labels[divided == TRAIN]) == set(labels[pool])  # every class that could train does
    if grouped:
        for group in set(groups[pool]):
            assert len(set(divided[pool & (groups == group)])) == 1
    again = divide(labels, parts, groups if grouped else None, ImportOptions(split_seed=seed))
    assert np.array_equal(divided, again)


def test_words() -> None:
    labels, parts = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 2, 0, 2, 0], np.int8)
    divided = np.array([0, 1, 2, 0, 2, 0], np.int8)
    notes = describe_division(divided, parts, labels, None, ("ant", "bee", "cat"), ImportOptions(split_seed=4))
    assert notes == [
        "3 to train, 1 to validate, 2 to test (train and test as given; validation drawn class by class, seed 4)",
        "too few images to set any aside, so these classes are not evaluated: cat",
    ]


def test_copies_stay_in_one_part_and_train_if_one_of_them_does():
    #                  a    a    b    c    c    a
    hashes = np.array([b"a", b"a", b"b", b"c", b"c", b"a"])
    labels = np.array([0, 0, 0, 1, 1, 1])
    divided = np.array([2, 0, 1, 2, 1, 2], np.int8)
    found, moved = keep_copies_together(divided, np.full(6, -1, np.int8), labels, hashes)
    # The last one is a copy in another class: that is a finding for the check, not something to hide.
    assert found.tolist() == [0, 0, 1, 1, 1, 2]
    assert moved == 2


def test_copies_stay_where_the_source_has_put_them():
    given = np.array([2, 0], np.int8)
    found, moved = keep_copies_together(given, given, np.array([0, 0]), np.array([b"a", b"a"]))
    assert (found.tolist(), moved) == ([2, 0], 0)
