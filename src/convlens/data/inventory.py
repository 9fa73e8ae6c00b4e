"""What the data folder holds of each known dataset, at a glance: sizes are compared, nothing is hashed or fetched.

Separate from loading, so that listing many datasets stays instant however large they are.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from convlens.data.catalogue import CatalogueEntry
from convlens.data.raw_files import locate, raw_folder

State = Literal["present", "incomplete", "missing"]


@dataclass(frozen=True)
class DatasetStatus:
    """What there is of one dataset, all under `path`; "incomplete" means that some files are there and some are not.

    `size` is the bytes on the disk, `missing` the files that are absent or have a wrong size.
    """

    name: str
    title: str
    state: State
    size: int
    path: Path
    missing: tuple[str, ...]


def status(entry: CatalogueEntry, data_dir: Path | str | None = None) -> DatasetStatus:
    """Whether the files of a dataset are there; wrong bytes in a file of the right size show when it is used.

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
