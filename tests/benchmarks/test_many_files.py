"""A folder of many files: the files themselves, the table by hand, and the whole of it with processes made up."""

import argparse
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import many_files
from many_files import format_results, main, make_many_files, starts, verdict
from whole_process import CONVLENS, Finished

FOUND = {
    "check, first start": Finished(20.0, 300 * 2**20),
    "check, second start": Finished(1.5, 100 * 2**20),
    "import, second start": Finished(2.25, 100 * 2**20),
}


def test_ten_folders_of_different_images(tmp_path: Path):
    make_many_files(tmp_path / "many", 40)
    assert sorted(path.name for path in (tmp_path / "many").iterdir()) == list("0123456789")
    files = sorted((tmp_path / "many").rglob("*.png"))
    assert Counter(path.parent.name for path in files) == dict.fromkeys("0123456789", 4)
    images = []
    for path in files:
        with Image.open(path) as image:
            assert (image.mode, image.size, image.format) == ("L", (28, 28), "PNG")
            images.append(np.asarray(image))
    assert len({image.tobytes() for image in images}) == len(files) == 40
    assert min(image.std() for image in images) > 20
    # A level bar in class 0 and an upright one in class 5: brightness changes across them.
    level, upright = (np.mean([images[4 * label + k] for k in range(4)], axis=0) for label in (0, 5))
    assert level.mean(1).std() > 2 * level.mean(0).std()
    assert upright.mean(0).std() > 2 * upright.mean(1).std()


def test_the_same_files_again(tmp_path: Path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make_many_files(tmp_path / name, 11, seed)
    contents = [[path.read_bytes() for path in sorted((tmp_path / name).rglob("*.png"))] for name in ("a", "b", "c")]
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_each_pair_shares_a_cache_of_its_own():
    found = starts(Path("folder"))
    assert [start.cache for start in found] == ["check", "check", "import", "import"]
    assert found[0].command == found[1].command == (CONVLENS, "data", "check", "folder")
    assert found[2].command == found[3].command
    assert found[3].command[0] == sys.executable


def test_the_table_by_hand():
    lines = format_results(FOUND, images=45_000).splitlines()[2:]
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines] == [
        ["check, first start", "20.00", "2,250", "300"],
        ["check, second start", "1.50", "30,000", "100"],
        ["import, second start", "2.25", "20,000", "100"],
    ]


def test_second_starts_are_compared_with_two_seconds():
    assert verdict(FOUND).splitlines() == [
        "check, second start: 1.50 s, which is within 2 s.",
        "import, second start: 2.25 s, which is MORE than 2 s.",
    ]


def test_the_command_line_imports_nothing_heavy():
    code = (
        f"import sys; sys.path.insert(0, {str(Path(many_files.__file__).parent)!r}); import many_files, small_photos\n"
    )
    code += "print([name for name in ('numpy', 'PIL', 'convlens') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_whole_benchmark_with_processes_that_are_made_up(written, monkeypatch: pytest.MonkeyPatch, capsys):
    commands: list[list[str]] = []
    monkeypatch.setattr(many_files, "run_process", lambda c: (commands.append(c), Finished(1.0, 2**27))[1])
    given = argparse.Namespace(images=20, where=None, record=True)
    main(given)
    assert "No record: this was a short try" in capsys.readouterr().out
    assert [command[1].rpartition("/")[2] for command in commands] == ["check", "check", "import", "import"]
    assert {command[0] for command in commands} == {"env"}
    monkeypatch.setattr(many_files, "LEAST_IMAGES", 20)
    main(given)
    assert "| check, second start  | 1.00 |       20 |      128 |" in written["many_files"]
    assert "- images: 20 grey PNG files of 28×28 in 10 folders" in written["many_files"]


def test_the_import_is_one_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_many_files(tmp_path / "many", 40)
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path / "kept"))
    start = starts(tmp_path / "many")[-1]
    subprocess.run(start.command, check=True, capture_output=True)
    assert any(path.is_file() for path in (tmp_path / "kept").rglob("*"))
