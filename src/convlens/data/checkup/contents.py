"""Finds blank images, and images that look unlike the rest of their class."""

from collections.abc import Iterator, Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, find_files
from convlens.data.checkup.outliers import Outlier
from convlens.words import agreeing


def find_blank(collection: Collection) -> Iterator[Finding]:
    """Find images of nearly one colour: empty scans, fully transparent pictures."""
    yield from find_files(
        "blank", "warning", collection.show_all(np.flatnonzero(collection.blank)),
        "shows nothing but a single colour",
        "A network can learn nothing useful from them: remove them.",
    )  # fmt: skip


def find_unlike(collection: Collection, outliers: Sequence[Outlier]) -> Iterator[Finding]:
    """Find images that look unlike the rest of their class, the most unusual first."""
    names = collection.show_all(outlier.place for outlier in outliers)
    yield from find_files(
        "unlike_class", "note", names, f"looks unlike the rest of {agreeing(len(names), 'its')} class",
        "Look at the first ones: they may be photos among drawings, wrong labels or bad scans, or merely rare.",
        examples=tuple(f"{collection.show(one.place, label=True)}: {one.reason}" for one in outliers),
        details={"reasons": {name: one.reason for name, one in zip(names, outliers, strict=True)}},
    )  # fmt: skip
