"""Labels as people write them, as class numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.errors import UsageError
from convlens.pixels.batches import as_array
from convlens.words import count_of, shorten, some_of


def number_labels(labels: Any, class_names: Sequence[str], images: int) -> NDArray[np.int64]:
    """The class number of each of N labels.

    Labels are class names, or the numbers that class names were made from: 7 for "7". Where no class name is a whole
    number, whole numbers are the places of the classes, from 0.

    Args:
        labels: a list, an array, a column of a frame or a tensor of N texts or whole numbers.
        class_names: one for each class, in order.
        images: N.

    Raises:
        UsageError: another number of labels, or a label that is no class.

    >>> number_labels(["dog", "cat"], ("cat", "dog"), 2), number_labels([7, 3.0], ("3", "7"), 2)
    (array([1, 0]), array([1, 0]))
    >>> number_labels([1, 0], ("cat", "dog"), 2)
    array([1, 0])
    """
    values = _as_column(labels)
    if values.shape != (images,):
        raise UsageError(
            f"y has the shape {values.shape} and there are {count_of(images, 'image')}. Give one label for each image."
        )
    texts = [_as_text(value) for value in values.tolist()]
    numbers = {name: number for number, name in enumerate(class_names)}
    if not any(_is_whole(name) for name in class_names) and values.dtype.kind in "iu":
        numbers = {str(number): number for number in range(len(class_names))}
    strange = sorted({text for text in texts if text not in numbers})
    if strange:
        known = f"the classes {shorten(', '.join(class_names), 80)}"
        raise UsageError(f"y has labels that are no class of this model: {some_of(strange)}. It knows {known}.")
    return np.array([numbers[text] for text in texts], np.int64)


def _as_column(labels: Any) -> NDArray[Any]:
    if labels is None or isinstance(labels, str | bytes | dict | set | frozenset):
        raise UsageError(f"y is {labels!r:.60}. Give a list or an array with one label for each image.")
    try:
        return as_array(labels, "y") if hasattr(labels, "detach") else np.asarray(labels)
    except Exception as error:  # other people's code, and lists of lists of different lengths
        raise UsageError(f"y is no list of labels ({shorten(error, 100)}). Give one label for each image.") from error


def _as_text(label: Any) -> str:
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    return shorten(label, 200) if not isinstance(label, str) else label


def _is_whole(name: str) -> bool:
    return name.lstrip("-").isdigit()
