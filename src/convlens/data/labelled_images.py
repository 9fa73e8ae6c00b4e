"""Images and labels in memory: the result of every data source, and the input of all other packages.

Images are stored as bytes (uint8, N×C×H×W), which take a quarter of the memory of floats and lose nothing before the
preprocessing. A dataset is an array and not an object that returns one image at a time, because slicing an array takes
microseconds per batch, and 64 calls take milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from convlens.checking import as_flag, as_instance, items_or_none, refuse, shown
from convlens.errors import DataError, UsageError
from convlens.notebook import Html, html_picture, html_row, html_table
from convlens.pixels import encode_png
from convlens.words import count_of, shorten, times

_CLASSES_IN_HTML, _COLUMNS_IN_HTML, _PICTURES_IN_HTML = 30, 10, 6


@dataclass(frozen=True, eq=False, repr=False)
class LabelledImages:
    """N images with their labels.

    Args:
        images: uint8, N×C×H×W; stored C-contiguous. May be mapped into memory from a file, and may be read-only then.
        labels: N integers from 0 to len(class_names) − 1; stored as int64.
        class_names: the name of each label.
        name: the name of the images in messages and reports, such as "mnist train".

    Raises:
        DataError: an array has a wrong type or shape, the lengths differ, or a label has no class name.

    >>> images = np.zeros((2, 1, 28, 28), np.uint8)
    >>> LabelledImages(images, np.array([0, 1]), ("cat", "dog"), "pets")
    LabelledImages('pets', 2 images of 1×28×28, 2 classes)
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    name: str = "images"

    if TYPE_CHECKING:  # lists are accepted, too, and stored as arrays and tuples

        def __init__(
            self, images: np.ndarray, labels: ArrayLike, class_names: Sequence[str], name: str = "images"
        ) -> None: ...

    def __post_init__(self) -> None:
        as_instance("name", self.name, str, "a string")
        object.__setattr__(self, "class_names", as_class_names(self.class_names))
        _check_images(self.name, self.images)
        object.__setattr__(self, "labels", _as_array(self.name, self.labels))
        _check_labels(self.name, self.labels, len(self.images), len(self.class_names))
        object.__setattr__(self, "images", np.ascontiguousarray(self.images))
        object.__setattr__(self, "labels", np.ascontiguousarray(self.labels, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.image_shape))
        images, classes = count_of(len(self), "image"), count_of(len(self.class_names), "class")
        return f"LabelledImages({self.name!r}, {images} of {shape}, {classes})"

    def _repr_html_(self) -> str:
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        rows = [
            [self.class_names[label], f"{counts[label]:,}", self._first_of(label)]
            for label in range(min(len(self.class_names), _CLASSES_IN_HTML))
        ]
        left_out = len(self.class_names) - len(rows)
        below = [f"and {count_of(left_out, 'class')} more"] if left_out else []
        what = f"{count_of(len(self), 'image')} of {times(self.image_shape)}"
        return html_table(f"{self.name}: {what}", rows, ["class", "images", "the first of them"], below)

    def _first_of(self, label: int, count: int = _PICTURES_IN_HTML) -> Html:
        """Return the first few images of a class as HTML."""
        places = np.flatnonzero(self.labels == label)[:count]
        return html_row(
            html_picture(encode_png(self.images[place].transpose(1, 2, 0)), title=f"image {place}") for place in places
        )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of each image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def subset(self, indices: Sequence[int] | np.ndarray) -> "LabelledImages":
        """Return a copy of the images at `indices` (from 0 to N − 1), in that order.

        Raises:
            DataError: there are no indices, or one of them is out of range.

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


RulesName = Literal["auto", "digit", "garment", "glyph", "letterbox"]
"""The rules that convert pictures to images like these; see `convlens.preprocessing`."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training, validation and test images, and the preprocessing rules for them.

    `test` and `validation` are None if there are no such images; validation images are used to choose between models
    and for calibration.
    `preprocessing_rules` are the rules that convert a photo to an image like these: "digit", "garment", "glyph" or
    "letterbox"; with "auto", the training images decide.
    `notes` are lines of text: how images were converted, what was left out, and how the images were split.
    `source` has the absolute "path" of custom images and the "options" they were read with, as JSON values.
    `numbered` is True if the classes are integers or booleans, whose names are the same as text: `predict_labels` of a
    model then returns integers or booleans instead of strings.

    Raises:
        DataError: the parts differ in the shape of their images or in their classes.
    """

    name: str
    train: LabelledImages
    test: LabelledImages | None
    preprocessing_rules: RulesName
    validation: LabelledImages | None = None
    notes: tuple[str, ...] = ()
    source: Mapping[str, Any] | None = None
    numbered: bool = False

    def __post_init__(self) -> None:
        as_flag("numbered", self.numbered)
        as_instance("name", self.name, str, "a string")
        notes = items_or_none(self.notes)
        object.__setattr__(self, "notes", tuple(notes) if notes is not None else refuse("notes", self.notes, "strings"))
        as_instance("train", self.train, LabelledImages, "LabelledImages(...)")
        for part, kind in ((self.validation, "validation"), (self.test, "test")):
            if part is not None:
                as_instance(kind, part, LabelledImages, "LabelledImages(...), or None")
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

    def _repr_html_(self) -> str:
        names = self.train.class_names[:_COLUMNS_IN_HTML]
        parts = (("train", self.train), ("validation", self.validation), ("test", self.test))
        rows = [
            [name, f"{len(part):,}", *(part._first_of(label, 1) for label in range(len(names)))]
            for name, part in parts
            if part is not None
        ]
        classes = len(self.train.class_names)
        what = f"{count_of(classes, 'class')}, images of {times(self.train.image_shape)}"
        left_out = [f"and {count_of(classes - len(names), 'class')} more"] if classes > len(names) else []
        header = ["part", "images", *(shorten(name, 24) for name in names)]
        return html_table(f"{self.name}: {what}", rows, header, [*left_out, *self.notes])


def hash_images(images: np.ndarray) -> np.ndarray:
    """Return a hash of 16 bytes for each of N images (S16); exact copies have equal hashes.

    >>> marks = hash_images(np.array([[[[7]]], [[[8]]], [[[7]]]], np.uint8))
    >>> bool(marks[0] == marks[2]), bool(marks[0] == marks[1])
    (True, False)
    """
    return np.array([blake2b(image, digest_size=16).digest() for image in np.ascontiguousarray(images)], "S16")


def as_class_names(given: object) -> tuple[str, ...]:
    """Convert a list of distinct strings to a tuple of class names.

    Raises:
        UsageError: the value is not a list of distinct strings.

    >>> as_class_names(["cat", "dog"])
    ('cat', 'dog')
    """
    names = items_or_none(given)
    if names is None:
        refuse("class_names", given, 'a list of names, one for each class, such as ["cat", "dog"]')
    check_class_names(tuple(names))
    return tuple(names)


def _as_array(name: str, labels: object) -> np.ndarray:
    try:
        return np.asarray(labels)
    except (ValueError, OverflowError):
        raise DataError(f"{name}: the labels are {shown(labels)}. Give one whole number for each image.") from None


def check_class_names(names: tuple[str, ...]) -> None:
    """Refuse class names that are not distinct strings.

    Raises:
        UsageError: a name is not allowed; the message has the first such name.

    >>> check_class_names(("cat", "dog"))
    """
    if not names:
        raise UsageError("there are no class names. Give one for each class.")
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise UsageError(
                f"class name {name!r} is a {type(name).__name__}, not a string. Give {str(name)!r} instead."
            )
        if not name.isascii() and name.encode("utf-8", "ignore").decode() != name:
            raise UsageError(f"class name {name!a} is not valid Unicode text. Rename it.")
        if name in names[:place]:
            raise UsageError(f"class name {name!r} occurs twice. Give each class a different name.")


def _check_images(name: str, images: np.ndarray) -> None:
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        given = images.dtype if isinstance(images, np.ndarray) else type(images).__name__
        raise DataError(f"{name}: the images are {given}, not a uint8 array. Give bytes from 0 to 255.")
    if images.ndim != 4:
        advice = {
            2: "If these are rows of pixels, give the height and width: images.reshape(-1, 1, height, width).",
            3: "For grey images add the channel: images[:, np.newaxis].",
        }.get(images.ndim, "Give four dimensions.")
        raise DataError(f"{name}: the images have the shape {images.shape}, not N×C×H×W. {advice}")
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
