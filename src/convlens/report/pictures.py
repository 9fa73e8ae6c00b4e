"""Dataset images, maps and kernels as small, sharp PNG data addresses, within a limit on their total size.

A page with all images of a large confusion matrix could take a gigabyte. The page therefore asks for pictures in order
of importance; once the limit is reached it gets no more, and says how many are missing.
"""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from convlens.charts import ADDS_OR_TAKES_AWAY, as_pixels

_GAP = 1


class PictureBook:
    """Makes PNG data addresses until `budget` bytes are spent.

    >>> book = PictureBook(budget=150)
    >>> book.add(np.zeros((1, 8, 8), np.uint8))[:22], book.add(np.zeros((1, 8, 8), np.uint8))
    ('data:image/png;base64,', None)
    """

    def __init__(self, budget: int) -> None:
        self._left = budget
        self._made: dict[bytes, str] = {}

    def add(self, image: NDArray[np.uint8]) -> str | None:
        """Return the data address of an image (uint8 C×H×W, one channel or three); None when the budget is spent."""
        key = image.tobytes()
        if key not in self._made:
            self._made[key] = encode_image(image)
        address = self._made[key]
        if len(address) > self._left:
            return None
        self._left -= len(address)
        return address


def encode_image(image: NDArray[np.uint8]) -> str:
    """Return the data address of an image's PNG, uint8 C×H×W."""
    return _address(Image.fromarray(np.ascontiguousarray(as_pixels(image[:3]))))


def encode_maps(maps: NDArray[np.float32], columns: int, largest: float | None = None) -> str:
    """Return the data address of maps (C×H×W) in rows of `columns` with gaps; blue above zero, orange below.

    `largest` is the value shown in full colour; by default the largest of these maps. NaN is transparent.
    """
    count, height, width = maps.shape
    rows = -(-count // columns)
    largest = largest or float(np.abs(maps[np.isfinite(maps)]).max(initial=0)) or 1.0
    numbers = np.zeros((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.uint8)
    shades = np.where(np.isfinite(maps), np.rint(np.clip(maps / largest, -1, 1) * 127) + 128, 0).astype(np.uint8)
    for place in range(count):
        top, left = place // columns * (height + _GAP), place % columns * (width + _GAP)
        numbers[top : top + height, left : left + width] = shades[place]
    return _coloured(numbers)


def encode_shares(shares: NDArray[np.float64]) -> str:
    """Return the data address of a matrix of shares from 0 to 1 as an image: a pixel per share, darker for more."""
    values = np.rint(np.sqrt(np.clip(shares, 0, 1)) * 127).astype(np.uint8) + 128
    values[shares <= 0] = 0
    return _coloured(values)


def _make_palette() -> list[int]:
    """Return the palette: 0 is transparent, 1 all orange, 128 white, 255 all blue."""
    known = np.array([ImageColor.getrgb(colour) for colour in ADDS_OR_TAKES_AWAY], np.float64)
    places = np.linspace(1, 255, len(known))
    shades = [np.interp(np.arange(1, 256), places, channel) for channel in known.T]
    return [255, 255, 255, *np.rint(np.stack(shades, axis=1)).astype(int).ravel().tolist()]


_PALETTE = _make_palette()


def _coloured(places: NDArray[np.uint8]) -> str:
    """Return the data address of an image whose pixels are indices into the palette."""
    picture = Image.fromarray(places)
    picture.putpalette(_PALETTE)
    return _address(picture, transparency=0)


def _address(picture: Image.Image, **options: int) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True, **options)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def encode_svg(svg: bytes) -> str:
    """Return the data address of an SVG file."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
