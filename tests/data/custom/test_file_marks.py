"""Formats by their first bytes, and files whose length gives away that they were sent as text."""

import io

import numpy as np
import pytest
from PIL import Image

from convlens.data.custom.facts import FORMATS
from convlens.data.custom.file_marks import format_code, has_bad_length

PIXELS = (np.arange(24 * 24) % 251).astype(np.uint8).reshape(24, 24)  # 10 and 13 among them


def encode(pixels: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO", "PCX", "SGI", "JPEG2000"])
def test_formats_that_pillow_writes(kind: str) -> None:
    assert FORMATS[format_code(encode(PIXELS, kind))] == kind


def test_no_format() -> None:
    assert FORMATS[format_code(b"")] == FORMATS[format_code(b"hello")] == FORMATS[format_code(b"P")] == "other"


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
