"""Detects image files that can be decoded although their length is wrong.

Programs that transfer files as text insert or remove a carriage return before every line feed (byte 10). Formats with
checksums or markers then fail to decode, but PPM, PGM, PBM and BMP files decode with shifted pixels: only their length
is wrong.
"""

import io

_MOST_PADDING = 3  # bytes that some programs add to make the length of a BMP file a multiple of four


def has_bad_length(content: bytes) -> bool:
    """Check whether an uncompressed image file has more or fewer bytes than its header says.

    >>> has_bad_length(b"P5 2 1 255 ab"), has_bad_length(b"P5 2 1 255 a\\r\\n")
    (False, True)
    """
    if not content.startswith((b"BM", b"P4", b"P5", b"P6")):
        return False
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PPM", "BMP")) as image:
            decoder, _, start, arguments = image.tile[0]
            width, height, mode, is_bitmap = *image.size, image.mode, image.format == "BMP"
    except Exception:  # invalid headers: the exact problem is reported when the file is decoded
        return False
    told = arguments[1] if isinstance(arguments, tuple) and isinstance(arguments[1], int) else 0
    if is_bitmap:
        row = told if decoder == "raw" else 0  # 0: compressed images have no fixed length
        return row > 0 and _bitmap_is_wrong(content, start + row * height)
    # Pillow reads 16-bit values as mode I, or gives the decoder the largest value.
    wide = mode.startswith("I") or (decoder == "ppm" and told > 255)
    row = (width + 7) // 8 if mode == "1" else width * (3 if mode == "RGB" else 1) * (2 if wide else 1)
    return _netpbm_is_wrong(content, start, start + row * height)


def _bitmap_is_wrong(content: bytes, end: int) -> bool:
    claimed = int.from_bytes(content[2:6], "little")
    if claimed == len(content) >= end:  # a colour profile may follow the pixels
        return False
    if end <= claimed <= end + _MOST_PADDING:
        return True
    return not end <= len(content) <= end + _MOST_PADDING


def _netpbm_is_wrong(content: bytes, start: int, end: int) -> bool:
    rest = content[end:]
    sent_as_text = b"\r\n" in (content[start - 1 : start + 1], content[-2:])
    whole = rest == b"" or rest[:2] == content[:2] or (rest == b"\n" and not sent_as_text)  # or several images
    return len(content) < end or not whole
