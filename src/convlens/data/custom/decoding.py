"""Decodes one image file into the network's pixels and a row of facts.

Training images are only converted to the right mode and letterboxed: they are not inverted, cropped or enhanced.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np

from convlens.data.custom.facts import FACTS, MODES, conversion_bit, problem_code
from convlens.data.custom.lengths import has_bad_length
from convlens.errors import ImageError
from convlens.pixels import MAX_PIXELS, read_image, to_grey
from convlens.pixels.conversion import NO_DETAIL, colour_spread, is_grey, to_colour_and_grey
from convlens.pixels.cost import START_BYTES
from convlens.pixels.decoding import FORMATS, check_start, quiet
from convlens.pixels.framing import border_pixels, count_levels, letterbox

if TYPE_CHECKING:
    from PIL.Image import Image

_NOTED = (
    ("colour turned to grey", "colour_to_grey"),
    ("filled with white", "alpha_over_white"),
    ("filled with black", "alpha_over_black"),
    ("16 bits turned to 8", "sixteen_bit"),
    ("0–1 turned to 0–255", "unit_range"),
    ("stretched to 0–255", "stretched"),
    ("everywhere, taken as 0", "stretched"),
    ("as its EXIF data says", "turned"),
    ("the first of several frames", "first_frame"),
)
_OF_MODES = {"P": "palette", "PA": "palette", "CMYK": "cmyk", "1": "one_bit"} | dict.fromkeys(
    ("LAB", "YCbCr", "HSV"), "lab"
)
_PLACES = np.arange(256)


@dataclass(frozen=True)
class Decoded:
    """The result for one file: a row of FACTS, and uint8 pixels C×H×W; or no pixels, and the problem in `words`."""

    facts: np.ndarray
    pixels: np.ndarray | None
    words: str = ""


def decode(content: bytes, size: int, channels: int) -> Decoded:
    """Decode an image file into a letterboxed square of `size` pixels with 1 or 3 channels.

    >>> from convlens.pixels import encode_png
    >>> decode(encode_png(np.full((2, 4), 9, np.uint8)), 4, 1).pixels.tolist()
    [[[9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]]]
    >>> decode(b"hello", 4, 1).words
    'is not an image: PNG, JPEG, WebP, GIF, BMP and TIFF files can be read; open it in another program and save it
    as PNG.'
    """
    facts = np.zeros((), FACTS)
    try:
        pixels = _examine(read_image(content), facts, size, channels)
    except ImageError as error:
        return refused(str(error).replace(f"the image of {len(content):,} bytes ", "", 1), error.problem, facts)
    facts["bad_length"] = has_bad_length(content)
    return Decoded(facts, pixels)


def decode_array(pixels: np.ndarray, size: int, channels: int) -> Decoded:
    """Do the same as `decode` for one image of an array, H×W or H×W×C.

    Raises:
        ImageError: values are out of range.
    """
    facts = np.zeros((), FACTS)
    return Decoded(facts, _examine(read_image(pixels), facts, size, channels))


def refused(words: str, problem: str, facts: np.ndarray | None = None) -> Decoded:
    """Return the result for an unusable file: the problem as text and as one of PROBLEMS."""
    facts = np.zeros((), FACTS) if facts is None else facts
    facts["problem"] = problem_code(problem)
    return Decoded(facts, None, words)


def _examine(image: "Image", facts: np.ndarray, size: int, channels: int) -> np.ndarray:
    """Fill in the facts and compute the network's pixels."""
    if is_grey(image):
        grey, notes = to_grey(image)
        colour, spread = None, 0
    else:
        both = to_colour_and_grey(image)
        colour, grey, spread = both.colour, both.grey, both.spread
        notes = both.notes_of_grey if channels == 1 else both.notes_of_colour
    height, width = grey.shape
    mode = image.mode
    del image  # an image of 64 million pixels takes 256 MB
    facts["width"], facts["height"], facts["colour"] = width, height, spread
    facts["mode"] = MODES.index(mode) if mode in MODES else 0
    facts["conversions"] = _conversions(mode, notes, max(width, height), size)
    same = colour is None or (spread == 0 and _is_grey(colour))
    facts["pixel_hash"] = _digest(grey if same or colour is None else colour)
    _measure(grey, facts)
    chosen = grey if channels == 1 or colour is None else colour
    framed = letterbox(chosen, size, size)
    if framed.ndim == 2:
        return np.broadcast_to(framed, (channels, size, size))
    return np.ascontiguousarray(framed.transpose(2, 0, 1))


def _conversions(mode: str, notes: list[str], longest: int, size: int) -> int:
    bits = conversion_bit(_OF_MODES[mode]) if mode in _OF_MODES else 0
    for note in notes:
        for phrase, name in _NOTED:
            if phrase in note:
                bits |= conversion_bit(name)
    if longest != size:
        bits |= conversion_bit("enlarged" if longest < size else "reduced")
    return bits


def _is_grey(colour: np.ndarray) -> bool:
    return np.array_equal(colour[:, :, 0], colour[:, :, 1]) and np.array_equal(colour[:, :, 0], colour[:, :, 2])


def _digest(pixels: np.ndarray) -> bytes:
    shape = "×".join(map(str, pixels.shape)).encode()
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16, key=shape).digest()


def _measure(grey: np.ndarray, facts: np.ndarray) -> None:
    """Fill in brightness and background. A histogram saves memory: 64 million pixels as floats would take 512 MB."""
    counts = count_levels(grey)
    present = counts.nonzero()[0]
    facts["mean"], facts["lowest"], facts["highest"] = float(counts @ _PLACES) / grey.size, present[0], present[-1]
    border = np.sort(border_pixels(grey))
    facts["border"] = (float(border[(len(border) - 1) // 2]) + float(border[len(border) // 2])) / 2


def survey(file: IO[bytes]) -> Decoded:
    """Find the size and colourfulness of an image file quickly: JPEG photos are decoded at a reduced size."""
    from PIL import Image

    facts = np.zeros((), FACTS)
    with quiet():
        try:
            check_start(file.read(START_BYTES), file.seek(0, os.SEEK_END), "")
            file.seek(0)
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    return refused("has too many pixels: make it smaller", "too_large", facts)
                facts["width"], facts["height"] = image.size
                if not is_grey(image):
                    image.draft("RGB", (NO_DETAIL, NO_DETAIL))
                    facts["colour"] = colour_spread(read_image(image))
        except MemoryError:
            raise
        except Exception as error:  # the exact problem is reported when it is decoded
            return refused(type(error).__name__, "damaged", facts)
    return Decoded(facts, None)
