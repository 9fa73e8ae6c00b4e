"""Balance rare classes: a weight for each class, or an order that repeats the images of rare classes.

Both give each class the same influence. Weights leave the images of each step unchanged. Sampling repeats rare images,
which works better with augmentation, since the copies then differ.
"""

import numpy as np
from numpy.typing import NDArray

_LARGEST_WEIGHT = 100.0


def balanced_weights(labels: NDArray[np.int64], classes: int) -> tuple[float, ...]:
    """Return a weight for each class: 1 / its share, at most 100 times the smallest, with mean 1 over all images.

    A class without images gets the largest weight of the others, which has no effect.

    >>> balanced_weights(np.array([0, 0, 0, 1]), 2)
    (0.6666666666666666, 2.0)
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    weights = 1 / np.maximum(counts, 1)
    weights = np.minimum(weights, weights[counts > 0].min() * _LARGEST_WEIGHT)
    weights[counts == 0] = weights[counts > 0].max()
    return tuple((weights * (counts.sum() / (weights * counts).sum())).tolist())


def balanced_order(labels: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Return N indices of N images in which all classes are equally frequent: images of rare classes repeat.

    All images of a class are used once before any of them repeats.

    >>> order = balanced_order(np.array([0, 0, 0, 0, 0, 1]), np.random.default_rng(0))
    >>> np.bincount(np.array([0, 0, 0, 0, 0, 1])[order]).tolist()
    [3, 3]
    """
    classes = np.unique(labels)
    shares = np.full(len(classes), len(labels) // len(classes))
    shares[: len(labels) % len(classes)] += 1
    chosen = []
    for one, share in zip(random.permutation(classes), shares, strict=True):
        places = np.flatnonzero(labels == one)
        rounds = -(-share // len(places))
        chosen.append(np.concatenate([random.permutation(places) for _ in range(rounds)])[:share])
    return random.permutation(np.concatenate(chosen))
