"""`convlens data check`."""

import os

import numpy as np
import pytest
from PIL import Image
from rich.console import Console


def draw(number):
    random = np.random.default_rng(number)
    strokes = np.zeros((7, 7))
    strokes[1:6, 1:6] = random.random((5, 5)) > 0.5
    return Image.fromarray((strokes * 255).astype(np.uint8)).resize((28, 28), Image.Resampling.BICUBIC)


def fill(folder, count, seed):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        draw(seed + number).save(folder / f"{number}.png")


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """20 drawings of each of two classes, all fine, in the working folder."""
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path / "data"))
    root = tmp_path / "working-folder" / "photos"
    fill(root / "cat", 20, 100)
    fill(root / "dog", 20, 200)
    return root


def test_clean_images_are_said_to_be_fine(convlens, photos):
    ran = convlens("data", "check", "photos", "--strict")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "photos: 40 images of 2 classes (30 train, 4 validation, 6 test)",
        "",
        "✓ no problems found in 40 images",
    ]


def test_problems_have_a_title_files_and_advice(convlens, photos):
    (photos / "dog" / "cat.png").write_bytes((photos / "cat" / "3.png").read_bytes())
    (photos / "dog" / "empty.png").write_bytes(b"")
    ran = convlens("data", "check", "photos")
    assert ran.code == 0
    assert "; 1 file skipped" in ran.out.splitlines()[0]
    assert (
        "✗ 1 picture is in more than one class (2 files)\n"
        "    cat/3.png (cat) = dog/cat.png (dog)\n"
        "  → At most one label is right: keep the file in the class where it belongs and delete the others.\n"
    ) in ran.out
    assert "! 1 file is empty: skipped\n    dog/empty.png\n  → Get the files again, or delete them.\n" in ran.out
    assert ran.out.splitlines()[-1].endswith("Nothing was changed.")


def test_strict_fails_on_problems_but_not_on_notes(convlens, photos):
    (photos / "readme.txt").write_text("hello")
    noted = convlens("data", "check", "photos", "--strict")
    assert noted.code == 0
    assert "· left out when the images were listed" in noted.out
    assert "✓ no problems found in 40 images; 1 note" in noted.out
    (photos / "dog" / "flat.png").write_bytes(b"")
    assert convlens("data", "check", "photos", "--strict").code == 3
    assert convlens("data", "check", "photos").code == 0


def test_json_has_everything_on_one_line(convlens, photos):
    for number in range(12):
        (photos / "dog" / f"empty{number:02}.png").write_bytes(b"")
    ran = convlens("data", "check", "photos", "--json", "--strict")
    assert ran.code == 3
    (found,) = ran.lines
    assert (found["name"], found["strict"], found["passed"], found["refused"]) == ("photos", True, False, 12)
    assert found["class_names"] == ["cat", "dog"]
    assert sum(found["images"].values()) == 40
    (finding,) = [one for one in found["findings"] if one["kind"] == "refused_empty"]
    assert finding["severity"] == "warning"
    assert finding["count"] == 12
    assert finding["files"] == [f"dog/empty{number:02}.png" for number in range(12)]
    assert finding["advice"] == "Get the files again, or delete them."
    passed = convlens("data", "check", "photos", "--json")
    assert passed.code == 0
    assert passed.lines[0]["passed"] is True


def test_many_files_do_not_flood_the_terminal(convlens, photos):
    for number in range(500):
        (photos / "dog" / f"empty{number:03}.png").write_bytes(b"")
    out = convlens("data", "check", "photos").out
    assert "500 files are empty: skipped" in out
    assert "and 495 more: --json lists all" in out
    assert len(out.splitlines()) < 15


def test_narrow_lines_hang_below_their_first_word(monkeypatch, capsys, photos):
    from convlens.cli import checkup_view
    from convlens.cli.main import run

    monkeypatch.setattr(checkup_view, "result_console", lambda: Console(width=40, highlight=False))
    (photos / "dog" / "cat.png").write_bytes((photos / "cat" / "3.png").read_bytes())
    assert run(["data", "check", "photos"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    start = lines.index("✗ 1 picture is in more than one class (2")
    assert lines[start : start + 6] == [
        "✗ 1 picture is in more than one class (2",
        "  files)",
        "    cat/3.png (cat) = dog/cat.png",
        "      (dog)",
        "  → At most one label is right: keep the",
        "    file in the class where it belongs",
    ]


def test_names_with_markup_and_bytes_that_are_no_text_are_printed_as_they_are(convlens, photos):
    for name in (b"[bold]empty.png", b"caf\xe9.png"):
        (photos / "dog" / os.fsdecode(name)).touch()
    out = convlens("data", "check", "photos").out
    assert "    dog/[bold]empty.png\n" in out
    assert "    dog/caf\\udce9.png\n" in out
    assert convlens("data", "check", "photos", "--json").code == 0


def test_known_datasets_are_checked_too(convlens, tiny):
    ran = convlens("data", "check", "tiny")
    assert ran.code == 0
    assert ran.out.startswith("tiny: 1,797 images of 10 classes (1,500 train, 297 test)\n")
    refused = convlens("data", "check", "tiny", "--size", "32")
    assert refused.code == 2
    assert "tiny is a known dataset" in refused.err


def test_groups_keep_near_copies_out_of_the_test(convlens, photos):
    """Frames of one track: apart, they leak; kept together, they don't."""
    for label in ("cat", "dog"):
        for path in (photos / label).iterdir():
            image = np.asarray(Image.open(path))
            for frame in (1, 2, 3):
                Image.fromarray(np.roll(image, frame % 2, axis=1) // 4 * (4 - frame % 3)).save(
                    path.with_name(f"{path.stem}_{frame}.png")
                )
            path.rename(path.with_name(f"{path.stem}_0.png"))
    (apart,) = convlens("data", "check", "photos", "--json").lines
    kinds = {one["kind"]: one for one in apart["findings"]}
    assert "--group-by" in kinds["near_copies_across_parts"]["advice"]
    for path in photos.rglob("*.png"):
        path.rename(path.with_name(f"{path.parent.name[0]}{int(path.stem.partition('_')[0]):02}_{path.stem[-1]}.png"))
    (together,) = convlens("data", "check", "photos", "--json", "--group-by", "{stem[:3]}").lines
    assert "near_copies_across_parts" not in {one["kind"] for one in together["findings"]}
    assert "near_copies" in {one["kind"] for one in together["findings"]}


def make_one_class(folder):
    fill(folder / "cat", 3, 0)


def make_no_classes(folder):
    fill(folder, 3, 0)


def make_unreadable(folder):
    for name in ("cat", "dog"):
        (folder / name).mkdir()
        (folder / name / "1.png").write_text("hello")


UNUSABLE = {
    "an empty folder": (lambda _: None, "mine has no images: it is empty. Put images into one folder a class"),
    "one class": (make_one_class, "mine has images of only one class, cat: there is nothing to tell apart"),
    "no classes": (make_no_classes, "mine has 3 images but no class folders"),
    "nothing that can be read": (make_unreadable, "can be read"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_folders_are_one_clear_line(convlens, tmp_path, monkeypatch, case):
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path / "data"))
    folder = tmp_path / "working-folder" / "mine"
    folder.mkdir()
    make, words = UNUSABLE[case]
    make(folder)
    ran = convlens("data", "check", "./mine")
    assert ran.code == 3
    assert ran.out == ""
    errors = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert words in ran.err


def test_a_table_with_wrong_columns_is_one_clear_line(convlens, photos):
    (photos / "table.csv").write_text("datei,klasse\ncat/1.png,cat\n")
    ran = convlens("data", "check", "photos/table.csv")
    assert (ran.code, ran.out) == (3, "")
    assert "table.csv has no column of paths: its first line is 'datei', 'klasse'" in ran.err


TROUBLED = {
    "a class with one image": (
        lambda root: fill(root / "eel", 1, 900),
        "! 1 class has fewer than 10 training images\n    eel: 1 image\n",
    ),
    "nested folders": (
        lambda root: fill(root / "dog" / "old", 1, 900),
        "· 1 image is in 1 folder below that of a class\n    dog/old: 1 image\n",
    ),
    "a file that disappeared": (
        lambda root: (root / "dog" / "gone.png").symlink_to(root / "nowhere"),
        "! 1 file is gone since the files were listed: skipped\n    dog/gone.png\n",
    ),
    "names that differ by capitals": (
        lambda root: draw(901).save(root / "dog" / "3.PNG"),
        "· 2 files have names that differ from another only in capitalisation\n    dog/3.PNG\n    dog/3.png\n",
    ),
    "a name that is not UTF-8": (
        lambda root: draw(902).save(root / "dog" / os.fsdecode(b"\xff.png")),
        "· 1 file has a name that is not UTF-8\n    dog/\\udcff.png\n",
    ),
}


@pytest.mark.parametrize("case", TROUBLED)
def test_troubles_that_can_be_lived_with_say_which_file_and_what_to_do(convlens, photos, case):
    make, words = TROUBLED[case]
    make(photos)
    ran = convlens("data", "check", "photos")
    assert ran.code == 0, ran.err
    assert words in ran.out


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever may read everything is not refused"
)
def test_a_file_that_may_not_be_read_is_skipped(convlens, photos):
    (photos / "dog" / "3.png").chmod(0)
    ran = convlens("data", "check", "photos")
    assert ran.code == 0
    assert "! 1 file may not be read: skipped\n    dog/3.png\n" in ran.out
