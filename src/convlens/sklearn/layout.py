"""Convert rows of features to images.

scikit-learn's tools use one row of numbers per sample. A row does not contain the height and width of its image, so the
classifier has the parameter `image_shape`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convlens.checking import items_or_none, refuse, whole_or_none
from convlens.errors import DataError
from convlens.pixels.batches import Shape, read_batch

ROW = "row"
"""Each sample is one row of pixels: images of 1 × features, for networks that begin with `dense`."""


@dataclass(frozen=True)
class Layout:
    """The layout of the samples in `fit`.

    Attributes:
        row: the shape that rows of features are reshaped to; None if the samples are images.
        image: channels, height and width of every image; None if they are only known after reading the images.
    """

    row: tuple[int, ...] | None
    image: Shape | None

    def arrange(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Convert rows or images to N×C×H×W.

        Raises:
            DataError: the images have another shape, or one that can be read in two ways.
        """
        name = "X"
        if pixels.ndim == 2 and self.row is not None:
            pixels, name = pixels.reshape(-1, *self.row), f"X.reshape{(-1, *self.row)}"
        return read_batch(pixels, shape=self.image, count=len(pixels), name=name)


def read_layout(image_shape: object, sample_shape: Sequence[int]) -> Layout:
    """Return the layout of samples whose shape is `(features,)` for rows, or H×W, C×H×W or H×W×C for images.

    Raises:
        UsageError: `image_shape` is not a shape.
        DataError: the samples have another shape, or are rows and `image_shape` is None.

    >>> read_layout((8, 8), [64])
    Layout(row=(8, 8), image=(1, 8, 8))
    """
    shape = _as_shape(image_shape)
    if shape is None and len(sample_shape) > 1:
        return Layout(None, None)
    features = math.prod(sample_shape)
    if shape is None:
        raise _rows_without_shape(features)
    if shape == ROW:
        if len(sample_shape) > 1:
            raise DataError(f"X has images, {_times(sample_shape)}, but image_shape is {ROW!r}. Leave image_shape out.")
        return Layout((1, 1, features), (1, 1, features))
    assert isinstance(shape, tuple), "None and the text are handled above"
    if len(sample_shape) > 1 and tuple(sample_shape) != shape:
        raise DataError(f"X has images of {_times(sample_shape)}, but image_shape is {shape}. Leave image_shape out.")
    if math.prod(shape) != features:
        raise DataError(
            f"X has {features:,} features, but image_shape={shape} needs {math.prod(shape):,}. "
            "Give the shape of one image, such as (8, 8) for 64 features."
        )
    return Layout(shape, (1, shape[0], shape[1]) if len(shape) == 2 else None)


def _as_shape(given: object) -> tuple[int, ...] | str | None:
    if given is None or (isinstance(given, str) and given == ROW):
        return given
    numbers = [whole_or_none(number) for number in items_or_none(given) or ()]
    sizes = tuple(number for number in numbers if number is not None and number > 0)
    if len(sizes) != len(numbers) or len(sizes) not in (2, 3):
        refuse(
            "image_shape",
            given,
            "(height, width), (height, width, channels) or (channels, height, width), or 'row' for one row of pixels",
        )
    return sizes


def _rows_without_shape(features: int) -> DataError:
    side = math.isqrt(features)
    example = f"({side}, {side})" if side * side == features and side > 1 else "(height, width)"
    return DataError(
        f"X has rows of {features:,} features, which do not say how high and wide the images are. Give "
        f"image_shape={example}, or image_shape='row' for one row of pixels, with a network such as 'dense 32, relu, "
        "dense'."
    )


def _times(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes))
