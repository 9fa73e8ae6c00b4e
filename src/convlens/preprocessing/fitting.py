"""Derives the preprocessing from training images, so that new pictures can be made to look like them."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convlens.errors import UsageError
from convlens.preprocessing.appearance import Appearance, Centre, Spread
from convlens.preprocessing.measuring import NO_INK, Looks, measure
from convlens.preprocessing.settings import Normalisation, Preprocessing, Rules, current_name
from convlens.words import times

_ENOUGH = 0.95  # the share of images that must agree before others are inverted to match
_MOSTLY_INK = 0.9  # the share of images that must show ink on an even background before the rules for glyphs apply
_MOST_IMAGES, _MOST_PIXELS = 2000, 3_000_000  # measured: 30 ms for MNIST
_DIGITS = 4  # stored for each measure


def fit_preprocessing(images: NDArray[np.uint8], rules: Rules | Literal["auto"]) -> Preprocessing:
    """Return the preprocessing for a network trained on `images`, uint8 N×C×H×W, which were made by `rules`.

    `auto` chooses `glyph` or `letterbox`; see `choose_rules`. For these two, grey images count as light on dark if at
    least 95 % of them have a dark background, and as dark on light in the opposite case; colour images have none.
    Pixels are only scaled to 0 to 1. At most 2,000 evenly spaced images are measured.

    Raises:
        UsageError: there are no images, or the rules cannot make such images.

    >>> fitted = fit_preprocessing(np.zeros((5, 3, 32, 48), np.uint8), "letterbox")
    >>> fitted.image_shape, fitted.light_on_dark
    ((3, 32, 48), None)
    """
    _check_images(images)
    some = _sample(images)
    looks = measure(_grey(some))
    chosen: Rules = _choose_rules(some, looks)[0] if rules == "auto" else current_name(rules)
    channels, height, width = (int(size) for size in images.shape[1:])
    light_on_dark: bool | None = True
    if chosen == "letterbox":
        light_on_dark = None if channels != 1 else _agreed(looks.background < 128)
    elif chosen == "glyph":
        light_on_dark = _agreed(~looks.dark_ink[looks.contrast >= NO_INK])
    return Preprocessing(
        image_shape=(channels, height, width),
        rules=chosen,
        light_on_dark=light_on_dark,
        normalisation=Normalisation((0.0,) * channels, (1.0,) * channels),
        appearance=_appearance(looks),
    )


def choose_rules(images: NDArray[np.uint8]) -> tuple[Rules, str]:
    """Choose rules for a user's training images, uint8 N×C×H×W: `glyph` or `letterbox`, with the reason.

    `glyph` is chosen if at least 90 % of the images are grey and show something on an even background of another
    brightness, with few levels in between, such as handwriting or icons. All others are treated as photographs, which
    the rules for ink on paper would damage.

    Raises:
        UsageError: there are no images.

    >>> glyphs = np.full((20, 1, 16, 16), 255, np.uint8)
    >>> glyphs[:, :, 4:12, 6:10] = 0
    >>> choose_rules(glyphs)
    ('glyph', '100 % of the images show ink on an even background')
    """
    _check_images(images)
    some = _sample(images)
    return _choose_rules(some, measure(_grey(some)))


def _check_images(images: np.ndarray) -> None:
    if images.ndim != 4 or len(images) == 0:
        raise UsageError(
            f"images of the shape {times(images.shape)}: give at least one, as N × channels × height × width."
        )


def _sample(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return evenly spaced images; only these are read from a memory-mapped array."""
    pixels = max(1, int(np.prod(images.shape[2:])))
    count = min(len(images), _MOST_IMAGES, max(1, _MOST_PIXELS // pixels))
    return images if count == len(images) else images[np.linspace(0, len(images) - 1, count).astype(np.intp)]


def _grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the images as N×H×W; colours are averaged, which is enough to find objects."""
    return images[:, 0] if images.shape[1] == 1 else images.mean(axis=1).astype(np.uint8)


def _choose_rules(images: NDArray[np.uint8], looks: Looks) -> tuple[Rules, str]:
    if images.shape[1] != 1:
        return "letterbox", "the images are in colour"
    ink = (looks.contrast >= 30) & (looks.softness <= 0.35) & (looks.ink_share <= 0.5)
    share = float((looks.is_even & ink).mean())
    only = "only " if share < _MOSTLY_INK else ""
    reason = f"{only}{100 * share:.0f} % of the images show ink on an even background"
    return ("letterbox" if only else "glyph"), reason


def _agreed(light_on_dark: NDArray[np.bool_]) -> bool | None:
    """Return the polarity of nearly all images; None if they are mixed, or if there are none."""
    share = float(light_on_dark.mean()) if len(light_on_dark) else 0.5
    if share >= _ENOUGH:
        return True
    return False if share <= 1 - _ENOUGH else None


def _appearance(looks: Looks) -> Appearance | None:
    """Return the spreads over all images that are not blank."""
    shown = looks.contrast >= NO_INK
    if not shown.any():
        return None
    return Appearance(
        images=int(shown.sum()),
        fill=_spread(looks.fill[shown]),
        centre=_centre(looks.box_centre[shown], looks.mass_centre[shown]),
        background=_spread(looks.background[shown]),
        contrast=_spread(looks.contrast[shown]),
        ink_share=_spread(looks.ink_share[shown]),
        stroke=_spread(looks.stroke[shown]),
        softness=_spread(looks.softness[shown]),
    )


def _spread(values: NDArray[np.float32]) -> Spread:
    """Round to few digits; the extremes are rounded outwards, so that no training image is outside them."""
    extremes = np.array([values.min(), values.max()], np.float64) * 10**_DIGITS
    lowest, highest = float(np.floor(extremes[0])) / 10**_DIGITS, float(np.ceil(extremes[1])) / 10**_DIGITS
    low, middle, high = (
        round(float(value), _DIGITS) for value in np.percentile(values.astype(np.float64), (5, 50, 95))
    )
    return Spread(lowest, low, middle, high, highest)


def _centre(box: NDArray[np.float32], mass: NDArray[np.float32]) -> Centre:
    """Return the centre by mass or by box, whichever varies less."""
    found = []
    for by, centres in (("mass", mass), ("box", box)):
        place = np.median(centres.astype(np.float64), axis=0)
        distances = np.abs(centres - place).max(axis=1)
        down, right = (round(float(share), _DIGITS) for share in place)
        distance, farthest = (round(float(share), _DIGITS) for share in np.percentile(distances, (95, 100)))
        found.append(Centre(by, down, right, distance, farthest))
    return min(found, key=lambda centre: centre.distance)
