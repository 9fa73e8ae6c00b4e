"""Arrays: `.npz` files and IDX pairs become the same images that they hold, and wrong ones one line."""

import gzip
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data import ImportOptions, import_images, write_idx
from convlens.data.custom import array_files
from convlens.data.custom.sources import list_images
from convlens.data.parts import TEST, TRAIN, UNDECIDED, VALIDATION
from convlens.errors import DamagedData, DataError, UsageError

IMAGES = np.random.default_rng(1).integers(0, 256, (40, 20, 20), np.uint8)
LABELS = np.arange(40) % 4


def pixels_by_row(source: Path, **options: Any) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Images and labels in the order of the source."""
    got = import_images(source, ImportOptions(**options))
    back = np.argsort(got.rows)
    return np.array(got.images[back]), got.labels[back], got.class_names


def test_the_images_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=IMAGES, labels=LABELS)
    images, labels, names = pixels_by_row(path)
    assert np.array_equal(images[:, 0], IMAGES)
    assert labels.tolist() == LABELS.tolist()
    assert names == ("0", "1", "2", "3")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", ["N×H×W×3", "N×3×H×W", "N×H×W×1", "columns first"])
def test_every_layout(tmp_path: Path, layout: str, packed: bool) -> None:
    colour = np.random.default_rng(2).integers(0, 256, (40, 20, 20, 3), np.uint8)
    given = {
        "N×H×W×3": colour,
        "N×3×H×W": colour.transpose(0, 3, 1, 2),
        "N×H×W×1": IMAGES[..., None],
        "columns first": np.asfortranarray(IMAGES),
    }[layout]
    path = tmp_path / "a.npz"
    (np.savez_compressed if packed else np.savez)(path, x=given, y=LABELS[:, None])
    images, labels, _ = pixels_by_row(path)
    expected = colour.transpose(0, 3, 1, 2) if "3" in layout else IMAGES[:, None]
    assert np.array_equal(images, expected)
    assert labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("given", "expected"),
    [(IMAGES / 255, IMAGES), (IMAGES.astype(np.int64), IMAGES), (IMAGES.astype(np.uint16) * 257, IMAGES)],
    ids=["floats", "whole numbers", "16 bits"],
)
def test_other_numbers_by_the_rules_of_arrays(tmp_path: Path, given: np.ndarray, expected: np.ndarray) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=given, labels=LABELS)
    assert np.array_equal(pixels_by_row(path)[0][:, 0], expected)


def test_parts_and_names_as_given(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x_train=IMAGES[:30], y_train=LABELS[:30], x_test=IMAGES[30:], y_test=LABELS[30:],
             class_names=["ant", "bee", "cat", "dog"])  # fmt: skip
    listing = list_images(path)
    assert listing.parts.tolist() == [TRAIN] * 30 + [TEST] * 10
    got = import_images(path)
    dataset = got.dataset()
    assert got.class_names == ("ant", "bee", "cat", "dog")
    assert dataset.test is not None
    assert np.array_equal(dataset.test.images[:, 0], IMAGES[30:])
    assert dataset.validation is not None  # what is lacking is made, of training images
    assert len(dataset.train) + len(dataset.validation) == 30


def test_labels_that_are_texts_are_in_natural_order(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=IMAGES, labels=np.array(["10", "9", "x", "b"])[LABELS])
    listing = list_images(path)
    assert listing.class_names == ("9", "10", "b", "x")
    assert listing.labels[:4].tolist() == [1, 0, 3, 2]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": IMAGES}, "a.npz has the arrays pictures. Give images and labels, or x_train, y_train,"),
        ({"images": IMAGES}, "a.npz has the array images but not labels. Give both."),
        ({"images": IMAGES, "labels": LABELS[:9]}, "40 images in images, but labels of the shape (9,)"),
        ({"images": IMAGES, "labels": np.eye(40)}, "but labels of the shape (40, 40)"),
        ({"images": IMAGES[:, :, 0], "labels": LABELS}, "the array images has the shape (40, 20). Give images as"),
        ({"images": IMAGES, "labels": LABELS + 0.5}, "the labels are float64. Give integers or strings."),
        ({"images": IMAGES, "labels": LABELS, "class_names": ["a"]}, "labels from 0 to 3 with 1 class_names"),
        ({"images": IMAGES * 1.0, "labels": LABELS}, "image images 0 holds float64 from 0 to 255"),
        (
            {"images": IMAGES.astype(object), "labels": LABELS},
            "the array images holds object, which cannot be read safely",
        ),
        ({"images": IMAGES, "labels": np.array([[1]] * 40, object)}, "the array labels holds object"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "the array images is damaged"),
        ({"images": IMAGES, "labels": LABELS[:39, None]}, "a.npz: 39 labels for 40 images. Give one for each."),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:, :10], "y_test": LABELS},
            "a.npz has images of the shapes (",
        ),
        ({"images": IMAGES, "labels": LABELS * 0}, "images of only one class, 0"),
    ],
)
def test_one_line_for_each_mistake(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=re.escape(message)):
        import_images(path)


@pytest.mark.parametrize("damage", ["cut short", "not a zip", "a lying header", "a changed byte"])
def test_damaged_npz_files(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=IMAGES, labels=LABELS)
    content = bytearray(path.read_bytes())
    if damage == "cut short":
        path.write_bytes(content[:-200])
    elif damage == "not a zip":
        path.write_bytes(b"hello")
    elif damage == "a changed byte":
        content[5000] ^= 1
        path.write_bytes(content)
    else:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**12, 9, 9)})
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("images.npy", header.getvalue())
            archive.writestr("labels.npy", header.getvalue())
    with pytest.raises(DamagedData, match=r"not a complete \.npz file|the array images is damaged"):
        import_images(path)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (LABELS * 2.0, ("0", "2", "4", "6")),
        (np.array([b"dog", b"cat", b"b\xc3\xa4r", b"ant"])[LABELS], ("ant", "bär", "cat", "dog")),
        (LABELS == 1, ("False", "True")),
    ],
    ids=["whole floats", "bytes", "truth"],
)
def test_labels_of_other_types(tmp_path: Path, labels: np.ndarray, names: tuple[str, ...]) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=labels)
    assert list_images(tmp_path / "a.npz").class_names == names


def test_labels_may_take_as_many_bytes_as_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=LABELS)
    monkeypatch.setattr(array_files, "MOST_LABEL_BYTES", 320)
    list_images(tmp_path / "a.npz")
    monkeypatch.setattr(array_files, "MOST_LABEL_BYTES", 319)
    with pytest.raises(
        DataError, match=r"labels has the shape \(40,\) of int64, 320 bytes; 319 are allowed for labels"
    ):
        list_images(tmp_path / "a.npz")


def test_groups_need_names(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=IMAGES, labels=LABELS)
    with pytest.raises(UsageError, match=r"group_by '\{stem\}': images in arrays have no file names"):
        import_images(path, ImportOptions(group_by="{stem}"))


def write_idx_files(folder: Path, packed: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    for prefix, rows in (("train", slice(0, 30)), ("t10k", slice(30, 40))):
        for kind, array in (("images-idx3", IMAGES[rows]), ("labels-idx1", LABELS[rows].astype(np.uint8))):
            path = write_idx(folder / f"{prefix}-{kind}-ubyte", array)
            if packed:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
                path.unlink()
    return folder


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("given", ["", "train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_idx_files_by_folder_or_by_either_name(tmp_path: Path, packed: bool, given: str) -> None:
    folder = write_idx_files(tmp_path / "digits", packed)
    path = folder / (f"{given}.gz" if packed and given else given)
    listing = list_images(path)
    by_part = {part: (listing.parts == part).sum() for part in (TRAIN, TEST)}
    assert by_part == {TRAIN: 30, TEST: 10}
    dataset = import_images(path).dataset()
    assert dataset.test is not None
    assert np.array_equal(dataset.test.images[:, 0], IMAGES[30:])
    assert dataset.test.labels.tolist() == LABELS[30:].tolist()


def test_a_single_pair_says_nothing_of_parts(tmp_path: Path) -> None:
    write_idx(tmp_path / "letters-images.idx3-ubyte", IMAGES)
    write_idx(tmp_path / "letters-labels.idx1-ubyte", LABELS.astype(np.uint8))
    listing = list_images(tmp_path / "letters-labels.idx1-ubyte")
    assert len(listing) == 40
    assert set(listing.parts.tolist()) == {UNDECIDED}
    (tmp_path / "letters-labels.idx1-ubyte").unlink()
    with pytest.raises(DataError, match=r"has no matching file beside it: images and labels come in two files"):
        list_images(tmp_path / "letters-images.idx3-ubyte")


def test_damaged_idx_files(tmp_path: Path) -> None:
    folder = write_idx_files(tmp_path / "digits")
    images = folder / "train-images-idx3-ubyte"
    content = images.read_bytes()
    images.write_bytes(content[:-5000])
    with pytest.raises(DamagedData, match=r"its header says 30×20×20 numbers of 1 byte, 12,000 bytes, more than the"):
        import_images(folder)
    images.write_bytes(content[:4] + bytes(12))
    with pytest.raises(DamagedData, match=r"train-images-idx3-ubyte is damaged: its header says 0 bytes"):
        import_images(folder)
    images.write_bytes(gzip.compress(content)[:-900])
    with pytest.raises(DamagedData, match=r"damaged"):
        import_images(folder)
    images.unlink()
    write_idx(images, IMAGES[:30, 0])
    with pytest.raises(
        DataError, match=r"images-idx3-ubyte has the shape \(30, 20\)\. Give images as N×H×W or N×H×W×C"
    ):
        import_images(folder)


def test_names_of_idx_files_give_the_part(tmp_path: Path) -> None:
    parts = {"train": TRAIN, "val": VALIDATION, "test": TEST, "more": UNDECIDED}
    for count, prefix in enumerate(parts, 5):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte", IMAGES[:count])
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte", LABELS[:count].astype(np.uint8))
    listing = list_images(tmp_path)
    assert {part: int((listing.parts == part).sum()) for part in parts.values()} == {
        TRAIN: 5, VALIDATION: 6, TEST: 7, UNDECIDED: 8,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["npz", "idx"])
def test_arrays_in_a_zip_archive(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind == "npz":
            np.savez(tmp_path / "a.npz", images=IMAGES, labels=LABELS)
            archive.write(tmp_path / "a.npz", "deep/a.npz")
        else:
            for file in write_idx_files(tmp_path / "digits").iterdir():
                archive.write(file, f"digits/{file.name}")
    images, labels, _ = pixels_by_row(path)
    assert len(images) == 40
    order = slice(None) if kind == "npz" else [*range(30, 40), *range(30)]  # names sort t10k before train
    assert np.array_equal(images[:, 0], IMAGES[order])
    assert labels.tolist() == LABELS[order].tolist()
    assert np.array_equal(pixels_by_row(path)[0], images)
