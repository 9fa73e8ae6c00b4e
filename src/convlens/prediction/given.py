"""Read the argument of `predict`: one image or several, as arrays of the network's shape or as images to prepare."""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import Dataset, LabelledImages
from convlens.data.intake.columns import as_column
from convlens.errors import UsageError
from convlens.pixels import MAX_FILE_BYTES
from convlens.pixels.batches import Shape, as_array, is_picture, read_batch
from convlens.prediction.pictures import NamedPictures, Picture, means_several
from convlens.prediction.readings import check_one_image, has_shape, is_one_image

_ALLOWED = "a path, the bytes of a file, an open file, a Pillow image, an array, or a list of these"


@dataclass(frozen=True, eq=False)
class Given:
    """The images to predict.

    Attributes:
        is_one: whether one image was given, not a batch, a list or a folder.
        pictures: images that are read and prepared one by one.
        batch: used instead of `pictures` if all images are arrays of the network's shape: uint8, N×C×H×W.
    """

    is_one: bool
    pictures: Iterable[Picture] = ()
    batch: NDArray[np.uint8] | None = None

    def as_pictures(self) -> Iterable[Picture]:
        """Return the same images as pictures that are prepared, even if they already have the network's shape."""
        if self.batch is not None:
            return [Picture("", image.transpose(1, 2, 0)) for image in self.batch]
        return (
            Picture(one.name, one.content.transpose(1, 2, 0), one.true_class)
            if one.is_ready and isinstance(one.content, np.ndarray)
            else one
            for one in self.pictures
        )


def read_given(images: Any, named: NamedPictures, as_batch: bool = False) -> Given:
    """Read the argument of `predict`. With `as_batch`, an array is read as a batch if possible, as in `predict_proba`.

    Raises:
        UsageError: `images` has a type that cannot be predicted, or is an array that can be read in two ways.
        DataError: the values of an array are not pixels.
    """
    if isinstance(images, LabelledImages):
        return _from_labelled(images, named.shape)
    if isinstance(images, Dataset):
        raise UsageError(f"{images.name} is a whole dataset. Give its images: dataset.test or dataset.train.")
    if isinstance(images, os.PathLike):
        images = Path(os.fsdecode(images))
    if isinstance(images, str | Path):
        several = means_several(images)
        return Given(not several, _not_in_vain(named.find(images)) if several else named.find(images))
    if is_single(images):
        return Given(True, _one(images, named, "X"))
    images = _as_list_of_names(images)
    if isinstance(images, list | tuple):
        return _from_list(images, named, as_batch)
    if is_array(images):
        return _from_array(as_array(images, "X"), named.shape, as_batch)
    if isinstance(images, Mapping | set | frozenset) or not isinstance(images, Iterable):
        raise UsageError(f"cannot predict a value of type {type(images).__name__}. Give {_ALLOWED}.")
    return Given(False, _each(images, named))


def _not_in_vain(pictures: Iterator[Picture]) -> Iterator[Picture]:
    """Return the pictures of a folder or a pattern.

    Raises:
        ImageError: the folder or pattern has no images.
    """
    first, second = next(pictures), next(pictures, None)
    if second is None and first.error is not None:
        raise first.error
    return itertools.chain([first], [second] if second else [], pictures)


def is_array(images: Any) -> bool:
    """Return whether an object is an array, or a tensor of any library.

    >>> is_array(np.zeros(3)), is_array([1, 2]), is_array("seven.png")
    (True, False, False)
    """
    if isinstance(images, type | str | bytes) or is_picture(images):
        return False
    return hasattr(images, "__array__") or hasattr(images, "__dlpack__")


def is_single(images: Any) -> bool:
    """Return whether an object can only be one image: bytes, a Pillow image, an open file."""
    is_file = callable(getattr(images, "read", None)) and not is_array(images)
    return isinstance(images, bytes | bytearray | memoryview) or is_picture(images) or is_file


def _as_list_of_names(images: Any) -> Any:
    """Convert a column of a data frame, or an array of strings or objects, to a list; leave the rest unchanged."""
    if isinstance(images, np.ndarray):
        return images.tolist() if images.ndim == 1 and images.dtype.kind in "OUS" else images
    return as_column(images) if hasattr(images, "dtype") else images


def _from_list(images: "list[Any] | tuple[Any, ...]", named: NamedPictures, as_batch: bool) -> Given:
    if images and _are_arrays_alike(images, named.shape):
        # `np.stack` takes three times as long for ten thousand small arrays.
        stacked = np.concatenate(images).reshape(len(images), *images[0].shape)
        return Given(False, batch=read_batch(stacked, shape=named.shape, name="X"))
    if images and _is_of_numbers(images):
        return _from_array(as_array(images, "X"), named.shape, as_batch)
    return Given(False, _each(images, named))


def _are_arrays_alike(images: "list[Any] | tuple[Any, ...]", shape: Shape) -> bool:
    """Return whether all images are arrays of the network's shape, with the same layout and dtype."""
    first = images[0]
    if type(first) is not np.ndarray or not has_shape(first.shape, shape):
        return False
    return all(type(one) is np.ndarray and one.shape == first.shape and one.dtype == first.dtype for one in images)


def _is_of_numbers(images: Any) -> bool:
    """Return whether this is a list of numbers, nested to any depth."""
    while isinstance(images, list | tuple) and images:
        images = images[0]
    return isinstance(images, int | float) or (isinstance(images, np.generic) and not isinstance(images, np.str_))


def _from_labelled(given: LabelledImages, shape: Shape) -> Given:
    names, labels = given.class_names, given.labels
    if given.image_shape == shape:
        return Given(False, batch=given.images)
    pictures = (
        Picture("", image.transpose(1, 2, 0), names[int(label)])
        for image, label in zip(given.images, labels, strict=True)
    )
    return Given(False, pictures)


def _from_array(array: NDArray[Any], shape: Shape, as_batch: bool) -> Given:
    """Read an array as one image or as a batch; the network's shape decides."""
    if array.ndim in (3, 4) and len(array) == 0:
        return Given(False)
    if is_one_image(array.shape, shape, as_batch):
        if has_shape(array.shape, shape):
            return Given(True, batch=_ready(array, shape, "X")[None])
        return Given(True, [Picture("", array)])
    if array.ndim == 2 or has_shape(array.shape[1:], shape):
        batch = read_batch(array, shape=shape, name="X")
        is_shared = array.flags.writeable and np.may_share_memory(batch, array)
        return Given(False, batch=batch.copy() if is_shared else batch)
    images = read_batch(array, count=len(array), name="X")
    return Given(False, [Picture("", image.transpose(1, 2, 0)) for image in images])


def _ready(array: NDArray[Any], shape: Shape, name: str) -> NDArray[np.uint8]:
    """Convert one image of the network's shape to uint8, C×H×W."""
    return read_batch(array[None], shape=shape, name=name)[0].copy()


def _each(images: Iterable[Any], named: NamedPictures) -> Iterator[Picture]:
    for place, image in enumerate(images):
        yield from _one(image, named, f"X[{place}]")


def _one(image: Any, named: NamedPictures, name: str) -> Iterator[Picture]:
    """Yield the pictures of one element of a list: one picture, or those of a folder or a pattern.

    Raises:
        UsageError: the element is not an image, or is a batch of images.
    """
    if isinstance(image, os.PathLike) and not isinstance(image, Path):
        image = Path(os.fsdecode(image))
    if isinstance(image, str | Path):
        yield from named.find(image)
    elif isinstance(image, bytes | bytearray | memoryview):
        yield Picture("", bytes(image))
    elif is_picture(image):
        yield Picture(str(getattr(image, "filename", "") or ""), image)
    elif is_array(image):
        array = as_array(image, name)
        check_one_image(array.shape, named.shape, name)
        is_ready = has_shape(array.shape, named.shape)
        yield Picture("", _ready(array, named.shape, name) if is_ready else array, is_ready=is_ready)
    elif callable(getattr(image, "read", None)):
        yield _from_file(image, name)
    elif isinstance(image, tuple | list) and len(image) == 2 and not _is_of_numbers(image):
        raise UsageError(f"{name} is a pair, such as an image and its label. Give the images alone.")
    elif isinstance(image, tuple | list) and _is_of_numbers(image):
        yield from _one(as_array(image, name), named, name)
    else:
        raise UsageError(f"{name} has type {type(image).__name__}. Give {_ALLOWED}.")


def _from_file(file: Any, name: str) -> Picture:
    """Read an open file from its current position to its end."""
    try:
        content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{name}: cannot read this file ({error}). Open it with open(path, 'rb').") from error
    if not isinstance(content, bytes | bytearray):
        raise UsageError(f"{name}: this file is open in text mode. Open it with open(path, 'rb').")
    given = getattr(file, "name", "")
    return Picture(given if isinstance(given, str) else "", bytes(content))
