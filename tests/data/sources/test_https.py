"""The https mirror against a web server on this machine: cut connections, wrong ranges, stalls, and the messages."""

import errno
import gzip
import os
import time
from pathlib import Path
from typing import Any

import pytest

from convlens.data.sources import FetchProgress, HttpsMirror, SourceError
from convlens.errors import OutputError

NAME = "train-images-idx3-ubyte"
CONTENT = os.urandom(300_000)
PACKED = gzip.compress(CONTENT)
WANTED = {NAME: len(CONTENT)}


def deliver(mirror: Any, into: Path, timeout: float = 5.0, attempts: int = 5) -> list[FetchProgress]:
    seen: list[FetchProgress] = []
    source = HttpsMirror(mirror.url, timeout=timeout, attempts=attempts)
    assert list(source.deliver(WANTED, into, seen.append)) == [NAME]
    assert (into / NAME).read_bytes() == CONTENT
    assert not list(into.glob("*.part"))
    return seen


def fail(mirror: Any, into: Path, message: str, timeout: float = 5.0, attempts: int = 5) -> None:
    with pytest.raises(SourceError, match=message):
        list(HttpsMirror(mirror.url, timeout=timeout, attempts=attempts).deliver(WANTED, into, lambda _: None))


def test_a_download_reports_its_progress(mirror: Any, tmp_path: Path) -> None:
    mirror.files = {f"{NAME}.gz": PACKED}
    seen = deliver(mirror, tmp_path)
    assert mirror.requests == [(f"{NAME}.gz", None)]
    assert seen[-1] == FetchProgress(mirror.url, NAME, len(PACKED), len(PACKED))
    assert [step.done_bytes for step in seen] == sorted({step.done_bytes for step in seen})
    assert len(seen) > 1


def test_a_file_that_is_not_packed_is_taken_as_it_is(mirror: Any, tmp_path: Path) -> None:
    mirror.files = {f"{NAME}.gz": CONTENT}
    deliver(mirror, tmp_path)


def test_a_cut_connection_goes_on_where_it_was_cut(mirror: Any, tmp_path: Path) -> None:
    mirror.files, mirror.cut_after = {f"{NAME}.gz": PACKED}, [100_000, 70_000]
    seen = deliver(mirror, tmp_path)
    assert [wanted for _, wanted in mirror.requests] == [None, "bytes=100000-", "bytes=170000-"]
    assert seen[-1].total_bytes == len(PACKED)


def test_a_later_run_goes_on_as_well(mirror: Any, tmp_path: Path) -> None:
    mirror.files, mirror.cut_after = {f"{NAME}.gz": PACKED}, [100_000]
    fail(mirror, tmp_path, rf"the connection was cut after 100,000 of {len(PACKED):,} bytes", attempts=1)
    deliver(mirror, tmp_path)
    assert mirror.requests[-1] == (f"{NAME}.gz", "bytes=100000-")


def test_a_server_without_ranges_sends_everything_again(mirror: Any, tmp_path: Path) -> None:
    mirror.files, mirror.cut_after, mirror.knows_ranges = {f"{NAME}.gz": PACKED}, [100_000], False
    deliver(mirror, tmp_path)
    assert len(mirror.requests) == 2


def test_a_complete_part_file_is_used(mirror: Any, tmp_path: Path) -> None:
    mirror.files, mirror.cut_after = {f"{NAME}.gz": PACKED}, [100_000]
    fail(mirror, tmp_path, "was cut", attempts=1)
    next(tmp_path.glob("*.part")).write_bytes(PACKED)
    deliver(mirror, tmp_path)
    assert mirror.requests[-1] == (f"{NAME}.gz", f"bytes={len(PACKED)}-")


@pytest.mark.parametrize("junk", [b"junk" * 1000, b"junk" * 200_000], ids=["short", "longer than the file"])
def test_a_part_file_that_does_not_fit_is_dropped_and_the_file_got_afresh(
    mirror: Any, tmp_path: Path, junk: bytes
) -> None:
    mirror.files, mirror.cut_after = {f"{NAME}.gz": PACKED}, [1000]
    fail(mirror, tmp_path, "was cut", attempts=1)
    next(tmp_path.glob("*.part")).write_bytes(junk)
    deliver(mirror, tmp_path)
    assert mirror.requests[-1] == (f"{NAME}.gz", None)


def test_another_range_than_asked_for_is_not_appended(mirror: Any, tmp_path: Path) -> None:
    mirror.files, mirror.cut_after, mirror.range_shift = {f"{NAME}.gz": PACKED}, [100_000], 7
    fail(mirror, tmp_path, "it sent another part of the file than requested")
    assert not list(tmp_path.glob("*.part"))


def test_mirrors_do_not_share_part_files(mirror: Any, tmp_path: Path) -> None:
    mirror.files, mirror.cut_after = {f"{NAME}.gz": PACKED, f"other/{NAME}.gz": PACKED}, [1000]
    fail(mirror, tmp_path, "was cut", attempts=1)
    other = HttpsMirror(mirror.url + "other/")
    assert list(other.deliver(WANTED, tmp_path, lambda _: None)) == [NAME]
    assert mirror.requests[-1] == (f"other/{NAME}.gz", None)


def test_a_missing_file_ends_the_mirror_at_once(mirror: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"it answered 404 Not Found for a\.gz"):
        list(HttpsMirror(mirror.url).deliver({"a": 5, "b": 5}, tmp_path, lambda _: None))
    assert mirror.requests == [("a.gz", None)]


def test_a_stalled_server_is_given_up_after_the_time_out(mirror: Any, tmp_path: Path) -> None:
    mirror.files, mirror.stalls = {f"{NAME}.gz": PACKED}, True
    start = time.monotonic()
    fail(mirror, tmp_path, r"it did not answer within 0\.2 s", timeout=0.2)
    assert 0.2 <= time.monotonic() - start < 2
    assert len(mirror.requests) == 1


def test_nobody_listens(mirror: Any, tmp_path: Path) -> None:
    mirror.url = "http://127.0.0.1:1/"
    fail(mirror, tmp_path, r"the connection failed \(.*refused")


def test_a_name_that_cannot_be_looked_up(mirror: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    mirror.url = "http://mirror.invalid/"
    fail(mirror, tmp_path, r"its host name cannot be resolved; check the network")


def test_too_much_or_too_little(mirror: Any, tmp_path: Path) -> None:
    mirror.files = {f"{NAME}.gz": CONTENT * 3}
    fail(mirror, tmp_path, r"it sent more than the 307,096 bytes that the file can have")
    mirror.files = {f"{NAME}.gz": gzip.compress(bytes(50_000_000))}  # a small file that unpacks into a large one
    fail(mirror, tmp_path, rf"its {NAME} is larger than the 300,000 bytes it should have")
    assert (tmp_path / NAME).stat().st_size <= 2 << 20
    mirror.files = {f"{NAME}.gz": gzip.compress(b"short")}
    fail(mirror, tmp_path, rf"its {NAME} has 5 bytes instead of 300,000")
    mirror.files = {f"{NAME}.gz": PACKED[:-9]}
    fail(mirror, tmp_path, rf"its {NAME} is damaged \(")


def test_a_full_disk_is_not_taken_for_a_broken_connection(
    mirror: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.files = {f"{NAME}.gz": PACKED}
    real_open = Path.open

    def open_full(path: Path, mode: str = "r", **others: Any) -> Any:
        if path.suffix == ".part":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_open(path, mode, **others)

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(OutputError, match=rf"the disk is full \({len(PACKED):,} bytes needed\)"):
        list(HttpsMirror(mirror.url).deliver(WANTED, tmp_path, lambda _: None))
    assert len(mirror.requests) == 1
