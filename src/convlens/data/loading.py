"""From a dataset's name to its images in memory.

The whole dataset is read at once (MNIST is 55 MB), since training wants it as an array; a dataset that does not fit
into memory is not one of small images.
"""

from pathlib import Path

import numpy as np

from convlens.data.catalogue import CatalogueEntry, find_entry
from convlens.data.fetching import fetch_command, fetch_entry
from convlens.data.idx import read_idx
from convlens.data.labelled_images import Dataset, LabelledImages
from convlens.data.raw_files import damaged_files, locate, raw_folder
from convlens.data.sources import OnProgress
from convlens.errors import DamagedData

_PREFIXES = {"train": "train", "test": "t10k"}


def load_dataset(name: str, data_dir: Path | str | None = None, on_progress: OnProgress | None = None) -> Dataset:
    """A known dataset in memory: "mnist" or "fashion-mnist". Fetched the first time, then read from the disk, offline.

    `data_dir` is the folder for all datasets (default: $CONVLENS_DATA, else the user's cache folder); one in
    torchvision's layout works as it is. `on_progress` is called with a `FetchProgress` while files are fetched.

    Raises:
        UsageError: no dataset has that name.
        DatasetUnavailable: it is not there and no source gave it.
        DamagedData: a file is there but is not the right one.
        OutputError: it has to be fetched and the data folder cannot be written.

    For example `load_dataset("mnist").train` is `LabelledImages('mnist train', 60,000 images of 1×28×28, 10 classes)`.
    """
    return load_entry(find_entry(name), data_dir, on_progress)


def load_entry(
    entry: CatalogueEntry, data_dir: Path | str | None = None, on_progress: OnProgress | None = None
) -> Dataset:
    """`load_dataset` for a catalogue entry, known by name or not."""
    folder = raw_folder(entry, data_dir)
    checked = _checked_files(entry, folder, data_dir)
    if len(checked) < len(entry.files):
        fetch_entry(entry, data_dir, on_progress)
        checked = _checked_files(entry, folder, data_dir)
    train, test = (_read_part(entry, part, checked) for part in ("train", "test"))
    return Dataset(entry.name, train, test, entry.preprocessing)


def _checked_files(entry: CatalogueEntry, folder: Path, data_dir: Path | str | None) -> dict[str, Path]:
    """The files that are there, by name, each with the right checksum."""
    files = {name: path for name in entry.files if (path := locate(folder, name))}
    damaged = damaged_files(folder, {path: entry.files[name] for name, path in files.items()})
    if damaged:
        trouble = "a folder, not" if damaged[0].is_dir() else "damaged (changed or cut short): it is not"
        raise DamagedData(
            f"{damaged[0]} is {trouble} the file that {entry.title} has under that name. "
            f"Delete it, or run `{fetch_command(entry, data_dir)}` to get it again."
        )
    return files


def _read_part(entry: CatalogueEntry, part: str, files: dict[str, Path]) -> LabelledImages:
    prefix = _PREFIXES[part]
    images = read_idx(files[f"{prefix}-images-idx3-ubyte"])
    labels = read_idx(files[f"{prefix}-labels-idx1-ubyte"])
    return LabelledImages(images[:, np.newaxis], labels.astype(np.int64), entry.class_names, f"{entry.name} {part}")
