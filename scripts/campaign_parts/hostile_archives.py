"""Hostile archives, arrays and tables: small valid ones that are spoilt, and bombs that claim or unpack to far more."""

import functools
import gzip
import io
import random
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from campaign_parts.changes import change_bytes
from campaign_parts.hostile_images import valid_images

Files = dict[str, bytes]
"""The files of one case by name; the first one is given to Convlens."""
_ODD_NAMES = (
    "/etc/cat/1.png", "../../cat/1.png", "..\\cat\\1.png", "C:/cat/1.png", "cat//1.png", "cat/\0.png",
    "cat/\x1b[31m.png", "cat/", "cat/.png",
    "cat/" + "x" * 300 + ".png", "a/" * 200 + "1.png", "cat/caf\u0301.png", "cat/CON.png", "cat/1.png",
    "./cat/1.png", "cat/..", " ", "~/cat/1.png", "$HOME/1.png", "-rf/1.png", "cat/\u202egnp.1", "\ufeff/1.png",
)  # fmt: skip
_BIG = 60_000_000


def make_case(chance: random.Random) -> tuple[str, Files]:
    """Return the kind of a case and its files."""
    kind = chance.choice(list(_KINDS))
    return kind, _KINDS[kind](chance)


def make_valid() -> Files:
    """Return a case that is not spoilt."""
    return {"a.zip": _zip(_members())}


@functools.cache
def _pictures() -> list[bytes]:
    return [content for name, content in valid_images().items() if name.endswith((".png", ".jpeg", ".gif"))]


def _zip(members: list[tuple[str, bytes]], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members with one name
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return file.getvalue()


def _members() -> list[tuple[str, bytes]]:
    return [(f"{('cat', 'dog')[place % 2]}/{place}.png", content) for place, content in enumerate(_pictures())]


def _changed_zip(chance: random.Random) -> Files:
    return {"a.zip": change_bytes(_zip(_members()), chance)}


def _cut_zip(chance: random.Random) -> Files:
    whole = _zip(_members())
    return {"a.zip": whole[: chance.randrange(len(whole))] + chance.choice((b"", whole[-22:]))}


def _odd_names(chance: random.Random) -> Files:
    names = chance.choices(_ODD_NAMES, k=5)
    members = [(name, chance.choice(_pictures())) for name in names]
    return {"a.zip": _zip([*members, *_members()] if chance.random() < 0.5 else members)}


def _lies(chance: random.Random) -> Files:
    """Sizes, checksums, methods, flags (such as encrypted), offsets or attributes (such as a link) in the directory."""
    content = bytearray(_zip(_members(), chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))))
    places, at = [], content.find(b"PK\1\2")
    while at >= 0:
        places.append(at)
        at = content.find(b"PK\1\2", at + 4)
    for place in chance.sample(places, chance.choice((1, 3, len(places)))):
        offset, form = chance.choice(
            ((8, "<H"), (10, "<H"), (16, "<I"), (20, "<I"), (24, "<I"), (38, "<I"), (42, "<I"))
        )
        values = (0, 1, 8, 12, 14, 99, 2**16 - 1) if form == "<H" else (0, 1, 60_000, 2**31, 2**32 - 1, 0xA1FF0000)
        struct.pack_into(form, content, place + offset, chance.choice(values))
    return {"a.zip": bytes(content)}


def _overlapping(chance: random.Random) -> Files:
    """All members are the same bytes, with thousands of names."""
    inner = _zip([("cat/0.png", bytes(chance.choice((1_000, 5_000_000))))])
    start = inner.find(b"PK\1\2")
    entry, end = inner[start : inner.find(b"PK\5\6")], bytearray(inner[inner.find(b"PK\5\6") :])
    count = chance.choice((300, 60_000))
    parts = []
    for number in range(count):
        name = b"%s/%d.png" % ((b"cat", b"dog")[number % 2], number)
        header = bytearray(entry[:46])
        struct.pack_into("<H", header, 28, len(name))
        parts.append(bytes(header) + name)
    directory = b"".join(parts)
    struct.pack_into("<HHII", end, 8, count, count, len(directory), start)
    return {"a.zip": inner[:start] + directory + bytes(end)}


@functools.cache
def _bomb(name: str) -> bytes:
    if name.endswith(".csv"):
        return _zip([("pets/table.csv", b"path,label\n" + b"a.png,cat\nb.png,dog\n" * (_BIG // 20))])
    return _zip([(name, bytes(_BIG)), ("dog/a.png", bytes(_BIG))])


def _bombs(chance: random.Random) -> Files:
    content = _bomb(chance.choice(("cat/a.png", "cat/a.npz", "cat/table.csv", "images-idx3-ubyte")))
    for _ in range(chance.choice((0, 0, 1, 3))):
        content = _zip([("inner.zip", content), *_members()[:4]])
    return {"a.zip": content}


def _many_names(chance: random.Random) -> Files:
    count, ending = chance.choice((2_000, 30_000)), chance.choice(("png", "npy", "txt"))
    return {chance.choice(("a.zip", "a.npz")): _many(count, ending)}


@functools.cache
def _many(count: int, ending: str) -> bytes:
    return _zip([(f"{number % 3}/{number}.{ending}", b"") for number in range(count)], zipfile.ZIP_STORED)


def _tar(chance: random.Random) -> Files:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in (*chance.choices(_ODD_NAMES, k=3), "cat/1.png"):
            info = tarfile.TarInfo(name.replace("\0", ""))
            info.type = chance.choice((tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE))
            info.linkname = "/etc/passwd"
            archive.addfile(info)
    content = gzip.compress(file.getvalue(), mtime=0) if chance.random() < 0.5 else file.getvalue()
    return {chance.choice(("a.tar", "a.tar.gz", "a.zip", "a.npz")): change_bytes(content, chance)}


def _arrays(count: int = 12) -> dict[str, np.ndarray]:
    random_pixels = np.random.default_rng(1)
    return {
        "images": random_pixels.integers(0, 256, (count, 8, 8), np.uint8),
        "labels": np.arange(count, dtype=np.uint8) % 2,
    }


def _npz(chance: random.Random) -> Files:
    """Arrays of other shapes and types, pickled objects, or changed bytes."""
    arrays, file = _arrays(), io.BytesIO()
    images, labels = arrays["images"], arrays["labels"]
    odd = (
        images.astype(np.float64) * np.nan, images.astype(np.int64) - 300, np.asfortranarray(images), images[:0],
        images[0], images.astype(object), images.astype(np.complex64), images.view("V8"), images.astype("U3"),
        np.zeros(5, [("a", "u1"), ("b", "f4")]), np.zeros((12, 0, 8), np.uint8), np.zeros((12, 1, 1, 1, 1), np.uint8),
        labels.astype(np.float32) / 3, np.array([["a"] * 12]), np.array("x"), np.zeros((12, 5), np.uint8), labels > 3,
        np.array([b"\xff\xfe"] * 12), np.array(["\ud800"] * 6 + ["\0"] * 6), np.arange(12) * 2**40,
    )  # fmt: skip
    arrays[chance.choice(("images", "labels", "class_names"))] = chance.choice(odd)
    (np.savez if chance.random() < 0.5 else np.savez_compressed)(file, **arrays)  # type: ignore[arg-type]
    content = file.getvalue()
    content = change_bytes(content, chance) if chance.random() < 0.3 else content
    return {"a.zip": _zip([("pets/a.npz", content)])} if chance.random() < 0.3 else {"a.npz": content}


def _false_shape(chance: random.Random) -> Files:
    """Headers of arrays that claim far more than the file holds, with or without zeros that pack well."""
    shape = chance.choice(((10**9, 28, 28), (2**31, 1, 1), (60_000, 28, 28), (3, 2**40, 1), (-1, 8, 8), (10**30, 8, 8)))
    header = f"{{'descr': '|u1', 'fortran_order': {chance.choice((True, False))}, 'shape': {shape}, }}\n".encode()
    start = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header
    labels = io.BytesIO()
    np.save(labels, _arrays()["labels"])
    zeros = bytes(chance.choice((0, 768, 47_040_000)))
    return {"a.npz": _zip([("images.npy", start + zeros), ("labels.npy", labels.getvalue())])}


def _idx(chance: random.Random) -> Files:
    images, labels = _arrays().values()
    shape = chance.choice((images.shape, (2**32 - 1, 28, 28), (12, 2**31, 1), (0, 8, 8), (12, 8, 9)))
    kind, zeros = chance.choice((8, 8, 9, 11, 13, 14, 77)), bytes(chance.choice((0, 0, 50_000_000)))
    content = bytes([0, 0, kind, chance.choice((3, 3, 3, 4, 0, 255))]) + np.array(shape, ">u4").tobytes()
    content += images.tobytes() + zeros
    numbers = bytes([0, 0, 8, 1]) + np.array([len(labels)], ">u4").tobytes() + labels.tobytes()
    ending = chance.choice(("", ".gz"))
    content = gzip.compress(content, 1, mtime=0) if ending else content
    content = change_bytes(content, chance) if chance.random() < 0.3 else content
    files = {f"train-images-idx3-ubyte{ending}": content, "train-labels-idx1-ubyte": numbers}
    return {"a.zip": _zip(list(files.items()))} if chance.random() < 0.3 else files


def _table(chance: random.Random) -> Files:
    """Paths that leave the folder, devices, lines without end, other encodings, and far too many columns or rows."""
    odd = (
        "/etc/passwd", "../secret.png", "/dev/zero", "/dev/stdin", "1.png\0", "~root/1.png", "x" * 5_000, "",
        '"1.png', "1.png,cat,dog", "\x1b[2J", "é" * 99, "." * 4_000,
    )  # fmt: skip
    rows = [
        f"{chance.choice(odd)},{chance.choice(('cat', 'dog', 'x' * 9_000, ''))}" for _ in range(chance.choice((3, 400)))
    ]
    rows += ["0.png,cat", "1.png,dog"]
    text = "path,label\n" + "\n".join(rows)
    content = text.encode(chance.choice(("utf-8", "utf-8", "utf-16", "utf-8-sig")))
    if chance.random() < 0.1:
        content += b"\n" + chance.choice((b"a," * 900_000, b'"' * 3_000_000, b"a.png,cat\n" * 2_500_000))
    files = {"a.csv": change_bytes(content, chance) if chance.random() < 0.3 else content}
    return files | {f"{place}.png": picture for place, picture in enumerate(_pictures()[:2])}


def _folder(chance: random.Random) -> Files:
    """Class folders with odd names, links to nowhere, to themselves and to other places, pipes and sockets."""
    files = {f"pets/{name}": content for name, content in _members()}
    for place, name in enumerate(chance.choices(("\x1b[31m", "é", "x" * 200, "-rf", " ", "caf\udce9"), k=3)):
        files[f"pets/{name}/{place}.png"] = chance.choice(_pictures())
    links = {
        "pets/cat/loop": "..",
        "pets/dog/none.png": "nowhere",
        "pets/dog/zero.png": "/dev/zero",
        "pets/etc": "/etc",
    }
    return files | {f"{name}->": target.encode() for name, target in links.items() if chance.random() < 0.5}


_KINDS: dict[str, Callable[[random.Random], Files]] = {
    "zip, changed bytes": _changed_zip,
    "zip, cut": _cut_zip,
    "zip, odd names": _odd_names,
    "zip, lies in its directory": _lies,
    "zip, overlapping members": _overlapping,
    "zip, bombs": _bombs,
    "zip, many names": _many_names,
    "tar": _tar,
    "npz": _npz,
    "npz, false shapes": _false_shape,
    "IDX": _idx,
    "tables": _table,
    "folders": _folder,
}


def write_case(files: Files, folder: Path) -> Path:
    """Write the files of a case; return the path to give to Convlens. A name that ends in "->" becomes a link."""
    for name, content in files.items():
        path = folder / name.removesuffix("->")
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("->"):
            path.symlink_to(content.decode())
        else:
            path.write_bytes(content)
    first = next(iter(files))
    return folder / first.partition("/")[0]
