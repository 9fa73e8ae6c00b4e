"""Prepares labelled pictures as predictions do, so that they look like the model's training images.

Predictions repair the pictures that they are given. An evaluation on unrepaired pictures would measure something else
than what users get from predictions.
"""

import os
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import ImportedImages, ImportProgress, LabelledImages
from convlens.data.archives import ARCHIVE_ERRORS, read_member
from convlens.errors import ImageError
from convlens.pixels import MAX_FILE_BYTES, ImageSource
from convlens.preprocessing import Preprocessing, prepare

_EVERY = 64


def repair_images(
    imported: ImportedImages,
    part: int,
    preprocessing: Preprocessing,
    on_progress: Callable[[Any], None] | None = None,
) -> tuple[LabelledImages | None, NDArray[np.int64], tuple[str, ...]]:
    """Return the images of one part (0 train, 1 validation, 2 test), prepared from their files as in predictions; their
    indices among the imported images; and notes.

    None if none of them can be read any more.
    """
    rows = imported.places(part)
    images, kept, repaired = np.empty((len(rows), *preprocessing.image_shape), np.uint8), [], 0
    with ExitStack() as stack:
        read = _reader(imported, stack)
        for number, row in enumerate(rows.tolist()):
            if on_progress is not None and number % _EVERY == 0:
                on_progress(ImportProgress(number, len(rows), "repairing"))
            try:
                prepared = prepare(preprocessing, read(row))
            except ImageError:  # it was readable before: since deleted or changed
                continue
            images[len(kept)] = prepared.pixels
            repaired += int((prepared.pixels != imported.images[row]).any())
            kept.append(row)
    notes = [f"repaired as in predictions: {repaired:,} of {len(rows):,} images changed"]
    if len(kept) < len(rows):
        notes.append(f"left out, because they are missing or cannot be read any more: {len(rows) - len(kept):,}")
    places = np.array(kept, np.int64)
    if not kept:
        return None, places, tuple(notes)
    labels, name = imported.labels[places], imported.name
    return LabelledImages(images[: len(kept)], labels, imported.class_names, name), places, tuple(notes)


def _reader(imported: ImportedImages, stack: ExitStack) -> Callable[[int], ImageSource]:
    """Return a function from an image's index to its picture: a path, the bytes of an archive's member, or an array."""
    listing = imported.listing
    if listing.arrays:
        return lambda row: imported.images[row].transpose(1, 2, 0)
    if not listing.archive:
        return lambda row: os.fsdecode(listing.place(int(imported.rows[row])))
    archive = stack.enter_context(zipfile.ZipFile(listing.archive))

    def read(row: int) -> bytes:
        place = listing.place(int(imported.rows[row]))
        try:
            return read_member(archive, place, MAX_FILE_BYTES + 1)
        except (OSError, *ARCHIVE_ERRORS) as error:
            raise ImageError(f"{place} cannot be read: {error}. Pack the archive again.") from error

    return read
