"""What a checkup found is kept with the cache, and never taken for something else."""

import json
from pathlib import Path

import numpy as np
import pytest

from convlens.data import import_images
from convlens.data.checkup import check_images, examination
from convlens.data.checkup.remembering import FILE_NAME
from convlens.pixels import encode_png


@pytest.fixture
def photos(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two classes of twelve, one image in both."""
    monkeypatch.setattr("convlens.pixels.processes.sys.executable", "")  # decode in this process
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (Path("photos") / name).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 256, (20, 20), np.uint8)
            (Path("photos") / name / f"{number}.png").write_bytes(encode_png(pixels))
    (Path("photos") / "dog" / "copy.png").write_bytes((Path("photos") / "cat" / "0.png").read_bytes())
    return Path("photos")


def refuse_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*arguments: object) -> None:
        raise AssertionError("looked again")

    monkeypatch.setattr(examination, "check_collection", look)


def test_the_second_start_looks_at_no_pixel(photos, monkeypatch):
    first = check_images(import_images(photos))
    assert [finding.kind for finding in first.problems][:1] == ["copies_across_classes"]
    refuse_to_look(monkeypatch)
    assert check_images(import_images(photos)) == first


def test_another_file_is_looked_at_again(photos, monkeypatch):
    check_images(import_images(photos))
    (photos / "dog" / "copy.png").unlink()
    assert "copies_across_classes" not in [one.kind for one in check_images(import_images(photos)).findings]
    (photos / "notes.txt").write_text("mine")  # no image: the cache holds, but a finding is new
    assert "listing" in [one.kind for one in check_images(import_images(photos)).findings]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 2, "notes": [], "checkup": {"name": 3}}', "\x00"])
def test_a_damaged_file_is_worth_nothing(photos, content):
    imported = import_images(photos)
    first = check_images(imported)
    (imported.folder / FILE_NAME).write_text(content)
    assert check_images(imported) == first
    assert json.loads((imported.folder / FILE_NAME).read_text())["version"] == 2


def test_a_cache_that_may_not_be_written_is_no_hindrance(photos, monkeypatch):
    imported = import_images(photos)
    (imported.folder / FILE_NAME).mkdir()
    assert check_images(imported) == check_images(imported)
