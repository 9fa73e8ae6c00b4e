"""Finds near copies: images that differ only by compression, scaling, a small shift, or brightness.

Comparing every image with every other would take N² steps. Instead, N/200 images are chosen at random as landmarks
(2·√N for more than 160,000 images), and every image joins the groups ("circles") of the two landmarks that its outline
resembles most. Near copies nearly always share a circle, and images are compared only within circles. Outlines only
propose pairs; the pixels decide, because digits of different writers can have the same outline.

Both limits were chosen on MNIST and Fashion-MNIST with artificial copies; docs/checking-images.md has the results.
"""

from collections.abc import Callable, Iterator

import numpy as np

from convlens.data.checkup.fingerprints import LONGEST, average, chunk_length, shrink

LEAST_CORRELATION = 0.97
MOST_DIFFERENCE = 0.25
"""The largest difference between two copies, after a 3×3 average, in standard deviations of their pixels."""

_LEAST_LIKENESS = 0.9  # of outlines, to be proposed
_FIRST_CORRELATION = 0.5  # at the small size, to be looked at in full
_PER_CIRCLE = 200
_CIRCLES_EACH = 2
_LARGEST_CIRCLE = 4096
_ROWS = 1024
_SHIFTS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
_SMALLEST_SIDE = 8
_COLOUR_BLOCKS = 6


def find_near_copies(
    images: np.ndarray,
    outlines: np.ndarray,
    labels: np.ndarray,
    parts: np.ndarray,
    chosen: np.ndarray,
    on_progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Find near copies among the images `chosen`, as pairs of indices (first < second), M×2.

    For each image, the best partner is found: overall, from another class, and from another part of the data. A
    thousand copies of one image thus give a few thousand pairs, not half a million.

    Args:
        images: uint8 N×C×H×W, may be memory-mapped.
        outlines: from `take_fingerprints`.
        labels: N integers.
        parts: N integers: the part of the data of each image.
        chosen: indices of the images to compare; blank images, which all resemble each other, must not be included.
        on_progress: called with (images compared, total).
    """
    if len(chosen) < 2 or min(images.shape[2:]) < _SMALLEST_SIDE:
        return np.zeros((0, 2), np.int64)
    proposed = [np.zeros((0, 2), np.int64)]
    groups = np.stack([np.zeros_like(labels), labels, parts])[:, chosen].astype(np.int32)
    best = np.full(groups.shape, _LEAST_LIKENESS, np.float32)
    partner = np.full(groups.shape, -1, np.int64)
    own = outlines[chosen]
    members = 0
    for circle in _circles(own):
        _look_around(own, circle, groups, best, partner)
        members += len(circle)
        if on_progress is not None:
            on_progress(min(members // _CIRCLES_EACH, len(chosen)), len(chosen))
    for row in partner:
        found = np.flatnonzero(row >= 0)
        proposed.append(np.sort(np.stack([chosen[found], chosen[row[found]]], axis=1), axis=1))
    pairs = np.unique(np.concatenate(proposed), axis=0)
    return pairs[_are_copies(images, pairs)]


def _circles(outlines: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the indices of outlines that resemble the same landmark."""
    random = np.random.default_rng(0)  # the same images give the same findings
    # With very many images, circles are larger: otherwise, finding them would take longer than comparing within them.
    count = max(1, min(len(outlines) // _PER_CIRCLE, int(2 * len(outlines) ** 0.5)))
    landmarks = outlines[random.choice(len(outlines), count, replace=False)].T
    each = min(_CIRCLES_EACH, count)
    joined = np.empty((len(outlines), each), np.int32)
    for start in range(0, len(outlines), _ROWS):
        rows = slice(start, start + _ROWS)
        joined[rows] = np.argpartition(-(outlines[rows] @ landmarks), each - 1, axis=1)[:, :each]
    joined = joined.ravel()
    order = np.argsort(joined, kind="stable")
    members = order // each
    edges = np.searchsorted(joined[order], np.arange(count + 1))
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        circle = members[first:last]
        if len(circle) > _LARGEST_CIRCLE:  # many similar images: dividing the circle limits the time
            circle = random.permutation(circle)
        for start in range(0, len(circle), _LARGEST_CIRCLE):
            yield circle[start : start + _LARGEST_CIRCLE]


def _look_around(
    outlines: np.ndarray, circle: np.ndarray, groups: np.ndarray, best: np.ndarray, partner: np.ndarray
) -> None:
    """Compare all images in a circle; store better partners in `best` and `partner`, three rows each."""
    theirs = outlines[circle].T
    divided = [place for place, group in enumerate(groups) if (group[circle] != group[circle[0]]).any()]
    for start in range(0, len(circle), _ROWS):
        rows = circle[start : start + _ROWS]
        likeness = outlines[rows] @ theirs
        likeness[np.arange(len(rows)), np.arange(start, start + len(rows))] = -1
        _keep_better(likeness, rows, circle, best[0], partner[0])
        alike = likeness.max(axis=1) > _LEAST_LIKENESS  # the others have no partner of another group either
        rows, likeness = rows[alike], likeness[alike]
        for place in divided:
            group = groups[place]
            allowed = np.where(group[rows][:, None] == group[circle], np.float32(-1), likeness)
            _keep_better(allowed, rows, circle, best[place], partner[place])


def _keep_better(
    likeness: np.ndarray, rows: np.ndarray, circle: np.ndarray, best: np.ndarray, partner: np.ndarray
) -> None:
    nearest = likeness.argmax(axis=1)
    found = likeness[np.arange(len(rows)), nearest]
    better = found > best[rows]
    best[rows[better]] = found[better]
    partner[rows[better]] = circle[nearest[better]]


def _are_copies(images: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Compare the pixels of each pair: N booleans, True for copies."""
    verdicts = np.zeros(len(pairs), np.bool_)
    step = max(1, chunk_length(images) // 4)
    for start in range(0, len(pairs), step):
        first, second = pairs[start : start + step].T
        verdicts[start : start + step] = look_the_same(images[first], images[second])
    return verdicts


def look_the_same(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Check whether images (N×C×H×W) are copies of each other: N booleans; a shift by one pixel is allowed.

    >>> ramp = np.arange(100, dtype=np.uint8).reshape(1, 1, 10, 10)
    >>> look_the_same(ramp, ramp // 2 + 20), look_the_same(ramp, 255 - ramp)
    (array([ True]), array([False]))
    """
    verdict = np.zeros(len(first), np.bool_)
    likely = np.arange(len(first))
    grey_first, grey_second = (images.mean(axis=1, keepdims=True, dtype=np.float32) for images in (first, second))
    if max(first.shape[2:]) > LONGEST:  # reduced images that differ need no comparison at full size
        correlation, _ = _find_shift(shrink(grey_first), shrink(grey_second))
        likely = np.flatnonzero(correlation >= _FIRST_CORRELATION)
    correlation, shift = _find_shift(grey_first[likely], grey_second[likely])
    alike = correlation >= LEAST_CORRELATION
    for number, (down, right) in enumerate(_SHIFTS):
        some = likely[alike & (shift == number)]
        if len(some):
            moved, still = _window(first[some], down, right), _window(second[some], 0, 0)
            verdict[some] = _differ_nowhere(moved, still) & _have_like_colours(moved, still)
    return verdict


def _find_shift(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest correlation for shifts by up to one pixel, and the index of that shift in _SHIFTS."""
    middle = _standardise(shrink(_window(second, 0, 0)))
    closest = np.full(len(first), -1, np.float32)
    shift = np.zeros(len(first), np.int64)
    for number, (down, right) in enumerate(_SHIFTS):
        moved = shrink(_window(first, down, right))
        variance = np.square(moved).mean(axis=(1, 2, 3)) - np.square(moved.mean(axis=(1, 2, 3)))
        products = np.einsum("nchw,nchw->n", moved, middle) / np.prod(middle.shape[1:])
        correlation = products / np.sqrt(np.maximum(variance, 1e-6))
        closer = correlation > closest
        closest[closer], shift[closer] = correlation[closer], number
    return closest, shift


def _differ_nowhere(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether two grey pictures agree everywhere after equalising brightness and contrast."""
    moved, still = (_standardise(shrink(images).mean(axis=1, keepdims=True)) for images in (first, second))
    rest = moved - (moved * still).mean(axis=(1, 2, 3), keepdims=True) * still
    return np.abs(_smooth(rest)).max(axis=(1, 2, 3)) <= MOST_DIFFERENCE


def _have_like_colours(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether the colour channels roughly agree: JPEG stores colour at half the resolution, less exactly than grey."""
    if first.shape[1] == 1:
        return np.ones(len(first), np.bool_)
    colours = [_standardise(average(images, _COLOUR_BLOCKS, _COLOUR_BLOCKS)) for images in (first, second)]
    return (colours[0] * colours[1]).mean(axis=(1, 2, 3)) >= LEAST_CORRELATION


def _window(pictures: np.ndarray, down: int, right: int) -> np.ndarray:
    height, width = pictures.shape[2:]
    return pictures[:, :, 1 + down : height - 1 + down, 1 + right : width - 1 + right]


def _standardise(pictures: np.ndarray) -> np.ndarray:
    """Standardise over all channels together, so that images in different colours are not copies."""
    centred = pictures - pictures.mean(axis=(1, 2, 3), keepdims=True)
    return centred / np.maximum(np.sqrt((centred * centred).mean(axis=(1, 2, 3), keepdims=True)), 1e-3)


def _smooth(pictures: np.ndarray) -> np.ndarray:
    """Average 3×3 pixels, which removes JPEG artefacts and keeps the drawing."""
    padded = np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    rows = padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]
    return (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9
