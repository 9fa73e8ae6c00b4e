"""Reads files of numbers: CSV with commas, semicolons (then decimals may have commas), tabs, or spaces."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convlens.cli.by_hand.typed_numbers import MOST_CHARACTERS, check_rows, read_number
from convlens.errors import DataError, UsageError

if TYPE_CHECKING:
    from convlens.by_hand.operands import Values


def read_table(path: Path) -> "Values":
    """Read the matrix in a file. Empty lines and lines that begin with `#` are skipped.

    One separator applies to the whole file: a semicolon if there is one, else a tab, else a comma, else spaces. Unless
    the comma separates, it is a decimal point: 1,5 is one and a half.

    Raises:
        UsageError: a cell is not a number (perhaps a header), or rows differ in length; the message has the place.
        DataError: the file is larger than `MOST_CHARACTERS` bytes, or is not text.
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
        raise DataError(f"{path} is not a CSV file ({error}). Give a file of numbers.") from error
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
