"""Headers of image files that were put together by hand, byte by byte; turns of pixels; and boxes in planes."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
PLAIN = {"isGrey": False, "depth": 8, "orientation": 1, "hasMoreFrames": False}
PNG = b"\x89PNG\r\n\x1a\n"


def header(call: Call, data: bytes) -> Any:
    return call(
        """async (bytes) => {
            const { readHeader } = await import("convlens/preparation/picture_headers.js");
            return readHeader(Uint8Array.from(bytes));
        }""",
        list(data),
    )


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + bytes(4)


def png(colour: int, depth: int = 8, *more: bytes) -> bytes:
    return PNG + chunk(b"IHDR", struct.pack(">IIBB", 7, 5, depth, colour) + bytes(3)) + b"".join(more)


def exif(orientation: int, order: str = "<", kind: int = 3, before: int = 0) -> bytes:
    """A directory with other entries first; it begins eight bytes after the byte order."""
    entries = struct.pack(f"{order}HHII", 0x0100, 3, 1, 9) * before
    entries += struct.pack(f"{order}HHIHH", 0x0112, kind, 1, orientation, 0)
    sign = b"II*\0" if order == "<" else b"MM\0*"
    return sign + struct.pack(f"{order}IH", 8, before + 1) + entries


def test_png(call: Call) -> None:
    assert header(call, png(2)) == {**PLAIN, "type": "image/png", "width": 7, "height": 5}
    assert header(call, png(0, 16)) == {
        **PLAIN,
        "type": "image/png",
        "width": 7,
        "height": 5,
        "isGrey": True,
        "depth": 16,
    }
    two, one = (chunk(b"acTL", struct.pack(">II", count, 0)) for count in (2, 1))
    assert [header(call, png(2, 8, frames))["hasMoreFrames"] for frames in (two, one)] == [True, False]
    turned = header(call, png(2, 8, chunk(b"tEXt", b"abc"), chunk(b"eXIf", exif(6))))
    # 33 bytes until the end of IHDR, 15 of tEXt, 8 of the name and length, 10 + 8 of the entry
    assert (turned["orientation"], turned["orientationAt"]) == (6, 33 + 15 + 8 + 10 + 8)
    assert header(call, b"\x89PNG\r\n\x1a") is None


def segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2, 0xC5, 0xCF])
def test_jpeg(call: Call, marker: int) -> None:
    frame = segment(marker, struct.pack(">BHHB", 8, 5, 7, 3) + bytes(9))
    size = {"type": "image/jpeg", "width": 7, "height": 5}
    assert header(call, b"\xff\xd8" + frame) == {**PLAIN, **size}
    skipped = b"".join(segment(one, struct.pack(">BHHB", 8, 50, 70, 1)) for one in (0xC4, 0xC8, 0xCC, 0xE0, 0xD8))
    fillers = b"\xff\x01\xff\xd0\xff\xd7\xff"
    assert header(call, b"\xff\xd8" + skipped + fillers + frame) == {**PLAIN, **size}
    assert header(call, b"\xff\xd8" + segment(0xDA, b"") + frame)["width"] == 0  # after the start of the pixels
    grey = segment(marker, struct.pack(">BHHB", 8, 5, 7, 1) + bytes(3))
    found = header(call, b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + exif(3, ">", before=2)) + grey)
    at = 2 + 4 + 6 + 8 + 2 + 2 * 12 + 9
    assert found == {**PLAIN, **size, "isGrey": True, "orientation": 3, "orientationAt": at}
    assert header(call, b"\xff\xd8" + segment(0xE1, b"http:\0" + exif(3)) + grey)["orientation"] == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (exif(8), 8),
        (exif(1), 1),
        (exif(9), 1),
        (exif(0), 1),
        (exif(6, kind=4), 1),
        (exif(6, before=999), 6),
        (exif(6, before=1000), 1),
        (b"XX" + exif(6)[2:], 1),
        (exif(6)[:17], 1),
        (b"II*\0\xff\xff\xff\xff", 1),
    ],
)
def test_orientations(call: Call, data: bytes, expected: int) -> None:
    assert header(call, png(2, 8, chunk(b"eXIf", data)))["orientation"] == expected


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    return b"RIFF\0\0\0\0WEBP" + parts


def test_webp(call: Call) -> None:
    size = {"type": "image/webp", "width": 300, "height": 70_000}
    large = (b"VP8X", bytes([2, 0, 0, 0]) + (299).to_bytes(3, "little") + (69_999).to_bytes(3, "little"))
    lossy = (b"VP8 ", bytes(6) + struct.pack("<HH", 0x4000 | 300, 0x8000 | 200))
    lossless = (b"VP8L", b"\x2f" + struct.pack("<I", 299 | 199 << 14 | 3 << 28))
    assert header(call, webp(large, lossy)) == {**PLAIN, **size, "hasMoreFrames": True}
    small = {**PLAIN, **size, "height": 200}
    assert header(call, webp(lossy)) == small
    assert header(call, webp((b"odd ", b"abc"), lossless)) == small
    assert header(call, webp(lossless, lossy)) == small
    for start in (b"", b"Exif\0\0"):
        found = header(call, webp(lossy, (b"EXIF", start + exif(7))))
        assert (found["orientation"], found["orientationAt"]) == (7, 12 + 8 + 10 + 8 + len(start) + 18)
    wide = (b"VP8X", bytes(4) + (69_999).to_bytes(3, "little") + (299).to_bytes(3, "little"))
    assert header(call, webp(wide)) == {**PLAIN, **size, "width": 70_000, "height": 300}


def test_gif(call: Call) -> None:
    def gif(flags: int, *blocks: bytes, sign: bytes = b"GIF89a") -> bytes:
        table = bytes(3 * 2 ** ((flags & 7) + 1)) if flags & 0x80 else b""
        return sign + struct.pack("<HHB", 7, 5, flags) + bytes(2) + table + b"".join(blocks)

    pixels = b"\2" + b"\3abc" + b"\1d" + b"\0"
    frame = b"\x2c" + bytes(8) + b"\0" + pixels
    coloured = b"\x2c" + bytes(8) + b"\x81" + bytes(12) + pixels
    comment = b"\x21\xfe" + b"\2ab" + b"\0"
    size = {"type": "image/gif", "width": 7, "height": 5}
    assert header(call, gif(0, frame, b";")) == {**PLAIN, **size}
    assert header(call, gif(0, sign=b"GIF87a")) == {**PLAIN, **size}
    assert header(call, gif(0, sign=b"GIF88a")) is None
    for flags in (0, 0x80, 0x82):
        assert header(call, gif(flags, comment, frame, comment, coloured))["hasMoreFrames"] is True
        assert header(call, gif(flags, comment, coloured, comment, b";", frame))["hasMoreFrames"] is False


def test_bmp_and_avif(call: Call) -> None:
    size = {"width": 7, "height": 5}
    bmp = {**PLAIN, **size, "type": "image/bmp"}
    assert header(call, b"BM" + bytes(12) + struct.pack("<IHH", 12, 7, 5)) == bmp
    for height in (5, -5):
        assert header(call, b"BM" + bytes(12) + struct.pack("<Iii", 40, 7, height)) == bmp
    assert header(call, b"BM" + bytes(12) + struct.pack("<Iii", 11, 7, 5)) is None
    boxes = [b"ispe" + bytes(4) + struct.pack(">II", *sides) for sides in ((2, 3), (7, 5), (4, 4))]
    avif = {**PLAIN, **size, "type": "image/avif"}
    for brand in (b"avif", b"avis"):
        assert header(call, b"\0\0\0\x1cftypmif1" + brand + b"ix" + b"i".join(boxes)) == avif
    assert header(call, b"\0\0\0\x1cftypheic" + bytes(20)) is None
    late = b"\0\0\0\x1cftypavif".ljust(65536, b"\0") + boxes[0]
    assert header(call, late)["width"] == 0  # only the beginning of a file is searched


def test_pixels_are_turned_by_hand(call: Call) -> None:
    turned = call(
        """async () => {
            const m = await import("convlens/preparation/orientation.js");
            const data = new Uint8ClampedArray(Uint32Array.from([1, 2, 3, 4, 5, 6]).buffer);
            return [1, 2, 3, 4, 5, 6, 7, 8, 9].map((orientation) => {
                const { width, height, data: found } = m.turnUpright({ width: 3, height: 2, data }, orientation);
                return [width, height, [...new Uint32Array(found.buffer)].join(""), m.describeTurn(orientation).join()];
            });
        }"""
    )
    said = ", as its EXIF data says"
    assert turned == [
        [3, 2, "123456", ""],
        [3, 2, "321654", f"mirrored{said}"],
        [3, 2, "654321", f"turned by 180°{said}"],
        [3, 2, "456123", f"mirrored upside down{said}"],
        [2, 3, "142536", f"mirrored and turned by 90°{said}"],
        [2, 3, "415263", f"turned by 90° clockwise{said}"],
        [2, 3, "635241", f"mirrored and turned by 90°{said}"],
        [2, 3, "362514", f"turned by 90° anticlockwise{said}"],
        [3, 2, "123456", ""],
    ]


def test_planes_by_hand(call: Call) -> None:
    found = call(
        """async () => {
            const m = await import("convlens/preparation/planes.js");
            const plane = (height, width, ...data) => m.makePlane(height, width, 1, Uint8Array.from(data));
            const plain = ({ height, width, data }) => [height, width, [...data].join(" ")];
            const three = plane(2, 3, 1, 2, 3, 4, 5, 6);
            const colours = m.makePlane(1, 2, 3, Uint8Array.from([1, 2, 3, 4, 5, 6]));
            const whole = { top: 0, bottom: 2, left: 0, right: 3 };
            const box = (least, ...data) => m.findBox(plane(2, 3, ...data), least);
            return {
                boxes: [box(5, 5, 0, 0, 0, 0, 0), box(5, 0, 0, 0, 0, 0, 9), box(5, 0, 9, 0, 4, 5, 5), box(5, 4, 4, 4,
                    4, 4, 4),
                    box(5, 0, 0, 7, 7, 0, 0)].map((one) => one && [one.top, one.bottom, one.left, one.right]),
                equal: [m.hasEqualPixels(three, plane(2, 3, 1, 2, 3, 4, 5, 6)), m.hasEqualPixels(three, plane(3, 2, 1,
                    2, 3, 4, 5, 6)),
                    m.hasEqualPixels(three, plane(2, 3, 1, 2, 3, 4, 5, 7)), m.hasEqualPixels(plane(1, 2, 1, 2),
                        plane(2, 1, 1, 2)),
                    m.hasEqualPixels(plane(1, 2, 1, 2), plane(1, 3, 1, 2, 3)), m.hasEqualPixels(plane(1, 2, 1, 2),
                        plane(2, 2, 1, 2, 3, 4))],
                same: [m.crop(three, whole) === three, m.crop(three, { ...whole, left: 1 }) === three],
                planes: [m.invert(three), m.crop(three, { top: 1, bottom: 2, left: 1, right: 3 }),
                    m.crop(colours, { top: 0, bottom: 1, left: 1, right: 2 }), m.crop(three, { ...whole, bottom: 1 }),
                    m.paste(plane(1, 2, 8, 9), 1, 1, 3, 4, [7]), m.paste(colours, 0, 1, 1, 3, [7, 8, 9]),
                    m.pad(plane(1, 1, 5), 1), m.transpose(three)].map(plain),
                ends: [m.findExtremes([3, 9, 4]), m.findExtremes([255, 0]), m.findExtremes([])],
            };
        }"""
    )
    assert found["boxes"] == [[0, 1, 0, 1], [1, 2, 2, 3], [0, 2, 1, 3], None, [0, 2, 0, 3]]
    assert found["equal"] == [True, False, False, False, False, False]
    assert found["same"] == [True, False]
    assert found["planes"] == [
        [2, 3, "254 253 252 251 250 249"],
        [1, 2, "5 6"],
        [1, 1, "4 5 6"],
        [1, 3, "1 2 3"],
        [3, 4, "7 7 7 7 7 8 9 7 7 7 7 7"],
        [1, 3, "7 8 9 1 2 3 4 5 6"],
        [3, 3, "0 0 0 0 5 0 0 0 0"],
        [3, 2, "1 4 2 5 3 6"],
    ]
    assert found["ends"] == [[3, 9], [0, 255], [255, 0]]


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"%!PS", "a PostScript document"),
        (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"<?xml", "an XML or SVG file"),
        (b" <!DOCTYPE html>", "a web page"),
        (b"<html>", "a web page"),
        (b"MM\0*", "a TIFF file"),
        (b"\0\0\0\0ftypmsf1", "a HEIC photo, as phones save them"),
        (b"\0\0\0\0ftypmp42", None),
        (b"\0\0\0\0heic", None),
        (b"no <svg", None),
    ],
)
def test_other_files_are_recognised(call: Call, start: bytes, kind: str | None) -> None:
    code = """async (bytes) => {
        const { recogniseOther } = await import("convlens/preparation/other_files.js");
        return recogniseOther(Uint8Array.from(bytes));
    }"""
    assert call(code, list(start)) == kind
