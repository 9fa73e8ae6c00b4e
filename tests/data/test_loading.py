"""From files to a Dataset: by name, offline, from raw and packed files; damaged ones are refused with what to do."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data import (
    CATALOGUE,
    CatalogueEntry,
    Dataset,
    ImportOptions,
    LabelledImages,
    RawFile,
    load_dataset,
    status,
)
from convlens.data.loading import load_entry
from convlens.errors import DamagedData, DataError, DatasetUnavailable, UsageError
from convlens.files import sha256_of_bytes
from convlens.pixels import encode_png


@pytest.mark.parametrize("packed", [False, True])
def test_files_that_lie_there_are_used_without_any_source(tiny: Any, tmp_path: Path, packed: bool) -> None:
    tiny.write(tmp_path, packed=packed)
    dataset = load_entry(tiny.entry, tmp_path)  # an entry without sources: a fetch would fail
    assert (dataset.name, dataset.preprocessing_rules) == ("mnist", "digit")
    assert dataset.test is not None
    assert np.array_equal(dataset.train.images[:, 0], tiny.images["train"])
    assert np.array_equal(dataset.test.images[:, 0], tiny.images["test"])
    assert dataset.train.labels.tolist() == [5, 6, 7]
    assert dataset.test.labels.tolist() == [5, 6]
    assert dataset.train.class_names == tuple("0123456789")
    assert (dataset.train.name, dataset.test.name) == ("mnist train", "mnist test")


def test_classes_are_whole_numbers_where_their_names_count_from_0(tiny: Any, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    assert load_entry(tiny.entry, tmp_path).numbered
    from_one = replace(tiny.entry, class_names=tuple("1234567890"))
    assert not load_entry(from_one, tmp_path).numbered


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
    with pytest.raises(DatasetUnavailable, match=r"Tiny MNIST could not be downloaded"):
        load_entry(tiny.entry, tmp_path)


def test_an_unknown_name_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown dataset 'mnits'; known: mnist, fashion-mnist; did you mean mnist\?"):
        load_dataset("mnits", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def write_pets(folder: Path) -> Path:
    for name, level in (("cat", 10), ("dog", 200)):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            pixels = np.full((20, 20), level + number, np.uint8)
            (folder / name / f"{number}.png").write_bytes(encode_png(pixels))
    return folder


@pytest.mark.parametrize("give", [str, Path], ids=["text", "path"])
def test_a_path_is_read(tmp_path: Path, give: Any) -> None:
    dataset = load_dataset(give(write_pets(tmp_path / "pets")), tmp_path / "data")
    assert (dataset.name, dataset.preprocessing_rules) == ("pets", "auto")
    assert dataset.train.class_names == ("cat", "dog")
    assert [len(part) for part in (dataset.train, dataset.test) if part] == [2, 2]
    assert len(list((tmp_path / "data" / "own").iterdir())) == 1


def test_a_known_name_wins_over_a_folder_unless_there_is_a_separator(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "mnist", tiny.entry)
    tiny.write(tmp_path)
    write_pets(Path("mnist"))  # in the working folder
    assert load_dataset("mnist", tmp_path).train.class_names == tuple("0123456789")
    assert load_dataset("./mnist", tmp_path).train.class_names == ("cat", "dog")
    assert load_dataset(Path("mnist"), tmp_path).train.class_names == ("cat", "dog")


def test_options_are_for_images_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mnist is a known dataset, whose images cannot be changed\. Leave out size"):
        load_dataset("mnist", tmp_path, options=ImportOptions(size=32))
    pets = load_dataset(str(write_pets(tmp_path / "pets")), tmp_path, options=ImportOptions(size=24, channels=3))
    assert pets.train.image_shape == (3, 24, 24)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"photos/cats does not exist\. Give a folder of class folders, a CSV file"):
        load_dataset("photos/cats", tmp_path)


def test_an_entry_in_another_format_needs_no_more_than_its_reader(tmp_path: Path) -> None:
    def read_levels(entry: CatalogueEntry, paths: Mapping[str, Path]) -> Dataset:
        levels = np.frombuffer(paths["levels.bin"].read_bytes(), np.uint8)
        images = np.repeat(levels, 3 * 4 * 4).reshape(-1, 3, 4, 4)
        train = LabelledImages(images, levels // 128, entry.class_names, f"{entry.name} train")
        return Dataset(entry.name, train, None, entry.preprocessing)

    content = bytes([3, 200, 250])
    files = {"levels.bin": RawFile(3, sha256_of_bytes(content))}
    entry = CatalogueEntry(
        "levels", "Grey levels", "CC0", (3, 4, 4), ("dark", "light"), "levels", files, (), "letterbox", read_levels
    )
    assert status(entry, tmp_path).state == "missing"
    (tmp_path / "levels").mkdir()
    (tmp_path / "levels" / "levels.bin").write_bytes(content)
    assert (status(entry, tmp_path).state, status(entry, tmp_path).size) == ("present", 3)
    dataset = load_entry(entry, tmp_path)
    assert (dataset.train.image_shape, dataset.train.labels.tolist()) == ((3, 4, 4), [0, 1, 1])
    (tmp_path / "levels" / "levels.bin").write_bytes(bytes([3, 200, 251]))
    with pytest.raises(DamagedData, match=r"levels\.bin is damaged"):
        load_entry(entry, tmp_path)
