"""Limits the memory that a network may take for one image.

Networks are for small images. A model file of a kilobyte can request images of 40,000×40,000 pixels, and each
prediction would then take gigabytes. Such a network is refused before anything is computed.
"""

import math

from convlens.errors import NetworkError
from convlens.network.network import Network
from convlens.words import times

MOST_PIXELS = 2**26
"""The most numbers in the input, such as one channel of 8,192×8,192: preparing an image takes several copies of it."""
MOST_NUMBERS = 2**28
"""The most numbers in the input and the outputs of all layers; 1 GiB as float32."""


class MemoryLimit(NetworkError):
    """A network that takes more memory for one image than is allowed."""


def check_memory(network: Network, input_shape: tuple[int, int, int], classes: int) -> None:
    """Refuse a network that takes too much memory for one image.

    Raises:
        MemoryLimit: the image or the outputs of all layers are too large.
        NetworkError: the network does not fit such images.

    >>> check_memory(Network("globalavgpool, dense"), (1, 40_000, 40_000), 10)
    Traceback (most recent call last):
    convlens.network.memory.MemoryLimit: an image of 1×40,000×40,000 has 1,600,000,000 numbers; at most ...
    """
    pixels = math.prod(input_shape)
    if pixels > MOST_PIXELS:
        raise MemoryLimit(
            f"an image of {times(input_shape)} has {pixels:,} numbers; at most {MOST_PIXELS:,} are allowed. Use "
            "smaller images."
        )
    numbers = pixels + sum(math.prod(node.output_shape) for node in network.resolve(input_shape, classes))
    if numbers > MOST_NUMBERS:
        raise MemoryLimit(
            f"the outputs of all layers for one image of {times(input_shape)} take {4 * numbers / 2**30:,.1f} GiB; at "
            f"most {4 * MOST_NUMBERS / 2**30:g} GiB is allowed. Use smaller images, fewer maps or a larger stride."
        )
