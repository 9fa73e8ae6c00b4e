"""Reads typed numbers: single ones, rows and channels. Errors give the position of any text that is not a number."""

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from convlens.checking import shown
from convlens.errors import UsageError
from convlens.words import count_of

if TYPE_CHECKING:
    from convlens.by_hand.operands import Values

MOST_CHARACTERS = 10_000_000
"""The most characters, or bytes of a file, that are read as numbers."""


def read_numbers(name: str, text: str) -> "Values":
    """Read numbers that spaces or commas separate; `;` or a line end separates rows, and `|` separates channels.

    The brackets of Python lists are allowed, too.

    Raises:
        UsageError: there is no number, something is not a number, or rows or channels differ in size.

    >>> read_numbers("--a", "1, 2 3"), read_numbers("--a", "[[1, 2], [3, 4]]")
    (array([1., 2., 3.]), array([[1., 2.],
           [3., 4.]]))
    """
    if len(text) > MOST_CHARACTERS:
        raise UsageError(
            f"{name} has more than {MOST_CHARACTERS:,} characters, too many to read as numbers. Give an image "
            "file, or a smaller part."
        )
    text = _without_brackets(text).strip()
    parts = text.split("|")
    channels = [
        _read_rows(f"{name}, channel {place}" if len(parts) > 1 else name, part) for place, part in enumerate(parts)
    ]
    sizes = [(len(rows), len(rows[0])) for rows in channels]
    for place, size in enumerate(sizes):
        if size != sizes[0]:
            first, other = (f"{height}×{width}" for height, width in (sizes[0], size))
            raise UsageError(f"{name}: channel {place} is {other} and channel 0 is {first}; make them the same size.")
    values = np.array(channels)
    if len(channels) > 1:
        return values
    return values[0, 0] if values.shape[1] == 1 and not re.search(r"[;\n]", text) else values[0]


def _without_brackets(text: str) -> str:
    """Replace brackets by blanks, and the text between two rows, such as `], [`, by `;`.

    Each character is read once. A pattern for `]`, blanks and `[` would read the blanks again and again.

    >>> _without_brackets("[[1, 2], [3]]")
    '  1, 2;3  '
    """
    before, *others = text.split("[")
    parts = [before]
    for part in others:
        inner, closed, between = parts[-1].rpartition("]")
        if closed and between.strip() in ("", ","):
            parts[-1:] = [inner, ";", part]
        else:
            parts += [" ", part]
    return "".join(parts).replace("]", " ")


def _words_of(line: str) -> list[str]:
    """Return the words separated by blanks or commas; two commas in a row have an empty word between them.

    >>> _words_of("1, 2 3,,4")
    ['1', '2', '3', '', '4']
    """
    return [word for part in line.split(",") for word in part.split() or [""]]


def _read_rows(name: str, text: str) -> list[list[float]]:
    rows: list[list[float]] = []
    for line in re.split(r"[;\n]", text):
        if not line.strip():
            continue
        pieces = line.split()
        if len(pieces) > 1 and not re.search(r",\s", line):
            unclear = next((piece for piece in pieces if re.search(r"\d,\d", piece)), None)
            if unclear is not None:
                raise UsageError(
                    f"{name}: {shown(unclear)} in row {len(rows)} can be one number or two. Write decimals with a "
                    "point, or separate numbers by commas only."
                )
        rows.append([read_number(name, word, len(rows), at) for at, word in enumerate(_words_of(line))])
    return check_rows(name, rows)


def check_rows(name: str, rows: list[list[float]]) -> list[list[float]]:
    """Return the rows, after checking that there is at least one and that all have the same length.

    Raises:
        UsageError: there is no row, or the lengths differ.
    """
    if not rows:
        raise UsageError(f"{name} contains no number. Give some, such as '1 2 3', or '1 2; 3 4' for two rows.")
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            counts = count_of(len(row), "number"), count_of(len(rows[0]), "number")
            raise UsageError(f"{name}: row {number} has {counts[0]}, row 0 has {counts[1]}; make all rows as long.")
    return rows


def read_number(name: str, word: str, row: int, place: int) -> float:
    """Read one typed number; `row` and `place` count from 0.

    Raises:
        UsageError: the word is empty, not a number, or too large.
    """
    try:
        number = float(word.replace("−", "-")) if "_" not in word else None
    except ValueError:
        number = None
    if number is not None and math.isfinite(number):
        return number
    where = f"in row {row}, column {place} (counted from 0),"
    if not word:
        raise UsageError(f"{name}: a number is missing {where.rstrip(',')}; give one, such as 0.")
    short = word if len(word) <= 20 else word[:19] + "…"
    if number is not None and math.isinf(number) and word.strip("+-−")[:1].isdigit():
        raise UsageError(f"{name}: {short!r} {where} is too large for a floating-point number. Give a smaller one.")
    raise UsageError(f"{name}: {short!r} {where} is not a number. Give one such as 3 or -0.5.")
