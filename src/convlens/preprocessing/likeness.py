"""Checks whether the network's input looks like the images that it was trained on.

A network assigns a class to every picture, even a landscape, and often with 99 %. Its probabilities cannot tell whether
the picture is of the right kind at all; the measures of the training images can.
"""

import numpy as np
from numpy.typing import NDArray

from convlens.preprocessing.appearance import Appearance
from convlens.preprocessing.measuring import NO_INK, Looks, has_dark_ink, measure
from convlens.preprocessing.settings import Preprocessing
from convlens.preprocessing.trail import describe_range

_TOLERANCE = 0.1
"""How far outside the training images' extremes a value may be, as a share of their 5 to 95 % range. With this
tolerance, no test image of MNIST is refused; without it, five of 10,000."""
_FEW = 50
"""An additional tolerance, divided by the number of training images: fifty images do not show the true extremes."""
_AT_A_TIME = 512
"""How many images are measured together, so that their floats stay in the processor's cache."""
_MEASURES = {"ink_share": "ink on {} of it", "stroke": "strokes {} of its side thick", "softness": "grey on {} of it"}


def find_unlike(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> tuple[str, ...]:
    """Return reasons why an image, uint8 H×W or H×W×3, is unlike the training images; empty if it is not.

    >>> find_unlike(np.zeros((28, 28), np.uint8), Preprocessing())
    ()
    """
    channels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return find_unlike_of_many(channels[None], preprocessing)[0]


def find_unlike_of_many(images: NDArray[np.uint8], preprocessing: Preprocessing) -> list[tuple[str, ...]]:
    """Like `find_unlike` for N images, uint8 N×C×H×W, measured together, which is ten times as fast as one by one.

    >>> find_unlike_of_many(np.zeros((2, 1, 28, 28), np.uint8), Preprocessing())
    [(), ()]
    """
    appearance = preprocessing.appearance
    if appearance is None:
        return [()] * len(images)
    reasons: list[tuple[str, ...]] = []
    for start in range(0, len(images), _AT_A_TIME):
        part = images[start : start + _AT_A_TIME]
        grey = part[:, 0] if part.shape[1] == 1 else part.mean(axis=1).astype(np.uint8)
        looks = measure(grey)
        reasons += [_reasons(looks, place, preprocessing, appearance) for place in range(len(part))]
    return reasons


def find_inverted(images: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.bool_]:
    """Return N booleans: whether an image, uint8 N×C×H×W, has the opposite polarity of the training images.

    Always false for the rules for photographs, which have no ink.

    >>> find_inverted(255 - np.eye(28, dtype=np.uint8)[None, None] * 200, Preprocessing()).tolist()
    [True]
    """
    wanted = preprocessing.light_on_dark
    if wanted is None or preprocessing.rules not in ("digit", "glyph"):
        return np.zeros(len(images), np.bool_)
    return has_dark_ink(images[:, 0]) == wanted


def _reasons(looks: Looks, place: int, preprocessing: Preprocessing, appearance: Appearance) -> tuple[str, ...]:
    if float(looks.contrast[place]) < NO_INK <= appearance.contrast.lowest:
        return ("there is nothing on it",)
    if preprocessing.rules == "letterbox":
        return ()
    reasons = []
    for name, words in _MEASURES.items():
        spread, value = getattr(appearance, name), float(getattr(looks, name)[place])
        if not spread.holds(value, (_TOLERANCE + _FEW / appearance.images) * spread.width):
            usual = describe_range(100 * spread.lowest, 100 * spread.highest, " %")
            reasons.append(f"{words.format(f'{100 * value:.0f} %')}, {usual} of theirs")
    return tuple(reasons)
