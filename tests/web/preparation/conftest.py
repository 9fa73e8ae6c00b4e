"""Pictures and models of every kind, for tests of the page's preparation."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from convlens.preprocessing import Normalisation, Preprocessing, fit_preprocessing

TESTS = Path(__file__).parents[2]
EXAMPLES = TESTS.parent / "examples" / "digits"

with np.load(TESTS / "preprocessing" / "mnist_sample.npz") as sample:
    DIGITS: np.ndarray = sample["images"]  # uint8, 20×28×28: the first two test images of every digit

MNIST = Preprocessing.from_dict(
    {  # result of `fit_preprocessing` for MNIST's 60,000 training images
        "image_shape": [1, 28, 28],
        "rules": "digit",
        "light_on_dark": True,
        "normalisation": {"mean": [0.0], "std": [1.0]},
        "appearance": {
            "images": 2000,
            "fill": [0.7142, 0.7143, 0.7143, 0.7143, 0.7143],
            "background": [0.0, 0.0, 0.0, 0.0, 0.0],
            "contrast": [254.0, 254.0, 255.0, 255.0, 255.0],
            "ink_share": [0.0293, 0.065, 0.1274, 0.2041, 0.3405],
            "stroke": [0.0439, 0.058, 0.0834, 0.1262, 0.2485],
            "softness": [0.0051, 0.0332, 0.0625, 0.0842, 0.1161],
            "centre": {"by": "mass", "down": 0.0178, "right": 0.0187, "distance": 0.0176, "farthest": 0.0187},
        },
    }
)


def draw_sign(
    kind: str, side: int, height: int, pen: int, down: float = 0, paper: int = 255, ink: int = 0
) -> np.ndarray:
    """Draw an L, T or O, `height` high, with soft edges, in a square of `side`."""
    image = Image.new("L", (8 * side, 8 * side), paper)
    draw = ImageDraw.Draw(image)
    tall, thick, wide = 8 * height, 8 * pen, 6 * height
    left, top = 4 * side - wide // 2, 4 * side - tall // 2 + round(8 * down)
    if kind == "O":
        draw.ellipse((left, top, left + wide - 1, top + tall - 1), outline=ink, width=thick)
    else:
        stem = left if kind == "L" else left + (wide - thick) // 2
        bar = top + tall - thick if kind == "L" else top
        draw.rectangle((stem, top, stem + thick - 1, top + tall - 1), fill=ink)
        draw.rectangle((left, bar, left + wide - 1, bar + thick - 1), fill=ink)
    return np.asarray(image.reduce(8))


def _signs(heights: tuple[int, int], shift: float, papers: tuple[int, int], inks: tuple[int, int]) -> np.ndarray:
    """Return 80 training images of signs, N×1×32×32, with all properties between two bounds."""
    random = np.random.default_rng(5)
    signs = [
        draw_sign(
            "LTO"[number % 3],
            32,
            int(random.integers(*heights, endpoint=True)),
            int(random.integers(2, 4, endpoint=True)),
            float(random.uniform(-shift, shift)),
            int(random.integers(*papers, endpoint=True)),
            int(random.integers(*inks, endpoint=True)),
        )
        for number in range(80)
    ]
    return np.stack(signs)[:, np.newaxis]


def _fit_ink(
    heights: tuple[int, int] = (22, 22),
    shift: float = 0,
    papers: tuple[int, int] = (250, 255),
    inks: tuple[int, int] = (0, 5),
    inverted: bool = False,
) -> Preprocessing:
    signs = _signs(heights, shift, papers, inks)
    return fit_preprocessing(255 - signs if inverted else signs, "glyph")


_NOISE = np.random.default_rng(0).integers(0, 256, (60, 3, 32, 32), np.uint8)


@pytest.fixture(scope="session")
def models() -> dict[str, Preprocessing]:
    """Return models of every kind, by name."""
    return {
        "MNIST": MNIST,
        "MNIST without looks": Preprocessing(),
        "MNIST at 56 pixels": Preprocessing((1, 56, 56)),
        "Fashion-MNIST": Preprocessing(rules="garment"),
        "grey letterbox": Preprocessing((1, 24, 32), "letterbox"),
        "grey letterbox of any polarity": Preprocessing((1, 30, 20), "letterbox", None),
        "colour": Preprocessing((3, 32, 32), "letterbox", None, Normalisation((0.0,) * 3, (1.0,) * 3)),
        "colour with looks": fit_preprocessing(_NOISE, "letterbox"),
        "ink": _fit_ink(),
        "ink of varied size": _fit_ink(heights=(8, 28)),
        "ink anywhere": _fit_ink(heights=(12, 12), shift=8),
        "ink of varied levels": _fit_ink(papers=(150, 255), inks=(0, 100)),
        "ink in its place only": _fit_ink(heights=(6, 28), papers=(150, 255), inks=(0, 100)),
        "light ink": _fit_ink(inverted=True),
        "ink without looks": Preprocessing((1, 32, 48), "glyph", None),
    }


def enlarge(digit: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(digit).resize((width, height), Image.Resampling.BICUBIC))


def on_paper(
    place: int = 6,
    width: int = 400,
    height: int = 300,
    side: int = 200,
    light: int = 230,
    ink: int = 30,
    noise: float = 0,
    corner: tuple[int, int] = (40, 60),
) -> np.ndarray:
    """Draw a digit of `side` pixels somewhere on a sheet."""
    sheet = np.zeros((height, width))
    row, column = min(corner[0], height - side), min(corner[1], width - side)
    sheet[row : row + side, column : column + side] = enlarge(DIGITS[place], side, side) / 255
    grain = np.random.default_rng(4).normal(scale=noise, size=sheet.shape) if noise else 0
    return np.clip(np.rint(light + (ink - light) * sheet + grain), 0, 255).astype(np.uint8)


def blur(sheet: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(Image.fromarray(sheet).filter(ImageFilter.GaussianBlur(radius)))


def under(sheet: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return a sheet under light; 1 is full light."""
    return np.clip(np.rint(sheet * light), 0, 255).astype(np.uint8)


def with_lines(sheet: np.ndarray, rows: list[int], level: int = 170) -> np.ndarray:
    lined = sheet.copy()
    for row in rows:
        lined[row : row + 2] = np.minimum(lined[row : row + 2], level)
    return lined


def draw_strokes(side: int, width: int, paper: int = 255, ink: int = 0) -> np.ndarray:
    """Draw a 4 with a pen of `width`."""
    image = Image.new("L", (side, side), paper)
    draw = ImageDraw.Draw(image)
    for line in ([(0.4, 0.1), (0.28, 0.55), (0.75, 0.55)], [(0.68, 0.2), (0.62, 0.9)]):
        points = [(across * side, down * side) for across, down in line]
        draw.line(points, fill=ink, width=width, joint="curve")
    return np.asarray(image)


@pytest.fixture(scope="session")
def pictures() -> dict[str, np.ndarray]:
    """Return pictures by what they show; uint8 H×W, H×W×3 or H×W×4."""
    return {**_examples(), **_digits(), **_disturbed(), **_strokes(), **_odd_shapes(), **_colours()}


def _examples() -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path).convert("L")) for path in sorted(EXAMPLES.glob("*.png"))}


def _digits() -> dict[str, np.ndarray]:
    return {
        "a digit of MNIST": DIGITS[3],
        "another, inverted": 255 - DIGITS[8],
        "a third, at 280 pixels": enlarge(DIGITS[12], 280, 280),
        "dark on light paper": on_paper(),
        "light on dark": on_paper(4, light=20, ink=240),
        "with noise": on_paper(9, noise=8),
        "little contrast": on_paper(2, light=140, ink=110),
        "off centre": on_paper(7, width=500, height=500, side=110, corner=(380, 10)),
        "tiny on a large sheet": on_paper(10, width=640, height=480, side=40),
        "a photo of 1200×900": on_paper(13, width=1200, height=900, side=700, noise=5),
        "cropped to its ink": 255 - enlarge(DIGITS[0][4:24, 4:24], 150, 150),
        "stretched": enlarge(DIGITS[5], 300, 90),
        "narrow": enlarge(DIGITS[5], 60, 420),
        "moved in its frame": np.roll(DIGITS[6], (3, -4), (0, 1)),
        "small in its frame": np.pad(enlarge(DIGITS[6], 14, 14), 7),
    }


def _disturbed() -> dict[str, np.ndarray]:
    down, right = np.mgrid[0:300, 0:400] / 400
    edge = 1 / (1 + np.exp(-40 * (right + down - 0.7)))
    sheet, night = on_paper(), on_paper(1, light=15, ink=235)
    return {
        "light from the right": under(sheet, 0.5 + 0.5 * right),
        "light from the corner, with noise": under(on_paper(3, noise=3), 1 - 0.3 * right - 0.3 * down),
        "half in shadow": under(sheet, 1 - 0.45 * edge),
        "a lamp in the dark": np.clip(night + 70 * edge, 0, 255).astype(np.uint8),
        "a vignette": under(on_paper(11), 1 - 0.5 * ((right - 0.5) ** 2 + (down - 0.37) ** 2) / 0.4),
        "one ruled line": with_lines(on_paper(2), [262]),
        "ruled paper": with_lines(on_paper(2), [20, 80, 140, 200, 260]),
        "squared paper": with_lines(with_lines(on_paper(2), [30, 150, 270]).T, [50, 200, 350]).T.copy(),
        "in a frame": np.pad(on_paper(5), 9, constant_values=40),
        "in a frame of one pixel": np.pad(255 - enlarge(DIGITS[5], 80, 80), 1),
        "blocks of 8×8": np.kron(255 - DIGITS[1], np.ones((8, 8), np.uint8)),
        "blurred": blur(on_paper(8), 9),
        "blurred much, light": blur(enlarge(DIGITS[8], 300, 300), 18),
    }


def _strokes() -> dict[str, np.ndarray]:
    return {
        "a hair of a pen": draw_strokes(280, 1),
        "a thin pen": draw_strokes(280, 4),
        "a thin pen on a large sheet": draw_strokes(900, 3),
        "a usual pen": draw_strokes(280, 20, 0, 255),
        "a thick pen": draw_strokes(280, 44, 0, 255),
        "a brush": draw_strokes(280, 70),
        "a sign": draw_sign("L", 64, 40, 5, paper=240, ink=20),
        "a sign, small": draw_sign("T", 32, 12, 2),
        "a sign, low": draw_sign("O", 90, 30, 4, down=22, paper=200, ink=90),
        "a sign, light": 255 - draw_sign("L", 100, 44, 8),
        "a sign as in training": draw_sign("L", 32, 22, 3),
        "a sign of other levels": draw_sign("T", 32, 22, 3, paper=200, ink=80),
    }


def _odd_shapes() -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    return {
        "one pixel": np.array([[200]], np.uint8),
        "a row": random.integers(0, 256, (1, 60), np.uint8),
        "a column": random.integers(0, 256, (60, 1), np.uint8),
        "two pixels a side": np.array([[0, 255], [90, 30]], np.uint8),
        "a ribbon": random.integers(0, 256, (5, 900), np.uint8),
        "blank white": np.full((80, 100), 255, np.uint8),
        "blank black": np.zeros((28, 28), np.uint8),
        "blank grey": np.full((61, 47), 120, np.uint8),
        "noise": random.integers(0, 256, (90, 70), np.uint8),
        "faint noise": random.integers(118, 124, (90, 70), np.uint8),
        "half and half": np.repeat(np.array([[0] * 50 + [255] * 50], np.uint8), 80, axis=0),
    }


def _colours() -> dict[str, np.ndarray]:
    random = np.random.default_rng(6)
    spots = random.integers(0, 256, (7, 9, 3), np.uint8)
    photo = np.asarray(Image.fromarray(spots).resize((330, 250), Image.Resampling.BICUBIC))
    share = enlarge(DIGITS[15], 200, 200)
    colours = [np.full((200, 200), level, np.uint8) for level in (20, 30, 90)]
    light = [np.full((200, 200), level, np.uint8) for level in (250, 240, 90)]
    return {
        "a photo in colour": photo,
        "32×32 in colour": np.asarray(Image.fromarray(photo).resize((32, 32))),
        "blue ink on yellow paper": np.dstack([on_paper(1), on_paper(1), 255 - on_paper(1) // 2]),
        "grey stored in colours": np.dstack([on_paper(12)] * 3),
        "dark ink on nothing": np.dstack([*colours, share]),
        "light ink on nothing": np.dstack([*light, share]),
        "wholly transparent": np.zeros((40, 50, 4), np.uint8),
        "colours under transparency": np.dstack([photo, enlarge(DIGITS[3], 330, 250)]),
        "a large transparent picture": np.dstack([enlarge(DIGITS[3], 700, 560)] * 3 + [enlarge(DIGITS[4], 700, 560)]),
        "opaque with four channels": np.dstack([on_paper(14)] * 3 + [np.full((300, 400), 255, np.uint8)]),
    }
