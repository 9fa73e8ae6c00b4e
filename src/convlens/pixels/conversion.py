"""Converts images of any mode to 8-bit grey or colour, with notes on what was changed.

`image.convert("L")` alone has three flaws: it shows the colour of transparent pixels (mostly black, on which a black
drawing is invisible), it clips 16-bit pixels to white, and it refuses some modes.
"""

from typing import TYPE_CHECKING

import numpy as np

from convlens.errors import ImageError
from convlens.pixels.arrays import sixteen_to_eight_bits

if TYPE_CHECKING:
    from PIL.Image import Image

VISIBLE_COLOUR = 16
"""Grey levels; with a larger difference between the channels, people see an image as coloured."""
_GREY_MODES = frozenset({"1", "L", "LA", "La", "LAB", "I", "F"})
_SIXTEEN_BIT = "I;16"
NO_DETAIL = 128
"""Pixels per side; visible colour is still visible in an image reduced to this size."""


def to_grey(image: "Image") -> tuple[np.ndarray, list[str]]:
    """Convert an image from `read_image` to uint8 H×W, and return it with notes on what was changed.

    Colour becomes ITU-R 601 luma. 16-bit pixels are divided by 257. Modes I and F have no fixed range: floats from
    0 to 1 are multiplied by 255, other values from 0 to 255 are kept, and all others are stretched to 0 to 255. A
    transparent background is filled with white or black, whichever contrasts with the visible part.

    Raises:
        ImageError: floating-point pixels are not finite.

    >>> from PIL import Image
    >>> to_grey(Image.new("RGB", (2, 1), (255, 0, 0)))
    (array([[76, 76]], dtype=uint8), ['colour turned to grey'])
    """
    notes = list(image.info.get("notes", ()))
    if image.mode.startswith(_SIXTEEN_BIT):
        wide = np.asarray(image).astype(np.uint16, copy=False)
        return sixteen_to_eight_bits(wide), [*notes, "16 bits turned to 8"]
    if image.mode in ("I", "F"):
        pixels, scaled = _unranged_to_eight_bits(np.asarray(image))
        return pixels, notes + scaled
    if image.has_transparency_data:
        image, filled = _fill_transparency(image)
        notes += filled
    if image.mode == "LAB":
        return np.array(image.getchannel(0)), notes
    if image.mode not in _GREY_MODES:
        image = image.convert("RGB")
        notes += ["colour turned to grey"] if colour_spread(image) > VISIBLE_COLOUR else []
    return np.array(image.convert("L")), notes


def to_colour(image: "Image") -> tuple[np.ndarray, list[str]]:
    """Convert an image to uint8 H×W×3 (red, green, blue), by the rules of `to_grey`, and return it with notes.

    >>> from PIL import Image
    >>> to_colour(Image.new("L", (1, 1), 7))
    (array([[[7, 7, 7]]], dtype=uint8), [])
    """
    if is_grey(image):
        grey, notes = to_grey(image)
        return np.repeat(grey[:, :, None], 3, axis=2), notes
    notes = list(image.info.get("notes", ()))
    if image.has_transparency_data:
        image, filled = _fill_transparency(image)
        notes += filled
    return np.array(image.convert("RGB")), notes


def _fill_transparency(image: "Image") -> tuple["Image", list[str]]:
    """Fill the transparent background: white if the visible part is dark, black if it is light."""
    from PIL import Image

    image = image.convert("LA" if image.mode in ("1", "L", "LA", "La") else "RGBA")
    alpha, opaque = image.getchannel("A"), image.convert(image.mode[:-1])
    if alpha.getextrema() == (255, 255):
        return opaque, []
    factor = max(1, max(image.size) // 512)  # an average does not need 64 million pixels
    weights = np.asarray(alpha.reduce(factor), np.float64)
    brightness = (np.asarray(opaque.convert("L").reduce(factor)) * weights).sum() / max(weights.sum(), 1)
    level, name = (255, "white") if brightness < 128 else (0, "black")
    filled = Image.new(opaque.mode, opaque.size, level if opaque.mode == "L" else (level,) * 3)
    filled.paste(opaque, mask=alpha)
    return filled, [f"transparent background, filled with {name}"]


def _unranged_to_eight_bits(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    if not np.isfinite(values).all():
        raise ImageError("the image has floating-point pixels that are not finite numbers: save it with 8 bits.")
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        return np.rint(values * 255).astype(np.uint8), ["0–1 turned to 0–255"]
    if low >= 0 and high <= 255:
        return np.rint(values).astype(np.uint8), []
    if low == high:
        return np.zeros(values.shape, np.uint8), [f"{low:g} everywhere, taken as 0"]
    stretched = (values.astype(np.float64) / 2 - low / 2) / (high / 2 - low / 2) * 255  # halves: no overflow at 1e308
    return np.rint(stretched).astype(np.uint8), [f"{low:g} to {high:g}, stretched to 0–255"]


def is_grey(image: "Image") -> bool:
    """Check whether the mode of an image is grey."""
    return image.mode in _GREY_MODES or image.mode.startswith(_SIXTEEN_BIT)


def colour_spread(image: "Image") -> int:
    """Return the largest difference between the channels of a pixel, in the image reduced to about 128 pixels."""
    small = np.asarray(image.reduce(max(1, max(image.size) // NO_DETAIL)))
    return int((small.max(axis=2) - small.min(axis=2)).max())
