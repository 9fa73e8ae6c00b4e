"""Decodes image files; no other module does.

For broken files, Pillow raises many kinds of exceptions and prints warnings; here, all of them become an `ImageError`
of one line. Pillow may only use its raster formats, because its EPS reader starts Ghostscript. The size is checked
before decoding, because Pillow's own limit (179 million pixels) allows images that take up to a gigabyte of memory.
If the header does not show that a file is cheap to decode, another process decodes it (`separate`), within `limits`.
"""

import io
import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias, TypeGuard

import numpy as np

from convlens.errors import ImageError
from convlens.pixels.arrays import image_from_array
from convlens.pixels.cost import (
    MOST_BYTES_HERE,
    MOST_SCANS,
    START_BYTES,
    count_scans,
    has_known_cost,
    may_decode_here,
    may_open_here,
    memory_needed,
    memory_of,
    webp_size,
)
from convlens.pixels.limits import MAX_FILE_BYTES, MAX_PIXELS, budget_for, is_enforced_here
from convlens.pixels.separate import decode_separately
from convlens.words import printable

if TYPE_CHECKING:
    from PIL.Image import Image

ImageSource: TypeAlias = "str | Path | bytes | Image | np.ndarray"

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO", "DIB", "QOI", "PCX", "SGI")

_READABLE = "PNG, JPEG, WebP, GIF, BMP and TIFF files can be read"
_OTHER_FILES = {
    b"%PDF": "a PDF document",
    b"%!PS": "a PostScript document",
    b"\xc5\xd0\xd3\xc6": "a PostScript document",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"<svg": "an SVG drawing",
    b"<?xml": "an XML or SVG file",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1")
# With other compressions, libtiff itself prints to the terminal.
_TIFF_COMPRESSIONS = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "tiff_jpeg")
_TIFF_FAX_COMPRESSIONS = ("group3", "group4", "tiff_ccitt", "tiff_raw_16")
_CUT_SHORT = ("runcated", "not enough", "unexpected end", "buffer is not large enough")  # in messages of Pillow
_ORIENTATION = 0x0112
_LARGE = 4_000_000  # pixels
_SILENT = logging.NullHandler()


def read_image(source: ImageSource, name: str = "") -> "Image":
    """Decode the first frame of an image, and turn it upright according to its EXIF data.

    `source` is a path, the bytes of a file, a Pillow image or an array (see `image_from_array`); `name` is its name in
    messages. `image.info["notes"]` describes what was done; of the other metadata, only transparency is kept.
    `convlens.pixels.limits` defines the limits for files.

    Raises:
        ImageError: the file is missing, damaged or not an image, the image has more than 64 million pixels, or
            decoding takes too much time or memory.

    >>> read_image(np.zeros((20, 30), np.uint8)).size
    (30, 20)
    >>> read_image("no-such-file.png")
    Traceback (most recent call last):
    convlens.errors.ImageError: no-such-file.png does not exist: check the path.
    """
    from PIL import Image

    name = name or _name(source)
    if isinstance(source, np.ndarray):
        if source.ndim in (2, 3) and source.size > 4 * MAX_PIXELS:
            raise ImageError(
                f"{name} has {source.size:,} values; at most {MAX_PIXELS:,} pixels are allowed: make it smaller.",
                "too_large",
            )
        return image_from_array(source, name)
    with quiet():
        try:
            if isinstance(source, Image.Image):
                return _decode(source, name)
            return _read_file(source, name)
        except MemoryError:
            raise ImageError(f"{name} needs more memory than is available: make it smaller.", "too_large") from None


def is_read(source: object) -> TypeGuard["Image"]:
    """Return whether this is a Pillow image from a file that `read_image` read: upright, with its notes in `info`.

    >>> from PIL import Image
    >>> image = Image.new("L", (2, 2))
    >>> is_read(read_image(image)), is_read(image), is_read("a.png")
    (True, False, False)
    """
    from PIL import Image

    return isinstance(source, Image.Image) and isinstance(source.info.get("notes"), tuple)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings of Pillow and NumPy off the terminal."""
    logging.getLogger("PIL").addHandler(_SILENT)  # otherwise, without a logging setup, its warnings reach the terminal
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _read_file(source: str | Path | bytes, name: str) -> "Image":
    """Decode a file, in this process if its header shows that decoding is cheap."""
    file, size = _open_file(source, name)
    with file:
        start = file.read(START_BYTES)
        check_start(start, size, name)
        content = source if isinstance(source, bytes) else b""
        is_known = has_known_cost(start) and size <= MOST_BYTES_HERE
        if is_known and not content:
            content = start + file.read(size)
        if content and count_scans(content) > MOST_SCANS:
            raise ImageError(f"{name} has more than the {MOST_SCANS} scans allowed: save it again as PNG.", "too_slow")
        separately = not is_enforced_here()
        may_open = (is_known and may_open_here(content)) or not _is_readable(start)
        image = decode_separately(source, size, name) if separately and not may_open else None
        if image is not None:
            return image
        file.seek(0)
        with _opened(io.BytesIO(content) if content else file, size, name) as opened:
            if separately and may_open and not may_decode_here(opened, content):
                image = decode_separately(source, size, name)
            return _decode(opened, name) if image is None else image


def read_here(source: str | Path | bytes, name: str) -> "Image":
    """Decode a file in this process, without a limit of time: what files that `convlens.exports` writes do."""
    file, size = _open_file(source, name)
    with file:
        check_start(file.read(START_BYTES), size, name)
        file.seek(0)
        with _opened(file, size, name) as opened:
            return _decode(opened, name)


def check_start(start: bytes, size: int, name: str) -> None:
    """Refuse a file that takes too much memory as soon as Pillow opens it; `start` contains its first bytes.

    Raises:
        ImageError: the header claims too many pixels.
    """
    claimed = webp_size(start)
    if claimed is not None:
        _check_size(claimed, name)
        _check_memory(memory_needed("WEBP", claimed[0] * claimed[1]), claimed, size, name)


def _opened(file: IO[bytes], size: int, name: str) -> "Image":
    """Let Pillow read the header, and check the size."""
    from PIL import Image

    try:
        image = Image.open(file, formats=FORMATS)
    except MemoryError:
        raise
    except Exception as error:
        raise _explain_unopened(name, file, error) from error
    try:
        _check_size(image.size, name)
        _check_memory(memory_of(image), image.size, size, name)
    except ImageError:
        image.close()
        raise
    return image


def _is_readable(start: bytes) -> bool:
    """Return whether these bytes can be the start of a file in one of FORMATS."""
    from PIL import Image

    if has_known_cost(start):
        return True
    Image.init()
    for kind in FORMATS:
        accept = Image.OPEN[kind][1] if kind in Image.OPEN else None
        with suppress(SyntaxError, IndexError, TypeError, struct.error):  # as Pillow does
            if accept is not None and accept(start) is True:
                return True
    return False


def _name(source: ImageSource) -> str:
    """Return the name of the source for messages, in one printable line."""
    if isinstance(source, str | Path):
        return printable(str(source)) or "''"
    if isinstance(source, bytes):
        return f"the image of {len(source):,} bytes"
    return "the image array" if isinstance(source, np.ndarray) else "the image"


def _open_file(source: str | Path | bytes, name: str) -> tuple[IO[bytes], int]:
    """Open the bytes of a source, after all checks that need no decoding; also return their number."""
    if not isinstance(source, str | Path | bytes):
        raise ImageError(f"an image cannot be read from a {type(source).__name__}: give a path, bytes or an array.")
    try:
        if isinstance(source, bytes):
            size, file = len(source), io.BytesIO(source)
        else:
            path = Path(source)
            if path.is_dir():
                raise ImageError(f"{name} is a folder: give an image file in it.")
            size = path.stat().st_size
            if not path.is_file():
                raise ImageError(f"{name} is a device or a pipe: give an image file.")
            file = path.open("rb")
    except FileNotFoundError:
        raise ImageError(f"{name} does not exist: check the path.") from None
    except PermissionError:
        raise ImageError(f"{name} cannot be read: check its permissions.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{name} cannot be opened ({_one_line(error)}): check the path.") from error
    if 0 < size <= MAX_FILE_BYTES:
        return file, size
    file.close()
    if size == 0:
        raise ImageError(f"{name} is empty (0 bytes): save the image again.", "empty")
    raise ImageError(
        f"{name} has {size:,} bytes, more than the {MAX_FILE_BYTES:,} allowed: save it smaller.", "too_large"
    )


def _explain_unopened(name: str, file: IO[bytes], error: Exception) -> ImageError:
    from PIL import UnidentifiedImageError

    file.seek(0)
    start = file.read(64)
    for signature, kind in _OTHER_FILES.items():
        if start.lstrip().startswith(signature):
            return ImageError(f"{name} is {kind}, not an image: {_READABLE}; save it as PNG.", "unsupported")
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS:
        return ImageError(f"{name} is a HEIC photo, as phones save them: {_READABLE}; save it as JPEG.", "unsupported")
    if isinstance(error, UnidentifiedImageError):
        words = f"{name} is not an image: {_READABLE}; open it in another program and save it as PNG."
        return ImageError(words, "not_an_image")
    return _explain_damaged(name, error)


def _explain_damaged(name: str, error: Exception) -> ImageError:
    from PIL.Image import DecompressionBombError

    if isinstance(error, DecompressionBombError):
        words = f"{name} has, by its header, far more than the {MAX_PIXELS:,} pixels allowed: make it smaller."
        return ImageError(words, "too_large")
    words = f"{name} is damaged or cannot be decoded ({_one_line(error)}): save the image again, as PNG."
    cut_short = any(phrase in str(error) for phrase in _CUT_SHORT)
    return ImageError(words, "truncated" if cut_short else "damaged")


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:120]


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{name} is {width}×{height}: it has no pixels; save the image again.")
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} is {width:,}×{height:,}, which is {width * height:,} pixels; {MAX_PIXELS:,} are allowed: "
            "make it smaller.",
            "too_large",
        )


def _check_memory(needed: int, size: tuple[int, int], file_bytes: int, name: str) -> None:
    allowed = budget_for(file_bytes).memory
    if needed > allowed:
        raise ImageError(
            f"{name} is {size[0]:,}×{size[1]:,} and would take {needed / 1e6:,.0f} MB to decode; a file of "
            f"{file_bytes:,} bytes may take {allowed / 1e6:,.0f} MB: make it smaller.",
            "too_large",
        )


def _decode(image: "Image", name: str) -> "Image":
    """Load the pixels, turn them upright, and drop the metadata."""
    _check_size(image.size, name)
    compression = image.info.get("compression", "raw")
    if image.format == "TIFF" and compression not in _TIFF_COMPRESSIONS + _TIFF_FAX_COMPRESSIONS:
        raise ImageError(f"{name} is a TIFF file compressed with {compression!s:.20}: save it as PNG.", "unsupported")
    try:
        image.load()
        _check_size(image.size, name)
        decoded = image if is_enforced_here() and _is_large_still(image) else image.copy()
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error, ...
        raise _explain_damaged(name, error) from error
    notes = list(image.info.get("notes", ()))
    kept = {key: image.info[key] for key in ("transparency",) if key in image.info}
    decoded, turned = _turn_upright(image, decoded)
    notes += turned
    if _has_more_frames(image):
        notes.append("the first of several frames")
    decoded.info = {"notes": tuple(notes), **kept}
    return decoded


def _is_large_still(image: "Image") -> bool:
    """Return whether the image is large, and the only frame of its file, so that no copy is needed."""
    return image.width * image.height > _LARGE and not getattr(image, "is_animated", False)


def _turn_upright(image: "Image", decoded: "Image") -> tuple["Image", list[str]]:
    """Apply the EXIF orientation. Broken EXIF data is ignored, as image viewers do."""
    from PIL.Image import Transpose

    turns = {
        2: (Transpose.FLIP_LEFT_RIGHT, "mirrored"),
        3: (Transpose.ROTATE_180, "turned by 180°"),
        4: (Transpose.FLIP_TOP_BOTTOM, "mirrored upside down"),
        5: (Transpose.TRANSPOSE, "mirrored and turned by 90°"),
        6: (Transpose.ROTATE_270, "turned by 90° clockwise"),
        7: (Transpose.TRANSVERSE, "mirrored and turned by 90°"),
        8: (Transpose.ROTATE_90, "turned by 90° anticlockwise"),
    }
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except Exception:  # the parsers of EXIF and XMP raise many kinds of exceptions
        return decoded, []
    if orientation not in turns:
        return decoded, []
    method, note = turns[orientation]
    return decoded.transpose(method), [f"{note}, as its EXIF data says"]


def _has_more_frames(image: "Image") -> bool:
    try:
        return bool(getattr(image, "is_animated", False)) and image.format != "MPO"
    except Exception:  # a broken second frame does not matter for the first
        return False
