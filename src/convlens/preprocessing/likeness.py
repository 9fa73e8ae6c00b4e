"""Whether what the network gets looks like anything that it was trained on.

A network answers every picture with a class, a landscape too, and often with 99 %. Its own probabilities cannot be
asked whether the picture is of the right kind at all; the measures of the training images can.
"""

import numpy as np
from numpy.typing import NDArray

from convlens.preprocessing.measuring import NO_INK, measure
from convlens.preprocessing.settings import Preprocessing
from convlens.preprocessing.trail import describe_range

_TOLERANCE = 0.1
"""How far beyond the extremes of the training images is allowed, as a share of the range from 5 to 95 % of them. With
this no test image of MNIST is refused, and without it five of 10,000."""
_FEW = 50
"""And divided by the number of training images: the extremes of fifty are not those of all."""
_MEASURES = {"ink_share": "ink on {} of it", "stroke": "strokes {} of its side thick", "softness": "grey on {} of it"}


def find_unlike(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> tuple[str, ...]:
    """Reasons why an image, uint8 H×W or H×W×3, is of another kind than the training images; none if it is not.

    >>> find_unlike(np.zeros((28, 28), np.uint8), Preprocessing())
    ()
    """
    appearance = preprocessing.appearance
    if appearance is None:
        return ()
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2).astype(np.uint8)
    looks = measure(grey[None])
    if float(looks.contrast[0]) < NO_INK <= appearance.contrast.lowest:
        return ("there is nothing on it",)
    if preprocessing.rules == "letterbox":
        return ()
    reasons = []
    for name, words in _MEASURES.items():
        spread, value = getattr(appearance, name), float(getattr(looks, name)[0])
        if not spread.holds(value, (_TOLERANCE + _FEW / appearance.images) * spread.width):
            usual = describe_range(100 * spread.lowest, 100 * spread.highest, " %")
            reasons.append(f"{words.format(f'{100 * value:.0f} %')}, {usual} of theirs")
    return tuple(reasons)
