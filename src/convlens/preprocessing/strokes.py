"""Adjusts the sharpness and thickness of strokes to the training images, at eight times their size.

A network trained on one pen misreads digits drawn with another. Changing strokes after scaling would be the obvious
method, but it is too coarse: a whole pixel is half a stroke there.
"""

import numpy as np

from convlens.pixels.framing import fit_into, paste, resize
from convlens.preprocessing.appearance import Appearance
from convlens.preprocessing.measuring import INK_LEVEL, measure
from convlens.preprocessing.trail import describe_range

_LARGEST = 160  # pixels; the side of the box in which strokes are changed
_GAINS = (1.5, 2.0, 3.0, 4.0)
_MIDDLE = 0.4  # of the ink; the level that sharpening keeps, so that strokes keep their thickness
_MOST_VARIED = 3.0  # ratio of 95 % to 5 %; if training images differ more, thickness carries information
_SOFTEST = 0.25  # training images with more in-between pixels are soft on purpose


def scale_glyph(
    ink: np.ndarray, box: tuple[int, int], frame: tuple[int, int], appearance: Appearance | None
) -> tuple[np.ndarray, list[str]]:
    """Scale light-on-dark ink into a box (height and width in pixels), with strokes like those of the training images.

    Returns the scaled ink and notes on its strokes. Ink that already has this size is returned unchanged. Strokes are
    sharpened if they are softer than in every training image, and made thicker or thinner if they are outside the 5 to
    95 % range of the training images.
    """
    size = fit_into(ink.shape[0], ink.shape[1], *box)
    if size == ink.shape:
        return ink, []
    plain = resize(ink, *size)
    if appearance is None or not plain.any():
        return plain, []
    wide = _enlarged(ink, box)
    wide, sharpened = _sharpen(wide, box, frame, appearance)
    wide, changed = _change_thickness(wide, box, frame, appearance)
    notes = sharpened + changed
    return (_reduced(wide, box), notes) if notes else (plain, [])


def _enlarged(ink: np.ndarray, box: tuple[int, int]) -> np.ndarray:
    """Scale the ink into a box several times as large, with an empty margin. Small ink needs a good filter: of
    Pillow's, Lanczos gave the fewest steps and the least blur on reduced MNIST digits.
    """
    from PIL import Image

    factor = max(2, min(8, _LARGEST // max(box)))
    rimmed = np.pad(ink, 1)
    height, width = fit_into(rimmed.shape[0], rimmed.shape[1], box[0] * factor, box[1] * factor)
    if height <= rimmed.shape[0]:
        return resize(rimmed, height, width)
    return np.asarray(Image.fromarray(rimmed).resize((width, height), Image.Resampling.LANCZOS))


def _reduced(wide: np.ndarray, box: tuple[int, int]) -> np.ndarray:
    """Crop to the ink, scale into the box, and set the brightest pixel to 255."""
    mask = wide >= INK_LEVEL * 255
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    cropped = wide[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else wide  # everything is faint
    small = resize(cropped, *fit_into(cropped.shape[0], cropped.shape[1], *box))
    peak = max(int(small.max()), 1)
    return small if peak >= 250 else np.rint(small * (255 / peak)).astype(np.uint8)


def _measured(wide: np.ndarray, box: tuple[int, int], frame: tuple[int, int]) -> tuple[float, float]:
    """Return the stroke thickness and softness that the result would have in its frame."""
    small = _reduced(wide, box)
    looks = measure(paste(small, (frame[0] - small.shape[0]) // 2, (frame[1] - small.shape[1]) // 2, *frame)[None])
    return float(looks.stroke[0]), float(looks.softness[0])


def _sharpen(
    wide: np.ndarray, box: tuple[int, int], frame: tuple[int, int], appearance: Appearance
) -> tuple[np.ndarray, list[str]]:
    """Sharpen the edges just enough to be as sharp as the softest training image."""
    softest = appearance.softness.highest
    if softest > _SOFTEST or _measured(wide, box, frame)[1] <= softest:
        return wide, []
    sharp = wide
    for gain in _GAINS:
        levels = np.clip((wide / np.float32(255) - _MIDDLE) * gain + _MIDDLE, 0, 1)
        sharp = np.rint(levels * 255).astype(np.uint8)
        if _measured(sharp, box, frame)[1] <= softest:
            break
    return sharp, ["blurred, sharpened"]


def _change_thickness(
    wide: np.ndarray, box: tuple[int, int], frame: tuple[int, int], appearance: Appearance
) -> tuple[np.ndarray, list[str]]:
    """Grow or shrink the ink until its thickness lies between 5 and 95 % of the training images'."""
    low, high = appearance.stroke.low, appearance.stroke.high
    if low <= 0 or high > _MOST_VARIED * low:
        return wide, []
    side = max(frame)
    before = now = _measured(wide, box, frame)[0]
    for _ in range(3):  # a larger crop is scaled down again, so one pass is not always enough
        missing = min(max(now, low), high) - now
        steps = round(abs(missing) * side * max(wide.shape) / max(box) / 2)
        if steps == 0:
            break
        changed = _grown(np.pad(wide, steps), steps) if missing > 0 else _shrunk(wide, steps)
        if int(changed.max()) < 128:
            break
        wide, now = changed, _measured(changed, box, frame)[0]
    if now == before:
        return wide, []
    usual = describe_range(low * side, high * side, digits=1)
    verb = "thickened" if now > before else "thinned"
    note = f"strokes {before * side:.1f} pixels thick, training images {usual}, {verb} to {now * side:.1f}"
    return wide, [note]


def _grown(ink: np.ndarray, steps: int) -> np.ndarray:
    """Grow the ink by `steps` pixels; diagonal neighbours count every second time, which keeps it round."""
    for step in range(steps):
        rim = np.pad(ink, 1)
        near = [rim[:-2, 1:-1], rim[2:, 1:-1], rim[1:-1, :-2], rim[1:-1, 2:]]
        if step % 2:
            near += [rim[:-2, :-2], rim[:-2, 2:], rim[2:, :-2], rim[2:, 2:]]
        for shifted in near:
            ink = np.maximum(ink, shifted)
    return ink


def _shrunk(ink: np.ndarray, steps: int) -> np.ndarray:
    """Shrink the ink by growing the background."""
    return 255 - _grown(255 - np.pad(ink, steps), steps)
