"""Converts class names to indices."""

from collections.abc import Sequence

import numpy as np

from convlens.words import natural_key, printable


def number_classes(words: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return int32 labels and the printable class names in natural order.

    >>> number_classes(["10", "9", "10"])
    (array([1, 0, 1], dtype=int32), ('9', '10'))
    """
    names = sorted(set(words), key=natural_key)
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[word] for word in words], np.int32), tuple(map(printable, names))
