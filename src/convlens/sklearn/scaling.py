"""Which values are black and white. Found once, by fit, and used by every prediction, as scikit-learn's scalers do.

`convlens.train` reads each batch by its own range and refuses what is ambiguous. Here that would not do: a fold of a
cross-validation may be darker than another, and a scaler in front of the classifier gives 1.07 for a pixel that is
brighter than all that it was fitted on.
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
"""Numbers that are scaled together: as many as a core's cache holds, which is twice as fast as all at once."""


def find_scale(values: NDArray[Any]) -> Scale:
    """The scale that `values` are on: that of pixels where they look like some, else their smallest and largest.

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
    """A scale that somebody gave; None for "auto".

    Raises:
        UsageError: it is neither "auto" nor two numbers, the smaller first.
    """
    if isinstance(given, str) and given == "auto":
        return None
    pair = [number_or_none(value) for value in items_or_none(given) or ()]
    match pair:
        case [int() | float() as low, int() | float() as high] if -np.inf < low < high < np.inf:
            return float(low), float(high)
    return refuse("scale", given, '"auto", or the values of black and white, such as (0, 16)')


def to_pixels(values: NDArray[Any], scale: Scale) -> NDArray[np.uint8]:
    """Values as bytes; what lies outside of the scale becomes black or white.

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
    """Floats as whole numbers from 0 to 255, in the same memory."""
    if low == high:  # all values that fit saw are the same
        return np.where(values > low, 255, 0)
    values *= 0.5  # the halves have a difference where that of the wholes would be infinite
    values -= low / 2
    values *= 255 / (high / 2 - low / 2)
    np.rint(values, out=values)
    return np.clip(values, 0, 255, out=values)


def check_same_scale(values: NDArray[Any], scale: Scale) -> None:
    """Refuse pixels from 0 to 1 where fit saw 0 to 255, and the other way round: all would be black, or white.

    Raises:
        DataError: the values are on the other scale.

    >>> check_same_scale(np.array([[0, 200]], np.uint8), UNIT)
    Traceback (most recent call last):
    ...
    convlens.errors.DataError: X holds uint8 from 0 to 200, and fit saw values from 0 to 1. Give X / 255, ...
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
            f"X holds {values.dtype} from {low:g} to {high:g}, and fit saw values from 0 to {scale[1]:g}. Give "
            f"{advice}, or fit with scale=({scale[0]:g}, {scale[1]:g}) if these values are meant."
        )
