"""Temporary files and folders beside what is being written, and the removal of those that killed processes left.

A temporary file or folder is locked while its process writes, and the operating system releases the lock when that
process ends. So the next write to the same path can tell what was abandoned, and removes it.
"""

import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    CAN_RENAME_OPEN_FILES = False

    def try_to_lock(file: IO[bytes]) -> bool | None:
        """Lock an open file; return False if another process has locked it, and None if there are no locks here."""
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    CAN_RENAME_OPEN_FILES = True

    def try_to_lock(file: IO[bytes] | int) -> bool | None:
        """Lock an open file; return False if another process has locked it, and None if there are no locks here."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # this file system has no locks
            return None
        return True


def new_temporary(path: Path) -> Path:
    """Return a new name beside `path`, and remove what killed processes left there while they wrote to `path`."""
    if CAN_RENAME_OPEN_FILES:  # otherwise a finished temporary file is not locked for a moment
        _remove_abandoned(path)
    return path.with_name(_temporary_name(path.name, secrets.token_hex(4)))


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """Make a folder beside `path`, in which it can be written; the folder is removed at the end."""
    folder = new_temporary(path)
    folder.mkdir()
    try:
        with _locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _temporary_name(name: str, token: str) -> str:
    """Return a temporary name. It ends in a checksum, so that nothing of a user has such a name by chance.

    >>> _temporary_name("model.safetensors", "1f00ab12")
    '.model.safetensors.1f00ab125a927258.part'
    """
    start = f".{name[:58]}.{token}"
    return f"{start}{hashlib.sha256(os.fsencode(start)).hexdigest()[:8]}.part"


def _remove_abandoned(path: Path) -> None:
    with suppress(OSError), os.scandir(path.parent) as entries:
        start = f".{path.name[:58]}."
        for name in [entry.name for entry in entries if entry.name.startswith(start)]:
            if name == _temporary_name(path.name, name[len(start) :][:8]):
                _remove_unless_locked(path.with_name(name))


def _remove_unless_locked(temporary: Path) -> None:
    with suppress(OSError), _locked(temporary) as is_ours:
        if not is_ours:
            return
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[bool | None]:
    """Open and lock a file or folder, and yield what `try_to_lock` returned. Windows cannot open folders."""
    if sys.platform == "win32":
        yield None
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield try_to_lock(descriptor)
    finally:
        os.close(descriptor)
