"""The appearance of the training images, stored with the model, so that new pictures can be compared with them.

It holds ranges, not only means, because a property may only be normalised if the training images agree on it. Glyphs
that always fill 71 % of the frame can be scaled to that; if sizes vary on purpose, the size carries information.

msgspec writes these types as JSON and reads them, a spread as its five numbers.
"""

import math

import msgspec

from convlens.errors import UsageError

CENTRES = ("mass", "box")


class Spread(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The distribution of a measure over the training images: minimum, 5 %, median, 95 % and maximum.

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
        """The range from 5 % to 95 %."""
        return round(self.high - self.low, 6)

    def holds(self, value: float, tolerance: float = 0.0) -> bool:
        """Return whether a value is within the extremes, or at most `tolerance` beyond them."""
        return self.lowest - tolerance <= value <= self.highest + tolerance


class Centre(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The position of the objects in the training images.

    Args:
        by: `mass` or `box`, whichever centre varies less.
        down, right: the median centre, measured from the middle of the frame, as shares of its sides.
        distance: the distance from that centre that 95 % of the training images keep, as a share of the frame's side.
        farthest: the largest such distance.
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
    """Measures of the training images; `convlens.preprocessing.measuring.Looks` describes each of them.

    Args:
        images: the number of images that were measured.
        fill: the longer side of the box around the object, as a share of the frame's side.
        centre: the position of the object.
        background: grey levels.
        contrast: grey levels between background and object.
        ink_share: the mean darkness of the image, as a share.
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
