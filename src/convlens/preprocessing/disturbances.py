"""Removes disturbances from a picture: a frame, ruled lines, shadows, the blocks of an enlargement.

Each function detects and removes one kind, or returns the array that it was given. They are conservative: a rule that
harms one in a hundred ordinary pictures costs more than it repairs. Images are uint8 H×W.
"""

import numpy as np

from convlens.pixels.framing import border_pixels, reduce, resize

_SMALLEST = 16  # pixels a side; smaller pictures are left alone
_UNIFORM = 0.9  # the share of a row's or column's pixels that are alike in a frame
_DEEPEST_FRAME = 0.12  # of the side
_COARSE = 48  # pixels a side: enough to see whether the light is uneven
_FINE = 160  # pixels a side: enough for the edge of a shadow
_WINDOW = 0.42  # of the longer side; strokes are thinner than that, shadows wider
_UNEVEN_LIGHT = 0.22  # of the contrast
_DARKEST_SHADOW = 0.8  # of the contrast
_MOST_LIT = 0.65  # of the paper may be at full brightness
_LEAST_SPAN = 15  # grey levels
_ACROSS = 0.88  # of the picture's side: a ruled line is at least as long
_LINE_LEVEL = 0.1  # of the contrast: lines are fainter than ink
_THICKEST_LINE = 0.025  # of the picture's side


def undo_enlargement(grey: np.ndarray) -> tuple[np.ndarray, int]:
    """Undo an enlargement by repeated pixels, and return the factor; blocks make steps that no pen draws.

    >>> undo_enlargement(np.kron(np.array([[1, 2], [3, 4]], np.uint8), np.ones((3, 3), np.uint8)))[0].tolist()
    [[1, 2], [3, 4]]
    """
    middle = grey[len(grey) // 2]
    if np.gcd.reduce([len(middle), *_changes(middle[:, None])]) < 2:  # nearly every picture ends here
        return grey, 1
    factor = int(np.gcd.reduce([*grey.shape, *_changes(grey), *_changes(grey.T)]))
    if factor < 2 or min(grey.shape) // factor < 2:
        return grey, 1
    return grey[::factor, ::factor], factor


def _changes(lines: np.ndarray) -> list[int]:
    """Return the places of lines that differ from the line before."""
    return (np.flatnonzero((lines[1:] != lines[:-1]).any(axis=1)) + 1).tolist()


def cut_frame(grey: np.ndarray) -> tuple[np.ndarray, int]:
    """Cut off a frame of another brightness along at least three sides; returns the inside and the frame's thickness.

    Nothing is cut if the inside would be empty.
    """
    height, width = grey.shape
    if min(height, width) < _SMALLEST:
        return grey, 0
    low, high = int(grey.min()), int(grey.max())
    paper = float(np.median(grey))
    far = max(40.0, 0.3 * (high - low))
    sides = (grey, grey[::-1], grey.T, grey.T[::-1])
    cuts = [_frame_depth(lines[: int(_DEEPEST_FRAME * len(lines)) + 1], paper, far) for lines in sides]
    if np.count_nonzero(cuts) < 3:
        return grey, 0
    top, bottom, left, right = cuts
    inside = grey[top : height - bottom, left : width - right]
    if int(inside.max()) - int(inside.min()) < far:
        return grey, 0
    return inside, max(cuts)


def _frame_depth(lines: np.ndarray, paper: float, far: float) -> int:
    """Return how many lines from the edge belong to a frame: all but the last few differ from the paper."""
    middles = np.median(lines, axis=1)
    if abs(middles[0] - paper) < far or (np.abs(lines[0] - middles[0]) < far / 2).mean() < _UNIFORM:
        return 0
    near = np.flatnonzero(np.abs(middles - paper) < 0.3 * far)
    return int(near[0]) if len(near) else 0


def even_out_shadows(grey: np.ndarray) -> tuple[np.ndarray, int]:
    """Remove uneven light, as made by shadows and lamps, and return how many levels it spans.

    The paper is estimated by filling everything thinner than two fifths of the picture from its surroundings. On paper,
    light is a factor, so the picture is divided by it; on a dark background it is subtracted.
    """
    if min(grey.shape) <= 2 * _SMALLEST:
        return grey, 0
    small = _shrunk(grey, _COARSE)
    border = np.percentile(border_pixels(small), (5, 95))
    if float(np.ptp(border)) < max(_LEAST_SPAN, _UNEVEN_LIGHT / 2 * float(np.ptp(small))):
        return grey, 0
    # With the wrong polarity, either ink is left on the paper, or much of the paper counts as ink.
    papers = [_fill(small, dark_ink).astype(np.int16) for dark_ink in (True, False)]
    changes = [np.abs(paper - small) for paper in papers]
    spans = [np.diff(np.percentile(paper, (0.5, 2, 98, 99.5))) for paper in papers]
    costs = [float(span.sum() + 4 * change.mean()) for span, change in zip(spans, changes, strict=True)]
    dark_ink = costs[0] <= costs[1]
    chosen = 0 if dark_ink else 1
    span, contrast = float(spans[chosen][1]), int(changes[chosen].max())
    if contrast < _LEAST_SPAN or span < max(_LEAST_SPAN, _UNEVEN_LIGHT * contrast):
        return grey, 0
    reach = float(np.ptp(small))
    lit = np.abs(papers[chosen] - np.percentile(papers[chosen], 98 if dark_ink else 2)) < reach / 20
    if span > _DARKEST_SHADOW * reach or float(lit.mean()) > _MOST_LIT:
        return grey, 0  # as dark as ink, or a single spot on even paper: this is ink that reaches the edge
    paper = resize(_softened(_fill(_shrunk(grey, _FINE), dark_ink)), *grey.shape).astype(np.float32)
    level = float(np.percentile(paper, 90 if dark_ink else 10))
    even = grey * (level / np.maximum(paper, 1)) if dark_ink else grey - paper + level
    return np.clip(np.rint(even), 0, 255).astype(np.uint8), round(span)


def _shrunk(grey: np.ndarray, longest: int) -> np.ndarray:
    height, width = grey.shape
    if max(height, width) <= longest:
        return grey
    scale = longest / max(height, width)
    return resize(reduce(grey, longest), max(1, round(height * scale)), max(1, round(width * scale)))


def _fill(grey: np.ndarray, dark_ink: bool) -> np.ndarray:
    """Apply a morphological closing (of light ink: opening) with a square of two fifths of the picture.

    The edge is continued outwards, so that a shadow in a corner counts as wide as any other.
    """
    width = 2 * max(1, round(_WINDOW * max(grey.shape) / 2)) + 1
    first, second = (np.maximum, np.minimum) if dark_ink else (np.minimum, np.maximum)
    padded = np.pad(grey, width - 1, mode="edge")
    return _extremes(_extremes(padded, width, first), width, second)


def _extremes(pixels: np.ndarray, width: int, extreme: np.ufunc) -> np.ndarray:
    """Return the extreme of every square of side `width` inside the picture, by doubling, which takes few passes."""
    for axis in (0, 1):
        turned = pixels if axis == 0 else pixels.T
        reach = 1
        while reach < width:
            step = min(reach, width - reach)
            turned = extreme(turned[:-step], turned[step:])
            reach += step
        pixels = turned if axis == 0 else turned.T
    return pixels


def _softened(paper: np.ndarray) -> np.ndarray:
    from PIL import Image, ImageFilter

    return np.asarray(Image.fromarray(paper).filter(ImageFilter.GaussianBlur(2)))


def remove_lines(ink: np.ndarray) -> tuple[np.ndarray, int]:
    """Remove thin straight lines that cross the whole light-on-dark picture, and return how many there were.

    Ink that crosses a line stays: pixels between ink above and ink below count as ink. A single line is removed only if
    no other ink is near its ends; otherwise it may be the bar of a 7.
    """
    if min(ink.shape) <= 2 * _SMALLEST:
        return ink, 0
    rows, columns = _lines(ink), _lines(ink.T)
    count = len(rows) + len(columns)
    if count == 0:
        return ink, 0
    cleaned = ink.copy()
    for first, after in rows:
        _bridge(cleaned, first, after)
    for first, after in columns:
        _bridge(cleaned.T, first, after)
    rest = cleaned >= 0.4 * 255
    if not rest.any() or int(cleaned.max()) < 0.6 * int(ink.max()):
        return ink, 0  # there was nothing but lines
    if count == 1:
        along = np.logical_or.reduce(rest, axis=0 if rows else 1)
        margin = max(2, int(0.06 * len(along)))
        if along[:margin].any() or along[-margin:].any():
            return ink, 0
    return cleaned, count


def _lines(ink: np.ndarray) -> list[tuple[int, int]]:
    """Return the first row and the row after the last of every thin line across a picture that is not narrow."""
    if 2 * ink.shape[1] < ink.shape[0]:
        return []
    shares = (ink >= _LINE_LEVEL * 255).mean(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shares >= _ACROSS, [False]])))
    thickest = max(2, round(_THICKEST_LINE * max(ink.shape)))
    beside = np.pad(shares, 3)  # a line is thin: three rows before its first and after its last there is little ink
    return [
        (int(first), int(after))
        for first, after in edges.reshape(-1, 2)
        if after - first <= thickest and max(beside[first], beside[after + 5]) <= _ACROSS / 1.5
    ]


def _bridge(ink: np.ndarray, first: int, after: int) -> None:
    """Replace rows, and one on either side for soft edges, by the fainter of the rows above and below."""
    first, after = max(first - 1, 0), min(after + 1, len(ink))
    above = ink[first - 1] if first > 0 else np.zeros_like(ink[0])
    below = ink[after] if after < len(ink) else np.zeros_like(ink[0])
    ink[first:after] = np.minimum(above, below)
