"""Between NumPy arrays and Pillow images, by rules that are written down.

`PIL.Image.fromarray` alone would take a normalised float image and show noise; here the range of the values is checked,
and the message says what was probably given.
"""

import io
from typing import TYPE_CHECKING

import numpy as np

from convlens.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Image

_CHANNELS = (1, 3, 4)


def image_from_array(array: np.ndarray, name: str = "the image array") -> "Image":
    """A Pillow image of an array: H×W, H×W×C or C×H×W with 1, 3 or 4 channels.

    uint8 is taken as it is, booleans become 0 and 255, 16-bit unsigned stays 16 bits (grey) or is divided by 257
    (colour), other whole numbers must lie between 0 and 255 and floats between 0 and 1: a single picture does not show
    whether its floats end at 1 or at 255, as a batch does (see `batches`).

    Raises:
        ImageError: another shape, another range of values, or values that are not numbers.

    >>> image_from_array(np.array([[0.0, 0.5, 1.0]])).tobytes()
    b'\\x00\\x80\\xff'
    """
    from PIL import Image

    if array.ndim == 3 and array.shape[0] in _CHANNELS and array.shape[2] not in _CHANNELS:
        array = array.transpose(1, 2, 0)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in _CHANNELS) or array.size == 0:
        shape = "×".join(str(size) for size in array.shape) or "a single number"
        raise ImageError(f"{name} is {shape}: give H×W, H×W×C or C×H×W with 1, 3 or 4 channels.")
    array = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if array.dtype == np.uint16 and array.ndim == 2:
        return Image.fromarray(np.ascontiguousarray(array))
    return Image.fromarray(np.ascontiguousarray(to_bytes(array, name)))


def to_bytes(array: np.ndarray, name: str, white: int = 1) -> np.ndarray:
    """Numbers as bytes, by the rules of `image_from_array`; `white` is where floats end, 1 or 255.

    Raises:
        ImageError: values that are out of range, or no numbers.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array * np.uint8(255)
    if array.dtype == np.uint16:
        return sixteen_to_eight_bits(array)
    if array.dtype.kind not in "iuf":
        raise ImageError(f"{name} holds {array.dtype}: give whole numbers from 0 to 255 or floats from 0 to 1.")
    low, high = float(array.min()), float(array.max())
    highest = white if array.dtype.kind == "f" else 255
    if not (low >= 0 and high <= highest):
        allowed = "floats from 0 to 1" + (", or to 255" if white > 1 else "")
        raise ImageError(
            f"{name} holds {array.dtype} from {low:g} to {high:g}: whole numbers go from 0 to 255, {allowed}; "
            "give the pixels as they were before any normalisation."
        )
    if highest == 255:
        return np.rint(array).astype(np.uint8)
    return np.rint(array * (array.dtype.type(255) if array.itemsize > 2 else np.float32(255))).astype(np.uint8)


def sixteen_to_eight_bits(array: np.ndarray) -> np.ndarray:
    """Divide by 257 and round, so that 65,535 becomes 255.

    Shifting by 8 bits would be the obvious way, and would make a pixel darker by up to one step.

    >>> sixteen_to_eight_bits(np.array([0, 128, 129, 255, 65535], np.uint16))
    array([  0,   0,   1,   1, 255], dtype=uint8)
    """
    return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)


def encode_png(array: np.ndarray) -> bytes:
    """An array as the bytes of a PNG file; shapes and values as in `image_from_array`.

    >>> encode_png(np.zeros((2, 2), np.uint8))[:4]
    b'\\x89PNG'
    """
    file = io.BytesIO()
    image_from_array(array).save(file, format="PNG")
    return file.getvalue()
