"""The folder of small photographs: what it holds, that nothing leaks from training into test, and that it can be made
again.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import photo_folder
from photo_folder import Cell, _cuts, cut, divide, make_photo_folder, read_pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_photo_folder(tmp_path_factory.mktemp("photos") / "small", train=30, test=10, seed=0)


def test_four_classes_of_both_kinds_of_file(folder: Path):
    for part, count in (("train", 30), ("test", 10)):
        names = sorted(path.name for path in (folder / part).iterdir())
        assert names == ["china", "flower", "hopper", "minduka"]
        for name in names:
            assert len(list((folder / part / name).iterdir())) == count
    suffixes = [path.suffix for path in folder.rglob("*.*")]
    assert set(suffixes) == {".png", ".jpg"}
    assert 0.3 < suffixes.count(".png") / len(suffixes) < 0.7


def test_sizes_are_mixed_and_pictures_in_colour(folder: Path):
    sizes = []
    for path in folder.rglob("*.*"):
        with Image.open(path) as image:
            assert image.mode == "RGB"
            sizes.append(image.size)
    longer = [max(size) for size in sizes]
    assert 20 <= min(longer) < 25
    assert 200 < max(longer) <= 250
    assert any(wide > high for wide, high in sizes)
    assert any(wide < high for wide, high in sizes)
    assert max(max(size) / min(size) for size in sizes) < 1.8


def test_the_same_seed_makes_the_same_files(folder: Path, tmp_path: Path):
    again = make_photo_folder(tmp_path / "again", train=3, test=2, seed=0)
    other = make_photo_folder(tmp_path / "other", train=3, test=2, seed=1)
    name = next(path.name for path in (again / "train" / "china").iterdir() if path.stem == "0")
    content = (again / "train" / "china" / name).read_bytes()
    assert content == (folder / "train" / "china" / name).read_bytes()
    others = [path.read_bytes() for path in (other / "train" / "china").iterdir()]
    assert content not in others


def test_a_folder_that_is_there_is_left_alone(folder: Path):
    with pytest.raises(FileExistsError):
        make_photo_folder(folder)


def test_cells_cover_a_picture_once():
    cells = divide((640, 427), np.random.default_rng(3))
    covered = np.zeros((427, 640), int)
    for cell in cells:
        covered[cell.top : cell.bottom, cell.left : cell.right] += 1
    assert (covered == 1).all()
    assert [cell.for_test for cell in cells] != [cell.for_test for cell in divide((640, 427), np.random.default_rng(4))]


def test_a_cut_shows_its_own_cell_alone():
    # A picture that is white in one cell and black around it: whatever is cut out of the cell is white.
    pixels = np.zeros((120, 160, 3), np.uint8)
    cell = Cell(40, 30, 80, 60, for_test=False)
    pixels[30:60, 40:80] = 255
    generator = np.random.default_rng(0)
    for _ in range(200):
        image = np.asarray(cut(Image.fromarray(pixels), cell, generator))
        assert image.min() == 255


def test_even_cuts_are_left_out():
    pixels = np.zeros((40, 40, 3), np.uint8)
    with pytest.raises(ValueError, match=r"a picture of \(40, 40\) is too even: hardly any part of it can be"):
        list(_cuts(Image.fromarray(pixels), divide((40, 40), np.random.default_rng(0)), 2, np.random.default_rng(0)))


def test_the_pictures_are_what_the_packages_ship(monkeypatch: pytest.MonkeyPatch):
    pictures = read_pictures()
    assert {name: picture.size for name, picture in pictures.items()} == {
        "china": (640, 427),
        "flower": (640, 427),
        "hopper": (512, 600),
        "minduka": (512, 512),
    }
    assert {picture.mode for picture in pictures.values()} == {"RGB"}
    assert pictures["minduka"].getpixel((0, 0)) == (255, 255, 255)  # was transparent
    assert photo_folder.CELLS**2 > photo_folder.TEST_CELLS
