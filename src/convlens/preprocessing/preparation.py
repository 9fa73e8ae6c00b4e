"""Turns any picture into the network's input by the rules stored with the model, step by step, with notes.

    digit       `digit_rules`: as MNIST was made
    glyph       `glyph_rules`: the properties that a user's training images have in common
    letterbox   `frame_rules`: the whole picture, for photographs
    garment     `frame_rules`: as Fashion-MNIST was made

All 60,000 training and 10,000 test images of MNIST, and the 10,000 test images of Fashion-MNIST, pass through their own
rules unchanged, pixel for pixel, in half a millisecond each.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convlens.deprecations import with_old_arguments
from convlens.pixels import ImageSource, read_image, to_colour, to_grey
from convlens.pixels.decoding import is_read
from convlens.preprocessing.digit_rules import prepare_digit
from convlens.preprocessing.frame_rules import letterbox_picture, prepare_garment
from convlens.preprocessing.glyph_rules import prepare_glyph
from convlens.preprocessing.likeness import find_unlike
from convlens.preprocessing.settings import Preprocessing
from convlens.preprocessing.trail import KEPT_SIZE, Step, Trail

if TYPE_CHECKING:
    from PIL.Image import Image

_GREY_MODES = ("1", "L", "I", "F", "I;16")


@dataclass(frozen=True)
class Prepared:
    """A picture prepared for the network.

    Attributes:
        pixels: uint8 C×H×W.
        notes: the changes, as text.
        steps: the intermediate pictures, from `original` to `tensor`; see `Step`.
        unlike: reasons why the prepared picture is unlike the training images; empty if it is not.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
    unlike: tuple[str, ...] = ()


@with_old_arguments
def prepare(preprocessing: Preprocessing, source: ImageSource, repair: bool = True) -> Prepared:
    """Turn any picture into the network's input by the rules that are stored with the model.

    `source` is anything that `convlens.pixels.read_image` accepts. A picture without ink gives zeros, or is only scaled
    by the rules `glyph`, and gets a note. With `repair=False`, the picture is only converted to grey or colour and
    scaled to the frame as a whole.

    Raises:
        ImageError: the source is damaged, or not an image.

    >>> paper = np.full((180, 200), 230, np.uint8)
    >>> paper[33:143, 65:145] = 20
    >>> for note in prepare(Preprocessing(), paper).notes: print(note)
    dark on light, inverted
    contrast stretched from 25–235 to 0–255
    200×180, cropped to 80×110
    fills 55 % of the frame, training images 71 %, rescaled to 15×20
    """
    image = source if is_read(source) else read_image(source)  # reading it again would copy it
    channels, height, width = preprocessing.image_shape
    trail = Trail([])
    if channels == 1 and image.mode not in _GREY_MODES:
        trail.show("original", *_look_at(image))
    read, notes = to_grey(image) if channels == 1 else to_colour(image)
    del image  # an image of 64 million pixels takes 256 MB
    trail.add("grey" if trail.steps else "original", read, *notes)
    if not repair:
        pixels = letterbox_picture(read, height, width, trail)
    elif preprocessing.rules == "letterbox":
        pixels = letterbox_picture(read, height, width, trail, preprocessing.light_on_dark)
    elif preprocessing.rules == "glyph":
        pixels = prepare_glyph(read, preprocessing, trail)
    elif preprocessing.rules == "digit":
        pixels = prepare_digit(read, height, preprocessing.appearance, trail)
    else:
        pixels = prepare_garment(read, height, trail)
    trail.add("tensor", pixels)
    unlike = find_unlike(pixels, preprocessing)
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return Prepared(np.ascontiguousarray(pixels), tuple(trail.notes), tuple(trail.steps), unlike)


def _look_at(image: "Image") -> tuple[NDArray[np.uint8], str]:
    """Return the original with its colours and transparency, reduced for display, and its size."""
    size, mode = f"{image.width}×{image.height}", "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    factor = max(image.size) // KEPT_SIZE
    return np.asarray(image.reduce(factor) if factor > 1 else image), size
