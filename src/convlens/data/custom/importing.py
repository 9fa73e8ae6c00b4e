# Paths are strings here: names may be invalid Unicode, and creating a million Path objects is slow.
# ruff: noqa: PTH100, PTH111, PTH113
"""Imports a user's images from a path: lists and decodes them, splits them into parts, and caches the result."""

import os
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convlens.data.custom.building import build
from convlens.data.custom.cache import LOCK, Cached, folder_of_source, key_of, open_cache
from convlens.data.custom.facts import problem_code
from convlens.data.custom.groups import find_series, group_numbers
from convlens.data.custom.listing import Listing
from convlens.data.custom.options import ImportOptions
from convlens.data.custom.progress import OnImportProgress, Reporter
from convlens.data.custom.sources import list_images
from convlens.data.custom.unpacking import unpack_into
from convlens.data.folders import cache_folder, make_data_folder
from convlens.data.labelled_images import Dataset, LabelledImages
from convlens.data.parts import PART_NAMES, TEST, TRAIN, UNDECIDED, VALIDATION, part_of
from convlens.errors import DataError
from convlens.locking import hold_lock
from convlens.words import printable


@dataclass(frozen=True, eq=False)
class ImportedImages:
    """A user's decoded images, and all facts about their files.

    Args:
        source: the path that was given.
        options: the import options.
        listing: every listed file: `listing.names[i]`, `listing.labels[i]` (an index into `listing.class_names`).
        class_names: the classes with images, without those of the listing that have no readable image.
        images: uint8 N×C×H×W, mapped into memory: training images first, then validation, then test.
        labels: int64, N indices into `class_names`.
        rows: int64, N: which listed file each image came from.
        parts: int8, one per listed file: 0 train, 1 validation, 2 test, −1 if it could not be used.
        facts: FACTS, one row per listed file.
        skipped: name and reason of every listed file that could not be used.
        notes: what was done and why, one line each.
        folder: the folder of the cache.
    """

    source: Path
    options: ImportOptions
    listing: Listing
    class_names: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    parts: np.ndarray
    facts: np.ndarray
    skipped: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    folder: Path

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.images.shape[1:]))
        return f"ImportedImages({self.name!r}, {len(self.images):,} images of {shape}, {len(self.class_names)} classes)"

    @property
    def name(self) -> str:
        """The name of the images in messages."""
        return printable(self.source.name or str(self.source))

    def part(self, part: int) -> LabelledImages | None:
        """Return the images of one part (0 train, 1 validation, 2 test) without copying; None if it has no images."""
        counts = [int((self.parts == number).sum()) for number in (TRAIN, VALIDATION, TEST)]
        start = sum(counts[:part])
        chosen = slice(start, start + counts[part])
        if not counts[part]:
            return None
        return LabelledImages(
            self.images[chosen], self.labels[chosen], self.class_names, f"{self.name} {PART_NAMES[part]}"
        )

    @property
    def parts_are_given(self) -> bool:
        """Return whether the source assigns any image to a part."""
        return bool((self.listing.parts[self.rows] != UNDECIDED).any())

    def series(self) -> np.ndarray | None:
        """Return the index of each image's series, by `group_by` or else by the file names; None if none are found."""
        names = [self.listing.names[row] for row in self.rows.tolist()]
        if self.options.group_by is not None:
            return group_numbers(names, self.options.group_by)
        if self.parts_are_given:  # otherwise the folders of the parts would split a series
            names = [_without_part(name) for name in names]
        return find_series(names, len(self.class_names))

    def places(self, part: int) -> np.ndarray:
        """Return the indices of the images of one part (0 train, 1 validation, 2 test), int64."""
        return np.flatnonzero(self.parts[self.rows] == part)

    def dataset(self) -> Dataset:
        """Return all images as a dataset for training.

        Raises:
            DataError: the path is not valid text, so a run could not store it.
        """
        train = self.part(TRAIN)
        assert train is not None  # importing refuses data without training images
        path = str(self.source.absolute())
        if path.encode("utf-8", "ignore").decode() != path:
            raise DataError(
                f"{printable(path)}: this path is not valid text (UTF-8), so a run could not store where its "
                "images are. Rename the folder."
            )
        source = {"path": path, "options": self.options.as_dict()}
        return Dataset(self.name, train, self.part(TEST), "auto", self.part(VALIDATION), self.notes, source)


def _without_part(name: str) -> str:
    first, _, rest = name.partition("/")
    return rest if rest and part_of(first) is not None else name


def import_images(
    path: Path | str,
    options: ImportOptions | None = None,
    cache_dir: Path | str | None = None,
    on_progress: OnImportProgress | None = None,
    check_classes: Callable[[tuple[str, ...]], None] | None = None,
    check_listing: Callable[[Listing], None] | None = None,
) -> ImportedImages:
    """Import the images at `path`: a folder of class folders, a CSV file, an `.npz`, IDX files, or a zip of these.

    They are decoded the first time and after changes; otherwise they come from the cache in `cache_dir`
    (default: `cache_folder()`). `on_progress` is called with an `ImportProgress`. `check_classes` is called with the
    names of the classes before anything is decoded, and `check_listing` with the list of all files; an error that they
    raise ends the import.

    Raises:
        DataError: nothing usable was found; the message says what was found and what to do.
        UsageError: an option does not apply to these images.
        OutputError: the cache cannot be written.
    """
    options = options or ImportOptions()
    caches = Path(cache_dir) if cache_dir is not None else cache_folder()
    given = os.path.abspath(os.path.expanduser(os.fspath(path)))
    home = folder_of_source(caches, given)

    def unpack(archive: zipfile.ZipFile, members: list[str]) -> str:
        make_data_folder(home, caches)
        return unpack_into(home / "unpacked", archive, members)

    try:
        listing = list_images(path, unpack)
        if check_classes is not None:
            check_classes(listing.class_names)
        if check_listing is not None:
            check_listing(listing)
        cached = _open_or_build(home, caches, listing, options, on_progress)
    except DataError:  # delete the unpacked files: they may be large or malicious
        shutil.rmtree(home / "unpacked", ignore_errors=True)
        with suppress(OSError):  # not empty: something else was imported from this path before
            home.rmdir()
        raise
    return _imported(Path(given), listing, options, cached)


def _open_or_build(
    home: Path, caches: Path, listing: Listing, options: ImportOptions, on_progress: OnImportProgress | None
) -> Cached:
    """Open the cache of a listing; build it first if there is none."""
    key = key_of(listing, options)
    cached = _usable(open_cache(home / key), listing)
    if cached is None:
        report = Reporter(on_progress, len(listing))
        make_data_folder(home, caches)
        with hold_lock(home / LOCK, lambda: report.tell(0, "waiting for another convlens process")):
            cached = _usable(open_cache(home / key), listing)  # another process may have built it meanwhile
            if cached is None:
                cached = build(home, key, listing, options, report)
    return cached


def _usable(cached: Cached | None, listing: Listing) -> Cached | None:
    """Return the cache; None if it does not fit, or a file that was unreadable when it was made can be read now."""
    if cached is not None and not _fits(cached, listing):
        return None
    if cached is None or listing.archive or listing.arrays:
        return cached
    passing = [problem_code("unreadable"), problem_code("vanished")]
    for number in np.flatnonzero(np.isin(cached.facts["problem"], passing)).tolist():
        place = listing.place(number)
        if os.path.isfile(place) and os.access(place, os.R_OK):
            return None
    return cached


def _fits(cached: Cached, listing: Listing) -> bool:
    """Return whether all indices in the cache are indices into the listing."""
    within = all(0 <= number < len(listing.class_names) for number in cached.about.classes)
    return within and len(cached.facts) == len(listing) and all(0 <= row < len(listing) for row in cached.about.words)


def _imported(source: Path, listing: Listing, options: ImportOptions, cached: Cached) -> ImportedImages:
    kept = cached.about.classes
    numbers = np.full(len(listing.class_names), -1, np.int64)
    numbers[kept] = np.arange(len(kept))
    words = cached.about.words
    return ImportedImages(
        source=source,
        options=options,
        listing=listing,
        class_names=tuple(listing.class_names[number] for number in kept),
        images=cached.images,
        labels=numbers[listing.labels[cached.rows]],
        rows=cached.rows,
        parts=cached.parts,
        facts=cached.facts,
        skipped=tuple((printable(listing.names[number]), words[number]) for number in sorted(words)),
        notes=(*listing.notes, *cached.about.notes),
        folder=cached.folder,
    )
