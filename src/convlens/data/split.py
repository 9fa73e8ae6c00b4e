"""Set a part of the labelled images aside, with every class in its share.

Used to tune on a split of the training images, so that the test images are looked at once. scikit-learn's splitter does
the same, but one function is no reason to depend on it.
"""

import numpy as np

from convlens.errors import DataError, UsageError

_STREAM = 100  # keeps these random numbers apart from those that the same seed gives to the weights and to the batches


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
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"labels of type {labels.dtype} and shape {labels.shape} cannot be split. Give N whole numbers."
        )
    if not 0 < fraction < 1:
        raise UsageError(
            f"a split with the fraction {fraction} is not possible. Give a number between 0 and 1, such as 0.1."
        )
    classes, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    taken = _shares(counts, fraction)
    if taken.sum() == 0:
        raise DataError(
            f"{len(labels)} labels of {len(classes)} classes cannot be split: no class has two images. Give more."
        )
    random = np.random.default_rng([seed, _STREAM])
    held_out = np.zeros(len(labels), bool)
    for number, count in enumerate(taken):
        held_out[random.permutation(np.flatnonzero(places == number))[:count]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _shares(counts: np.ndarray, fraction: float) -> np.ndarray:
    """How many of each class are held out: the fraction rounded down, then one more where most was cut off."""
    exact = counts * fraction
    shares = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum())) - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return np.clip(shares, np.minimum(counts - 1, 1), counts - 1)
