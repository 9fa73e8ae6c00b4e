"""The catalogue: its facts are whole, and names are found or explained."""

import pytest

from convlens.data import CATALOGUE, CatalogueEntry, find_entry
from convlens.errors import UsageError

entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.name)


@entries
def test_an_entry_has_all_its_facts(entry: CatalogueEntry) -> None:
    assert entry.title
    assert entry.licence
    assert entry.shape == (1, 28, 28)
    assert len(set(entry.class_names)) == 10
    assert len({file.sha256 for file in entry.files.values()}) == 4
    assert all(len(file.sha256) == 64 and int(file.sha256, 16) for file in entry.files.values())


def test_rules_of_the_entries() -> None:
    assert {entry.name: entry.preprocessing for entry in CATALOGUE.values()} == {
        "mnist": "digit",
        "fashion-mnist": "garment",
    }


@entries
def test_sources_are_of_different_kinds_and_mirrors_come_first(entry: CatalogueEntry) -> None:
    kinds = [type(source).__name__ for source in entry.sources]
    assert kinds[0] == "HttpsMirror"
    assert len(set(kinds)) >= 2
    assert len({source.describe() for source in entry.sources}) == len(kinds)


@entries
def test_file_sizes_by_hand(entry: CatalogueEntry) -> None:
    # A header of 4 bytes and 4 for each dimension, then a byte for every number.
    assert {name: file.size for name, file in entry.files.items()} == {
        "train-images-idx3-ubyte": 16 + 60_000 * 784,
        "train-labels-idx1-ubyte": 8 + 60_000,
        "t10k-images-idx3-ubyte": 16 + 10_000 * 784,
        "t10k-labels-idx1-ubyte": 8 + 10_000,
    }


def test_folders_are_those_of_torchvision() -> None:
    assert [entry.folder for entry in CATALOGUE.values()] == ["MNIST/raw", "FashionMNIST/raw"]


@pytest.mark.parametrize("name", ["mnist", "MNIST", " Mnist "])
def test_capitals_and_spaces_do_not_matter(name: str) -> None:
    assert find_entry(name).name == "mnist"


@pytest.mark.parametrize("name", ["fashion-mnist", "FashionMNIST", "fashion_mnist", "Fashion MNIST"])
def test_hyphens_do_not_matter(name: str) -> None:
    assert find_entry(name).name == "fashion-mnist"


def test_unknown_names() -> None:
    kinds = "give a folder, a CSV, an .npz, IDX files or a zip"
    with pytest.raises(
        UsageError, match=rf"^unknown dataset 'minst'; known: mnist, fashion-mnist; did you mean mnist\? Or {kinds}$"
    ):
        find_entry("minst")
    with pytest.raises(UsageError, match=r"did you mean fashion-mnist\?"):
        find_entry("fashon-mnist")
    with pytest.raises(UsageError, match=rf"^unknown dataset 'imagenet-21k'; known: mnist, fashion-mnist; or {kinds}$"):
        find_entry("imagenet-21k")
