"""Decide whether an array is one image or a batch.

An array does not say whether its first axis counts images. If one reading gives images of the network's input shape,
it is used. If two readings remain, an error names both and shows how to write each. `convlens.pixels.batches` decides
what the values mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from convlens.errors import UsageError
from convlens.pixels.batches import CHANNELS, Shape
from convlens.words import count_of, times


@dataclass(frozen=True)
class Reading:
    """A way to read an array: as one image or as a batch.

    Attributes:
        is_one: whether the array is one image.
        fits: whether its images then have the network's shape.
        words: a description, such as `a batch of 3 grey images of 8×8`.
        written: an expression of X that can only be read this way.
    """

    is_one: bool
    fits: bool
    words: str
    written: str


def readings_of(sizes: Sequence[int], shape: Shape) -> list[Reading]:
    """Return all ways to read an array of these sizes; `shape` is the network's channels, height and width.

    >>> [(one.is_one, one.fits) for one in readings_of((3, 8, 8), (1, 8, 8))]
    [(True, False), (False, True)]
    >>> readings_of((3, 8, 8), (1, 8, 8))[1].words
    'a batch of 3 grey images of 8×8'
    """
    if len(sizes) == 2:
        return _of_two(sizes[0], sizes[1], shape)
    if len(sizes) == 3:
        return _of_three(sizes[0], sizes[1], sizes[2], shape)
    if len(sizes) == 4:
        fits = shape in (tuple(sizes[1:]), (sizes[3], sizes[1], sizes[2]))
        return [Reading(False, fits, "a batch", "X")]
    return []


def _of_two(first: int, last: int, shape: Shape) -> list[Reading]:
    """A two-dimensional array can always be a grey image; with matching columns it can also be rows of pixels."""
    channels, height, width = shape
    is_flat = last == channels * height * width
    picture = f"one grey image of {times((first, last))} pixels"
    found = [Reading(True, is_flat or (1, first, last) == shape, picture, "X[..., np.newaxis]")]
    if is_flat:
        rows = f"{count_of(first, 'row')} of {last:,} pixels, one for each image"
        found.append(Reading(False, True, rows, f"X.reshape(-1, {channels}, {height}, {width})"))
    return found


def _of_three(first: int, middle: int, last: int, shape: Shape) -> list[Reading]:
    found = []
    if first in CHANNELS:
        picture = f"one image of {times((middle, last))} with {count_of(first, 'channel')}"
        written = "X[0]" if first == 1 else "X.transpose(1, 2, 0)"
        found.append(Reading(True, (first, middle, last) == shape, picture, written))
    if last in CHANNELS:
        picture = f"one image of {times((first, middle))} with {count_of(last, 'channel')}"
        found.append(Reading(True, (last, first, middle) == shape, picture, "X.transpose(2, 0, 1)"))
    fits = (1, middle, last) == shape
    if fits or last not in CHANNELS:  # an image that narrow is not plausible
        batch = f"a batch of {count_of(first, 'grey image')} of {times((middle, last))}"
        found.append(Reading(False, fits, batch, "X[:, np.newaxis]"))
    return found


def is_one_image(sizes: Sequence[int], shape: Shape, as_batch: bool = False) -> bool:
    """Return whether an array of these sizes is one image. With `as_batch`, it is a batch wherever that is possible.

    Raises:
        UsageError: the array can be either, or neither.

    >>> is_one_image((8, 8), (1, 8, 8)), is_one_image((3, 8, 8), (1, 8, 8))
    (True, False)
    >>> is_one_image((3, 32, 32), (1, 8, 8))
    Traceback (most recent call last):
    convlens.errors.UsageError: X of 3×32×32 can be read in two ways: ...
    """
    found = readings_of(sizes, shape)
    found = [reading for reading in found if reading.fits] or found
    if as_batch and any(not reading.is_one and (reading.fits or sizes[0] == 1) for reading in found):
        return False
    if not found:
        raise UsageError(f"X has the shape {tuple(sizes)}. Give {_layouts(shape)}.")
    if len({reading.is_one for reading in found}) > 1:
        raise _ambiguous(sizes, found, "X")
    return found[0].is_one


def check_one_image(sizes: Sequence[int], shape: Shape, name: str) -> None:
    """Check that an element of a list is one image, not a batch.

    Raises:
        UsageError: the element is a batch, or has the shape of a batch of the network's images.
    """
    found = readings_of(sizes, shape)
    fitting = {reading.is_one for reading in found if reading.fits}
    if len(sizes) == 3 and fitting == {False} and len(found) > 1:
        raise _ambiguous(sizes, found, name)
    if not any(reading.is_one for reading in found):
        raise UsageError(
            f"{name} has the shape {tuple(sizes)}, which is not a single image. Give H×W, H×W×C or C×H×W with "
            "1, 3 or 4 channels. Give a batch by itself, not in a list."
        )


def has_shape(sizes: Sequence[int], shape: Shape) -> bool:
    """Return whether an array of these sizes is one image of the network's shape, in any layout.

    >>> has_shape((8, 8), (1, 8, 8)), has_shape((8, 8, 3), (3, 8, 8)), has_shape((9, 8), (1, 8, 8))
    (True, True, False)
    """
    channels, height, width = shape
    layouts = {shape, (height, width, channels)} | ({(height, width)} if channels == 1 else set())
    return tuple(sizes) in layouts


def _layouts(shape: Shape) -> str:
    channels, height, width = shape
    batches = f"N×{times(shape)} or N×{times((height, width, channels))} for a batch"
    grey = f"N×{times((height, width))}, " if channels == 1 else ""
    return f"H×W, H×W×C or C×H×W for one image, {grey}{batches}"


def _ambiguous(sizes: Sequence[int], found: Sequence[Reading], name: str) -> UsageError:
    ways = "; or ".join(f"{reading.words}, written {reading.written.replace('X', name)}" for reading in found)
    return UsageError(f"{name} of {times(sizes)} can be read in two ways: {ways}. Write the one that you mean.")
