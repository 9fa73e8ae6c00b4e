"""One file: its pixels and its facts, with numbers worked out by hand; every mode by its one rule."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convlens.data.custom.decoding import decode, decode_array, survey
from convlens.data.custom.facts import CONVERSIONS, MODES, PROBLEMS
from convlens.errors import ImageError
from convlens.pixels import encode_png


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def conversions(facts: np.ndarray) -> set[str]:
    return {name for bit, name in enumerate(CONVERSIONS) if int(facts["conversions"]) >> bit & 1}


def test_every_conversion_has_its_bit() -> None:
    assert len(CONVERSIONS) <= 32


def test_facts_by_hand() -> None:
    pixels = np.full((4, 6), 10, np.uint8)
    pixels[1:3, 1:5] = 250  # 8 of 24 pixels
    facts = decode(encode_png(pixels), 16, 1).facts
    assert (facts["width"], facts["height"]) == (6, 4)
    assert (MODES[facts["mode"]], PROBLEMS[facts["problem"]]) == ("L", "none")
    assert (facts["lowest"], facts["highest"], facts["border"], facts["colour"]) == (10, 250, 10, 0)
    assert facts["mean"] == 90  # (16·10 + 8·250) / 24
    assert conversions(facts) == {"enlarged"}


def test_the_hash_sees_pixels_and_not_modes() -> None:
    grey = np.arange(60, dtype=np.uint8).reshape(6, 10)
    same = [
        encode_png(grey),
        encode_png(np.repeat(grey[..., None], 3, axis=2)),
        encode(Image.fromarray(grey), "BMP"),
        encode(Image.fromarray(grey).convert("P")),
        encode(Image.fromarray(grey).convert("LA")),
    ]
    hashes = {decode(content, 16, channels).facts["pixel_hash"].item() for content in same for channels in (1, 3)}
    assert len(hashes) == 1
    others = [grey.reshape(10, 6), grey + 1, np.stack([grey, grey, grey + 1], axis=2)]
    assert len(hashes | {decode(encode_png(other), 16, 1).facts["pixel_hash"].item() for other in others}) == 4


def exif(orientation: int) -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = orientation
    return data


CASES = {
    "colour": (encode(Image.new("RGB", (16, 16), (255, 0, 0))), {"colour_to_grey"}, 76),
    "alpha, dark ink": (encode(Image.new("RGBA", (16, 16), (0, 0, 0, 0))), {"alpha_over_white"}, 255),
    "alpha, light ink": (encode(Image.new("LA", (16, 16), (200, 0))), {"alpha_over_white"}, 255),
    "palette": (encode(Image.new("L", (16, 16), 9).convert("P")), {"palette"}, 9),
    "CMYK": (encode(Image.new("CMYK", (16, 16), (0, 0, 0, 255)), "TIFF"), {"cmyk"}, 0),
    "16 bits": (encode_png(np.full((16, 16), 65535, np.uint16)), {"sixteen_bit"}, 255),
    "1 bit": (encode(Image.new("1", (16, 16), 1)), {"one_bit"}, 255),
    "EXIF": (encode(Image.new("L", (16, 16), 50), "PNG", exif=exif(6)), {"turned"}, 50),
    "floats to 1": (encode(Image.new("F", (16, 16), 1.0), "TIFF"), {"unit_range"}, 255),
    "large numbers": (encode(Image.new("I", (16, 16), 100_000), "TIFF"), {"stretched"}, 0),
    "frames": (
        encode(Image.new("L", (16, 16), 7), "GIF", save_all=True, append_images=[Image.new("L", (16, 16), 99)]),
        {"first_frame"},
        7,
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_each_mode_by_its_rule(name: str) -> None:
    content, expected, level = CASES[name]
    decoded = decode(content, 16, 1)
    assert decoded.pixels is not None
    assert conversions(decoded.facts) - ({"palette"} if name == "frames" else set()) == expected
    assert decoded.pixels.shape == (1, 16, 16)
    assert set(decoded.pixels.ravel().tolist()) == {level}


def test_one_channel_and_three() -> None:
    grey, red = np.full((16, 16), 7, np.uint8), encode(Image.new("RGB", (16, 16), (255, 0, 0)))
    three = decode(encode_png(grey), 16, 3).pixels
    assert three is not None
    assert three.shape == (3, 16, 16)
    assert (three == 7).all()
    decoded = decode(red, 16, 3)
    assert decoded.pixels is not None
    assert decoded.pixels[:, 0, 0].tolist() == [255, 0, 0]
    assert decoded.facts["colour"] == 255
    assert conversions(decoded.facts) == set()


def test_turned_upright() -> None:
    wide = np.zeros((10, 20), np.uint8)
    wide[:, :10] = 255  # left half light; turned by 90° clockwise, the light half is on top
    decoded = decode(encode(Image.fromarray(wide), "PNG", exif=exif(6)), 20, 1)
    assert decoded.pixels is not None
    assert (decoded.facts["width"], decoded.facts["height"]) == (10, 20)
    assert decoded.pixels[0, 2, 10] == 255
    assert decoded.pixels[0, 17, 10] == 0


PNG = encode_png(np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"hello", "not_an_image"),
        (b"%PDF-1.7", "unsupported"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "unsupported"),
        (PNG[:-300], "truncated"),
        (PNG[:60] + b"????" + PNG[64:], "damaged"),
        (b"P5 90000 90000 255 x", "too_large"),
        (b"P5 9000 9000 255 x", "too_large"),
    ],
    ids=["empty", "text", "pdf", "heic", "truncated", "damaged", "bomb", "too many pixels"],
)
def test_every_problem_has_its_name(content: bytes, problem: str) -> None:
    decoded = decode(content, 16, 1)
    assert (decoded.pixels, PROBLEMS[decoded.facts["problem"]]) == (None, problem)
    assert decoded.words.endswith(("again.", "again, as PNG.", "as PNG.", "as JPEG.", "smaller."))
    assert "the image of" not in decoded.words


def test_a_survey_agrees_with_decoding() -> None:
    for image in (Image.new("RGB", (300, 200), (250, 100, 0)), Image.new("L", (30, 20)), Image.new("P", (50, 60))):
        for kind in ("PNG", "JPEG") if image.mode != "P" else ("PNG",):
            content = encode(image, kind)
            looked, decoded = survey(io.BytesIO(content)).facts, decode(content, 16, 3).facts
            assert [int(looked[name]) for name in ("width", "height")] == [
                int(decoded[name]) for name in ("width", "height")
            ]
            assert abs(float(looked["colour"]) - float(decoded["colour"])) < 6
    assert survey(io.BytesIO(b"hello")).facts["problem"]
    assert PROBLEMS[survey(io.BytesIO(b"P5 9000 9000 255 x")).facts["problem"]] == "too_large"


def test_arrays_go_by_the_rules_of_arrays() -> None:
    decoded = decode_array(np.full((16, 16), 0.5), 16, 1)
    assert decoded.pixels is not None
    assert set(decoded.pixels.ravel().tolist()) == {128}
    with pytest.raises(ImageError, match=r"holds float64 from 3 to 3"):
        decode_array(np.full((16, 16), 3.0), 16, 1)
