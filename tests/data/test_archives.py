"""Archives, arrays and tables made to do harm: refused by what they claim, in one line, and nothing of them stays."""

import csv
import gzip
import io
import lzma
import re
import struct
import tokenize
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from convlens.data import archives, import_images
from convlens.data.archives import explain_damage, most_unpacked
from convlens.errors import DamagedData, DataError


@pytest.fixture(autouse=True)
def decode_here(monkeypatch):
    monkeypatch.setattr("convlens.pixels.processes.sys.executable", "")


def npy(shape, kind, content=b""):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
    return file.getvalue() + content


def pack(path, *members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def claim(path, name, size):
    """Change what a zip archive says of the size of a member, which stays as it is."""
    content = bytearray(path.read_bytes())
    entry = content.rindex(name.encode(), 0, content.rindex(b"PK\5\6"))
    content[entry - 22 : entry - 18] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


def refusal(path, cache):
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            import_images(path, cache_dir=cache)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    left = [file for file in cache.rglob("*") if file.is_file() and file.stat().st_size] if cache.exists() else []
    assert left == []
    message = str(caught.value)
    assert message.isprintable()
    assert message.endswith(".")
    return message


def test_how_far_bytes_may_be_compressed():
    assert most_unpacked(1) == 67_108_864
    assert most_unpacked(1_700_000) == 425_000_000
    assert most_unpacked(268_436) == 67_109_000  # the first size at which the ratio allows more


LABELS = ("labels.npy", npy((4,), "|u1", bytes([0, 1, 0, 1])))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("images.npy", npy((2**21, 1, 1), "|u1", bytes(2**21))), LABELS], "images has 2,097,152 rows; 2,000,000 are"),
        ([("images.npy", npy((4, 2**14, 2**14 + 1), "|u1", bytes(99))), LABELS], "1,073,807,360 bytes, but its file"),
        (
            [("images.npy", npy((4, 2, 2), "|u1", bytes(16))), ("labels.npy", npy((4,), "<U16777217"))],
            "labels has the shape (4,) of <U16777217, 268,435,472 bytes; 268,435,456 are allowed for labels",
        ),
        (
            [
                ("images.npy", npy((4, 2, 2), "|u1", bytes(16))),
                LABELS,
                ("class_names.npy", npy((100_001,), "|S1", bytes(100_001))),
            ],
            "class_names has 100,001 classes; 100,000 are allowed",
        ),
        ([("images.npy", b"\x93NUMPY\1\0\x76\0" + b"{'shape': (4L,\n ((".ljust(118)), LABELS], "is not a NumPy array"),
    ],
    ids=["rows", "claim", "wide labels", "names", "tokens"],
)
def test_arrays(members, message, tmp_path):
    path = pack(tmp_path / "a.npz", *members)
    assert message in refusal(path, tmp_path / "cache")
    assert message in refusal(pack(tmp_path / "a.zip", ("a.npz", path.read_bytes())), tmp_path / "cache")


def test_an_array_of_a_gigabyte_in_a_file_of_kilobytes(tmp_path):
    path = pack(tmp_path / "a.npz", ("images.npy", npy((2**20, 32, 32), "|u1", bytes(2**16))), LABELS)
    message = refusal(claim(path, "images.npy", 2**30 + 128), tmp_path / "cache")
    directory = path.read_bytes().rindex(b"images.npy")
    with path.open("r+b") as file:  # that claims as many packed bytes changes nothing: the archive has fewer
        file.seek(directory - 26)
        file.write(struct.pack("<I", 2**30))
    assert "unpacks from" in refusal(path, tmp_path / "cache")
    assert re.search(r"images unpacks from \d\d\d to 1,073,741,952 bytes; 67,108,864 are allowed\. Pack it", message)
    path = pack(tmp_path / "b.zip", ("a.npz", bytes(2**16)))
    assert "a.npz unpacks from" in refusal(claim(path, "a.npz", 2**30), tmp_path / "cache")


@pytest.mark.parametrize("which", ["images", "labels"])
def test_idx_files_that_claim_a_gigabyte(which, tmp_path):
    folder = tmp_path / "digits"
    folder.mkdir()
    count = {"images": 4, "labels": 4} | {which: 2**20 if which == "images" else 2**30}
    headers = {"images": struct.pack(">IIII", 0x803, count["images"], 32, 32)}
    headers["labels"] = struct.pack(">II", 0x801, count["labels"])
    for kind, number in (("images", 3), ("labels", 1)):
        content = gzip.compress(headers[kind] + bytes(2**20))
        (folder / f"train-{kind}-idx{number}-ubyte.gz").write_bytes(content)
    assert "1,073,741,824 bytes, more than the file can hold" in refusal(folder, tmp_path / "cache")


def test_a_table_in_a_zip_that_unpacks_to_gigabytes(tmp_path, monkeypatch):
    members = [("t.csv", b"path,label\n" + b"a" * 2**20), ("1.png", b""), ("2.png", b"")]
    path = claim(pack(tmp_path / "a.zip", *members), "t.csv", 2**32 - 1)
    assert "t.csv unpacks from" in refusal(path, tmp_path / "cache")
    rows = b"path,label\n" + b"1.png,a\n" * 2000
    monkeypatch.setattr(archives, "MOST_ROWS", 2000)
    path = pack(tmp_path / "a.zip", ("t.csv", rows), ("1.png", b""), ("2.png", b""))
    assert "has 2,001 rows; 2,000 are allowed" in refusal(path, tmp_path / "cache")


def test_what_was_unpacked_is_removed_only_if_it_is_refused(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (8, 9, 9), np.uint8)
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(8) % 2)
    good = pack(tmp_path / "good.zip", ("a.npz", (tmp_path / "a.npz").read_bytes()))
    cache = tmp_path / "cache"
    import_images(good, cache_dir=cache)
    assert [file.name for file in cache.rglob("a.npz")] == ["a.npz"]
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(7) % 2)
    bad = pack(tmp_path / "bad.zip", ("a.npz", (tmp_path / "a.npz").read_bytes()))
    with pytest.raises(DataError, match="labels of the shape"):
        import_images(bad, cache_dir=cache)
    assert len(list(cache.rglob("a.npz"))) == 1
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("damage", ["LZMA", "deflate", "a name", "a password"])
def test_damaged_archives(damage, tmp_path):
    method = zipfile.ZIP_LZMA if damage == "LZMA" else zipfile.ZIP_DEFLATED
    table = b"path,label\n1.png,a\n2.png,b\n" * 9
    path = pack(tmp_path / "a.zip", ("t.csv", table), ("1.png", b"1"), ("2.png", b"2"), method=method)
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\1\2")
    if damage in ("LZMA", "deflate"):
        content[39:60] = b"\xff" * 21  # after four bytes that LZMA has before its options
    elif damage == "a name":
        content[directory + 9] |= 8
        content[directory + 46] = 0xFF
    else:
        content[directory + 8] |= 1
    path.write_bytes(content)
    assert "a.zip is not a complete zip archive (" in refusal(path, tmp_path / "cache")


def test_every_library_error_becomes_one_of_the_tree():
    for kind in (lzma.LZMAError, zlib.error, csv.Error, tokenize.TokenError, struct.error, EOFError, OverflowError):
        expected = r"^a\.npz is damaged \(a b\)\. Get it again\.$"
        with pytest.raises(DamagedData, match=expected), explain_damage("a.npz is damaged", "Get it again."):
            raise kind("a\nb")
    memory = pytest.raises(DataError, match=r"^a\.npz is damaged: it needs more memory than is available\. Give a")
    with memory, explain_damage("a.npz is damaged", "Get it again."):
        raise MemoryError
    with pytest.raises(ZeroDivisionError), explain_damage("", ""):
        raise ZeroDivisionError  # a mistake of ours stays one


@pytest.mark.parametrize("path", ["~nosuchuser/x", "~nosuchuser"])
def test_a_user_that_does_not_exist(path, tmp_path):
    with pytest.raises(DataError, match=f"^{path} does not exist. Give a folder"):
        import_images(path, cache_dir=tmp_path)
    assert Path(path).parts[0] == "~nosuchuser"
