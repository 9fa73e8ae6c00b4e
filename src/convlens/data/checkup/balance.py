"""Finds classes with too few images, classes of very different size, and parts without a class."""

from collections.abc import Iterator

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, find_classes
from convlens.data.parts import PART_NAMES, TRAIN
from convlens.words import count_of

FEWEST = 10
"""Classes with fewer training images get a warning."""
MOST_UNEQUAL = 10
"""The largest class may have at most this many times as many images as the smallest."""


def count_images(collection: Collection) -> np.ndarray:
    """Count the images of each class in each part: 3×classes."""
    classes = len(collection.class_names)
    numbers = collection.parts.astype(np.int64) * classes + collection.labels
    return np.bincount(numbers, minlength=3 * classes).reshape(3, classes)


def find_imbalance(collection: Collection) -> Iterator[Finding]:
    """Find classes with few images, unequal classes, and parts that lack a class."""
    counts = count_images(collection)
    yield from find_classes(
        "classes_lost", "error", collection.lost, "has no image that can be read: left out",
        "Replace the files, or remove the folder if you do not need the class.",
        details={"class_names": list(collection.lost)},
    )  # fmt: skip
    trained = dict(zip(collection.class_names, counts[TRAIN].tolist(), strict=True))
    few = {name: count for name, count in sorted(trained.items(), key=lambda item: item[1]) if count < FEWEST}
    yield from find_classes(
        "few_images", "warning", [_line(*item) for item in few.items()], f"has fewer than {FEWEST} training images",
        "Add images, at least a few dozen: from a handful, a network learns the images, not the class.",
        details={"classes": few},
    )  # fmt: skip
    yield from _unequal({name: count for name, count in trained.items() if count})
    yield from _lacking(collection, counts)


def _unequal(trained: dict[str, int]) -> Iterator[Finding]:
    if not trained:
        return
    smallest, largest = (choose(trained, key=trained.__getitem__) for choose in (min, max))
    times = trained[largest] / trained[smallest]
    if times > MOST_UNEQUAL:
        yield Finding(
            kind="imbalance",
            severity="warning",
            title=f"the largest class has {times:,.0f} times as many training images as the smallest",
            count=len(trained),
            advice="Add images of the small classes, or train with class weights; otherwise, wrong predictions will "
            "mostly be large classes.",
            examples=(_line(largest, trained[largest]), _line(smallest, trained[smallest])),
            details={"classes": trained},
        )


def _lacking(collection: Collection, counts: np.ndarray) -> Iterator[Finding]:
    for part, name in enumerate(PART_NAMES):
        if part != TRAIN and counts[part].any():
            lacking = [collection.class_names[number] for number in np.flatnonzero(counts[part] == 0).tolist()]
            yield from find_classes(
                "part_lacks_class", "warning", lacking, f"has no {name} images",
                f"The accuracy on these classes cannot be measured: add {name} images of them.",
                details={"part": name, "class_names": lacking},
            )  # fmt: skip


def _line(name: str, count: int) -> str:
    return f"{name}: {count_of(count, 'image')}"
