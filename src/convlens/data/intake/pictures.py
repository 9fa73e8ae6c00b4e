"""Converts images in memory, or their files, to one array; images of different sizes are scaled to one size.

A list can hold what an array cannot: paths, bytes, Pillow images, arrays of different sizes. Such images are scaled by
the rules for images at a path (`data.custom`): to a square, with the size and channels from `ImportOptions`, or chosen
from the images.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.data.custom.options import ImportOptions
from convlens.data.custom.shape import choose_shape, evenly_chosen
from convlens.errors import DataError, ImageError
from convlens.pixels import ImageSource, as_array, read_batch, read_image, to_colour, to_grey
from convlens.pixels.batches import CHANNELS, Shape, is_picture, join_to_bytes
from convlens.pixels.conversion import colour_spread, is_grey
from convlens.pixels.framing import letterbox
from convlens.words import count_of

Fit: TypeAlias = Callable[[ImageSource], NDArray[np.uint8]]
"""A function that converts one image to its pixels, uint8 C×H×W."""


def read_images(
    values: Any,
    count: int | None = None,
    *,
    name: str = "X",
    shape: Shape | None = None,
    options: ImportOptions | None = None,
    fit: Fit | None = None,
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Read images as uint8 N×C×H×W, and return them with notes on how they were changed.

    Args:
        values: an array or a tensor (see `convlens.pixels.read_batch`), or a list, a column or an array of images:
            paths, contents of files, Pillow images, arrays.
        count: the number of labels, if known; the number of images must be the same.
        name: the name of the images in messages.
        shape: channels, height and width of the result; None keeps the shape of arrays of one size, and chooses one
            for other images.
        options: the requested size and number of channels.
        fit: converts an image to `shape`; None letterboxes it.

    Raises:
        DataError: the images cannot be read as a batch; see `read_batch`.
        ImageError: an image cannot be decoded; the message begins with its index.

    >>> pixels, notes = read_images([np.full((20, 30), 9, np.uint8), np.full((16, 16), 9, np.uint8)])
    >>> print(pixels.shape, notes[0])
    (2, 1, 28, 28) input 28×28: the longest side is at most 26 pixels in three quarters of 2 sampled images (16 to 30)
    """
    sized = options is not None and (options.size is not None or options.channels is not None)
    pictures = _as_pictures(values, name, shape)
    if pictures is None and not sized:
        return read_batch(values, shape=shape, count=count, name=name), ()
    if pictures is None:
        pictures = list(_as_rows(read_batch(values, count=count, name=name)))
    if count is not None and len(pictures) != count:
        raise DataError(
            f"{name} has {count_of(len(pictures), 'image')}, but there are {count_of(count, 'label')}. Give one label "
            "for each image."
        )
    notes: tuple[str, ...] = ()
    if shape is None:
        shape, notes = _choose_shape(pictures, options or ImportOptions(), name)
    chosen = shape
    pixels = np.empty((len(pictures), *chosen), np.uint8)
    for place, picture in enumerate(pictures):
        try:
            pixels[place] = fit(picture) if fit is not None else _letterboxed(read_image(picture), chosen)
        except ImageError as error:
            raise _located(error, name, place) from error
    return pixels, notes


def check_options(options: ImportOptions | None) -> None:
    """Refuse options that only apply to images at a path: how these are split and grouped.

    Raises:
        DataError: an option other than `size` and `channels` differs from its default.
    """
    if options is None:
        return
    plain = ImportOptions(size=options.size, channels=options.channels)
    for key, value in options.as_dict().items():
        if value != getattr(plain, key):
            raise DataError(
                f"{key}={value!r} only applies to images at a path; for images in memory, size and channels can be "
                "chosen. Give validation=0.1, or validation=(X, y) and test=(X, y)."
            )


def _as_pictures(values: Any, name: str, shape: Shape | None) -> list[ImageSource] | None:
    """Return a list if the images differ in size or must be decoded; None if `values` can be read as a batch."""
    items = _as_items(values)
    if not items:
        return None
    items = [_as_source(item, f"{name}[{place}]") for place, item in enumerate(items)]
    if any(isinstance(item, str | bytes | os.PathLike) for item in items):
        return _with_bytes(items, name)
    kinds = {_kind_of(item) for item in items}
    if len(kinds) > 1:
        return _with_bytes(items, name)
    mode, size = kinds.pop()
    if mode is None or shape is None:
        return None
    channels = {"L": 1, "1": 1, "RGB": 3}.get(mode, 0)
    return None if (channels, *size) == shape else items


def _as_items(values: Any) -> list[Any] | None:
    """Return the elements of a list or a column of images; None for an array of numbers."""
    if isinstance(values, np.ndarray):
        return list(values) if values.dtype.kind in "OUS" and values.ndim == 1 else None
    if isinstance(values, list | tuple):
        first = values[0] if len(values) else None
        return None if isinstance(first, list | tuple | int | float | None) else list(values)
    return None


def _as_source(item: Any, name: str) -> Any:
    """Return an image that `read_image` accepts, or an array whose range of values is not checked yet."""
    if isinstance(item, dict) and ("bytes" in item or "path" in item):  # as Hugging Face stores images
        item = item.get("bytes") or item.get("path")
    if isinstance(item, bytearray | memoryview):
        return bytes(item)
    if isinstance(item, str | bytes | os.PathLike) or is_picture(item):
        return str(item) if isinstance(item, np.str_) else item
    return as_array(item, name)


def _kind_of(item: Any) -> tuple[str | None, tuple[int, ...]]:
    """Return the mode and the size, which must be equal for images to form one array."""
    return (item.mode, (item.height, item.width)) if is_picture(item) else (None, item.shape)


def _with_bytes(items: list[Any], name: str) -> list[ImageSource]:
    """Convert the arrays among the images to bytes, H×W or H×W×C, scaled by their common range of values."""
    places = [place for place, item in enumerate(items) if isinstance(item, np.ndarray)]
    if not places:
        return items
    arrays = join_to_bytes([items[place] for place in places], name)
    last = all(array.ndim == 2 or (array.ndim == 3 and array.shape[2] in CHANNELS) for array in arrays)
    first = all(array.ndim == 2 or (array.ndim == 3 and array.shape[0] in CHANNELS) for array in arrays)
    deep = next((place for place, array in zip(places, arrays, strict=True) if array.ndim == 3), None)
    if not first and not last:
        raise DataError(
            f"{name} is a list of arrays of different shapes, not all of which are H×W, H×W×C or C×H×W with 1, 3 or 4 "
            f"channels; {name}[{places[0]}] is {arrays[0].shape}. Give all of them in one of these layouts."
        )
    if first and last and deep is not None:
        raise DataError(
            f"{name} is a list of arrays that may all be H×W×C or C×H×W: {name}[{deep}] is "
            f"{items[deep].shape}. Give Pillow images instead."
        )
    for place, array in zip(places, arrays, strict=True):
        items[place] = array if last or array.ndim == 2 else np.ascontiguousarray(array.transpose(1, 2, 0))
    return items


def _as_rows(batch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert a batch to N×H×W×C, the layout of Pillow images."""
    return np.ascontiguousarray(batch.transpose(0, 2, 3, 1))


def _choose_shape(pictures: Sequence[ImageSource], options: ImportOptions, name: str) -> tuple[Shape, tuple[str, ...]]:
    """Choose the size and the channels by the rules of `data.custom`, and return notes with the reasons."""
    longest, colour = [], []
    known = options.size is not None and options.channels is not None
    for place in [] if known else evenly_chosen(len(pictures)).tolist():
        try:
            image = read_image(pictures[place])
        except ImageError as error:
            raise _located(error, name, place) from error
        longest.append(max(image.size))
        colour.append(0 if is_grey(image) else colour_spread(image))
    chosen = choose_shape(np.array(longest or [0]), np.array(colour or [0]), options)
    return (chosen.channels, chosen.size, chosen.size), chosen.notes


def _letterboxed(image: Any, shape: Shape) -> NDArray[np.uint8]:
    """Letterbox an image into `shape`."""
    channels, height, width = shape
    pixels = (to_grey if channels == 1 else to_colour)(image)[0]
    return letterbox(pixels, height, width).reshape(height, width, channels).transpose(2, 0, 1)


def _located(error: ImageError, name: str, place: int) -> ImageError:
    return ImageError(f"{name}[{place}]: {error}", error.problem)
