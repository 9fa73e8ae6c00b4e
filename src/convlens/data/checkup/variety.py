"""Finds images that differ in mode, size or polarity (dark on light or light on dark) from the others."""

from collections.abc import Iterator

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, find_files
from convlens.data.custom.facts import CONVERSION_RULES, MODES
from convlens.pixels.conversion import VISIBLE_COLOUR
from convlens.words import count_of

_MODE_WORDS = {
    "1": "black and white (1 bit)", "L": "grey", "LA": "grey with transparency", "La": "grey with transparency",
    "P": "palette", "PA": "palette with transparency", "RGB": "colour", "RGBA": "colour with transparency",
    "RGBa": "colour with transparency", "RGBX": "colour", "I": "whole numbers", "F": "floating point",
}  # fmt: skip
_ENLARGED = 2  # times; above it, enlarged images look blocky or blurred
_LONGEST_SHAPE = 3  # times as long as wide
_SIZES_APART = 4  # times; smaller differences of size are not reported
_INK_SHARE = 0.8  # of the images; from here on, the set counts as ink on an even background
_GREY_SHARE = 0.9
_RANGE = 64  # grey levels between ink and background
_SMALL_ENOUGH = 0.2  # of the images; above it, both polarities count as normal
_SCALES = ("enlarged", "reduced")


def find_mixed_kinds(collection: Collection) -> Iterator[Finding]:
    """Find images of several modes in one set, and conversions that were needed."""
    words = np.array([_MODE_WORDS.get(mode, mode) for mode in MODES])[collection.facts["mode"]]
    kinds, first, counts = np.unique(words, return_index=True, return_counts=True)
    if len(kinds) > 1:
        order = np.argsort(-counts, kind="stable").tolist()
        yield Finding(
            kind="mixed_modes",
            severity="note",
            title=f"the images have {len(kinds)} different modes",
            count=len(kinds),
            advice="All are converted to one mode. If one class has a mode of its own, the network may learn the mode "
            "instead of the class: use images of every mode in every class.",
            files=collection.show_all(np.flatnonzero(words != kinds[order[0]])),
            examples=tuple(
                f"{kinds[at]}: {count_of(int(counts[at]), 'image')}, such as {collection.show(int(first[at]))}"
                for at in order
            ),
            details={"modes": {str(kinds[at]): int(counts[at]) for at in order}},
        )
    yield from _conversions(collection)


def _conversions(collection: Collection) -> Iterator[Finding]:
    done = collection.facts["conversions"]
    lines, numbers, concerned = [], {}, np.zeros(len(collection), np.bool_)
    for bit, (name, rule) in enumerate(CONVERSION_RULES.items()):
        places = np.flatnonzero(done & (1 << bit))
        if len(places) and name not in _SCALES:
            lines.append(f"{rule}: {count_of(len(places), 'image')}, such as {collection.show(int(places[0]))}")
            numbers[name] = len(places)
            concerned[places] = True
    yield from find_files(
        "conversions", "note", collection.show_all(np.flatnonzero(concerned)), "was changed while being read",
        "If these conversions suit your images, do nothing; otherwise, save the images the way you want them.",
        examples=tuple(lines), details={"conversions": numbers},
    )  # fmt: skip


def find_odd_sizes(collection: Collection) -> Iterator[Finding]:
    """Find very different sizes, images that were enlarged a lot, and very long images."""
    width, height = (collection.facts[name].astype(np.int64) for name in ("width", "height"))
    longest, shortest = np.maximum(width, height), np.maximum(np.minimum(width, height), 1)
    yield from _sizes_apart(collection, longest)
    side = max(collection.images.shape[2:])
    yield from _sized(
        collection, side / np.maximum(longest, 1), _ENLARGED, "enlarged",
        f"is more than {_ENLARGED} times smaller than the {side} pixels that training uses: enlarged",
        "Enlarging blurs them: use larger images, or choose a smaller size (--size).",
    )  # fmt: skip
    yield from _sized(
        collection, longest / shortest, _LONGEST_SHAPE, "elongated",
        f"is more than {_LONGEST_SHAPE} times as long as wide",
        "They are scaled as a whole, so they fill little of the square: crop them to what matters.",
    )  # fmt: skip


def _with_size(collection: Collection, place: int) -> str:
    return f"{collection.show(place)}: {_size(collection, place)}"


def _size(collection: Collection, place: int) -> str:
    return f"{collection.facts['width'][place]}×{collection.facts['height'][place]}"


def _sizes_apart(collection: Collection, longest: np.ndarray) -> Iterator[Finding]:
    small, large = int(longest.argmin()), int(longest.argmax())
    if longest[large] >= _SIZES_APART * longest[small]:
        yield Finding(
            kind="mixed_sizes",
            severity="note",
            title=f"the images are {_size(collection, small)} to {_size(collection, large)} pixels, "
            f"{int(np.median(longest))} in the median",
            count=len(np.unique(longest)),
            advice="All are scaled to one size. If one class has a size of its own, the network may learn the blur "
            "instead of the class: use images of every size in every class.",
            examples=tuple(_with_size(collection, place) for place in (small, large)),
            details={"longest_sides": {"smallest": int(longest[small]), "largest": int(longest[large])}},
        )


def _sized(
    collection: Collection, times: np.ndarray, most: float, kind: str, what: str, advice: str
) -> Iterator[Finding]:
    """Find the images whose value exceeds `most`, the largest first."""
    places = np.flatnonzero(times > most)
    places = places[np.argsort(-times[places], kind="stable")].tolist()
    examples = tuple(_with_size(collection, place) for place in places)
    return find_files(kind, "note", collection.show_all(places), what, advice, examples=examples)


def polarities(facts: np.ndarray) -> np.ndarray:
    """Return for each row of facts +1 for dark on light, −1 for light on dark, 0 for neither.

    >>> facts = np.zeros(2, [(name, "f4") for name in ("lowest", "highest", "mean", "border")])
    >>> facts[0], facts[1] = (0, 255, 230, 250), (0, 255, 30, 0)
    >>> polarities(facts).tolist()
    [1, -1]
    """
    lowest, span = facts["lowest"].astype(np.float32), facts["highest"].astype(np.float32) - facts["lowest"]
    span = np.maximum(span, 1)
    border, mean = (facts["border"] - lowest) / span, (facts["mean"] - lowest) / span
    ink = span >= _RANGE
    dark = ink & (border > 0.75) & (mean > 0.5)
    light = ink & (border < 0.25) & (mean < 0.5)
    return dark.astype(np.int8) - light


def find_mixed_polarity(collection: Collection) -> Iterator[Finding]:
    """Among images of ink on an even background, find the few with the opposite polarity."""
    grey = collection.facts["colour"] <= VISIBLE_COLOUR
    found = np.where(grey, polarities(collection.facts), 0)
    counts = {1: int((found == 1).sum()), -1: int((found == -1).sum())}
    if grey.mean() < _GREY_SHARE or sum(counts.values()) < _INK_SHARE * len(collection):
        return
    rare = min(counts, key=lambda polarity: counts[polarity])
    words = {1: "dark on light", -1: "light on dark"}
    often = counts[rare] > _SMALL_ENOUGH * len(collection)
    yield from find_files(
        "mixed_polarity", "warning", collection.show_all(np.flatnonzero(found == rare)),
        f"is {words[rare]}, {counts[-rare]:,} {words[-rare]}",
        "Both are used unchanged. If one class has a polarity of its own, the network may learn the polarity instead "
        "of the class: mix them, or invert one kind."
        if often
        else "Invert them, or check whether they belong here: training images are used unchanged.",
        details={"dark_on_light": counts[1], "light_on_dark": counts[-1]},
    )  # fmt: skip
