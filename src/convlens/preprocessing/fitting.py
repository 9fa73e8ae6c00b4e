"""Preprocessing made from training images: what new pictures must be turned into to look like them."""

import numpy as np

from convlens.errors import UsageError
from convlens.preprocessing.settings import Normalisation, Preprocessing

_ENOUGH = 0.95  # the share of images that must agree before others are inverted to match
_MOST_IMAGES = 2000


def fit_preprocessing(images: np.ndarray, rules: str) -> Preprocessing:
    """The preprocessing for a network trained on `images`, uint8 N×C×H×W, which were made by `rules`.

    With `letterbox`, grey images whose border is dark in at least 95 % of them count as light on dark, and the other
    way round; colour images never do. Pixels are normalised to 0 to 1, no further.

    Raises:
        UsageError: no images, or images that the rules cannot make.

    >>> fitted = fit_preprocessing(np.zeros((5, 3, 32, 48), np.uint8), "letterbox")
    >>> fitted.image_shape, fitted.light_on_dark
    ((3, 32, 48), None)
    """
    if images.ndim != 4 or len(images) == 0:
        shape = "×".join(str(size) for size in images.shape)
        raise UsageError(f"images of the shape {shape}: give at least one, as N × channels × height × width.")
    channels, height, width = (int(size) for size in images.shape[1:])
    light_on_dark = _polarity(images) if rules == "letterbox" else True
    return Preprocessing(
        image_shape=(channels, height, width),
        rules=rules,
        light_on_dark=light_on_dark,
        normalisation=Normalisation((0.0,) * channels, (1.0,) * channels),
    )


def _polarity(images: np.ndarray) -> bool | None:
    """Whether the border of nearly all images is dark (True), light (False), or neither (None)."""
    if images.shape[1] != 1:
        return None
    some = images[:: max(1, len(images) // _MOST_IMAGES), 0]
    borders = np.concatenate([some[:, 0], some[:, -1], some[:, :, 0], some[:, :, -1]], axis=1)
    dark = float((np.median(borders, axis=1) < 128).mean())
    if dark >= _ENOUGH:
        return True
    return False if dark <= 1 - _ENOUGH else None
