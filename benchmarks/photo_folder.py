"""Makes a folder of small colour images, like a user's, cut from photographs in installed packages.

scikit-learn contains two photographs, Matplotlib one photograph and one drawing. The class of an image is the picture
that it was cut from. Each picture is divided into cells, which are used either for training or for testing, so test
images share no pixels with training images. Sizes are 20 to 250 pixels, in several aspect ratios, as PNG and JPEG.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CELLS = 4
"""The number of cells of each picture, down and across."""
TEST_CELLS = 5
"""The number of test cells among the sixteen."""
SMALLEST, LARGEST = 20, 250
"""The range of an image's longer side, in pixels."""
LEAST_PART = 0.6
"""The least longer side of a cut, as a share of the cell's shorter side."""
MOST_SLENDER = 1.6
"""The longer side, divided by the shorter one."""
LEAST_DEVIATION = 6.0
"""The least standard deviation of a cut, in grey levels; a cut with less is too even to recognise its picture."""


@dataclass(frozen=True)
class Cell:
    """A part of a picture for training or for testing: its corners in pixels."""

    left: int
    top: int
    right: int
    bottom: int
    for_test: bool


def read_pictures() -> dict[str, Image.Image]:
    """Read the pictures by class name, in colour and without transparency."""
    from matplotlib import get_data_path
    from sklearn.datasets import load_sample_image

    pictures: dict[str, Any] = {name: Image.fromarray(load_sample_image(f"{name}.jpg")) for name in ("china", "flower")}
    for name, file in {"hopper": "grace_hopper.jpg", "minduka": "Minduka_Present_Blue_Pack.png"}.items():
        picture = Image.open(Path(get_data_path(), "sample_data", file)).convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        pictures[name] = Image.alpha_composite(paper, picture).convert("RGB")
    # The drawing is 128 pixels wide; the others are four times as large.
    pictures["minduka"] = pictures["minduka"].resize((512, 512), Image.Resampling.LANCZOS)
    return pictures


def divide(size: tuple[int, int], generator: np.random.Generator) -> list[Cell]:
    """Divide a picture of this width and height into cells, and draw which of them are for testing.

    >>> cells = divide((640, 427), np.random.default_rng(0))
    >>> len(cells), sum(cell.for_test for cell in cells), cells[0].right, cells[-1].bottom
    (16, 5, 160, 427)
    """
    across, down = (np.linspace(0, side, CELLS + 1).astype(int).tolist() for side in size)
    chosen = set(generator.choice(CELLS**2, TEST_CELLS, replace=False).tolist())
    places = [(row, column) for row in range(CELLS) for column in range(CELLS)]
    return [
        Cell(across[column], down[row], across[column + 1], down[row + 1], number in chosen)
        for number, (row, column) in enumerate(places)
    ]


def cut(picture: Image.Image, cell: Cell, generator: np.random.Generator) -> Image.Image:
    """Cut out a random part of a cell, and scale it to a random size."""
    width, height = cell.right - cell.left, cell.bottom - cell.top
    longer = generator.uniform(LEAST_PART, 1) * min(width, height)
    shorter = longer / generator.uniform(1, MOST_SLENDER)
    wide, high = (longer, shorter) if generator.random() < 0.5 else (shorter, longer)
    left = cell.left + generator.uniform(0, width - wide)
    top = cell.top + generator.uniform(0, height - high)
    # The logarithm of the size is uniform, so that small sizes are as frequent as large ones.
    side = SMALLEST * (LARGEST / SMALLEST) ** generator.random()
    new = max(1, round(side * wide / longer)), max(1, round(side * high / longer))
    part = picture.crop((int(left), int(top), int(left + wide), int(top + high)))
    return part.resize(new, Image.Resampling.BICUBIC)


def _cuts(picture: Image.Image, cells: list[Cell], count: int, generator: np.random.Generator) -> Iterator[Image.Image]:
    """Yield `count` cuts that are not too even, from all cells in turn."""
    made = tries = 0
    while made < count:
        image = cut(picture, cells[tries % len(cells)], generator)
        tries += 1
        if tries > 100 * count:
            raise ValueError(f"a picture of {picture.size} is too even: hardly any part of it can be recognised.")
        if _deviation(np.asarray(image)) >= LEAST_DEVIATION:
            made += 1
            yield image


def _deviation(pixels: NDArray[np.uint8]) -> float:
    return float(pixels.astype(np.float64).mean(2).std())


def make_photo_folder(folder: Path, train: int = 400, test: int = 100, seed: int = 0) -> Path:
    """Write `folder`/train/CLASS/ and `folder`/test/CLASS/ with this many images per class, and return the folder.

    Half of the files are PNG, half JPEG. The same seed gives the same files.

    Raises:
        FileExistsError: the folder exists already.
    """
    folder.mkdir(parents=True)
    for number, (name, picture) in enumerate(read_pictures().items()):
        generator = np.random.default_rng([seed, number])
        cells = divide(picture.size, generator)
        for part, count in (("train", train), ("test", test)):
            place = folder / part / name
            place.mkdir(parents=True)
            own = [cell for cell in cells if cell.for_test == (part == "test")]
            for k, image in enumerate(_cuts(picture, own, count, generator)):
                if generator.random() < 0.5:
                    image.save(place / f"{k}.png")
                else:
                    image.save(place / f"{k}.jpg", quality=90)
    return folder
