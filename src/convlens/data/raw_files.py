"""Finds and verifies the raw files of a dataset on disk.

Hashing MNIST takes a tenth of a second or more. So, as in git, checksums are stored beside the files, with their sizes
and modification times, and only a file that has changed is hashed again. In a read-only folder, files are hashed every
time.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from convlens.data.catalogue import CatalogueEntry
from convlens.data.folders import data_folder
from convlens.errors import DataError, OutputError
from convlens.files import sha256_of_file, write_atomically

_RECORD = ".convlens-checksums.json"


def raw_folder(entry: CatalogueEntry, data_dir: Path | str | None = None) -> Path:
    """Return the folder of a dataset's raw files, such as DATA_DIR/MNIST/raw."""
    return data_folder(data_dir) / entry.folder


def locate(folder: Path, name: str) -> Path | None:
    """Return the path of `name` in `folder`, or of `name`.gz (which torchvision keeps), or None."""
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.exists():
            return candidate
    return None


def damaged_files(folder: Path, checksums: dict[Path, str]) -> list[Path]:
    """Return the files whose checksum differs; `checksums` has the SHA-256 of the unpacked bytes by path.

    Raises:
        DataError: a file cannot be read.
    """
    record = _read_record(folder)
    found = {path: _checksum(path, record) for path in checksums}
    new = {path.name: _facts(path, checksum) for path, checksum in found.items() if checksum}
    if any(record.get(name) != facts for name, facts in new.items()):
        _write_record(folder, record | new)
    return [path for path, checksum in found.items() if checksum != checksums[path]]


def examine(entry: CatalogueEntry, folder: Path) -> tuple[dict[str, Path], list[Path]]:
    """Return the paths of the entry's intact files by name, and the paths of its damaged files.

    Raises:
        DataError: a file cannot be read.
    """
    places = {name: path for name in entry.files if (path := locate(folder, name))}
    damaged = damaged_files(folder, {path: entry.files[name].sha256 for name, path in places.items()})
    return {name: path for name, path in places.items() if path not in damaged}, damaged


def remember(folder: Path, checked: Iterable[tuple[Path, str]]) -> None:
    """Store the checksums of files that were just verified."""
    _write_record(folder, _read_record(folder) | {path.name: _facts(path, checksum) for path, checksum in checked})


def _checksum(path: Path, record: dict[str, Any]) -> str | None:
    """Return the SHA-256 of the unpacked bytes; None for a folder or a damaged gz file."""
    if not path.is_file():
        return None
    known = record.get(path.name)
    if isinstance(known, dict) and known == _facts(path, str(known.get("sha256"))):
        return known["sha256"]
    try:
        if path.suffix != ".gz":
            return sha256_of_file(path)
        with gzip.open(path) as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}. Check its permissions.") from error


def _facts(path: Path, checksum: str) -> dict[str, Any]:
    facts = path.stat()
    return {"size": facts.st_size, "mtime_ns": facts.st_mtime_ns, "sha256": checksum}


def _read_record(folder: Path) -> dict[str, Any]:
    """Read the stored checksums; a missing or invalid record counts as empty."""
    try:
        record = json.loads((folder / _RECORD).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(folder: Path, record: dict[str, Any]) -> None:
    with suppress(OutputError):  # in a read-only folder the next use hashes again
        write_atomically(folder / _RECORD, json.dumps(record, indent=1))
