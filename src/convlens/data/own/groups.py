"""Which files belong together, told by a text made from each file's path, such as "{stem[:5]}".

`str.format` cannot cut a text and can reach into every attribute; a template language would bring a package for five
words.
"""

import re
from collections.abc import Callable

import numpy as np

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
