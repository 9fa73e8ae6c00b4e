"""Files that are dropped on the page: as Python reads them, or refused in one clear line, before they can do harm."""

import base64
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convlens.pixels import read_image, to_colour, to_grey

Call = Callable[..., Any]
RNG = np.random.default_rng(7)
GREY = RNG.integers(0, 256, (23, 31), np.uint8)
COLOURS = RNG.integers(0, 256, (23, 31, 3), np.uint8)
OPACITY = RNG.integers(0, 256, (23, 31), np.uint8)
READ = """
  async ([content, name, convert]) => {
    const { readPicture } = await import("convlens/preparation/reading.js");
    const { toColour } = await import("convlens/preparation/conversion.js");
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    try {
      const { width, height, data, isGrey, notes } = await readPicture(new File([bytes], name));
      const picture = { width, height, isGrey, notes, data: Array.from(data) };
      return convert ? { ...picture, colours: Array.from(toColour({ width, height, data }).plane.data) } : picture;
    } catch (error) {
      return { name: error.constructor.name, message: error.message };
    }
  }"""


@pytest.fixture
def read(call_in_browser: Call) -> Callable[..., dict[str, Any]]:
    """The page's picture of the bytes of a file."""

    def read_bytes(content: bytes, name: str = "picture", convert: bool = True) -> dict[str, Any]:
        return call_in_browser(READ, [base64.b64encode(content).decode(), name, convert])

    return read_bytes


@pytest.fixture
def refuse(read: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """The message with which a file is refused."""

    def message(content: bytes, name: str = "picture.png") -> str:
        found = read(content, name)
        assert found.get("name") == "PictureError", found
        return found["message"]

    return message


def save(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def png(width: int, height: int, *blocks: tuple[bytes, bytes], depth: int = 8, colour: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    every = [(b"IHDR", header), *blocks, (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in every
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


FILES = {
    "grey": save(Image.fromarray(GREY)),
    "colours": save(Image.fromarray(COLOURS)),
    "opaque, four channels": save(Image.fromarray(np.dstack([COLOURS, np.full_like(OPACITY, 255)]))),
    "a palette": save(Image.fromarray(COLOURS).quantize(16)),
    "one bit": save(Image.fromarray(GREY).convert("1")),
    "a bitmap": save(Image.fromarray(COLOURS), "BMP"),
    "WebP without loss": save(Image.fromarray(COLOURS), "WEBP", lossless=True),
    "a GIF": save(Image.fromarray(COLOURS).quantize(16), "GIF"),
    "gamma": png(
        31,
        23,
        (b"gAMA", struct.pack(">I", 100000)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in GREY))),
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_as_python_reads_them(read: Call, name: str) -> None:
    found = read(FILES[name])
    image = read_image(FILES[name])
    expected, notes = to_colour(image)
    assert (found["width"], found["height"], found["notes"]) == (*image.size, notes)
    np.testing.assert_array_equal(np.array(found["colours"]), expected.ravel())
    assert found["isGrey"] == (image.mode in ("1", "L") and not name.startswith("a "))


def test_half_transparent_colours_differ_by_one_level_at_most(read: Call) -> None:
    content = save(Image.fromarray(np.dstack([COLOURS, OPACITY])))
    expected, _ = to_colour(read_image(content))
    difference = np.abs(np.array(read(content)["colours"]).astype(int) - expected.ravel())
    assert difference.max() <= 1


def test_sixteen_bits_become_eight(read: Call) -> None:
    wide = RNG.integers(0, 65536, (40, 30)).astype(np.uint16)
    content = save(Image.fromarray(wide))
    found = read(content)
    expected, notes = to_grey(read_image(content))
    assert (found["isGrey"], found["notes"]) == (True, notes) == (True, ["16 bits turned to 8"])
    assert np.abs(np.array(found["data"][::4]).astype(int) - expected.ravel()).max() <= 1


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_photos_stand_upright(read: Call, kind: str, orientation: int) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    content = save(Image.fromarray(COLOURS), kind, exif=turned(orientation), **options)
    found = read(content)
    expected, notes = to_colour(read_image(content))
    assert (found["height"], found["width"], found["notes"]) == (*expected.shape[:2], notes)
    np.testing.assert_array_equal(np.array(found["colours"]), expected.ravel())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpegs_stand_upright(read: Call, orientation: int) -> None:
    ramp = np.add.outer(np.arange(0, 160, 4), np.arange(0, 60, 2)).astype(np.uint8)  # decoders differ by a level or two
    content = save(Image.fromarray(ramp), "JPEG", quality=95, exif=turned(orientation))
    found = read(content)
    expected, notes = to_grey(read_image(content))
    assert (found["height"], found["width"], found["notes"]) == (*expected.shape, notes)
    assert found["isGrey"]
    assert np.abs(np.array(found["data"][::4]).astype(int) - expected.ravel()).max() <= 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_several_frames_the_first_is_taken(read: Call, kind: str) -> None:
    frames = [Image.new("RGB", (12, 9), colour) for colour in ("red", "blue", "green")]
    options = {"lossless": True} if kind == "WEBP" else {}
    found = read(save(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert found["notes"] == ["the first of several frames"]
    assert found["data"][:4] == [255, 0, 0, 255]
    assert read(save(frames[0], kind, **options))["notes"] == []


def test_what_is_no_picture_says_what_it_is(refuse: Call) -> None:
    readable = "PNG, JPEG, WebP, GIF, BMP and AVIF files can be read; save it as PNG."
    assert refuse(b"hello") == f"picture.png is not an image: {readable}"
    assert refuse(b"%PDF-1.7 ...") == f"picture.png is a PDF document: {readable}"
    assert refuse(b"\n <svg onload='alert(1)'></svg>") == f"picture.png is an SVG drawing: {readable}"
    assert refuse(b"PK\x03\x04....", "a.zip") == f"a.zip is a zip archive: {readable}"
    assert refuse(b"\0\0\0\x18ftypheic....") == f"picture.png is a HEIC photo, as phones save them: {readable}"
    assert refuse(save(Image.fromarray(GREY), "TIFF"), "scan.tif") == f"scan.tif is a TIFF file: {readable}"


def test_empty_and_damaged_files(refuse: Call) -> None:
    assert refuse(b"") == "picture.png is empty (0 bytes): save the image again."
    damaged = "picture.png is damaged, or of a kind that this browser cannot decode: save the image again, as PNG."
    assert refuse(FILES["colours"][:33]) == damaged
    assert refuse(FILES["colours"][:12]) == damaged
    assert refuse(png(0, 5)) == damaged
    assert refuse(b"\xff\xd8\xff\xd9") == damaged
    assert refuse(b"RIFF\0\0\0\0WEBP") == damaged


@pytest.mark.parametrize(
    "bomb",
    [
        png(30_000, 30_000, (b"IDAT", zlib.compress(bytes(1000)))),
        b"\xff\xd8\xff\xe0\0\4..\xff\xc0\0\x11\x08" + struct.pack(">HH", 30_000, 30_000) + b"\3" + bytes(20),
        b"GIF89a" + struct.pack("<HH", 30_000, 30_000) + bytes(10),
        b"BM" + bytes(12) + struct.pack("<Iii", 40, 30_000, -30_000) + bytes(40),
        b"RIFF\0\0\0\0WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\x2f\x75\0\x2f\x75\0",
        b"\0\0\0\x1cftypavif" + bytes(20) + b"ispe\0\0\0\0" + struct.pack(">II", 30_000, 30_000),
    ],
    ids=["PNG", "JPEG", "GIF", "BMP", "WebP", "AVIF"],
)
def test_bombs_are_not_decoded(refuse: Call, bomb: bytes) -> None:
    assert refuse(bomb, "bomb") == (
        "bomb is 30,000×30,000, which is 900,000,000 pixels: 64,000,000 are allowed; make it smaller."
    )


def test_a_file_larger_than_50_mb_is_not_even_read(call_in_browser: Call) -> None:
    message = call_in_browser(
        """async () => {
          const { LARGEST_FILE, readPicture } = await import("convlens/preparation/reading.js");
          const part = new Uint8Array(2 ** 20);
          const file = new File([...Array(50).fill(part), "x"], "film.png");
          file.arrayBuffer = () => { throw new Error("read"); };
          try { await readPicture(file); } catch (error) { return [LARGEST_FILE, error.message]; }
        }"""
    )
    assert message == [52_428_800, "film.png has 50.0 MB, but at most 50 MB are allowed: save it smaller."]


def test_names_cannot_fill_the_page(refuse: Call) -> None:
    assert refuse(b"", "a\nb\u202ec.png") == "a?b?c.png is empty (0 bytes): save the image again."
    name = refuse(b"", "x" * 300 + ".png").split(" ")[0]
    assert name == "x" * 40 + "…" + "x" * 11 + ".png"
    assert refuse(b"", "") == "The image is empty (0 bytes): save the image again."


def test_very_large_pictures_are_reduced_while_they_are_read(call_in_browser: Call) -> None:
    rows = zlib.compress(bytes(5001 * 4000), 1)
    found = call_in_browser(
        """async (content) => {
          const { readPicture } = await import("convlens/preparation/reading.js");
          const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const { width, height, data, notes } = await readPicture(new Blob([bytes]));
          return { width, height, notes, bytes: data.length };
        }""",
        base64.b64encode(png(5000, 4000, (b"IDAT", rows))).decode(),
    )
    assert (found["width"], found["height"]) == (4472, 3577)
    assert found["bytes"] == 4 * 4472 * 3577
    assert found["notes"] == ["5000×4000, reduced to 4472×3577 on reading"]


def test_a_bitmap_is_read_as_it_is(call_in_browser: Call) -> None:
    found = call_in_browser(
        """async () => {
          const { readPicture } = await import("convlens/preparation/reading.js");
          const pixels = new ImageData(new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]), 2, 1);
          const { width, height, data, isGrey, notes } = await readPicture(await createImageBitmap(pixels));
          return [width, height, Array.from(data), isGrey, notes];
        }"""
    )
    assert found == [2, 1, [1, 2, 3, 255, 4, 5, 6, 255], False, []]


def test_files_cut_short_or_garbled_are_never_worse_than_refused(call_in_browser: Call) -> None:
    rng = np.random.default_rng(8)
    files = [
        *FILES.values(),
        save(Image.fromarray(COLOURS), "JPEG", exif=turned(6)),
        save(Image.fromarray(GREY), "AVIF"),
    ]
    garbled = []
    for content in files:
        for _ in range(12):
            changed = bytearray(content[: int(rng.integers(2, len(content) + 1))])
            for place in rng.integers(0, min(len(changed), 120), 3):
                changed[place] = int(rng.integers(0, 256))
            garbled.append(base64.b64encode(bytes(changed)).decode())
    others = call_in_browser(
        """async (contents) => {
          const { PictureError, readPicture } = await import("convlens/preparation/reading.js");
          const others = [];
          for (const content of contents) {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            try { await readPicture(new Blob([bytes])); }
            catch (error) { if (!(error instanceof PictureError)) others.push(`${error}: ${content}`); }
          }
          return others;
        }""",
        garbled,
    )
    assert others == []
