"""Files whose cost their header does not show: decoded in a child process, with the same result, within the limits."""

import io
import os
import resource
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from convlens.errors import ImageError
from convlens.pixels import cost, decoding, limits, processes, read_image, separate
from convlens.pixels.limits import budget_for


def encode(image, kind, **options):
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def png_chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


RAMP = np.add.outer(np.arange(40) * 4, np.arange(60) * 2).astype(np.uint8)
COLOUR = Image.fromarray(np.stack([RAMP, RAMP[::-1], 255 - RAMP], 2))
PALETTE = COLOUR.quantize(9)
PICTURES = {
    "bilevel": encode(COLOUR.convert("1"), "PNG"),
    "grey": encode(COLOUR.convert("L"), "TIFF"),
    "grey with alpha": encode(COLOUR.convert("LA"), "PNG"),
    "palette": encode(PALETTE, "GIF", transparency=3),
    "palette with alphas": encode(PALETTE, "PNG", transparency=bytes(range(9))),
    "colour": encode(COLOUR, "TIFF", compression="tiff_lzw"),
    "transparent colour": encode(COLOUR, "PNG", transparency=(0, 156, 255)),
    "alpha": encode(COLOUR.convert("RGBA"), "WEBP", lossless=True),
    "cmyk": encode(COLOUR.convert("CMYK"), "JPEG"),
    "16 bits": encode(Image.fromarray(RAMP.astype(np.uint16) * 250), "PNG"),
    "floats": encode(Image.fromarray(RAMP / np.float32(255)), "TIFF"),
    "turned": encode(COLOUR, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"),
    "several pieces": encode(COLOUR.resize((2000, 1500)), "BMP"),
    "frames": encode(COLOUR, "GIF", save_all=True, append_images=[COLOUR.transpose(Image.Transpose.ROTATE_180)]),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_the_same_picture_as_in_this_process(kind, monkeypatch, tmp_path):
    content = PICTURES[kind]
    (tmp_path / "a").write_bytes(content)
    monkeypatch.setattr(decoding, "decode_separately", lambda *_: None)
    here = read_image(content)
    for source in (content, tmp_path / "a"):
        there = separate.decode_separately(source, len(content), "it")
        assert there is not None
        assert (there.mode, there.size, there.info) == (here.mode, here.size, here.info)
        np.testing.assert_array_equal(np.asarray(there.convert("RGBA")), np.asarray(here.convert("RGBA")))
        assert there.tobytes() == here.tobytes()


def test_ordinary_files_start_no_process(monkeypatch):
    monkeypatch.setattr(decoding, "decode_separately", lambda *_: pytest.fail("went to the other process"))
    photo = Image.fromarray(np.zeros((3000, 4000, 3), np.uint8))
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "PPM"):
        assert read_image(encode(COLOUR, kind)).size == (60, 40)
    assert read_image(encode(photo, "JPEG")).size == (4000, 3000)
    assert read_image(encode(COLOUR, "JPEG", progressive=True)).size == (60, 40)
    with pytest.raises(ImageError, match="is not an image"):
        read_image(b"hello")


JPEG = encode(COLOUR, "JPEG")
PROGRESSIVE = encode(COLOUR.resize((2000, 1000)), "JPEG", progressive=True)
LAST_SCAN = PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") : -2]
EMPTY_CHUNKS = png_chunk(b"abCd", b"") * 90_000
PNG = encode(COLOUR, "PNG")


@pytest.mark.parametrize(
    "content",
    [
        encode(COLOUR, "TIFF"),
        encode(COLOUR, "AVIF"),
        JPEG[:2] + b"\xff" * (2 << 20) + JPEG[2:],
        JPEG[:2] + b"\xff\xe0\0\2" * (1 << 19) + JPEG[2:],
        PROGRESSIVE[:-2] + LAST_SCAN * 20 + b"\xff\xd9",
        PNG[:33] + EMPTY_CHUNKS + PNG[33:],
        PNG[:33] + png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(90))) * 20 + PNG[33:],
        b"P5 3000 3000 1000\n" + bytes(99),
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 0, 0, 0, 1078, 40, 90, 90, 1, 8, 1, 0, 0, 0, 256, 0) + bytes(2000),
    ],
    ids=["tiff", "avif", "padding", "segments", "scans", "chunks", "profiles", "python decoder", "run lengths"],
)
def test_files_of_unknown_cost_go_to_the_other_process(content, monkeypatch):
    asked = []
    monkeypatch.setattr(decoding, "decode_separately", lambda *given: asked.append(given) or COLOUR)
    assert read_image(content) is COLOUR
    assert len(asked) == 1


def test_too_many_scans_are_refused_unread():
    assert cost.count_scans(PROGRESSIVE[:-2] + LAST_SCAN * 5000 + b"\xff\xd9") == 101
    with pytest.raises(ImageError, match=r"has more than the 100 scans allowed: save it again as PNG\.$"):
        read_image(PROGRESSIVE[:-2] + LAST_SCAN * 5000 + b"\xff\xd9")
    trailer = b"\xff\xd9\0\2" + b"\xff\xda\0\2" * 300  # as films after a photo may have: not part of the image
    assert read_image(JPEG[:-2] + trailer).size == (60, 40)


@pytest.mark.parametrize(
    ("width", "height", "message"),
    [
        (16384, 16384, "is 16,384×16,384, which is 268,435,456 pixels; 64,000,000 are allowed: make it"),
        (8000, 8000, "is 8,000×8,000 and would take 768 MB to decode; a file of 38 bytes may take 600 MB: make it"),
    ],
)
def test_a_webp_file_of_38_bytes_takes_no_gigabyte(width, height, message):
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    content = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0" + sizes + b"VP8 \0\0\0\0"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageError, match=message):
        read_image(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


def test_budgets_grow_with_the_file():
    assert (budget_for(0).seconds, budget_for(0).memory) == (1.5, 600_000_000)
    assert (budget_for(2 << 20).seconds, budget_for(2 << 20).memory) == (2.0, 1_250_000_000)
    assert budget_for((2 << 20) - 1).memory == 600_000_000
    assert budget_for(200 << 20).seconds == 5.0


def test_a_coefficient_takes_two_bytes_until_the_last_scan():
    for options, expected in (({}, 4), ({"progressive": True}, 7), ({"progressive": True, "subsampling": 0}, 10)):
        with Image.open(io.BytesIO(encode(COLOUR, "JPEG", **options))) as image:
            assert cost.memory_of(image) == 60 * 40 * expected


_LIMITED = """
import sys, time
from convlens.pixels.limits import Budget, enforce_here, within
enforce_here()
with within(Budget(0.2, 10**8)):
    try:
        print(len(bytes(2 * 10**8)))
    except MemoryError:
        print("too much")
print(len(bytes(2 * 10**8)))
with within(Budget(0.2, 10**9)):
    time.sleep(0.4)
print("slept", flush=True)
with within(Budget(0.2, 10**9)):
    while True: pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_processor_time_counts_and_sleep_does_not():
    ended = subprocess.run([sys.executable, "-c", _LIMITED], capture_output=True, text=True, timeout=60)
    assert ended.stdout.split("\n")[:3] == ["too much", "200000000", "slept"]
    assert ended.returncode == -27  # SIGPROF
    with limits.within(limits.Budget(0.0, 0)):  # without `enforce_here`, nothing is limited
        sum(range(10_000))


@pytest.mark.skipif(not limits.HAS_TIMER, reason="needs timers of processor time")
def test_a_decoder_that_never_ends_costs_that_file_only(monkeypatch):
    slow = b"P5 8000 8000 1000\n" + bytes(99)
    code = processes._CODE.replace(
        "get(sys.argv[1])",
        "(m := get(sys.argv[1])); import convlens.pixels.decoding as d\n"
        "def stuck(*_):\n"
        "    while True: pass\n"
        "from convlens.pixels.limits import Budget\n"
        "m.budget_for = lambda size: Budget(0.2 if size == 117 else 9.0, 600_000_000)\n"
        "real = d._decode\n"
        "d._decode = lambda image, name: stuck() if image.size == (8000, 8000) else real(image, name)\n"
        "m",
    )
    monkeypatch.setattr(processes, "_CODE", code)
    monkeypatch.setattr(separate, "_waiting", [])
    with pytest.raises(ImageError, match="the image of 117 bytes took more than the processor time allowed") as caught:
        read_image(slow)
    assert caught.value.problem == "too_slow"
    assert read_image(PICTURES["colour"]).size == (60, 40)
    separate._close_waiting()


def test_one_process_waits_for_the_next_file(monkeypatch):
    monkeypatch.setattr(separate, "_waiting", [])
    read_image(PICTURES["grey"])
    ((owner, child),) = separate._waiting
    process = child._process
    read_image(PICTURES["colour"])
    ((_, again),) = separate._waiting
    assert owner == os.getpid()
    assert again._process is process
    again.kill()  # and if it dies while it waits, another is started
    assert process is not None
    assert process.wait() != 0
    assert read_image(PICTURES["colour"]).size == (60, 40)
    separate._close_waiting()
    assert separate._waiting == []


def test_no_word_of_libtiff_reaches_the_terminal(capfd):
    content = bytearray(PICTURES["colour"])
    for place in range(20, len(content) - 200, 9):
        content[place] ^= 255
    with pytest.raises(ImageError):
        read_image(bytes(content))
    assert capfd.readouterr() == ("", "")
