"""Copy images that are mapped into memory from a file, if they fit; otherwise guard them against a file that is cut.

If another process truncates a mapped file, the operating system ends the process that reads beyond the new end
(SIGBUS), without a message. A training reads its images for minutes, so it does not rely on a file in a cache that
others may change: while a file is guarded, the native engine's module replaces lost pages by zeros, and the training
ends with an error at the next check. A deleted file does no harm: its content remains until the last reader has closed
it.
"""

import mmap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import Dataset, LabelledImages
from convlens.engines import can_guard_mapped, guard_mapped
from convlens.errors import DataError

MOST_COPIED = 512 * 2**20
"""Bytes of all parts: enough for twenty thousand colour images of 96×96, the largest size that is decoded."""


def in_memory(dataset: Dataset) -> Dataset:
    """Return the same images, copied from a mapped file if they are not too many or cannot be guarded.

    Raises:
        DataError: a file is shorter than what is mapped from it.

    >>> images = LabelledImages(np.zeros((2, 1, 8, 8), np.uint8), [0, 1], ("cat", "dog"))
    >>> in_memory(Dataset("pets", images, None, "auto")).train is images
    True
    """
    mapped = [part for part in _parts(dataset) if _mapping_of(part.images) is not None]
    if not mapped:
        return dataset
    if sum(part.images.nbytes for part in mapped) > MOST_COPIED and can_guard_mapped():
        return dataset
    with guarded(dataset) as check_whole:
        changed = {name: _copied(getattr(dataset, name)) for name in ("train", "validation", "test")}
        check_whole()
    return replace(dataset, **changed)


def _copied(part: LabelledImages | None) -> LabelledImages | None:
    if part is None or _mapping_of(part.images) is None:
        return part
    return replace(part, images=np.array(part.images, np.uint8))


@contextmanager
def guarded(dataset: Dataset) -> Iterator[Callable[[], None]]:
    """Guard the mapped files of a dataset, and yield a function that checks that they are whole.

    Whatever was computed from the images since the last check counts only after the next one, which raises a DataError
    if a file has become shorter.
    """
    mappings = {id(mapping): mapping for part in _parts(dataset) if (mapping := _mapping_of(part.images)) is not None}
    with ExitStack() as stack:
        watched = [(mapping, stack.enter_context(guard_mapped(mapping))) for mapping in mappings.values()]

        def check_whole() -> None:
            for mapping, is_lost in watched:
                if is_lost() or _file_size(mapping) < mapping.offset + mapping.nbytes:
                    raise DataError(
                        f"{Path(str(mapping.filename))} was cut short while it was being learned from. Leave the cache "
                        "alone during a training, and start or resume it again: the images are then decoded anew."
                    )

        check_whole()
        yield check_whole


def _parts(dataset: Dataset) -> Iterator[LabelledImages]:
    yield from (part for part in (dataset.train, dataset.validation, dataset.test) if part is not None)


def _mapping_of(images: NDArray[Any]) -> np.memmap[Any, Any] | None:
    """Return the array of a whole mapping, of which `images` are a view; None if they are not mapped from a file."""
    found, base = None, images
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap) and base.filename is not None:
            found = base
        base = base.base
    return found


def _file_size(mapping: np.memmap[Any, Any]) -> int:
    """Return the size of the mapped file, even if it was deleted or replaced by another file."""
    base: Any = mapping.base
    return base.size() if isinstance(base, mmap.mmap) else mapping.offset + mapping.nbytes
