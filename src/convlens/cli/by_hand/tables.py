"""Files of numbers: CSV with commas, semicolons (then decimals may have commas), tabs, or blanks."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convlens.cli.by_hand.typed_numbers import MOST_CHARACTERS, check_rows, read_number
from convlens.errors import DataError, UsageError

if TYPE_CHECKING:
    from convlens.by_hand.operands import Values


def read_table(path: Path) -> "Values":
    """The matrix that a file holds. Empty lines and lines that begin with `#` are left out.

    What separates is found once for the whole file: a semicolon if there is one, else a tab, else a comma, else blanks.
    Where it is not the comma, 1,5 is one and a half.

    Raises:
        UsageError: a cell that holds no number (a header's, perhaps), or rows of different lengths, with the place.
        DataError: it is larger than `MOST_CHARACTERS` bytes, or cannot be read as text.
    """
    try:
        size = path.stat().st_size
        if size > MOST_CHARACTERS:
            raise DataError(
                f"{path} has {size:,} bytes; at most {MOST_CHARACTERS:,} are read as numbers. Give a smaller part."
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text: {error}. Give a file of numbers.") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    separator = next((mark for mark in ";\t," if any(mark in line for line in lines)), None)
    try:
        cells = [line.split() for line in lines] if separator is None else list(csv.reader(lines, delimiter=separator))
    except csv.Error as error:
        raise DataError(
            f"{path} is no table of numbers: {error}. Give rows of numbers, all with one separator."
        ) from error
    rows = []
    for number, row in enumerate(cells):
        words = [cell.strip() for cell in row]
        words = [word.replace(",", ".") for word in words] if separator != "," else words
        if number == 0 and len(cells) > 1 and not any(_begins_a_number(word) for word in words):
            raise UsageError(f"{path}: row 0 looks like a header ({', '.join(words)[:60]}); remove it.")
        rows.append([read_number(str(path), word, number, place) for place, word in enumerate(words)])
    return np.array(check_rows(str(path), rows))


def _begins_a_number(word: str) -> bool:
    return word.lstrip("+-−.")[:1].isdigit()
