"""Converts images of any mode to 8-bit grey or colour, with notes on what was changed.

`image.convert("L")` alone has three flaws: it shows the colour of transparent pixels (mostly black, on which a black
drawing is invisible), it clips 16-bit pixels to white, and it refuses some modes.

Large images are converted in strips: the whole conversion of 64 million pixels at once would take a gigabyte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
_STRIP = 4_000_000  # pixels that are converted at once
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
        pixels = _converted(image, lambda strip: sixteen_to_eight_bits(np.asarray(strip).astype(np.uint16, copy=False)))
        return pixels, [*notes, "16 bits turned to 8"]
    if image.mode in ("I", "F"):
        rescale, scaled = _scale_of(image)
        return _converted(image, lambda strip: rescale(np.asarray(strip))), notes + scaled
    plain, filled = opaque(image)
    if image.mode == "LAB":
        return _converted(image, lambda strip: strip.getchannel(0)), notes + filled
    if image.mode not in _GREY_MODES:
        grey, spread = np.empty((image.height, image.width), np.uint8), 0
        for top, strip, difference in _colour_strips(image, plain):
            grey[top : top + strip.height] = np.asarray(strip.convert("L"))
            spread = max(spread, difference)
        return grey, [*notes, *filled, *_turned_grey(spread)]
    return _converted(image, lambda strip: _in_mode(plain(strip), "L")), notes + filled


def to_colour(image: "Image") -> tuple[np.ndarray, list[str]]:
    """Convert an image to uint8 H×W×3 (red, green, blue), by the rules of `to_grey`, and return it with notes.

    >>> from PIL import Image
    >>> to_colour(Image.new("L", (1, 1), 7))
    (array([[[7, 7, 7]]], dtype=uint8), [])
    """
    if is_grey(image):
        grey, notes = to_grey(image)
        return np.repeat(grey[:, :, None], 3, axis=2), notes
    plain, filled = opaque(image)
    pixels = _converted(image, lambda strip: _in_mode(plain(strip), "RGB"), 3)
    return pixels, [*image.info.get("notes", ()), *filled]


@dataclass(frozen=True)
class ColourAndGrey:
    """The results of `to_colour` and `to_grey` for one coloured image, and its `colour_spread`."""

    colour: np.ndarray
    grey: np.ndarray
    spread: int
    notes_of_colour: list[str]
    notes_of_grey: list[str]


def to_colour_and_grey(image: "Image") -> ColourAndGrey:
    """Do the same as `to_colour`, `to_grey` and `colour_spread`, in one pass over an image that is not grey.

    >>> from PIL import Image
    >>> both = to_colour_and_grey(Image.new("RGB", (1, 1), (255, 0, 0)))
    >>> both.colour.tolist(), both.grey.tolist(), both.spread, both.notes_of_grey
    ([[[255, 0, 0]]], [[76]], 255, ['colour turned to grey'])
    """
    plain, filled = opaque(image)
    shape = image.height, image.width
    colour, grey, spread = np.empty((*shape, 3), np.uint8), np.empty(shape, np.uint8), 0
    for top, strip, difference in _colour_strips(image, plain):
        colour[top : top + strip.height] = np.asarray(strip)
        grey[top : top + strip.height] = np.asarray(strip.convert("L"))
        spread = max(spread, difference)
    notes = [*image.info.get("notes", ()), *filled]
    return ColourAndGrey(colour, grey, spread, notes, [*notes, *_turned_grey(spread)])


def _turned_grey(spread: int) -> list[str]:
    return ["colour turned to grey"] * (spread > VISIBLE_COLOUR)


def _strips(image: "Image", multiple_of: int = 1) -> Iterator[tuple[int, "Image"]]:
    """Cut the image into strips of rows, each with the number of its first row; a small image is one strip."""
    if image.width * image.height <= _STRIP:
        yield 0, image
        return
    rows = max(1, _STRIP // image.width // multiple_of) * multiple_of
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _converted(image: "Image", convert: Callable[["Image"], "Image | np.ndarray"], channels: int = 0) -> np.ndarray:
    """Convert the image in strips into uint8, H×W or H×W×channels."""
    pixels = np.empty((image.height, image.width, *[channels] * bool(channels)), np.uint8)
    for top, strip in _strips(image):
        pixels[top : top + strip.height] = np.asarray(convert(strip))
    return pixels


def _in_mode(image: "Image", mode: str) -> "Image":
    """Convert the image if its mode differs; `image.convert` would copy it even if not."""
    return image if image.mode == mode else image.convert(mode)


def opaque(image: "Image") -> tuple[Callable[["Image"], "Image"], list[str]]:
    """Return a function that fills the transparent background of strips of this image, and a note if there is any.

    The background is white if the visible part is dark, black if it is light.
    """
    if not image.has_transparency_data:
        return lambda strip: strip, []
    mode = "LA" if image.mode in ("1", "L", "LA", "La") else "RGBA"
    factor = max(1, max(image.size) // 512)  # an average does not need 64 million pixels
    if all(_in_mode(strip, mode).getchannel("A").getextrema() == (255, 255) for _, strip in _strips(image)):
        return lambda strip: _in_mode(strip, mode).convert(mode[:-1]), []
    light, weight = 0.0, 0.0
    for _, strip in _strips(image, factor):
        strip = _in_mode(strip, mode)
        alpha = strip.getchannel("A")
        weights = np.asarray(alpha.reduce(factor), np.float64)
        light += float((np.asarray(strip.convert(mode[:-1]).convert("L").reduce(factor)) * weights).sum())
        weight += float(weights.sum())
    level, name = (255, "white") if light / max(weight, 1) < 128 else (0, "black")
    return lambda strip: _filled(_in_mode(strip, mode), level), [f"transparent background, filled with {name}"]


def _filled(image: "Image", level: int) -> "Image":
    """Fill the transparent background of an image of mode LA or RGBA with a grey level."""
    from PIL import Image

    opaque = image.convert(image.mode[:-1])
    filled = Image.new(opaque.mode, opaque.size, level if opaque.mode == "L" else (level,) * 3)
    filled.paste(opaque, mask=image.getchannel("A"))
    return filled


def _scale_of(image: "Image") -> tuple[Callable[[np.ndarray], np.ndarray], list[str]]:
    """Return a function that turns pixels of mode I or F into uint8, based on the range of all pixels; and a note."""
    low, high = np.inf, -np.inf
    for _, strip in _strips(image):
        values = np.asarray(strip)
        if not np.isfinite(values).all():
            raise ImageError("the image has floating-point pixels that are not finite numbers: save it with 8 bits.")
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    if image.mode == "F" and low >= 0 and high <= 1:
        return lambda values: np.rint(values * 255).astype(np.uint8), ["0–1 turned to 0–255"]
    if low >= 0 and high <= 255:
        return lambda values: np.rint(values).astype(np.uint8), []
    if low == high:
        return lambda values: np.zeros(values.shape, np.uint8), [f"{low:g} everywhere, taken as 0"]
    span = high / 2 - low / 2  # halved first, so that 1e308 does not overflow
    return (
        lambda values: np.rint((values.astype(np.float64) / 2 - low / 2) / span * 255).astype(np.uint8),
        [f"{low:g} to {high:g}, stretched to 0–255"],
    )


def is_grey(image: "Image") -> bool:
    """Return whether an image has a grey mode."""
    return image.mode in _GREY_MODES or image.mode.startswith(_SIXTEEN_BIT)


def colour_spread(image: "Image") -> int:
    """Return the largest difference between the channels of a pixel, in the image reduced to about 128 pixels."""
    return max(difference for _, _, difference in _colour_strips(image, opaque(image)[0]))


def _colour_strips(image: "Image", plain: Callable[["Image"], "Image"]) -> Iterator[tuple[int, "Image", int]]:
    """Cut the image into strips of mode RGB, each with the number of its first row and its `colour_spread`."""
    factor = max(1, max(image.size) // NO_DETAIL)
    for top, strip in _strips(image, factor):
        coloured = _in_mode(plain(strip), "RGB")
        small = np.asarray(coloured.reduce(factor))
        yield top, coloured, int((small.max(axis=2) - small.min(axis=2)).max())
