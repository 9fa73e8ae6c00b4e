# Paths are strings here: names may be invalid Unicode, and creating a million Path objects is slow.
# ruff: noqa: PTH116, PTH118, PTH120
"""Lists the image files below a folder or in a zip archive, with names, sizes and times, and notes what was left out.

It uses `os.scandir` and strings, because creating a hundred thousand `Path` objects would take longer than the rest.
"""

import os
import zipfile
from collections import Counter
from dataclasses import dataclass, field

from convlens.files import explain_read_errors
from convlens.words import natural_key, printable, some_of

# Endings that count as images: formats that can be read, and others, which get an error message.
_READ_ENDINGS = """
    .png .apng .jpg .jpeg .jpe .jfif .mpo .webp .gif .bmp .dib .tif .tiff .ppm .pgm .pbm .pnm .pfm .avif .avifs .jp2
    .j2k .jpc .jpx .jpf .j2c .ico .qoi .pcx .sgi .rgb .rgba .bw
"""
_UNREAD = """.heic .heif .svg .psd .eps .tga .xcf .jxl .dds .cur .icns .xbm .xpm .hdr .exr"""
UNREAD_ENDINGS = frozenset(_UNREAD.split())
IMAGE_ENDINGS = UNREAD_ENDINGS | frozenset(_READ_ENDINGS.split())
_DEEPEST = 64  # folders within folders


@dataclass
class Found:
    """Image files, by their path from the root with "/" between folders.

    `times` are in nanoseconds, or checksums for members of an archive: values that change when a file changes.
    `folders` are all folders that were entered.
    """

    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    alike: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    loops: int = 0

    def add(self, name: str, size: int, time: int) -> None:
        """Add a file if it has the ending of an image."""
        dot = name.rfind(".")
        ending = name[dot:].lower() if dot > name.rfind("/") else ""
        if ending in IMAGE_ENDINGS:
            self.names.append(name)
            self.sizes.append(size)
            self.times.append(time)
        else:
            self.others[ending if ending.isprintable() else "?"] += 1

    def notes(self) -> list[str]:
        """Return notes on what was left out, one line per reason."""
        notes = []
        if self.others:
            kinds = ", ".join(f"{ending or 'no ending'}: {count:,}" for ending, count in self.others.most_common(4))
            total = sum(self.others.values())
            notes.append(f"{total:,} other file{'s' * (total > 1)} left out, not images by their ending ({kinds})")
        if self.closed:
            notes.append(f"folders that cannot be read, left out: {some_of(self.closed)}; check their permissions")
        if self.loops:
            notes.append(f"{self.loops:,} links to folders that were already listed were not followed")
        if self.alike:
            notes.append(
                f"{len(self.alike):,} names differ from another only in capitalisation and count as different files or "
                f"classes ({some_of(self.alike)}); on Windows and macOS one would replace the other: rename them"
            )
        if self.refused:
            notes.append(f"unsafe names in the archive, left out: {some_of(self.refused)}")
        return notes


def walk_folder(root: str) -> Found:
    """List all image files below `root`, folder by folder in natural order; hidden files are left out.

    Links to folders are followed, except to folders that were already listed on that path.

    Raises:
        DataError: the root cannot be read.
    """
    found = Found()
    with explain_read_errors(printable(root)), os.scandir(root):
        start = os.stat(root)
    seen_by_link = {(start.st_dev, start.st_ino)}
    waiting = [("", 0)]
    while waiting:
        folder, depth = waiting.pop()
        below = _enter(found, root, folder, seen_by_link)
        if depth < _DEEPEST:
            waiting += [(name, depth + 1) for name in reversed(below)]
        elif below:
            found.closed += below
    return found


def _enter(found: Found, root: str, folder: str, seen_by_link: set[tuple[int, int]]) -> list[str]:
    """Add the files of one folder, and return its subfolders."""
    try:
        with os.scandir(os.path.join(root, folder) if folder else root) as entries:
            content = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
    except OSError:
        found.closed.append(folder)
        return []
    if folder:
        found.folders.append(folder)
    prefix, below = f"{folder}/" if folder else "", []
    for entry in content:
        if _is_folder(entry):
            if _may_follow(entry, seen_by_link):
                below.append(entry.name)
            else:
                found.loops += 1
            continue
        size, time = _size_and_time(entry)
        if size >= 0:
            found.add(prefix + entry.name, size, time)
    _note_names_alike(found, prefix, [entry.name for entry in content])
    return [prefix + name for name in sorted(below, key=natural_key)]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link whose target cannot be examined
        return False


def _may_follow(entry: "os.DirEntry[str]", seen_by_link: set[tuple[int, int]]) -> bool:
    if not entry.is_symlink():
        return True
    facts = entry.stat()
    place = (facts.st_dev, facts.st_ino)
    own_folder, target = os.path.realpath(os.path.dirname(entry.path)), os.path.realpath(entry.path)
    if place in seen_by_link or f"{own_folder}{os.sep}".startswith(f"{target}{os.sep}"):
        return False
    seen_by_link.add(place)
    return True


def _size_and_time(entry: "os.DirEntry[str]") -> tuple[int, int]:
    """Return size and time. Size −1 means a device, a pipe or a socket; a broken link counts as a file of 0 bytes."""
    try:
        if not entry.is_file() and not entry.is_symlink():
            return -1, 0
        facts = entry.stat()
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


def _note_names_alike(found: Found, prefix: str, names: list[str]) -> None:
    lower = [name.lower() for name in names]
    if len(set(lower)) < len(lower):
        counts = Counter(lower)
        found.alike += [prefix + name for name, low in zip(names, lower, strict=True) if counts[low] > 1]


def walk_archive(archive: zipfile.ZipFile) -> Found:
    """List the image files in a zip archive; members with unsafe names are left out."""
    found = Found()
    folders: dict[str, None] = {}
    for member in archive.infolist():
        name = member.filename
        parts = name.rstrip("/").split("/")
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0] or "" in parts:
            found.refused.append(name)
        elif not any(part.startswith(".") or part == "__MACOSX" for part in parts):
            if member.is_dir():
                folders[name.rstrip("/")] = None
            else:
                folders.update({"/".join(parts[:end]): None for end in range(1, len(parts))})
                found.add(name, member.file_size, member.CRC)
    found.folders = list(folders)
    order = sorted(range(len(found.names)), key=found.names.__getitem__)
    for name in ("names", "sizes", "times"):
        values = getattr(found, name)
        setattr(found, name, [values[place] for place in order])
    _note_names_alike(found, "", found.names + found.folders)
    return found
