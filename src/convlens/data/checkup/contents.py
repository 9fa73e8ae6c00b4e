"""Findings about what is to be seen: nothing at all, or something unlike the rest of the class."""

from collections.abc import Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding
from convlens.data.checkup.outliers import Outlier
from convlens.words import agreeing, count_of


def find_blank(collection: Collection) -> list[Finding]:
    """Images of one colour, or nearly: empty scans, wholly transparent pictures."""
    places = np.flatnonzero(collection.blank)
    if not len(places):
        return []
    return [
        Finding(
            kind="blank",
            severity="warning",
            title=f"{count_of(len(places), 'image', 'shows')} nothing: one colour, or nearly",
            count=len(places),
            advice="Nothing can be learned from them, but that their class looks like nothing: take them out.",
            files=collection.show_all(places),
        )
    ]


def find_unlike(collection: Collection, outliers: Sequence[Outlier]) -> list[Finding]:
    """Images that look unlike the rest of their class, the strangest first."""
    if not outliers:
        return []
    names = collection.show_all(np.array([outlier.place for outlier in outliers]))
    lines = [f"{collection.show(outlier.place, label=True)}: {outlier.reason}" for outlier in outliers]
    return [
        Finding(
            kind="unlike_class",
            severity="note",
            title=f"{count_of(len(names), 'image', 'looks')} unlike the rest of {agreeing(len(names), 'its')} class",
            count=len(names),
            advice="Look at the first ones. This finds photos among drawings, wrong labels and bad scans, but what is "
            "merely rare, too.",
            files=names,
            examples=tuple(lines),
            details={"reasons": {name: one.reason for name, one in zip(names, outliers, strict=True)}},
        )
    ]
