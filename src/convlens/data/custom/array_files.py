# Paths are strings here: names may be invalid Unicode, and creating a million Path objects is slow.
# ruff: noqa: PTH116, PTH118, PTH119, PTH208
"""Lists and reads images and labels in arrays: `.npz` files and pairs of IDX files.

Images are read in pieces, because `np.load` would read all of them into memory at once; labels are read at once.
"""

import math
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import IO, Any

import numpy as np

from convlens.data.archives import (
    MOST_LABEL_BYTES,
    check_classes,
    check_member,
    check_members,
    check_rows,
    explain_damage,
)
from convlens.data.custom.classes import number_classes
from convlens.data.custom.listing import ArrayPart, Listing
from convlens.data.idx import open_idx, read_at_most, read_idx
from convlens.data.parts import TEST, TRAIN, UNDECIDED, VALIDATION
from convlens.errors import DamagedData, DataError
from convlens.files import explain_read_errors
from convlens.pixels.decoding import quiet
from convlens.pixels.limits import MAX_FILE_BYTES
from convlens.words import printable

_PIECE = 4 << 20  # bytes read at a time
NPZ_KEYS = (
    (("images", "labels"), UNDECIDED),
    (("x", "y"), UNDECIDED),
    (("x_train", "y_train"), TRAIN),
    (("train_images", "train_labels"), TRAIN),
    (("x_val", "y_val"), VALIDATION),
    (("val_images", "val_labels"), VALIDATION),
    (("x_test", "y_test"), TEST),
    (("test_images", "test_labels"), TEST),
)
_IDX_NAME = re.compile(
    r"(?P<prefix>.*?)(?P<kind>images|labels)(?P<between>[-._])idx(?P<dimensions>\d)(?P<end>-?ubyte)?(?P<gz>\.gz)?", re.I
)


def list_npz(path: str, shown: str) -> Listing:
    """List the images in an `.npz` file: `images` and `labels` (or `x` and `y`), or `x_train`, `y_train`, `x_test`, ...

    An optional array `class_names` has the names of the classes; without it, the labels are the names.

    Raises:
        DataError: the arrays have other names, or their shapes do not match.
        DamagedData: the file is damaged.
    """
    damaged = _explain(f"{shown} is not a complete .npz file")
    with damaged, explain_read_errors(shown), zipfile.ZipFile(path) as archive:
        check_members(archive, shown)
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        pairs = [(keys, part) for keys, part in NPZ_KEYS if keys[0] in members]
        if not pairs:
            raise DataError(
                f"{shown} has the arrays {', '.join(map(printable, list(members)[:6])) or 'none'}. Give images and "
                "labels, or x_train, y_train, x_test and y_test."
            )
        parts, labels = [], []
        for (images, numbers), _ in pairs:
            if numbers not in members:
                raise DataError(f"{shown} has the array {images} but not {numbers}. Give both.")
            parts.append(_npz_part(archive, members[images], path, images))
            labels.append(_load_labels(archive, members[numbers], shown))
        names = _load_labels(archive, members["class_names"], shown) if "class_names" in members else None
    return _listing(path, shown, parts, labels, [part for _, part in pairs], names)


def find_idx_pairs(folder: str) -> list[tuple[str, str]]:
    """Find pairs of IDX files in a folder that belong together: the names of (images, labels)."""
    names = sorted(os.listdir(folder))
    pairs = []
    for name in names:
        match = _IDX_NAME.fullmatch(name)
        if match and match["kind"].lower() == "images":
            wanted = re.sub("images", "labels", name, flags=re.I).replace(f"idx{match['dimensions']}", "idx1")
            bare = wanted.removesuffix(".gz")
            partner = next((other for other in (wanted, bare, f"{bare}.gz") if other in names), None)
            if partner and not (match["gz"] and name.removesuffix(".gz") in names):
                pairs.append((name, partner))
    return pairs


def _read_idx_labels(path: str) -> np.ndarray:
    with open_idx(path) as (kind, shape, _):
        _check_labels(printable(path), shape, kind)
    return read_idx(path)


def is_idx_name(name: str) -> bool:
    """Check whether a file has the name of an IDX file.

    >>> is_idx_name("train-images-idx3-ubyte.gz"), is_idx_name("notes.txt")
    (True, False)
    """
    return _IDX_NAME.fullmatch(name) is not None


def list_idx(folder: str, pairs: list[tuple[str, str]], shown: str) -> Listing:
    """List the images of pairs of IDX files; names that begin with train, val, t10k or test give the part.

    Raises:
        DataError: the shapes of the arrays do not match.
        DamagedData: a file is damaged.
    """
    arrays, labels, parts = [], [], []
    for images, numbers in pairs:
        path = os.path.join(folder, images)
        with open_idx(path) as (kind, shape, _):
            if len(shape) not in (3, 4):
                raise DataError(f"{shown}: {printable(path)} has the shape {shape}. Give images as N×H×W or N×H×W×C.")
            _check_images(f"{shown}: {printable(path)}", shape, kind)
            if not math.prod(shape):
                raise DamagedData(f"{printable(path)} is damaged: its header says 0 bytes of images. Get it again.")
        arrays.append(ArrayPart(images, shape[0], shape[1:], partial(_idx_pieces, path)))
        labels.append(_read_idx_labels(os.path.join(folder, numbers)))
        name = images.lower()
        part = TRAIN if name.startswith("train") else TEST if name.startswith(("t10k", "test")) else UNDECIDED
        parts.append(VALIDATION if name.startswith("val") else part)
    files = [os.path.join(folder, name) for pair in pairs for name in pair]
    return _listing(folder, shown, arrays, labels, parts, None, files)


def _listing(
    path: str, shown: str, arrays: list[ArrayPart], labels: list[np.ndarray], parts: list[int],
    names: np.ndarray | None, files: list[str] | None = None,
) -> Listing:  # fmt: skip
    for array, numbers in zip(arrays, labels, strict=True):
        if numbers.ndim == 2 and numbers.shape[1] == 1:
            continue
        if numbers.ndim != 1 or len(numbers) != array.count:
            raise DataError(
                f"{shown}: {array.count:,} images in {array.name}, but labels of the shape {numbers.shape}. "
                "Give one label for each image."
            )
    sizes = {array.shape for array in arrays}
    if len(sizes) > 1:
        raise DataError(f"{shown} has images of the shapes {' and '.join(map(str, sizes))}. Give one shape.")
    flat = np.concatenate([np.asarray(numbers).reshape(-1) for numbers in labels])
    if len(flat) != sum(array.count for array in arrays):
        raise DataError(
            f"{shown}: {len(flat):,} labels for {sum(a.count for a in arrays):,} images. Give one for each."
        )
    numbers, class_names = _number(flat, names, shown)
    if len(np.unique(numbers)) < 2:
        raise DataError(
            f"{shown} has images of only one class, {class_names[int(numbers[0])]}; a classifier needs two. "
            "Give images of two classes or more."
        )
    every = [f"{array.name} {place}" for array in arrays for place in range(array.count)]
    cells = np.full(len(every), math.prod(arrays[0].shape), np.int64)
    facts = [os.stat(file) for file in files or [path]]
    return Listing(
        path, every, numbers, np.repeat(np.array(parts, np.int8), [array.count for array in arrays]), class_names,
        cells, np.zeros(len(every), np.int64), root=path, arrays=tuple(arrays),
        stamp=" ".join(f"{fact.st_size}/{fact.st_mtime_ns}" for fact in facts),
    )  # fmt: skip


def _number(flat: np.ndarray, names: np.ndarray | None, shown: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Convert labels to int32 indices, and return them with the class names."""
    if flat.dtype.kind == "f" and np.isfinite(flat).all() and (flat == np.rint(flat)).all():
        flat = flat.astype(np.int64)
    if flat.dtype.kind not in "iubUS":
        raise DataError(f"{shown}: the labels are {flat.dtype}. Give integers or strings.")
    if flat.dtype.kind == "S":
        flat = np.char.decode(flat, "utf-8", "replace")
    if names is not None:
        check_classes(f"{shown}: class_names", names.size)
    if names is not None and flat.dtype.kind in "iu":
        texts = tuple(
            printable(name.decode(errors="replace") if isinstance(name, bytes) else str(name))
            for name in names.reshape(-1)
        )
        if int(flat.min()) < 0 or int(flat.max()) >= len(texts):
            raise DataError(
                f"{shown}: labels from {flat.min()} to {flat.max()} with {len(texts)} class_names. "
                f"Give labels from 0 to {len(texts) - 1}."
            )
        return flat.astype(np.int32), texts
    values, places = np.unique(flat, return_inverse=True)
    check_classes(f"{shown}: labels", len(values))
    texts = [str(value) for value in values.tolist()]
    if flat.dtype.kind == "U":
        ranks, texts = number_classes(texts)
        return ranks[places.reshape(-1)], texts
    return places.reshape(-1).astype(np.int32), tuple(texts)


def _npz_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, name: str) -> ArrayPart:
    with archive.open(member) as file:
        shape, columns_first, kind = _read_header(file, name)
    _check_claim(archive, member, shape, kind, name)
    if len(shape) not in (3, 4):
        raise DataError(f"the array {name} has the shape {shape}. Give images as N×H×W, N×H×W×C or N×C×H×W.")
    _check_images(f"the array {name}", shape, kind)
    return ArrayPart(name, shape[0], shape[1:], partial(_npz_pieces, path, member.filename, name, columns_first))


def _npz_pieces(path: str, member: str, name: str, columns_first: bool) -> Iterator[np.ndarray]:
    with _explain(f"the array {name} is damaged"), zipfile.ZipFile(path) as archive:
        if columns_first:  # Fortran order: the values of one image are spread over the whole file
            yield _load(archive, archive.getinfo(member), path)
            return
        with archive.open(member) as file:
            shape, _, kind = _read_header(file, name)
            yield from _pieces(file, kind, shape, name)


def _read_header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    with _explain(f"the array {name} is not a NumPy array"), quiet():
        version = np.lib.format.read_magic(file)
        read: Callable[..., Any] = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, columns_first, kind = read(file)
    if kind.hasobject or kind.fields:
        raise DataError(f"the array {name} holds {kind}, which cannot be read safely. Give numbers.")
    return shape, columns_first, kind


def _explain(problem: str) -> AbstractContextManager[None]:
    return explain_damage(problem, "Save it again with np.savez.")


def _check_images(name: str, shape: tuple[int, ...], kind: np.dtype) -> None:
    """Refuse arrays of too many images, and images that are too large for the memory."""
    check_rows(name, shape[0])
    if math.prod(shape[1:]) * kind.itemsize > MAX_FILE_BYTES:
        raise DataError(
            f"{name} has images of the shape {shape[1:]}, {math.prod(shape[1:]) * kind.itemsize:,} bytes each; "
            f"{MAX_FILE_BYTES:,} are allowed. Give smaller images."
        )


def _check_labels(name: str, shape: tuple[int, ...], kind: np.dtype) -> None:
    needed = math.prod(shape) * kind.itemsize
    check_rows(name, shape[0] if shape else 0)
    if needed > MOST_LABEL_BYTES:
        raise DataError(
            f"{name} has the shape {shape} of {kind}, {needed:,} bytes; {MOST_LABEL_BYTES:,} are allowed for labels. "
            "Give one label for each image."
        )


def _check_claim(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, shape: tuple[int, ...], kind: np.dtype, name: str
) -> None:
    check_member(archive, member, f"the array {name}")
    needed = math.prod(shape) * kind.itemsize
    if not 0 < needed <= member.file_size:
        raise DamagedData(
            f"the array {name} is damaged: its header says {shape} of {kind}, {needed:,} bytes, but its file is "
            "shorter. Save it again with np.savez."
        )


def _load(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> np.ndarray:
    """Read a small array at once."""
    name = member.filename.removesuffix(".npy")
    with archive.open(member) as file:
        shape, _, kind = _read_header(file, name)
    _check_claim(archive, member, shape, kind, name)
    with _explain(f"{shown}: the array {name} is damaged"), archive.open(member) as file, quiet():
        return np.lib.format.read_array(file, allow_pickle=False)


def _load_labels(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> np.ndarray:
    name = member.filename.removesuffix(".npy")
    with archive.open(member) as file:
        shape, _, kind = _read_header(file, name)
    _check_labels(f"{shown}: the array {name}", shape, kind)
    return _load(archive, member, shown)


def _idx_pieces(path: str) -> Iterator[np.ndarray]:
    with open_idx(path) as (kind, shape, content):
        yield from _pieces(content, kind, shape, os.path.basename(path))


def _pieces(file: Any, kind: np.dtype, shape: tuple[int, ...], name: str) -> Iterator[np.ndarray]:
    """Read some rows at a time, in the machine's byte order."""
    row = math.prod(shape[1:]) * kind.itemsize
    at_once = max(1, _PIECE // row)
    for start in range(0, shape[0], at_once):
        rows = min(at_once, shape[0] - start)
        content = read_at_most(file, rows * row)
        if len(content) < rows * row:
            raise DamagedData(f"{printable(name)} is damaged: it ends in image {start:,}. Get it again.")
        array = np.frombuffer(content, kind).reshape(rows, *shape[1:])
        yield array.astype(kind.newbyteorder("="), copy=False)
