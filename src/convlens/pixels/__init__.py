"""Image files, image bytes and arrays: into one kind of picture, and from there into 8-bit grey or colour arrays.

`decoding` is the one place where files are opened, `conversion` the one place where modes, 16 bits and transparency are
turned into plain bytes, `arrays` the way between NumPy and Pillow, `batches` the way from arrays to batches of images.
Nothing here knows about networks.
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
