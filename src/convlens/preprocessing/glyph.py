"""Finds the ink: background, polarity, contrast, and the box around it, robustly against noise.

Images are uint8 H×W. Otsu's threshold would be the obvious method, but it needs two peaks in the histogram, and a thin
stroke on a large sheet has only one.
"""

import numpy as np

from convlens.pixels.framing import border_mask, border_pixels, count_levels

_SMALL = 2 * 28  # up to here, every pixel counts: no smoothing
_NOISE_WIDTH = 4.5  # median absolute deviations, about 3 standard deviations of normal noise
_LEAST_CONTRAST = 12  # grey levels; below it there is no ink, only noise
_INK_LEVEL = 0.2  # of the contrast: pixels above it count as ink for the box
_LEAST_UNEVENNESS = 2  # grey levels
_SPECK = 0.02  # of all ink; smaller separate pieces are dust
_MOST_BORDER_INK = 0.15  # of the border; with more ink on it, the border does not show the background
_LEVELS = np.arange(256)
_TWO_LEVELS = 3  # light and dark are this many times farther apart than each is wide


def even_out_light(grey: np.ndarray) -> tuple[np.ndarray, int]:
    """Remove light that increases steadily from one side to another, and return how many grey levels it spanned.

    A plane is fitted to the border twice, the second time without pixels far from it, which may be ink. The array is
    returned unchanged if a plane explains little of the border, or if the border is even.
    """
    height, width = grey.shape
    border = border_mask(height, width)
    values = grey[border].astype(np.float64)
    deviation = float(np.median(np.abs(values - np.median(values))))
    if max(height, width) <= _SMALL or deviation < _LEAST_UNEVENNESS:
        return grey, 0
    rows, columns = np.nonzero(border)
    terms = np.stack([np.ones(len(rows)), rows / height, columns / width], axis=1)
    plane = np.linalg.lstsq(terms, values, rcond=None)[0]
    distances = np.abs(values - terms @ plane)
    near = distances <= _NOISE_WIDTH * np.median(distances) + 1
    plane = np.linalg.lstsq(terms[near], values[near], rcond=None)[0]
    if float(np.median(np.abs(values - terms @ plane))) > deviation / 3:
        return grey, 0
    light = plane[1] * np.arange(height)[:, None] / height + plane[2] * np.arange(width) / width
    even = np.clip(np.rint(grey - (light - light.mean())), 0, 255).astype(np.uint8)
    return even, round(float(np.ptp(light)))


def find_background(grey: np.ndarray) -> tuple[float, float]:
    """Return the grey level of the background, and the noise: the median distance of background pixels from that level.

    The background is the median of the border. If much of the border differs from it, ink reaches the border, as in
    pictures cropped to the ink; then border, corners and the whole picture vote on whether the background is the light
    or the dark level. With the border alone, closely cropped thick digits were mistaken for the background four times
    as often.

    >>> find_background(np.array([[9, 9, 200], [200, 9, 200], [9, 9, 9]], np.uint8))
    (9.0, 0.0)
    """
    border = border_pixels(grey)
    level = float(np.median(border))
    distances = np.abs(border - level)
    deviation = float(np.median(distances))
    if not distances.any():
        return level, deviation
    smooth = _smoothed(grey)
    low, high = int(smooth.min()), int(smooth.max())
    if float((distances > _INK_LEVEL * (high - low)).mean()) <= _MOST_BORDER_INK:
        return level, deviation
    middle = (low + high) / 2
    counts, light = count_levels(grey), int(middle) + 1
    sides = [(_LEVELS[:light], counts[:light]), (_LEVELS[light:], counts[light:])]
    sides = [(values, counts) for values, counts in sides if counts.any()]
    levels = [_median(values, counts) for values, counts in sides]
    deviations = [
        _median(np.abs(values - level_of_side), counts)
        for level_of_side, (values, counts) in zip(levels, sides, strict=True)
    ]
    if len(levels) < 2 or levels[1] - levels[0] < _TWO_LEVELS * sum(deviations):
        return level, deviation  # noise or a photograph: there are no two distinct levels
    corners = grey[:: max(len(grey) - 1, 1), :: max(grey.shape[1] - 1, 1)]
    votes = (border > middle).mean() + sides[1][1].sum() / grey.size + (corners > middle).mean()
    chosen = int(votes >= 1.5)
    if (level > middle) == bool(chosen):
        return level, min(deviation, deviations[chosen])
    return levels[chosen], deviations[chosen]


def _median(values: np.ndarray, counts: np.ndarray) -> float:
    """Return the median of values with these counts; sorting 64 million pixels would take seconds."""
    order = np.argsort(values, kind="stable")
    below = counts[order].cumsum()
    middle = np.searchsorted(below, [(below[-1] - 1) // 2, below[-1] // 2], side="right")
    return float(values[order][middle].mean())


def is_dark_on_light(grey: np.ndarray, background: float | None = None) -> bool:
    """Return whether the ink is darker than the background, which is estimated if it is not given.

    The ink differs most from the background. If the darkest and the lightest pixels differ about equally, the ink is
    assumed to be dark on a light background, and light on a dark one.

    >>> is_dark_on_light(np.pad(np.zeros((2, 2), np.uint8), 1, constant_values=90))
    True
    """
    background = find_background(grey)[0] if background is None else background
    smooth = _smoothed(grey)
    below, above = background - int(smooth.min()), int(smooth.max()) - background
    if below > 1.5 * above or above > 1.5 * below:
        return below > above
    return background > 127


def stretch_contrast(grey: np.ndarray) -> np.ndarray | None:
    """Subtract background and noise from a light-on-dark image, and scale the ink up to 255; None if there is no ink.

    Only the background's noise is subtracted, so an image with an even background loses only the background.
    """
    background, deviation = find_background(grey)
    noise = _NOISE_WIDTH * deviation
    peak = int((_smoothed(grey) if noise else grey).max()) - background
    if peak < max(_LEAST_CONTRAST, noise):
        return None
    if background == 0 and noise == 0 and peak >= 250:
        return grey
    floor = background + min(noise, peak / 2)
    stretched = (grey.astype(np.float32) - floor) * (255 / (background + peak - floor))
    return np.rint(np.clip(stretched, 0, 255)).astype(np.uint8)


def find_glyph_box(ink: np.ndarray, wanted: int = 0) -> tuple[slice, slice] | None:
    """Return the rows and columns of the box around the ink of a light-on-dark image, without dust; None without ink.

    If the longest side is exactly `wanted` when all faint pixels are counted, they are kept, so the ink need not be
    scaled.

    >>> find_glyph_box(np.array([[0, 0, 0], [0, 255, 9], [0, 0, 0]], np.uint8))
    (slice(1, 2, None), slice(1, 2, None))
    """
    rows, columns = (_span((ink > 0).sum(axis=axis)) for axis in (1, 0))
    if wanted and max(rows.stop - rows.start, columns.stop - columns.start) == wanted:
        return rows, columns
    mask = np.minimum(ink, _smoothed(ink)) >= _INK_LEVEL * 255
    if not mask.any():
        return None
    rows = _span(mask.sum(axis=1))
    columns = _span(mask[rows].sum(axis=0))
    return _span(mask[:, columns].sum(axis=1)), columns


def _span(counts: np.ndarray) -> slice:
    """Return the range from the first to the last line with ink, without groups of lines that have hardly any ink."""
    if not counts.any():
        return slice(0, 0)
    has_ink = np.concatenate([[False], counts > 0, [False]])
    starts, ends = np.flatnonzero(~has_ink[:-1] & has_ink[1:]), np.flatnonzero(has_ink[:-1] & ~has_ink[1:])
    sums = np.add.reduceat(np.append(counts, 0), np.stack([starts, ends], axis=1).ravel())[::2]
    kept = np.flatnonzero(sums >= _SPECK * counts.sum())
    if not len(kept):  # more than fifty groups, all of them small: stripes, not dust
        kept = np.arange(len(sums))
    return slice(int(starts[kept[0]]), int(ends[kept[-1]]))


def _smoothed(grey: np.ndarray) -> np.ndarray:
    """Average each pixel with its neighbours, so that single noisy pixels do not count; small images are unchanged."""
    if max(grey.shape) <= _SMALL:
        return grey
    from PIL import Image, ImageFilter

    return np.asarray(Image.fromarray(grey).filter(ImageFilter.BoxBlur(1)))
