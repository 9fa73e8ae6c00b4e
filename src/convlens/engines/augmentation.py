"""Augmentation: the settings, and the random numbers that describe how each copy of an image is changed.

The numbers are drawn here, and an engine applies them when it loads the images. So two engines can get the same
changes, and a resumed training draws the same numbers. Existing packages process one image at a time in Python, which
takes far longer than a training step of the native engine.
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from math import log1p, pi

import numpy as np
from numpy.typing import NDArray

from convlens.checking import as_flag, as_number, refuse
from convlens.deprecations import ARGUMENTS, with_old_attributes
from convlens.errors import UsageError

WAVES = 3
"""An elastic deformation is a sum of products of so many cosines in each direction; the first one is constant."""
AFFINE, ELASTIC_X, ELASTIC_Y, THICKNESS, BLUR, GAIN, OFFSET, NOISE, KEY, COVER = 0, 6, 15, 24, 25, 26, 29, 32, 33, 34
CHANGE_NUMBERS = 39
"""The length of a change. The index of each kind of number is above; `native/kernels.hpp` has the same list."""
_BLOCK = 4096
_BLOCKS = 4
"""After this many blocks, an epoch reuses its changes for other images: there is enough variety, and it saves time."""
_STREAM = 5
_STILL = 1 / 3
_LEANING = 45.0
_WHOLE_TURN = 180.0
_LIGHT = ("blur", "contrast", "brightness", "colour", "noise")
_FLIPS = {"flip_horizontal": "mirrored left to right", "flip_vertical": "mirrored upside down"}


@with_old_attributes
@dataclass(frozen=True)
class AugmentationSettings:
    """The largest changes that augmentation makes to an image; 0 turns a kind of change off.

    Attributes:
        shift: in both directions, as a fraction of the side.
        rotation: degrees, in both directions.
        scale: 0.2 means from 1.2 times smaller to 1.2 times larger.
        aspect: the same for the ratio of width to height.
        shear: 0.2 shifts each row by 0.2 pixels relative to the next.
        elastic: displacement of the pixels in an elastic deformation: root mean square, as a fraction of the side.
        thickness: how far each pixel moves towards the lightest or darkest of its neighbours, 0 to 1.
        blur: how far each pixel moves towards the mean of its neighbourhood, 0 to 1.
        contrast: 0.3 multiplies the difference from mid-grey by 0.7 to 1.3.
        brightness: added or subtracted, as a fraction of the range of grey levels.
        colour: contrast and brightness of each channel separately, as a fraction of those two settings, 0 to 1.
        noise: standard deviation, as a fraction of the range of grey levels.
        cover: the longest side of a rectangle that is painted over, as a fraction of the side.
        flip_horizontal, flip_vertical: whether to mirror half of the copies.

    Shift, rotation, scale, aspect, shear and elastic leave a third of the copies unchanged. Thickness, blur, contrast,
    brightness, noise and cover leave two thirds unchanged.

    >>> AugmentationSettings(shift=0.1).rotation
    0.0
    """

    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    aspect: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0
    blur: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    colour: float = 0.0
    noise: float = 0.0
    cover: float = 0.0
    flip_horizontal: bool = False
    flip_vertical: bool = False

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            most = _WHOLE_TURN if one.name == "rotation" else 1.0
            checked = as_flag(one.name, value) if one.name in _FLIPS else _as_amount(one.name, value, most)
            object.__setattr__(self, one.name, checked)

    @classmethod
    def from_text(cls, text: str) -> "AugmentationSettings":
        """Read settings from text in the form of `describe`; changes that are not named are off.

        Raises:
            UsageError: a name is unknown, or an amount is not allowed.

        >>> AugmentationSettings.from_text("shift 0.1, rotation 10") == AugmentationSettings(shift=0.1, rotation=10)
        True
        """
        if not isinstance(text, str):
            refuse("augmentation", text, "a text such as 'shift 0.1, rotation 10'")
        amounts = [one.name for one in fields(cls) if one.name not in _FLIPS]
        found: dict[str, float | bool] = {}
        for part in text.split(",") if text.strip() != "none" else ():
            name, _, amount = part.strip().partition(" ")
            name = ARGUMENTS.get(name, name)
            flip = next((key for key, words in _FLIPS.items() if part.strip() == words), None)
            if flip is None and name not in amounts:
                known = ", ".join([f"{one} AMOUNT" for one in amounts] + list(_FLIPS.values()))
                raise UsageError(f"augmentation {part.strip()!r} is not known; give none, or some of {known}.")
            try:
                found[flip or name] = True if flip else float(amount.removesuffix("°"))
            except ValueError:
                wanted = f"a number, such as {name} 0.1"
                if " " in amount:
                    wanted = f"one number after {name}, and a comma before the next change"
                raise UsageError(f"augmentation {part.strip()!r}: give {wanted}.") from None
        flips = {name: bool(value) for name, value in found.items() if name in _FLIPS}
        return replace(cls(**flips), **{name: value for name, value in found.items() if name not in _FLIPS})

    def scaled(self, strength: float) -> "AugmentationSettings":
        """Return weaker settings: geometric changes are multiplied by `strength`, light and noise are reduced a third
        as much, and flips stay.

        >>> AugmentationSettings(shift=0.1, noise=0.1, flip_vertical=True).scaled(0.5)
        AugmentationSettings(shift=0.05, ..., noise=0.083..., flip_vertical=True)
        """
        amounts = [one.name for one in fields(self) if one.name not in _FLIPS]
        factors = {name: (2 + strength) / 3 if name in _LIGHT else strength for name in amounts}
        return replace(self, **{name: getattr(self, name) * factors[name] for name in amounts})

    def describe(self) -> str:
        """Return the settings as text, for a log.

        >>> AugmentationSettings(shift=0.1, rotation=10, flip_horizontal=True).describe()
        'shift 0.1, rotation 10°, mirrored left to right'
        """
        words = [
            f"{one.name} {getattr(self, one.name):g}{'°' * (one.name == 'rotation')}"
            for one in fields(self)
            if one.name not in _FLIPS and getattr(self, one.name)
        ]
        words += [phrase for name, phrase in _FLIPS.items() if getattr(self, name)]
        return ", ".join(words) or "none"


def _as_amount(name: str, value: object, most: float) -> int | float:
    return as_number(name, value, f"a number from 0 to {most:g}", lambda amount: 0 <= amount <= most)


def draw_changes(
    settings: AugmentationSettings, seed: int, epoch: int, places: range, image_shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """Return the changes for the images at some positions of an epoch's order: len(places) × `CHANGE_NUMBERS`.

    They depend only on the seed, the epoch and the position, not on how an epoch is divided into chunks. Images that
    are 16,384 positions apart in an epoch get the same change.

    >>> draw_changes(AugmentationSettings(flip_horizontal=True), 3, 0, range(4), (1, 28, 28))[:, 0]
    array([-1., -1.,  1., -1.], dtype=float32)
    """
    blocks = range(places.start // _BLOCK, -(-places.stop // _BLOCK))
    drawn = [_draw_block(settings, seed, epoch, block % _BLOCKS, image_shape) for block in blocks]
    if not drawn:
        return np.zeros((0, CHANGE_NUMBERS), np.float32)
    start = places.start - blocks.start * _BLOCK
    return np.concatenate(drawn)[start : start + len(places)]


@lru_cache(maxsize=2 * _BLOCKS)
def _draw_block(
    settings: AugmentationSettings, seed: int, epoch: int, block: int, image_shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    random = np.random.default_rng([seed, _STREAM, epoch, block])
    _, height, width = image_shape
    changes = unchanged(_BLOCK)
    still = 0.0 if settings.rotation > _LEANING else _STILL  # with any rotation allowed, no orientation is special
    moved = random.random(_BLOCK, np.float32) >= still
    _draw_affine(settings, random, moved, changes, height, width)
    if settings.elastic:
        for at in (ELASTIC_X, ELASTIC_Y):
            changes[:, at : at + WAVES**2] = _draw_waves(random, moved, settings.elastic * max(height, width))
    changes[:, THICKNESS] = _sometimes(random) * settings.thickness
    changes[:, BLUR] = np.abs(_sometimes(random)) * settings.blur
    _draw_light(settings, random, changes)
    changes[:, NOISE] = np.abs(_sometimes(random)) * settings.noise * 255
    changes[:, KEY] = random.integers(0, 2**24, _BLOCK)
    if settings.cover:
        _draw_cover(settings, random, changes, height, width)
    return changes


def unchanged(count: int) -> NDArray[np.float32]:
    """Return changes without effect: count × `CHANGE_NUMBERS`."""
    changes = np.zeros((count, CHANGE_NUMBERS), np.float32)
    changes[:, [AFFINE, AFFINE + 4, GAIN, GAIN + 1, GAIN + 2]] = 1
    return changes


def _evenly(random: np.random.Generator) -> NDArray[np.float32]:
    """Draw uniform numbers from −1 to 1, one for each image of a block."""
    return random.random(_BLOCK, np.float32) * 2 - 1


def _sometimes(random: np.random.Generator) -> NDArray[np.float32]:
    """Draw numbers from −1 to 1, two thirds of which are 0."""
    value = _evenly(random)
    return np.sign(value) * np.maximum(3 * np.abs(value) - 2, 0)


def _draw_affine(
    settings: AugmentationSettings,
    random: np.random.Generator,
    moved: NDArray[np.bool_],
    changes: NDArray[np.float32],
    height: int,
    width: int,
) -> None:
    """Draw the affine map from output to input pixels, relative to the centre: the inverse of rotation, shear and
    scale, and the shift.
    """
    angle = _evenly(random) * moved * (settings.rotation * pi / 180)
    size = np.exp(_evenly(random) * moved * np.float32(log1p(settings.scale)))
    proportion = np.exp(_evenly(random) * moved * np.float32(log1p(settings.aspect) / 2))
    lean = _evenly(random) * moved * settings.shear
    x_size = size * proportion * _mirrored(settings.flip_horizontal, random)
    y_size = size / proportion * _mirrored(settings.flip_vertical, random)
    cosine, sine = np.cos(angle), np.sin(angle)
    # source = scale · shear · rotation · (position − shift)
    a, b = x_size * (cosine + lean * -sine), x_size * (sine + lean * cosine)
    d, e = y_size * -sine, y_size * cosine
    x_shift = _evenly(random) * moved * (settings.shift * width)
    y_shift = _evenly(random) * moved * (settings.shift * height)
    for number, values in enumerate((a, b, -a * x_shift - b * y_shift, d, e, -d * x_shift - e * y_shift)):
        changes[:, AFFINE + number] = values


def _mirrored(flips: bool, random: np.random.Generator) -> NDArray[np.float32] | np.float32:
    """Return −1 for half of the copies if flips are on; otherwise 1."""
    if not flips:
        return np.float32(1)
    return np.where(random.random(_BLOCK, np.float32) < 0.5, np.float32(-1), np.float32(1))


@lru_cache(maxsize=1)
def _wave_sizes() -> NDArray[np.float32]:
    """Return the amplitude of each wave of an elastic deformation, for a block of images; their sum has a root mean
    square of 1. Long waves are stronger, so that strokes curve instead of crumpling.

    The constant wave and the two that resemble a shear or a change of the aspect ratio are left out.
    """
    across, down = np.meshgrid(np.arange(WAVES), np.arange(WAVES), indexing="ij")
    sizes = np.where(across + down >= 2, 1 / np.maximum(across + down, 1), 0.0)
    mean_squares = np.where(across, 0.5, 1.0) * np.where(down, 0.5, 1.0)
    sizes /= np.sqrt((sizes**2 * mean_squares).sum())
    return np.tile(sizes.ravel().astype(np.float32), _BLOCK)


def _draw_waves(random: np.random.Generator, moved: NDArray[np.bool_], reach: float) -> NDArray[np.float32]:
    """Draw the waves of an elastic deformation; `reach` is the root mean square of the displacement, in pixels.

    The numbers are uniform: a sum of many waves is nearly normal, and drawing normal numbers takes four times as long.
    Multiplying one long row is several times as fast as many rows of nine.
    """
    strength = random.random(_BLOCK, np.float32) * moved * np.float32(3)  # mean squares of 1/3, twice: 1 together
    waves = random.random(_BLOCK * WAVES**2, np.float32)
    waves *= 2
    waves -= 1
    waves *= _wave_sizes()
    waves *= np.repeat(strength, WAVES**2)
    np.multiply(waves, np.float64(reach), out=waves, casting="same_kind")
    return waves.reshape(_BLOCK, WAVES**2)


def _draw_light(settings: AugmentationSettings, random: np.random.Generator, changes: NDArray[np.float32]) -> None:
    gain, offset = _sometimes(random) * settings.contrast, _sometimes(random) * settings.brightness
    for channel in range(3):
        own_gain, own_offset = gain, offset
        if settings.colour:
            own_gain = gain + _sometimes(random) * (settings.contrast * settings.colour)
            own_offset = offset + _sometimes(random) * (settings.brightness * settings.colour)
        changes[:, GAIN + channel] = 1 + own_gain
        changes[:, OFFSET + channel] = 127.5 * -own_gain + 255 * own_offset


def _draw_cover(
    settings: AugmentationSettings, random: np.random.Generator, changes: NDArray[np.float32], height: int, width: int
) -> None:
    """Draw a random rectangle for a third of the copies; in the others, its width is 0."""
    shown = random.random(_BLOCK, np.float32) < 1 / 3
    tall = random.random(_BLOCK, np.float32) * (settings.cover * height)
    wide = random.random(_BLOCK, np.float32) * (settings.cover * width) * shown
    top, left = random.random(_BLOCK, np.float32) * (height - tall), random.random(_BLOCK, np.float32) * (width - wide)
    for number, edge in enumerate((top, left, top + tall, left + wide)):
        changes[:, COVER + number] = np.rint(edge)
    changes[:, COVER + 4] = random.integers(0, 256, _BLOCK)
