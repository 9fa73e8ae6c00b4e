"""Copy images that are mapped into memory from a file, if they fit; otherwise check that the file stays whole.

If another process truncates a mapped file, the operating system ends the process that reads beyond the new end
(SIGBUS), without a message. A training reads its images for minutes, so it does not rely on a file in a cache that
others may change. A deleted file does no harm: its content remains until the last reader has closed it.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError

MOST_COPIED = 512 * 2**20
"""Bytes of all parts: enough for twenty thousand colour images of 96×96, the largest size that is decoded."""


def in_memory(dataset: Dataset) -> Dataset:
    """Return the same images, copied from a mapped file if they are not too many.

    >>> images = LabelledImages(np.zeros((2, 1, 8, 8), np.uint8), [0, 1], ("cat", "dog"))
    >>> in_memory(Dataset("pets", images, None, "auto")).train is images
    True
    """
    mapped = [part for part in _parts(dataset) if _file_of(part.images) is not None]
    if not mapped or sum(part.images.nbytes for part in mapped) > MOST_COPIED:
        return dataset
    changed = {name: _copied(getattr(dataset, name)) for name in ("train", "validation", "test")}
    return replace(dataset, **changed)


def _copied(part: LabelledImages | None) -> LabelledImages | None:
    if part is None or _file_of(part.images) is None:
        return part
    return replace(part, images=np.array(part.images, np.uint8))


def mapped_files(dataset: Dataset) -> dict[Path, int]:
    """Return the mapped files and the current size of each in bytes."""
    files = {file for part in _parts(dataset) if (file := _file_of(part.images)) is not None}
    return {file: file.stat().st_size for file in files if file.is_file()}


def check_whole(files: dict[Path, int]) -> None:
    """Check that no mapped file has become shorter, before it is read again.

    Raises:
        DataError: a file has become shorter.
    """
    for file, size in files.items():
        if file.is_file() and file.stat().st_size < size:
            raise DataError(
                f"{file} was cut short while it was being learned from. Leave the cache alone during a training, and "
                "start or resume it again: the images are then decoded anew."
            )


def _parts(dataset: Dataset) -> Iterator[LabelledImages]:
    yield from (part for part in (dataset.train, dataset.validation, dataset.test) if part is not None)


def _file_of(images: NDArray[Any]) -> Path | None:
    """Return the file that an array is mapped from, directly or as a view; None if it is not mapped."""
    base: Any = images
    while base is not None:
        if isinstance(base, np.memmap) and base.filename is not None:
            return Path(base.filename)
        base = getattr(base, "base", None)
    return None
