"""The rules that keep the whole picture, or fill the frame with the object.

letterbox   grey or colour, polarity of the training images, scale as a whole, centre
garment     grey, light on dark, crop to the article, scale its longest side to the frame, centre
"""

import numpy as np

from convlens.pixels.framing import border_pixels, centre_in, median_of_border, scale_into
from convlens.preprocessing.cleaning import EMPTY, match_polarity, reduce_picture
from convlens.preprocessing.glyph import find_glyph_box
from convlens.preprocessing.trail import Trail, describe_size


def letterbox_picture(
    pixels: np.ndarray, height: int, width: int, trail: Trail, light_on_dark: bool | None = None
) -> np.ndarray:
    """Fit the whole picture into the frame, on its own background; invert grey ones to match the training images."""
    if pixels.ndim == 2:
        pixels = match_polarity(pixels, light_on_dark, trail)
    background = median_of_border(pixels)
    return _centred(_scaled(pixels, height, width, trail), height, width, background, trail)


def prepare_garment(grey: np.ndarray, side: int, trail: Trail) -> np.ndarray:
    """Prepare a picture by the rules that Fashion-MNIST was made with."""
    grey = reduce_picture(grey, trail)
    grey = match_polarity(grey, True, trail, float(np.median(border_pixels(grey))))
    background = int(
        grey[:: max(side - 1, 1), :: max(side - 1, 1)].min()
        if grey.shape == (side, side)
        else np.median(border_pixels(grey))
    )
    if background:
        subtracted = np.maximum(grey, background) - np.uint8(background)
        grey = trail.add("background", subtracted, f"background of {background} subtracted")
    if grey.shape == (side, side):
        return grey
    box = find_glyph_box(grey)
    if box is None:
        return trail.add("empty", np.zeros((side, side), np.uint8), EMPTY)
    cropped = grey[box]
    if cropped.shape != grey.shape:
        grey = trail.add("crop", cropped, f"{describe_size(grey)}, cropped to {describe_size(cropped)}")
    return _centred(_scaled(cropped, side, side, trail), side, side, 0, trail)


def _scaled(pixels: np.ndarray, box_height: int, box_width: int, trail: Trail) -> np.ndarray:
    scaled = scale_into(pixels, box_height, box_width)
    return trail.change("box", pixels, scaled, f"scaled to {describe_size(scaled)}")


def _centred(
    pixels: np.ndarray, height: int, width: int, background: int | np.integer | np.ndarray, trail: Trail
) -> np.ndarray:
    centred = centre_in(pixels, height, width, background)
    return trail.change("centred", pixels, centred, f"padded to {describe_size(centred)}")
