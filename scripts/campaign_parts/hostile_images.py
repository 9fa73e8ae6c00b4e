"""Hostile images: those among Pillow's own tests, if its source archive is there, and valid ones that are then spoilt.

`pip download --no-binary :all: --no-deps pillow==13.0.0 -d build/campaign` fetches the archive.
"""

import functools
import hashlib
import io
import os
import random
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from campaign_parts.changes import change_bytes

ARCHIVE = "pillow-13.0.0.tar.gz"
SHA256 = "cdcd1ba258178f7356d74170c9a81ba4eab6a5d55748bc402a5a2a6fe6be3510"
FOLDER = Path(os.environ.get("CONVLENS_CAMPAIGN_FILES", Path(__file__).resolve().parents[2] / "build" / "campaign"))
SIZES = (0, 1, 255, 8_000, 16_384, 65_535, 2**31 - 1, 2**32 - 1)
LARGE_KINDS: dict[str, dict[str, Any]] = {
    "PNG": {}, "GIF": {}, "TIFF": {"compression": "tiff_lzw"}, "JPEG": {"quality": 1},
}  # fmt: skip
_LARGE = 8_000


def images_of_pillow() -> dict[str, bytes]:
    """Return the test images in Pillow's source archive by name; none if the archive is missing or another one."""
    path = FOLDER / ARCHIVE
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        return {}
    images = {}
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if "/Tests/images/" in member.name and member.isfile() else None
            if file is not None:
                images[member.name.partition("/Tests/images/")[2]] = file.read()
    return dict(sorted(images.items()))


@functools.cache
def valid_images() -> dict[str, bytes]:
    """Return small valid images of every format and kind, by name."""
    pixels = np.random.default_rng(3).integers(0, 256, (20, 28, 4), np.uint8)
    colour, clear = Image.fromarray(pixels[..., :3]), Image.fromarray(pixels)
    grey, wide = colour.convert("L"), Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a note"
    frames = [Image.fromarray(np.roll(pixels[..., :3], shift, 1)) for shift in range(1, 4)]
    notes: dict[str, Any] = {"exif": exif, "icc_profile": bytes(128) + b"acsp" + bytes(400)}
    moving: dict[str, Any] = {"save_all": True, "append_images": frames}
    made: tuple[tuple[str, Image.Image, dict[str, Any]], ...] = (
        ("JPEG", colour, notes), ("JPEG", grey, {}), ("JPEG", colour.convert("CMYK"), {}),
        ("JPEG", colour, {"progressive": True}), ("JPEG", colour, {"restart_marker_blocks": 1}),
        ("PNG", colour, notes), ("PNG", clear, {}), ("PNG", grey, {"transparency": 7}), ("PNG", wide, {}),
        ("PNG", colour.quantize(9), {"transparency": 2}), ("PNG", colour, moving), ("PNG", grey.convert("1"), {}),
        ("GIF", colour.quantize(9), {}), ("GIF", colour, moving), ("GIF", colour.quantize(250), {"interlace": 1}),
        ("WEBP", colour, notes), ("WEBP", clear, {"lossless": True}), ("WEBP", colour, moving),
        ("TIFF", colour, notes), ("TIFF", colour, {"compression": "tiff_lzw"}), ("TIFF", colour, moving),
        ("TIFF", wide, {"compression": "tiff_adobe_deflate"}), ("TIFF", colour, {"compression": "jpeg"}),
        ("TIFF", grey.convert("1"), {"compression": "group4"}), ("TIFF", grey, {"compression": "packbits"}),
        ("BMP", colour, {}), ("BMP", grey, {}), ("BMP", clear, {}), ("PPM", colour, {}), ("PPM", grey, {}),
        ("PPM", wide, {}), ("PPM", grey.convert("1"), {}), ("PCX", colour, {}), ("SGI", colour, {}), ("ICO", clear, {}),
        ("QOI", clear, {}), ("JPEG2000", colour, {}),
    )  # fmt: skip
    images = {}
    for number, (kind, image, options) in enumerate(made):
        file = io.BytesIO()
        try:
            image.save(file, kind, **options)
        except (OSError, KeyError, ValueError):  # this Pillow was built without the format
            continue
        images[f"{number:02d}.{kind.lower()}"] = file.getvalue()
    return images


@functools.cache
def large_image(kind: str) -> bytes:
    """Return a valid blank image of 64 million pixels in little space: the largest size that is allowed."""
    file = io.BytesIO()
    Image.new("L", (_LARGE, _LARGE), 90).save(file, kind, **LARGE_KINDS[kind])
    return file.getvalue()


def make_image(chance: random.Random, pillows: dict[str, bytes]) -> tuple[str, str, bytes]:
    """Return a kind, a name and a hostile image; `pillows` are Pillow's own."""
    if chance.random() < 0.004:
        kind = chance.choice(list(LARGE_KINDS))
        return "64 million pixels", f"large.{kind.lower()}", large_image(kind)
    if pillows and chance.random() < 0.25:
        name = chance.choice(list(pillows))
        return "Pillow's, changed", name, change_bytes(pillows[name], chance) if pillows[name] else b""
    name = chance.choice(list(valid_images()))
    content = valid_images()[name]
    change = _CHANGES[name.partition(".")[2]] if chance.random() < 0.6 else ()
    if change:
        return "another structure", name, chance.choice(change)(content, chance)
    return "changed bytes", name, change_bytes(content, chance)


def _size(chance: random.Random, most: int) -> int:
    return min(chance.choice((*SIZES, chance.randrange(1, 20_000))), most)


def _png_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, data in chunks:
        parts.append(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
    return b"".join(parts)


def _png_header(content: bytes, chance: random.Random) -> bytes:
    """Another size, depth, colour type or interlacing, with checksums that fit."""
    chunks = _png_chunks(content)
    header = bytearray(chunks[0][1])
    header[:8] = struct.pack(">II", _size(chance, 2**32 - 1), _size(chance, 2**32 - 1))
    header[8 + chance.randrange(5)] = chance.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    return _png([(b"IHDR", bytes(header)), *chunks[1:]])


def _png_repeated(content: bytes, chance: random.Random) -> bytes:
    chunks = _png_chunks(content)
    place = chance.randrange(1, len(chunks))
    return _png([*chunks[:place], *[chunks[place]] * chance.choice((2, 1_000, 30_000)), *chunks[place:]])


def _png_bomb(content: bytes, chance: random.Random) -> bytes:
    """A text or a profile that unpacks to 60 MB, once or often, or rows that unpack to far more than the image."""
    chunks = _png_chunks(content)
    bomb = _packed_zeros()
    odd = chance.choice([(b"zTXt", b"a\0\0" + bomb), (b"iCCP", b"a\0\0" + bomb), (b"iTXt", b"a\0\1\0\0\0" + bomb)])
    if chance.random() < 0.3:
        return _png([chunks[0], (b"IDAT", bomb), chunks[-1]])
    return _png([chunks[0], *[odd] * chance.choice((1, 1, 20, 100)), *chunks[1:]])


@functools.cache
def _packed_zeros() -> bytes:
    return zlib.compress(bytes(60_000_000), 9)


def _jpeg_sizes(content: bytes, chance: random.Random) -> bytes:
    """Another height and width, or other sampling, in the frame header."""
    changed = bytearray(content)
    place = next((at for at in range(len(content) - 1) if content[at] == 0xFF and content[at + 1] in (0xC0, 0xC2)), 0)
    changed[place + 5 : place + 9] = struct.pack(">HH", _size(chance, 65_535), _size(chance, 65_535))
    if chance.random() < 0.4:
        changed[place + chance.randrange(9, 19)] = chance.randrange(256)
    return bytes(changed)


def _jpeg_repeated(content: bytes, chance: random.Random) -> bytes:
    """The last scan, or a segment before it, very often."""
    scan = content.rfind(b"\xff\xda")
    if chance.random() < 0.5:
        return content[:scan] + content[scan:-2] * chance.choice((2, 90, 5_000)) + content[-2:]
    length = 2 + int.from_bytes(content[4:6], "big")
    return content[:2] + content[2 : 2 + length] * chance.choice((10, 1_000, 50_000)) + content[2 + length :]


def _gif_sizes(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    changed[6:10] = struct.pack("<HH", _size(chance, 65_535), _size(chance, 65_535))
    frame = content.find(b",", 13 + 3 * (2 << (content[10] & 7)))
    if frame > 0 and chance.random() < 0.7:
        changed[frame + 1 : frame + 9] = struct.pack("<4H", *(_size(chance, 65_535) for _ in range(4)))
    return bytes(changed)


def _deep(content: bytes, chance: random.Random) -> bytes:
    """Everything after the header thousands of times: frames within frames."""
    start = chance.choice((12, 30, 800 if len(content) > 900 else 40))
    return content[:start] + content[start:-1] * chance.choice((10, 300, 3_000)) + content[-1:]


def _webp_sizes(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    if content[12:16] == b"VP8X":
        for place in (24, 27):
            changed[place : place + 3] = (_size(chance, 2**24) - 1 & 0xFFFFFF).to_bytes(3, "little")
    else:
        changed[chance.choice((21, 24, 26, 28)) :][:2] = b"\xff\x3f"
        changed[26:30] = struct.pack("<HH", _size(chance, 16_383), _size(chance, 16_383))
    return bytes(changed)


def _tiff_entries(content: bytes, chance: random.Random) -> bytes:
    """Other values, counts or types in the directory; or a directory that is followed by itself."""
    changed = bytearray(content)
    order = "<" if content[:2] == b"II" else ">"
    (place,) = struct.unpack_from(order + "I", content, 4)
    (count,) = struct.unpack_from(order + "H", content, place)
    if chance.random() < 0.2:
        changed[place + 2 + 12 * count : place + 6 + 12 * count] = struct.pack(
            order + "I", chance.choice((place, 8, 0))
        )
    for _ in range(chance.choice((1, 2, 4))):
        at = place + 2 + 12 * chance.randrange(count)
        where, form = chance.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I")))
        number = _size(chance, 65_535 if form == "H" else 2**32 - 1)
        struct.pack_into(order + form, changed, at + where, number)
    return bytes(changed)


def _bmp_header(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    place, form = chance.choice(((10, "<I"), (14, "<I"), (18, "<I"), (22, "<I"), (28, "<H"), (30, "<I"), (46, "<I")))
    struct.pack_into(form, changed, place, _size(chance, 65_535 if form == "<H" else 2**32 - 1))
    if chance.random() < 0.5:
        struct.pack_into("<II", changed, 18, _size(chance, 2**32 - 1), _size(chance, 2**32 - 1))
    return bytes(changed)


def _ppm_header(content: bytes, chance: random.Random) -> bytes:
    kind, rest = content[:2], content[2:].lstrip()
    sizes = f"{_size(chance, 2**32)} {_size(chance, 2**32)} {chance.choice((1, 255, 65_535, 0))}\n".encode()
    return (
        chance.choice((kind, b"P1", b"P2", b"P3", b"P7"))
        + b"\n"
        + b"# note\n" * chance.choice((0, 9_000))
        + sizes
        + rest
    )


def _bad_notes(content: bytes, chance: random.Random) -> bytes:
    """Random bytes within the EXIF data or the colour profile."""
    changed = bytearray(content)
    for mark in (b"Exif\0\0", b"eXIf", b"EXIF", b"acsp", b"ICC_PROFILE", b"iCCP"):
        place = content.find(mark)
        if place >= 0 and chance.random() < 0.7:
            start = place + len(mark) + chance.randrange(60)
            changed[start : start + 12] = chance.randbytes(12)
    return bytes(changed)


Change = Callable[[bytes, random.Random], bytes]
_CHANGES: dict[str, tuple[Change, ...]] = {
    "png": (_png_header, _png_repeated, _png_bomb, _bad_notes),
    "jpeg": (_jpeg_sizes, _jpeg_repeated, _bad_notes),
    "gif": (_gif_sizes, _deep),
    "webp": (_webp_sizes, _deep, _bad_notes),
    "tiff": (_tiff_entries, _tiff_entries, _deep),
    "bmp": (_bmp_header,),
    "ppm": (_ppm_header,),
    **dict.fromkeys(("pcx", "sgi", "ico", "qoi", "jpeg2000"), (_deep,)),
}
