"""Chooses evenly spaced images: of many, so many as a proof or a folder has time or room for."""

import numpy as np
from numpy.typing import NDArray


def evenly_spaced(length: int, count: int) -> NDArray[np.int64]:
    """Return at most `count` evenly spaced places of `length`, the first and the last included.

    >>> evenly_spaced(101, 5), evenly_spaced(3, 9), evenly_spaced(7, 1)
    (array([  0,  25,  50,  75, 100]), array([0, 1, 2]), array([0]))
    """
    return np.unique(np.linspace(0, length - 1, min(length, count)).astype(np.int64))
