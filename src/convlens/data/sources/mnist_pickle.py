"""Reading MNIST out of a pickle without ever running the pickle.

A pickle is a program, and one from a package index is a outlier's. This one is a list of steps (`pickletools` names
them without doing them) in which six long byte strings are the data: images as float32 and labels as int64, for
training, validation and test. So the steps are only read: anything beyond the few that such a file needs is refused,
and the strings are taken as they are. Unpickling with an allow-list would still call NumPy with a outlier's arguments.
"""

import io
import pickletools
from collections.abc import Iterator
from typing import IO, cast

import numpy as np

from convlens.data.sources.source import SourceError

_ALLOWED_NAMES = {
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",
    "numpy ndarray",
    "numpy dtype",
}
_ALLOWED_STEPS = (
    "PROTO STOP GLOBAL REDUCE BUILD BINPUT BINGET NONE NEWFALSE BININT BININT1 BININT2 MARK TUPLE TUPLE1 TUPLE2 TUPLE3 "
    "SHORT_BINSTRING BINSTRING"
)
_SIDE = 28
_PIXELS = _SIDE * _SIDE
_LONGEST_STRING = 200 << 20  # the longest is 50,000 images of 784 floats, 157 million bytes
_LONGEST_LINE = 200
_MOST_STEPS = 1000  # the real file has 92


def read_mnist_pickle(pickled: io.BufferedIOBase) -> dict[str, np.ndarray]:
    """The arrays of MNIST's four files, by file name: uint8 images N×28×28 and uint8 labels N.

    The training files are the pickle's training and validation parts put together; a pixel is its float times 256.

    Raises:
        SourceError: the pickle has a step, a name or a size that MNIST's does not.
    """
    parts = [_as_array(number, text) for number, text in enumerate(_long_strings(pickled))]
    images, labels = parts[0::2], parts[1::2]
    if len(parts) != 6 or any(len(some) != len(theirs) for some, theirs in zip(images, labels, strict=True)):
        raise SourceError(
            f"its pickle holds arrays of {[len(part) for part in parts]} entries, not three image-label pairs"
        )
    return {
        "train-images-idx3-ubyte": np.concatenate(images[:2]),
        "train-labels-idx1-ubyte": np.concatenate(labels[:2]),
        "t10k-images-idx3-ubyte": images[2],
        "t10k-labels-idx1-ubyte": labels[2],
    }


def _long_strings(pickled: io.BufferedIOBase) -> Iterator[str]:
    """The byte strings among the steps, each byte as one character, in their order."""
    allowed_steps = set(_ALLOWED_STEPS.split())
    try:
        for count, (step, argument, _) in enumerate(pickletools.genops(cast(IO[bytes], _Cautious(pickled)))):
            if step.name not in allowed_steps or count > _MOST_STEPS:
                raise SourceError(f"its pickle has a step that MNIST's has not ({step.name}) and was not read further")
            if step.name == "GLOBAL" and argument not in _ALLOWED_NAMES:
                raise SourceError(f"its pickle names {argument}, which is not allowed, and was not read further")
            if step.name == "BINSTRING":
                yield str(argument)
    except ValueError as error:  # what pickletools raises for bytes that are no pickle
        raise SourceError(f"its pickle is damaged ({error})") from error


def _as_array(number: int, text: str) -> np.ndarray:
    """Even numbers are images (float32 from 0 to 255/256), odd ones labels (int64), both little-endian."""
    content = text.encode("latin-1")
    entry = 8 if number % 2 else 4 * _PIXELS
    if not content or len(content) % entry:
        raise SourceError(f"its pickle holds {len(content):,} bytes where a multiple of {entry:,} belongs")
    if number % 2:
        return np.frombuffer(content, "<i8").astype(np.uint8)
    floats = np.frombuffer(content, "<f4").reshape(-1, _SIDE, _SIDE)
    images = np.empty(floats.shape, np.uint8)
    for start in range(0, len(floats), 1000):  # in pieces: in one go it takes another 300 MB
        piece = np.nan_to_num(floats[start : start + 1000] * np.float32(256), nan=0.0, posinf=0.0, neginf=0.0)
        images[start : start + 1000] = np.rint(np.clip(piece, 0, 255))
    return images


class _Cautious:
    """A stream that refuses to read more at once than MNIST needs; `pickletools` believes every length it is told."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _LONGEST_STRING:
            raise ValueError(f"a string of {size:,} bytes")
        return self._stream.read(size)

    def readline(self, size: int | None = _LONGEST_LINE, /) -> bytes:
        return self._stream.readline(_LONGEST_LINE if size is None else min(max(size, 0), _LONGEST_LINE))
