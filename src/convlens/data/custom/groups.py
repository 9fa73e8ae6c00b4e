"""Which files belong together, told by a text made from each file's path, such as "{stem[:5]}".

`str.format` cannot cut a text and can reach into every attribute; a template language would bring a package for five
words.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from convlens.errors import UsageError

_FIELDS = ("stem", "name", "parent", "folder", "path")
_FIELD = re.compile(
    r"\{(?P<field>[a-z]+)(?:\[(?:(?P<first>-?\d{1,6})?(?P<cut>:)(?P<last>-?\d{1,6})?|(?P<at>-?\d{1,6}))\])?\}"
)
_ALLOWED = (
    "{stem} (the file's name without its ending), {name}, {parent} (the folder it lies in), {folder} (the whole way "
    "there) and {path}, each cut like {stem[:5]} or {stem[-3:]} if need be"
)


def compile_pattern(pattern: str) -> Callable[[str], str]:
    """A function from a file's path (relative, with "/") to the text that its group has in common.

    Raises:
        UsageError: the pattern has no field, or something other than the fields that there are.

    >>> compile_pattern("{parent}/{stem[:5]}")("signs/stop/00012_00003.ppm")
    'stop/00012'
    """
    pieces: list[Callable[[str], str]] = []
    place = 0
    for match in _FIELD.finditer(pattern):
        if match["field"] not in _FIELDS:
            raise _refusal(pattern, f"{match[0]} is not known")
        pieces.append(_literal(pattern, pattern[place : match.start()]))
        pieces.append(_field(match))
        place = match.end()
    if not pieces:
        raise _refusal(pattern, "it has no field" if "{" not in pattern else "its field cannot be read")
    pieces.append(_literal(pattern, pattern[place:]))
    return lambda path: "".join(piece(path) for piece in pieces)


def group_numbers(names: list[str], pattern: str) -> np.ndarray:
    """The number of each file's group, from 0 on in the order of their first files.

    >>> group_numbers(["a/1_1.png", "b/2_1.png", "b/1_2.png"], "{stem[:1]}")
    array([0, 1, 0])
    """
    group_of, numbers = compile_pattern(pattern), dict[str, int]()
    return np.array([numbers.setdefault(group_of(name), len(numbers)) for name in names], np.int64)


def find_series(names: Sequence[str], classes: int) -> NDArray[np.int64] | None:
    """The number of the series that each file belongs to by its name, or None where names tell of no series.

    A series is what is left of a name without its last part: `film03_0012.png` and `film03_0013.png` are of one. Names
    that are merely numbered (`cat_001.png`) make one series a class, which tells nothing: there must be at least twice
    as many series as classes, most files must have company in theirs, and none may hold more than a quarter of all.

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


def _literal(pattern: str, text: str) -> Callable[[str], str]:
    if "{" in text or "}" in text:
        raise _refusal(pattern, f"{text.strip()!r} cannot be read")
    return lambda _: text


def _field(match: re.Match[str]) -> Callable[[str], str]:
    field = match["field"]
    if match["at"] is not None:
        at = int(match["at"])
        chosen = slice(at, at + 1 if at != -1 else None)
    elif match["cut"]:
        chosen = slice(*(int(match[end]) if match[end] else None for end in ("first", "last")))
    else:
        chosen = slice(None)
    return lambda path: _part(path, field)[chosen]


def _part(path: str, field: str) -> str:
    folder, _, name = path.rpartition("/")
    if field == "path":
        return path
    if field == "folder":
        return folder
    if field == "parent":
        return folder.rpartition("/")[2]
    stem, dot, _ = name.rpartition(".")
    return stem if field == "stem" and dot and stem else name
