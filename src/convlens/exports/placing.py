"""Puts what was written under a temporary name in its place: all of an export, or nothing."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from convlens.errors import OutputError
from convlens.files import move_into_place


def refuse_existing(path: Path, kind: str, is_folder: bool, overwrite: bool) -> None:
    """Refuse a path that exists, unless it may be replaced; `kind` is the format's name in messages.

    Raises:
        OutputError: it exists, or cannot be replaced.
    """
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise OutputError(
            f"{path} exists already. Give another name, or overwrite= to replace it.", mentions=["overwrite"]
        )
    if path.is_dir() != is_folder or not (path.is_dir() or path.is_file()):
        wanted = "a folder" if is_folder else "a file"
        raise OutputError(f"{path} exists and is not {wanted}, which {kind!r} writes. Give another name.")


def put_in_place(moves: Sequence[tuple[Path, Path]], folder: Path) -> None:
    """Move finished files and folders to their names, in this order; on an error, everything is as before.

    A file replaces another in one step. A folder cannot replace another so, and two files cannot be replaced at once:
    then what exists is moved away first, into `folder`, so that a new file is never beside an old one.
    """
    if len(moves) == 1 and not moves[0][1].is_dir():
        move_into_place(*moves[0])
        return
    old: list[tuple[Path, Path]] = []
    new: list[Path] = []
    try:
        for written, path in moves:
            if os.path.lexists(path):
                kept = folder / f"{written.name}.old"
                path.rename(kept)
                old.append((kept, path))
        for written, path in moves:
            new.append(path)
            move_into_place(written, path)
    except BaseException:
        for path in new:
            if os.path.lexists(path):
                remove(path)
        for kept, path in old:
            kept.rename(path)
        raise


def sync_all(path: Path) -> int:
    """Wait until a file, or every file in a folder, is on the disk. Returns the bytes."""
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return sum(map(_sync, files))


def _sync(path: Path) -> int:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.stat().st_size


def remove(path: Path) -> None:
    """Remove a file or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
