"""Groups files that belong together by a pattern on their paths, such as "{stem[:5]}".

`str.format` cannot slice text, and gives access to every attribute; a template library would be a dependency for only
five fields.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from convlens.errors import UsageError

_FIELD = re.compile(r"\{(?P<field>[a-z]+)(?:\[(?:(?P<first>-?\d{1,6})?:(?P<last>-?\d{1,6})?|(?P<at>-?\d{1,6}))\])?\}")
_ALLOWED = (
    "{stem} (the file's name without its ending), {name}, {parent} (the name of its folder), {folder} (the whole path "
    "of its folder) and {path}, each optionally with a slice, such as {stem[:5]} or {stem[-3:]}"
)


def compile_pattern(pattern: str) -> Callable[[str], str]:
    """Return a function that maps a file's path (relative, with "/") to the key of its group.

    Raises:
        UsageError: the pattern has no field, or an unknown one.

    >>> compile_pattern("{parent}/{stem[:5]}")("signs/stop/00012_00003.ppm")
    'stop/00012'
    """
    texts = _FIELD.sub("\0", pattern).split("\0")
    if len(texts) == 1:
        raise _refusal(pattern, "it has no field" if "{" not in pattern else "its field cannot be read")
    for field in _FIELD.finditer(pattern):
        if field["field"] not in _fields_of(""):
            raise _refusal(pattern, f"{field[0]} is not known")
    for text in texts:
        if "{" in text or "}" in text:
            raise _refusal(pattern, f"{text.strip()!r} cannot be read")
    return lambda path: _FIELD.sub(lambda field: _cut(field, _fields_of(path)[field["field"]]), pattern)


def group_numbers(names: list[str], pattern: str) -> np.ndarray:
    """Return the index of each file's group; groups are counted from 0 in the order of their first files.

    >>> group_numbers(["a/1_1.png", "b/2_1.png", "b/1_2.png"], "{stem[:1]}")
    array([0, 1, 0])
    """
    group_of, numbers = compile_pattern(pattern), dict[str, int]()
    return np.array([numbers.setdefault(group_of(name), len(numbers)) for name in names], np.int64)


def find_series(names: Sequence[str], classes: int) -> NDArray[np.int64] | None:
    """Return the index of each file's series, recognised by the file names; None if the names show no series.

    Files belong to the same series if their names are equal without the last part: `film03_0012.png` and
    `film03_0013.png`. With names that are only numbered (`cat_001.png`), each class would be one series. So there
    must be at least twice as many series as classes, at least half of the files must share their series with others,
    and no series may have more than a quarter of all files.

    >>> find_series(["a/film1_1.png", "a/film1_2.png", "b/film2_1.png", "b/film2_2.png"] * 3, classes=1)
    >>> find_series([f"a/film{n // 3}_{n % 3}.png" for n in range(12)], classes=1).tolist()
    [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    """
    numbers: dict[str, int] = {}
    series = np.array([numbers.setdefault(_series_of(name), len(numbers)) for name in names], np.int64)
    if not len(series):
        return None
    sizes = np.bincount(series)
    with_company = int(sizes[sizes > 1].sum())
    many = len(sizes) >= max(4, 2 * classes)
    if many and with_company >= len(series) / 2 and sizes.max() <= len(series) / 4:
        return series
    return None


def _series_of(name: str) -> str:
    folder, _, file = name.rpartition("/")
    stem = file.rpartition(".")[0] or file
    shortened = re.sub(r"[ _.\-]+[^ _.\-]+$", "", stem)
    return f"{folder}/{shortened if shortened != stem else re.sub(r'[0-9]+$', '', stem)}"


def _refusal(pattern: str, reason: str) -> UsageError:
    return UsageError(f"the group pattern {pattern!r}: {reason}. Allowed are {_ALLOWED}.")


def _fields_of(path: str) -> dict[str, str]:
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return {"stem": stem, "name": name, "parent": folder.rpartition("/")[2], "folder": folder, "path": path}


def _cut(field: re.Match[str], text: str) -> str:
    """Apply the slice of a field to its text: one character, several, or all."""
    if field["at"] is not None:
        at = int(field["at"])
        return text[at : at + 1 or None]
    return text[slice(*(int(field[end]) if field[end] else None for end in ("first", "last")))]
