"""A list of all images of a source of any kind, with the path, label and part of each.

No image is opened for it. The list is made again at every start, because it shows whether the cache is still valid.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from convlens.words import printable


@dataclass(frozen=True)
class ArrayPart:
    """Images in one array of a file: how many, their shape, and a function that reads them in pieces of rows."""

    name: str
    count: int
    shape: tuple[int, ...]
    pieces: Callable[[], Iterator[np.ndarray]]


@dataclass(frozen=True, eq=False)
class Listing:
    """All images of a source, in the order of their folders and names.

    Args:
        source: the path that was given.
        names: one per image: a path relative to `root` with "/" between folders, as shown in messages.
        labels: int32, indices into `class_names`.
        parts: int8: 0 train, 1 validation, 2 test, −1 not given.
        sizes: the size of each file in bytes.
        times: the time of the last change in nanoseconds; for members of an archive, the checksum.
        root: the folder that names are relative to.
        archive: the zip archive that the names are members of, or "".
        arrays: the arrays that hold the images, if they are not files.
        notes: what was left out, one line each.
        stamp: sizes and times of the files that hold `arrays`.
    """

    source: str
    names: list[str]
    labels: np.ndarray
    parts: np.ndarray
    class_names: tuple[str, ...]
    sizes: np.ndarray
    times: np.ndarray
    root: str = ""
    archive: str = ""
    arrays: tuple[ArrayPart, ...] = ()
    notes: tuple[str, ...] = ()
    stamp: str = ""

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Listing({printable(self.source)!r}, {len(self):,} images, {len(self.class_names)} classes)"

    def place(self, number: int) -> str:
        """Return the path of an image's file, or the name of the member in the archive."""
        if self.archive:
            return self.names[number]
        return os.path.join(self.root, self.names[number])  # noqa: PTH118 (a Path per file is slow)

    @cached_property
    def digest(self) -> str:
        """32 hexadecimal digits that change when any file, name, label or part changes."""
        digest = hashlib.blake2b(digest_size=16)
        for text in (self.root, self.archive, self.stamp, *self.class_names):
            digest.update(os.fsencode(text) + b"\0")
        for start in range(0, len(self.names), 4096):  # not all at once, for a million names
            digest.update(os.fsencode("\0".join(self.names[start : start + 4096])) + b"\0\0")
        for array in (self.labels, self.parts, self.sizes, self.times):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def signatures(self) -> np.ndarray:
        """Return 16 bytes per image, S16, that change when its file or its name changes."""
        stamp = os.fsencode(f"{self.root}\0{self.archive}\0{self.stamp}\0")
        signatures = np.empty(len(self), "S16")
        rows = zip(self.names, self.sizes.tolist(), self.times.tolist(), strict=True)
        for place, (name, size, time) in enumerate(rows):
            text = stamp + os.fsencode(name) + b"\0%d\0%d" % (size, time)
            signatures[place] = hashlib.blake2b(text, digest_size=16).digest()
        return signatures
