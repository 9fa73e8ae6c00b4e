"""The first steps on any picture of ink: away with what is not the object, each with its note."""

import numpy as np

from convlens.pixels.framing import reduce
from convlens.preprocessing.disturbances import cut_frame, even_out_shadows, remove_lines, undo_enlargement
from convlens.preprocessing.glyph import even_out_light, is_dark_on_light
from convlens.preprocessing.trail import Trail, describe_size

EMPTY = "no ink found, so the image is empty"
_WORKING_SIZE = 500  # pixels; larger pictures are averaged down first, which is quick and takes noise away


def reduce_picture(grey: np.ndarray, trail: Trail) -> np.ndarray:
    """Average a large picture down."""
    reduced = reduce(grey, _WORKING_SIZE)
    if reduced is grey:
        return grey
    return trail.add("smaller", reduced, f"{describe_size(grey)}, averaged down to {describe_size(reduced)}")


def clean_picture(grey: np.ndarray, trail: Trail) -> np.ndarray:
    """The picture without enlargement blocks, frame and uneven light, averaged down where it is large."""
    plain, factor = undo_enlargement(grey)
    if plain is not grey:
        grey = trail.add("smaller", plain, f"{factor}×{factor} pixels alike, taken for one")
    grey = reduce_picture(grey, trail)
    inside, thickness = cut_frame(grey)
    if inside is not grey:
        pixels = "pixel" if thickness == 1 else "pixels"
        grey = trail.add("frame", inside, f"frame of {thickness} {pixels} cut off")
    even, span = even_out_light(grey)
    if even is not grey:
        grey = trail.add("light", even, f"uneven light, {span} levels across, evened out")
    even, span = even_out_shadows(grey)
    if even is not grey:
        grey = trail.add("light", even, f"shadows of {span} levels, evened out")
    return grey


def match_polarity(
    grey: np.ndarray, light_on_dark: bool | None, trail: Trail, background: float | None = None
) -> np.ndarray:
    """Invert a picture that is not as wanted; None wants nothing."""
    if light_on_dark is None or is_dark_on_light(grey, background) != light_on_dark:
        return grey
    note = "dark on light, inverted" if light_on_dark else "light on dark, inverted"
    return trail.add("polarity", 255 - grey, note)


def clean_ink(ink: np.ndarray, trail: Trail) -> np.ndarray:
    """Light-on-dark ink without ruled lines."""
    cleaned, count = remove_lines(ink)
    if cleaned is ink:
        return ink
    return trail.add("lines", cleaned, f"{count} ruled {'line' if count == 1 else 'lines'} taken out")
