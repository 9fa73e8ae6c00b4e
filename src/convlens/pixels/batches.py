"""Converts arrays to batches of images, uint8 N×C×H×W. No other module interprets layouts and ranges of batches.

The layout and the range of values are derived from the shape and the numbers. If two interpretations are possible, the
error message names both and shows how to write each. Nothing is guessed from typical images, because a wrong guess
would train without an error and give wrong predictions. `arrays` does the same for a single image.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.errors import DataError
from convlens.pixels.arrays import to_bytes
from convlens.words import count_of, times

Shape = tuple[int, int, int]
"""Channels, height and width."""

CHANNELS = (1, 3, 4)
"""Grey, colour, and colour with transparency."""
DARK = 128
"""Floats above 1 are read as 0 to 255 only if the largest is at least this: scikit-learn's digits go to 16."""

_DEEPEST = 8
_ORDERS = {"N×C×H×W": (0, 1, 2, 3), "N×H×W×C": (0, 3, 1, 2)}


def read_batch(
    images: Any, *, shape: Shape | None = None, count: int | None = None, name: str = "X"
) -> NDArray[np.uint8]:
    """Convert images of equal size to uint8, N×C×H×W, C-contiguous.

    Args:
        images: a NumPy array, an object that converts to one (a PyTorch or TensorFlow tensor, a data frame of numbers),
            or a list of arrays or Pillow images of one size. The layout is N×H×W, N×H×W×C or N×C×H×W with 1 or 3
            channels, or 4 with transparency, which is filled by the same rules as in image files.
        shape: channels, height and width, if they are known, such as those of a model. The images must have this shape;
            rows of numbers, N×(H·W), are also accepted.
        count: the number of images, if it is known, such as the number of labels.
        name: the name of the images in messages.

    Values: uint8 values are kept, booleans become 0 and 255, and unsigned 16-bit values are divided by 257. Floats up
    to 1 are multiplied by 255. Other numbers are read as 0 to 255 and rounded; if the largest of the whole batch is
    below 128, another scale is more likely, and the error message shows how to write each.

    Raises:
        DataError: the shape has no interpretation or two, or values are out of range or not numbers.

    >>> read_batch(np.zeros((5, 28, 28), np.uint8)).shape, read_batch(np.ones((5, 8, 8, 3)), name="pictures").shape
    ((5, 1, 28, 28), (5, 3, 8, 8))
    >>> read_batch([[[0.0, 1.0]], [[0.5, 0.0]]], count=2).tolist()
    [[[[0, 255]]], [[[128, 0]]]]
    >>> read_batch(np.zeros((5, 64)), shape=(1, 8, 8)).shape
    (5, 1, 8, 8)
    """
    array = as_array(images, name)
    if count is None and _is_list_of_images(images):
        count = len(images)
    arranged = _arrange(array, shape, count, name)
    pixels = _to_bytes_of_batch(arranged, name)
    if pixels.shape[1] == 4:
        pixels = _without_transparency(pixels, 3 if shape is None else shape[0])
    return np.ascontiguousarray(pixels)


def as_array(values: Any, name: str = "X") -> NDArray[Any]:
    """Convert an object to an array of numbers: tensors from any device, data frames, lists of arrays or Pillow images.

    Raises:
        DataError: the values are not numbers, or the arrays have different shapes.

    >>> as_array([np.zeros((2, 3)), np.ones((2, 3))]).shape
    (2, 2, 3)
    """
    array = _as_one_array(values, name)
    if array.dtype == object and array.ndim >= 1:  # a column of a data frame, with an array in each cell
        array = _stack([array[place] for place in np.ndindex(array.shape)], name) if array.ndim == 1 else array
    if array.dtype.kind not in "buif":
        raise DataError(
            f"{name} holds {_kind_of_values(array)}, not numbers. Give pixels: whole numbers from 0 to 255, or floats "
            "from 0 to 1."
        )
    return array


def _as_one_array(values: Any, name: str) -> NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            raise DataError(f"{name} has masked values. Fill them, for example with {name}.filled(0).")
        return np.asarray(values.data)
    if isinstance(values, np.ndarray):
        return np.asarray(values)
    if isinstance(values, str | bytes | bytearray | memoryview | dict | set | frozenset) or values is None:
        raise _no_images(values, name)
    if is_picture(values):
        raise DataError(f"{name} is one image. Give a list of images, such as [{name}].")
    if isinstance(values, list | tuple):
        return _from_list(values, name)
    if hasattr(values, "detach") and hasattr(values, "cpu"):
        return _from_tensor(values, name)
    return _from_other(values, name)


def _from_tensor(tensor: Any, name: str) -> NDArray[Any]:
    """Convert a PyTorch tensor, with or without gradient, on any device."""
    try:
        tensor = tensor.detach().cpu()
        if str(tensor.dtype) == "torch.bfloat16":  # NumPy has no such type
            tensor = tensor.float()
        return np.asarray(tensor.resolve_conj().resolve_neg().numpy())
    except Exception as error:  # sparse, quantized and nested tensors raise different exceptions
        raise DataError(f"{name} cannot become a NumPy array: {_in_short(error)}. Give a dense tensor.") from error


def _from_other(values: Any, name: str) -> NDArray[Any]:
    """Convert an object with `__array__`, `.numpy()`, `.to_numpy()`, DLPack, or `.get()` (CuPy: an array on a GPU)."""
    ways = {
        "__array__": lambda: np.asarray(values),
        "numpy": lambda: np.asarray(values.numpy()),
        "to_numpy": lambda: np.asarray(values.to_numpy()),
        "__dlpack__": lambda: np.asarray(np.from_dlpack(values)),
        "get": lambda: np.asarray(values.get()),
    }
    reason = ""
    for method, convert in ways.items():
        if isinstance(values, type) or not hasattr(values, method):
            continue
        try:
            return convert()
        except Exception as error:  # other people's code: anything can be raised
            reason = reason or _in_short(error)
    if not reason:
        raise _no_images(values, name)
    raise DataError(f"{name} ({type(values).__name__}) cannot become a NumPy array: {reason}. Give a NumPy array.")


def _from_list(values: Sequence[Any], name: str) -> NDArray[Any]:
    if len(values) == 0:
        raise DataError(f"{name} is empty. Give at least one image.")
    innermost = values[0]
    for _ in range(_DEEPEST):  # with a limit, because a list may contain itself
        innermost = innermost[0] if isinstance(innermost, list | tuple) and len(innermost) else innermost
    if not isinstance(innermost, list | tuple | int | float | np.generic):
        return _stack(values, name)
    try:
        return np.array(values)
    except Exception as error:  # different lengths, or objects that NumPy cannot convert
        raise DataError(
            f"{name} is a list whose items have different lengths or are not numbers. Give images of one size."
        ) from error


def _stack(values: Sequence[Any], name: str) -> NDArray[Any]:
    """Stack arrays, tensors or Pillow images of one shape."""
    if not all(type(value) is np.ndarray for value in values):
        values = [_one_image(value, f"{name}[{place}]") for place, value in enumerate(values)]
    shapes = {value.shape for value in values}
    if len(shapes) > 1:
        place = next(place for place, value in enumerate(values) if value.shape != values[0].shape)
        raise DataError(
            f"{name} has images of different shapes: {name}[0] is {_shown(values[0].shape)} and {name}[{place}] "
            f"{_shown(values[place].shape)}. Resize them to one size first."
        )
    _check_same_type(values, name)
    return np.stack(values)


def _check_same_type(arrays: Sequence[NDArray[Any]], name: str) -> None:
    dtypes = {array.dtype for array in arrays}
    if len(dtypes) > 1 and {dtype.kind for dtype in dtypes} != {"f"}:
        raise DataError(
            f"{name} has images of {' and '.join(sorted(map(str, dtypes)))}, whose ranges differ. Give one type."
        )


def _is_list_of_images(images: Any) -> bool:
    """Check whether each element is one image, so that the number of images is known."""
    if isinstance(images, np.ndarray):
        return images.dtype == object and images.ndim == 1
    return isinstance(images, list | tuple) and not isinstance(images[0], list | tuple | int | float | np.generic)


def _one_image(value: Any, name: str) -> NDArray[Any]:
    if is_picture(value):
        if value.mode in ("1", "L", "RGB", "RGBA"):
            return np.asarray(value)
        from convlens.pixels.conversion import is_grey, to_colour, to_grey
        from convlens.pixels.decoding import read_image

        image = read_image(value)
        return (to_grey if is_grey(image) else to_colour)(image)[0]
    if isinstance(value, str | bytes | os.PathLike):
        raise DataError(
            f"{name} is a file or its bytes, not an array. Read it first with PIL.Image.open, or give the path of "
            "the folder with all images."
        )
    return _as_one_array(value, name)


def is_picture(value: Any) -> bool:
    """Check whether this is a Pillow image, without importing Pillow."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def _arrange(array: NDArray[Any], shape: Shape | None, count: int | None, name: str) -> NDArray[Any]:
    """Arrange the numbers as N×C×H×W; raise DataError unless exactly one interpretation is possible."""
    if array.size == 0:
        raise DataError(f"{name} has the shape {_shown(array.shape)}, so it has no pixels. Give at least one image.")
    if count is not None and array.ndim > 1 and len(array) != count:
        raise DataError(
            f"{name} has the shape {_shown(array.shape)}, which is {count_of(len(array), 'image')}, but there are "
            f"{count_of(count, 'label')}. Give one label for each image."
        )
    if array.ndim == 2:
        return _arrange_rows(array, shape, name)
    if array.ndim == 3:
        return _arrange_grey(array, shape, count, name)
    if array.ndim == 4:
        return _arrange_four(array, shape, name)
    raise DataError(f"{name} has the shape {_shown(array.shape)}. Give N×H×W, N×H×W×C or N×C×H×W, with C = 1 or 3.")


def _arrange_rows(array: NDArray[Any], shape: Shape | None, name: str) -> NDArray[Any]:
    """Arrange rows of pixels, one per image, as images of `shape`."""
    rows, numbers = array.shape
    if shape is None:
        side = round(numbers**0.5)
        example = f"{side}, {side}" if side * side == numbers else "height, width"
        raise DataError(
            f"{name} has the shape {_shown(array.shape)}: rows of {numbers:,} numbers, which do not show the height "
            f"and width of the images. If they are grey, give {name}.reshape(-1, {example}); if it is one image of "
            f"{rows:,}×{numbers:,} pixels, give {name}[np.newaxis]."
        )
    channels, height, width = shape
    if (rows, numbers) == (height, width) and numbers != channels * height * width:
        raise DataError(f"{name} has the shape {_shown(array.shape)}: one image. Give a batch: {name}[np.newaxis].")
    if numbers != channels * height * width:
        raise _unlike(array, shape, name)
    if channels > 1 and height * width > 1:
        raise DataError(
            f"{name} has rows of {numbers:,} numbers, whose channels may be interleaved or one after the other. Give "
            f"{name}.reshape(-1, {height}, {width}, {channels}) or {name}.reshape(-1, {channels}, {height}, {width})."
        )
    return array.reshape(-1, channels, height, width)


def _arrange_grey(array: NDArray[Any], shape: Shape | None, count: int | None, name: str) -> NDArray[Any]:
    """Arrange N×H×W; refuse a single image with channels, which has three axes, too."""
    number, height, width = array.shape
    if shape is not None:
        if shape == (1, height, width):
            return array[:, None]
        if array.shape in (shape, (shape[1], shape[2], shape[0])):
            raise DataError(f"{name} has the shape {_shown(array.shape)}: one image. Give a batch: {name}[np.newaxis].")
        raise _unlike(array, shape, name)
    if count is None and (number in CHANNELS[1:] or width in CHANNELS):  # 1×H×W is one grey image in both readings
        raise DataError(
            f"{name} has the shape {_shown(array.shape)}: {count_of(number, 'grey image')} of {height}×{width}, or one "
            f"image with {count_of(number if number in CHANNELS else width, 'channel')}. Give "
            f"{name}[:, np.newaxis] for the first, {name}[np.newaxis] for the second."
        )
    return array[:, None]


def _arrange_four(array: NDArray[Any], shape: Shape | None, name: str) -> NDArray[Any]:
    """Arrange N×C×H×W or N×H×W×C, if the shape allows only one of them."""
    possible = {}
    for words, order in _ORDERS.items():
        arranged = array.transpose(order)
        channels = arranged.shape[1]
        known = shape is not None and (arranged.shape[1:] == shape or (channels == 4 and _fits_filled(arranged, shape)))
        if known or (shape is None and channels in CHANNELS):
            possible[words] = arranged
    if not possible:
        if shape is not None:
            raise _unlike(array, shape, name)
        raise DataError(
            f"{name} has the shape {_shown(array.shape)}: neither the second nor the last axis has a number "
            "of channels. Give N×C×H×W or N×H×W×C with 1 channel (grey), 3 (colour) or 4 (with transparency)."
        )
    first, *others = possible.values()
    if others and array.shape[1:] != (1, 1, 1):
        raise DataError(
            f"{name} has the shape {_shown(array.shape)}, which may be N×C×H×W ({times(array.shape[1:])}) or N×H×W×C "
            f"({times(others[0].shape[1:])}, channels first). {_without_doubt(array, shape, name)}"
        )
    return first


def _fits_filled(arranged: NDArray[Any], shape: Shape) -> bool:
    return arranged.shape[2:] == shape[1:] and shape[0] in (1, 3)


def _without_doubt(array: NDArray[Any], shape: Shape | None, name: str) -> str:
    """Return how to write each of two possible layouts unambiguously."""
    if shape is not None or array.shape[2] in CHANNELS:
        return "Give LabelledImages, which are always N×C×H×W."
    return f"Give {name}.transpose(0, 2, 3, 1) for the first, {name}.transpose(0, 3, 1, 2) for the second."


def _unlike(array: NDArray[Any], shape: Shape, name: str) -> DataError:
    channels, height, width = shape
    colour = f"N×{height}×{width}×{channels} or N×{channels}×{height}×{width}"
    layouts = colour
    if channels == 1:
        layouts = f"N×{height}×{width}, {colour.replace(' or ', ', ')} or N×{height * width:,}"
    return DataError(
        f"{name} has the shape {_shown(array.shape)}, but images of {times(shape)} (channels, height, width) are "
        f"needed. Give {layouts}."
    )


def _to_bytes_of_batch(array: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Convert values to 0 to 255 by the range of the whole batch, because a single image may be dark."""
    if array.dtype in (np.uint8, np.bool_):
        return to_bytes(array, name)
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError(f"{name} has NaN or infinite values. Replace them, for example with np.nan_to_num.")
    range_given = f"{name} holds {array.dtype} from {low:g} to {high:g}"
    if array.dtype == np.uint16 and 0 < high <= 255:
        raise DataError(
            f"{range_given}, which is very dark for 16 bits (0 to 65,535). If 255 is white, give "
            f"{name}.astype(np.uint8); if 65,535 is white, give ({name} // 257).astype(np.uint8)."
        )
    if low >= 0 and (1 if array.dtype.kind == "f" else 0) < high < DARK:
        scaled = f"{name} / {high:g}" if high > 1 else f"{name}.astype(bool)"
        raise DataError(
            f"{range_given}, which is dark for 0 to 255. If {high:g} is white, give {scaled}; "
            f"if 255 is white, give {name}.astype(np.uint8)."
        )
    return to_bytes(array, name, white=1 if high <= 1 else 255)


def join_to_bytes(arrays: Sequence[NDArray[Any]], name: str) -> list[NDArray[np.uint8]]:
    """Convert arrays of different shapes to bytes by the range of all their values.

    Raises:
        DataError: the types differ, or values are out of range.

    >>> [array.tolist() for array in join_to_bytes([np.array([0.0, 0.2]), np.array([[1.0]])], "X")]
    [[0, 51], [[255]]]
    """
    _check_same_type(arrays, name)
    joined = np.concatenate([array.reshape(-1) for array in arrays])
    if not joined.size:
        raise DataError(f"{name} has no pixels. Give at least one image.")
    ends = np.cumsum([array.size for array in arrays])[:-1]
    pieces = np.split(_to_bytes_of_batch(joined, name), ends)
    return [piece.reshape(array.shape) for piece, array in zip(pieces, arrays, strict=True)]


def _without_transparency(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Fill the transparent background with white or black, as in image files; N×4×H×W to N×channels×H×W."""
    if channels == 3 and bool((pixels[:, 3] == 255).all()):
        return pixels[:, :3]
    from PIL import Image

    from convlens.pixels.conversion import to_colour, to_grey

    filled = []
    for one in np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)):
        image = Image.fromarray(one)
        filled.append(to_grey(image)[0][None] if channels == 1 else to_colour(image)[0].transpose(2, 0, 1))
    return np.stack(filled)


def _no_images(values: Any, name: str) -> DataError:
    return DataError(
        f"{name} is of the type {type(values).__name__}, not images. Give an array, N×H×W, N×H×W×C or N×C×H×W, or a "
        "list of arrays or Pillow images of one size."
    )


def _kind_of_values(array: NDArray[Any]) -> str:
    return {"O": "objects", "U": "strings", "S": "bytes", "c": "complex numbers"}.get(
        array.dtype.kind, str(array.dtype)
    )


def _shown(shape: Sequence[int]) -> str:
    """Format a shape as NumPy does."""
    return str(tuple(int(size) for size in shape))


def _in_short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
