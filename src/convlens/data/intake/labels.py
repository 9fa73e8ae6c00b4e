"""Labels of any kind to numbers of classes, and to the names of these.

A label may be a whole number, a text, a truth value or anything else that can be hashed. Class names are the labels'
texts, in the order of the numbers, or in natural order. Kinds are not mixed: 1 and "1" would be one name.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data.labelled_images import check_class_names
from convlens.errors import DataError
from convlens.pixels import as_array
from convlens.words import count_of, natural_key, printable, shorten, some_of

_KINDS = {bool: "truth values", int: "whole numbers", str: "texts"}
_MOST_SHOWN = 10


@dataclass(frozen=True, eq=False)
class Labels:
    """The class of each image.

    Attributes:
        numbers: N whole numbers, places in `class_names`.
        class_names: the classes that occur, in order.
        are_numbers: whether the labels were given as whole numbers or truth values.
    """

    numbers: NDArray[np.int64]
    class_names: tuple[str, ...]
    are_numbers: bool = False

    def __len__(self) -> int:
        return len(self.numbers)


def read_labels(values: Any, name: str = "y", class_names: Sequence[str] | None = None) -> Labels:
    """One label for each image, from an array, a tensor, a column or a list; or one-hot rows, as Keras uses them.

    `class_names` are the names of the classes that whole numbers count from 0 on, where the data bring them.

    Raises:
        DataError: labels that are missing, no classes, or of different kinds; with the first of them.

    >>> read_labels([10, 9, 10])
    Labels(numbers=array([1, 0, 1]), class_names=('9', '10'), are_numbers=True)
    >>> read_labels(["dog", "cat"]).class_names, read_labels([[0.0, 1.0], [1.0, 0.0]]).numbers
    (('cat', 'dog'), array([1, 0]))
    """
    array = _as_row(values, name)
    if isinstance(array, list) or array.dtype.kind not in "buif":
        distinct, numbers = _distinct_objects(array, name)
    else:
        _check_numbers(array, name)
        unique, places = np.unique(array, return_inverse=True)
        distinct, numbers = unique.tolist(), places.reshape(-1).astype(np.int64)
    return _in_order([_plain(value) for value in distinct], numbers, name, class_names)


def number_labels(
    labels: Labels, class_names: Sequence[str], name: str, owner: str, by_number: bool = False
) -> NDArray[np.int64]:
    """The same labels as numbers of other classes, found by name.

    With `by_number`, whole numbers count the classes from 0 on where no class is called by a number. `owner` is what
    messages say has these classes.

    Raises:
        DataError: a label that is none of these classes.

    >>> number_labels(read_labels(["dog", "dog"]), ("cat", "dog"), "y", "the model").tolist()
    [1, 1]
    >>> number_labels(read_labels([1, 0]), ("cat", "dog"), "y", "the model", by_number=True).tolist()
    [1, 0]
    """
    places = {known: place for place, known in enumerate(class_names)}
    if by_number and labels.are_numbers and not any(_is_number(known) for known in class_names):
        places = {str(place): place for place in range(len(class_names))} | {"False": 0, "True": 1}
    unknown = [label for label in labels.class_names if label not in places]
    if unknown:
        count = int(np.isin(labels.numbers, [labels.class_names.index(label) for label in unknown]).sum())
        what = "a label" if len(unknown) == 1 else "labels"
        raise DataError(
            f"{name} has {what} that {owner} does not know: {some_of([repr(label) for label in unknown])} (of "
            f"{count_of(count, 'image')}). It knows {some_of(list(class_names), _MOST_SHOWN)}. Leave these images out, "
            "or correct their labels."
        )
    return np.array([places[label] for label in labels.class_names], np.int64)[labels.numbers]


def _as_row(values: Any, name: str) -> NDArray[Any] | list[Any]:
    """The labels one after another: an array where all are of one type, else a list."""
    if values is None or isinstance(values, str | bytes | dict | int | float):
        given = "missing" if values is None else shorten(repr(values), 40)
        raise DataError(f"{name} is {given}. Give one label for each image, in a list or an array.")
    if isinstance(values, list | tuple):
        values = list(values)
        if not values or not _is_row(values[0]):
            return values
        if all(_is_row(value) and len(value) == 1 for value in values):
            return [value[0] for value in values]
        try:
            return _from_rows(np.array([row if isinstance(row, list) else as_array(row, name) for row in values]), name)
        except ValueError as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{name} has rows of different lengths. Give one label for each image.") from error
    array = values if isinstance(values, np.ndarray) else _to_numpy(values, name)
    if array.dtype == object and array.ndim == 1 and len(array) and _is_row(array[0]):
        return _as_row(list(array), name)
    return _from_rows(array, name) if array.ndim != 1 else array


def _to_numpy(values: Any, name: str) -> NDArray[Any]:
    """A tensor or a column as an array, of objects where there are texts in it."""
    if hasattr(values, "detach") or not (hasattr(values, "__array__") or hasattr(values, "__iter__")):
        return as_array(values, name)
    try:
        if hasattr(values, "__array__"):
            return np.asarray(values)
        column = list(values)
    except Exception as error:  # other people's code: anything can be raised
        raise DataError(f"{name} ({type(values).__name__}) gives no labels: {error}. Give a list.") from error
    array = np.empty(len(column), object)
    array[:] = column
    return array


def _is_row(value: Any) -> bool:
    """Whether a label is a row of numbers: one-hot, or in a list of its own."""
    return isinstance(value, list) or (not isinstance(value, str | bytes) and getattr(value, "ndim", 0) > 0)


def _from_rows(array: NDArray[Any], name: str) -> NDArray[Any]:
    """N×1 labels as N, N×classes one-hot rows as the places of their ones."""
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "buif" and len(array):
        ones = (array == 1).sum(axis=1) == 1
        wrong = np.flatnonzero(~(ones & ((array != 0).sum(axis=1) == 1)))
        if not len(wrong):
            return array.argmax(axis=1)
        row = shorten(array[wrong[0]].tolist(), 40)
        raise DataError(
            f"{name} has the shape {array.shape}, but {name}[{wrong[0]}] is {row}: not one 1 and else 0. Give one "
            "class for each image, or one-hot rows."
        )
    hint = " Were images and labels exchanged? Images come first." if array.ndim > 2 else ""
    raise DataError(f"{name} has the shape {array.shape}: give one label for each image, N of them.{hint}")


def _check_numbers(array: NDArray[Any], name: str) -> None:
    if array.dtype.kind != "f":
        return
    wrong = np.flatnonzero(~np.isfinite(array))
    if len(wrong):
        raise DataError(f"{name}[{wrong[0]}] is {array[wrong[0]]:g}, which is no label. Leave out what has no label.")
    wrong = np.flatnonzero(array != np.rint(array))
    if len(wrong):
        raise DataError(
            f"{name}[{wrong[0]}] is {array[wrong[0]]:g}, which is no class. Convlens classifies: give whole numbers, "
            "texts or truth values."
        )


def _distinct_objects(values: Any, name: str) -> tuple[list[Hashable], NDArray[np.int64]]:
    """The different labels, and for each image the place of its own."""
    places: dict[tuple[type, Hashable], int] = {}
    numbers = []
    for at, value in enumerate(values):
        label = _plain(value)
        if label is None or label != label or type(label).__name__ in ("NAType", "NaTType"):
            raise DataError(f"{name}[{at}] is {label}, which is no label. Leave out what has no label.")
        try:
            numbers.append(places.setdefault((type(label), label), len(places)))
        except TypeError as error:
            raise DataError(
                f"{name}[{at}] is of the type {type(label).__name__}, which is no label. Give whole numbers or texts."
            ) from error
    labels = [label for _, label in places]
    floats = [label for label in labels if isinstance(label, float)]
    if floats:
        raise DataError(
            f"{name} has {floats[0]:g}, which is no class. Convlens classifies: give whole numbers, texts or truth "
            "values."
        )
    return labels, np.array(numbers, np.int64)


def _plain(value: Any) -> Any:
    """A label of NumPy or PyTorch as one of Python; whole floats as whole numbers."""
    if callable(getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_order(distinct: list[Any], numbers: NDArray[np.int64], name: str, class_names: Sequence[str] | None) -> Labels:
    """The classes sorted, and the numbers of the sorted ones."""
    if not distinct:
        raise DataError(f"{name} is empty. Give one label for each image.")
    by_kind = {_kind_of(label): label for label in distinct}
    if len(by_kind) > 1:
        (one, label), (other, another) = list(by_kind.items())[:2]
        raise DataError(
            f"{name} mixes {one} ({shorten(repr(label), 24)}) and {other} ({shorten(repr(another), 24)}). Give all "
            f"labels as one kind, such as [str(label) for label in {name}]."
        )
    kind = next(iter(by_kind))
    as_numbers = kind in (_KINDS[int], _KINDS[bool])
    if class_names is not None and kind == _KINDS[int]:
        distinct = [_named(label, class_names, name) for label in distinct]
        order, as_numbers = sorted(set(distinct), key=list(class_names).index), False
    else:
        order = sorted(set(distinct), key=None if as_numbers else lambda label: natural_key(str(label)))
    names = tuple(printable(str(label)) for label in order)
    if len(set(names)) < len(names) or "" in names:
        wrong = next((text for place, text in enumerate(names) if not text or text in names[:place]), "")
        raise DataError(f"{name} has different labels that are both {wrong!r} as text, or an empty one. Rename them.")
    check_class_names(names)
    places = {label: place for place, label in enumerate(order)}
    return Labels(np.array([places[label] for label in distinct], np.int64)[numbers], names, as_numbers)


def _named(label: int, class_names: Sequence[str], name: str) -> str:
    if not 0 <= label < len(class_names):
        raise DataError(
            f"{name} has the label {label}, but the data name {len(class_names)} classes, 0 to {len(class_names) - 1}. "
            "Leave out what has no label."
        )
    return str(class_names[label])


def _kind_of(label: Hashable) -> str:
    return _KINDS.get(type(label), f"labels of the type {type(label).__name__}")


def _is_number(text: str) -> bool:
    return text.strip().lstrip("+-").isdigit() or text in ("False", "True")
