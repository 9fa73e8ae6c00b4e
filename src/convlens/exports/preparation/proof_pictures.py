"""Pictures that a file has to prepare for its proof.

Some are drawn, each with one thing that the rules react to. The others are held-out images, enlarged, with several such
things at once; their strength is drawn at random, so that some of them are near each bound of the rules.
"""

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.exports.pictures import noise
from convlens.exports.spacing import evenly_spaced

if TYPE_CHECKING:
    from PIL.Image import Image

Source: TypeAlias = "bytes | NDArray[Any]"
"""The bytes of an image file, or an array."""

MOST_DISTURBED = 200
"""How many of the held-out images are made into pictures; each takes 5 ms."""
_SIZES = ((28, 28), (61, 47), (120, 90), (76, 150), (180, 180), (240, 170))
_LARGE = (1010, 200)
_PAPER, _INK = 235, 30


def make_proof_pictures(images: NDArray[np.uint8]) -> dict[str, Source]:
    """Return pictures by names: drawn ones, and up to 200 of these images (uint8, N×C×H×W), enlarged and disturbed.

    They are the same in each run.

    >>> pictures = make_proof_pictures(np.zeros((1000, 1, 28, 28), np.uint8))
    >>> len(pictures), list(pictures)[-1]
    (231, 'image 999, enlarged')
    """
    random = np.random.default_rng(0)
    found: dict[str, Source] = {}
    for place, size in enumerate(_SIZES):
        found[f"dark on light, {size[1]}×{size[0]}"] = _drawn(*size, pen=2 + place)
    found |= _changed(random)
    found |= {f"noise, {width}×{height}": noise(random, height, width) for height, width in ((1, 1), (2, 9), (70, 50))}
    found |= _other_arrays(random)
    found |= dict(_files())
    places = evenly_spaced(len(images), MOST_DISTURBED)
    found |= {f"image {place}, enlarged": _disturbed(images[place], random) for place in places}
    return found


def _drawn(height: int, width: int, pen: int, paper: int = _PAPER, ink: int = _INK) -> NDArray[np.uint8]:
    """A ring and a stroke, a little off the middle."""
    from PIL import Image, ImageDraw

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
    ruled = sheet.copy()
    ruled[20::40] = 150
    slope = sheet * (1 - 0.4 * columns / 120)
    return {
        "light on dark": 255 - sheet,
        "framed": np.pad(sheet, 6, constant_values=20),
        "ruled": ruled,
        "with a shadow": _bytes(sheet * np.where(columns + rows / 3 > 95, 0.6, 1)),
        "unevenly lit": _bytes(slope),
        "noisy": _bytes(sheet + random.normal(0, 9, sheet.shape)),
        "unevenly lit and noisy": _bytes(slope + random.normal(0, 5, sheet.shape)),
        "faint": _drawn(150, 120, 7, 200, 170),
        "thin": _drawn(160, 160, 1),
        "thick": _drawn(120, 120, 22),
        "cropped to the ink": sheet[20:130, 34:80],
        "blank": np.full((90, 70), 200, np.uint8),
        "pixels repeated": np.kron(_drawn(24, 20, 2), np.ones((5, 5), np.uint8)),
        "coloured": np.stack([sheet, 255 - sheet // 2, np.full_like(sheet, 90)], axis=2),
        "large": _drawn(*_LARGE, 14),
    }


def _other_arrays(random: np.random.Generator) -> Mapping[str, Source]:
    return {
        "channels first": noise(random, 60, 40).transpose(2, 0, 1),
        "numbers from 0 to 1": _drawn(50, 60, 4) / np.float32(255),
        "16 bits": _drawn(80, 60, 5).astype(np.uint16) * 200,
    }


def _files() -> Iterator[tuple[str, bytes]]:
    from PIL import Image

    sheet = Image.fromarray(_drawn(96, 80, 6))
    clear = Image.new("RGBA", sheet.size, (0, 0, 0, 0))
    clear.paste(
        Image.new("RGBA", sheet.size, (10, 20, 60, 255)), mask=sheet.point([255 - level for level in range(256)])
    )
    yield "transparent PNG", _encoded(clear, "PNG")
    turned = Image.Exif()
    turned[0x0112] = 6
    yield "turned JPEG", _encoded(sheet.convert("RGB"), "JPEG", exif=turned)
    yield "animated GIF", _encoded(sheet, "GIF", save_all=True, append_images=[Image.new("L", sheet.size)])
    yield "PNG of two colours", _encoded(sheet.point([255 * (level > 128) for level in range(256)]).convert("1"), "PNG")


def _encoded(image: "Image", kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _disturbed(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Enlarge an image of the network's shape, and disturb it in some ways."""
    from PIL import Image

    pixels = np.ascontiguousarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
    factor = random.uniform(0.7, 9) * min(1, 28 / max(pixels.shape[:2]))
    size = [max(1, round(side * factor * random.uniform(0.8, 1.2))) for side in pixels.shape[1::-1]]
    filter = random.choice([Image.Resampling.NEAREST, Image.Resampling.BICUBIC, Image.Resampling.BOX])
    large = np.asarray(Image.fromarray(pixels).resize((size[0], size[1]), filter))
    rims = random.integers(-min(large.shape[:2]) // 8, max(large.shape[:2]) // 2, (2, 2))
    large = large[max(0, -rims[0, 0]) :, max(0, -rims[1, 0]) :]  # a negative rim cuts something off
    large = np.pad(large, [*np.maximum(rims, 0), *[(0, 0)] * (large.ndim - 2)], mode="edge").astype(np.float64)
    height, width = large.shape[:2]
    rows, columns = (
        axis.reshape(axis.shape + (1,) * (large.ndim - 2)) for axis in np.ogrid[: 1 : height * 1j, : 1 : width * 1j]
    )
    chances = random.random(8)
    if chances[0] < 0.5:
        large = 255 - large
    if chances[1] < 0.3:
        paper, span = random.uniform(0, 120), random.uniform(10, 135)
        large = paper + large * span / 255
    if chances[2] < 0.25:
        thickness, distance = 1 + round(max(height, width) * random.uniform(0, 0.03)), random.integers(20, 60)
        for first in range(int(distance) // 2, height, int(distance)):
            large[first : first + thickness] = 255 - large[0, 0] + random.uniform(-120, 120)
    if chances[3] < 0.2:
        large *= 1 - random.uniform(0, 0.7) * columns
    if chances[4] < 0.25:
        large *= np.where(columns + random.uniform(-1, 1) * rows > random.uniform(0.2, 1), random.uniform(0.3, 1), 1)
    if chances[5] < 0.3:
        large += random.normal(0, random.uniform(0, 15), large.shape)
    if chances[6] < 0.2:
        rim = round(max(height, width) * random.uniform(0, 0.13))
        large = np.pad(
            large, [(rim, rim), (rim, rim), *[(0, 0)] * (large.ndim - 2)], constant_values=random.uniform(0, 255)
        )
    return _bytes(large)


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
