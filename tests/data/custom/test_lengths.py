"""Files whose length gives away that they were sent as text."""

import io

import numpy as np
import pytest
from PIL import Image

from convlens.data.custom.lengths import has_bad_length

PIXELS = (np.arange(24 * 24) % 251).astype(np.uint8).reshape(24, 24)  # 10 and 13 among them


def encode(pixels: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO", "PCX", "SGI", "JPEG2000"])
def test_what_pillow_writes_is_whole(kind: str) -> None:
    assert not has_bad_length(encode(PIXELS, kind))


@pytest.mark.parametrize("kind", ["PPM", "BMP"])
@pytest.mark.parametrize("colour", [False, True])
def test_a_file_sent_as_text(kind: str, colour: bool) -> None:
    content = encode(np.repeat(PIXELS[..., None], 3, axis=2) if colour else PIXELS, kind)
    assert not has_bad_length(content)
    assert has_bad_length(content.replace(b"\n", b"\r\n"))
    assert has_bad_length(content[:-1])
    assert has_bad_length(content + b"ab\r\n")


@pytest.mark.parametrize(
    ("content", "bad"),
    [
        (b"P5 2 2 255 abcd", False),
        (b"P5 2 2 255 abcd\n", False),  # some writers end the file like a line
        (b"P5 2 2 255 abcdP5 1 1 255 a", False),  # several images in one file
        (b"P5 2 2 255 abcdx", True),
        (b"P5 2 2 255 abc", True),
        (b"P5 2 2 65535 abcdefgh", False),
        (b"P5 2 2 65535 abcd", True),
        (b"P6 1 1 255 abc", False),
        (b"P4 9 2 abcd", False),  # a row of 9 bits takes 2 bytes
        (b"P4 9 2 abc", True),
        (b"P5 # a note\n2 2 255 abcd", False),
        (b"P5\r\n2 2\r\n255\r\nabcd", True),
        (b"P2 2 2 255 1 2 3 4", False),  # numbers in text have no length
        (b"P5 x", False),
        (b"P5 #", False),
        (b"BM", False),
    ],
)
def test_lengths_by_hand(content: bytes, bad: bool) -> None:
    assert has_bad_length(content) is bad


def test_a_bitmap_with_a_profile_after_its_pixels() -> None:
    content = bytearray(encode(PIXELS, "BMP") + b"profile")
    content[2:6] = len(content).to_bytes(4, "little")
    assert not has_bad_length(bytes(content))
    assert has_bad_length(bytes(content) + b"more")


def test_a_compressed_bitmap_has_no_length_of_its_own() -> None:
    # 4×1 pixels of 8 bits as a run of four 7s, then the end of the picture; a palette of 256 colours before it.
    palette = bytes(1024)
    pixels = bytes([4, 7, 0, 1])
    size = 54 + len(palette) + len(pixels)
    header = b"BM" + b"".join(number.to_bytes(4, "little") for number in (size, 0, 54 + len(palette), 40, 4, 1))
    header += (1).to_bytes(2, "little") + (8).to_bytes(2, "little")
    header += b"".join(number.to_bytes(4, "little") for number in (1, len(pixels), 0, 0, 0, 0))
    content = header + palette + pixels
    assert Image.open(io.BytesIO(content)).size == (4, 1)
    assert not has_bad_length(content)
