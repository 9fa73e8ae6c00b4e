"""The raw files of a dataset on the disk: which are there, and whether they are the right ones.

Hashing MNIST takes a tenth of a second or more, so a checksum is remembered beside the files together with the size and
the time of the last change, as git does; only a file that looks changed is hashed again. In a folder that may not be
written to, every use hashes.
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
    """The folder of a dataset's raw files, such as DATA_DIR/MNIST/raw."""
    return data_folder(data_dir) / entry.folder


def locate(folder: Path, name: str) -> Path | None:
    """The file `name` in `folder`, else `name`.gz (which torchvision leaves beside it), else None."""
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.exists():
            return candidate
    return None


def damaged_files(folder: Path, checksums: dict[Path, str]) -> list[Path]:
    """Those of the given files (path → expected SHA-256 of its unpacked bytes) that are something else.

    Raises:
        DataError: a file may not be read.
    """
    record = _read_record(folder)
    found = {path: _checksum(path, record) for path in checksums}
    new = {path.name: _facts(path, checksum) for path, checksum in found.items() if checksum}
    if any(record.get(name) != facts for name, facts in new.items()):
        _write_record(folder, record | new)
    return [path for path, checksum in found.items() if checksum != checksums[path]]


def examine(entry: CatalogueEntry, folder: Path) -> tuple[dict[str, Path], list[Path]]:
    """The entry's files that are there and right, by name, and the paths of those that are something else.

    Raises:
        DataError: a file may not be read.
    """
    places = {name: path for name in entry.files if (path := locate(folder, name))}
    damaged = damaged_files(folder, {path: entry.files[name].sha256 for name, path in places.items()})
    return {name: path for name, path in places.items() if path not in damaged}, damaged


def remember(folder: Path, checked: Iterable[tuple[Path, str]]) -> None:
    """Note that these files were just found to have these checksums."""
    _write_record(folder, _read_record(folder) | {path.name: _facts(path, checksum) for path, checksum in checked})


def _checksum(path: Path, record: dict[str, Any]) -> str | None:
    """The SHA-256 of the unpacked bytes; None for a folder or a damaged gz file."""
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
    """What was remembered; an unreadable or strange record is worth nothing and harms nothing."""
    try:
        record = json.loads((folder / _RECORD).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(folder: Path, record: dict[str, Any]) -> None:
    with suppress(OutputError):  # in a read-only folder the next use hashes again
        write_atomically(folder / _RECORD, json.dumps(record, indent=1))
