"""Converts NumPy arrays to Pillow images and PNG files, and checks the range of their values.

`PIL.Image.fromarray` alone would accept a normalised float image and show noise.
"""

import io
from typing import TYPE_CHECKING

import numpy as np

from convlens.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Image

_CHANNELS = (1, 3, 4)


def image_from_array(array: np.ndarray, name: str = "the image array") -> "Image":
    """Convert an array to a Pillow image: H×W, H×W×C or C×H×W with 1, 3 or 4 channels.

    uint8 values are kept, booleans become 0 and 255, and unsigned 16-bit values are kept (grey) or divided by 257
    (colour). Other integers must be from 0 to 255. Floats must be from 0 to 1: unlike a batch (see `batches`), a single
    image is too little to decide whether its floats go to 1 or to 255.

    Raises:
        ImageError: the shape or the range of values is not allowed, or the values are not numbers.

    >>> image_from_array(np.array([[0.0, 0.5, 1.0]])).tobytes()
    b'\\x00\\x80\\xff'
    """
    from PIL import Image

    if array.ndim == 3 and array.shape[0] in _CHANNELS and array.shape[2] not in _CHANNELS:
        array = array.transpose(1, 2, 0)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in _CHANNELS) or array.size == 0:
        shape = "×".join(str(size) for size in array.shape) or "a single number"
        raise ImageError(f"{name} is {shape}. Give H×W, H×W×C or C×H×W with 1, 3 or 4 channels.")
    array = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if array.dtype == np.uint16 and array.ndim == 2:
        return Image.fromarray(np.ascontiguousarray(array))
    return Image.fromarray(np.ascontiguousarray(to_bytes(array, name)))


def to_bytes(array: np.ndarray, name: str, white: int = 1) -> np.ndarray:
    """Convert numbers to bytes by the rules of `image_from_array`; `white` is the largest float allowed, 1 or 255.

    Raises:
        ImageError: values are out of range or not numbers.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array * np.uint8(255)
    if array.dtype == np.uint16:
        return sixteen_to_eight_bits(array)
    if array.dtype.kind not in "iuf":
        raise ImageError(f"{name} holds {array.dtype}. Give whole numbers from 0 to 255 or floats from 0 to 1.")
    low, high = float(array.min()), float(array.max())
    highest = white if array.dtype.kind == "f" else 255
    if not (low >= 0 and high <= highest):
        allowed = "floats from 0 to 1" + (", or to 255" if white > 1 else "")
        raise ImageError(
            f"{name} holds {array.dtype} from {low:g} to {high:g}; allowed are whole numbers from 0 to 255 and "
            f"{allowed}. Give the pixels before normalisation."
        )
    if highest == 255:
        return np.rint(array).astype(np.uint8)
    return np.rint(array * (array.dtype.type(255) if array.itemsize > 2 else np.float32(255))).astype(np.uint8)


def sixteen_to_eight_bits(array: np.ndarray) -> np.ndarray:
    """Divide by 257 and round, so that 65,535 becomes 255.

    Shifting by 8 bits would be simpler, but makes some pixels darker by one level.

    >>> sixteen_to_eight_bits(np.array([0, 128, 129, 255, 65535], np.uint16))
    array([  0,   0,   1,   1, 255], dtype=uint8)
    """
    return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)


def encode_png(array: np.ndarray) -> bytes:
    """Encode an array as the bytes of a PNG file; shapes and values as in `image_from_array`.

    >>> encode_png(np.zeros((2, 2), np.uint8))[:4]
    b'\\x89PNG'
    """
    file = io.BytesIO()
    image_from_array(array).save(file, format="PNG")
    return file.getvalue()
