"""Images with their labels in memory: what every data source returns and everything above it takes.

The images stay bytes (uint8, N×C×H×W): a quarter of the memory of floats, and nothing is lost before the preprocessing
decides how bytes become numbers. A dataset is an array and not an object that is asked for one image at a time, because
one slice of an array per batch costs microseconds where 64 calls cost milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from convlens.errors import DataError, UsageError
from convlens.words import count_of


@dataclass(frozen=True, eq=False, repr=False)
class LabelledImages:
    """N images and what each of them shows.

    Args:
        images: uint8, N×C×H×W; stored C-contiguous. May be mapped into memory from a file, and may be read-only then.
        labels: N whole numbers from 0 to len(class_names) − 1; stored as int64.
        class_names: one name for each label.
        name: what messages and reports call these images, such as "mnist train".

    Raises:
        DataError: the arrays have another type or shape, don't fit each other, or a label has no class name.

    >>> images = np.zeros((2, 1, 28, 28), np.uint8)
    >>> LabelledImages(images, np.array([0, 1]), ("cat", "dog"), "pets")
    LabelledImages('pets', 2 images of 1×28×28, 2 classes)
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    name: str = "images"

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_names", tuple(self.class_names))
        check_class_names(self.class_names)
        _check_images(self.name, self.images)
        object.__setattr__(self, "labels", np.asarray(self.labels))
        _check_labels(self.name, self.labels, len(self.images), len(self.class_names))
        object.__setattr__(self, "images", np.ascontiguousarray(self.images))
        object.__setattr__(self, "labels", np.ascontiguousarray(self.labels, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.image_shape))
        images, classes = count_of(len(self), "image"), count_of(len(self.class_names), "class")
        return f"LabelledImages({self.name!r}, {images} of {shape}, {classes})"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def subset(self, indices: Sequence[int] | np.ndarray) -> "LabelledImages":
        """The images at `indices` (whole numbers from 0 to N − 1), in that order, copied.

        Raises:
            DataError: there are no indices, or one of them is not an image's number.

        >>> pets = LabelledImages(np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 1]), ("cat", "dog"), "pets")
        >>> pets.subset([2, 0]).labels
        array([1, 0])
        """
        chosen = np.asarray(indices)
        if chosen.ndim != 1 or (chosen.size and not np.issubdtype(chosen.dtype, np.integer)):
            raise DataError(
                f"a subset of {self.name} was asked for with {chosen.dtype} indices of shape {chosen.shape}: "
                f"give a list of whole numbers from 0 to {len(self) - 1}."
            )
        if chosen.size and (chosen.min() < 0 or chosen.max() >= len(self)):
            wrong = int(chosen.min() if chosen.min() < 0 else chosen.max())
            raise DataError(
                f"{self.name} has no image {wrong}: it has {len(self):,}, numbered from 0 to {len(self) - 1}. "
                f"Choose indices in that range."
            )
        chosen = chosen.astype(np.int64)
        return LabelledImages(self.images[chosen], self.labels[chosen], self.class_names, self.name)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images to train on, to validate with and to test with, and the preprocessing rules they were made with.

    `test` is None where there are no images to test with, `validation` where none were set aside for choosing between
    models and for fitting how sure a model may be.
    `preprocessing_rules` is "digit", "garment", "glyph" or "letterbox": how a photo becomes one of this kind; with
    "auto" the training images decide.
    `notes` are lines for people: what was done to which images by which rule, what was left out, how it was divided.
    `source` is where custom images can be had again: their absolute "path" and the "options" they were read with,
    JSON values only.

    Raises:
        DataError: the parts have images of different shapes or different classes.
    """

    name: str
    train: LabelledImages
    test: LabelledImages | None
    preprocessing_rules: str
    validation: LabelledImages | None = None
    notes: tuple[str, ...] = ()
    source: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))
        for part, kind in ((self.validation, "validation"), (self.test, "test")):
            if part is not None:
                self._check_part(part, kind)

    def _check_part(self, part: LabelledImages, kind: str) -> None:
        if self.train.image_shape != part.image_shape:
            raise DataError(
                f"{self.name}: training images are {self.train.image_shape} and {kind} images {part.image_shape} "
                f"(channels, height, width); both must be the same. Convert one of them."
            )
        if self.train.class_names != part.class_names:
            raise DataError(
                f"{self.name}: training images have the classes {', '.join(self.train.class_names)} and {kind} images "
                f"{', '.join(part.class_names)}; both must be the same, in the same order."
            )


def hash_images(images: np.ndarray) -> np.ndarray:
    """A mark of 16 bytes for each of N images (S16): exact copies have the same, other images another one.

    >>> marks = hash_images(np.array([[[[7]]], [[[8]]], [[[7]]]], np.uint8))
    >>> bool(marks[0] == marks[2]), bool(marks[0] == marks[1])
    (True, False)
    """
    return np.array([blake2b(image, digest_size=16).digest() for image in np.ascontiguousarray(images)], "S16")


def check_class_names(names: tuple[str, ...]) -> None:
    """Refuse class names that are not distinct texts.

    Raises:
        UsageError: with the first name that cannot be used.

    >>> check_class_names(("cat", "dog"))
    """
    if not names:
        raise UsageError("there are no class names. Give one for each class.")
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise UsageError(f"class name {name!r} is a {type(name).__name__}, not a text. Give {str(name)!r} instead.")
        if not name.isascii() and name.encode("utf-8", "ignore").decode() != name:
            raise UsageError(f"class name {name!a} is no valid text. Give it as Unicode.")
        if name in names[:place]:
            raise UsageError(f"class name {name!r} stands there twice. Give every class a name of its own.")


def _check_images(name: str, images: np.ndarray) -> None:
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        given = images.dtype if isinstance(images, np.ndarray) else type(images).__name__
        raise DataError(f"{name}: the images are {given}, not a uint8 array. Give bytes from 0 to 255.")
    if images.ndim != 4:
        raise DataError(
            f"{name}: the images have the shape {images.shape}, not N×C×H×W. For grey images add the channel: "
            f"images[:, np.newaxis]."
        )
    if images.shape[1] > 4 and images.shape[3] in (1, 3, 4):
        raise DataError(
            f"{name}: the images have the shape {images.shape}, which looks like N×H×W×C. Put the channels second: "
            "images.transpose(0, 3, 1, 2)."
        )
    if images.size == 0:
        raise DataError(f"{name}: there are no pixels in images of the shape {images.shape}. Give at least one image.")


def _check_labels(name: str, labels: np.ndarray, images: int, classes: int) -> None:
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        given = labels.dtype if isinstance(labels, np.ndarray) else type(labels).__name__
        raise DataError(f"{name}: the labels are {given}, not an array of whole numbers. Number the classes from 0.")
    if labels.shape != (images,):
        raise DataError(
            f"{name}: {images:,} images came with labels of the shape {labels.shape}. Give one label for each image."
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= classes:
        wrong = lowest if lowest < 0 else highest
        raise DataError(
            f"{name}: label {wrong} has no class name; {classes} names allow labels from 0 to {classes - 1}. "
            f"Correct the label or name the class."
        )
