"""Find the values of black and white in `fit` and use them in every prediction, as scikit-learn's scalers do.

`convlens.train` decides this for each array by its range, and refuses ambiguous ones. That does not work here: a fold
of a cross-validation may be darker than another, and a scaler before the classifier may give 1.07 for a pixel that is
brighter than all pixels in `fit`.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.checking import items_or_none, number_or_none, refuse
from convlens.errors import DataError
from convlens.pixels.arrays import sixteen_to_eight_bits
from convlens.pixels.batches import DARK

Scale: TypeAlias = tuple[float, float]
"""The values that become 0, black, and 255, white."""

BYTES: Scale = (0.0, 255.0)
UNIT: Scale = (0.0, 1.0)
SIXTEEN_BITS: Scale = (0.0, 65_535.0)
_AT_A_TIME = 32_768
"""How many values are scaled at a time: they fit into a core's cache, which is twice as fast as scaling all at once."""


def find_scale(values: NDArray[Any]) -> Scale:
    """Return the scale of `values`: a usual one of pixels if they fit it, otherwise their smallest and largest value.

    >>> find_scale(np.array([[0.0, 0.7]])), find_scale(np.array([[3, 200]])), find_scale(np.array([[-2.0, 16.0]]))
    ((0.0, 1.0), (0.0, 255.0), (-2.0, 16.0))
    """
    if values.dtype == np.uint8:
        return BYTES
    if values.dtype == np.bool_:
        return UNIT
    low, high = float(values.min()), float(values.max())
    if values.dtype == np.uint16 and high > BYTES[1]:
        return SIXTEEN_BITS
    if low >= 0 and values.dtype.kind == "f" and high <= 1:
        return UNIT
    return BYTES if low >= 0 and DARK <= high <= BYTES[1] else (low, high)


def read_scale(given: object) -> Scale | None:
    """Read the parameter `scale`; None for "auto".

    Raises:
        UsageError: it is neither "auto" nor two numbers, the smaller one first.
    """
    if isinstance(given, str) and given == "auto":
        return None
    pair = [number_or_none(value) for value in items_or_none(given) or ()]
    match pair:
        case [int() | float() as low, int() | float() as high] if -np.inf < low < high < np.inf:
            return float(low), float(high)
    return refuse("scale", given, '"auto", or the values of black and white, such as (0, 16)')


def to_pixels(values: NDArray[Any], scale: Scale) -> NDArray[np.uint8]:
    """Convert values to uint8; values outside of the scale become black or white.

    >>> to_pixels(np.array([-1, 0, 8, 16, 17]), (0, 16)).tolist()
    [0, 0, 128, 255, 255]
    """
    if values.dtype == np.uint8 and scale == BYTES:
        return values
    if values.dtype == np.uint16 and scale == SIXTEEN_BITS:
        return sixteen_to_eight_bits(values)
    pixels = np.empty(values.shape, np.uint8)
    number = np.result_type(values.dtype, np.float32)
    rows = max(1, _AT_A_TIME // max(1, values[0].size))
    for start in range(0, len(values), rows):
        pixels[start : start + rows] = _scaled(values[start : start + rows].astype(number), *scale)
    return pixels


def _scaled(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.floating]:
    """Scale floats to whole numbers from 0 to 255, in place."""
    if low == high:  # all values in `fit` were the same
        return np.where(values > low, 255, 0)
    values *= 0.5  # the difference of the halves is finite even if that of the values overflows
    values -= low / 2
    values *= 255 / (high / 2 - low / 2)
    np.rint(values, out=values)
    return np.clip(values, 0, 255, out=values)


def check_same_scale(values: NDArray[Any], scale: Scale) -> None:
    """Check that pixels are not from 0 to 1 after a `fit` from 0 to 255, or the reverse: all would be black, or white.

    Raises:
        DataError: the values have the other scale.

    >>> check_same_scale(np.array([[0, 200]], np.uint8), UNIT)
    Traceback (most recent call last):
    ...
    convlens.errors.DataError: X has uint8 values from 0 to 200, but fit had values from 0 to 1. Give X / 255, ...
    """
    if scale not in (UNIT, BYTES) or not values.size:
        return
    low, high = float(values.min()), float(values.max())
    advice = ""
    if scale == UNIT and DARK <= high <= BYTES[1]:
        advice = "X / 255"
    elif scale == BYTES and values.dtype.kind == "f" and high <= 1 and (values % 1 != 0).any():
        advice = "X * 255"
    if advice and low >= 0:
        raise DataError(
            f"X has {values.dtype} values from {low:g} to {high:g}, but fit had values from 0 to {scale[1]:g}. Give "
            f"{advice}, or fit with scale=({scale[0]:g}, {scale[1]:g}) if these values are intended."
        )
