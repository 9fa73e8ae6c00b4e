"""Rare classes: a weight for each class, or an order in which rare images come more often.

Both make each class count alike. Weights change no step's images; sampling shows rare images again and again, which is
better with augmentation, since no two copies are alike.
"""

import numpy as np
from numpy.typing import NDArray

_LARGEST_WEIGHT = 100.0


def balanced_weights(labels: NDArray[np.int64], classes: int) -> tuple[float, ...]:
    """A weight for each class, one over its share, at most 100 times the smallest; their mean over the images is 1.

    A class without images gets the largest weight of the others: it plays no part.

    >>> balanced_weights(np.array([0, 0, 0, 1]), 2)
    (0.6666666666666666, 2.0)
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    weights = 1 / np.maximum(counts, 1)
    weights = np.minimum(weights, weights[counts > 0].min() * _LARGEST_WEIGHT)
    weights[counts == 0] = weights[counts > 0].max()
    return tuple((weights * (counts.sum() / (weights * counts).sum())).tolist())


def balanced_order(labels: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """As many places as there are images, each class as often as the others: rare images come again and again.

    Every image of a class comes once before any of it comes again.

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
