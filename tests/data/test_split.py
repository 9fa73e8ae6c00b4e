"""The stratified split: shares by hand, and what holds for every split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from convlens.data import split_grouped, split_stratified
from convlens.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("labels", "groups", "held_out"),
    [
        # The third pass puts back the last group that two passes held out, images 10 and 12.
        ([0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1], [3, 3, 1, 0, 1, 0, 0, 0, 1, 3, 2, 0, 2], [2, 4, 8]),
        # A fourth pass would hold out 8, 9, 18, 19 and 21.
        (
            [1, 2, 2, 2, 2, 0, 0, 2, 1, 0, 2, 0, 1, 1, 1, 0, 1, 1, 2, 1, 1, 0, 0],
            [1, 6, 6, 0, 6, 0, 1, 2, 5, 5, 6, 3, 6, 0, 3, 2, 2, 0, 5, 5, 6, 5, 3],
            [7, 8, 9, 15, 16, 18, 19, 21],
        ),
    ],
)
def test_groups_are_visited_three_times(labels: list[int], groups: list[int], held_out: list[int]) -> None:
    _, found = split_grouped(np.array(labels), np.array(groups), 0.25, seed=0)
    assert found.tolist() == held_out


def test_each_class_gives_its_share() -> None:
    labels = np.array([0] * 10 + [1] * 20 + [2] * 30)
    kept, held_out = split_stratified(labels, 0.1, seed=3)
    assert np.bincount(labels[held_out]).tolist() == [1, 2, 3]
    assert np.bincount(labels[kept]).tolist() == [9, 18, 27]


def test_one_more_is_taken_where_most_was_rounded_off() -> None:
    labels = np.array([0] * 13 + [1] * 17)  # a tenth is 1.3 and 1.7: together 3, so 1 and 2
    _, held_out = split_stratified(labels, 0.1, seed=0)
    assert np.bincount(labels[held_out]).tolist() == [1, 2]


def test_small_classes_are_on_both_sides_and_a_single_image_is_kept() -> None:
    labels = np.array([7, 0, 0, 9, 9] + [4] * 50)
    kept, held_out = split_stratified(labels, 0.02, seed=1)
    assert sorted(set(labels[held_out].tolist())) == [0, 4, 9]
    assert set(labels[kept].tolist()) == {0, 4, 7, 9}


@given(
    st.lists(st.integers(0, 5), min_size=12, max_size=80),
    st.floats(0.01, 0.99),
    st.integers(0, 2**32),
    st.integers(-9, 9),
)
def test_every_split(labels: list[int], fraction: float, seed: int, offset: int) -> None:
    array = np.array(labels) + offset
    kept, held_out = split_stratified(array, fraction, seed)
    assert sorted([*kept.tolist(), *held_out.tolist()]) == list(range(len(labels)))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held_out) > 0).all()
    for label in set(array.tolist()):
        count, taken = int((array == label).sum()), int((array[held_out] == label).sum())
        assert abs(taken - fraction * count) < 1 or taken in (1, count - 1)
        assert count == 1 or 0 < taken < count
    again = split_stratified(array, fraction, seed)
    assert np.array_equal(kept, again[0])


def test_counts_agree_with_scikit_learn() -> None:
    labels = np.random.default_rng(5).integers(0, 10, 1000)
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=0.2, random_state=0)
    _, theirs = next(splitter.split(np.zeros((1000, 1)), labels))
    _, ours = split_stratified(labels, 0.2, seed=0)
    assert len(ours) == len(theirs) == 200
    assert np.abs(np.bincount(labels[ours]) - np.bincount(labels[theirs])).max() <= 1


def test_seeds_differ_and_images_of_a_class_are_equally_likely() -> None:
    labels = np.zeros(10, int)
    taken = sum(np.bincount(split_stratified(labels, 0.3, seed)[1], minlength=10) for seed in range(300))
    assert np.asarray(taken).min() > 60  # 90 expected each, standard deviation 8
    assert np.asarray(taken).max() < 120


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_impossible_fraction(fraction: float) -> None:
    with pytest.raises(UsageError, match=rf"a split with the fraction {fraction} is not possible.*between 0 and 1"):
        split_stratified(np.array([0, 0, 1, 1]), fraction, 0)


def test_labels_that_cannot_be_split() -> None:
    with pytest.raises(DataError, match=r"3 labels of 3 classes cannot be split: no class has two images"):
        split_stratified(np.array([0, 1, 2]), 0.5, 0)
    with pytest.raises(DataError, match=r"labels of type float64 and shape \(2,\) cannot be split"):
        split_stratified(np.array([0.0, 1.0]), 0.5, 0)


def test_groups_are_kept_together_and_shares_are_met() -> None:
    labels = np.repeat([0, 1], 100)
    groups = np.arange(200) // 5  # 20 groups of 5 in each class
    kept, held_out = split_grouped(labels, groups, 0.2, seed=4)
    assert np.bincount(labels[held_out]).tolist() == [20, 20]
    assert not set(groups[kept]) & set(groups[held_out])


def test_a_class_in_one_group_is_kept_and_one_in_two_is_divided() -> None:
    labels = np.array([0] * 6 + [1] * 6 + [2] * 40)
    groups = np.array([0] * 6 + [1] * 3 + [2] * 3 + list(range(3, 43)))
    for seed in range(20):
        kept, held_out = split_grouped(labels, groups, 0.1, seed)
        assert np.bincount(labels[held_out], minlength=3).tolist() == [0, 3, 4]
        assert len(kept) + len(held_out) == 52


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=60),
    st.floats(0.05, 0.6),
    st.integers(0, 2**32),
)
def test_every_grouped_split(rows: list[tuple[int, int]], fraction: float, seed: int) -> None:
    labels, groups = np.array(rows).T
    kept, held_out = split_grouped(labels, groups, fraction, seed)
    assert sorted([*kept.tolist(), *held_out.tolist()]) == list(range(len(rows)))
    assert not set(groups[kept].tolist()) & set(groups[held_out].tolist())
    assert set(labels[kept].tolist()) == set(labels.tolist())  # every class can be learned
    again = split_grouped(labels, groups, fraction, seed)
    assert np.array_equal(held_out, again[1])


def test_grouped_shares_are_as_near_as_scikit_learns() -> None:
    random = np.random.default_rng(2)
    groups = random.integers(0, 150, 2000)
    labels = (groups * 7 + random.integers(0, 3, 2000)) % 5
    wanted = np.bincount(labels) / 5
    _, ours = split_grouped(labels, groups, 0.2, seed=0)
    _, theirs = next(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(labels, labels, groups))
    distance = np.abs(np.bincount(labels[ours]) - wanted).sum()
    assert distance <= np.abs(np.bincount(labels[theirs]) - wanted).sum() + 0.02 * wanted.sum()


def test_groups_that_do_not_fit() -> None:
    with pytest.raises(DataError, match=r"3 labels came with int64 groups of the shape \(2,\)\. Give one whole number"):
        split_grouped(np.array([0, 1, 1]), np.array([0, 1]), 0.5, 0)
