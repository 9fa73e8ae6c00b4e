"""The first steps on any picture of ink: remove what is not the object, and note each step."""

import numpy as np

from convlens.pixels.framing import reduce
from convlens.preprocessing.disturbances import cut_frame, even_out_shadows, remove_lines, undo_enlargement
from convlens.preprocessing.glyph import even_out_light, is_dark_on_light
from convlens.preprocessing.trail import Trail, describe_size
from convlens.words import count_of

EMPTY = "no ink found, so the image is empty"
_WORKING_SIZE = 500  # pixels; larger pictures are averaged down first, which is fast and removes noise


def reduce_picture(grey: np.ndarray, trail: Trail) -> np.ndarray:
    """Average a large picture down."""
    reduced = reduce(grey, _WORKING_SIZE)
    note = f"{describe_size(grey)}, averaged down to {describe_size(reduced)}"
    return trail.change("smaller", grey, reduced, note)


def clean_picture(grey: np.ndarray, trail: Trail) -> np.ndarray:
    """Remove enlargement blocks, frame and uneven light, and average down a large picture."""
    plain, factor = undo_enlargement(grey)
    grey = reduce_picture(
        trail.change("smaller", grey, plain, f"{factor}×{factor} equal pixels merged into one"), trail
    )
    inside, thickness = cut_frame(grey)
    grey = trail.change("frame", grey, inside, f"frame of {count_of(thickness, 'pixel')} cut off")
    even, span = even_out_light(grey)
    grey = trail.change("light", grey, even, f"uneven light, {span} levels across, evened out")
    even, span = even_out_shadows(grey)
    return trail.change("light", grey, even, f"shadows of {span} levels, evened out")


def match_polarity(
    grey: np.ndarray, light_on_dark: bool | None, trail: Trail, background: float | None = None
) -> np.ndarray:
    """Invert a picture with the wrong polarity; None leaves the polarity unchanged."""
    if light_on_dark is None or is_dark_on_light(grey, background) != light_on_dark:
        return grey
    note = "dark on light, inverted" if light_on_dark else "light on dark, inverted"
    return trail.add("polarity", 255 - grey, note)


def clean_glyph(ink: np.ndarray, trail: Trail) -> np.ndarray:
    """Remove ruled lines from light-on-dark ink."""
    cleaned, count = remove_lines(ink)
    return trail.change("lines", ink, cleaned, f"{count_of(count, 'ruled line')} taken out")
