"""Finds copies of images: in the same class, in different classes, in different parts of the data."""

from collections.abc import Iterator, Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, Severity
from convlens.words import count_of, some_of

_MOST_IN_A_LINE = 4

_EXACT: dict[str, tuple[str, Severity, str]] = {
    "labels": (
        "copies_across_classes",
        "error",
        "At most one label is right: keep the file in the class where it belongs and delete the others.",
    ),
    "parts": (
        "copies_across_parts",
        "error",
        "The model is tested on images that it was trained on. Keep each picture in one part only.",
    ),
    "plain": ("copies", "warning", "Keep one of each; copies add no information, only weight."),
}
_DRAWN = "The random split put copies into different parts, so the test is too easy: keep one file of each picture."

_SCENES = "Look at them: pictures of one scene or track belong in one part, otherwise the test is too easy."
_NEAR: dict[str, tuple[str, Severity, str]] = {
    "labels": (
        "near_copies_across_classes",
        "warning",
        "Look at them: if they show the same thing, at most one label is right.",
    ),
    "parts": ("near_copies_across_parts", "warning", _SCENES),
    "plain": (
        "near_copies",
        "note",
        "Look at them: several pictures of one scene add little. If they are meant to be this similar, do nothing.",
    ),
}
_NEAR_DRAWN = f'{_SCENES} Keep them together with --group-by, such as --group-by "{{stem[:5]}}".'


def group_exact_copies(hashes: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """Group the indices `chosen` by equal hashes; groups of one are left out.

    >>> [group.tolist() for group in group_exact_copies(np.array([b"a", b"b", b"a"], "S16"), np.arange(3))]
    [[0, 2]]
    """
    chosen = chosen[hashes[chosen] != b""]
    _, numbers, counts = np.unique(hashes[chosen], return_inverse=True, return_counts=True)
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(counts)
    groups = [chosen[order[end - count : end]] for end, count in zip(ends, counts, strict=True) if count > 1]
    return sorted(groups, key=lambda group: int(group[0]))


def find_exact_copies(collection: Collection, groups: Sequence[np.ndarray]) -> Iterator[Finding]:
    """Find exact copies: one finding for copies in several classes, one for several parts, and one for all others."""
    for what, some in _sorted_out(collection, groups):
        files = sum(map(len, some))
        copies = files - len(some)
        where = f"in more than one {'class' if what == 'labels' else 'part'} ({count_of(files, 'file')})"
        title = f"{count_of(len(some), 'picture', 'is')} {where}"
        if what == "plain":
            nouns = "an exact copy" if copies == 1 else "exact copies"
            title = f"{count_of(copies, 'file', 'is')} {nouns} of another, in the same class"
        kind, severity, advice = _EXACT[what]
        advice = _DRAWN if _is_drawn(collection, what, some) else advice
        yield Finding(
            kind, severity, title, files, advice,
            files=collection.show_all(np.concatenate(some)),
            examples=_lines(collection, what, some, " = "),
            details={"groups": [list(collection.show_all(group)) for group in some]},
        )  # fmt: skip


def find_near(collection: Collection, pairs: np.ndarray) -> Iterator[Finding]:
    """Make the same three findings for pairs (M×2) of images that are nearly the same."""
    where = {"labels": "in another class", "parts": "in another part", "plain": "in the same class"}
    for what, some in _sorted_out(collection, list(pairs)):
        places = np.unique(some)
        kind, severity, advice = _NEAR[what]
        yield Finding(
            kind,
            severity,
            f"{count_of(len(places), 'image', 'is')} nearly the same as one {where[what]}",
            len(places),
            _NEAR_DRAWN if _is_drawn(collection, what, some) else advice,
            files=collection.show_all(places),
            examples=_lines(collection, what, some, " ≈ "),
            details={"pairs": [list(collection.show_all(pair)) for pair in some]},
        )


def _sorted_out(collection: Collection, groups: Sequence[np.ndarray]) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield the groups that differ in their labels, in their parts, and in neither; a group may differ in both."""
    labels = [group for group in groups if _differ(collection.labels, group)]
    parts = [group for group in groups if _differ(collection.parts, group)]
    across = {id(group) for group in (*labels, *parts)}
    plain = [group for group in groups if id(group) not in across]
    yield from ((what, some) for what, some in (("labels", labels), ("parts", parts), ("plain", plain)) if some)


def _is_drawn(collection: Collection, what: str, groups: Sequence[np.ndarray]) -> bool:
    """Check whether the random split separated the copies, so that moving files to another part would not help."""
    given = collection.given
    return what == "parts" and given is not None and not any(_differ(given, group) for group in groups)


def _differ(values: np.ndarray, group: np.ndarray) -> bool:
    return bool((values[group] != values[group[0]]).any())


def _lines(collection: Collection, what: str, groups: Sequence[np.ndarray], between: str) -> tuple[str, ...]:
    """Return one line per group with its names, beginning with files from different classes or parts."""
    lines = []
    for group in groups:
        if what != "plain":
            values = (collection.labels if what == "labels" else collection.parts)[group]
            _, first = np.unique(values, return_index=True)
            group = np.concatenate([group[np.sort(first)], np.delete(group, first)])
        names = [collection.show(place, label=what == "labels", part=what == "parts") for place in group.tolist()]
        lines.append(some_of(names, _MOST_IN_A_LINE, between))
    return tuple(lines)
