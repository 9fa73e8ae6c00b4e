"""Every file in tests/hostile/idx is refused with a message that says what is wrong, and takes hardly any memory.

Where the name says nothing else, the file is a 2×3 array of bytes with one thing spoiled.
"""

import tracemalloc
from pathlib import Path

import pytest

from convlens.data import read_idx
from convlens.errors import DamagedData

FOLDER = Path(__file__).parent / "idx"
REASONS = {
    "empty": r"is not an IDX file: it starts with nothing, an IDX file starts with 00 00",
    "three-bytes": r"is not an IDX file: it starts with 00 00 08,",
    "text": r"is not an IDX file: it starts with 3c 68 74 6d, .*Give an IDX file, raw or gz",
    "magic-not-zero": r"is not an IDX file: it starts with 00 01 08 02",
    "magic-turned-round": r"is not an IDX file: it starts with 02 08 00 00",
    "type-unknown": r"type 10 in byte 2 of its header is none of 8, 9, 11, 12, 13, 14\. Get it again",
    "type-zero": r"type 0 in byte 2 of its header is none of 8, 9, 11, 12, 13, 14",
    "no-dimensions": r"0 dimensions in byte 3 of its header; 1 to 32 are allowed\. Get it again",
    "33-dimensions": r"33 dimensions in byte 3 of its header; 1 to 32 are allowed",
    "255-dimensions": r"255 dimensions in byte 3 of its header; 1 to 32 are allowed",
    "header-cut": r"it ends inside its header, after 7 of 12 bytes\. Get it again",
    "header-only": r"its header says 2×3 numbers of 1 byte, 6 bytes, but 0 follow the 12 bytes of header",
    "one-byte-short": r"its header says 2×3 numbers of 1 byte, 6 bytes, but 5 follow the 12 bytes of header\. Get it",
    "one-byte-more": r"its header says 2×3 numbers of 1 byte, 6 bytes, but more follow the 12 bytes of header",
    "shorts-cut-in-half": r"its header says 2 numbers of 2 bytes, 4 bytes, but 3 follow the 8 bytes of header",
    "little-endian-sizes": r"its header says 50,331,648 numbers of 1 byte, .* more than the file can hold",
    "claims-4-gib": r"says 4,294,967,295 numbers of 1 byte, 4,294,967,295 bytes, more than the file can hold",
    "claims-more-than-64-bits": r"4,294,967,295×4,294,967,295 numbers of 8 bytes, .* more than the file can hold",
    "gz-claims-4-gib.gz": r"its header says 4,294,967,295 numbers of 1 byte, .* more than the file can hold",
    "gz-bomb.gz": r"its header says 10 numbers of 1 byte, 10 bytes, but more follow the 8 bytes of header",
    "gz-cut.gz": r"is a damaged gz file \(Compressed file ended .*\)\. Get it again",
    "gz-checksum-wrong.gz": r"is a damaged gz file \(CRC check failed",
    "gz-noise.gz": r"is a damaged gz file \(Unknown compression method",
    "gz-rubbish-after.gz": r"is a damaged gz file \(Not a gzipped file",
    "gz-in-gz.gz": r"is not an IDX file: it starts with 1f 8b 08 00",
}


def test_every_file_has_its_reason() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(REASONS)


@pytest.mark.parametrize("name", REASONS)
def test_refused(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DamagedData, match=f"{name} is .*{REASONS[name].removeprefix('is ')}"):
            read_idx(FOLDER / name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
