"""Finds the images and the labels in a dict, a data frame or a Hugging Face dataset, by the names of its columns.

Positions are never used: a data frame may have any number of columns, and a wrong one would train without an error.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convlens.data.custom.array_files import NPZ_KEYS
from convlens.data.custom.table import LABEL_COLUMNS, PART_COLUMNS, PATH_COLUMNS, column_word
from convlens.data.parts import PART_NAMES, UNDECIDED, part_of
from convlens.errors import DataError
from convlens.words import some_of

IMAGE_NAMES = ("image", "images", "x", "img", "pixels", "pixel_values", *PATH_COLUMNS)
LABEL_NAMES = (*LABEL_COLUMNS, "labels", "y", "targets")
_CLASS_NAMES = "class_names"
_MANY = 16


@dataclass(frozen=True, eq=False)
class Columns:
    """Images and their labels as they were given, and their names in messages.

    Attributes:
        images: any value that `intake.pictures.read_images` accepts.
        labels: any value that `intake.labels.read_labels` accepts; None if there are no labels.
        class_names: the class names that integer labels are indices into, if the data contain them.
        images_name, labels_name: the names in messages.
    """

    images: Any
    labels: Any
    class_names: tuple[str, ...] | None = None
    images_name: str = "X"
    labels_name: str = "y"


def as_column(values: Any) -> Any:
    """Convert a column of a data frame to a list; return arrays, tensors and lists unchanged."""
    if isinstance(values, np.ndarray | list | tuple | str | bytes) or hasattr(values, "detach"):
        return values
    for method in ("to_list", "to_pylist"):
        if callable(getattr(values, method, None)):
            return getattr(values, method)()
    return list(values) if isinstance(values, Sequence) else values


def from_mapping(data: Mapping[Any, Any], what: str) -> dict[str, Columns]:
    """Find the parts of a dict: `{"image": X, "label": y}`, or arrays named as in an `.npz` (x_train, y_train, ...).

    Raises:
        DataError: no key, or more than one, may be the images or the labels.
    """
    keys = {column_word(str(key)): key for key in data}
    found = [(names, part) for names, part in NPZ_KEYS if part != UNDECIDED and names[0] in keys]
    class_names = tuple(map(str, data[keys[_CLASS_NAMES]])) if _CLASS_NAMES in keys else None
    if not found:
        image, label = find_names(list(data), what)
        return {"train": Columns(as_column(data[image]), as_column(data[label]), class_names, str(image), str(label))}
    parts = {}
    for (images, labels), part in found:
        if labels not in keys:
            raise DataError(f"{what} has {images} but not {labels}. Give both.")
        parts[PART_NAMES[part]] = Columns(data[keys[images]], data[keys[labels]], class_names, images, labels)
    return parts


def from_frame(frame: Any, what: str) -> dict[str, Columns]:
    """Find the parts of a pandas or polars data frame, an Arrow table or a Hugging Face dataset.

    As in a CSV file, a column `split` assigns rows to training, validation or test.

    Raises:
        DataError: no column, or more than one, may be the images or the labels.
    """
    columns = column_names(frame)
    image, label, class_names = _by_features(frame)
    if image is None or label is None:
        image, label = find_names(columns, what, image, label)
    images, labels = as_column(frame[image]), as_column(frame[label])
    split = next((column for column in columns if column_word(str(column)) in PART_COLUMNS), None)
    if split is None:
        return {"train": Columns(images, labels, class_names, str(image), str(label))}
    parts: dict[str, list[int]] = {}
    for row, word in enumerate(as_column(frame[split])):
        part = part_of(str(word))
        if part is None:
            raise DataError(
                f"{what}: row {row} has {word!r:.40} in the column {split}; allowed are train, validation and test. "
                f"Correct it, or leave out that column."
            )
        parts.setdefault(PART_NAMES[part], []).append(row)
    return {
        part: Columns([images[row] for row in rows], [labels[row] for row in rows], class_names, str(image), str(label))
        for part, rows in parts.items()
    }


def column_names(frame: Any) -> list[Any]:
    """Return the column names of a data frame of any library."""
    names = getattr(frame, "column_names", None)
    return list(frame.columns if names is None else names)


def find_names(columns: Iterable[Any], what: str, image: Any = None, label: Any = None) -> tuple[Any, Any]:
    """Find the column of images and the column of labels; `image` or `label`, if given, is used as it is.

    Raises:
        DataError: no column, or more than one, may be the images or the labels.

    >>> find_names(["id", "image", "label"], "data")
    ('image', 'label')
    """
    columns = list(columns)
    image = _find_name(columns, "images", IMAGE_NAMES, what) if image is None else image
    return image, _find_name(columns, "labels", LABEL_NAMES, what) if label is None else label


def _find_name(columns: list[Any], kind: str, known: Sequence[str], what: str) -> Any:
    matches = [column for column in columns if column_word(str(column)) in known]
    if len(matches) == 1:
        return matches[0]
    if not matches and kind == "images" and len(columns) > _MANY:
        raise DataError(
            f"{what} has {len(columns):,} columns, none of them named {', '.join(known[:4])} or similar. If each "
            "is a pixel, give an array and the labels: train(X.reshape(-1, 28, 28), y) with X = "
            "data.drop(columns='label').to_numpy() and y = data['label']."
        )
    shown = some_of([repr(str(column)) for column in columns], _MANY // 2) or "(none)"
    if matches:
        problem = f"{len(matches)} of them may be the {kind}: {', '.join(map(str, matches))}"
    else:
        problem = f"none of them can be the {kind} (known names: {', '.join(known[:5])}, …)"
    raise DataError(f"{what} has the columns {shown}; {problem}. Give images and labels: (data['…'], data['…']).")


def _by_features(frame: Any) -> tuple[Any, Any, tuple[str, ...] | None]:
    """Find the image column, the label column and the class names by the features of a Hugging Face dataset."""
    features = getattr(frame, "features", None)
    if not isinstance(features, Mapping):
        return None, None, None
    images = [column for column, feature in features.items() if type(feature).__name__ == "Image"]
    classes = [column for column, feature in features.items() if hasattr(feature, "names") and _names_of(feature)]
    label = classes[0] if len(classes) == 1 else None
    if label is None and not classes:
        return (images[0] if len(images) == 1 else None), None, None
    if label is None:
        label = next((column for column in classes if column_word(column) in LABEL_NAMES), None)
    names = _names_of(features[label]) if label is not None else None
    return (images[0] if len(images) == 1 else None), label, names


def _names_of(feature: Any) -> tuple[str, ...] | None:
    names = getattr(feature, "names", None)
    return tuple(map(str, names)) if isinstance(names, list | tuple) and names else None
