"""Chooses the size and the number of channels of the network's input from the images."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convlens.data.custom.listing import Listing
from convlens.data.custom.options import ImportOptions
from convlens.data.custom.pool import DecodingPool
from convlens.data.custom.progress import Reporter
from convlens.data.custom.worker import Job
from convlens.errors import DataError
from convlens.pixels.conversion import VISIBLE_COLOUR

SIZES = (16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96)
MOST_LOOKED_AT = 2000
COLOUR_SHARE = 0.02  # with a smaller share of colour images, grey is used
_A_JOB = 32


@dataclass(frozen=True)
class InputShape:
    """A square of `size` pixels with 1 or 3 channels, and why."""

    size: int
    channels: int
    notes: tuple[str, ...]


def evenly_chosen(count: int, most: int = MOST_LOOKED_AT) -> np.ndarray:
    """Choose at most `most` indices below `count`, evenly spaced.

    >>> evenly_chosen(10, 4)
    array([0, 2, 5, 7])
    """
    return np.arange(min(count, most)) * count // min(count, most)


def choose_shape(longest: np.ndarray, colour: np.ndarray, options: ImportOptions) -> InputShape:
    """Choose the input's size and channels from the longest sides of some images and their colourfulness.

    The size is the 75th percentile of the longest sides, rounded to the nearest of SIZES, so that most images are
    reduced little or not at all. One channel is used if fewer than 2 % of the images are in colour.

    >>> choose_shape(np.array([30, 31, 33, 200]), np.zeros(4), ImportOptions()).notes[0]
    'input 80×80: the longest side is at most 75 pixels in three quarters of 4 sampled images (30 to 200)'
    """
    if options.size is not None:
        size, size_note = options.size, f"input {options.size}×{options.size}, as asked for"
    else:
        quartile = float(np.percentile(longest, 75))
        size = min(SIZES, key=lambda known: (abs(known - quartile), known))
        size_note = (
            f"input {size}×{size}: the longest side is at most {quartile:,.0f} pixels in three quarters of "
            f"{len(longest):,} sampled images ({longest.min():,} to {longest.max():,})"
        )
    if options.channels is not None:
        channels, reason = options.channels, "as asked for"
    else:
        coloured = int((colour > VISIBLE_COLOUR).sum())
        channels = 3 if coloured >= COLOUR_SHARE * len(colour) and coloured else 1
        reason = f"{coloured:,} of {len(colour):,} sampled images {'is' if coloured == 1 else 'are'} in colour"
    channels_note = f"{channels} channel{'s' * (channels > 1)}: {reason}"
    return InputShape(size, channels, (size_note, channels_note))


def find_shape(
    listing: Listing, known: np.ndarray, options: ImportOptions, pool: DecodingPool, report: Reporter
) -> InputShape:
    """Choose the input's shape from up to 2,000 evenly spaced images.

    `known` has the facts of files that were decoded before (width 0: unknown).

    Raises:
        DataError: none of these images can be read.
    """
    if options.size is not None and options.channels is not None:
        return choose_shape(np.array([0]), np.array([0]), options)
    chosen = evenly_chosen(len(listing))
    if listing.arrays:
        longest, colour = _look_at_arrays(listing, chosen, report)
    else:
        longest, colour = _look_at_files(listing, known, chosen, pool, report)
    if len(longest) == 0:
        raise DataError(
            f"none of {len(chosen):,} sampled images can be read, such as {listing.names[int(chosen[0])]!a}. "
            "Check whether another program opens them; PNG and JPEG files can be read."
        )
    return choose_shape(longest, colour, options)


def _look_at_files(
    listing: Listing, known: np.ndarray, chosen: np.ndarray, pool: DecodingPool, report: Reporter
) -> tuple[np.ndarray, np.ndarray]:
    rows = known[chosen]
    sizes, colour = np.maximum(rows["width"], rows["height"]).astype(np.int64), rows["colour"].astype(float)
    places = np.flatnonzero((sizes == 0) & (rows["problem"] == 0))  # known problems are not checked again
    if len(places):
        jobs = (make_job(listing, chosen[places[at : at + _A_JOB]], 0, 1, True) for at in range(0, len(places), _A_JOB))
        start = pool.done

        def tick() -> None:
            report.tell(pool.done - start, "looking at sizes and colours", len(places))

        answers = (answer for group in pool.decode(jobs, tick) for answer in group)
        for place, answer in zip(places, answers, strict=False):
            if not answer.facts["problem"]:
                sizes[place] = max(int(answer.facts["width"]), int(answer.facts["height"]))
                colour[place] = float(answer.facts["colour"])
    return sizes[sizes > 0], colour[sizes > 0]


def _look_at_arrays(listing: Listing, chosen: np.ndarray, report: Reporter) -> tuple[np.ndarray, np.ndarray]:
    from convlens.data.custom.decoding import decode_array

    shape = listing.arrays[0].shape
    if len(shape) == 2 or 1 in (shape[0], shape[2]):
        return np.full(len(chosen), max(shape[:2] if len(shape) == 2 or shape[2] == 1 else shape[1:])), np.zeros(
            len(chosen)
        )
    facts = []
    wanted = iter(chosen.tolist())
    place = next(wanted, -1)
    for start, rows in rows_of(listing):
        while start <= place < start + len(rows):
            facts.append(decode_array(rows[place - start], SIZES[0], 3).facts)
            place = next(wanted, -1)
        report.tell(len(facts), "looking at sizes and colours", len(chosen))
    longest = [max(int(row["width"]), int(row["height"])) for row in facts]
    return np.array(longest), np.array([float(row["colour"]) for row in facts])


def rows_of(listing: Listing) -> Iterator[tuple[int, np.ndarray]]:
    """Return the images of a listing of arrays in batches, each with the index of its first image."""
    start = 0
    for array in listing.arrays:
        for rows in array.pieces():
            yield start, rows
            start += len(rows)


def make_job(listing: Listing, numbers: np.ndarray, size: int, channels: int, survey: bool = False) -> Job:
    """Make a job for the decoding processes: the files of a listing with these indices."""
    places = [os.fsencode(listing.place(number)) for number in numbers.tolist()]
    return Job(os.fsencode(listing.archive), places, size, channels, survey)
