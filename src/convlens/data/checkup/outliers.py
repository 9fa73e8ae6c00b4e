"""Finds images that look unlike the rest of their class: photos among digits, a white page among black ones, noise.

Each image is compared with its class in two ways: by the distance to its nearest neighbours (a class may contain
several kinds of images, so the distance to its average would mean little), and by whether its background, brightness,
contrast or roughness is far outside the usual range. A wrong label is found only if the classes look very different.
"""

from dataclasses import dataclass

import numpy as np

from convlens.data.checkup.fingerprints import STYLES, Fingerprints

FAR = 4.5
"""How many robust standard deviations the logarithm of the neighbour distance may be above the median."""
OUTSIDE = 1.0
"""How far outside the 5 to 95 % range of its class a style value may be, in widths of that range."""

_FEWEST = 20
_NEIGHBOURS = 5
_REFERENCES = 1000
_ROWS = 4096
_TOLERANCES = np.array([16, 8, 8, 2], np.float32)  # grey levels, added to the width of each style's range
_WORDS = {
    "background": ("darker at its edges", "lighter at its edges"),
    "brightness": ("darker", "brighter"),
    "contrast": ("paler", "of stronger contrast"),
    "roughness": ("smoother", "rougher"),
}


@dataclass(frozen=True)
class Outlier:
    """An unusual image: its index, its score (1 is the limit), and the reason."""

    place: int
    score: float
    reason: str


def find_outliers(prints: Fingerprints, labels: np.ndarray, chosen: np.ndarray) -> list[Outlier]:
    """Find the images among the indices `chosen` that look unlike their class, the most unusual first.

    Classes with fewer than 20 images are left out: they are too small to compare with.
    """
    found: list[Outlier] = []
    order = chosen[np.argsort(labels[chosen], kind="stable")]
    edges = np.flatnonzero(np.diff(labels[order])) + 1
    for places in np.split(order, edges):
        if len(places) >= _FEWEST:
            found += _of_one_class(prints, places)
    return sorted(found, key=lambda outlier: (-outlier.score, outlier.place))


def _of_one_class(prints: Fingerprints, places: np.ndarray) -> list[Outlier]:
    distance = _standing_out(_neighbour_distances(prints.thumbs[places].astype(np.float32))) / FAR
    beyond, above = _beyond(prints.styles[places])
    style = beyond.argmax(axis=1)
    styled = beyond[np.arange(len(places)), style] / OUTSIDE
    score = np.maximum(distance, styled)
    found = []
    for at in np.flatnonzero(score > 1).tolist():
        reason = "unlike all others"
        if styled[at] > 1:
            reason = _WORDS[STYLES[style[at]]][int(above[at, style[at]])]
        found.append(Outlier(int(places[at]), float(score[at]), reason))
    return found


def _neighbour_distances(thumbs: np.ndarray) -> np.ndarray:
    """Return the mean distance of each thumb to its five nearest neighbours among a thousand of its class."""
    random = np.random.default_rng(0)
    chosen = random.choice(len(thumbs), min(len(thumbs), _REFERENCES), replace=False)
    references = thumbs[chosen]
    lengths = (references * references).sum(axis=1)
    column = np.full(len(thumbs), -1)
    column[chosen] = np.arange(len(chosen))
    distances = np.empty(len(thumbs), np.float32)
    for start in range(0, len(thumbs), _ROWS):
        rows = thumbs[start : start + _ROWS]
        squares = (rows * rows).sum(axis=1)[:, None] + lengths - 2 * rows @ references.T
        own = column[start : start + _ROWS]
        there = np.flatnonzero(own >= 0)
        squares[there, own[there]] = np.inf
        nearest = np.partition(squares, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
        distances[start : start + _ROWS] = np.sqrt(np.maximum(nearest, 0)).mean(axis=1)
    return distances


def _standing_out(distances: np.ndarray) -> np.ndarray:
    """Return robust standard scores of the logarithms: by the median and the median absolute deviation."""
    logarithms = np.log(distances + 1)  # one grey level is added, so that tiny distances do not differ much
    middle = np.median(logarithms)
    spread = 1.4826 * np.median(np.abs(logarithms - middle))
    return (logarithms - middle) / max(float(spread), 0.05)


def _beyond(styles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each style value is outside the 5 to 95 % range of its class, and whether above it; N×4 each."""
    low, high = np.quantile(styles, [0.05, 0.95], axis=0)
    return np.maximum(low - styles, styles - high) / (high - low + _TOLERANCES), styles > high
