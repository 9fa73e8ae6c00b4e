"""All checks together, on files with planted trouble."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.data import Dataset, ImportProgress, LabelledImages, import_images
from convlens.data.checkup import check_images


def draw(number):
    """A drawing of its own for each number: strokes, white on black, 28×28."""
    random = np.random.default_rng(number)
    strokes = np.zeros((7, 7))
    strokes[1:6, 1:6] = random.random((5, 5)) > 0.5
    return Image.fromarray((strokes * 255).astype(np.uint8)).resize((28, 28), Image.Resampling.BICUBIC)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes, each of 25 drawings to train on and 3 to validate and to test with; nothing wrong with them."""
    root = tmp_path / "photos"
    for label, name in enumerate(("cat", "dog")):
        for part, count in (("train", 25), ("val", 4), ("test", 3)):
            folder = root / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                draw(label * 1000 + count * 100 + number).save(folder / f"{number}.png")
    return root


def check(path, tmp_path):
    return check_images(import_images(path, cache_dir=tmp_path / "cache"))


def test_clean_images_give_nothing(photos, tmp_path):
    found = check(photos, tmp_path)
    assert found.findings == ()
    assert found.counts == {"train": 50, "validation": 8, "test": 6}
    assert found.class_names == ("cat", "dog")


def plant(photos: Path) -> None:
    """One trouble of each kind."""
    cat, dog = photos / "train" / "cat", photos / "train" / "dog"
    (cat / "note.png").write_text("not an image")
    (cat / "hollow.png").write_bytes(b"")
    content = (dog / "3.png").read_bytes()
    (dog / "cut.png").write_bytes(content[: len(content) // 2])
    file = io.BytesIO()
    draw(77).save(file, "PPM")
    (dog / "as_text.pgm").write_bytes(file.getvalue().replace(b"\n", b"\r\n"))
    Image.new("L", (28, 28), 9).save(dog / "flat.png")
    Image.new("LA", (28, 28), (0, 0)).save(dog / "transparent.png")
    (dog / "a_cat.png").write_bytes((cat / "1.png").read_bytes())
    (photos / "test" / "dog" / "leak.png").write_bytes((dog / "2.png").read_bytes())
    (cat / "twice.png").write_bytes((cat / "4.png").read_bytes())
    Image.open(cat / "5.png").save(photos / "test" / "cat" / "again.jpg", quality=80)
    Image.fromarray(255 - np.asarray(draw(78))).save(cat / "inverted.png")
    draw(79).convert("RGB").save(cat / "colour.png")
    draw(80).resize((9, 9)).save(cat / "small.png")
    draw(81).resize((280, 40)).save(cat / "long.png")
    draw(82).save(cat / "TWICE.png")
    (cat / "old").mkdir()
    draw(83).save(cat / "old" / "1.png")
    (photos / "train" / "readme.txt").write_text("hello")


EXPECTED = {
    "bad_length": ["train/dog/as_text.pgm"],
    "copies_across_classes": ["train/cat/1.png", "train/dog/a_cat.png"],
    "copies_across_parts": ["train/dog/2.png", "test/dog/leak.png"],
    "refused_not_an_image": ["train/cat/note.png"],
    "refused_empty": ["train/cat/hollow.png"],
    "refused_truncated": ["train/dog/cut.png"],
    "blank": ["train/dog/flat.png", "train/dog/transparent.png"],
    "copies": ["train/cat/4.png", "train/cat/twice.png"],
    "near_copies_across_parts": ["train/cat/5.png", "test/cat/again.jpg"],
    "mixed_polarity": ["train/cat/inverted.png"],
    "unlike_class": ["train/cat/inverted.png"],
    "mixed_modes": ["train/cat/colour.png", "train/dog/transparent.png"],
    "conversions": ["train/dog/transparent.png"],
    "mixed_sizes": [],
    "enlarged": ["train/cat/small.png"],
    "elongated": ["train/cat/long.png"],
    "names_alike": ["train/cat/TWICE.png", "train/cat/twice.png"],
    "nested": ["train/cat/old/1.png"],
    "listing": [],
}


def test_each_trouble_is_found_with_its_files_and_nothing_else(photos, tmp_path):
    plant(photos)
    found = {finding.kind: sorted(finding.files) for finding in check(photos, tmp_path).findings}
    assert found.keys() == EXPECTED.keys()
    for kind, files in EXPECTED.items():
        if kind == "unlike_class":
            assert set(files) <= set(found[kind])
        else:
            assert found[kind] == sorted(files), kind


def test_errors_come_before_warnings_before_notes(photos, tmp_path):
    plant(photos)
    severities = [finding.severity for finding in check(photos, tmp_path).findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert set(severities) == {"error", "warning", "note"}


def test_nothing_is_changed_or_deleted(photos, tmp_path):
    plant(photos)

    def everything():
        files = sorted(path for path in photos.rglob("*") if path.is_file())
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in files}

    before = everything()
    assert check(photos, tmp_path).problems
    assert everything() == before


def test_the_same_images_give_the_same_findings(photos, tmp_path):
    plant(photos)
    assert check(photos, tmp_path).as_dict() == check(photos, tmp_path).as_dict()


def test_a_dataset_in_memory_is_checked_too(digits_24x24):
    images, labels = digits_24x24
    names = tuple("0123456789")
    train = LabelledImages(np.ascontiguousarray(images[:1400]), labels[:1400], names, "digits train")
    copied = np.concatenate([images[1400:], images[:1]])
    test = LabelledImages(copied, np.append(labels[1400:], labels[0]), names, "digits test")
    found = check_images(Dataset("digits", train, test, "letterbox"))
    assert found.counts == {"train": 1400, "test": 101}
    assert [finding.kind for finding in found.problems] == ["copies_across_parts"]
    assert found.problems[0].examples == ("train 0 = test 100",)


def test_colour_images_in_memory_are_checked_too():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, 3, 16, 16)).astype(np.uint8)
    images[5] = images[20]
    images[7] = np.array([200, 30, 30], np.uint8)[:, None, None]  # red everywhere
    images[8, :, :, :8], images[8, :, :, 8:] = [[[255]], [[0]], [[0]]], [[[0]], [[130]], [[0]]]  # as bright, not blank
    labels = np.arange(40) % 2
    found = {one.kind: one.files for one in check_images(_dataset(images, labels)).findings}
    assert found["copies_across_classes"] == ("train 5", "train 20")
    assert found["blank"] == ("train 7",)


def _dataset(images, labels):
    return Dataset("pets", LabelledImages(images, labels, ("cat", "dog"), "pets"), None, "letterbox")


def test_progress_is_told(photos, tmp_path):
    told = []
    check_images(import_images(photos, cache_dir=tmp_path / "cache"), told.append)
    assert told[0] == ImportProgress(64, 64, "looking at pixels")
