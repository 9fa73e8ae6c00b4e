"""Checksums that are remembered: when a file is hashed again, and that a bad or unwritable record harms nothing."""

import gzip
import json
import os
from pathlib import Path

import pytest

from convlens.data import raw_files
from convlens.data.raw_files import damaged_files, locate
from convlens.errors import OutputError
from convlens.files import sha256_of_bytes, sha256_of_file

GOOD = sha256_of_bytes(b"good")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were hashed, as it happens."""
    names: list[str] = []

    def hash_and_note(path: Path) -> str:
        names.append(path.name)
        return sha256_of_file(path)

    monkeypatch.setattr(raw_files, "sha256_of_file", hash_and_note)
    return names


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "raw" / "file"
    path.parent.mkdir()
    path.write_bytes(b"good")
    return path


def test_an_unchanged_file_is_hashed_once(file: Path, hashed: list[str]) -> None:
    for _ in range(3):
        assert damaged_files(file.parent, {file: GOOD}) == []
    assert hashed == ["file"]


def test_a_changed_file_is_hashed_again_and_found_damaged(file: Path, hashed: list[str]) -> None:
    damaged_files(file.parent, {file: GOOD})
    file.write_bytes(b"gooD")
    os.utime(file, ns=(1, 1))
    assert damaged_files(file.parent, {file: GOOD}) == [file]
    assert hashed == ["file", "file"]
    assert damaged_files(file.parent, {file: GOOD}) == [file]  # damaged from memory as well
    assert hashed == ["file", "file"]


def test_a_touched_file_is_hashed_again_and_found_good(file: Path, hashed: list[str]) -> None:
    damaged_files(file.parent, {file: GOOD})
    os.utime(file, ns=(1, 1))
    assert damaged_files(file.parent, {file: GOOD}) == []
    assert hashed == ["file", "file"]


def test_the_checksum_of_a_gz_file_is_that_of_its_content(tmp_path: Path) -> None:
    packed = tmp_path / "file.gz"
    packed.write_bytes(gzip.compress(b"good"))
    assert damaged_files(tmp_path, {packed: GOOD}) == []
    packed.write_bytes(gzip.compress(b"good")[:-1])
    assert damaged_files(tmp_path, {packed: GOOD}) == [packed]


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{",
        b"[1]",
        b'{"file": 3}',
        b'{"file": {"size": 4}}',
        b'{"file": {"size": 4, "mtime_ns": 0, "sha256": "x"}}',
        b"\xff",
        b"[" * 100_000,
    ],
    ids=["empty", "cut", "list", "number", "part", "stale", "no text", "deep"],
)
def test_a_strange_record_is_not_believed(file: Path, record: bytes) -> None:
    (file.parent / ".convlens-checksums.json").write_bytes(record)
    assert damaged_files(file.parent, {file: GOOD}) == []
    assert json.loads((file.parent / ".convlens-checksums.json").read_text())["file"]["sha256"] == GOOD


def test_a_folder_that_may_not_be_written_to_is_hashed_each_time(
    file: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: str) -> None:
        raise OutputError(f"cannot write {path}: no permission ({len(content)} bytes).")

    monkeypatch.setattr(raw_files, "write_atomically", refuse)
    for _ in range(2):
        assert damaged_files(file.parent, {file: GOOD}) == []
    assert hashed == ["file", "file"]
    assert [path.name for path in file.parent.iterdir()] == ["file"]


def test_raw_comes_before_gz_and_a_folder_counts_as_damaged(tmp_path: Path) -> None:
    assert locate(tmp_path, "file") is None
    (tmp_path / "file.gz").touch()
    assert locate(tmp_path, "file") == tmp_path / "file.gz"
    (tmp_path / "file").mkdir()
    assert locate(tmp_path, "file") == tmp_path / "file"
    assert damaged_files(tmp_path, {tmp_path / "file": GOOD}) == [tmp_path / "file"]
