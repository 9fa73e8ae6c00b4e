"""Converts labels of any type to class indices and class names.

Labels may be integers, strings, booleans or other hashable values. Class names are the labels as strings, in numerical
order for integers, otherwise in natural order. Types cannot be mixed: 1 and "1" would have the same name.
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

_KINDS = {bool: "booleans", int: "integers", str: "strings"}
_MOST_SHOWN = 10


@dataclass(frozen=True, eq=False)
class Labels:
    """The class of each image.

    Attributes:
        numbers: N indices into `class_names`.
        class_names: the classes that occur, in order.
        are_numbers: whether the labels were given as integers or booleans.
    """

    numbers: NDArray[np.int64]
    class_names: tuple[str, ...]
    are_numbers: bool = False

    def __len__(self) -> int:
        return len(self.numbers)


def read_labels(values: Any, name: str = "y", class_names: Sequence[str] | None = None) -> Labels:
    """Read one label per image from an array, a tensor, a column or a list, or one-hot rows (N×classes) as in Keras.

    If `class_names` is given, integer labels are indices into it.

    Raises:
        DataError: a label is missing, is not a class (such as 0.5), or has another type than the others.

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
    """Convert labels to indices into other class names, by name.

    With `by_number`, integer labels are indices, unless a class has a number as its name. Messages call the owner of
    the classes `owner`.

    Raises:
        DataError: a label is not one of these classes.

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
        what = "a label that is not a class" if len(unknown) == 1 else "labels that are not classes"
        raise DataError(
            f"{name} has {what} of {owner}: {some_of([repr(label) for label in unknown])} ("
            f"{count_of(count, 'image')}). The classes are {some_of(list(class_names), _MOST_SHOWN)}. Leave "
            "out these images, or correct their labels."
        )
    return np.array([places[label] for label in labels.class_names], np.int64)[labels.numbers]


def _as_row(values: Any, name: str) -> NDArray[Any] | list[Any]:
    """Return the labels as an array if NumPy can hold them in one type, otherwise as a list."""
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
    """Convert a tensor or a column to an array; a column without `__array__` becomes an array of objects."""
    if hasattr(values, "detach") or not (hasattr(values, "__array__") or hasattr(values, "__iter__")):
        return as_array(values, name)
    try:
        if hasattr(values, "__array__"):
            return np.asarray(values)
        column = list(values)
    except Exception as error:  # other people's code: anything can be raised
        raise DataError(f"{name} ({type(values).__name__}) cannot be read: {error}. Give a list of labels.") from error
    array = np.empty(len(column), object)
    array[:] = column
    return array


def _is_row(value: Any) -> bool:
    """Check whether a label is a row: one-hot, or a list of one value."""
    return isinstance(value, list) or (not isinstance(value, str | bytes) and getattr(value, "ndim", 0) > 0)


def _from_rows(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Convert N×1 labels to N labels, and N×classes one-hot rows to class indices."""
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "buif" and len(array):
        ones = (array == 1).sum(axis=1) == 1
        wrong = np.flatnonzero(~(ones & ((array != 0).sum(axis=1) == 1)))
        if not len(wrong):
            return array.argmax(axis=1)
        row = shorten(array[wrong[0]].tolist(), 40)
        raise DataError(
            f"{name} has the shape {array.shape}, but {name}[{wrong[0]}] is {row}, which is not one-hot (a single "
            "1, otherwise 0). Give one label for each image, or one-hot rows."
        )
    hint = " Did you swap images and labels? Images come first." if array.ndim > 2 else ""
    raise DataError(f"{name} has the shape {array.shape}. Give one label for each image, shape (N,).{hint}")


def _check_numbers(array: NDArray[Any], name: str) -> None:
    if array.dtype.kind != "f":
        return
    wrong = np.flatnonzero(~np.isfinite(array))
    if len(wrong):
        raise DataError(f"{name}[{wrong[0]}] is {array[wrong[0]]:g}, not a label. Leave out images without a label.")
    wrong = np.flatnonzero(array != np.rint(array))
    if len(wrong):
        raise DataError(
            f"{name}[{wrong[0]}] is {array[wrong[0]]:g}, which is not a class. Convlens only classifies: give "
            "integers, strings or booleans as labels."
        )


def _distinct_objects(values: Any, name: str) -> tuple[list[Hashable], NDArray[np.int64]]:
    """Return the distinct labels, and for each image the index of its label among them."""
    places: dict[tuple[type, Hashable], int] = {}
    numbers = []
    for at, value in enumerate(values):
        label = _plain(value)
        if label is None or label != label or type(label).__name__ in ("NAType", "NaTType"):
            raise DataError(f"{name}[{at}] is {label}, not a label. Leave out images without a label.")
        try:
            numbers.append(places.setdefault((type(label), label), len(places)))
        except TypeError as error:
            raise DataError(
                f"{name}[{at}] is of the type {type(label).__name__}, which is not a label. Give integers or strings."
            ) from error
    labels = [label for _, label in places]
    floats = [label for label in labels if isinstance(label, float)]
    if floats:
        raise DataError(
            f"{name} has {floats[0]:g}, which is not a class. Convlens only classifies: give integers, strings or "
            "booleans as labels."
        )
    return labels, np.array(numbers, np.int64)


def _plain(value: Any) -> Any:
    """Convert a label of NumPy or PyTorch to a Python value, and a float without a fraction to an int."""
    if callable(getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_order(distinct: list[Any], numbers: NDArray[np.int64], name: str, class_names: Sequence[str] | None) -> Labels:
    """Sort the classes, and return the labels as indices into the sorted classes."""
    if not distinct:
        raise DataError(f"{name} is empty. Give one label for each image.")
    by_kind = {_kind_of(label): label for label in distinct}
    if len(by_kind) > 1:
        (one, label), (other, another) = list(by_kind.items())[:2]
        raise DataError(
            f"{name} mixes {one} ({shorten(repr(label), 24)}) and {other} ({shorten(repr(another), 24)}). Give all "
            f"labels in one type, such as [str(label) for label in {name}]."
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
        raise DataError(f"{name} has an empty label, or different labels that are both {wrong!r} as text. Rename them.")
    check_class_names(names)
    places = {label: place for place, label in enumerate(order)}
    return Labels(np.array([places[label] for label in distinct], np.int64)[numbers], names, as_numbers)


def _named(label: int, class_names: Sequence[str], name: str) -> str:
    if not 0 <= label < len(class_names):
        raise DataError(
            f"{name} has the label {label}, but the data have {len(class_names)} class names, 0 to "
            f"{len(class_names) - 1}. Leave out images without a label."
        )
    return str(class_names[label])


def _kind_of(label: Hashable) -> str:
    return _KINDS.get(type(label), f"labels of the type {type(label).__name__}")


def _is_number(text: str) -> bool:
    return text.strip().lstrip("+-").isdigit() or text in ("False", "True")
