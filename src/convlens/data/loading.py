"""Loads a dataset by its name, or custom images by their path.

A known dataset is read into memory, because training needs an array (MNIST has 55 MB). Custom images, which may be
many, are decoded into a cache and mapped into memory.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convlens.checking import as_callback, as_instance, as_path
from convlens.data.catalogue import CatalogueEntry, find_entry
from convlens.data.custom.importing import import_images
from convlens.data.custom.options import ImportOptions
from convlens.data.fetching import fetch_command, fetch_entry
from convlens.data.folders import cache_folder
from convlens.data.labelled_images import Dataset
from convlens.data.raw_files import examine, raw_folder
from convlens.data.sources import OnProgress
from convlens.errors import DamagedData, UsageError
from convlens.files import expand_user


def load_dataset(
    name_or_path: Path | str,
    data_dir: Path | str | None = None,
    on_progress: Callable[[Any], None] | None = None,
    options: ImportOptions | None = None,
) -> Dataset:
    """Load a dataset: "mnist" or "fashion-mnist", or custom images at a path.

    A known dataset is downloaded the first time, then read from disk. A path may be a folder of class folders, a CSV
    file of paths and labels, an `.npz`, IDX files, or a zip of one of these; the images are decoded the first time,
    with `options`, and then come from a cache. A string that is both a known name and a path is the name, unless it
    contains a separator: give "./mnist" for a folder `mnist`. A `Path` is always a path.

    `data_dir` is the folder of all datasets and caches (default: $CONVLENS_DATA, else the user's cache folder); it may
    be a folder in torchvision's layout. `on_progress` is called with a `FetchProgress` during downloads, and with an
    `ImportProgress` while custom images are decoded.

    Raises:
        UsageError: the name or path does not exist, or `options` are given for a known dataset.
        DatasetUnavailable: the dataset is not on disk and cannot be downloaded.
        DamagedData: a file on disk has a wrong checksum.
        DataError: there are no usable images at the path.
        OutputError: the data folder cannot be written.

    For example `load_dataset("mnist").train` is `LabelledImages('mnist train', 60,000 images of 1×28×28, 10 classes)`.
    """
    as_path("name_or_path", name_or_path)
    as_callback("on_progress", on_progress)
    if data_dir is not None:
        as_path("data_dir", data_dir)
    if options is not None:
        as_instance("options", options, ImportOptions, "ImportOptions(...)")
    if is_custom_path(name_or_path):
        return import_images(name_or_path, options, cache_folder(data_dir), on_progress).dataset()
    entry = find_entry(str(name_or_path))
    if options is not None and options != ImportOptions():
        raise UsageError(
            f"{entry.name} is a known dataset, whose images cannot be changed. Leave out size, channels, group_by and "
            f"the split options, or give the path of your own images (./{entry.name} for a folder of that name)."
        )
    return load_entry(entry, data_dir, on_progress)


def is_custom_path(name_or_path: Path | str) -> bool:
    """Check whether the argument is the path of custom images, and not the name of a known dataset.

    >>> is_custom_path("mnist"), is_custom_path("./mnist"), is_custom_path("no-such-dataset")
    (False, True, False)
    """
    text = os.fspath(name_or_path)
    if not isinstance(name_or_path, str) or "/" in text or os.sep in text:
        return True
    try:
        find_entry(text)
    except UsageError:
        return text.strip() != "" and expand_user(text).exists()
    return False


def load_entry(
    entry: CatalogueEntry, data_dir: Path | str | None = None, on_progress: OnProgress | None = None
) -> Dataset:
    """Do the same as `load_dataset` for a catalogue entry, which need not be in the catalogue."""
    folder = raw_folder(entry, data_dir)
    checked = _checked_files(entry, folder, data_dir)
    if len(checked) < len(entry.files):
        fetch_entry(entry, data_dir, on_progress)
        checked = _checked_files(entry, folder, data_dir)
    return entry.read(entry, checked)


def _checked_files(entry: CatalogueEntry, folder: Path, data_dir: Path | str | None) -> dict[str, Path]:
    """Return the existing files by name; raise DamagedData if one has a wrong checksum."""
    files, damaged = examine(entry, folder)
    if damaged:
        trouble = "a folder, not" if damaged[0].is_dir() else "damaged (changed or cut short): it is not"
        raise DamagedData(
            f"{damaged[0]} is {trouble} the file that {entry.title} has under that name. "
            f"Delete it, or run `{fetch_command(entry, data_dir)}` to get it again."
        )
    return files
