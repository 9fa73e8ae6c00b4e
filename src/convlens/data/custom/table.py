"""Reads a CSV file of image paths and labels; columns are recognised by their names in the first line."""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from convlens.data.archives import check_classes, check_rows
from convlens.data.custom.classes import number_classes
from convlens.data.custom.listing import Listing
from convlens.data.parts import UNDECIDED, part_of
from convlens.errors import DataError
from convlens.words import count_of, printable, printable_start, some_of

PATH_COLUMNS = [
    "path",
    "file",
    "image",
    "filename",
    "filepath",
    "file_name",
    "file_path",
    "image_path",
    "image_file",
    "img",
]
LABEL_COLUMNS = ("label", "class", "category", "target", "class_name", "label_name")
PART_COLUMNS = ("split", "part", "set", "subset", "partition")
_SHOWN = 3  # names of files in a note
_ADVICE = "Name the columns in the first line, such as: path,label"
_LONGEST_LINE = 1 << 20
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what the decoder makes of such bytes


def read_table(content: "bytes | IO[bytes]", name: str) -> Listing:
    r"""Read the rows of a CSV file, separated by commas, semicolons or tabs; sizes and times are not filled in yet.

    `name` is the name of the file in messages.

    Raises:
        DataError: the file is not text, has no columns for paths and labels, or has fewer than two classes.

    >>> read_table(b"path,label\n1.png,cat\n2.png,dog\n", "pets.csv").class_names
    ('cat', 'dog')
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    text = io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="")
    try:
        return _read_lines(_lines(text, name), name)
    finally:
        text.detach()  # whoever opened the file closes it


def _read_lines(lines: Iterator[str], name: str) -> Listing:
    start = list[str]()
    while (not start or not start[-1].strip()) and (line := next(lines, "")):
        start.append(line)
    separator = max(",;\t", key=(start or [""])[-1].count)
    rows = csv.reader(itertools.chain(start, lines), delimiter=separator)
    try:
        header = next((row for row in rows if any(cell.strip() for cell in row)), [])
        path_at, label_at, part_at = _find_columns(header, name)
        return _read_rows(rows, name, path_at, label_at, part_at)
    except csv.Error as error:
        raise DataError(f"{name} is not a CSV file: line {rows.line_num:,}: {error}. Save it as CSV.") from error


def _lines(file: io.TextIOWrapper, name: str) -> Iterator[str]:
    """Read the lines one by one: all of them at once would take several times the memory of the file."""
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise DataError(
                f"{name} is not a CSV file: line {number:,} has more than {_LONGEST_LINE:,} characters. Save it as CSV."
            )
        if not line.isascii() and _NOT_UTF8.search(line):
            raise DataError(f"{name} is not UTF-8 text (line {number:,}). Save it as CSV in UTF-8.")
        check_rows(name, number)
        yield line


def column_word(title: str) -> str:
    """Convert a column's name to the form used in PATH_COLUMNS and the other lists.

    >>> column_word(" File Name")
    'file_name'
    """
    return title.strip().casefold().replace(" ", "_").replace("-", "_")


def _find_columns(header: list[str], name: str) -> tuple[int, int, int | None]:
    words = [column_word(cell) for cell in header]
    found = []
    for kind, known in (("paths", PATH_COLUMNS), ("labels", LABEL_COLUMNS)):
        at = next((words.index(word) for word in known if word in words), None)
        if at is None:
            seen = ", ".join(repr(printable(cell.strip())[:40]) for cell in header[:6]) or "nothing"
            raise DataError(
                f"{name} has no column of {kind}: its first line is {seen}; known are {', '.join(known[:4])}. {_ADVICE}"
            )
        found.append(at)
    return found[0], found[1], next((words.index(word) for word in PART_COLUMNS if word in words), None)


def _read_rows(rows: Any, name: str, path_at: int, label_at: int, part_at: int | None) -> Listing:
    paths: list[str] = []
    labels: list[str] = []
    parts: list[int] = []
    short, doubled, first_short = 0, 0, 0
    seen: dict[str, str] = {}
    some_doubled: list[str] = []
    known: dict[str, str] = {}
    last = max(path_at, label_at)
    for row in rows:
        path, label = (row[path_at].strip(), row[label_at].strip()) if len(row) > last else ("", "")
        if not path or not label:
            if any(cell.strip() for cell in row):
                short, first_short = short + 1, first_short or rows.line_num
            continue
        label = known.setdefault(label, label)  # one text for all rows of a class
        if path in seen:
            if seen[path] != label:
                raise DataError(
                    f"{name}: line {rows.line_num:,} labels {printable_start(path)} as {printable_start(label)}, an "
                    f"earlier line as {printable_start(seen[path])}. Give every file one label."
                )
            doubled += 1
            if doubled <= _SHOWN:
                some_doubled.append(path)
            continue
        seen[path] = label
        paths.append(path)
        labels.append(label)
        parts.append(_part(row, part_at, name, rows.line_num))
    notes = []
    if short:
        lines = count_of(short, "line")
        notes.append(f"{name}: {lines} without a path or a label left out (line {first_short:,} first)")
    if doubled:
        more = f" and {doubled - _SHOWN:,} more" if doubled > _SHOWN else ""
        notes.append(f"{name}: {doubled:,} lines that repeat a file count once ({some_of(some_doubled)}{more})")
    check_classes(name, len(known))
    places, names = number_classes(labels)
    if len(names) < 2:
        only = f"only one class, {printable_start(names[0])}" if names else "no rows with a path and a label"
        raise DataError(f"{name} has {only}; a classifier needs two classes or more. {_ADVICE}")
    nothing = np.zeros(len(paths), np.int64)
    return Listing(name, paths, places, np.array(parts, np.int8), names, nothing, nothing, notes=tuple(notes))


def _part(row: list[str], part_at: int | None, name: str, line: int) -> int:
    word = row[part_at].strip() if part_at is not None and part_at < len(row) else ""
    if not word:
        return UNDECIDED
    part = part_of(word)
    if part is None:
        raise DataError(
            f"{name}: line {line:,} has the part {printable(word)[:40]!r}; allowed are train, validation and test. "
            "Correct it, or leave it empty."
        )
    return part
