# Paths are strings here: names may be invalid Unicode, and creating a million Path objects is slow.
# ruff: noqa: PTH100, PTH110, PTH111, PTH112, PTH113, PTH116, PTH118, PTH119, PTH120, PTH123, PTH202
"""Recognises the kind of source at a path, and lists its images."""

import os
import posixpath
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from convlens.data.archives import MOST_TABLE_BYTES, check_member, check_members, explain_damage
from convlens.data.custom.array_files import find_idx_pairs, is_idx_name, list_idx, list_npz
from convlens.data.custom.layout import read_layout
from convlens.data.custom.listing import Listing
from convlens.data.custom.table import read_table
from convlens.data.custom.walking import Found, walk_archive, walk_folder
from convlens.errors import DataError
from convlens.files import explain_read_errors
from convlens.words import printable, some_of

_KINDS = "a folder of class folders, a CSV file of paths and labels, an .npz file, IDX files, or a zip of one of these"
_TABLE_ENDINGS = (".csv", ".tsv")

Unpack = Callable[[zipfile.ZipFile, list[str]], str]


def list_images(path: str | Path, unpack: Unpack | None = None) -> Listing:
    """List the images at `path`, without decoding them.

    Args:
        path: a folder, a CSV file, an `.npz` file, an IDX file, or a zip archive of one of these.
        unpack: extracts members of an archive that cannot be read in place (arrays) into a folder, and returns it.

    Raises:
        DataError: nothing usable was found; the message says what was found and what to do.
    """
    return _list(os.path.abspath(os.path.expanduser(os.fspath(path))), printable(os.fspath(path)), unpack)


def _list(given: str, shown: str, unpack: Unpack | None) -> Listing:
    if os.path.isdir(given):
        pairs = _idx_pairs(given)
        return list_idx(given, pairs, shown) if pairs else read_layout(walk_folder(given), given, shown)
    if not os.path.exists(given):
        raise DataError(f"{shown} does not exist. Give {_KINDS}.")
    if not os.path.isfile(given):
        raise DataError(f"{shown} is a device or a pipe. Give {_KINDS}.")
    name = os.path.basename(given)
    if name.lower().endswith(".npz"):
        return list_npz(given, shown)
    if name.lower().endswith(_TABLE_ENDINGS):
        return _list_table(given, shown)
    if is_idx_name(name):
        return _list_idx_file(given, name, shown)
    if _starts_with_zip(given, shown):
        return _list_archive(given, shown, unpack)
    raise DataError(f"{shown} is not a supported source of images. Give {_KINDS}.")


def _starts_with_zip(path: str, shown: str) -> bool:
    with explain_read_errors(shown), open(path, "rb") as file:
        start = file.read(4)
    return start in (b"PK\x03\x04", b"PK\x05\x06") or path.lower().endswith(".zip")


def _idx_pairs(folder: str) -> list[tuple[str, str]]:
    try:
        return find_idx_pairs(folder)
    except OSError:  # walking the folder reports why
        return []


def _list_idx_file(path: str, name: str, shown: str) -> Listing:
    folder = os.path.dirname(path)
    pairs = find_idx_pairs(folder)
    own = [pair for pair in pairs if name in pair]
    if not own:
        raise DataError(
            f"{shown} has no matching file beside it: images and labels come in two files, such as "
            "train-images-idx3-ubyte and train-labels-idx1-ubyte. Put both into one folder."
        )
    parts = ("train", "t10k", "test", "val")
    belonging = [pair for pair in pairs if pair[0].lower().startswith(parts)] if name.lower().startswith(parts) else own
    return list_idx(folder, belonging, shown)


def _list_table(path: str, shown: str) -> Listing:
    with explain_read_errors(shown), open(path, "rb") as file:
        if os.path.getsize(path) > MOST_TABLE_BYTES:
            raise DataError(f"{shown} has more than {MOST_TABLE_BYTES:,} bytes. Give a table of paths and labels.")
        table = read_table(file, shown)
    root = os.path.dirname(path)
    sizes, times, missing = np.zeros(len(table.names), np.int64), np.zeros(len(table.names), np.int64), list[str]()
    for place, name in enumerate(table.names):
        try:
            facts = os.stat(os.path.join(root, name))
            sizes[place], times[place] = facts.st_size, facts.st_mtime_ns
        except (OSError, ValueError):
            missing.append(name)
    if len(missing) == len(table.names):
        raise DataError(
            f"{shown}: none of its {len(missing):,} files exists ({some_of(missing)}). Paths are relative to the "
            f"folder of the CSV file, {printable(root)}: correct them."
        )
    return replace(table, source=path, sizes=sizes, times=times, root=root)


def _list_archive(path: str, shown: str, unpack: Unpack | None) -> Listing:
    damaged = explain_damage(f"{shown} is not a complete zip archive", "Get it or pack it again.")
    with damaged, explain_read_errors(shown), zipfile.ZipFile(path) as archive:
        check_members(archive, shown)
        files = [name for name in archive.namelist() if not name.endswith("/") and not _is_hidden(name)]
        arrays = [name for name in files if name.lower().endswith(".npz")]
        idx = [name for name in files if is_idx_name(posixpath.basename(name))]
        if unpack and (len(arrays) == 1 or len(idx) > 1):
            inside = unpack(archive, arrays if len(arrays) == 1 else idx)
            place = os.path.join(inside, posixpath.basename(arrays[0])) if len(arrays) == 1 else inside
            return _list(place, shown, None)
        tables = [name for name in files if name.lower().endswith(_TABLE_ENDINGS)]
        found = walk_archive(archive)
        if len(tables) == 1:
            table = _own_table(archive, tables[0], f"{shown}/{printable(tables[0])}", found)
            if table is not None:
                return _list_archived_table(archive, path, table, posixpath.dirname(tables[0]))
    return read_layout(found, path, shown, in_archive=True)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _own_table(archive: zipfile.ZipFile, name: str, shown: str, found: Found) -> Listing | None:
    """Read a table in an archive; None if it is an unrelated file, which does not list images of the archive."""
    try:
        table = _read_archived_table(archive, name, shown)
    except DataError:
        if any("/" in place for place in found.names):  # there are class folders
            return None
        raise
    known, folder = set(found.names), posixpath.dirname(name)
    listed = any(posixpath.normpath(posixpath.join(folder, path)) in known for path in table.names[:1000])
    return table if listed else None


def _read_archived_table(archive: zipfile.ZipFile, name: str, shown: str) -> Listing:
    member = archive.getinfo(name)
    check_member(archive, member, shown)
    if member.file_size > MOST_TABLE_BYTES:
        raise DataError(f"{shown} has more than {MOST_TABLE_BYTES:,} bytes. Give a table of paths and labels.")
    with archive.open(member) as file:
        return read_table(file, shown)


def _list_archived_table(archive: zipfile.ZipFile, path: str, table: Listing, folder: str) -> Listing:
    members = {member.filename: member for member in archive.infolist()}
    paths = [posixpath.normpath(posixpath.join(folder, written.replace("\\", "/"))) for written in table.names]
    found = [members.get(whole) for whole in paths]
    sizes = np.array([member.file_size if member else 0 for member in found], np.int64)
    times = np.array([member.CRC if member else 0 for member in found], np.int64)
    return replace(table, source=path, names=paths, sizes=sizes, times=times, archive=path)
