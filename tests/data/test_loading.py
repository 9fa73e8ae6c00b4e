"""From files to a Dataset: by name, offline, from raw and packed files; damaged ones are refused with what to do."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data import CATALOGUE, load_dataset
from convlens.data.loading import load_entry
from convlens.errors import DamagedData, DatasetUnavailable, UsageError


@pytest.mark.parametrize("packed", [False, True])
def test_files_that_lie_there_are_used_without_any_source(tiny: Any, tmp_path: Path, packed: bool) -> None:
    tiny.write(tmp_path, packed=packed)
    dataset = load_entry(tiny.entry, tmp_path)  # an entry without sources: a fetch would fail
    assert (dataset.name, dataset.preprocessing_rules) == ("mnist", "mnist")
    assert dataset.test is not None
    assert np.array_equal(dataset.train.images[:, 0], tiny.images["train"])
    assert np.array_equal(dataset.test.images[:, 0], tiny.images["test"])
    assert dataset.train.labels.tolist() == [5, 6, 7]
    assert dataset.test.labels.tolist() == [5, 6]
    assert dataset.train.class_names == tuple("0123456789")
    assert (dataset.train.name, dataset.test.name) == ("mnist train", "mnist test")


def test_by_name_from_the_folder_in_the_environment(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, "mnist", tiny.entry)
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path))
    tiny.write(tmp_path)
    assert len(load_dataset("MNIST").train) == 3


def test_files_that_are_missing_are_fetched(tiny: Any, mirror: Any, tmp_path: Path) -> None:
    from convlens.data.sources import HttpsMirror

    mirror.files = tiny.contents
    seen: list[Any] = []
    dataset = load_entry(tiny.with_sources(HttpsMirror(mirror.url, "")), tmp_path, seen.append)
    assert len(dataset.train) == 3
    assert seen[-1].source == mirror.url
    asked = len(mirror.requests)
    load_entry(tiny.with_sources(HttpsMirror(mirror.url, "")), tmp_path)
    assert len(mirror.requests) == asked == 4


def test_a_damaged_file_says_what_to_do(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write(tmp_path)
    load_entry(tiny.entry, tmp_path)
    path = folder / "train-images-idx3-ubyte"
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    advice = (
        r"train-images-idx3-ubyte is damaged .*Delete it, or run `convlens data fetch mnist --data-dir .*` to get it"
    )
    with pytest.raises(DamagedData, match=advice):
        load_entry(tiny.entry, tmp_path)
    path.write_bytes(content[:400])
    with pytest.raises(DamagedData, match=advice):
        load_entry(tiny.entry, tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(DamagedData, match=r"train-images-idx3-ubyte is a folder, not the file that Tiny MNIST has"):
        load_entry(tiny.entry, tmp_path)


def test_a_dataset_that_nobody_gives(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(DatasetUnavailable, match=r"Tiny MNIST could not be fetched"):
        load_entry(tiny.entry, tmp_path)


def test_an_unknown_name_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown dataset 'mnits'; known: mnist, fashion-mnist; did you mean mnist\?"):
        load_dataset("mnits", tmp_path / "data")
    assert not (tmp_path / "data").exists()
