"""How the training images look: what travels with the model, so that a new picture can be compared with them.

Ranges and not only means: whether something may be changed depends on how much the training images agree on it. A glyph
that is always 71 % high can be scaled to that; where objects are large and small on purpose, the size says something.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from convlens.errors import UsageError

CENTRES = ("mass", "box")


@dataclass(frozen=True)
class Spread:
    """A measure over the training images: its extremes, 5 %, the median and 95 %.

    >>> Spread(0.6, 0.7, 0.71, 0.72, 0.9).width
    0.02
    """

    lowest: float
    low: float
    middle: float
    high: float
    highest: float

    def __post_init__(self) -> None:
        values = (self.lowest, self.low, self.middle, self.high, self.highest)
        if not all(map(math.isfinite, values)) or list(values) != sorted(values):
            raise UsageError(f"a spread of {values}: give five finite numbers, from the lowest to the highest.")

    @property
    def width(self) -> float:
        """From 5 % to 95 %."""
        return round(self.high - self.low, 6)

    def holds(self, value: float, tolerance: float = 0.0) -> bool:
        """Whether a value lies within the extremes, or at most `tolerance` beyond."""
        return self.lowest - tolerance <= value <= self.highest + tolerance


@dataclass(frozen=True)
class Centre:
    """Where the training images have their objects.

    Args:
        by: `mass` or `box`, whichever is kept more exactly to one place.
        down, right: that place, from the middle of the frame, as shares of its sides.
        distance: within this of the place lie 95 % of the training images, as a share of the frame's side.
        farthest: within this lie all of them.
    """

    by: str
    down: float
    right: float
    distance: float
    farthest: float

    def __post_init__(self) -> None:
        values = (self.down, self.right, self.distance, self.farthest)
        if self.by not in CENTRES:
            raise UsageError(f"a centre by {self.by!r:.40}: give {' or '.join(CENTRES)}.")
        if not all(map(math.isfinite, values)) or not 0 <= self.distance <= self.farthest:
            raise UsageError(f"a centre at {values}: give finite numbers, and distances that are not negative.")


@dataclass(frozen=True)
class Appearance:
    """What was measured on training images; see `convlens.preprocessing.measuring.Looks` for what each measure means.

    Args:
        images: how many were measured.
        fill: the longer side of the box around the object, as a share of the frame's side.
        centre: where the object lies.
        background: grey levels.
        contrast: grey levels between background and object.
        ink_share: how dark the image is as a whole, as a share.
        stroke: the thickness of strokes, as a share of the frame's longer side.
        softness: the share of pixels that are neither background nor ink.

    Raises:
        UsageError: a value that is not allowed.

    >>> at_71_percent = Spread(0.7, 0.7, 0.71, 0.72, 0.72)
    >>> some = Spread(0.0, 0.1, 0.2, 0.3, 0.4)
    >>> glyphs = Appearance(50, at_71_percent, Centre("mass", 0, 0, 0.02, 0.03), some, some, some, some, some)
    >>> Appearance.from_dict(glyphs.as_dict()) == glyphs
    True
    """

    images: int
    fill: Spread
    centre: Centre
    background: Spread
    contrast: Spread
    ink_share: Spread
    stroke: Spread
    softness: Spread

    def __post_init__(self) -> None:
        if type(self.images) is not int or self.images < 1:
            raise UsageError(f"an appearance of {self.images!r:.40} images: give a whole number from 1.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: five numbers a spread."""
        stored: dict[str, Any] = {"images": self.images}
        for name in _SPREADS:
            spread = getattr(self, name)
            stored[name] = [getattr(spread, field.name) for field in fields(Spread)]
        stored["centre"] = {field.name: getattr(self.centre, field.name) for field in fields(Centre)}
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Appearance":
        """The way back from `as_dict`; nothing may be missing, unknown or of another type.

        Raises:
            UsageError: with the name of the value.
        """
        check_keys("appearance", stored, ("images", *_SPREADS, "centre"))
        spreads = {name: Spread(*numbers(name, stored[name], 5)) for name in _SPREADS}
        centre, names = stored["centre"], tuple(field.name for field in fields(Centre))
        check_keys("centre", centre, names)
        if not isinstance(centre["by"], str):
            raise UsageError(f"a centre by {centre['by']!r:.40}: give {' or '.join(CENTRES)}.")
        place = numbers("centre", [centre[name] for name in names[1:]], 4)
        return cls(images=stored["images"], centre=Centre(centre["by"], *place), **spreads)


_SPREADS = ("fill", "background", "contrast", "ink_share", "stroke", "softness")


def check_keys(name: str, stored: object, expected: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    """Refuse an object of a model file that lacks a key or has one that is not known."""
    if not isinstance(stored, Mapping):
        raise UsageError(f"{name} {stored!r:.60}: give an object with {', '.join(expected)}.")
    missing = [key for key in expected if key not in stored]
    unknown = [key for key in stored if key not in expected + optional]
    if missing or unknown:
        parts = ["lacks " + ", ".join(missing)] * bool(missing)
        parts += ["does not know " + ", ".join(map(str, unknown))] * bool(unknown)
        raise UsageError(f"{name} {' and '.join(parts)}: it has {', '.join(expected + optional)}.")


def numbers(name: str, values: object, count: int | None = None) -> tuple[float, ...]:
    """A list of numbers out of a model file."""
    if not isinstance(values, list | tuple) or not all(type(value) in (int, float) for value in values):
        each = "one for each channel" if count is None else f"{count} of them"
        raise UsageError(f"{name} {values!r:.60}: give a list of numbers, {each}.")
    if count is not None and len(values) != count:
        raise UsageError(f"{name} {values!r:.60}: give a list of numbers, {count} of them.")
    try:
        return tuple(float(value) for value in values)
    except OverflowError:
        raise UsageError(f"{name} {values!r:.60}: give a list of numbers of an ordinary size.") from None
