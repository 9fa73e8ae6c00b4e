"""Builds a `Dataset` from images and labels in memory: all parts get the same classes and the same image size."""

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
"""The name of data in memory, in runs and messages."""
_DARK = 64
"""Bytes are not rescaled; a note warns if the brightest pixel is below this grey level."""


def is_share(validation: Any) -> bool:
    """Check whether the argument `validation` is a fraction of the training images (a number) and not images.

    >>> is_share(0.1), is_share((["image"], ["label"]))
    (True, False)
    """
    return isinstance(validation, bool | int | float | np.number)


def read_dataset(
    data: Any, labels: Any = None, *, validation: Any = None, test: Any = None, options: ImportOptions | None = None
) -> Dataset:
    """Convert images and labels in memory, or another library's dataset, to a `Dataset`.

    Args:
        data: images, if `labels` is given; or images and labels in one object: `(X, y)`, a dict, a data frame, a list
            of pairs, a dataset or a data loader; or a `Dataset` or `LabelledImages` to which other parts are added.
        labels: one label per image.
        validation, test: images and labels of these parts, in any of these forms.
        options: the size and number of channels of the result; see `read_images`.

    Raises:
        DataError: something cannot be read, or the parts differ in classes or image shape.
        UsageError: a part is given twice, or an argument does not apply to these data.

    >>> read_dataset(np.zeros((4, 8, 8)), ["cat", "dog", "cat", "dog"]).train
    LabelledImages('arrays', 4 images of 1×8×8, 2 classes)
    """
    if isinstance(data, Dataset | LabelledImages):
        if labels is not None:
            raise UsageError(f"{data.name} already has labels. Leave out the argument labels.")
        if options is not None:
            raise UsageError(f"the images of {data.name} are already read. Leave out the argument images.")
        dataset = data if isinstance(data, Dataset) else Dataset(data.name, data, None, "auto")
        parts: dict[str, Columns] = {}
        by_number = True  # labels of a Dataset are indices
    else:
        check_options(options)
        parts = find_parts(data, labels)
        dataset = _read_training(parts, options)
        by_number = parts["train"].class_names is not None
    for role, given in (("validation", validation), ("test", test)):
        if given is None and role not in parts:
            continue
        if getattr(dataset, role) is not None or (given is not None and role in parts):
            raise UsageError(f"{role}= was given, but the data already contain {role} images. Leave out one of them.")
        source = parts[role] if given is None else given
        images = _read_other(source, role, dataset.train, by_number, options)
        dataset = replace(dataset, validation=images) if role == "validation" else replace(dataset, test=images)
    return dataset


def _read_training(parts: dict[str, Columns], options: ImportOptions | None) -> Dataset:
    if "train" not in parts:
        raise DataError(f"the data have {' and '.join(parts)} images but no training images. Add them as train.")
    columns = parts["train"]
    labels = read_columns_labels(columns)
    if len(labels.class_names) < 2:
        raise DataError(
            f"{columns.labels_name} has only one class, {', '.join(labels.class_names)}; a classifier needs two. Give "
            "images of two classes or more."
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
    """Read validation or test images; their labels become indices of the training classes."""
    if isinstance(given, Dataset):
        raise UsageError(f"{role} is a Dataset, which has several parts. Give one of them, such as its .test.")
    if isinstance(given, LabelledImages):
        labels = Labels(given.labels, given.class_names)
        numbers = number_labels(labels, train.class_names, given.name, "the training data")
        return LabelledImages(given.images, numbers, train.class_names, given.name)
    if not isinstance(given, Columns):
        if is_share(given) or isinstance(given, str | os.PathLike):
            allowed = "a share of the training images or labelled images" if role == "validation" else "labelled images"
            raise UsageError(f"{role} is {shorten(repr(given), 40)}; give {allowed}, such as {role}=(X, y).")
        parts = find_parts(given, None, role, f"_{role}")
        if list(parts) != ["train"]:
            raise DataError(f"{role} has several parts: {', '.join(parts)}. Give one of them.")
        given = parts["train"]
    name = f"{train.name} {role}"
    return read_part(
        given, train.image_shape, train.class_names, name, "the training data", by_number=by_number, options=options
    )[0]


def read_part(
    columns: Columns, shape: Shape, class_names: Sequence[str], name: str, owner: str, *,
    by_number: bool = False, options: ImportOptions | None = None, fit: Fit | None = None,
) -> tuple[LabelledImages, tuple[str, ...]]:  # fmt: skip
    """Read images whose classes and shape are already fixed, by training images or a model.

    Returns the images and notes on how they were changed. Messages call the owner of the classes `owner`.

    Raises:
        DataError: the images have another shape, or a label is not one of `class_names`.
    """
    labels = read_columns_labels(columns)
    numbers = number_labels(labels, class_names, columns.labels_name, owner, by_number)
    pixels, notes = read_images(
        columns.images, len(labels), name=columns.images_name, shape=shape, options=options, fit=fit
    )
    return LabelledImages(pixels, numbers, tuple(class_names), name), notes


def read_columns_labels(columns: Columns) -> Labels:
    """Read the labels of `columns`, with the class names that the data contain."""
    return read_labels(columns.labels, columns.labels_name, columns.class_names)
