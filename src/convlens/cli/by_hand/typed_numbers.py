"""Numbers as a person types them: in rows, in channels, or one alone, with the place of whatever is no number."""

import re
from typing import TYPE_CHECKING

import numpy as np

from convlens.errors import UsageError
from convlens.words import count_of

if TYPE_CHECKING:
    from convlens.by_hand.operands import Values

MOST_CHARACTERS = 10_000_000
"""Characters, or bytes of a file, that are read as numbers."""


def read_numbers(name: str, text: str) -> "Values":
    """Numbers with blanks or commas between them; `;` or a line end between rows, `|` between channels.

    Brackets as Python writes them are allowed, too.

    Raises:
        UsageError: no number, something else among them, rows or channels of different sizes; with the place.

    >>> read_numbers("--a", "1, 2 3"), read_numbers("--a", "[[1, 2], [3, 4]]")
    (array([1., 2., 3.]), array([[1., 2.],
           [3., 4.]]))
    """
    if len(text) > MOST_CHARACTERS:
        raise UsageError(
            f"{name} has more than {MOST_CHARACTERS:,} characters, too many for numbers by hand. Give an image "
            "file, or a smaller part."
        )
    text = re.sub(r"\]\s*,?\s*\[", ";", text)
    text = text.replace("[", " ").replace("]", " ").strip()
    channels = [_read_rows(f"{name}{_where(place, text)}", channel) for place, channel in enumerate(text.split("|"))]
    sizes = [(len(rows), len(rows[0])) for rows in channels]
    for place, size in enumerate(sizes):
        if size != sizes[0]:
            first, other = (f"{height}×{width}" for height, width in (sizes[0], size))
            raise UsageError(f"{name}: channel {place} is {other} and channel 0 is {first}; make them alike.")
    values = np.array(channels)
    if len(channels) > 1:
        return values
    return values[0, 0] if values.shape[1] == 1 and not re.search(r"[;\n]", text) else values[0]


def _where(place: int, text: str) -> str:
    return f", channel {place}" if "|" in text else ""


def _read_rows(name: str, text: str) -> list[list[float]]:
    rows: list[list[float]] = []
    for line in re.split(r"[;\n]", text):
        if not line.strip():
            continue
        blanks = len(line.split()) > 1
        unclear = re.search(r"\S*\d,\d\S*", line) if blanks else None
        if unclear and not re.search(r",\s", line):
            raise UsageError(
                f"{name}: {unclear.group()!r} in row {len(rows)} can be one number or two. Write decimals with a "
                "point, or put commas alone between numbers."
            )
        words = re.split(r"\s*,\s*|\s+", line.strip())
        rows.append([read_number(name, word, len(rows), at) for at, word in enumerate(words)])
    return check_rows(name, rows)


def check_rows(name: str, rows: list[list[float]]) -> list[list[float]]:
    """Rows of the same length, at least one.

    Raises:
        UsageError: they are not.
    """
    if not rows:
        raise UsageError(f"{name} holds no number. Give some, such as '1 2 3', or '1 2; 3 4' for two rows.")
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            counts = count_of(len(row), "number"), count_of(len(rows[0]), "number")
            raise UsageError(f"{name}: row {number} has {counts[0]} and row 0 has {counts[1]}; make all rows as long.")
    return rows


def read_number(name: str, word: str, row: int, place: int) -> float:
    """One number as a person writes it; row and place count from 0.

    Raises:
        UsageError: it is none, nothing, or too large.
    """
    where = f"in row {row}, place {place} (counted from 0),"
    if not word:
        raise UsageError(f"{name}: nothing stands {where.rstrip(',')}; give a number there, such as 0.")
    try:
        number = float(word.replace("−", "-")) if "_" not in word else None
    except ValueError:
        number = None
    shown = word if len(word) <= 20 else word[:19] + "…"
    if number is not None and np.isinf(number) and word.strip("+-−")[:1].isdigit():
        raise UsageError(f"{name}: {shown!r} {where} is too large for a computer's number. Give a smaller one.")
    if number is None or not np.isfinite(number):
        raise UsageError(f"{name}: {shown!r} {where} is no number. Give one such as 3 or -0.5.")
    return number
