"""Decoding in other processes: a file that ends its process or keeps it busy costs that file and nothing else."""

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data.custom import pool as pool_module
from convlens.data.custom.decoding import Decoded, decode
from convlens.data.custom.facts import PROBLEMS
from convlens.data.custom.pool import DecodingPool
from convlens.data.custom.worker import Job, Reader
from convlens.pixels import encode_png
from convlens.pixels import processes as processes_module

# A decoder that crashes or hangs on command, in the place of the real one.
_BAD_DECODER = """
import sys; sys.path[:] = sys.argv[2:]
import os, time
from convlens.data.custom import worker
real = worker.decode
def decode(content, size, channels):
    if content == b"crash": os._exit(9)
    if content == b"hang": time.sleep(60)
    if content == b"busy":
        while True: pass
    if content == b"print": os.write(1, b"libtiff: what a file!"); content = b""
    return real(content, size, channels)
worker.decode = decode
worker.serve()
"""

_SHORT_LIMIT = """
from convlens.pixels.limits import Budget
worker.budget_for = lambda size: Budget(0.3, 600_000_000)
"""


def make_files(folder: Path, *contents: bytes) -> list[bytes]:
    places = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.png"
        path.write_bytes(content)
        places.append(os.fsencode(path))
    return places


def good(level: int) -> bytes:
    return encode_png(np.full((16, 16), level, np.uint8))


def decode_all(places: list[bytes], **options: Any) -> list[Decoded]:
    with DecodingPool(len(places) * 50) as pool:
        jobs = [Job(b"", places[start : start + 3], 16, 1, **options) for start in range(0, len(places), 3)]
        answers = [answer for group in pool.decode(jobs, lambda: None) for answer in group]
        assert pool.done == len(places)
    return answers


def test_the_same_as_in_this_process(tmp_path: Path, processes: None) -> None:
    contents = [good(level) for level in range(7)] + [b"hello", b""]
    answers = decode_all(make_files(tmp_path, *contents))
    for content, answer in zip(contents, answers, strict=True):
        here = decode(content, 16, 1)
        assert answer.facts == here.facts
        assert answer.words == here.words
        assert (answer.pixels is None) == (here.pixels is None)
        assert answer.pixels is None or np.array_equal(answer.pixels, here.pixels)  # pyright: ignore


def test_a_crash_a_hang_and_noise(tmp_path: Path, processes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        processes_module, "_CODE", _BAD_DECODER.replace("worker.serve()", _SHORT_LIMIT + "worker.serve()")
    )
    monkeypatch.setattr(pool_module, "MOST_WAITING", 3.0)  # a good file may wait for a core, too
    contents = [good(1), b"crash", good(2), b"hang", good(3), b"print", b"busy", b"crash", good(4)]
    answers = decode_all(make_files(tmp_path, *contents))
    found = [PROBLEMS[answer.facts["problem"]] for answer in answers]
    assert found == ["none", "crashed", "none", "too_slow", "none", "empty", "too_slow", "crashed", "none"]
    assert [int(answer.pixels[0, 0, 0]) for answer in answers if answer.pixels is not None] == [1, 2, 3, 4]
    assert answers[1].words == "ended the process that decoded it: save it again with another program"
    assert answers[3].words == answers[6].words
    assert answers[6].words == (
        "took more than the processor time allowed (1.5 s and 1 s for each 4 MB of the file, at most 5 s): save it "
        "again, as a plain PNG or smaller"
    )


def test_no_process_survives_its_pool(tmp_path: Path, processes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes_module, "_CODE", _BAD_DECODER)
    pool = DecodingPool(100)
    places = make_files(tmp_path, b"hang")

    def interrupt() -> None:
        if any(worker.busy_since and worker.process.is_running for worker in pool._workers):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), pool:
        list(pool.decode([Job(b"", places, 16, 1)], interrupt))
    assert not any(worker.process.is_running for worker in pool._workers)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("convlens-decoding")]


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "print('hello, this is something else')"])
def test_where_no_process_can_be_started(
    tmp_path: Path, processes: None, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(processes_module, "_CODE", code)
    answers = decode_all(make_files(tmp_path, good(5), b"hello"))
    assert [PROBLEMS[answer.facts["problem"]] for answer in answers] == ["none", "not_an_image"]


def test_files_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    names = ["gone.png", "pipe.png", "folder.png", "x" * 300, "nul\0.png"]
    job = Job(b"", [os.fsencode(tmp_path / name) for name in names], 16, 1)
    found = [Reader().decode(job, number) for number in range(len(names))]
    assert [PROBLEMS[answer.facts["problem"]] for answer in found] == ["vanished"] + ["unreadable"] * 4
    assert found[1].words == "cannot be read (it is not a file but a folder, a device or a pipe): check the file"
    (tmp_path / "mine.png").write_bytes(good(1))

    def refuse(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("convlens.data.custom.worker.open", refuse, raising=False)
    closed = Reader().decode(Job(b"", [os.fsencode(tmp_path / "mine.png")], 16, 1), 0)
    assert (PROBLEMS[closed.facts["problem"]], closed.words) == (
        "unreadable",
        "cannot be read: check its permissions",
    )


@pytest.mark.parametrize(("allowed", "problem"), [(0, "none"), (-1, "too_large")])
def test_a_file_of_exactly_the_largest_size_is_read(tmp_path, monkeypatch, allowed, problem):
    path = tmp_path / "grey.png"
    path.write_bytes(good(1))
    monkeypatch.setattr("convlens.data.custom.worker.MAX_FILE_BYTES", path.stat().st_size + allowed)
    answer = Reader().decode(Job(b"", [os.fsencode(path)], 16, 1), 0)
    assert PROBLEMS[answer.facts["problem"]] == problem


def test_files_of_kinds_that_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.PSD").write_bytes(b"8BPS and more")
    answer = Reader().decode(Job(b"", [os.fsencode(tmp_path / "a.PSD")], 16, 1), 0)
    assert PROBLEMS[answer.facts["problem"]] == "unsupported"
    assert answer.words == "is a .psd file, which is not supported: save it as PNG"
