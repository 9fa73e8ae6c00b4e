"""A picture prepared by the page's JavaScript and by convlens.preprocessing: the same bytes, notes, steps and reasons.

Some 60 pictures through every kind of model, compared down to the bytes of every step's picture. On 4,000 more, random
ones of the same kinds, there was no difference either.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image

from convlens.preprocessing import Prepared, Preprocessing, prepare

pytestmark = pytest.mark.skipif(
    int(PIL.__version__.split(".")[0]) < 13,
    reason="Pillow before 13 scales in another order, so its bytes differ a little",
)

Call = Callable[..., Any]
Pictures = dict[str, np.ndarray]
Models = dict[str, Preprocessing]
NAMES = [
    *("MNIST", "MNIST without looks", "MNIST at 56 pixels", "Fashion-MNIST"),
    *("grey letterbox", "grey letterbox of any polarity", "colour", "colour with looks"),
    *("ink", "ink of varied size", "ink anywhere", "ink of varied levels", "ink in its place only", "light ink"),
    "ink without looks",
]
LOAD = """
  async ([name, pictures]) => {
    globalThis[name] = await Promise.all(pictures.map(async ({ width, height, channels, bytes, isGrey }) => {
      const response = await fetch(`data:application/octet-stream;base64,${bytes}`);
      const given = new Uint8Array(await response.arrayBuffer());
      const data = new Uint8ClampedArray(4 * width * height).fill(255);
      for (let place = 0; place < data.length; place++) {
        const [pixel, channel] = [place >> 2, place & 3];
        if (channel < Math.max(channels, 3)) data[place] = given[pixel * channels + Math.min(channel, channels - 1)];
      }
      return { width, height, isGrey, data };
    }));
  }"""
PREPARE = """
  async ([name, preprocessing, repair]) => {
    const { prepare } = await import("convlens/preparation/prepare.js");
    const fingerprint = async ({ width, height, data }) => {
      const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
      return [width, height, Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")];
    };
    return Promise.all(globalThis[name].map(async (picture) => {
      const { pixels, notes, unlike, steps } = prepare(preprocessing, picture, repair);
      const pictures = await Promise.all(steps.map(({ picture }) => fingerprint(picture)));
      const told = steps.map(({ name, note, size }, place) => [name, note, size, ...pictures[place]]);
      return { pixels: Array.from(pixels), notes, unlike, steps: told };
    }));
  }"""


def as_rgba(pixels: np.ndarray) -> np.ndarray:
    """H×W, H×W×3 or H×W×4 as red, green, blue and opacity."""
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return np.ascontiguousarray(pixels)


def for_the_page(pixels: np.ndarray) -> dict[str, Any]:
    """What `readPicture` makes of a file with these pixels."""
    return {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "channels": 1 if pixels.ndim == 2 else pixels.shape[2],
        "bytes": base64.b64encode(pixels.tobytes()).decode(),
        "isGrey": pixels.ndim == 2,
    }


def told(prepared: Prepared) -> dict[str, Any]:
    """What the page says of a prepared picture."""
    steps = []
    for name, pixels, note, size in prepared.steps:
        colours = as_rgba(pixels)
        height, width = colours.shape[:2]
        steps.append([name, note, size, width, height, hashlib.sha256(colours.tobytes()).hexdigest()])
    return {"notes": list(prepared.notes), "unlike": list(prepared.unlike), "steps": steps}


def compare(found: dict[str, Any], prepared: Prepared) -> str:
    """The first difference, or nothing."""
    expected = prepared.pixels.ravel().astype(int)
    pixels = np.array(found.pop("pixels"))
    if found["notes"] != list(prepared.notes):
        return f"notes {found['notes']} instead of {list(prepared.notes)}"
    if pixels.shape != expected.shape or (pixels != expected).any():
        return f"pixels differ by up to {np.abs(pixels - expected).max()}"
    wanted = told(prepared)
    return next((f"{key}: {found[key]} instead of {wanted[key]}" for key in wanted if found[key] != wanted[key]), "")


def test_there_are_pictures_and_models_of_every_kind(pictures: Pictures, models: Models) -> None:
    assert list(models) == NAMES
    shapes = {pixels.shape for pixels in pictures.values()}
    assert len(pictures) >= 55
    assert {(1, 1), (1, 60), (60, 1)} <= shapes
    assert {2, 3} == {len(shape) for shape in shapes}
    assert {shape[2] for shape in shapes if len(shape) == 3} == {3, 4}


@pytest.fixture(scope="module")
def find_differences(call: Call, pictures: Pictures) -> Callable[..., dict[str, str]]:
    """A function (preprocessing, repair) → what is different, by picture. The page is given the pictures once."""
    # An H×W×4 array and an image of mode RGBA are the same to Python; a picture of one row would be taken for C×H×W.
    images = {title: Image.fromarray(pixels) for title, pixels in pictures.items()}
    call(LOAD, ["all pictures", [for_the_page(pixels) for pixels in pictures.values()]])

    def differences(preprocessing: Preprocessing, repair: bool = True) -> dict[str, str]:
        answers = call(PREPARE, ["all pictures", preprocessing.as_dict(), repair])
        expected = [prepare(preprocessing, image, repair) for image in images.values()]
        found = map(compare, answers, expected)
        return {title: difference for title, difference in zip(images, found, strict=True) if difference}

    return differences


@pytest.mark.parametrize("name", NAMES)
def test_python_and_the_page_prepare_alike(find_differences: Call, models: Models, name: str) -> None:
    assert find_differences(models[name]) == {}


@pytest.mark.parametrize("name", ["MNIST", "colour"])
def test_without_mending_too(find_differences: Call, models: Models, name: str) -> None:
    assert find_differences(models[name], repair=False) == {}


def test_the_pictures_meet_every_rule(pictures: Pictures, models: Models) -> None:
    notes = {
        note
        for preprocessing in (models[name] for name in ("MNIST", "Fashion-MNIST", "ink", "ink of varied size"))
        for pixels in pictures.values()
        for note in prepare(preprocessing, Image.fromarray(pixels)).notes
    }
    for part in (
        *("colour turned to grey", "transparent background, filled with white", "filled with black"),
        *("equal pixels merged into one", "averaged down to", "frame of", "uneven light", "shadows of"),
        *("dark on light, inverted", "light on dark, inverted", "contrast stretched", "ruled line taken out"),
        *(
            "ruled lines taken out",
            "no ink found, so the image is empty",
            "no ink found, so the picture is only scaled",
        ),
        *(
            "cropped to",
            "of the frame, training images",
            "kept, because sizes vary",
            "blurred, sharpened",
            "thinned to",
        ),
        *("thickened to", "thin ink, brightened", "to the centre of mass", "padded to", "background of"),
    ):
        assert any(part in note for note in notes), part


def test_a_drawing_on_a_canvas_is_grey_in_colours(call: Call, pictures: Pictures, models: Models) -> None:
    digit = pictures["dark on light paper"]
    call(LOAD, ["picture", [{**for_the_page(digit), "isGrey": False}]])
    [found] = call(PREPARE, ["picture", models["MNIST"].as_dict(), True])
    assert compare(found, prepare(models["MNIST"], Image.fromarray(as_rgba(digit)))) == ""
    assert [step[0] for step in found["steps"]][:2] == ["original", "grey"]


def test_notes_on_reading_come_first(call: Call, models: Models) -> None:
    found = call(
        """async (preprocessing) => {
          const { prepare } = await import("convlens/preparation/prepare.js");
          const data = new Uint8ClampedArray(4 * 30 * 20).fill(255);
          return prepare(preprocessing, { width: 30, height: 20, data, notes: ["mirrored"] });
        }""",
        models["MNIST"].as_dict(),
    )
    assert found["notes"] == [
        *("mirrored", "10×10 equal pixels merged into one", "dark on light, inverted"),
        "no ink found, so the image is empty",
    ]


def test_rules_that_are_not_known_are_named(call: Call, models: Models) -> None:
    message = call(
        """async (preprocessing) => {
          const { prepare } = await import("convlens/preparation/prepare.js");
          const picture = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
          try { prepare({ ...preprocessing, rules: "magic" }, picture); } catch (error) { return error.message; }
        }""",
        models["MNIST"].as_dict(),
    )
    known = "digit, garment, glyph and letterbox are known"
    assert message == f'Preprocessing rules "magic": {known}; open the model with a newer page.'


@pytest.mark.parametrize("name", ["stripes", "scattered dots", "a hairline from corner to corner"])
def test_the_strangest_ink_is_no_error(call: Call, models: Models, name: str) -> None:
    picture = np.full((999, 999) if "hairline" in name else (300, 300), 255, np.uint8)
    if name == "stripes":
        picture[10:290:2, 100:200] = 0
    elif name == "scattered dots":
        places = np.random.default_rng(0).permutation(np.arange(5, 295, 4))
        for row, column in zip(range(5, 295, 4), places, strict=False):
            picture[row : row + 2, column : column + 2] = 0
    else:
        np.fill_diagonal(picture[30:969, 30:969], 0)
    call(LOAD, ["picture", [for_the_page(picture)]])
    [found] = call(PREPARE, ["picture", models["MNIST"].as_dict(), True])
    assert max(found["pixels"]) >= 250


def test_a_drawing_is_prepared_while_it_is_drawn(call: Call, pictures: Pictures, models: Models) -> None:
    drawing = pictures["a usual pen"]
    call(LOAD, ["picture", [for_the_page(drawing) | {"isGrey": False}]])
    fastest, median = call(
        """async (preprocessing) => {
          const { prepare } = await import("convlens/preparation/prepare.js");
          const times = [];
          for (let round = 0; round < 60; round++) {
            const start = performance.now();
            prepare(preprocessing, globalThis.picture[0]);
            times.push(performance.now() - start);
          }
          times.sort((one, other) => one - other);
          return [times[0], times[30]];
        }""",
        models["MNIST"].as_dict(),
    )
    print(f"\nprepared in {fastest:.1f} ms, half of the time within {median:.1f} ms")
    assert fastest < 25


def test_a_model_of_the_first_version_has_no_appearance(call: Call, pictures: Pictures) -> None:
    stored = Preprocessing().as_dict()
    del stored["appearance"]
    call(LOAD, ["picture", [for_the_page(pictures["dark on light paper"])]])
    [found] = call(PREPARE, ["picture", stored, True])
    expected = prepare(Preprocessing(), Image.fromarray(pictures["dark on light paper"]))
    assert compare(found, expected) == ""
