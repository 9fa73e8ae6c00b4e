"""Remove what a killed process leaves in run folders: temporary files, locks, and folders without anything saved."""

import re
import time
from contextlib import suppress
from pathlib import Path

from convlens.errors import ConvlensError
from convlens.locking import refuse_others

LOCK_NAME = ".lock"
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}_\d{4}_.*", re.DOTALL)
_YOUNGEST = 60.0
"""Seconds: a younger folder may belong to a training that is just starting."""


def is_left_over(path: Path) -> bool:
    """Return whether an entry of a run folder is only a remnant of a killed process.

    >>> [is_left_over(Path(name)) for name in (".lock", ".last.checkpoint.1f00.part", "last.checkpoint", ".git")]
    [True, True, False, False]
    """
    return path.name == LOCK_NAME or (path.name.startswith(".") and path.name.endswith(".part"))


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files. The caller must hold the folder's lock."""
    for leftover in folder.glob(".*.part"):
        leftover.unlink(missing_ok=True)


def remove_empty_runs(runs: Path) -> None:
    """Remove temporary links to the latest run, and dated run folders of processes that were killed before saving."""
    with suppress(OSError):
        for entry in list(runs.iterdir()):
            if _is_temporary_link(entry):
                entry.unlink(missing_ok=True)
            elif _DATED.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
                _remove_if_empty(entry)


def _is_temporary_link(entry: Path) -> bool:
    return re.fullmatch(r"\.latest\.\d+", entry.name) is not None and _age(entry) > _YOUNGEST


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError, ConvlensError):
        if _age(folder) < _YOUNGEST or not all(map(is_left_over, folder.iterdir())):
            return
        if (folder / LOCK_NAME).exists():
            with refuse_others(folder / LOCK_NAME, "a training is starting there"):
                remove_leftovers(folder)
        else:
            remove_leftovers(folder)
        folder.rmdir()  # fails if another process has just begun to use it


def _age(path: Path) -> float:
    return time.time() - path.lstat().st_mtime
