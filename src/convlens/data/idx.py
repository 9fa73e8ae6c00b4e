"""Reads and writes IDX files, the format of MNIST: a short header, then the numbers, most significant byte first.

    bytes 0–1   zero
    byte  2     the type of the numbers: 8 uint8, 9 int8, 11 int16, 12 int32, 13 float32, 14 float64
    byte  3     the number of dimensions
    then        each dimension as four bytes, then the numbers, with the last dimension varying fastest

The header is checked against the real length of the file before memory is allocated, because files may be truncated or
malicious. NumPy cannot read IDX files, and other packages trust the header.
"""

import gzip
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from convlens.data.archives import most_unpacked
from convlens.errors import DamagedData, DataError
from convlens.files import write_atomically
from convlens.words import count_of, printable, times

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CODES = {np.dtype(text).newbyteorder("="): code for code, text in _TYPES.items()}
_MOST_DIMENSIONS = 32
_CHUNK = 1 << 20


def read_idx(path: Path | str) -> np.ndarray:
    """Read the array in an IDX file, raw or gz (recognised by its content), in native byte order.

    Raises:
        DamagedData: the file has no IDX header, or is shorter or longer than its header says.
        DataError: the path does not exist, is a folder, or cannot be read.

    >>> import tempfile; folder = tempfile.TemporaryDirectory()
    >>> read_idx(write_idx(Path(folder.name) / "labels", np.array([7, 2, 1], np.uint8)))
    array([7, 2, 1], dtype=uint8)
    >>> folder.cleanup()
    """
    with open_idx(path) as (kind, shape, content):
        length = math.prod(shape) * kind.itemsize
        numbers = read_at_most(content, length + 1)
        if len(numbers) != length:
            found = "more follow" if len(numbers) > length else f"{len(numbers):,} follow"
            raise DamagedData(
                f"{path} is damaged: {_claim(kind, shape)}, but {found} the {4 + 4 * len(shape)} bytes of header. "
                "Get it again."
            )
    return np.frombuffer(numbers, kind).reshape(shape).astype(kind.newbyteorder("="), copy=False)


@contextmanager
def open_idx(path: Path | str) -> Iterator[tuple[np.dtype, tuple[int, ...], BinaryIO | gzip.GzipFile]]:
    """Open an IDX file, and return the type and the shape from its header, and the file, positioned at the numbers.

    Raises:
        DamagedData, DataError: as in `read_idx`, also while the file is read.
    """
    path, shown = Path(path), printable(str(path))
    if path.is_dir():
        raise DataError(f"{shown} is a folder, not an IDX file. Give the file inside it.")
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            size = path.stat().st_size
            most = most_unpacked(size) if packed else size
            with gzip.GzipFile(fileobj=file) if packed else file as content:
                kind, shape = _read_header(shown, content)
                if math.prod(shape) * kind.itemsize > most:
                    raise DamagedData(
                        f"{shown} is damaged: {_claim(kind, shape)}, more than the file can hold. Get it again."
                    )
                yield kind, shape, content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedData(f"{shown} is a damaged gz file ({error}). Get it again.") from error
    except MemoryError as error:
        raise DataError(f"{shown} needs more memory than is available. Give a smaller file.") from error
    except FileNotFoundError as error:
        raise DataError(f"{shown} does not exist. Give the path of an IDX file.") from error
    except OSError as error:
        raise DataError(
            f"{shown} cannot be read: {error.strerror or error}. Check the file and its permissions."
        ) from error


def write_idx(path: Path | str, array: np.ndarray) -> Path:
    """Write `array` (uint8, int8, int16, int32, float32 or float64; 1 to 32 dimensions) as a raw IDX file.

    Raises:
        DataError: the type or the number of dimensions is not allowed in IDX files.
        OutputError: the file cannot be written.
    """
    code = _CODES.get(array.dtype.newbyteorder("="))
    if code is None:
        raise DataError(
            f"IDX has no type for {array.dtype}; it has {', '.join(map(str, _CODES))}. Convert the array first."
        )
    if not 1 <= array.ndim <= _MOST_DIMENSIONS or max(array.shape) >= 2**32:
        raise DataError(
            f"IDX cannot hold an array of the shape {array.shape}: it takes 1 to {_MOST_DIMENSIONS} dimensions, each "
            "below 2³². Reshape the array first."
        )
    header = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return write_atomically(path, header + array.astype(_TYPES[code]).tobytes())


def _claim(kind: np.dtype, shape: tuple[int, ...]) -> str:
    length = math.prod(shape) * kind.itemsize
    return f"its header says {times(shape)} numbers of {count_of(kind.itemsize, 'byte')}, {length:,} bytes"


def _read_header(path: str, content: BinaryIO | gzip.GzipFile) -> tuple[np.dtype, tuple[int, ...]]:
    start = content.read(4)
    if len(start) < 4 or start[:2] != b"\0\0":
        raise DamagedData(
            f"{path} is not an IDX file: it starts with {start.hex(' ') or 'nothing'}, an IDX file starts with 00 00, "
            f"a type and a number of dimensions. Give an IDX file, raw or gz."
        )
    if start[2] not in _TYPES:
        allowed = ", ".join(str(code) for code in _TYPES)
        raise DamagedData(
            f"{path} is damaged: type {start[2]} in byte 2 of its header is none of {allowed}. Get it again."
        )
    if not 1 <= start[3] <= _MOST_DIMENSIONS:
        raise DamagedData(
            f"{path} is damaged: {start[3]} dimensions in byte 3 of its header; 1 to {_MOST_DIMENSIONS} are allowed. "
            f"Get it again."
        )
    sizes = content.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise DamagedData(
            f"{path} is damaged: it ends inside its header, after {4 + len(sizes)} of {4 + 4 * start[3]} bytes. "
            f"Get it again."
        )
    return np.dtype(_TYPES[start[2]]), tuple(int(size) for size in np.frombuffer(sizes, ">u4"))


def read_at_most(content: BinaryIO | gzip.GzipFile, most: int) -> bytearray:
    """Read up to `most` bytes in pieces, so that a false length in a header does not allocate that much memory."""
    numbers = bytearray()
    while piece := content.read(min(_CHUNK, most - len(numbers))):
        numbers += piece
    return numbers
