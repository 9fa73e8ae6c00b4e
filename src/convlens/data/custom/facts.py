"""Facts about every listed file, recorded while it is decoded, so that checks need not decode it again.

Each file has one row of fixed size: a million files take 45 MB on disk and are read at once. The lists of codes are
here; new codes are only added at the end.
"""

import numpy as np

FACTS = np.dtype(
    [
        ("width", "<u4"),  # as decoded, upright
        ("height", "<u4"),
        ("mode", "u1"),  # an index into MODES
        ("problem", "u1"),  # an index into PROBLEMS; 0: none, and all following fields are known
        ("bad_length", "?"),  # it can be decoded, but its length is wrong
        ("conversions", "<u4"),  # bit i: CONVERSIONS[i] was applied
        ("pixel_hash", "S16"),  # of size and decoded pixels, independent of the mode: equal images, equal hashes
        ("mean", "<f4"),  # of grey, 0 to 255
        ("lowest", "u1"),
        ("highest", "u1"),
        ("border", "<f4"),  # median of the grey pixels along the four edges: the background
        ("colour", "<f4"),  # largest difference of red, green and blue, in the image reduced to 128 pixels
    ]
)

MODES = (
    "other", "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV",
    "I", "I;16", "I;16L", "I;16B", "I;16N", "F",
)  # fmt: skip

PROBLEM_WORDS = {
    "none": "fine",
    "vanished": "gone since the files were listed",
    "unreadable": "could not be read",  # permissions, a damaged disk, a password
    "empty": "empty",  # 0 bytes
    "not_an_image": "not images",
    "unsupported": "of an unsupported format",  # an image or a document
    "truncated": "cut short",
    "damaged": "damaged",
    "too_large": "too large",  # too many pixels or bytes, decompression bombs
    "crashed": "crashed their decoder",  # which ended its process
    "too_slow": "took too long to decode",
}
PROBLEMS = tuple(PROBLEM_WORDS)

CONVERSION_RULES = {
    "colour_to_grey": "colour converted to grey (ITU-R 601 luma)",
    "alpha_over_white": "transparent background, filled with white, because the visible part is dark",
    "alpha_over_black": "transparent background, filled with black, because the visible part is light",
    "palette": "palette replaced by its colours",
    "cmyk": "CMYK converted to RGB",
    "sixteen_bit": "16 bits converted to 8 (divided by 257)",
    "unit_range": "0–1 scaled to 0–255",
    "stretched": "pixels beyond 0–255 stretched to 0–255",
    "turned": "rotated upright, according to the EXIF data",
    "first_frame": "the first of several frames",
    "one_bit": "black and white converted to 0 and 255",
    "lab": "another colour space converted to RGB",  # or YCbCr, HSV
    "enlarged": "enlarged to fit, proportions kept",
    "reduced": "reduced to fit, proportions kept",
}
CONVERSIONS = tuple(CONVERSION_RULES)


def conversion_bit(name: str) -> int:
    """Return the bit of a conversion in `conversions`.

    >>> conversion_bit("cmyk")
    16
    """
    return 1 << CONVERSIONS.index(name)


def problem_code(name: str) -> int:
    """Return the index of a problem in PROBLEMS.

    >>> problem_code("none"), PROBLEMS[problem_code("truncated")]
    (0, 'truncated')
    """
    return PROBLEMS.index(name)
