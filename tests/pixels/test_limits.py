"""The limits for files at the limit itself, and the part of the child process that decodes, in this process."""

import io
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from convlens.errors import ImageError
from convlens.pixels import batches, cost, decoding, limits, read_image, separate
from convlens.pixels.limits import Budget, within

JPEG, PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
SCAN = b"\xff\xda\0\2"
SMALL = 1 << 20


def opened(width: int, height: int, decoder: str | None = None) -> Any:
    return SimpleNamespace(width=width, height=height, tile=[(decoder, (0, 0, width, height), 0, None)] * bool(decoder))


@pytest.mark.parametrize(
    ("decoder", "nanoseconds"), [("jpeg", 40), ("zip", 60), ("raw", 20), ("gif", 40), (None, 80), ("tiff", None)]
)
def test_an_image_is_decoded_here_if_it_takes_less_than_a_second(decoder, nanoseconds):
    pixels = 10**9 // (nanoseconds or 10**9)
    assert cost.may_decode_here(opened(pixels, 1, decoder), b"") is (nanoseconds == 60)  # 16,666,666 · 60 < 10⁹
    assert cost.may_decode_here(opened(pixels + 1, 1, decoder), b"") is False
    assert cost.may_decode_here(opened(pixels - 1, 1, decoder), b"") is (nanoseconds is not None)


def test_each_scan_of_a_photo_takes_time():
    pixels = 10**9 // (40 + 12 * 8)
    assert cost.may_decode_here(opened(pixels, 1, "jpeg"), SCAN * 12)
    assert not cost.may_decode_here(opened(pixels + 1, 1, "jpeg"), SCAN * 12)
    assert not cost.may_decode_here(opened(1, 1, "jpeg"), SCAN * 13)
    assert cost.may_decode_here(opened(1, 1, "zip"), SCAN * 13)
    for marker in (b"\xff\xc9", b"\xff\xca"):
        assert not cost.may_decode_here(opened(1, 1, "jpeg"), marker)


@pytest.mark.parametrize(
    ("content", "may"),
    [
        (b"iCCP" * 8, True),
        (b"iCCP" * 9, False),
        (b"GIF89a".ljust(SMALL), True),
        (b"GIF89a".ljust(SMALL + 1), False),
        (b"RIFF".ljust(SMALL + 1), True),
        (b"BM".ljust(SMALL + 1), True),
        (b"P5".ljust(SMALL + 1), False),
    ],
)
def test_a_header_is_read_here_if_that_takes_few_steps(content, may):
    assert cost.may_open_here(content) is may


# One step each: a byte that is no marker, padding, a zero after 0xff, a marker without a length, and a segment.
SEGMENTS = (b"\0", b"\xff", b"\xff\0", b"\xff\xd0", b"\xff\xe0\0\5abc")


@pytest.mark.parametrize("most", [5, 6])
def test_the_steps_before_the_first_scan_are_counted(monkeypatch, most):
    monkeypatch.setattr(cost, "_SMALL_FILE", 0)
    monkeypatch.setattr(cost, "_MOST_STEPS", most)
    assert cost.may_open_here(JPEG + b"".join(SEGMENTS) + SCAN + b"\0" * 50) is (most == 6)
    for segment in SEGMENTS[:1] + SEGMENTS[2:]:
        assert cost.may_open_here(JPEG + segment * (most - 1) + SCAN + b"\0" * 50)
        assert not cost.may_open_here(JPEG + segment * most + SCAN + b"\0" * 50)
    chunk = b"\0\0\0\3IDATabc\1\2\3\4"
    assert cost.may_open_here(PNG + chunk * (most - 1))
    assert not cost.may_open_here(PNG + chunk * most)


def test_scans_are_counted_outside_of_other_segments():
    assert cost.count_scans(JPEG + SCAN * 100) == 0
    assert cost.count_scans(JPEG + SCAN * 101) == 101
    assert cost.count_scans(JPEG + SCAN * 500) == 101
    inside = b"\xff\xe0" + (2 + 404).to_bytes(2, "big") + SCAN * 101
    assert cost.count_scans(JPEG + inside) == 0
    assert cost.count_scans(JPEG + inside + SCAN * 3 + b"\xff\xd9" + SCAN * 200) == 3
    assert cost.count_scans(JPEG + b"\xff\xd0" + SCAN * 101) == 101


def test_the_size_of_a_webp_file_is_in_its_first_thirty_bytes():
    start = b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\2\0\1" + b"\4\0\0"
    assert len(start) == 30
    assert cost.webp_size(start) == (0x10003, 5)
    assert cost.webp_size(start[:29]) is None
    assert cost.webp_size(b"RIFX" + start[4:]) is None
    assert cost.webp_size(start.replace(b"VP8X", b"VP8L")) is None


def test_an_image_may_have_just_as_many_pixels_as_allowed(monkeypatch):
    decoding._check_size((8_000, 8_000), "it")
    with pytest.raises(ImageError, match="8,000×8,001"):
        decoding._check_size((8_000, 8_001), "it")
    for size in ((0, 5), (5, 0)):
        with pytest.raises(ImageError, match="it has no pixels"):
            decoding._check_size(size, "it")
    decoding._check_memory(600_000_000, (1, 1), 5, "it")
    with pytest.raises(ImageError, match=r"is 1×1 and would take 600 MB to decode; a file of 5 bytes may take 600 MB"):
        decoding._check_memory(600_000_001, (1, 1), 5, "it")
    monkeypatch.setattr(decoding, "MAX_PIXELS", 25)
    assert read_image(np.zeros((10, 10), np.uint8)).size == (10, 10)
    with pytest.raises(ImageError, match=r"has 110 values; at most 25 pixels are allowed: make it smaller\."):
        read_image(np.zeros((10, 11), np.uint8))


def test_what_a_decoder_says_is_shortened_to_one_line():
    assert decoding._one_line(ValueError("a" * 121)) == "a" * 120
    assert decoding._one_line(ValueError(" a\n  b\x1b[31m.. ")) == "a b?[31m"
    assert decoding._one_line(KeyError()) == "KeyError"
    assert batches._in_short(ValueError("a" * 121)) == "a" * 120
    assert batches._in_short(ValueError(" a\n  b ")) == "a b"
    assert batches._in_short(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("image file is truncated", "truncated"),
        ("Truncated File Read", "truncated"),
        ("not enough image data", "truncated"),
        ("unexpected end of file", "truncated"),
        ("buffer is not large enough", "truncated"),
        ("broken data stream", "damaged"),
    ],
)
def test_a_file_that_is_cut_short_is_told_from_a_damaged_one(said, problem):
    error = decoding._explain_damaged("it", OSError(said))
    assert error.problem == problem
    assert str(error) == f"it is damaged or cannot be decoded ({said}): save the image again, as PNG."
    bomb = decoding._explain_damaged("it", Image.DecompressionBombError(said))
    assert (bomb.problem, "far more than the 64,000,000 pixels allowed" in str(bomb)) == ("too_large", True)


def test_a_name_is_shown_for_each_kind_of_source():
    sources = ("a\nb", "", b"12345", Image.new("L", (1, 1)), np.zeros(1))
    assert [decoding._name(source) for source in sources] == [
        r"a\nb", "''", "the image of 5 bytes", "the image", "the image array"
    ]  # fmt: skip


def test_a_large_image_is_not_copied_unless_it_has_several_frames():
    assert decoding._is_large_still(Image.new("L", (2_001, 2_000)))
    assert not decoding._is_large_still(Image.new("L", (2_000, 2_000)))
    animated = Image.new("L", (2_001, 2_000))
    vars(animated)["is_animated"] = True
    assert not decoding._is_large_still(animated)


# -------------------------------------------------------------------------------------------- in the child process


@pytest.fixture
def system(monkeypatch):
    """Records the limits that the operating system is asked for, as (soft, hard) or seconds; the hard one is 500."""
    resource = pytest.importorskip("resource")
    asked: list[object] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (77, 500))
    monkeypatch.setattr(resource, "setrlimit", lambda what, most: asked.append((what == resource.RLIMIT_AS, most)))
    monkeypatch.setattr(signal, "setitimer", lambda which, seconds: asked.append((which, seconds)))
    return asked


@pytest.mark.skipif(not limits.HAS_TIMER, reason="needs timers of processor time")
@pytest.mark.parametrize(
    ("baseline", "memory", "soft"), [(100, 300, 400), (100, 400, 500), (100, 401, 500), (0, 9, 500)]
)
def test_a_budget_is_asked_for_and_taken_back(monkeypatch, system, baseline, memory, soft):
    monkeypatch.setattr(limits, "_baseline", baseline)

    def fail() -> None:
        with within(Budget(0.25, memory)):
            assert system == [(True, (soft, 500)), (signal.ITIMER_PROF, 0.25)]
            system.clear()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert system == [(signal.ITIMER_PROF, 0), (True, (500, 500))]


def test_without_a_hard_limit_any_memory_may_be_asked_for(monkeypatch, system):
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (77, resource.RLIM_INFINITY))
    limits._limit_memory(10**12)
    limits._limit_memory(None)
    assert [most for _, most in system] == [(10**12, resource.RLIM_INFINITY), (resource.RLIM_INFINITY,) * 2]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much a process uses")
def test_a_process_counts_what_it_used_before(monkeypatch):
    unblocked = []
    monkeypatch.setattr(limits, "_baseline", None)
    assert not limits.is_enforced_here()
    monkeypatch.setattr(signal, "pthread_sigmask", lambda how, signals: unblocked.append((how, signals)))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    limits.enforce_here()
    assert limits.is_enforced_here()
    assert unblocked == [(signal.SIG_UNBLOCK, {signal.SIGPROF})]
    in_use = limits._baseline
    assert in_use is not None
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (size,) = [int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize")]
    assert in_use == pytest.approx(size, rel=0.1)


PICTURE = Image.fromarray(np.add.outer(np.arange(23) * 4, np.arange(10) * 2).astype(np.uint8))


def answers_to(kind: bytes, content: bytes, name: str = "it") -> list[bytes]:
    """The messages that come back for a file."""
    head = msgspec.msgpack.encode((len(content), name))
    file = io.BytesIO()
    separate._answer(kind + len(head).to_bytes(4, "little") + head + content, file)
    whole, found = file.getvalue(), []
    while whole:
        length = int.from_bytes(whole[:4], "little")
        found.append(whole[4 : 4 + length])
        whole = whole[4 + length :]
    return found


@pytest.mark.parametrize(("piece", "rows"), [(1, 1), (4 * 10 * 7, 7), (4 * 10 * 8 - 1, 7), (4 << 20, 104_857)])
def test_an_image_is_sent_in_pieces_of_whole_rows(monkeypatch, tmp_path, piece, rows):
    monkeypatch.setattr(separate, "_PIECE", piece)
    file = io.BytesIO()
    PICTURE.save(file, "PNG")
    path = tmp_path / "caf\u00e9.png"
    path.write_bytes(file.getvalue())
    for kind, content in ((b"b", file.getvalue()), (b"p", os.fsencode(path))):
        head, *pieces = answers_to(kind, content)
        facts = msgspec.msgpack.decode(head, type=separate.Answer)
        assert (facts.error, facts.mode, facts.size, facts.rows_at_once) == ("", "L", (10, 23), rows)
        assert [len(one) for one in pieces] == [10 * min(rows, 23 - top) for top in range(0, 23, rows)]
        assert b"".join(pieces) == PICTURE.tobytes()


def test_a_palette_its_transparency_and_the_notes_are_sent():
    palette = PICTURE.convert("RGB").quantize(5)
    palette.info = {"notes": ("turned",), "transparency": 3}
    facts = separate._facts(palette)
    assert (facts.mode, facts.palette_mode, facts.notes, facts.transparency) == ("P", "RGB", ("turned",), 3)
    assert facts.palette[:15] == bytes(palette.getpalette() or [])[:15]
    plain = separate._facts(PICTURE)
    assert (plain.palette_mode, plain.palette, plain.notes, plain.transparency) == ("", b"", (), None)


def test_the_problem_of_a_file_is_sent_and_nothing_else():
    (answer,) = answers_to(b"b", b"hello", "greeting.png")
    facts = msgspec.msgpack.decode(answer, type=separate.Answer)
    assert facts.error.startswith("greeting.png is not an image: PNG")
    assert (facts.problem, facts.size) == ("not_an_image", (0, 0))
