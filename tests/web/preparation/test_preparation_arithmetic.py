"""The arithmetic of the page's preparation against numbers worked out by hand, and against Pillow and NumPy."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage

Call = Callable[..., Any]
RUN = """
  async ([module, name, cases]) => {
    const unpack = (value) => value?.bytes === undefined ? value
      : { height: value.height, width: value.width, channels: value.channels,
          data: Uint8Array.from(atob(value.bytes), (letter) => letter.charCodeAt(0)) };
    const pack = (value) => ArrayBuffer.isView(value) ? Array.from(value)
      : Array.isArray(value) ? value.map(pack)
      : typeof value !== "object" || value === null ? value
      : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, pack(one)]));
    const found = await import(`convlens/preparation/${module}.js`);
    return cases.map((one) => pack(found[name](...one.map((value) => found[value?.named] ?? unpack(value)))));
  }"""


@pytest.fixture
def run(call: Call) -> Call:
    """Call one function of a module for each list of arguments."""

    def run_all(name: str, *cases: list[Any]) -> list[Any]:
        module, function = name.split(".")
        return call(RUN, [module, function, list(cases)])

    return run_all


def plane(pixels: list[list[Any]] | np.ndarray) -> dict[str, Any]:
    """A plane of the page: H×W, or H×W×C."""
    array = np.asarray(pixels, np.uint8)
    channels = 1 if array.ndim == 2 else array.shape[2]
    bytes_ = base64.b64encode(array.tobytes()).decode()
    return {"height": array.shape[0], "width": array.shape[1], "channels": channels, "bytes": bytes_}


def array(found: dict[str, Any]) -> np.ndarray:
    shape = (found["height"], found["width"]) + ((found["channels"],) if found["channels"] > 1 else ())
    return np.array(found["data"], np.uint8).reshape(shape)


# By hand


def test_halves_go_to_the_even_neighbour(run: Call) -> None:
    values = [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 3, 254.5]
    assert run("rounding.roundHalfEven", *([value] for value in values)) == [0, 2, 2, 0, -2, 0, 3, 254]
    assert run("rounding.toLevel", [-3], [0.5], [127.5], [255.4], [999]) == [0, 0, 128, 255, 255]
    texts = run("rounding.fixed", [62.5], [63.5], [0.25, 1], [0.75, 1], [2.35, 1], [6.0, 1])
    assert texts == ["62", "64", "0.2", "0.8", "2.4", "6.0"]
    assert run("rounding.describeRange", [70, 71.9], [71.2, 70.9, " %"], [1.6, 3.53, "", 1]) == [
        "70–72",
        "71 %",
        "1.6–3.5",
    ]


def test_numbers_are_written_as_python_writes_them(run: Call) -> None:
    rng = np.random.default_rng(1)
    values = [*rng.uniform(0, 120, 200).tolist(), *(rng.integers(0, 400, 200) / 8).tolist()]
    assert run("rounding.fixed", *([value, digits] for value in values for digits in (0, 1))) == [
        f"{value:.{digits}f}" for value in values for digits in (0, 1)
    ]
    assert run("rounding.roundHalfEven", *([value] for value in values)) == [round(value) for value in values]
    assert run("rounding.roundToMillionths", *([value] for value in values)) == [round(value, 6) for value in values]


def test_medians_and_percentiles_by_hand(run: Call) -> None:
    assert run("order_statistics.medianOfNumbers", [[3, 1, 2]], [[4, 1, 3, 2]]) == [2, 2.5]
    found = run("order_statistics.countLevels", [[1, 1, 255]])[0]
    assert (found[1], found[255], sum(found)) == (2, 1, 3)
    # 0 10 20 30 40: 5 % lies 0.2 of the way from the first to the second, 98 % 0.92 of the way from 30 to 40
    even = np.bincount([0, 10, 20, 30, 40], minlength=256).tolist()
    found = run("order_statistics.percentile", [even, 5], [even, 50], [even, 98], [even, 100])
    assert found == pytest.approx([2, 20, 39.2, 40], abs=1e-12)
    # distances from 15: 15 5 5 15 25
    assert run("order_statistics.medianDistance", [even, 15], [even, 20]) == [15, 10]


def test_the_centre_of_mass_by_hand(run: Call) -> None:
    # 3 at (0, 1) and 1 at (2, 3): rows (0·3 + 2)/4, columns (3 + 3)/4
    picture = [[0, 3, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert run("framing.centreOfMass", [plane([[0, 1, 3]])], [plane(picture)]) == [[0, 1.75], [0.5, 1.5]]


def test_sizes_that_fit_by_hand(run: Call) -> None:
    assert run("framing.fitInto", [120, 90, 20, 20], [90, 120, 20, 20], [3, 900, 20, 20], [45, 36, 10, 10]) == [
        *([20, 15], [15, 20], [1, 20], [10, 8])
    ]


def test_background_contrast_and_box_by_hand(run: Call) -> None:
    # Of 8 pixels of the border 6 are 9: that is the background, and 4 of 9 pixels do not make it another.
    assert run("glyph.findBackground", [plane([[9, 9, 200], [200, 9, 200], [9, 9, 9]])]) == [{"level": 9, "noise": 0}]
    assert run("glyph.isDarkOnLight", [plane(np.pad([[0]], 1, constant_values=90))], [plane([[5, 5], [5, 90]])]) == [
        True,
        False,
    ]
    # (60 − 20) · 255 / (120 − 20)
    assert run("glyph.stretchContrast", [plane(np.pad([[60, 120]], 2, constant_values=20))])[0]["data"][14:16] == [
        102,
        255,
    ]
    # 51 is a fifth of 255, and the first that counts; a line of 1 of 101 pixels is dust.
    picture = np.zeros((30, 30), np.uint8)
    picture[5:15, 10:20] = 51
    picture[4, 12] = 50
    picture[25, 25] = 255
    assert run("glyph.findGlyphBox", [plane(picture)]) == [{"top": 5, "bottom": 15, "left": 10, "right": 20}]


def test_looks_by_hand(run: Call) -> None:
    image = np.full((20, 20), 10, np.uint8)
    image[5:15, 8:12] = 210  # a bar of 10 × 4, one corner of it at half
    image[5, 8] = 110
    [looks] = run("measuring.measure", [plane(image)])
    # The change across every edge pixel is 1: 10 + 10 left and right, 4 + 4 above and below; where a pixel has both
    # it is √2. At the half corner: above 0.5, left 0.5, and from it 0.5 to the right and 0.5 down, together √0.5.
    outline = 9 + 3 + 0.5 + 0.5 + np.sqrt(0.5) + 3 + 9 + np.sqrt(2)
    assert (looks["background"], looks["contrast"]) == (10, 200)
    assert (looks["isDark"], looks["isEven"], looks["fill"]) == (False, True, 0.5)
    assert looks["foreground"] == pytest.approx(39.5 / 400)
    assert looks["softness"] == pytest.approx(1 / 400)
    assert looks["stroke"] == pytest.approx(2 * 39.5 / outline / 20)
    assert looks["centre"]["box"] == [0, 0]
    # the middle of the bar, less the missing half pixel at (5.5, 8.5)
    assert looks["centre"]["mass"] == pytest.approx(
        [(400 - 2.75) / 39.5 / 20 - 0.5, (400 - 4.25) / 39.5 / 20 - 0.5], abs=1e-7
    )


def test_averages_by_hand(run: Call) -> None:
    # (1 + 2 + 5 + 6)/4 = 3.5, rounded up; the right column is averaged over its own two, the last row too
    picture = [[1, 2, 9], [5, 6, 10], [7, 8, 100]]
    assert array(run("averaging.averageBlocks", [plane(picture), 2])[0]).tolist() == [[4, 10], [8, 100]]
    # Opacities 255 and 0: the colour is that of the pixel that can be seen.
    pixels = [[[200, 100, 50, 255], [9, 9, 9, 0]], [[200, 100, 50, 255], [9, 9, 9, 0]]]
    averaged = array(run("averaging.averageTransparentBlocks", [plane(pixels), 2])[0])
    assert averaged.tolist() == [[[199, 99, 49, 128]]]  # 200·½ = 100, ·255/128 = 199.2


def test_a_blur_by_hand(run: Call) -> None:
    blurred = array(run("blurring.blurByBox", [plane([[0, 0, 90, 0, 0]]), 1])[0])
    assert blurred.tolist() == [[0, 30, 30, 30, 0]]


def test_growing_by_hand(run: Call) -> None:
    # once to the four neighbours, then to all eight: a square of 5 without its corners
    dot = np.pad(np.array([[255]], np.uint8), 3)
    ring = np.pad(np.ones((5, 5), np.uint8), 1)
    ring[[1, 1, 5, 5], [1, 5, 1, 5]] = 0
    assert (array(run("morphology.dilate", [plane(dot), 2])[0]) == 255 * ring).all()


def test_thinning_by_hand(run: Call) -> None:
    # A square of 5 loses its rim, then all but its middle; there are two dark lines more on each side.
    square = np.full((5, 5), 200, np.uint8)
    middle = np.pad(np.array([[200]], np.uint8), 4)
    assert (array(run("morphology.erode", [plane(square), 2])[0]) == middle).all()


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("shape", [(1, 1), (9, 6), (8, 7), (13, 8), (30, 41)])
def test_growing_and_thinning_against_scipy(run: Call, shape: tuple[int, int], steps: int) -> None:
    random = np.random.default_rng(steps)
    ink = random.integers(0, 256, shape, np.uint8) * (random.random(shape) < 0.4).astype(np.uint8)
    ink[: shape[0] // 2] |= 128  # half of it dense, half of it sparse
    grown, thinned = ink, np.pad(ink, steps)
    for step in range(steps):
        near = ndimage.generate_binary_structure(2, 1 + step % 2)
        grown = ndimage.grey_dilation(grown, footprint=near, mode="constant")
        thinned = ndimage.grey_erosion(thinned, footprint=near, mode="constant")
    assert (array(run("morphology.dilate", [plane(ink), steps])[0]) == grown).all()
    assert (array(run("morphology.erode", [plane(ink), steps])[0]) == thinned).all()


def test_ruled_lines_by_hand(run: Call) -> None:
    # Two lines across; where a stroke crosses one it stays, since there is ink above and below.
    ink = np.zeros((60, 60), np.uint8)
    ink[5:50, 30:34] = 255
    ink[20] = np.maximum(ink[20], 90)
    ink[55] = 90
    expected = np.zeros((60, 60), np.uint8)
    expected[5:50, 30:34] = 255
    [[cleaned, count]] = run("ruled_lines.removeLines", [plane(ink)])
    assert count == 2
    assert (array(cleaned) == expected).all()


def test_a_line_may_be_two_pixels_thick_in_a_small_picture(run: Call) -> None:
    ink = np.zeros((2, 60, 60), np.uint8)
    ink[:, 5:50, 30:34] = 255
    ink[0, 20:22] = 255
    ink[1, 20:23] = 255
    assert [count for _, count in run("ruled_lines.removeLines", [plane(ink[0])], [plane(ink[1])])] == [1, 0]


def test_least_squares_by_hand(run: Call) -> None:
    # x + y = 2 twice: of all solutions the shortest; and a plain one, 2x + y = 4, x + 3y = 7
    assert run("least_squares.solveLeastNorm", [[[1, 1], [1, 1]], [2, 2]])[0] == pytest.approx([1, 1])
    assert run("least_squares.solveLeastNorm", [[[2, 1], [1, 3]], [4, 7]])[0] == pytest.approx([1, 2])


def test_light_by_hand(run: Call) -> None:
    # From 100 to 179 in 80 columns: 79 levels, and what is left is their mean, 139.5, rounded to the even level.
    slope = np.tile(np.arange(100, 180, dtype=np.uint8), (80, 1))
    [[even, span]] = run("light.evenOutLight", [plane(slope)])
    assert span == 79
    assert set(np.unique(array(even)).tolist()) <= {139, 140}


# Against Pillow and NumPy


@pytest.mark.skipif(int(PIL.__version__.split(".")[0]) < 13, reason="Pillow before 13 scales in another order")
@pytest.mark.parametrize("name", ["HAMMING", "LANCZOS"])
def test_scaling_is_pillows(run: Call, name: str) -> None:
    rng = np.random.default_rng(2)
    cases, expected = [], []
    for number in range(60):
        height, width, to_height, to_width = (int(size) for size in rng.integers(1, 90, 4))
        shape = (height, width, 3) if number % 3 == 0 else (height, width)
        pixels = (
            rng.integers(0, 256, shape, np.uint8) if number % 2 else 255 * rng.integers(0, 2, shape).astype(np.uint8)
        )
        to_height = height if number % 5 == 0 else to_height
        cases.append([plane(pixels), to_height, to_width, {"named": name}])
        expected.append(np.asarray(Image.fromarray(pixels).resize((to_width, to_height), Image.Resampling[name])))
    for found, pixels in zip(run("resampling.resample", *cases), expected, strict=True):
        np.testing.assert_array_equal(array(found), pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_averaging_is_pillows(run: Call, channels: int) -> None:
    rng = np.random.default_rng(3)
    name = "averaging.averageTransparentBlocks" if channels == 4 else "averaging.averageBlocks"
    cases, expected = [], []
    for factor in (2, 3, 4, 5, 6, 7, 11, 30):
        height, width = (int(size) for size in rng.integers(1, 70, 2))
        pixels = rng.integers(0, 256, (height, width, channels), np.uint8)
        pixels = pixels[..., 0] if channels == 1 else pixels
        cases.append([plane(pixels), factor])
        expected.append(np.asarray(Image.fromarray(pixels).reduce(factor)))
    for found, pixels in zip(run(name, *cases), expected, strict=True):
        np.testing.assert_array_equal(array(found), pixels)


@pytest.mark.parametrize(
    ("name", "kind"), [("blurByBox", ImageFilter.BoxBlur), ("blurByGaussian", ImageFilter.GaussianBlur)]
)
def test_blurring_is_pillows(run: Call, name: str, kind: Any) -> None:
    rng = np.random.default_rng(4)
    cases, expected = [], []
    for radius in (1, 2, 0.7, 3.4):
        for height, width in ((1, 1), (2, 60), (31, 3), (50, 47)):
            pixels = rng.integers(0, 256, (height, width), np.uint8)
            cases.append([plane(pixels), radius])
            expected.append(np.asarray(Image.fromarray(pixels).filter(kind(radius))))
    for found, pixels in zip(run(f"blurring.{name}", *cases), expected, strict=True):
        np.testing.assert_array_equal(array(found), pixels)


def test_medians_and_percentiles_are_numpys(run: Call) -> None:
    rng = np.random.default_rng(5)
    rows = [rng.integers(0, 256, int(size), np.uint8) for size in rng.integers(1, 200, 40)]
    counts = [np.bincount(row, minlength=256).tolist() for row in rows]
    for percent in (0.5, 2, 5, 50, 95, 99.5):
        found = run("order_statistics.percentile", *([count, percent] for count in counts))
        assert found == [float(np.percentile(row, percent)) for row in rows]
    assert run("order_statistics.medianOfCounts", *([count] for count in counts)) == [
        float(np.median(row)) for row in rows
    ]
