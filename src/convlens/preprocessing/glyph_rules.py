"""The rules for a user's own glyphs, ink on an even background: new pictures get what the training images agree on.

Polarity, levels, size and position are normalised separately, each only if 90 % of the training images are similar in
it. If they differ, they probably differ on purpose, and normalising would remove information that the network uses. A
picture that already looks like the training images in all of these is only scaled as they were.
"""

from dataclasses import dataclass

import numpy as np

from convlens.pixels.framing import centre_of_mass, letterbox, paste, resize
from convlens.preprocessing.appearance import Appearance
from convlens.preprocessing.cleaning import clean_picture, match_polarity
from convlens.preprocessing.frame_rules import letterbox_picture
from convlens.preprocessing.glyph import find_background, find_glyph_box, is_dark_on_light, stretch_contrast
from convlens.preprocessing.measuring import NO_INK, measure
from convlens.preprocessing.settings import Preprocessing
from convlens.preprocessing.strokes import scale_glyph
from convlens.preprocessing.trail import Trail, describe_filling, describe_levels, describe_range, describe_size

_SAME_FILL, _SAME_PLACE = 0.2, 0.05  # from 5 to 95 % of the training images, as shares of the frame's side
_SAME_LEVELS = 40  # grey levels
_TOLERANCE, _LEVELS_TOLERANCE = 0.04, 20  # changes caused by scaling, rounding and file formats


@dataclass(frozen=True)
class _Target:
    """The properties that a picture is normalised in, and their target values."""

    height: int
    width: int
    light_on_dark: bool | None
    looks: Appearance

    @property
    def size(self) -> bool:
        """Whether the training images agree on how much of the frame the object fills."""
        return self.looks.fill.width <= _SAME_FILL

    @property
    def place(self) -> bool:
        """Whether the training images agree on the position of the object."""
        return self.looks.centre.distance <= max(_SAME_PLACE, 1 / min(self.height, self.width))

    @property
    def levels(self) -> bool:
        """Whether the training images agree on the levels of background and ink."""
        return max(self.looks.background.width, self.looks.contrast.width) <= _SAME_LEVELS


@dataclass(frozen=True)
class _Tones:
    """A picture converted to light on dark, so that ink is above `background`, and how to convert it back."""

    pixels: np.ndarray
    background: int
    inverted: bool
    stretched: tuple[float, float] | None  # the levels of background and ink that 0 and 255 represent

    def paint(self, pixels: np.ndarray) -> np.ndarray:
        """Convert such pixels to the levels of the training images."""
        if self.stretched is None:
            return 255 - pixels if self.inverted else pixels
        background, ink = self.stretched
        return np.clip(np.rint(background + pixels * ((ink - background) / 255)), 0, 255).astype(np.uint8)


def prepare_glyph(grey: np.ndarray, preprocessing: Preprocessing, trail: Trail) -> np.ndarray:
    """Turn a picture of ink into an image like the training images, H×W."""
    _, height, width = preprocessing.image_shape
    if preprocessing.appearance is None:
        return letterbox_picture(grey, height, width, trail, preprocessing.light_on_dark)
    target = _Target(height, width, preprocessing.light_on_dark, preprocessing.appearance)
    if not (target.size or target.place or target.levels):
        return letterbox_picture(grey, height, width, trail, target.light_on_dark)
    if _is_alike(letterbox(grey, height, width), target):
        return letterbox_picture(grey, height, width, trail)
    grey = match_polarity(clean_picture(grey, trail), target.light_on_dark, trail)
    if _is_alike(letterbox(grey, height, width), target):
        return letterbox_picture(grey, height, width, trail)
    dark_ink = is_dark_on_light(grey)
    turned = 255 - grey if dark_ink else grey
    ink = stretch_contrast(turned)
    box = None if ink is None else find_glyph_box(ink)
    if ink is None or box is None:
        return trail.add("empty", letterbox(grey, height, width), "no ink found, so the picture is only scaled")
    tones = _Tones(turned, round(find_background(turned)[0]), dark_ink, None)
    if target.levels:
        tones = _change_levels(grey, ink, dark_ink, target, trail)
    painted = tones.paint(tones.pixels)
    if not (target.size or target.place) or _is_alike(letterbox(painted, height, width), target):
        return letterbox_picture(painted, height, width, trail)
    return _place(tones, box, _scale(tones, box, target, trail), target, trail)


def _is_alike(framed: np.ndarray, target: _Target) -> bool:
    """Return whether a letterboxed picture already matches the training images in everything that they agree on."""
    looks, usual = measure(framed[None]), target.looks
    fill, centre = float(looks.fill[0]), usual.centre
    if looks.contrast[0] < NO_INK or not looks.is_even[0]:
        return False
    if target.light_on_dark is not None and bool(looks.dark_ink[0]) == target.light_on_dark:
        return False
    beyond = max(_TOLERANCE, usual.fill.width)
    if target.size and not usual.fill.low - beyond <= fill <= usual.fill.high + beyond:
        return False
    places = looks.mass_centre if centre.by == "mass" else looks.box_centre
    distance = float(np.abs(places[0] - (centre.down, centre.right)).max())
    if target.place and distance > 1.5 * centre.distance + _TOLERANCE:
        return False
    return not target.levels or (
        usual.background.holds(float(looks.background[0]), _LEVELS_TOLERANCE)
        and usual.contrast.holds(float(looks.contrast[0]), _LEVELS_TOLERANCE)
    )


def _change_levels(grey: np.ndarray, ink: np.ndarray, dark_ink: bool, target: _Target, trail: Trail) -> _Tones:
    """Set background and ink to their usual levels."""
    background, contrast = target.looks.background.middle, target.looks.contrast.middle
    level = min(max(background - contrast if dark_ink else background + contrast, 0.0), 255.0)
    tones = _Tones(ink, 0, dark_ink, (background, level))
    painted = tones.paint(ink)
    if np.array_equal(painted, grey):
        return tones
    levels = describe_range(min(background, level), max(background, level))
    trail.add("contrast", painted, f"contrast stretched from {describe_levels(grey)} to {levels}")
    return tones


def _scale(tones: _Tones, box: tuple[slice, slice], target: _Target, trail: Trail) -> np.ndarray:
    """Scale the object to its usual size, or, if sizes vary, as the whole picture is scaled to the frame."""
    cropped, whole = tones.pixels[box], tones.pixels.shape
    if cropped.shape != whole:
        note = f"{describe_size(tones.pixels)}, cropped to {describe_size(cropped)}"
        trail.add("crop", tones.paint(cropped), note)
    scale = min(target.height / whole[0], target.width / whole[1])
    rows, columns = cropped.shape
    fill, usual = max(rows * scale / target.height, columns * scale / target.width), target.looks.fill
    notes = []
    if target.size:
        frame = (target.height, target.width)
        usual_size = (max(1, round(usual.middle * frame[0])), max(1, round(usual.middle * frame[1])))
        scaled, notes = scale_glyph(cropped, usual_size, frame, target.looks if tones.stretched else None)
        notes = [describe_filling(fill, usual.low, usual.high, describe_size(scaled)), *notes]
    else:
        height, width = max(1, round(rows * scale)), max(1, round(columns * scale))
        scaled = resize(cropped, min(height, target.height), min(width, target.width))
        notes = [f"scaled to {describe_size(scaled)}"]
        if not usual.holds(fill):
            between = describe_range(100 * usual.lowest, 100 * usual.highest, " %")
            notes.append(f"fills {100 * fill:.0f} % of the frame, training images {between}, kept, because sizes vary")
    if scaled.shape != cropped.shape:
        trail.add("box", tones.paint(scaled), *notes)
    return scaled


def _place(tones: _Tones, box: tuple[slice, slice], scaled: np.ndarray, target: _Target, trail: Trail) -> np.ndarray:
    """Paste the object at its usual position, or at its position in the picture, without cutting anything off."""
    frame, corner = (target.height, target.width), []
    usual, whole = target.looks.centre, tones.pixels.shape
    ink = np.maximum(scaled, tones.background) - np.uint8(tones.background)
    by_mass = target.place and usual.by == "mass" and ink.any()
    inside = centre_of_mass(ink) if by_mass else ((scaled.shape[0] - 1) / 2, (scaled.shape[1] - 1) / 2)
    scale = min(target.height / whole[0], target.width / whole[1])
    for axis, share in enumerate((usual.down, usual.right)):
        if target.place:
            wanted = (0.5 + share) * frame[axis]
        else:
            middle = (box[axis].start + box[axis].stop) / 2
            wanted = frame[axis] / 2 + (middle - whole[axis] / 2) * scale
        start = round(wanted - inside[axis] - 0.5)
        corner.append(min(max(start, 0), frame[axis] - scaled.shape[axis]))
    centred = [(frame[axis] - scaled.shape[axis] + 1) // 2 for axis in (0, 1)]
    down, right = corner[0] - centred[0], corner[1] - centred[1]
    notes = [f"shifted by ({right}, {down}) to the centre of mass"] if by_mass and (down or right) else []
    framed = paste(scaled, corner[0], corner[1], *frame, tones.background)
    return trail.add("centred", tones.paint(framed), *notes)
