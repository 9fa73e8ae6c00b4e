"""IDX files: bytes written out by hand, round trips, and gz. Damaged ones are in tests/hostile."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from convlens.data import read_idx, write_idx
from convlens.errors import DataError, OutputError

# Type 8 (uint8), two dimensions: 2 rows of 3 numbers.
BYTES_BY_HAND = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255])
NUMBERS = [[10, 20, 30], [40, 50, 255]]


def test_read_bytes_written_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "by-hand"
    path.write_bytes(BYTES_BY_HAND)
    array = read_idx(path)
    assert array.tolist() == NUMBERS
    assert array.dtype == np.uint8
    assert array.flags.writeable


def test_write_gives_the_bytes_written_by_hand(tmp_path: Path) -> None:
    assert write_idx(tmp_path / "file", np.array(NUMBERS, np.uint8)).read_bytes() == BYTES_BY_HAND


def test_gz_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(gzip.compress(BYTES_BY_HAND))
    (tmp_path / "raw.gz").write_bytes(BYTES_BY_HAND)
    assert read_idx(tmp_path / "packed").tolist() == NUMBERS
    assert read_idx(str(tmp_path / "raw.gz")).tolist() == NUMBERS


def test_numbers_of_several_bytes_come_most_significant_byte_first(tmp_path: Path) -> None:
    path = tmp_path / "shorts"
    path.write_bytes(bytes([0, 0, 11, 1, 0, 0, 0, 3, 0x01, 0x02, 0xFF, 0xFF, 0x80, 0x00]))
    array = read_idx(path)
    assert array.tolist() == [258, -1, -32768]
    assert array.dtype.isnative


kinds = st.sampled_from(["u1", "i1", "i2", "i4", "f4", "f8", ">i4", "<f8"])


@given(kinds.flatmap(lambda kind: arrays(kind, array_shapes(max_dims=4, min_side=0, max_side=5))), st.booleans())
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, packed: bool) -> None:
    path = write_idx(tmp_path_factory.mktemp("round") / "file", array)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    again = read_idx(path)
    assert again.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(again, array)


def test_what_idx_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"IDX has no type for int64; it has uint8, int8, int16, int32, float32, float64"
    ):
        write_idx(tmp_path / "file", np.zeros(3, np.int64))
    with pytest.raises(DataError, match=r"cannot hold an array of the shape \(\): it takes 1 to 32 dimensions"):
        write_idx(tmp_path / "file", np.zeros((), np.uint8))
    assert not (tmp_path / "file").exists()


def test_no_file_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing does not exist. Give the path of an IDX file"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"is a folder, not an IDX file"):
        read_idx(tmp_path)
    with pytest.raises(OutputError, match=r"a folder has that name"):
        write_idx(tmp_path, np.zeros(3, np.uint8))
