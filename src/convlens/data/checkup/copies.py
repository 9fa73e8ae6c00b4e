"""Findings about images that are there more than once: in one class, in two classes, in two parts of the data."""

from collections.abc import Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, Severity
from convlens.words import count_of

_MOST_IN_A_LINE = 4

_ADVICE = {
    "labels": "At most one label is right: keep the file in the class where it belongs and delete the others.",
    "parts": "The test asks what was learned by heart. Keep each picture in one part only.",
    "drawn": "Parts were drawn at random, so the test asks what was learned by heart: keep one file of each picture.",
    "plain": "Keep one of each; copies add weight, not knowledge.",
}
_NEAR_ADVICE = {
    "labels": "Look at them: if they show the same thing, at most one label is right.",
    "parts": "Look at them: pictures of one scene or track belong in one part, or the test flatters.",
    "drawn": "Look at them: pictures of one scene or track belong in one part, or the test flatters. Keep them "
    'together with --group-by, such as --group-by "{stem[:5]}".',
    "plain": "Look at them: pictures of one scene count as one. Nothing to do if they are meant to be so alike.",
}


def group_exact_copies(hashes: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """Places with the same hash, for each hash that several of the places `chosen` have.

    >>> [group.tolist() for group in group_exact_copies(np.array([b"a", b"b", b"a"], "S16"), np.arange(3))]
    [[0, 2]]
    """
    chosen = chosen[hashes[chosen] != b""]
    _, numbers, counts = np.unique(hashes[chosen], return_inverse=True, return_counts=True)
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(counts)
    groups = [chosen[order[end - count : end]] for end, count in zip(ends, counts, strict=True) if count > 1]
    return sorted(groups, key=lambda group: int(group[0]))


def find_exact_copies(collection: Collection, groups: list[np.ndarray]) -> list[Finding]:
    """One finding for copies in several classes, one for copies in several parts, one for the rest."""
    labels = [group for group in groups if _differ(collection.labels, group)]
    parts = [group for group in groups if _differ(collection.parts, group)]
    plain = [
        group for group in groups if not _differ(collection.labels, group) and not _differ(collection.parts, group)
    ]
    findings = []
    if labels:
        files = count_of(sum(map(len, labels)), "file")
        title = f"{count_of(len(labels), 'picture', 'is')} in more than one class ({files})"
        findings.append(_finding(collection, "copies_across_classes", "error", title, labels, "labels"))
    if parts:
        files = count_of(sum(map(len, parts)), "file")
        title = f"{count_of(len(parts), 'picture', 'is')} in more than one part ({files})"
        findings.append(_finding(collection, "copies_across_parts", "error", title, parts, "parts"))
    if plain:
        count = sum(map(len, plain)) - len(plain)
        copies = "an exact copy" if count == 1 else "exact copies"
        title = f"{count_of(count, 'file', 'is')} {copies} of another, in the same class"
        findings.append(_finding(collection, "copies", "warning", title, plain, "plain"))
    return findings


def _advised(collection: Collection, what: str, groups: Sequence[np.ndarray]) -> str:
    """Files that their source has in one part were parted by chance, which their owner cannot mend by moving them."""
    given = collection.given
    if what != "parts" or given is None or any(_differ(given, group) for group in groups):
        return what
    return "drawn"


def _differ(values: np.ndarray, group: np.ndarray) -> bool:
    return bool((values[group] != values[group[0]]).any())


def _finding(
    collection: Collection, kind: str, severity: Severity, title: str, groups: list[np.ndarray], what: str
) -> Finding:
    told = {"label": what == "labels", "part": what == "parts"}
    lines = []
    for group in groups:
        if what != "plain":  # files that differ first, however many are alike
            values = (collection.labels if what == "labels" else collection.parts)[group]
            _, first = np.unique(values, return_index=True)
            group = np.concatenate([group[np.sort(first)], np.delete(group, first)])
        line = " = ".join(collection.show(place, **told) for place in group[:_MOST_IN_A_LINE].tolist())
        lines.append(line + (f" and {len(group) - _MOST_IN_A_LINE:,} more" if len(group) > _MOST_IN_A_LINE else ""))
    return Finding(
        kind=kind,
        severity=severity,
        title=title,
        count=sum(map(len, groups)),
        advice=_ADVICE[_advised(collection, what, groups)],
        files=collection.show_all(np.concatenate(groups)),
        examples=tuple(lines),
        details={"groups": [list(collection.show_all(group)) for group in groups]},
    )


def find_near(collection: Collection, pairs: np.ndarray) -> list[Finding]:
    """The same three findings for pairs (M×2) of images that are nearly the same."""
    if not len(pairs):
        return []
    across = {
        "labels": (collection.labels[pairs[:, 0]] != collection.labels[pairs[:, 1]]),
        "parts": (collection.parts[pairs[:, 0]] != collection.parts[pairs[:, 1]]),
    }
    across["plain"] = ~across["labels"] & ~across["parts"]
    kinds: dict[str, tuple[str, Severity, str]] = {
        "labels": ("near_copies_across_classes", "warning", "in another class"),
        "parts": ("near_copies_across_parts", "warning", "in another part"),
        "plain": ("near_copies", "note", "in the same class"),
    }
    findings = []
    for what, (kind, severity, where) in kinds.items():
        some = pairs[across[what]]
        if not len(some):
            continue
        places = np.unique(some)
        told = {"label": what == "labels", "part": what == "parts"}
        lines = [" ≈ ".join(collection.show(place, **told) for place in pair) for pair in some.tolist()]
        findings.append(
            Finding(
                kind=kind,
                severity=severity,
                title=f"{count_of(len(places), 'image', 'is')} nearly the same as one {where}",
                count=len(places),
                advice=_NEAR_ADVICE[_advised(collection, what, list(some))],
                files=collection.show_all(places),
                examples=tuple(lines),
                details={"pairs": [list(collection.show_all(pair)) for pair in some]},
            )
        )
    return findings
