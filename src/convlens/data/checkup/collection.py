"""The images to check, in the same form for every source: usable images with their facts, and unusable files."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from convlens.data.custom.facts import FACTS, MODES, PROBLEMS
from convlens.data.labelled_images import Dataset, hash_images
from convlens.data.parts import PART_NAMES, TEST, TRAIN, VALIDATION, part_of
from convlens.words import printable

if TYPE_CHECKING:
    from convlens.data.custom.importing import ImportedImages


@dataclass(frozen=True)
class Refusal:
    """A file that could not be used: its name, one of PROBLEMS, and the decoder's message."""

    name: str
    problem: str
    words: str


@dataclass(frozen=True, eq=False)
class Collection:
    """N usable images and all that is known about them.

    Args:
        name: the name of the collection.
        class_names: the names of the classes, by label.
        names: N names, as in the source; `show` makes them printable.
        labels: N indices into `class_names`.
        parts: N integers: 0 train, 1 validation, 2 test.
        images: uint8 N×C×H×W, may be memory-mapped.
        facts: N rows of FACTS.
        refused: the files that could not be used.
        notes: what else was left out when the images were listed, one line each.
        given: N parts as given by the source, −1 where it gives none; None: all parts are given by the source.
        lost: classes without a readable image.
    """

    name: str
    class_names: tuple[str, ...]
    names: Sequence[str]
    labels: np.ndarray
    parts: np.ndarray
    images: np.ndarray
    facts: np.ndarray
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    given: np.ndarray | None = None
    lost: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def show(self, place: int, label: bool = False, part: bool = False) -> str:
        """Return the printable name of an image, with its class if `label` and with its part if `part` is True."""
        name = printable(self.names[place])
        told = [self.class_names[self.labels[place]]] if label else []
        if part and part_of(re.split("[ /]", name, maxsplit=1)[0]) is None:  # else it begins with its part
            told.append(PART_NAMES[self.parts[place]])
        return f"{name} ({', '.join(told)})" if told else name

    def show_all(self, places: Iterable[int]) -> tuple[str, ...]:
        """Return the printable names of several images."""
        return tuple(self.show(int(place)) for place in places)

    @cached_property
    def blank(self) -> np.ndarray:
        """N booleans: images that show nothing, because all their pixels have nearly the same value."""
        flat = self.facts["highest"].astype(np.int16) - self.facts["lowest"] <= NEARLY
        if self.images.shape[1] > 1:  # grey cannot tell a red disc from an equally bright green background
            for place in np.flatnonzero(flat).tolist():
                pixels = self.images[place].astype(np.int16)
                flat[place] = (pixels.max(axis=(1, 2)) - pixels.min(axis=(1, 2))).max() <= NEARLY
        return flat


NEARLY = 8
"""Grey levels; smaller differences cannot be seen."""


def collect_imported(imported: "ImportedImages") -> Collection:
    """Collect a user's images, and the files that could not be used."""
    listing, rows = imported.listing, imported.rows
    kept = set(imported.class_names)
    refused = np.flatnonzero(imported.facts["problem"]).tolist()
    words = dict(imported.skipped)
    names = [printable(listing.names[number]) for number in refused]
    problems = [PROBLEMS[code] for code in imported.facts["problem"][refused].tolist()]
    return Collection(
        name=imported.name,
        class_names=imported.class_names,
        names=[listing.names[number] for number in rows.tolist()],
        labels=imported.labels,
        parts=imported.parts[rows].astype(np.int64),
        images=imported.images,
        facts=imported.facts[rows],
        refused=tuple(
            Refusal(name, problem, words.get(name, "")) for name, problem in zip(names, problems, strict=True)
        ),
        notes=tuple(
            note for note in listing.notes if "only in capitalisation" not in note
        ),  # find_odd_names reports these
        given=listing.parts[rows],
        lost=tuple(name for name in listing.class_names if name not in kept),
    )


def collect_dataset(dataset: Dataset) -> Collection:
    """Collect a dataset in memory; the name of an image is its part and index.

    >>> from convlens.data import LabelledImages
    >>> images = LabelledImages(np.zeros((2, 1, 8, 8), np.uint8), np.array([0, 1]), ("cat", "dog"), "pets")
    >>> collection = collect_dataset(Dataset("pets", images, None, "letterbox"))
    >>> collection.show(1, label=True), collection.blank.tolist()
    ('train 1 (dog)', [True, True])
    """
    given = {TRAIN: dataset.train, VALIDATION: dataset.validation, TEST: dataset.test}
    parts = {part: images for part, images in given.items() if images is not None}
    arrays = [images.images for images in parts.values()]
    images = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    return Collection(
        name=dataset.name,
        class_names=dataset.train.class_names,
        names=[f"{PART_NAMES[part]} {number}" for part, images in parts.items() for number in range(len(images))],
        labels=np.concatenate([images.labels for images in parts.values()]),
        parts=np.repeat(list(parts), [len(images) for images in parts.values()]),
        images=images,
        facts=_measure(images),
    )


def _measure(images: np.ndarray) -> np.ndarray:
    """Compute the facts of images in an array."""
    count, channels, height, width = images.shape
    facts = np.zeros(count, FACTS)
    facts["width"], facts["height"] = width, height
    facts["mode"] = MODES.index("L" if channels == 1 else "RGB")
    for start in range(0, count, 1024):
        some, rows = images[start : start + 1024], facts[start : start + 1024]
        grey = some[:, 0] if channels == 1 else some.mean(axis=1, dtype=np.float32)
        for name, measure in (("mean", np.mean), ("lowest", np.min), ("highest", np.max)):
            rows[name] = measure(grey, axis=(1, 2))
        border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1)
        rows["border"] = np.median(border, axis=1)
        if channels > 1:
            rows["colour"] = (some.max(axis=1).astype(np.int16) - some.min(axis=1)).max(axis=(1, 2))
        rows["pixel_hash"] = hash_images(some)
    return facts
