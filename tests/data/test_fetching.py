"""Fetching: source after source, checksums before names, messages that help, repairs, and two at once."""

import gzip
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from convlens.data import CATALOGUE, FetchProgress, fetch
from convlens.data.fetching import fetch_entry
from convlens.data.sources import OnProgress, SourceError
from convlens.errors import DatasetUnavailable, OutputError, UsageError


@dataclass(frozen=True)
class FakeSource:
    """Gives the files in `contents`, then fails with `reason` if there is one; notes what it was asked for."""

    name: str
    contents: Mapping[str, bytes]
    reason: str = ""
    seconds: float = 0.0
    asked: list[list[str]] = field(default_factory=list)

    def describe(self) -> str:
        return self.name

    def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
        self.asked.append(list(wanted))
        time.sleep(self.seconds)
        for name in wanted:
            if name in self.contents:
                (into / name).write_bytes(self.contents[name])
                on_progress(FetchProgress(self.name, name, len(self.contents[name]), wanted[name]))
                yield name
        if self.reason:
            (into / "half.part").write_bytes(b"half")
            (into / "litter").write_bytes(b"litter")
            raise SourceError(self.reason)


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_the_files_get_their_names_and_nothing_else_stays(tiny: Any, tmp_path: Path) -> None:
    seen: list[FetchProgress] = []
    folder = fetch_entry(tiny.with_sources(FakeSource("one", tiny.contents)), tmp_path / "new", seen.append)
    assert folder == tmp_path / "new" / "MNIST" / "raw"
    assert {name: (folder / name).read_bytes() for name in visible(folder)} == tiny.contents
    assert not (folder / ".convlens-download").exists()
    assert seen[0] == FetchProgress("one", "train-images-idx3-ubyte", 16 + 3 * 784, 16 + 3 * 784)


def test_by_name(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, "mnist", tiny.with_sources(FakeSource("one", tiny.contents)))
    assert visible(fetch("MNIST", tmp_path)) == set(tiny.contents)
    with pytest.raises(UsageError, match=r"unknown dataset 'x'; known: mnist, fashion-mnist"):
        fetch("x", tmp_path)


def test_the_next_source_is_asked_for_what_is_still_missing(tiny: Any, tmp_path: Path) -> None:
    names = list(tiny.contents)
    first = FakeSource("first", {names[0]: tiny.contents[names[0]]}, "out of breath")
    second = FakeSource("second", tiny.contents)
    third = FakeSource("third", tiny.contents)
    fetch_entry(tiny.with_sources(first, second, third), tmp_path)
    assert (first.asked, second.asked, third.asked) == ([names], [names[1:]], [])


def test_wrong_bytes_never_get_the_name(tiny: Any, tmp_path: Path) -> None:
    wrong = dict.fromkeys(tiny.contents, b"something else")
    liar = FakeSource("liar", wrong)
    with pytest.raises(DatasetUnavailable, match=r"liar: its train-images-idx3-ubyte has a wrong SHA-256 \("):
        fetch_entry(tiny.with_sources(liar), tmp_path)
    assert visible(tmp_path / "MNIST" / "raw") == set()
    fetch_entry(tiny.with_sources(liar, FakeSource("honest", tiny.contents)), tmp_path)
    assert visible(tmp_path / "MNIST" / "raw") == set(tiny.contents)


def test_when_all_fail_the_message_says_everything(tiny: Any, tmp_path: Path) -> None:
    names = list(tiny.contents)
    some = FakeSource("some", {name: tiny.contents[name] for name in names[:2]})
    with pytest.raises(DatasetUnavailable) as caught:
        fetch_entry(tiny.with_sources(FakeSource("down", {}, "it answered 503"), some), tmp_path)
    raw, command = tmp_path / "MNIST" / "raw", f"convlens data fetch mnist --data-dir {tmp_path}"
    assert str(caught.value).splitlines() == [
        "Tiny MNIST could not be downloaded. These sources failed:",
        "  - down: it answered 503",
        f"  - some: it did not give {names[2]}, {names[3]}",
        f"Try `{command}` again later, or put these files (raw or .gz) into {raw}:",
        f"  - {names[2]}",
        f"  - {names[3]}",
    ]


def test_after_a_failure_only_part_files_stay(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(DatasetUnavailable, match="tired"):
        fetch_entry(tiny.with_sources(FakeSource("one", {}, "tired")), tmp_path)
    workshop = tmp_path / "MNIST" / "raw" / ".convlens-download"
    assert [path.name for path in workshop.iterdir()] == ["half.part"]


def test_an_interruption_passes_and_keeps_what_was_checked(tiny: Any, tmp_path: Path) -> None:
    def interrupt(progress: FetchProgress) -> None:
        if "labels" in progress.file:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_entry(tiny.with_sources(FakeSource("one", tiny.contents)), tmp_path, interrupt)
    assert visible(tmp_path / "MNIST" / "raw") == {"train-images-idx3-ubyte"}
    assert not (tmp_path / "MNIST" / "raw" / ".convlens-download").exists()


def test_good_files_are_left_alone_and_damaged_ones_replaced(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write(tmp_path)
    source = FakeSource("one", tiny.contents)
    fetch_entry(tiny.with_sources(source), tmp_path)
    assert source.asked == []
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    fetch_entry(tiny.with_sources(source), tmp_path)
    assert source.asked == [["t10k-labels-idx1-ubyte"]]
    assert (folder / "t10k-labels-idx1-ubyte").read_bytes() == tiny.contents["t10k-labels-idx1-ubyte"]


def test_a_damaged_gz_file_is_made_up_for_by_a_raw_one(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write(tmp_path, packed=True)
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"other"))
    fetch_entry(tiny.with_sources(FakeSource("one", tiny.contents)), tmp_path)
    assert (folder / "t10k-labels-idx1-ubyte").read_bytes() == tiny.contents["t10k-labels-idx1-ubyte"]


def test_two_at_once_fetch_once(tiny: Any, tmp_path: Path) -> None:
    source = FakeSource("slow", tiny.contents, seconds=0.3)
    seen: list[FetchProgress] = []
    threads = [
        threading.Thread(target=fetch_entry, args=(tiny.with_sources(source), tmp_path, seen.append)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(source.asked) == 1
    assert visible(tmp_path / "MNIST" / "raw") == set(tiny.contents)
    assert FetchProgress("another convlens process", "Tiny MNIST", 0, None) in seen


def test_a_data_folder_that_cannot_be_written(tiny: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    source = FakeSource("one", tiny.contents)
    with pytest.raises(OutputError, match=r"cannot write .*file: a part of that path is a file.*Choose another folder"):
        fetch_entry(tiny.with_sources(source), tmp_path / "file")
    assert source.asked == []


def test_a_full_disk_ends_the_fetch_instead_of_trying_other_sources(tiny: Any, tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class FullDisk(FakeSource):
        def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
            raise OutputError(f"cannot write {into}: the disk is full.")
            yield from super().deliver(wanted, into, on_progress)

    second = FakeSource("second", tiny.contents)
    with pytest.raises(OutputError, match="the disk is full"):
        fetch_entry(tiny.with_sources(FullDisk("first", {}), second), tmp_path)
    assert second.asked == []
