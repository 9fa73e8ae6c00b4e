"""The folders of data on this machine.

The layout inside the data folder is torchvision's (`MNIST/raw/train-images-idx3-ubyte`, raw or gz), so both programs
can use the same folder.
"""

import os
from pathlib import Path

from convlens.files import expand_user, explain_write_errors, make_folder

VARIABLE = "CONVLENS_DATA"
_OWN = "own"


def data_folder(given: Path | str | None = None) -> Path:
    """Return the folder of all datasets: `given`, else $CONVLENS_DATA, else the user's cache folder.

    >>> data_folder("data").as_posix()
    'data'
    """
    chosen = given if given is not None else os.environ.get(VARIABLE)
    if chosen is not None and str(chosen).strip():
        return expand_user(chosen)
    return _users_cache()


def cache_folder(data_dir: Path | str | None = None) -> Path:
    """Return the folder of decoded custom images; it is named `own`, as in the first version.

    >>> cache_folder("data").as_posix()
    'data/own'
    """
    return data_folder(data_dir) / _OWN


def make_data_folder(folder: Path, data: Path) -> None:
    """Make `folder` inside the data folder `data`, and `data` itself; its parents are only made in the user's cache.

    Raises:
        OutputError: the folder above `data` does not exist, or a folder cannot be made.
    """
    if data not in (_users_cache(), _users_cache() / _OWN):
        make_folder(data, and_above=int(data.name == _OWN))
    with explain_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _users_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("convlens", appauthor=False) / "data"
