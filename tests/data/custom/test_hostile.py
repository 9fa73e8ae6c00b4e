"""Files that are made to break decoders: a folder of them is read in time, with one line for each that fails."""

import io
import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.data import import_images
from convlens.data.custom.facts import PROBLEMS
from convlens.data.custom.lengths import has_bad_length
from convlens.data.custom.worker import Job, Reader
from convlens.errors import DataError

KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO", "PCX", "SGI", "JPEG2000")


def encode(kind: str, mode: str = "RGB", size: tuple[int, int] = (24, 20)) -> bytes:
    pixels = np.random.default_rng(5).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, kind)
    return file.getvalue()


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(more) + png_chunk(b"IEND", b"")


BOMBS = {
    "bomb.png": png(30_000, 30_000, png_chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9))),
    "largest.png": png(2**31 - 1, 2**31 - 1),
    "no pixels.png": png(0, 0),
    "text bomb.png": png(
        9, 9, png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80 << 20), 9)), png_chunk(b"IDAT", zlib.compress(b""))
    ),
    "bomb.ppm": b"P6 60000 60000 255 ",
    "bomb.bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 99, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0),
    "minus.bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 99, 0, 54, 40, -5, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0),
    "bomb.gif": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6) + b",",
    "circle.tif": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "endless.tif": b"II*\0\x08\0\0\0\xff\xff" + b"\x00\x01\x04\x00\xff\xff\xff\xff\x08\0\0\0" * 500,
    "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n{} loop\n",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "nothing.png": b"",
    "a byte.jpg": b"\xff",
    "page.png": b"<!DOCTYPE html><title>404</title>",
    "sent as text.ppm": encode("PPM").replace(b"\n", b"\r\n"),
}


def mutations(kind: str, count: int) -> dict[str, bytes]:
    """Files cut short, with bytes changed, and with parts doubled."""
    random, content, ending = np.random.default_rng(len(kind)), encode(kind), kind.lower().replace("jpeg2000", "jp2")
    made = {}
    for number in range(count):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), 1 + number % 9).tolist():
            damaged[place if number % 3 else place % 64] = int(random.integers(0, 256))
        if number % 4 == 1:
            del damaged[int(random.integers(0, len(content))) :]
        if number % 4 == 2:
            damaged[20:20] = damaged[: int(random.integers(0, len(content)))]
        made[f"{kind} {number}.{'ppm' if kind == 'PPM' else ending}"] = bytes(damaged)
    return made


def test_a_folder_of_hostile_files(tmp_path: Path, processes: None) -> None:
    folder = tmp_path / "photos"
    for label in ("a", "b"):
        (folder / label).mkdir(parents=True)
        for number in range(2):
            (folder / label / f"good {number}.png").write_bytes(encode("PNG", "L"))
        for name, content in BOMBS.items():
            (folder / label / name).write_bytes(content)
    for kind in KINDS:
        for name, content in mutations(kind, 24).items():
            (folder / "a" / name).write_bytes(content)
    got = import_images(folder)
    assert len(got.listing) == len(KINDS) * 24 + 2 * (2 + len(BOMBS))
    assert not {PROBLEMS[code] for code in got.facts["problem"]} & {"crashed", "too_slow"}
    assert all(len(words) < 250 and words.isprintable() and words.endswith(".") for _, words in got.skipped)
    skipped = dict(got.skipped)
    assert all(f"b/{name}" in skipped for name in BOMBS if name != "sent as text.ppm")
    problems = dict(zip(got.listing.names, got.facts["problem"].tolist(), strict=True))
    for name in ("bomb.png", "largest.png", "bomb.ppm", "bomb.bmp"):
        assert PROBLEMS[problems[f"b/{name}"]] == "too_large"
    assert has_bad_length(BOMBS["sent as text.ppm"])
    assert bool(got.facts["bad_length"][got.listing.names.index("b/sent as text.ppm")])


def test_none_of_them_takes_two_seconds() -> None:
    reader = Reader()
    for kind in KINDS:
        for name, content in (BOMBS | mutations(kind, 12)).items():
            path = Path(name.replace("/", " "))
            path.write_bytes(content)
            for survey in (False, True):
                started = time.monotonic()
                reader.decode(Job(b"", [bytes(path)], 28, 3, survey), 0)
                assert time.monotonic() - started < 2, name


def test_a_folder_whose_name_is_no_text_says_to_rename_it(write_photos, tmp_path):
    try:
        folder = write_photos(Path(os.fsdecode(os.fsencode(tmp_path) + b"/ph\xff")), cat=3, dog=3)
    except OSError:
        pytest.skip("this file system takes no such names")
    with pytest.raises(DataError, match=r"ph\\udcff: this path is not valid text .* Rename the folder\.$"):
        import_images(folder).dataset()
