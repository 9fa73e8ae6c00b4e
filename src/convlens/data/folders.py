"""Where data lies on this machine.

The layout inside the data folder is torchvision's (`MNIST/raw/train-images-idx3-ubyte`, raw or gz), so that a `./data`
folder that somebody already has works as it is, and the other way round.
"""

import os
from pathlib import Path

VARIABLE = "CONVLENS_DATA"


def data_folder(given: Path | str | None = None) -> Path:
    """The folder of all datasets: `given`, else the environment variable CONVLENS_DATA, else the user's cache folder.

    >>> data_folder("data").as_posix()
    'data'
    """
    chosen = given if given is not None else os.environ.get(VARIABLE)
    if chosen is not None and str(chosen).strip():
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("convlens", appauthor=False) / "data"


def cache_folder(data_dir: Path | str | None = None) -> Path:
    """Where images from a user's own paths are kept decoded: in `own`, as the first version called it.

    >>> cache_folder("data").as_posix()
    'data/own'
    """
    return data_folder(data_dir) / "own"
