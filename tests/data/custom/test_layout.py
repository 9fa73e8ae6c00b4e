"""What folders say about classes and parts, and what is done with everything else that lies around."""

import os
import zipfile
from pathlib import Path

import pytest

from convlens.data.custom.sources import list_images
from convlens.data.parts import TEST, TRAIN, UNDECIDED, VALIDATION
from convlens.errors import DataError


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def test_classes_are_in_natural_order_and_keep_what_lies_below(tmp_path: Path) -> None:
    make(tmp_path, "10/a.png", "2/b.JPG", "2/deep/er/c.png", "1/d.png")
    listing = list_images(tmp_path)
    assert listing.class_names == ("1", "2", "10")
    assert listing.names == ["1/d.png", "2/b.JPG", "2/deep/er/c.png", "10/a.png"]
    assert listing.labels.tolist() == [0, 1, 1, 2]
    assert set(listing.parts.tolist()) == {UNDECIDED}
    assert listing.sizes.tolist() == [1, 1, 1, 1]


def test_classes_whose_images_all_lie_deeper_are_the_outermost_folders_that_differ(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for name in ("outer/cat/one/a.png", "outer/dog/two/b.png"):
            archive.writestr(name, b"x")
    listing = list_images(tmp_path / "pets.zip")
    assert listing.class_names == ("cat", "dog")
    assert listing.labels.tolist() == [0, 1]


@pytest.mark.parametrize(("validation", "test"), [("val", "test"), ("Valid", "TEST"), ("validation", "testing")])
def test_parts(tmp_path: Path, validation: str, test: str) -> None:
    make(tmp_path, "train/a/1.png", "train/b/1.png", f"{validation}/a/2.png", f"{test}/b/3.png", f"{test}/b/4.png")
    listing = list_images(tmp_path)
    assert listing.class_names == ("a", "b")
    by_name = dict(zip(listing.names, zip(listing.labels.tolist(), listing.parts.tolist(), strict=True), strict=True))
    assert by_name["train/b/1.png"] == (1, TRAIN)
    assert by_name[f"{validation}/a/2.png"] == (0, VALIDATION)
    assert by_name[f"{test}/b/4.png"] == (1, TEST)


def test_a_train_among_vehicles_is_a_class(tmp_path: Path) -> None:
    make(tmp_path, "train/1.png", "plane/1.png", "car/1.png", "train/steam/2.png")
    assert list_images(tmp_path).class_names == ("car", "plane", "train")


def test_what_lies_around_is_said(tmp_path: Path) -> None:
    make(tmp_path, "train/a/1.png", "train/b/1.png", "train/loose.png", "test/a/2.png", "test/zebra/2.png")
    make(tmp_path, "extra/a/3.png", "notes.txt", "labels.json", "train/a/.hidden.png", ".git/a/4.png", "loose.png")
    (tmp_path / "train" / "empty").mkdir()
    listing = list_images(tmp_path)
    assert listing.names == ["test/a/2.png", "train/a/1.png", "train/b/1.png"]
    assert listing.notes == (
        "2 other files left out, not images by their ending (.json: 1, .txt: 1)",
        "1 image in extra left out: it is not a part (train, validation, test)",
        "1 image left out: in the folder itself, not in a class folder",
        "1 image left out: in train itself, not in a class folder",
        "classes without training images, left out: zebra",
        "folders without images: empty",
    )


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), r"photos has no images: it is empty\. Put images into one folder per class, such as .*photos/cat/1\.png"),
        (("a/1.txt", "b/2"), r"photos has no images \(2 other files left out, not images by their ending \(.txt: 1"),
        (("1.png", "2.png"), r"photos has 2 images but no class folders\. .* or give a CSV file with the columns"),
        (("1.png", "labels.csv"), r"photos has 1 image but no class folders\. .* or give the CSV file in it\."),
        (("cat/1.png",), r"images of only one class, cat; a classifier needs two\. Add a folder for each"),
        (("all/cat/1.png", "all/dog/1.png"), r"only one class, all; .*If cat, dog are the classes, give .*photos/all;"),
        (("train/1.png", "test/2.png", "train/a/1.png"), r"photos has images of only one class, a"),
    ],
    ids=["empty", "other files", "no folders", "a table", "one class", "wrapped", "parts with one class"],
)
def test_folders_that_cannot_be_used(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    make(photos, *names)
    with pytest.raises(DataError, match=message):
        list_images(photos)


def test_links_that_go_in_circles_end(tmp_path: Path) -> None:
    make(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "other").symlink_to(tmp_path / "b", target_is_directory=True)
    (tmp_path / "b" / "other").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "b" / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "b" / "gone.png").symlink_to(tmp_path / "gone.png")
    listing = list_images(tmp_path)
    assert {"a/1.png", "b/1.png", "a/other/1.png", "b/gone.png"} <= set(listing.names)
    assert len(listing) < 10
    assert any("links to folders that were already listed were not followed" in note for note in listing.notes)


def test_every_link_in_a_circle_is_counted(tmp_path: Path) -> None:
    make(tmp_path, "a/1.png", "b/1.png")
    for name in ("a", "b"):
        (tmp_path / name / "self").symlink_to(tmp_path / name, target_is_directory=True)
    notes = list_images(tmp_path).notes
    assert "2 links to folders that were already listed were not followed" in notes


def test_a_linked_class_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/1.png", "photos/a/1.png")
    (tmp_path / "photos" / "b").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    listing = list_images(tmp_path / "photos")
    assert listing.names == ["a/1.png", "b/1.png"]


def test_names_that_differ_by_capitals_only(tmp_path: Path) -> None:
    make(tmp_path, "a/x.png", "a/X.png", "b/1.png")
    if len(list((tmp_path / "a").iterdir())) < 2:
        pytest.skip("this file system takes them for one")
    listing = list_images(tmp_path)
    assert len(listing) == 3
    assert "2 names differ from another only in capitalisation" in listing.notes[0]
    assert "(a/X.png, a/x.png)" in listing.notes[0]


def test_names_that_are_not_unicode(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9")
    try:
        make(tmp_path, f"{odd}/{odd}.png", "b/new\nline.png")
    except (OSError, UnicodeError):
        pytest.skip("this file system refuses them")
    listing = list_images(tmp_path)
    assert listing.class_names == ("b", "caf\\udce9")
    assert len(listing.digest) == 32
    assert listing.signatures().shape == (2,)
    assert repr(list_images(tmp_path)).isprintable()


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/1.png", "b/1.png", "closed/1.png")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = list_images(tmp_path)
    assert listing.class_names == ("a", "b")
    assert listing.notes[0] == "folders that cannot be read, left out: closed; check their permissions"
    with pytest.raises(DataError, match=r"closed cannot be read: Permission denied\. Check the path"):
        list_images(tmp_path / "closed")


@pytest.mark.parametrize("change", ["time", "size", "added", "removed", "renamed"])
def test_the_digest_tells_changes(tmp_path: Path, change: str) -> None:
    make(tmp_path, "a/1.png", "a/2.png", "b/1.png")
    before = list_images(tmp_path)
    assert list_images(tmp_path).digest == before.digest
    path = tmp_path / "a" / "2.png"
    if change == "time":
        os.utime(path, ns=(1, 1))
    elif change == "size":
        facts = path.stat()
        path.write_bytes(b"xy")
        os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    elif change == "added":
        make(tmp_path, "b/2.png")
    elif change == "removed":
        path.unlink()
    else:
        path.rename(path.with_name("3.png"))
    after = list_images(tmp_path)
    assert after.digest != before.digest
    assert len(set(before.signatures().tolist()) & set(after.signatures().tolist())) == (3 if change == "added" else 2)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-such", r"no-such does not exist\. Give a folder of class folders"),
        ("a.txt", r"a\.txt is not a supported source"),
    ],
)
def test_other_paths(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(DataError, match=message):
        list_images(tmp_path / name)


def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(DataError, match=r"pipe\.zip is a device or a pipe"):
        list_images(tmp_path / "pipe.zip")
