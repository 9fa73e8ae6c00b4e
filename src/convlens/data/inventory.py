"""Checks which known datasets are in the data folder, by file sizes only: nothing is hashed or downloaded.

It is separate from loading, so that listing many large datasets is fast.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from convlens.data.catalogue import CatalogueEntry
from convlens.data.raw_files import locate, raw_folder

State = Literal["present", "incomplete", "missing"]


@dataclass(frozen=True)
class DatasetStatus:
    """The state of one dataset in the folder `path`; "incomplete" means that some of its files are missing.

    `size` is the size on disk in bytes; `missing` are the files that do not exist or have a wrong size.
    """

    name: str
    title: str
    state: State
    size: int
    path: Path
    missing: tuple[str, ...]


def status(entry: CatalogueEntry, data_dir: Path | str | None = None) -> DatasetStatus:
    """Check whether the files of a dataset exist with the right size; checksums are only verified when it is loaded.

    >>> from convlens.data.catalogue import find_entry
    >>> status(find_entry("mnist"), "no-such-folder").state
    'missing'
    """
    folder = raw_folder(entry, data_dir)
    sizes = {name: _size(entry, folder, name) for name in entry.files}
    missing = tuple(name for name, size in sizes.items() if size is None)
    state: State = "present" if not missing else "missing" if len(missing) == len(sizes) else "incomplete"
    return DatasetStatus(entry.name, entry.title, state, sum(size or 0 for size in sizes.values()), folder, missing)


def _size(entry: CatalogueEntry, folder: Path, name: str) -> int | None:
    path = locate(folder, name)
    if path is None or not path.is_file():
        return None
    size = path.stat().st_size
    expected = entry.files[name].size
    return size if size == expected or (path.suffix == ".gz" and size > 0) else None
