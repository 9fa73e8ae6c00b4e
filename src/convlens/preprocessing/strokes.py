"""Sharpness and thickness of strokes: brought to what the training images have, at eight times their size.

A network that has learned from one pen takes another pen's digits for other digits. Changing strokes after scaling
would be the obvious way, and far too coarse: a whole pixel is half of a stroke there.
"""

import numpy as np

from convlens.pixels.framing import fit_into, paste, resize
from convlens.preprocessing.appearance import Appearance
from convlens.preprocessing.measuring import INK_LEVEL, measure
from convlens.preprocessing.trail import describe_range

_LARGEST = 160  # pixels: the side of the box that strokes are changed in
_GAINS = (1.5, 2.0, 3.0, 4.0)
_MIDDLE = 0.4  # of the ink: the level that sharpening leaves alone; strokes keep their thickness
_MOST_VARIED = 3.0  # times from 5 to 95 %; where training images differ more, thickness says something
_SOFTEST = 0.25  # training images with more in-between pixels are soft on purpose


def scale_glyph(
    ink: np.ndarray, box: tuple[int, int], frame: tuple[int, int], appearance: Appearance | None
) -> tuple[np.ndarray, list[str]]:
    """Scale light-on-dark ink into a box, heights and widths in pixels, with the training images' kind of strokes.

    Returns the scaled ink and notes on its strokes. Ink that has the size already is given back as it is. Strokes are
    sharpened where they are softer than in any training image, and made thicker or thinner where they lie outside of
    90 % of them.
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
    """In a box several times as large, with an empty rim, so that its edges are edges. Small ink needs a good filter:
    of those that Pillow has, Lanczos's made the least of stairs and blur on reduced MNIST digits.
    """
    from PIL import Image

    factor = max(2, min(8, _LARGEST // max(box)))
    rimmed = np.pad(ink, 1)
    height, width = fit_into(rimmed.shape[0], rimmed.shape[1], box[0] * factor, box[1] * factor)
    if height <= rimmed.shape[0]:
        return resize(rimmed, height, width)
    return np.asarray(Image.fromarray(rimmed).resize((width, height), Image.Resampling.LANCZOS))


def _reduced(wide: np.ndarray, box: tuple[int, int]) -> np.ndarray:
    """Cropped to its ink and scaled into the box, with the brightest at 255."""
    mask = wide >= INK_LEVEL * 255
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    cropped = wide[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else wide  # all of it is faint
    small = resize(cropped, *fit_into(cropped.shape[0], cropped.shape[1], *box))
    peak = max(int(small.max()), 1)
    return small if peak >= 250 else np.rint(small * (255 / peak)).astype(np.uint8)


def _measured(wide: np.ndarray, box: tuple[int, int], frame: tuple[int, int]) -> tuple[float, float]:
    """Stroke thickness and softness of what would come out, in its frame."""
    small = _reduced(wide, box)
    looks = measure(paste(small, (frame[0] - small.shape[0]) // 2, (frame[1] - small.shape[1]) // 2, *frame)[None])
    return float(looks.stroke[0]), float(looks.softness[0])


def _sharpen(
    wide: np.ndarray, box: tuple[int, int], frame: tuple[int, int], appearance: Appearance
) -> tuple[np.ndarray, list[str]]:
    """A steeper way from background to ink, the gentlest that makes it as sharp as the softest training image."""
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
    for _ in range(3):  # a crop that grows is scaled down again, so once is not always enough
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
    """Every pixel the brightest of its neighbours, `steps` times; diagonal ones every second time make it round."""
    for step in range(steps):
        rim = np.pad(ink, 1)
        near = [rim[:-2, 1:-1], rim[2:, 1:-1], rim[1:-1, :-2], rim[1:-1, 2:]]
        if step % 2:
            near += [rim[:-2, :-2], rim[:-2, 2:], rim[2:, :-2], rim[2:, 2:]]
        for shifted in near:
            ink = np.maximum(ink, shifted)
    return ink


def _shrunk(ink: np.ndarray, steps: int) -> np.ndarray:
    """The background grown."""
    return 255 - _grown(255 - np.pad(ink, steps), steps)
