"""Writing files so that a reader never sees half of one, and the checksums that prove a file whole.

A file is written under a temporary name in its own folder, synced to the disk, and only then renamed: after a crash
or a full disk there is the old file or the new one, never a part. `tempfile` alone does not sync and does not
rename, and the packages that do bring more than these lines.
"""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from convlens.errors import DataError, OutputError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MOST_DEFLATE_SHRINKS = 1032
"""Times: deflate never does better, so what claims to hold more than that many times its bytes is damaged."""


def write_atomically(path: Path | str, content: bytes | str) -> Path:
    """Write `content` to `path`, whole or not at all; text becomes UTF-8. The folder must be there already.

    Raises:
        OutputError: the path is a folder, may not be written, its folder is missing, or the disk is full. Nothing is
            left behind.

    >>> import tempfile; folder = tempfile.TemporaryDirectory()
    >>> write_atomically(Path(folder.name) / "note.txt", "grüße").read_bytes()
    b'gr\\xc3\\xbc\\xc3\\x9fe'
    >>> folder.cleanup()
    """
    path = Path(path)
    content = content.encode() if isinstance(content, str) else content
    with explain_write_errors(path, len(content)):
        path = Path(os.path.realpath(path)) if path.is_symlink() else path  # the file that a link names, not the link
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if path.exists() and not path.is_file():
            raise OutputError(f"cannot write {path}: it is a device or a pipe, not a file. Give a file name.")
        check_parent_folder(path)
        temporary = path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}.part")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                sync(file)
            move_into_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def check_parent_folder(path: Path | str) -> None:
    """Refuse an output whose folder is not there, so that a mistyped path makes no folders. Whatever writes a file for
    a person comes through here; what computes for long calls it first.

    Raises:
        OutputError: there is no such folder, or it is a file.

    >>> check_parent_folder("no-such-folder/deep/out.svg")
    Traceback (most recent call last):
    convlens.errors.OutputError: cannot write no-such-folder/deep/out.svg: there is no folder no-such-folder/deep. ...
    """
    parent = Path(path).parent
    with explain_write_errors(Path(path)):
        if not stat.S_ISDIR(parent.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "is no folder")


def make_folder(folder: Path | str, and_above: int = 0) -> None:
    """Make a folder for outputs, unless it is there, and so many of the missing folders above it; further up nothing
    is made, by the same rule as for files.

    Raises:
        OutputError: a folder further up is missing, or the folder cannot be made.
    """
    folder = Path(folder)
    if and_above and not folder.parent.exists():
        make_folder(folder.parent, and_above - 1)
    check_parent_folder(folder)
    with explain_write_errors(folder):
        folder.mkdir(exist_ok=True)


def sync(file: IO[bytes]) -> None:
    """Wait until what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def move_into_place(temporary: Path, path: Path) -> None:
    """Rename a finished, synced file to its final name and sync the folder, so that the new name survives a crash."""
    temporary.replace(path)
    if os.name == "posix":
        # The new file is there by now; some file systems cannot sync a folder, and that is no failure to write.
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
    """Turn the operating system's write errors into one line that says what to do."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(_explanation(path, size, error)) from error


@contextmanager
def explain_read_errors(shown: str) -> Iterator[None]:
    """Turn the operating system's read errors into one line that says what to do; messages call the file `shown`."""
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
    """The SHA-256 of the parts put together, as 64 hexadecimal digits.

    >>> sha256_of_bytes(b"ab", b"c")[:16]
    'ba7816bf8f01cfea'
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def sha256_of_file(path: Path | str) -> str:
    """The SHA-256 of a file, which is never read whole."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
