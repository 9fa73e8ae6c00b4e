"""Findings about what is to be seen: nothing at all, or something unlike the rest of the class."""

from collections.abc import Iterator, Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, find_files
from convlens.data.checkup.outliers import Outlier
from convlens.words import agreeing


def find_blank(collection: Collection) -> Iterator[Finding]:
    """Images of one colour, or nearly: empty scans, wholly transparent pictures."""
    yield from find_files(
        "blank", "warning", collection.show_all(np.flatnonzero(collection.blank)),
        "shows nothing: one colour, or nearly",
        "Nothing can be learned from them, but that their class looks like nothing: take them out.",
    )  # fmt: skip


def find_unlike(collection: Collection, outliers: Sequence[Outlier]) -> Iterator[Finding]:
    """Images that look unlike the rest of their class, the strangest first."""
    names = collection.show_all(outlier.place for outlier in outliers)
    yield from find_files(
        "unlike_class", "note", names, f"looks unlike the rest of {agreeing(len(names), 'its')} class",
        "Look at the first ones. This finds photos among drawings, wrong labels and bad scans, but what is merely "
        "rare, too.",
        examples=tuple(f"{collection.show(one.place, label=True)}: {one.reason}" for one in outliers),
        details={"reasons": {name: one.reason for name, one in zip(names, outliers, strict=True)}},
    )  # fmt: skip
