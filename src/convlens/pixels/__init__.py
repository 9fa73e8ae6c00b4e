"""Converts image files, bytes and arrays to Pillow images, and these to 8-bit grey or colour arrays.

`decoding` opens files, `conversion` converts modes, 16 bits and transparency to 8 bits, `arrays` converts single images
between NumPy and Pillow, and `batches` converts arrays to batches. Each of these is done in no other place. Nothing
here depends on networks.
"""

from convlens.pixels.arrays import encode_png
from convlens.pixels.batches import as_array, read_batch
from convlens.pixels.conversion import is_grey, to_colour, to_grey
from convlens.pixels.decoding import ImageSource, read_image
from convlens.pixels.limits import MAX_FILE_BYTES, MAX_PIXELS

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "ImageSource",
    "as_array",
    "encode_png",
    "is_grey",
    "read_batch",
    "read_image",
    "to_colour",
    "to_grey",
]
