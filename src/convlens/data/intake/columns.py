"""Which part of a thing are images and which are labels, told by its keys, its columns or its features.

Names decide, never positions: a frame may have any number of columns, and a wrong one would train without complaint.
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
    """Images and their labels, as they were given, with what messages call them.

    Attributes:
        images: whatever `intake.pictures.read_images` takes.
        labels: whatever `intake.labels.read_labels` takes; None where there are none.
        class_names: the names of the classes that the labels count, where the data have them.
    """

    images: Any
    labels: Any
    class_names: tuple[str, ...] | None = None
    images_name: str = "X"
    labels_name: str = "y"


def as_column(values: Any) -> Any:
    """A column of a frame as a list; arrays, tensors and lists as they are."""
    if isinstance(values, np.ndarray | list | tuple | str | bytes) or hasattr(values, "detach"):
        return values
    for method in ("to_list", "to_pylist"):
        if callable(getattr(values, method, None)):
            return getattr(values, method)()
    return list(values) if isinstance(values, Sequence) else values


def from_mapping(data: Mapping[Any, Any], what: str) -> dict[str, Columns]:
    """The parts of a dict: `{"image": X, "label": y}`, or arrays called as in an `.npz`, such as x_train and y_train.

    Raises:
        DataError: no key, or more than one, for the images or for the labels.
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
            raise DataError(f"{what} has {images} but not {labels}: give both.")
        parts[PART_NAMES[part]] = Columns(data[keys[images]], data[keys[labels]], class_names, images, labels)
    return parts


def from_frame(frame: Any, what: str) -> dict[str, Columns]:
    """The parts of a frame of pandas, polars or Arrow, or of a Hugging Face dataset.

    A column `split` tells which rows train, validate and test, as in a CSV file.

    Raises:
        DataError: no column, or more than one, for the images or for the labels.
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
                f"{what}: row {row} has {word!r:.40} in the column {split}: train, validation and test are known. "
                f"Correct it, or leave that column out."
            )
        parts.setdefault(PART_NAMES[part], []).append(row)
    return {
        part: Columns([images[row] for row in rows], [labels[row] for row in rows], class_names, str(image), str(label))
        for part, rows in parts.items()
    }


def column_names(frame: Any) -> list[Any]:
    """The columns of a frame, under whatever name the library has them."""
    names = getattr(frame, "column_names", None)
    return list(frame.columns if names is None else names)


def find_names(columns: Iterable[Any], what: str, image: Any = None, label: Any = None) -> tuple[Any, Any]:
    """The one column for images and the one for labels; `image` and `label` are known already.

    Raises:
        DataError: with the columns that there are, and what to write instead.

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
            f"{what} has {len(columns):,} columns, none of them called {', '.join(known[:4])} or alike. If each is a "
            "pixel, give an array and the labels, as train(X.reshape(-1, 28, 28), y) with X = "
            "data.drop(columns='label').to_numpy() and y = data['label']."
        )
    shown = some_of([repr(str(column)) for column in columns], _MANY // 2) or "nothing"
    if matches:
        problem = f"{len(matches)} of them can be the {kind}: {', '.join(map(str, matches))}"
    else:
        problem = f"none of them is known for {kind} ({', '.join(known[:5])}, …)"
    raise DataError(f"{what} has the columns {shown}; {problem}. Say which: (data['…'], data['…']), images first.")


def _by_features(frame: Any) -> tuple[Any, Any, tuple[str, ...] | None]:
    """What a Hugging Face dataset says of its columns: the one of images, the one of classes, and their names."""
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
