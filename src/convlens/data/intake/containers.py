"""Recognises objects that hold images and labels: pairs, dicts, data frames, datasets and loaders of other libraries.

None of these libraries is imported: objects are recognised by their attributes and methods. All data are read into
memory, because training needs one array (see `labelled_images`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from convlens.data.intake.columns import Columns, as_column, column_names, find_names, from_frame, from_mapping
from convlens.data.parts import PART_NAMES, part_of
from convlens.errors import ConvlensError, DataError
from convlens.pixels import as_array
from convlens.pixels.batches import is_picture
from convlens.words import shorten

_DEEPEST = 5  # levels of nesting, such as a subset of a subset
_TAKEN = (
    "an array with labels (X, y), a dict or data frame with columns of images and labels, a list of (image, label), or "
    "a dataset or data loader of PyTorch or Hugging Face"
)


def find_parts(data: Any, labels: Any = None, what: str = "data", ending: str = "") -> dict[str, Columns]:
    """Find the images and labels of each part: "train", "validation", "test". Data without parts are all "train".

    In messages, `what` is the name of the data, and `ending` is added to X and y.

    Raises:
        DataError: the images or the labels cannot be identified or read.

    >>> list(find_parts({"train": ([1], [2]), "test": ([3], [4])}))
    ['train', 'test']
    """
    x, y = f"X{ending}", f"y{ending}"
    try:
        if labels is not None:
            return {"train": Columns(_only_images(data), as_column(labels), None, x, y)}
        return _find_parts(data, what, x, y)
    except ConvlensError:
        raise
    except Exception as error:  # other people's code: anything can be raised
        words = " ".join(str(error).split())[:160] or type(error).__name__
        raise DataError(f"{what} ({type(data).__name__}) cannot be read: {words}. Correct the data.") from error


def _only_images(data: Any) -> Any:
    """Return the images of `data` if the labels are given separately; a data frame may have one column of images."""
    if _is_frame(data) and len(column_names(data)) == 1:
        return as_column(data[column_names(data)[0]])
    return data if _is_frame(data) else as_column(data)


def _find_parts(data: Any, what: str, x: str, y: str) -> dict[str, Columns]:
    if isinstance(data, Mapping):
        parts = {key: part_of(str(key)) for key in data}
        if data and None not in parts.values():
            return _parts_of(data, parts, what)
        return from_mapping(data, what)
    if isinstance(data, tuple):
        return {"train": _pair(data, what, x, y)}
    if _is_frame(data):
        return from_frame(data, what)
    if isinstance(data, list):
        return {"train": _from_items(iter(data), what, x, y, None)}
    if _is_array(data):
        raise DataError(f"{what} is {_described(data)}, without labels. Give both: {_as_argument(what)}.")
    if hasattr(data, "as_numpy_iterator"):
        return {"train": _from_items(data.as_numpy_iterator(), what, x, y, None)}
    if isinstance(data, type | str | bytes) or not hasattr(type(data), "__iter__"):
        if hasattr(type(data), "__getitem__") and hasattr(type(data), "__len__") and not isinstance(data, str | bytes):
            return {"train": _from_items(_in_turn(data), what, x, y, False, _class_names(data))}
        read_first = "collect" if hasattr(data, "collect") else "compute" if hasattr(data, "compute") else ""
        if read_first and not isinstance(data, type):
            raise DataError(f"{what} is {_described(data)}, whose rows are not read yet. Give {what}.{read_first}().")
        raise DataError(f"{what} is {_described(data)}; give {_TAKEN}.")
    batched = True if hasattr(data, "dataset") and hasattr(data, "batch_size") else None
    items = iter(data)
    if batched is None and hasattr(type(data), "__getitem__") and hasattr(type(data), "__len__"):
        items, batched = _in_turn(data), False
    return {"train": _from_items(items, what, x, y, batched, _class_names(data))}


def _parts_of(data: Mapping[Any, Any], parts: Mapping[Any, int | None], what: str) -> dict[str, Columns]:
    """Find the parts of a dict whose keys are names of parts."""
    found: dict[str, Columns] = {}
    for key, part in parts.items():
        inside = find_parts(data[key], None, f"{what}[{key!r}]", f"_{key}")
        name = PART_NAMES[part or 0]
        if list(inside) != ["train"]:
            raise DataError(f"{what}[{key!r}] has several parts: {', '.join(inside)}. Give one of them.")
        if name in found:
            raise DataError(f"{what}[{key!r}] is a second part for {name}. Give each part once.")
        found[name] = inside["train"]
    return found


def _pair(data: tuple[Any, ...], what: str, x: str, y: str) -> Columns:
    """Read the pair (X, y)."""
    if len(data) != 2:
        raise DataError(f"{what} is a tuple of length {len(data)}. Give images and labels: {_as_argument(what)}.")
    images, labels = data
    if all(isinstance(part, tuple) and len(part) == 2 for part in data):
        raise DataError(
            f"{what} is a pair of pairs. If these are training and test data, as from keras.datasets, give "
            "train(*data[0], test=data[1]); if they are two images with labels, give list(data)."
        )
    if labels is None:
        raise DataError(f"{what} has no labels: the second item of the pair is None. Give {_as_argument(what)}.")
    return Columns(_only_images(images), as_column(labels), None, x, y)


def _is_frame(data: Any) -> bool:
    """Check for columns: a pandas or polars data frame, an Arrow table, a Hugging Face dataset in memory."""
    if isinstance(data, type) or not (hasattr(type(data), "__getitem__") and hasattr(type(data), "__len__")):
        return False  # no length: a streamed dataset, which is read row by row
    names = getattr(data, "column_names", None)
    if isinstance(names, list):
        return True
    return hasattr(data, "columns") and hasattr(data, "shape")


def _is_array(data: Any) -> bool:
    """Check whether `data` is one array or one image, and not a collection of items."""
    return is_picture(data) or (hasattr(data, "shape") and (hasattr(data, "dtype") or hasattr(data, "__array__")))


def _in_turn(data: Any) -> Iterator[Any]:
    """Return the items of a map-style dataset; its own iterator may never end, because only `len` gives its length."""
    for place in range(len(data)):
        yield data[place]


def _class_names(data: Any) -> tuple[str, ...] | None:
    """Return the class names, such as `classes` of torchvision's datasets, also inside subsets and loaders."""
    for _ in range(_DEEPEST):
        names = getattr(data, "classes", None)
        if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
            return tuple(names)
        features = getattr(data, "features", None)
        if isinstance(features, Mapping):
            found = [getattr(feature, "names", None) for feature in features.values() if hasattr(feature, "names")]
            return tuple(found[0]) if len(found) == 1 and found[0] else None
        data = getattr(data, "dataset", None)
    return None


def _from_items(
    items: Iterable[Any], what: str, x: str, y: str, batched: bool | None, class_names: Sequence[str] | None = None
) -> Columns:
    """Read pairs or dicts: each holds an image and its label, or a batch and its labels."""
    images: list[Any] = []
    labels: list[Any] = []
    whole = False
    for place, item in enumerate(items):
        image, label = _split_item(item, place, what)
        whole = _is_batch(image, label) if batched is None and place == 0 else bool(batched) if place == 0 else whole
        if whole:
            _add_batch(images, labels, image, label, f"{what}[{place}]")
        else:
            images.append(image)
            labels.append(label)
    if not images:
        raise DataError(f"{what} is empty. Give at least one image with its label.")
    names = None if class_names is None else tuple(class_names)
    return Columns(_joined(images, x) if whole else images, labels, names, x, y)


def _split_item(item: Any, place: int, what: str) -> tuple[Any, Any]:
    if isinstance(item, Mapping):
        image, label = find_names(list(item), f"{what}[{place}]")
        return item[image], item[label]
    if isinstance(item, list | tuple) and len(item) == 2:
        return item[0], item[1]
    given = f"of length {len(item)}" if isinstance(item, list | tuple) else _described(item)
    hint = f" If these are images, also give their labels: {_as_argument(what)}." if place == 0 else ""
    raise DataError(f"{what}[{place}] is {given}, not an image and its label.{hint or ' Give pairs (image, label).'}")


def _is_batch(image: Any, label: Any) -> bool:
    """Check whether the first item is a batch: several images and as many labels."""
    shape, of_labels = getattr(image, "shape", ()), getattr(label, "shape", ())
    return len(of_labels) == 1 and len(shape) >= 3 and shape[0] == of_labels[0]


def _add_batch(images: list[Any], labels: list[Any], image: Any, label: Any, name: str) -> None:
    arrays = as_array(image, name)
    column = as_column(label)
    column = list(column if isinstance(column, list | tuple) else as_array(column, f"the labels of {name}"))
    if len(arrays) != len(column):
        raise DataError(f"{name} has {len(arrays)} images but {len(column)} labels. Give one label for each image.")
    images.append(arrays)
    labels.extend(column)


def _joined(batches: list[Any], name: str) -> Any:
    shapes = {batch.shape[1:] for batch in batches}
    if len(shapes) > 1:
        one, other = sorted(shapes)[:2]
        raise DataError(f"{name} has images of different shapes, {one} and {other}. Resize them to one size first.")
    return np.concatenate(batches)


def _as_argument(what: str) -> str:
    return "train(X, y) or evaluate(model, X, y)" if what == "data" else f"{what}=(X, y)"


def _described(data: Any) -> str:
    if isinstance(data, type):
        return f"the class {data.__name__}, not an instance of it"
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple):
        return f"of the type {type(data).__name__} and the shape {tuple(shape)}"
    if data is None or isinstance(data, str | bytes | int | float):
        return shorten(repr(data), 40)
    return f"of the type {type(data).__name__}"
