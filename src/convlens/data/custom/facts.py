"""What is noted of every listed file while it is decoded, so that nothing has to be decoded a second time to be judged.

One row a file, of a fixed size: a million files take 66 MB on the disk and are read at once. The words for codes stand
here, in lists that only ever grow at their end.
"""

import numpy as np

FACTS = np.dtype(
    [
        ("length", "<u8"),  # bytes of the file
        ("width", "<u4"),  # as decoded, upright
        ("height", "<u4"),
        ("mode", "u1"),  # a place in MODES
        ("format", "u1"),  # a place in FORMATS
        ("problem", "u1"),  # a place in PROBLEMS; 0: none, and all that follows is known
        ("bad_length", "?"),  # it decodes, but its length cannot be right
        ("conversions", "<u4"),  # bit i: CONVERSIONS[i] was done to it
        ("pixel_hash", "S16"),  # of the decoded pixels and the size, whatever the mode: equal pictures, equal hashes
        ("look", "<u8"),  # difference hash: bit 8·row + column says that grey falls from there to the right
        ("mean", "<f4"),  # of grey, 0 to 255
        ("deviation", "<f4"),
        ("lowest", "u1"),
        ("highest", "u1"),
        ("border", "<f4"),  # median of the grey pixels along the four edges: the background
        ("colour", "<f4"),  # the largest distance between red, green and blue, in a picture reduced to 128 pixels
    ]
)

VISIBLE_COLOUR = 16  # above it, a person would say that the image is in colour

MODES = (
    "other", "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV",
    "I", "I;16", "I;16L", "I;16B", "I;16N", "F",
)  # fmt: skip

FORMATS = (
    "other", "PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO", "DIB", "QOI", "PCX", "SGI",
    "array",
)  # fmt: skip

PROBLEMS = (
    "none",
    "vanished",  # it was there when the files were listed
    "unreadable",  # permissions, a damaged disk, a password
    "empty",  # 0 bytes
    "not_an_image",
    "unsupported",  # an image or a document of a kind that is not read
    "truncated",
    "damaged",
    "too_large",  # too many pixels or bytes, decompression bombs
    "crashed",  # its decoder ended the process it ran in
    "too_slow",
)

PROBLEM_WORDS = (
    "fine", "gone since the files were listed", "may not be read", "empty", "not images", "of a kind that is not read",
    "cut short", "damaged", "too large", "crashed their decoder", "took too long to decode",
)  # fmt: skip

CONVERSIONS = (
    "colour_to_grey",
    "alpha_over_white",
    "alpha_over_black",
    "palette",
    "cmyk",
    "sixteen_bit",
    "unit_range",  # floats from 0 to 1, times 255
    "stretched",  # pixels of no known range
    "turned",  # as the EXIF data says
    "first_frame",
    "one_bit",
    "lab",  # or YCbCr, HSV
    "enlarged",
    "reduced",
)

CONVERSION_RULES = (
    "colour turned to grey (ITU-R 601 luma)",
    "transparent background, filled with white, since what can be seen is dark",
    "transparent background, filled with black, since what can be seen is light",
    "palette replaced by its colours",
    "CMYK turned to red, green and blue",
    "16 bits turned to 8 (divided by 257)",
    "0–1 turned to 0–255",
    "pixels beyond 0–255 stretched to 0–255",
    "turned upright, as the EXIF data says",
    "the first of several frames",
    "black and white turned to 0 and 255",
    "another colour space turned to red, green and blue",
    "enlarged to fit, proportions kept",
    "reduced to fit, proportions kept",
)


def conversion_bit(name: str) -> int:
    """The bit of one conversion in `conversions`.

    >>> conversion_bit("cmyk")
    16
    """
    return 1 << CONVERSIONS.index(name)


def problem_code(name: str) -> int:
    """The number of one problem.

    >>> problem_code("none"), PROBLEMS[problem_code("truncated")]
    (0, 'truncated')
    """
    return PROBLEMS.index(name)
