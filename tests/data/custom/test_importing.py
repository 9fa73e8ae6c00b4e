"""From a folder to a dataset, and what the cache saves: what is new is decoded, and nothing else."""

import json
import multiprocessing
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convlens.data import ImportedImages, ImportOptions, ImportProgress, import_images
from convlens.data.custom import shape
from convlens.data.custom.facts import PROBLEMS
from convlens.data.custom.worker import Reader
from convlens.errors import DataError, OutputError
from convlens.pixels import encode_png

WritePhotos = Callable[..., Path]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all files that are decoded (not those that are looked at for their size)."""
    names: list[str] = []
    real = Reader.decode

    def decode(reader: Any, job: Any, number: int) -> Any:
        if not job.survey:
            names.append(Path(os.fsdecode(job.places[number])).name)
        return real(reader, job, number)

    monkeypatch.setattr(Reader, "decode", decode)
    return names


def images_by_name(got: ImportedImages) -> dict[str, np.ndarray]:
    return {got.listing.names[row]: np.array(image) for row, image in zip(got.rows, got.images, strict=True)}


def test_images_labels_and_parts(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", cat=20, dog=40)
    got = import_images(folder)
    assert repr(got) == "ImportedImages('photos', 60 images of 1×20×20, 2 classes)"
    for name, image in images_by_name(got).items():
        assert np.array_equal(image[0], np.asarray(Image.open(folder / name)))
    for row, label in zip(got.rows, got.labels, strict=True):
        assert got.listing.names[row].startswith(("cat", "dog")[label])
    dataset = got.dataset()
    assert dataset.preprocessing_rules == "auto"
    assert dataset.validation is not None
    assert dataset.test is not None
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [np.bincount(part.labels).tolist() for part in parts] == [[15, 30], [2, 4], [3, 6]]
    assert all(np.shares_memory(part.images, got.images) for part in parts)
    assert dataset.notes == (
        "input 20×20: the longest side is at most 20 pixels in three quarters of 60 sampled images (20 to 20)",
        "1 channel: 0 of 60 sampled images are in colour",
        "45 to train, 6 to validate, 9 to test (validation and test drawn class by class, seed 0)",
    )


def test_a_second_start_decodes_nothing(tmp_path: Path, write_photos: WritePhotos, decoded: list[str]) -> None:
    folder = write_photos(tmp_path / "photos", cat=5, dog=5)
    first = import_images(folder)
    assert len(decoded) == 10
    second = import_images(folder)
    assert len(decoded) == 10
    assert np.array_equal(first.images, second.images)
    assert (first.notes, first.skipped) == (second.notes, second.skipped)


def test_only_what_changed_is_decoded(tmp_path: Path, write_photos: WritePhotos, decoded: list[str]) -> None:
    folder = write_photos(tmp_path / "photos", cat=8, dog=8)
    import_images(folder)
    decoded.clear()
    changed = np.full((20, 20), 99, np.uint8)
    (folder / "cat" / "3.png").write_bytes(encode_png(changed))
    (folder / "dog" / "new.png").write_bytes(encode_png(changed))
    (folder / "dog" / "1.png").unlink()
    got = import_images(folder)
    assert sorted(decoded) == ["3.png", "new.png"]
    images = images_by_name(got)
    assert len(images) == 16
    for name, image in images.items():
        assert np.array_equal(image[0], np.asarray(Image.open(folder / name)))
    homes = list(Path(os.environ["XDG_CACHE_HOME"]).glob("convlens/data/own/*"))
    assert len(homes) == 1
    assert len([entry for entry in homes[0].iterdir() if entry.is_dir()]) == 1  # the stale one is gone


def test_another_seed_or_share_decodes_nothing(tmp_path: Path, write_photos: WritePhotos, decoded: list[str]) -> None:
    folder = write_photos(tmp_path / "photos", cat=20, dog=20)
    first = import_images(folder)
    for options in (ImportOptions(split_seed=1), ImportOptions(test_share=0.5), ImportOptions(group_by="{stem[0]}")):
        other = import_images(folder, options)
        assert not np.array_equal(first.parts, other.parts)
        assert {name: image.tobytes() for name, image in images_by_name(other).items()} == {
            name: image.tobytes() for name, image in images_by_name(first).items()
        }
    assert len(decoded) == 40


def test_another_size_decodes_again(tmp_path: Path, write_photos: WritePhotos, decoded: list[str]) -> None:
    folder = write_photos(tmp_path / "photos", cat=4, dog=4)
    import_images(folder)
    got = import_images(folder, ImportOptions(size=32, channels=3))
    assert got.images.shape == (8, 3, 32, 32)
    assert len(decoded) == 16
    assert got.notes[:3] == (
        "input 32×32, as asked for",
        "3 channels: as asked for",
        "all images: enlarged to fit, proportions kept",
    )


def test_groups_never_straddle(tmp_path: Path) -> None:
    folder = tmp_path / "tracks"
    for label in ("a", "b"):
        (folder / label).mkdir(parents=True)
        for track in range(12):
            for frame in range(3):
                pixels = np.full((16, 16), track * 9 + frame, np.uint8)
                (folder / label / f"{track:05}_{frame}.png").write_bytes(encode_png(pixels))
    got = import_images(folder, ImportOptions(group_by="{parent}/{stem[:5]}"))
    sides: dict[str, set[int]] = {}
    for name, part in zip(got.listing.names, got.parts.tolist(), strict=True):
        sides.setdefault(name[:7], set()).add(part)
    assert len(sides) == 24
    assert all(len(parts) == 1 for parts in sides.values())
    assert Counter(got.parts.tolist()) == {0: 54, 1: 6, 2: 12}  # of 36 a class: 5.4 and 3.6, by threes
    assert "drawn by groups of {parent}/{stem[:5]}, seed 0" in got.notes[-1]


def test_given_groups_that_straddle_are_said(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos" / "train", a=4, b=4).parent
    write_photos(folder / "test", a=2, b=4)
    got = import_images(folder, ImportOptions(group_by="{parent}/{stem}"))
    assert got.notes[-1].startswith("6 groups of {parent}/{stem} are in more than one part, as given by the source")
    assert "test as given" in got.notes[-2] or "train and test as given" in got.notes[-2]


def test_files_that_give_no_image_are_skipped_and_named(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", ant=9, bee=9, cat=2)
    (folder / "ant" / "0.png").write_bytes(b"hello")
    (folder / "ant" / "1.png").write_bytes(b"")
    for number in range(2):
        (folder / "cat" / f"{number}.png").write_bytes(b"hello")
    got = import_images(folder)
    assert got.class_names == ("ant", "bee")
    assert len(got.images) == 16
    assert got.parts.tolist().count(-1) == 4
    assert [PROBLEMS[code] for code in got.facts["problem"][:3]] == ["not_an_image", "empty", "none"]
    assert [name for name, _ in got.skipped] == ["ant/0.png", "ant/1.png", "cat/0.png", "cat/1.png"]
    assert got.skipped[1][1] == "is empty (0 bytes): save the image again."
    assert "classes left out, because none of their images can be read: cat" in got.notes
    assert "1 file skipped, empty: ant/1.png" in got.notes
    assert "3 files skipped, not images: ant/0.png, cat/0.png, cat/1.png" in got.notes
    for label, row in zip(got.labels, got.rows, strict=True):
        assert got.listing.names[row].startswith(("ant", "bee")[label])
    again = import_images(folder)
    assert again.skipped == got.skipped


def test_a_class_with_one_image_trains_and_is_said(tmp_path: Path, write_photos: WritePhotos) -> None:
    got = import_images(write_photos(tmp_path / "photos", ant=10, bee=10, cat=1))
    assert got.parts[got.listing.names.index("cat/0.png")] == 0
    assert got.notes[-1] == "too few images to set any aside, so these classes are not evaluated: cat"


def test_classes_with_one_image_each(tmp_path: Path, write_photos: WritePhotos) -> None:
    dataset = import_images(write_photos(tmp_path / "photos", ant=1, bee=1)).dataset()
    assert len(dataset.train) == 2
    assert dataset.test is dataset.validation is None
    assert dataset.notes[-1] == "2 images, none set aside"


def test_one_class_that_can_be_read(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", ant=3, bee=1)
    (folder / "bee" / "0.png").write_bytes(b"hello")
    with pytest.raises(DataError, match=r"only ant has images that can be read; 1 of 4 files cannot \(bee/0\.png is n"):
        import_images(folder)
    for number in range(3):
        (folder / "ant" / f"{number}.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"none of 4 sampled images can be read, such as 'ant/0\.png'"):
        import_images(folder)


def test_no_class_that_can_be_trained(tmp_path: Path, write_photos: WritePhotos) -> None:
    write_photos(tmp_path / "photos/test", ant=2, bee=2)
    folder = write_photos(tmp_path / "photos/train", ant=1, bee=1).parent
    for name in ("ant", "bee"):
        (folder / "train" / name / "0.png").write_bytes(b"hello")
    with pytest.raises(
        DataError, match=r"photos: no class has images that can be read; 2 of 6 files cannot \(train/ant"
    ):
        import_images(folder)


def test_a_file_that_disappears_between_listing_and_decoding(
    tmp_path: Path, write_photos: WritePhotos, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    folder = write_photos(tmp_path / "photos", ant=4, bee=4)
    real = shape.find_shape

    def find(*given: Any) -> Any:
        (folder / "ant" / "2.png").unlink()
        return real(*given)

    monkeypatch.setattr("convlens.data.custom.building.find_shape", find)
    got = import_images(folder)
    assert got.skipped == (("ant/2.png", "was removed after the files were listed: check where it went"),)
    assert len(got.images) == 7


def test_a_file_that_can_be_read_again_is_decoded(
    tmp_path: Path, write_photos: WritePhotos, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_photos(tmp_path / "photos", ant=4, bee=4)
    with monkeypatch.context() as patch:
        real = open

        def refuse(path: Any, *mode: Any) -> Any:
            if str(path).endswith("ant/2.png"):
                raise PermissionError(13, "Permission denied")
            return real(path, *mode)

        patch.setattr("convlens.data.custom.worker.open", refuse, raising=False)
        assert import_images(folder).skipped == (("ant/2.png", "cannot be read: check its permissions"),)
    assert import_images(folder).skipped == ()  # neither its size nor its time has changed


ABOUT = {"version": 2, "listed": 8, "images": 8, "size": 16, "channels": 1, "classes": [0, 1], "words": {}, "notes": []}
DAMAGED_ABOUT = {
    "list": "[]", "infinite": json.dumps(ABOUT | {"images": 1e999}), "class": json.dumps(ABOUT | {"classes": [0, 2]}),
    "negative": json.dumps(ABOUT | {"classes": [-1, 1]}), "row": json.dumps(ABOUT | {"words": {"8": "is empty"}}),
    "note": json.dumps(ABOUT | {"notes": [None]}), "words": json.dumps(ABOUT | {"words": []}),
}  # fmt: skip


@pytest.mark.parametrize("damage", ["short", "long", "gone", "facts", *DAMAGED_ABOUT])
def test_a_damaged_cache_is_made_again(
    tmp_path: Path, write_photos: WritePhotos, decoded: list[str], damage: str
) -> None:
    folder = write_photos(tmp_path / "photos", ant=4, bee=4)
    before = np.array(import_images(folder, cache_dir=tmp_path / "cache").images)
    (images,) = (tmp_path / "cache").glob("*/*/images.bin")
    size = before.shape[-1]
    if damage in ("short", "long"):
        content = images.read_bytes()
        images.write_bytes(content[:-1] if damage == "short" else content + b"x")
    elif damage == "gone":
        images.unlink()
    elif damage in DAMAGED_ABOUT:
        images.with_name("about.json").write_text(DAMAGED_ABOUT[damage].replace('"size": 16', f'"size": {size}'))
    else:
        images.with_name("facts.bin").write_bytes(b"x")
    got = import_images(folder, cache_dir=tmp_path / "cache")
    assert np.array_equal(got.images, before)
    assert got.class_names == ("ant", "bee")
    times = 1 if damage in ("class", "negative", "row") else 2  # with good pixels, only the index is made again
    assert len(decoded) == 8 * times
    import_images(folder, cache_dir=tmp_path / "cache")
    assert len(decoded) == 8 * times


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", ant=4, bee=4)
    import_images(folder, cache_dir=tmp_path / "cache")
    (home,) = (tmp_path / "cache").iterdir()
    (home / ".part-dead").mkdir()
    (home / ".part-dead" / "images.bin").write_bytes(b"half")
    import_images(folder, ImportOptions(split_seed=3), tmp_path / "cache")
    assert not (home / ".part-dead").exists()


def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, write_photos: WritePhotos, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_photos(tmp_path / "photos", ant=4, bee=4)

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("convlens.files.os.fsync", refuse)
        with pytest.raises(OutputError, match=r"cannot write .*: the disk is full \(3,200 bytes needed\)\. Free some"):
            import_images(folder, cache_dir=tmp_path / "cache")
    (home,) = (tmp_path / "cache").iterdir()
    assert [entry.name for entry in home.iterdir()] == [".lock"]
    assert len(import_images(folder, cache_dir=tmp_path / "cache").images) == 8


def test_a_cache_that_cannot_be_made(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", ant=4, bee=4)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot write .*cache.*: a part of that path is a file, not a folder"):
        import_images(folder, cache_dir=tmp_path / "cache")


def test_two_at_once_decode_once(tmp_path: Path, write_photos: WritePhotos, decoded: list[str]) -> None:
    folder = write_photos(tmp_path / "photos", ant=30, bee=30)
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda _: import_images(folder), range(3)))
    assert len(decoded) == 60
    assert all(np.array_equal(found[0].images, other.images) for other in found)


def test_inside_a_daemon_process(tmp_path: Path, write_photos: WritePhotos, processes: None) -> None:
    folder = write_photos(tmp_path / "photos", ant=4, bee=4)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=import_images, args=(folder, None, tmp_path / "cache"), daemon=True)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert len(list((tmp_path / "cache").glob("*/*/images.bin"))) == 1


def test_names_that_are_not_unicode_are_decoded(tmp_path: Path, write_photos: WritePhotos, processes: None) -> None:
    folder = write_photos(tmp_path / "photos", ant=2, bee=2)
    try:
        (folder / "ant" / "0.png").rename(folder / "ant" / os.fsdecode(b"caf\xe9.png"))
        (folder / "bee" / "0.png").rename(folder / "bee" / os.fsdecode(b"\xe9.png"))
    except (OSError, UnicodeError):
        pytest.skip("this file system refuses such names")
    (folder / "bee" / os.fsdecode(b"\xe9.png")).write_bytes(b"hello")
    got = import_images(folder)
    assert len(got.images) == 3
    assert got.skipped[0][0] == "bee/\\udce9.png"
    assert all(note.isprintable() for note in got.notes)


def test_progress_is_told(tmp_path: Path, write_photos: WritePhotos) -> None:
    seen: list[ImportProgress] = []
    import_images(write_photos(tmp_path / "photos", ant=4, bee=4), on_progress=seen.append)
    assert seen[-1] == ImportProgress(8, 8, "decoding")
    assert {progress.what for progress in seen} <= {"looking at sizes and colours", "decoding"}


def test_in_other_processes_all_is_the_same(tmp_path: Path, write_photos: WritePhotos, processes: None) -> None:
    folder = write_photos(tmp_path / "photos", ant=70, bee=70)
    got = import_images(folder)
    for name, image in images_by_name(got).items():
        assert np.array_equal(image[0], np.asarray(Image.open(folder / name)))
    assert len(got.images) == 140


def write_zip(path: Path, folder: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("prefix", ["", "photos/", "deep/photos/"])
def test_a_zip_archive_of_class_folders(tmp_path: Path, write_photos: WritePhotos, prefix: str) -> None:
    folder = write_photos(tmp_path / "photos", ant=6, bee=6)
    archive = write_zip(tmp_path / "a.zip", folder, prefix)
    got = import_images(archive)
    assert got.class_names == ("ant", "bee")
    for name, image in images_by_name(got).items():
        assert np.array_equal(image[0], np.asarray(Image.open(folder / name.removeprefix(prefix))))
    assert got.name == "a.zip"


def test_a_zip_archive_with_a_table(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", images=6)
    rows = [f"images/{number}.png,{'odd' if number % 2 else 'even'}" for number in range(6)]
    (folder / "labels.csv").write_text("\n".join(["path,label", *rows]))
    got = import_images(write_zip(tmp_path / "a.zip", folder, "top/"))
    assert got.class_names == ("even", "odd")
    for name, image in images_by_name(got).items():
        assert np.array_equal(image[0], np.asarray(Image.open(folder / name.removeprefix("top/"))))
    assert np.array_equal(got.images, import_images(folder / "labels.csv").images)


def test_unsafe_names_in_a_zip_archive_are_left_out(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", ant=3, bee=3)
    archive = write_zip(tmp_path / "a.zip", folder)
    with zipfile.ZipFile(archive, "a") as opened:
        for name in ("/etc/1.png", "../up/2.png", "ant/../../3.png", "C:/x/4.png", "__MACOSX/ant/._0.png"):
            opened.writestr(name, b"x")
    got = import_images(archive)
    assert len(got.listing) == len(got.images) == 6
    assert got.notes[0].startswith("unsafe names in the archive, left out: /etc/1.png, ../up/2.png, ant/../../3.png")


def test_bombs_and_damage_in_a_zip_archive(
    tmp_path: Path, write_photos: WritePhotos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convlens.data.custom.worker.MAX_FILE_BYTES", 1 << 20)
    folder = write_photos(tmp_path / "photos", ant=3, bee=3)
    archive = write_zip(tmp_path / "a.zip", folder)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as opened, opened.open("ant/bomb.png", "w") as member:
        for _ in range(2):
            member.write(bytes(1 << 20))
    got = import_images(archive)
    assert got.skipped == (("ant/bomb.png", "has more than the 1,048,576 bytes allowed: save it smaller"),)
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"a\.zip is not a complete zip archive \(.*\)\. Get it or pack it again\."):
        import_images(archive)


def test_the_source_is_never_changed(tmp_path: Path, write_photos: WritePhotos) -> None:
    folder = write_photos(tmp_path / "photos", ant=3, bee=3)
    copy = shutil.copytree(folder, tmp_path / "copy")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    import_images(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    for path in before:
        if path.is_file():
            assert path.read_bytes() == (copy / path.relative_to(folder)).read_bytes()


def test_colour_images_of_mixed_sizes(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    for label in ("red", "blue"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number, (height, width) in enumerate(random.integers(20, 250, (12, 2)).tolist()):
            colour = np.zeros((height, width, 3), np.uint8)
            colour[..., 0 if label == "red" else 2] = 200
            (tmp_path / "photos" / label / f"{number}.png").write_bytes(encode_png(colour))
    got = import_images(tmp_path / "photos")
    longest = np.maximum(got.facts["width"], got.facts["height"])
    assert got.images.shape == (24, 3, 96, 96)
    assert float(np.percentile(longest, 75)) > 88
    means = got.images.mean(axis=(2, 3))
    assert means[got.labels == got.class_names.index("red"), 0].min() == 200
    assert means[got.labels == got.class_names.index("blue"), 0].max() == 0
