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
    assert entry.counts == {"train": 60_000, "test": 10_000}
    assert len(set(entry.files.values())) == 4
    assert all(len(checksum) == 64 and int(checksum, 16) for checksum in entry.files.values())
    assert entry.preprocessing == entry.name


@entries
def test_sources_are_of_different_kinds_and_mirrors_come_first(entry: CatalogueEntry) -> None:
    kinds = [type(source).__name__ for source in entry.sources]
    assert kinds[0] == "HttpsMirror"
    assert len(set(kinds)) >= 2
    assert len({source.describe() for source in entry.sources}) == len(kinds)


def test_file_sizes_by_hand() -> None:
    mnist = CATALOGUE["mnist"]
    assert mnist.file_size("train-images-idx3-ubyte") == 16 + 60_000 * 784 == 47_040_016
    assert mnist.file_size("t10k-labels-idx1-ubyte") == 10_008


def test_folders_are_those_of_torchvision() -> None:
    assert [entry.folder for entry in CATALOGUE.values()] == ["MNIST", "FashionMNIST"]


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
