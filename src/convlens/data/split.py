"""Splits labelled images into two parts with the same proportions of classes (stratified).

Settings are tuned on a split of the training images, so that the test images are used only once. scikit-learn has such
a function, but a dependency for one function is not worth it.
"""

import numpy as np

from convlens.errors import DataError, UsageError
from convlens.words import count_of

_STREAM = 100  # separates these random numbers from those of the weights and batches with the same seed
_PASSES = 3  # over all groups; more passes hardly change the split


def split_stratified(labels: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two sorted arrays of indices, kept and held out; about `fraction` of each class is held out.

    A class with two or more images has at least one in each part; a single image is kept. The same labels, fraction
    and seed always give the same split.

    Raises:
        UsageError: `fraction` is not between 0 and 1.
        DataError: the labels are not N integers, or no class has two images.

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
    """Split as `split_stratified` does, but keep groups together: images with the same number in `groups`.

    All groups are visited three times in random order. A group is moved to the other part if this brings the held-out
    counts of its classes closer to `fraction` and leaves every class a group to train on. A class whose images are all
    in one group is kept.

    Raises:
        UsageError: `fraction` is not between 0 and 1.
        DataError: labels and groups are not two lists of integers with the same length.

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
        sign = -1 if taken[number] else 1  # move a held-out group back, or hold a group out
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
    """Return the classes in each group, and the number of images of each class."""
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
    """Hold out the smallest possible group of every class that has no held-out group but two or more groups."""
    without = [c for c in range(len(wanted)) if missing[c] >= wanted[c] and groups_left[c] > 1]
    by_size = sorted(range(len(content)), key=lambda number: sum(content[number][1])) if without else []
    for c in without:
        if missing[c] < wanted[c]:  # a group that was held out for another class contains it
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
    """Return how many images of each class to hold out: rounded by the largest remainder method."""
    exact = counts * fraction
    shares = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum())) - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return np.clip(shares, np.minimum(counts - 1, 1), counts - 1)
