"""Estimates from the header of an image file how costly it is to decode, and so whether a child process must do it.

Starting a child process (`separate`) takes a tenth of a second or more, so this process decodes ordinary files: PNG,
JPEG, WebP, GIF, BMP and PPM, whose decoders take time in proportion to pixels and bytes. The times below are at least
twice those measured on the slowest file of each kind. The child decodes all other formats.
"""

import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES_HERE = 16 << 20
START_BYTES = 64
"""The number of bytes that identify the format."""
MOST_SCANS = 100
"""The most scans in a JPEG file: encoders write about ten, and each one covers the whole image."""

_MOST_SECONDS_HERE = 1.0
_MOST_STEPS = 20_000  # of Pillow's Python loops over the segments of a file, 5 µs each
_SMALL_FILE = 1 << 20  # bytes: Pillow's Python loops take less than half a second, whatever the content
_NANOSECONDS = {"jpeg": 40, "zip": 60, "raw": 20, "gif": 40, "": 80}
"""Per pixel, by Pillow's name of the decoder; "" is WebP. Other decoders are not known to be fast."""
_NANOSECONDS_OF_A_SCAN = 8
_FEW_SCANS = 12
_FEW_PROFILES = 8
_BYTES_A_PIXEL = {"WEBP": 12, "AVIF": 8, "JPEG2000": 15}
"""Memory of a decoder including the image; the others only need the 4 bytes per pixel of the image."""

_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"P5", b"P6")
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_ARITHMETIC_CODING = (b"\xff\xc9", b"\xff\xca")
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def has_known_cost(start: bytes) -> bool:
    """Return whether the format of a file that starts like this has a decoder of known cost."""
    return start.startswith(_STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def may_open_here(content: bytes) -> bool:
    """Return whether Pillow may read the header of a file of known cost in this process."""
    if content.count(b"iCCP") > _FEW_PROFILES:  # each may unpack to a megabyte
        return False
    if len(content) <= _SMALL_FILE:
        return True
    if content.startswith(b"\xff\xd8"):
        return _segments_are_few(content)
    if content.startswith(b"\x89PNG"):
        return _chunks_are_few(content)
    return content.startswith((b"RIFF", b"BM"))


def may_decode_here(image: "Image", content: bytes) -> bool:
    """Return whether this process may decode the pixels of a file that Pillow opened."""
    decoder = image.tile[0][0] if getattr(image, "tile", None) else ""  # pyright: ignore[reportAttributeAccessIssue]
    each = _NANOSECONDS.get(decoder)
    if each is None:
        return False
    if decoder == "jpeg":
        scans = content.count(b"\xff\xda")  # may count more: thumbnails and data after the image
        if scans > _FEW_SCANS or any(marker in content for marker in _ARITHMETIC_CODING):
            return False
        each += scans * _NANOSECONDS_OF_A_SCAN
    return image.width * image.height * each < _MOST_SECONDS_HERE * 10**9


def memory_needed(kind: str, pixels: int) -> int:
    """Return how many bytes of memory decoding this many pixels takes; `kind` is Pillow's name of the format.

    >>> memory_needed("PNG", 64_000_000), memory_needed("WEBP", 64_000_000)
    (256000000, 768000000)
    """
    return pixels * _BYTES_A_PIXEL.get(kind, 4)


def memory_of(image: "Image") -> int:
    """Return how many bytes of memory a file that Pillow opened takes to decode.

    A progressive JPEG keeps all coefficients in memory until its last scan, at 2 bytes each.
    """
    pixels = image.width * image.height
    sampling = [across * down for _, across, down, _ in getattr(image, "layer", ())]
    coefficients = 2 * pixels * sum(sampling) // max(sampling) if sampling and "progressive" in image.info else 0
    return memory_needed(image.format or "", pixels) + coefficients


def webp_size(start: bytes) -> tuple[int, int] | None:
    """Return the width and height in the header of an extended WebP file; opening it takes 8 bytes per pixel.

    >>> webp_size(b"RIFF\\x16\\0\\0\\0WEBPVP8X\\x0a\\0\\0\\0\\0\\0\\0\\0\\xff\\x3f\\0\\xff\\x3f\\0")
    (16384, 16384)
    """
    if start[:4] != b"RIFF" or start[8:16] != b"WEBPVP8X" or len(start) < 30:
        return None
    return int.from_bytes(start[24:27], "little") + 1, int.from_bytes(start[27:30], "little") + 1


def count_scans(content: bytes) -> int:
    """Count the scans of a JPEG file, up to `MOST_SCANS` + 1; return 0 for other files, and if there are few.

    >>> count_scans(b"GIF89a")
    0
    """
    if not content.startswith(b"\xff\xd8") or content.count(b"\xff\xda") <= MOST_SCANS:
        return 0
    scans, place = 0, 2
    while scans <= MOST_SCANS and (found := _MARKER.search(content, place)):
        marker, place = found[1][0], found.end()
        if marker == _END_OF_IMAGE:
            break
        scans += marker == _START_OF_SCAN
        if marker not in _WITHOUT_LENGTH:
            place += int.from_bytes(content[place : place + 2], "big")
    return scans


def _segments_are_few(content: bytes) -> bool:
    """Return whether Pillow reads everything before the first scan of a JPEG file in few steps."""
    place, steps = 2, 0
    while steps < _MOST_STEPS and place + 4 <= len(content):
        steps += 1
        if content[place] != 0xFF or content[place + 1] == 0xFF:
            place += 1
        elif content[place + 1] == _START_OF_SCAN:
            return True
        elif content[place + 1] == 0 or content[place + 1] in _WITHOUT_LENGTH:
            place += 2
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return steps < _MOST_STEPS


def _chunks_are_few(content: bytes) -> bool:
    """Return whether a PNG file has few chunks."""
    place, steps = 8, 0
    while steps < _MOST_STEPS and place + 8 <= len(content):
        steps += 1
        place += 12 + struct.unpack_from(">I", content, place)[0]
    return steps < _MOST_STEPS
