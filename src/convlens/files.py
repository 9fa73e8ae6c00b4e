"""Write files atomically, and compute checksums.

A file is written under a temporary name in its folder, synced to the disk, and then renamed. So after a crash or a full
disk, there is either the old file or the new one, never a part. `tempfile` neither syncs nor renames.

The next write to a path removes what a killed process left; see `temporary.py`.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from convlens.errors import DataError, OutputError
from convlens.temporary import CAN_RENAME_OPEN_FILES, new_temporary, try_to_lock

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_atomically(path: Path | str, content: bytes | str) -> Path:
    """Write `content` to `path`, completely or not at all; text becomes UTF-8. The folder must exist.

    Raises:
        OutputError: the path is a folder, its folder is missing, there is no permission, or the disk is full. No
            temporary file remains.

    >>> import tempfile; folder = tempfile.TemporaryDirectory()
    >>> write_atomically(Path(folder.name) / "note.txt", "grüße").read_bytes()
    b'gr\\xc3\\xbc\\xc3\\x9fe'
    >>> folder.cleanup()
    """
    path = Path(path)
    content = content.encode() if isinstance(content, str) else content
    with explain_write_errors(path, len(content)):
        path = Path(os.path.realpath(path)) if path.is_symlink() else path  # replace the target of a link, not the link
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if path.exists() and not path.is_file():
            raise OutputError(f"cannot write {path}: it is a device or a pipe, not a file. Give a file name.")
        check_parent_folder(path)
        temporary = new_temporary(path)
        try:
            with temporary.open("wb") as file:
                if try_to_lock(file) is False or os.fstat(file.fileno()).st_nlink == 0:
                    return write_atomically(path, content)  # another process took it for abandoned just before the lock
                file.write(content)
                sync(file)
                if not CAN_RENAME_OPEN_FILES:
                    file.close()
                move_into_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def expand_user(path: Path | str) -> Path:
    """Replace `~` at the start of a path by the user's folder. A user that does not exist stays as it is.

    `Path.expanduser` raises RuntimeError for such a user, instead of "does not exist".

    >>> expand_user("~nosuchuser/images").as_posix()
    '~nosuchuser/images'
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111


def check_parent_folder(path: Path | str) -> None:
    """Check that the folder of an output file exists, so that a mistyped path does not create folders.

    Every function that writes a file calls it. Call it before a long computation, too.

    Raises:
        OutputError: the folder does not exist, or is a file.

    >>> check_parent_folder("no-such-folder/deep/out.svg")
    Traceback (most recent call last):
    convlens.errors.OutputError: cannot write no-such-folder/deep/out.svg: there is no folder no-such-folder/deep. ...
    """
    parent = Path(path).parent
    with explain_write_errors(Path(path)):
        if not stat.S_ISDIR(parent.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "is not a folder")


def make_folder(folder: Path | str, and_above: int = 0) -> None:
    """Create a folder for outputs, if it is missing, and up to `and_above` missing folders above it.

    Raises:
        OutputError: a folder further up is missing, or the folder cannot be created.
    """
    folder = Path(folder)
    if and_above and not folder.parent.exists():
        make_folder(folder.parent, and_above - 1)
    check_parent_folder(folder)
    with explain_write_errors(folder):
        folder.mkdir(exist_ok=True)


def sync(file: IO[bytes]) -> None:
    """Flush a file and wait until its content is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def move_into_place(temporary: Path, path: Path) -> None:
    """Rename a finished, synced file to its final name and sync the folder, so that the new name survives a crash."""
    temporary.replace(path)
    if os.name == "posix":
        # The new file exists by now. Some file systems cannot sync a folder, which is not an error.
        with suppress(OSError):
            _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explain_write_errors(path: Path, size: int = 0) -> Iterator[None]:
    """Convert the operating system's write errors to an OutputError that says what to do."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(_explanation(path, size, error)) from error


@contextmanager
def explain_read_errors(shown: str) -> Iterator[None]:
    """Convert the operating system's read errors to a DataError that says what to do; it calls the file `shown`."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{shown} cannot be read: {reason}. Check the path and its permissions.") from error


def _explanation(path: Path, size: int, error: OSError) -> str:
    if error.errno in _FULL:
        needed = f" ({size:,} bytes needed)" if size else ""
        return f"cannot write {path}: the disk is full{needed}. Free some space or choose another folder."
    if error.errno == errno.EISDIR:
        return f"cannot write {path}: a folder has that name. Give a file name."
    if isinstance(error, FileNotFoundError):
        return f"cannot write {path}: there is no folder {path.parent}. Make it first, or choose another folder."
    if isinstance(error, NotADirectoryError | FileExistsError):
        return f"cannot write {path}: a part of that path is a file, not a folder. Choose another folder."
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return f"cannot write {path}: no permission to write there. Choose another folder."
    return f"cannot write {path}: {error.strerror or error}. Choose another folder."


def sha256_of_bytes(*parts: bytes | memoryview) -> str:
    """Return the SHA-256 of the concatenated parts as 64 hexadecimal digits.

    >>> sha256_of_bytes(b"ab", b"c")[:16]
    'ba7816bf8f01cfea'
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def sha256_of_file(path: Path | str) -> str:
    """Return the SHA-256 of a file; the file is read in blocks."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
