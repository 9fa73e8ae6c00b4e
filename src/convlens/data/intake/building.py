"""From whatever holds images and labels to a `Dataset`: classes united by name, every part at one size."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from convlens.data.custom.options import ImportOptions
from convlens.data.intake.columns import Columns
from convlens.data.intake.containers import find_parts
from convlens.data.intake.labels import Labels, number_labels, read_labels
from convlens.data.intake.pictures import Fit, check_options, read_images
from convlens.data.labelled_images import Dataset, LabelledImages
from convlens.errors import DataError, UsageError
from convlens.pixels.batches import Shape
from convlens.words import shorten

NAME = "arrays"
"""What runs and messages call data that have no name."""
_DARK = 64
"""Bytes are taken as they are; below this a person should know how dark they are."""


def is_share(validation: Any) -> bool:
    """Whether this is a share of the training images, or meant as one, rather than images.

    >>> is_share(0.1), is_share((["image"], ["label"]))
    (True, False)
    """
    return isinstance(validation, bool | int | float | np.number)


def read_dataset(
    data: Any, labels: Any = None, *, validation: Any = None, test: Any = None, options: ImportOptions | None = None
) -> Dataset:
    """Images and labels in memory, or in another library's dataset, as a `Dataset`.

    Args:
        data: images, with `labels`; or both in one: `(X, y)`, a dict, a frame, a list of pairs, a dataset or a loader;
            or a `Dataset` or `LabelledImages`, which other parts are added to.
        labels: one for each image.
        validation, test: images and labels of these parts, in any of these forms.
        options: the side and the channels that images get; see `read_images`.

    Raises:
        DataError: what cannot be read, or parts that do not fit each other.
        UsageError: a part that is given twice.

    >>> read_dataset(np.zeros((4, 8, 8)), ["cat", "dog", "cat", "dog"]).train
    LabelledImages('arrays', 4 images of 1×8×8, 2 classes)
    """
    if isinstance(data, Dataset | LabelledImages):
        if labels is not None:
            raise UsageError(f"labels were given, and {data.name} has labels of its own. Leave them out.")
        if options is not None:
            raise UsageError("images says how files are read, and these images are read already. Leave it out.")
        dataset = data if isinstance(data, Dataset) else Dataset(data.name, data, None, "auto")
        parts: dict[str, Columns] = {}
        by_number = True  # these had numbers for labels before
    else:
        check_options(options)
        parts = find_parts(data, labels)
        dataset = _read_training(parts, options)
        by_number = parts["train"].class_names is not None
    for role, given in (("validation", validation), ("test", test)):
        if given is None and role not in parts:
            continue
        if getattr(dataset, role) is not None or (given is not None and role in parts):
            raise UsageError(f"{role}= was given, and the data have {role} images of their own. Leave out one.")
        source = parts[role] if given is None else given
        images = _read_other(source, role, dataset.train, by_number, options)
        dataset = replace(dataset, validation=images) if role == "validation" else replace(dataset, test=images)
    return dataset


def _read_training(parts: dict[str, Columns], options: ImportOptions | None) -> Dataset:
    if "train" not in parts:
        raise DataError(f"the data have {' and '.join(parts)} images and none to train on. Give these, as train.")
    columns = parts["train"]
    labels = read_columns_labels(columns)
    if len(labels.class_names) < 2:
        raise DataError(
            f"{columns.labels_name} has one class only, {', '.join(labels.class_names)}: there is nothing to tell "
            "apart. Give images of two classes or more."
        )
    pixels, notes = read_images(columns.images, len(labels), name=columns.images_name, options=options)
    brightest = int(pixels.max())
    if brightest < _DARK:
        notes = (*notes, f"dark images: the brightest pixel is {brightest} of 255")
    images = LabelledImages(pixels, labels.numbers, labels.class_names, NAME)
    return Dataset(NAME, images, None, "auto", notes=notes, numbered=labels.are_numbers)


def _read_other(
    given: Any, role: str, train: LabelledImages, by_number: bool, options: ImportOptions | None
) -> LabelledImages:
    """The validation or test images, labelled with the numbers of the training classes."""
    if isinstance(given, Dataset):
        raise UsageError(f"{role} is a Dataset, which has parts of its own. Give one of them, such as its .test.")
    if isinstance(given, LabelledImages):
        labels = Labels(given.labels, given.class_names)
        numbers = number_labels(labels, train.class_names, given.name, "the training part")
        return LabelledImages(given.images, numbers, train.class_names, given.name)
    if not isinstance(given, Columns):
        if is_share(given) or isinstance(given, str | os.PathLike):
            allowed = "a share of the training images or labelled images" if role == "validation" else "labelled images"
            raise UsageError(f"{role} is {shorten(repr(given), 40)}; give {allowed}, such as {role}=(X, y).")
        parts = find_parts(given, None, role, f"_{role}")
        if list(parts) != ["train"]:
            raise DataError(f"{role} has parts of its own, {', '.join(parts)}. Give one of them.")
        given = parts["train"]
    name = f"{train.name} {role}"
    return read_part(
        given, train.image_shape, train.class_names, name, "the training part", by_number=by_number, options=options
    )[0]


def read_part(
    columns: Columns, shape: Shape, class_names: Sequence[str], name: str, owner: str, *,
    by_number: bool = False, options: ImportOptions | None = None, fit: Fit | None = None,
) -> tuple[LabelledImages, tuple[str, ...]]:  # fmt: skip
    """Images for classes that are known already, at a shape that is known already, and notes.

    Raises:
        DataError: another shape, or a label that `owner` does not know.
    """
    labels = read_columns_labels(columns)
    numbers = number_labels(labels, class_names, columns.labels_name, owner, by_number)
    pixels, notes = read_images(
        columns.images, len(labels), name=columns.images_name, shape=shape, options=options, fit=fit
    )
    return LabelledImages(pixels, numbers, tuple(class_names), name), notes


def read_columns_labels(columns: Columns) -> Labels:
    """The labels, with the names that came with them."""
    return read_labels(columns.labels, columns.labels_name, columns.class_names)
