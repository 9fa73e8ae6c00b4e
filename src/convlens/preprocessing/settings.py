"""The preprocessing settings that a trained model stores: a few plain numbers, checked when made, and saved as JSON."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec
import numpy as np

from convlens.errors import UsageError
from convlens.preprocessing.appearance import Appearance
from convlens.words import times

Rules = Literal["digit", "garment", "glyph", "letterbox"]
RULES: tuple[Rules, ...] = get_args(Rules)
_SQUARE_GREY_RULES = ("digit", "garment")
_FORMER_NAMES = {"mnist": "digit", "fashion-mnist": "garment", "ink": "glyph"}
"""The names of rules up to version 0.6, which model files may still have."""


def current_name(rules: str) -> Any:
    """Return the current name of preprocessing rules; old names give a deprecation warning.

    >>> current_name("digit"), current_name("auto")
    ('digit', 'auto')
    """
    if rules not in _FORMER_NAMES:
        return rules
    name = _FORMER_NAMES[rules]
    warnings.warn(f"the preprocessing rules {rules!r} are called {name!r} now.", DeprecationWarning, stacklevel=4)
    return name


@dataclass(frozen=True)
class Normalisation:
    """Network input = (pixels / 255 − mean) / std, channel by channel.

    >>> Normalisation((0.5,), (0.25,)).apply(np.array([[[[0, 255]]]], np.uint8))
    array([[[[-2.,  2.]]]], dtype=float32)
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", tuple(float(value) for value in self.mean))
        object.__setattr__(self, "std", tuple(float(value) for value in self.std))
        if not self.mean or len(self.mean) != len(self.std):
            raise UsageError(
                f"{len(self.mean)} means and {len(self.std)} deviations: give one of each for every channel."
            )
        if not all(math.isfinite(value) for value in self.mean + self.std) or min(self.std) <= 0:
            raise UsageError(f"mean {self.mean} and std {self.std}: all must be finite, and std greater than 0.")

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Convert pixels, uint8 N×C×H×W, to the network's input, float32 of the same shape."""
        shape = (-1, 1, 1)
        mean, std = np.array(self.mean, np.float32).reshape(shape), np.array(self.std, np.float32).reshape(shape)
        return (pixels.astype(np.float32) / np.float32(255) - mean) / std


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the network's input.

    Args:
        image_shape: (channels, height, width) of the network's input; 1 channel is grey, 3 are red, green and blue.
        rules: `digit` or `garment` (square and grey), `glyph` (grey), or `letterbox`.
        light_on_dark: whether the training images are light on dark; None if they are mixed or in colour, so that
            nothing is inverted.
        normalisation: applied to the pixels at the end.
        appearance: measures of the training images, which pictures are compared with and adapted to; None if they were
            not measured, as in models of version 1, or if the images were blank.

    Raises:
        UsageError: a value is not allowed, or values do not fit together.

    >>> Preprocessing.from_dict(Preprocessing().as_dict()) == Preprocessing()
    True
    """

    image_shape: tuple[int, int, int] = (1, 28, 28)
    rules: Rules = "digit"
    light_on_dark: bool | None = True
    normalisation: Normalisation = Normalisation()
    appearance: Appearance | None = None

    def __post_init__(self) -> None:
        shape = tuple(self.image_shape)
        object.__setattr__(self, "image_shape", shape)
        object.__setattr__(self, "rules", current_name(self.rules))
        if len(shape) != 3 or not all(type(size) is int and size > 0 for size in shape) or shape[0] not in (1, 3):
            raise UsageError(f"an image shape of {shape}: give (channels, height, width) with 1 or 3 channels.")
        if self.rules not in RULES:
            raise UsageError(f"preprocessing rules {self.rules!r}: {', '.join(RULES)} are known; choose one of them.")
        if self.rules in _SQUARE_GREY_RULES and (shape[0] != 1 or shape[1] != shape[2]):
            raise UsageError(f"the rules {self.rules!r} make square grey images, not {times(shape)}: use letterbox.")
        if self.rules == "glyph" and shape[0] != 1:
            raise UsageError(f"the rules 'glyph' make grey images, not {times(shape)}: use letterbox.")
        if len(self.normalisation.mean) != shape[0]:
            raise UsageError(
                f"{len(self.normalisation.mean)} normalised channels for images of {shape[0]}: "
                "give one mean and one std for each."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "image_shape": list(self.image_shape),
            "rules": self.rules,
            "light_on_dark": self.light_on_dark,
            "normalisation": {"mean": list(self.normalisation.mean), "std": list(self.normalisation.std)},
            "appearance": msgspec.to_builtins(self.appearance),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Preprocessing":
        """Restore from `as_dict`; only `appearance` may be missing, and no value may be unknown or of another type.

        Raises:
            UsageError: a value is not allowed; the message names it.
        """
        try:
            typed = msgspec.convert(stored, _Stored)
        except msgspec.ValidationError as error:
            raise UsageError(f"the preprocessing is not what a model stores: {error}.") from error
        normalisation = Normalisation(typed.normalisation.mean, typed.normalisation.std)
        rules: Any = _FORMER_NAMES.get(typed.rules, typed.rules)
        return cls(typed.image_shape, rules, typed.light_on_dark, normalisation, typed.appearance)


class _StoredNormalisation(msgspec.Struct, forbid_unknown_fields=True):
    mean: tuple[float, ...]
    std: tuple[float, ...]


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    """The required values and their types, which msgspec checks."""

    image_shape: tuple[int, int, int]
    rules: str
    light_on_dark: bool | None
    normalisation: _StoredNormalisation
    appearance: Appearance | None = None
