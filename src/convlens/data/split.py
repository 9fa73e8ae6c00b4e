"""Set a part of the labelled images aside, with every class in its share.

Used to tune on a split of the training images, so that the test images are looked at once. scikit-learn's splitter does
the same, but one function is no reason to depend on it.
"""

import numpy as np

from convlens.errors import DataError, UsageError
from convlens.words import count_of

_STREAM = 100  # keeps these random numbers apart from those that the same seed gives to the weights and to the batches
_PASSES = 3  # over all groups; more change nothing that anybody would see


def split_stratified(labels: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sorted arrays of indices, kept and held out; about `fraction` of each class is held out.

    A class with two or more images has at least one on both sides; a single image is kept. The same labels, fraction
    and seed always give the same split.

    Raises:
        UsageError: `fraction` is not between 0 and 1.
        DataError: the labels are not a list of whole numbers, or no class has two images.

    >>> kept, held_out = split_stratified(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25, seed=3)
    >>> len(kept), len(held_out)
    (6, 2)
    """
    labels = _checked(labels, fraction)
    classes, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    taken = _shares(counts, fraction)
    if taken.sum() == 0:
        raise DataError(
            f"{count_of(len(labels), 'label')} of {count_of(len(classes), 'class')} cannot be split: no class has two "
            "images. Give more."
        )
    random = np.random.default_rng([seed, _STREAM])
    held_out = np.zeros(len(labels), bool)
    for number, count in enumerate(taken):
        held_out[random.permutation(np.flatnonzero(places == number))[:count]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def split_grouped(labels: np.ndarray, groups: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`split_stratified` that keeps whole groups together: images with the same number in `groups` share a side.

    Groups are gone through in random order, three times; one is held out, or given back, where that brings the held-out
    counts of its classes closer to their shares and leaves no class without a group to train on. So shares are met as
    well as whole groups can meet them, and a class whose images are all in one group is kept.

    Raises:
        UsageError: `fraction` is not between 0 and 1.
        DataError: labels and groups are not two lists of whole numbers of the same length.

    >>> kept, held_out = split_grouped(np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([7, 7, 8, 8, 5, 5, 6, 6]), 0.5, 3)
    >>> len(kept), len(held_out)
    (4, 4)
    """
    labels, groups = _checked(labels, fraction), np.asarray(groups)
    if groups.shape != labels.shape or not np.issubdtype(groups.dtype, np.integer):
        raise DataError(
            f"{len(labels):,} labels came with {groups.dtype} groups of the shape {groups.shape}. Give one whole "
            "number for each label."
        )
    classes, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    _, numbers = np.unique(groups, return_inverse=True)
    content = _content_of_groups(numbers.reshape(-1), places.reshape(-1), len(classes))
    wanted = np.maximum(counts * fraction, 1e-9)
    missing, groups_left = wanted.tolist(), np.zeros(len(classes), np.int64)
    for present, _ in content:
        groups_left[present] += 1
    taken = np.zeros(len(content), bool)
    order = np.random.default_rng([seed, _STREAM]).permutation(len(content)).tolist()
    for number in order * _PASSES:
        present, amounts = content[number]
        sign = -1 if taken[number] else 1  # give back what was taken too much, or take
        gain = sum(
            (missing[c] ** 2 - (missing[c] - sign * amount) ** 2) / wanted[c] ** 2
            for c, amount in zip(present, amounts, strict=True)
        )
        if gain > 0 and (sign < 0 or all(groups_left[c] > 1 for c in present)):
            taken[number] = sign > 0
            for c, amount in zip(present, amounts, strict=True):
                missing[c] -= sign * amount
                groups_left[c] -= sign
    _give_every_class_one(content, taken, missing, wanted, groups_left)
    held_out = taken[numbers.reshape(-1)]
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _content_of_groups(numbers: np.ndarray, places: np.ndarray, classes: int) -> list[tuple[list[int], list[int]]]:
    """For each group, which classes it has and how many images of each."""
    pairs, amounts = np.unique(numbers.astype(np.int64) * classes + places, return_counts=True)
    content: list[tuple[list[int], list[int]]] = [([], []) for _ in range(int(numbers.max(initial=-1)) + 1)]
    for pair, amount in zip(pairs.tolist(), amounts.tolist(), strict=True):
        present, counts = content[pair // classes]
        present.append(pair % classes)
        counts.append(amount)
    return content


def _give_every_class_one(
    content: list[tuple[list[int], list[int]]],
    taken: np.ndarray,
    missing: list[float],
    wanted: np.ndarray,
    groups_left: np.ndarray,
) -> None:
    """Hold out the smallest possible group of every class that has none yet, though it has two or more."""
    without = [c for c in range(len(wanted)) if missing[c] >= wanted[c] and groups_left[c] > 1]
    by_size = sorted(range(len(content)), key=lambda number: sum(content[number][1])) if without else []
    for c in without:
        if missing[c] < wanted[c]:  # a group of another class brought one
            continue
        for number in by_size:
            present, amounts = content[number]
            if c in present and not taken[number] and all(groups_left[other] > 1 for other in present):
                taken[number] = True
                for other, amount in zip(present, amounts, strict=True):
                    missing[other] -= amount
                    groups_left[other] -= 1
                break


def _checked(labels: np.ndarray, fraction: float) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"labels of type {labels.dtype} and shape {labels.shape} cannot be split. Give N whole numbers."
        )
    if not 0 < fraction < 1:
        raise UsageError(
            f"a split with the fraction {fraction} is not possible. Give a number between 0 and 1, such as 0.1."
        )
    return labels


def _shares(counts: np.ndarray, fraction: float) -> np.ndarray:
    """How many of each class are held out: the fraction rounded down, then one more where most was cut off."""
    exact = counts * fraction
    shares = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum())) - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return np.clip(shares, np.minimum(counts - 1, 1), counts - 1)
