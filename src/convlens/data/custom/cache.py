"""The cache of decoded images on disk: one file of pixels, which is mapped into memory.

    CACHE/SOURCE/KEY/images.bin      uint8 N×C×H×W: training images first, then validation, then test
                     facts.bin       a row of FACTS for every listed file
                     rows.bin        int64: the index of each image in the listing
                     parts.bin       int8: the part of each listed file; −1 if it could not be used
                     signatures.bin  16 bytes for every listed file, to detect changes
                     about.json      size, channels, notes, descriptions of problems

SOURCE is derived from the path, KEY from everything that determines the content. A cache is written to a temporary
folder and renamed when it is complete.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from convlens.data.custom.facts import FACTS
from convlens.data.custom.listing import Listing
from convlens.data.custom.options import ImportOptions
from convlens.files import explain_write_errors, move_into_place, sync

VERSION = 2  # a new number makes all caches invalid: raise it when decoding changes
LOCK = ".lock"
_PART = ".part-"
_FILES = {"facts": FACTS, "rows": np.dtype("<i8"), "parts": np.dtype("i1"), "signatures": np.dtype("S16")}


class About(msgspec.Struct):
    """What is used of `about.json`: anyone can change that file, so the types are checked.

    `classes` are indices into the classes of the listing; `words` has the problem of each file that could not be used,
    by its index in the listing.
    """

    classes: list[int]
    words: dict[int, str]
    notes: list[str]


@dataclass(frozen=True, eq=False)
class Cached:
    """A complete cache: `images` is mapped into memory, `about` holds what is not an array."""

    folder: Path
    images: np.ndarray
    facts: np.ndarray
    rows: np.ndarray
    parts: np.ndarray
    about: About

    def signatures(self) -> np.ndarray:
        """Read the signatures of all listed files; they are only needed if the source has changed."""
        return np.fromfile(self.folder / "signatures.bin", _FILES["signatures"])


def folder_of_source(cache_dir: Path, source: str) -> Path:
    """Return the folder of all caches of one source."""
    name = hashlib.blake2b(os.fsencode(os.path.realpath(source)), digest_size=10).hexdigest()
    return cache_dir / name


def key_of(listing: Listing, options: ImportOptions) -> str:
    """Return the name of the cache for these files and options."""
    text = f"{VERSION} {json.dumps(options.as_dict(), sort_keys=True)} {listing.digest}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def open_cache(folder: Path) -> Cached | None:
    """Open the cache in a folder; return None if it is missing or incomplete."""
    try:
        about = json.loads((folder / "about.json").read_bytes())
        if about["version"] != VERSION:
            return None
        listed, images = int(about["listed"]), int(about["images"])
        shape = (images, int(about["channels"]), int(about["size"]), int(about["size"]))
        counts = {"facts": listed, "rows": images, "parts": listed, "signatures": listed}
        sizes = {f"{name}.bin": count * _FILES[name].itemsize for name, count in counts.items()}
        sizes["images.bin"] = shape[0] * shape[1] * shape[2] * shape[3]
        if any((folder / name).stat().st_size != size for name, size in sizes.items()):
            return None
        arrays = {name: np.fromfile(folder / f"{name}.bin", _FILES[name]) for name in ("facts", "rows", "parts")}
        pixels = np.memmap(folder / "images.bin", np.uint8, "r", shape=shape)
        if images and not 0 <= int(arrays["rows"].min()) <= int(arrays["rows"].max()) < listed:
            return None
        kept = msgspec.convert(about, About, str_keys=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    except msgspec.ValidationError:
        return None
    return Cached(folder, pixels, arrays["facts"], arrays["rows"], arrays["parts"], kept)


def latest_cache(source: Path) -> Cached | None:
    """Open the newest cache of a source, regardless of its options."""
    with suppress(OSError):
        folders = [entry for entry in source.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
        for folder in sorted(folders, key=lambda entry: entry.stat().st_mtime_ns, reverse=True):
            cached = open_cache(folder)
            if cached is not None:
                return cached
    return None


@contextmanager
def workshop(source: Path) -> Iterator[Path]:
    """Make a temporary folder for a new cache; it is removed at the end, unless it was renamed to its final place.

    Folders left behind by killed processes are removed, too; this is safe, because the caller holds the lock.

    Raises:
        OutputError: the cache folder cannot be written.
    """
    with explain_write_errors(source):
        for left in source.glob(f"{_PART}*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = source / f"{_PART}{secrets.token_hex(4)}"
        folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def finish(folder: Path, key: str, arrays: dict[str, np.ndarray], about: dict[str, Any]) -> Path:
    """Write everything but the images, rename the folder to its key, and remove the caches that it replaces.

    Raises:
        OutputError: the disk is full or cannot be written to.
    """
    final = folder.parent / key
    with explain_write_errors(final):
        for name, kind in _FILES.items():
            _write(folder / f"{name}.bin", np.ascontiguousarray(arrays[name].astype(kind, copy=False)).tobytes())
        _write(folder / "about.json", json.dumps({"version": VERSION, **about}).encode())
        if final.exists():  # a damaged cache with the same key
            shutil.rmtree(final)
        move_into_place(folder, final)
    for other in final.parent.iterdir():
        if other.is_dir() and other.name != key and (other / "about.json").exists():
            shutil.rmtree(other, ignore_errors=True)
    return final


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        sync(file)
