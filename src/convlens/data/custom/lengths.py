"""Image files whose length cannot be right, though they decode.

Programs that copy files as text put a carriage return before every byte 10, or take it away. Formats with checksums or
markers then fail to decode; PPM, PGM, PBM and BMP do not: their pixels merely shift. Their length gives them away.
"""

import io

_MOST_PADDING = 3  # bytes that writers of BMP files add to come to a multiple of four


def has_bad_length(content: bytes) -> bool:
    """Whether an uncompressed image file has more or fewer bytes than its header says.

    >>> has_bad_length(b"P5 2 1 255 ab"), has_bad_length(b"P5 2 1 255 a\\r\\n")
    (False, True)
    """
    if not content.startswith((b"BM", b"P4", b"P5", b"P6")):
        return False
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PPM", "BMP")) as image:
            decoder, _, start, arguments = image.tile[0]
            height, is_bitmap = image.height, image.format == "BMP"
            if is_bitmap and decoder != "raw":
                return False  # a compressed one has no length of its own
            if is_bitmap:
                row = arguments[1]
            else:
                row = _row_of_netpbm(image.mode, image.width, arguments[1] if decoder == "ppm" else 255)
    except Exception:  # headers that are none: what exactly is wrong with them is said when they are decoded
        return False
    is_wrong = _bitmap_is_wrong if is_bitmap else _netpbm_is_wrong
    return is_wrong(content, start, start + row * height)


def _row_of_netpbm(mode: str, width: int, largest: int) -> int:
    """How many bytes a row has; Pillow reads numbers up to 65535 as mode I."""
    if mode == "1":
        return (width + 7) // 8
    return width * (3 if mode == "RGB" else 1) * (2 if mode.startswith("I") or largest > 255 else 1)


def _bitmap_is_wrong(content: bytes, _start: int, end: int) -> bool:
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
