"""Reads the operands of an operation: typed numbers, a file of numbers, an image file, or an image of a dataset."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from convlens.checking import shown
from convlens.cli.by_hand.tables import read_table
from convlens.cli.by_hand.typed_numbers import MOST_CHARACTERS, read_numbers
from convlens.errors import DataError, ImageError, UsageError
from convlens.words import count_of, printable, times

if TYPE_CHECKING:
    from convlens.by_hand.operands import Values

NUMBER_SUFFIXES = {".csv", ".tsv", ".txt", ".dat"}
STDIN = "<stdin>"
MOST_PIXELS = 16_000_000
"""Of an image: as numbers, each of its values takes eight bytes, 384 MB in colour."""

DATASET_IMAGE = re.compile(r"([A-Za-z][\w-]{0,60})(?::(train|test))?:(\d{1,12})")
"""`mnist:7`, or `mnist:train:7`."""


@dataclass(frozen=True)
class Given:
    """An operand: its numbers, its name in headings (empty for typed numbers), and notes on what was changed."""

    values: "Values"
    name: str = ""
    notes: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """Return the name and the notes, separated by commas."""
        return ", ".join(part for part in (self.name, *self.notes) if part)


def read_operand(name: str, text: str, colour: bool | None = False, data_dir: Path | None = None) -> Given:
    """Return the numbers that a text means: a vector, a matrix H×W or a tensor C×H×W.

    An image file is converted to grey or, with `colour`, to three channels. If `colour` is None, it keeps its channels.

    Raises:
        UsageError: the numbers cannot be read; the message has the place.
        DataError: a file or a dataset cannot be read.

    >>> read_operand("--a", "1 2; 3 -4").values
    array([[ 1.,  2.],
           [ 3., -4.]])
    """
    if text in ("-", STDIN):
        return Given(read_numbers(f"{name} (stdin)", sys.stdin.read(MOST_CHARACTERS + 1)), "stdin")
    place = DATASET_IMAGE.fullmatch(text.strip())
    if place:
        return _dataset_image(place.group(1), place.group(2) or "test", int(place.group(3)), data_dir)
    if is_file(text):
        return _read_file(Path(text), colour)
    if len(text) < 1000 and re.search(r"[A-Za-z]{2,}|[/\\]", text) and not re.search(r"\bnan\b|\binf", text):
        raise DataError(
            f"{name}: {text!r} is neither an existing file nor numbers. Give numbers such as '1 2; 3 4', a CSV or "
            "image file, or mnist:7."
        )
    return Given(read_numbers(name, text))


def is_file(text: str) -> bool:
    """Return whether a typed text is the path of an existing file."""
    try:
        return "\n" not in text and Path(text).is_file()
    except (OSError, ValueError):  # the text is too long for a path, or holds a zero byte
        return False


def _dataset_image(dataset: str, part: str, index: int, data_dir: Path | None) -> Given:
    from convlens.cli.reading_progress import showing_progress
    from convlens.data import load_dataset

    with showing_progress() as on_progress:
        loaded = load_dataset(dataset, data_dir=data_dir, on_progress=on_progress)
    images = loaded.train if part == "train" else loaded.test
    if images is None or index >= len(images):
        there = count_of(0 if images is None else len(images), f"{part} image")
        raise UsageError(f"{dataset}:{part}:{index} does not exist; {dataset} has {there}, counted from 0.")
    true_name = images.class_names[images.labels[index]]
    return Given(images.images[index].astype(np.float64), f"{part} image {index:,} of {dataset}, a {true_name}")


def _read_file(path: Path, colour: bool | None) -> Given:
    if path.suffix.lower() in NUMBER_SUFFIXES:
        return Given(read_table(path), str(path))
    from convlens.pixels import is_grey, read_image, to_colour, to_grey

    image = read_image(path)
    if image.width * image.height > MOST_PIXELS:
        raise ImageError(
            f"{printable(str(path))} is {image.width:,}×{image.height:,}, which is {image.width * image.height:,} "
            f"pixels; operations by hand take {MOST_PIXELS:,}: make it smaller.",
            "too_large",
        )
    colour = not is_grey(image) if colour is None else colour
    pixels, notes = to_colour(image) if colour else to_grey(image)
    values = pixels.transpose(2, 0, 1) if colour else pixels
    return Given(values.astype(np.float64), str(path), tuple(notes))


def as_image(values: "Values") -> "Values":
    """Return a tensor C×H×W: a matrix becomes one channel, a vector one channel with one row."""
    matrix = np.atleast_2d(values)
    return matrix if matrix.ndim == 3 else matrix[None]


def read_pair(name: str, text: str, least: int) -> tuple[int, int]:
    """Read `3`, `3x5` or `3,5` as (height, width).

    >>> read_pair("--stride", "2", 1), read_pair("--kernel-size", "3x5", 1)
    ((2, 2), (3, 5))
    """
    numbers = re.fullmatch(r"\s*(\d{1,9})(?:\s*[x×,]\s*(\d{1,9}))?\s*", text)
    pair = (int(numbers[1]), int(numbers[2] or numbers[1])) if numbers else None
    if pair is None or min(pair) < least:
        raise UsageError(
            f"{name} is {shown(text)}; give a whole number of at least {least}, such as 3, or two, such as 3x5."
        )
    return pair


def read_kernels(texts: Sequence[str], channels: int, colour: bool) -> Given:
    """Read one kernel C×kH×kW, or several kernels of one size as O×C×kH×kW.

    Raises:
        UsageError: the kernels have different sizes.
    """
    kernels = [read_kernel(text, channels, colour) for text in texts]
    first = kernels[0]
    if len(kernels) == 1:
        return first
    for number, kernel in enumerate(kernels):
        if kernel.values.shape != first.values.shape:
            sizes = [times(one.values.shape) for one in (kernel, first)]
            raise UsageError(
                f"--kernel: kernel {number} is {sizes[0]} and kernel 0 is {sizes[1]} (channels × height × width); give "
                "kernels of one size."
            )
    names = " and ".join(kernel.name or "numbers" for kernel in kernels) if any(k.name for k in kernels) else ""
    notes = tuple(dict.fromkeys(note for kernel in kernels for note in kernel.notes))
    return Given(np.stack([kernel.values for kernel in kernels]), names, notes)


def read_biases(texts: Sequence[str] | None) -> "Values | None":
    """Read all biases into one vector; None if none is given.

    >>> read_biases(["1", "-2 3"])
    array([ 1., -2.,  3.])
    """
    if not texts:
        return None
    return np.concatenate([read_numbers("--bias", text).ravel() for text in texts])


def read_kernel(text: str, channels: int, colour: bool) -> Given:
    """Read a kernel by its name or as numbers. One matrix is repeated for every channel of the image, with a note."""
    from convlens.by_hand import kernel_named

    is_name = re.fullmatch(r"[A-Za-z][A-Za-z-]*", text.strip()) is not None and not is_file(text)
    given = (
        Given(kernel_named(cast(Any, text.strip())), text.strip())
        if is_name
        else read_operand("--kernel", text, colour)
    )
    values, notes = np.atleast_2d(given.values), given.notes
    if values.ndim == 2:
        values = np.repeat(values[None], channels, axis=0)
        notes += (f"the same for each of {channels} channels, whose sums are added",) if channels > 1 else ()
    return Given(values, given.name, notes)
