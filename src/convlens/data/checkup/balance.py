"""Findings about numbers of images: too few in a class, far fewer than in another, none in a part."""

import numpy as np

from convlens.data.checkup.collection import PART_NAMES, TRAIN, Collection
from convlens.data.checkup.findings import Finding
from convlens.words import count_of

FEWEST = 10
"""Training images of a class, below which there is little to learn from."""
MOST_UNEQUAL = 10
"""How many times the images of the smallest class the largest may have."""


def count_images(collection: Collection) -> np.ndarray:
    """How many images each part has of each class: 3×classes."""
    classes = len(collection.class_names)
    return np.bincount(collection.parts.astype(np.int64) * classes + collection.labels, minlength=3 * classes).reshape(
        3, classes
    )


def find_imbalance(collection: Collection) -> list[Finding]:
    """Few images, unequal classes, and parts that lack a class."""
    counts = count_images(collection)
    return [
        *_lost(collection),
        *_few(collection, counts[TRAIN]),
        *_unequal(collection, counts[TRAIN]),
        *_lacking(collection, counts),
    ]


def _lost(collection: Collection) -> list[Finding]:
    if not collection.lost:
        return []
    number = len(collection.lost)
    return [
        Finding(
            kind="classes_lost",
            severity="error",
            title=f"{count_of(number, 'class', 'has')} no image that can be read: left out",
            count=number,
            advice="Replace the files, or take the folder away if the class does not matter.",
            examples=collection.lost,
            details={"class_names": list(collection.lost)},
        )
    ]


def _few(collection: Collection, counts: np.ndarray) -> list[Finding]:
    few = np.flatnonzero(counts < FEWEST)
    if not len(few):
        return []
    few = few[np.argsort(counts[few], kind="stable")]
    return [
        Finding(
            kind="few_images",
            severity="warning",
            title=f"{count_of(len(few), 'class', 'has')} fewer than {FEWEST} training images",
            count=len(few),
            advice="Add images, some dozens at least: from a handful, a network learns these images and not the class.",
            examples=tuple(_class_line(collection, number, counts) for number in few.tolist()),
            details={"classes": {collection.class_names[number]: int(counts[number]) for number in few.tolist()}},
        )
    ]


def _unequal(collection: Collection, counts: np.ndarray) -> list[Finding]:
    there = np.flatnonzero(counts)
    if len(there) < 2:
        return []
    smallest, largest = there[counts[there].argmin()], there[counts[there].argmax()]
    times = counts[largest] / counts[smallest]
    if times <= MOST_UNEQUAL:
        return []
    return [
        Finding(
            kind="imbalance",
            severity="warning",
            title=f"the largest class has {times:,.0f} times as many training images as the smallest",
            count=len(there),
            advice="Add images of the small classes, or train with class weights; a wrong answer will mostly be the "
            "name of a large class.",
            examples=tuple(_class_line(collection, number, counts) for number in (largest, smallest)),
            details={"classes": {collection.class_names[number]: int(counts[number]) for number in there.tolist()}},
        )
    ]


def _lacking(collection: Collection, counts: np.ndarray) -> list[Finding]:
    findings = []
    for part, name in enumerate(PART_NAMES):
        lacking = np.flatnonzero(counts[part] == 0)
        if part == TRAIN or not len(lacking) or len(lacking) == len(collection.class_names):
            continue
        findings.append(
            Finding(
                kind="part_lacks_class",
                severity="warning",
                title=f"{count_of(len(lacking), 'class', 'has')} no {name} images",
                count=len(lacking),
                advice=f"Nothing can be said about how well they are told apart: add {name} images of them.",
                examples=tuple(collection.class_names[number] for number in lacking.tolist()),
                details={"part": name, "class_names": [collection.class_names[number] for number in lacking.tolist()]},
            )
        )
    return findings


def _class_line(collection: Collection, number: int, counts: np.ndarray) -> str:
    return f"{collection.class_names[number]}: {count_of(int(counts[number]), 'image')}"
