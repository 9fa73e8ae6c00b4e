"""Writes the images of a cache: decoded, or copied from an earlier cache if the file is unchanged.

Images are written one after the other, so they never have to fit into memory together. They are decoded in their final
order. If that is not possible (a file cannot be used, or arrays have an order of their own), the file is copied once
into the right order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from convlens.data.custom.cache import Cached
from convlens.data.custom.decoding import Decoded, decode_array
from convlens.data.custom.facts import FACTS, problem_code
from convlens.data.custom.listing import Listing
from convlens.data.custom.pool import DecodingPool
from convlens.data.custom.progress import Reporter
from convlens.data.custom.shape import InputShape, make_job, rows_of
from convlens.errors import DataError, ImageError
from convlens.files import explain_write_errors, sync

_A_JOB = 64
_PASSING = tuple(problem_code(name) for name in ("vanished", "unreadable", "crashed", "too_slow"))


@dataclass
class Filled:
    """The content of a file of images: `order` has the index of each image in the listing."""

    path: Path
    order: np.ndarray
    facts: np.ndarray
    words: dict[int, str]


def earlier_rows(listing: Listing, earlier: Cached | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each listed file its index in an earlier listing (−1: new or changed), its row there, and its facts.

    Files with problems that may have been solved (no permission, missing) count as new; unknown facts are zeros.
    """
    nowhere, facts = np.full(len(listing), -1, np.int64), np.zeros(len(listing), FACTS)
    if earlier is None:
        return nowhere, nowhere, facts
    old, signatures = earlier.signatures(), listing.signatures()
    order = np.argsort(old, kind="stable")
    spots = np.minimum(np.searchsorted(old[order], signatures), len(old) - 1)
    numbers = np.where(old[order[spots]] == signatures, order[spots], -1)
    numbers[np.isin(earlier.facts["problem"][numbers], _PASSING)] = -1
    row_of = np.full(len(old), -1, np.int64)
    row_of[earlier.rows] = np.arange(len(earlier.rows))
    facts[numbers >= 0] = earlier.facts[numbers[numbers >= 0]]
    return numbers, np.where(numbers >= 0, row_of[numbers], -1), facts


def fill(
    path: Path, listing: Listing, order: np.ndarray, shape: InputShape, pool: DecodingPool,
    earlier: Cached | None, matches: tuple[np.ndarray, np.ndarray], report: Reporter,
) -> Filled:  # fmt: skip
    """Decode all images in `order` into a file.

    Raises:
        OutputError: the disk is full.
        DataError: an array holds something that is not an image.
    """
    filled = Filled(path, np.empty(0, np.int64), np.zeros(len(listing), FACTS), {})
    written: list[np.ndarray] = []
    count = len(listing) * shape.channels * shape.size**2
    with explain_write_errors(path.parent.parent, count), path.open("wb") as file:
        if listing.arrays:
            written.extend(_fill_from_arrays(file, filled, listing, shape, report))
        else:
            written.extend(_fill_from_files(file, filled, listing, order, shape, pool, earlier, matches, report))
        sync(file)
    filled.order = np.concatenate([*written, np.empty(0, np.int64)])
    return filled


def _fill_from_files(
    file: BinaryIO, filled: Filled, listing: Listing, order: np.ndarray, shape: InputShape, pool: DecodingPool,
    earlier: Cached | None, matches: tuple[np.ndarray, np.ndarray], report: Reporter,
) -> Iterator[np.ndarray]:  # fmt: skip
    numbers_before, rows_before = matches
    old_words = earlier.about.words if earlier is not None else {}
    groups = [order[start : start + _A_JOB] for start in range(0, len(order), _A_JOB)]
    start, done = pool.done, 0
    jobs = (make_job(listing, group[numbers_before[group] < 0], shape.size, shape.channels) for group in groups)
    answers = pool.decode(jobs, lambda: report.tell(done + pool.done - start, "decoding"))
    for group, decoded in zip(groups, answers, strict=True):
        known = numbers_before[group] >= 0
        pixels = np.empty((len(group), shape.channels, shape.size, shape.size), np.uint8)
        good = np.zeros(len(group), bool)
        if earlier is not None and known.any():
            filled.facts[group[known]] = earlier.facts[numbers_before[group[known]]]
            good[known] = rows_before[group[known]] >= 0
            pixels[good] = earlier.images[rows_before[group[good]]]
            for number in group[known & ~good].tolist():
                filled.words[number] = old_words.get(int(numbers_before[number]), "cannot be decoded")
        for place, answer in zip(np.flatnonzero(~known).tolist(), decoded, strict=True):
            good[place] = _take(filled, int(group[place]), answer, pixels[place])
        file.write(pixels[good].tobytes())
        done += int(known.sum())
        report.tell(done + pool.done - start, "decoding")
        yield group[good]


def _take(filled: Filled, number: int, answer: Decoded, into: np.ndarray) -> bool:
    filled.facts[number] = answer.facts
    if answer.pixels is None:
        filled.words[number] = answer.words
        return False
    into[:] = answer.pixels
    return True


def _fill_from_arrays(
    file: BinaryIO, filled: Filled, listing: Listing, shape: InputShape, report: Reporter
) -> Iterator[np.ndarray]:
    for start, rows in rows_of(listing):
        pixels = np.empty((len(rows), shape.channels, shape.size, shape.size), np.uint8)
        for place, row in enumerate(rows):
            try:
                _take(filled, start + place, decode_array(row, shape.size, shape.channels), pixels[place])
            except ImageError as error:
                words = str(error).removeprefix("the image array ")
                raise DataError(f"image {listing.names[start + place]} {words}") from error
            report.tell(start + place, "decoding")
        file.write(pixels.tobytes())
        yield np.arange(start, start + len(rows))


def put_in_order(filled: Filled, order: np.ndarray, shape: InputShape, report: Reporter) -> Filled:
    """Rewrite the file with the images in `order`, which may leave some out; nothing is written if it is the same.

    Raises:
        OutputError: the disk is full.
    """
    if np.array_equal(filled.order, order):
        return filled
    row_of = np.full(len(filled.facts), -1, np.int64)
    row_of[filled.order] = np.arange(len(filled.order))
    other = filled.path.with_name("images-in-order.bin")
    image = (shape.channels, shape.size, shape.size)
    at_once = max(1, (4 << 20) // (shape.channels * shape.size**2))
    with (
        explain_write_errors(other.parent.parent, len(order) * shape.channels * shape.size**2),
        other.open("wb") as file,
    ):
        images = np.memmap(filled.path, np.uint8, "r", shape=(len(filled.order), *image))
        for start in range(0, len(order), at_once):
            file.write(images[row_of[order[start : start + at_once]]].tobytes())
            report.tell(start, "sorting images", len(order))
        del images
        sync(file)
        other.replace(filled.path)
    return Filled(filled.path, order, filled.facts, filled.words)
