"""Limits for archives, arrays and tables: members, rows, classes, unpacked bytes and compression ratio.

A zip of a megabyte can unpack to gigabytes, and a header of a hundred bytes can claim them. Claims are compared with
these limits before anything is unpacked. Readers then never read more than the claimed size.
"""

import csv
import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convlens.errors import ConvlensError, DamagedData, DataError

MOST_MEMBERS = 1_000_000  # of a zip archive
MOST_ROWS = 2_000_000  # images in arrays, or lines of a table: ImageNet has 1.3 million
MOST_CLASSES = 100_000
MOST_TABLE_BYTES = 256 << 20
MOST_LABEL_BYTES = 256 << 20
_UNPACKED_ANYWAY = 64 << 20
"""This many bytes may be unpacked at any compression ratio: blank images and sorted labels compress well."""
_MOST_COMPRESSION = 250
"""Above that, the most unpacked bytes per packed byte. dSprites, drawings of plain shapes, has 115; deflate has at
most 1,032."""

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError,
)  # fmt: skip
_BAD_CONTENT = (
    ValueError,
    TypeError,
    KeyError,
    SyntaxError,
    OverflowError,
    struct.error,
    tokenize.TokenError,
    csv.Error,
)
ARCHIVE_ERRORS = (*_DAMAGE, *_BAD_CONTENT)
"""The exceptions that zipfile, gzip, NumPy and csv raise for damaged or malicious files."""


@contextmanager
def explain_damage(problem: str, advice: str) -> Iterator[None]:
    """Turn the exceptions of libraries that read archives into one line that starts with `problem`: "a.npz is damaged".

    Raises:
        DamagedData: the file is damaged.
        DataError: there is too little memory for it.
    """
    try:
        yield
    except ConvlensError:
        raise
    except MemoryError as error:
        raise DataError(f"{problem}: it needs more memory than is available. Give a smaller file.") from error
    except ARCHIVE_ERRORS as error:
        words = " ".join(str(error).split()).rstrip(".")[:120] or type(error).__name__
        shown = "".join(letter if letter.isprintable() else "?" for letter in words)
        raise DamagedData(f"{problem} ({shown}). {advice}") from error


def most_unpacked(packed: int) -> int:
    """Return the most bytes that this number of packed bytes may unpack to.

    >>> most_unpacked(29), most_unpacked(10_000_000)
    (67108864, 2500000000)
    """
    return max(_UNPACKED_ANYWAY, _MOST_COMPRESSION * packed)


def check_unpacked(name: str, unpacked: int, packed: int) -> None:
    """Refuse to unpack data with a higher compression ratio than images or labels can have.

    >>> check_unpacked("a.npy", 50 << 20, 1)
    >>> check_unpacked("a.npy", 4_600_000_000, 1_700_000)
    Traceback (most recent call last):
    convlens.errors.DamagedData: a.npy unpacks from 1,700,000 to 4,600,000,000 bytes; 425,000,000 are allowed. Pack ...
    """
    allowed = most_unpacked(packed)
    if unpacked > allowed:
        raise DamagedData(
            f"{name} unpacks from {packed:,} to {unpacked:,} bytes; {allowed:,} are allowed. Pack it again, or give it "
            "unpacked."
        )


def check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """Refuse a zip member with too high a compression ratio, or that claims more bytes than the archive has."""
    whole = Path(archive.filename).stat().st_size if archive.filename else member.compress_size
    check_unpacked(name, member.file_size, min(member.compress_size, whole))


def read_member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Check a member of a zip archive, and read at most `most` bytes of it.

    Raises:
        DamagedData: its compression ratio is too high.
    """
    member = archive.getinfo(name)
    check_member(archive, member, "it")
    with archive.open(member) as file:
        return file.read(most)


def check_members(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an archive with too many members."""
    count = len(archive.infolist())
    if count > MOST_MEMBERS:
        raise DataError(f"{name} has {count:,} members; {MOST_MEMBERS:,} are allowed. Unpack it, and give the folder.")


def check_rows(name: str, rows: int) -> None:
    """Refuse arrays or tables with too many images."""
    if rows > MOST_ROWS:
        raise DataError(f"{name} has {rows:,} rows; {MOST_ROWS:,} are allowed. Give a part of them.")


def check_classes(name: str, classes: int) -> None:
    """Refuse labels with too many classes."""
    if classes > MOST_CLASSES:
        raise DataError(f"{name} has {classes:,} classes; {MOST_CLASSES:,} are allowed. Check the labels.")
