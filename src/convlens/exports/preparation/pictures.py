"""Pictures that a file has to prepare for its proof: drawn ones with everything that the rules react to, and images of
the data, enlarged.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Source: TypeAlias = "bytes | NDArray[Any]"
"""The bytes of an image file, or an array."""

_SIZES = ((28, 28), (61, 47), (120, 90), (76, 150), (180, 180), (240, 170))
_LARGE = (620, 540)
_PAPER, _INK = 235, 30


def make_pictures(images: NDArray[np.uint8]) -> dict[str, Source]:
    """Return pictures by names, among them these images (uint8, N×C×H×W), enlarged. They are the same in each run.

    >>> pictures = make_pictures(np.zeros((1, 1, 28, 28), np.uint8))
    >>> len(pictures), pictures["image 0, enlarged"].shape
    (31, (128, 140))
    """
    random = np.random.default_rng(0)
    found: dict[str, Source] = {}
    for place, size in enumerate(_SIZES):
        found[f"dark on light, {size[1]}×{size[0]}"] = _drawn(*size, pen=2 + place)
    found |= _changed(random)
    found |= {f"noise, {width}×{height}": _noise(random, height, width) for height, width in ((1, 1), (2, 9), (70, 50))}
    found |= _other_arrays(random)
    found |= dict(_files())
    found |= {f"image {place}, enlarged": _enlarged(image) for place, image in enumerate(images[:4])}
    return found


def _drawn(height: int, width: int, pen: int, paper: int = _PAPER, ink: int = _INK) -> NDArray[np.uint8]:
    """A ring and a stroke, a little off the middle."""
    image = Image.new("L", (width, height), paper)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = round(0.3 * width), round(0.15 * height), round(0.65 * width), round(0.5 * height)
    draw.ellipse((left, top, right, bottom), outline=ink, width=pen)
    draw.line((right, (top + bottom) // 2, left, round(0.85 * height)), fill=ink, width=pen)
    return np.asarray(image.copy())


def _changed(random: np.random.Generator) -> Mapping[str, Source]:
    """What the rules remove or normalise, each by itself."""
    sheet = _drawn(150, 120, 7)
    rows, columns = np.mgrid[:150, :120]
    framed = sheet.copy()
    framed[:6], framed[-6:], framed[:, :6], framed[:, -6:] = 20, 20, 20, 20
    ruled = sheet.copy()
    ruled[20::40] = 150
    shadow = sheet * np.where(columns + rows / 3 > 95, 0.6, 1)
    slope = sheet * (1 - 0.4 * columns / 120)
    noisy = sheet + random.normal(0, 9, sheet.shape)
    coloured = np.stack([sheet, 255 - sheet // 2, np.full_like(sheet, 90)], axis=2)
    return {
        "light on dark": 255 - sheet,
        "framed": framed,
        "ruled": ruled,
        "with a shadow": _bytes(shadow),
        "unevenly lit": _bytes(slope),
        "noisy": _bytes(noisy),
        "unevenly lit and noisy": _bytes(slope + random.normal(0, 5, sheet.shape)),
        "faint": _drawn(150, 120, 7, 200, 170),
        "thin": _drawn(160, 160, 1),
        "thick": _drawn(120, 120, 22),
        "blank": np.full((90, 70), 200, np.uint8),
        "pixels repeated": np.kron(_drawn(24, 20, 2), np.ones((5, 5), np.uint8)),
        "coloured": coloured,
        "large": _drawn(*_LARGE, 24),
    }


def _other_arrays(random: np.random.Generator) -> Mapping[str, Source]:
    return {
        "channels first": _noise(random, 60, 40).transpose(2, 0, 1),
        "numbers from 0 to 1": _drawn(50, 60, 4) / np.float32(255),
        "16 bits": _drawn(80, 60, 5).astype(np.uint16) * 200,
    }


def _files() -> Iterator[tuple[str, bytes]]:
    sheet = Image.fromarray(_drawn(96, 80, 6))
    clear = Image.new("RGBA", sheet.size, (0, 0, 0, 0))
    clear.paste(Image.new("RGBA", sheet.size, (10, 20, 60, 255)), mask=sheet.point(lambda level: 255 - level))
    yield "transparent PNG", _encoded(clear, "PNG")
    turned = Image.Exif()
    turned[0x0112] = 6
    yield "turned JPEG", _encoded(sheet.convert("RGB"), "JPEG", exif=turned)
    yield "animated GIF", _encoded(sheet, "GIF", save_all=True, append_images=[Image.new("L", sheet.size)])
    yield "PNG of two colours", _encoded(sheet.point([255 * (level > 128) for level in range(256)]).convert("1"), "PNG")


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _enlarged(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image of the network's shape, inverted, about four times as large and off the middle."""
    pixels = 255 - (image[0] if len(image) == 1 else image.transpose(1, 2, 0))
    height, width = pixels.shape[:2]
    large = np.asarray(
        Image.fromarray(np.ascontiguousarray(pixels)).resize((4 * width, 4 * height), Image.Resampling.BICUBIC)
    )
    rim = [(5, 11), (20, 8)] + [(0, 0)] * (large.ndim - 2)
    return np.pad(large, rim, mode="edge")


def _noise(random: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    return random.integers(0, 256, (height, width, 3), np.uint8)


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
