"""What the first bytes and the length of an image file tell, without decoding it.

Programs that copy files as text put a carriage return before every byte 10, or take it away. Formats with checksums or
markers then fail to decode; PPM, PGM, PBM and BMP do not: their pixels merely shift. Their length gives them away.
"""

from convlens.data.custom.facts import FORMATS

_SIGNATURES = (
    (0, b"\x89PNG", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (8, b"WEBP", "WEBP"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"jP  \r\n", "JPEG2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"\x28\0\0\0", "DIB"),
    (0, b"qoif", "QOI"),
    (0, b"\x01\xda", "SGI"),
    (0, b"\x0a", "PCX"),
)
_MOST_PADDING = 3  # bytes that writers of BMP files add to come to a multiple of four


def format_code(start: bytes) -> int:
    """The place in FORMATS of the format that a file's first bytes tell.

    >>> FORMATS[format_code(b"GIF89a")]
    'GIF'
    """
    for place, signature, name in _SIGNATURES:
        if start.startswith(signature, place):
            return FORMATS.index(name)
    return FORMATS.index("PPM") if start[:1] == b"P" and start[1:2] in b"123456fFy" and start[1:2] else 0


def has_bad_length(content: bytes) -> bool:
    """Whether an uncompressed image file has more or fewer bytes than its header says.

    >>> has_bad_length(b"P5 2 1 255 ab"), has_bad_length(b"P5 2 1 255 a\\r\\n")
    (False, True)
    """
    if content[:2] == b"BM":
        return _bitmap_is_wrong(content)
    return content[:1] == b"P" and content[1:2] in (b"4", b"5", b"6") and _netpbm_is_wrong(content)


def _bitmap_is_wrong(content: bytes) -> bool:
    claimed, offset, header = (int.from_bytes(content[at : at + 4], "little") for at in (2, 10, 14))
    if header < 40 or len(content) < 54:
        return False
    width, height = (int.from_bytes(content[at : at + 4], "little", signed=True) for at in (18, 22))
    bits, compression = int.from_bytes(content[28:30], "little"), int.from_bytes(content[30:34], "little")
    if compression not in (0, 3):  # a compressed one has no length of its own
        return False
    needed = offset + (width * bits + 31) // 32 * 4 * abs(height)
    if claimed == len(content) >= needed:  # a colour profile may follow the pixels
        return False
    if needed <= claimed <= needed + _MOST_PADDING:
        return True
    return not needed <= len(content) <= needed + _MOST_PADDING


def _netpbm_is_wrong(content: bytes) -> bool:
    fields = _netpbm_header(content)
    if fields is None:
        return False
    width, height, largest, start = fields
    if content[1:2] == b"4":
        row = (width + 7) // 8
    else:
        row = width * (3 if content[1:2] == b"6" else 1) * (2 if largest > 255 else 1)
    rest = content[start + row * height :]
    if len(content) < start + row * height:
        return True
    sent_as_text = b"\r\n" in (content[start - 1 : start + 1], content[-2:])
    return not (rest == b"" or rest[:2] == content[:2] or (rest == b"\n" and not sent_as_text))


def _netpbm_header(content: bytes) -> tuple[int, int, int, int] | None:
    """Width, height, largest value, and where the pixels begin."""
    wanted = 2 if content[1:2] == b"4" else 3
    numbers: list[int] = []
    place = 2
    while len(numbers) < wanted:
        while content[place : place + 1].isspace():
            place += 1
        if content[place : place + 1] == b"#":
            ends = [end for end in (content.find(b"\n", place), content.find(b"\r", place)) if end >= 0]
            if not ends:
                return None
            place = min(ends)
            continue
        end = place
        while content[end : end + 1].isdigit() and end - place < 10:
            end += 1
        if end == place:
            return None
        numbers.append(int(content[place:end]))
        place = end
    width, height, largest = [*numbers, 1][:3]  # a bitmap names no largest value
    return width, height, largest, place + 1
