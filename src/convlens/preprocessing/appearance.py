"""How the training images look: what travels with the model, so that a new picture can be compared with them.

Ranges and not only means: whether something may be changed depends on how much the training images agree on it. A glyph
that is always 71 % high can be scaled to that; where objects are large and small on purpose, the size says something.

msgspec writes these types as JSON and reads them, a spread as its five numbers.
"""

import math

import msgspec

from convlens.errors import UsageError

CENTRES = ("mass", "box")


class Spread(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
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


class Centre(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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


class Appearance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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

    >>> at_71_percent, some = Spread(0.7, 0.7, 0.71, 0.72, 0.72), Spread(0.0, 0.1, 0.2, 0.3, 0.4)
    >>> glyphs = Appearance(50, at_71_percent, Centre("mass", 0, 0, 0.02, 0.03), some, some, some, some, some)
    >>> msgspec.to_builtins(glyphs)["fill"]
    [0.7, 0.7, 0.71, 0.72, 0.72]
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
