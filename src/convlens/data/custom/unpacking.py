"""Extracts arrays from a zip archive to disk, because they cannot be mapped or read in pieces inside an archive."""

import os
import posixpath
import shutil
import zipfile
from pathlib import Path

from convlens.data.archives import check_member
from convlens.files import explain_write_errors, move_into_place
from convlens.words import printable

_CHUNK = 1 << 20


def unpack_into(folder: Path, archive: zipfile.ZipFile, members: list[str]) -> str:
    """Extract members of an archive into a folder, without their folders, and return the folder.

    Folders that were extracted before, with the same size and checksum in their name, are reused.

    Raises:
        DamagedData: a member is damaged, or was compressed too far.
        OutputError: the disk is full.
    """
    infos = [archive.getinfo(name) for name in members]
    stamp = "-".join(f"{info.CRC:08x}{info.file_size:x}" for info in infos)[:100]
    final = folder / stamp
    for info in infos:
        check_member(archive, info, printable(info.filename))
    if final.is_dir():
        return str(final)
    part = folder / f".part-{os.getpid()}"
    with explain_write_errors(final):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    try:
        for info in infos:
            _unpack(archive, info, part / posixpath.basename(info.filename))
        with explain_write_errors(final):
            if not final.is_dir():  # another process may have been faster
                move_into_place(part, final)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for other in folder.iterdir():
        if other.name != stamp:
            shutil.rmtree(other, ignore_errors=True)
    return str(final)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    with explain_write_errors(path, info.file_size), path.open("wb") as file, archive.open(info) as member:
        shutil.copyfileobj(member, file, _CHUNK)
