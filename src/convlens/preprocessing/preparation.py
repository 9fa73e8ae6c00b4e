"""The rules themselves, step by step, each step leaving a note and a picture of what it changed.

    mnist           grey, light on dark, contrast, crop to the ink, scale into a 20-pixel box, centre of mass to centre
    fashion-mnist   grey, light on dark, crop to the article, scale its longest side to the frame, centre
    letterbox       grey or colour, polarity of the training images, scale as a whole, centre

All 60,000 training and 10,000 test images of MNIST, and the 10,000 test images of Fashion-MNIST, come through their own
rules with every pixel unchanged; in 0.2 ms each.
"""

from dataclasses import dataclass, field

import numpy as np

from convlens.pixels import ImageSource, read_image, to_colour, to_grey
from convlens.pixels.framing import border_pixels, centre_of_mass, fit_into, median_of_border, paste, reduce, resize
from convlens.preprocessing.ink import even_out_light, ink_box, is_dark_on_light, stretch_ink
from convlens.preprocessing.settings import Preprocessing

_WORKING_SIZE = 500  # pixels; larger pictures are averaged down first, which is quick and takes noise away
_FAINT = 25  # grey levels; below it lies the noise of a JPEG file
_EMPTY = "no ink found, so the image is empty"


@dataclass(frozen=True)
class Prepared:
    """A picture as the network takes it.

    `pixels` is uint8 C×H×W, `notes` say in words what was changed, and `steps` are the pictures on the way: pairs of a
    name and a uint8 array, H×W or H×W×3, from the first that was read to the last.
    """

    pixels: np.ndarray
    notes: tuple[str, ...]
    steps: tuple[tuple[str, np.ndarray], ...]


@dataclass
class _Trail:
    """What is written down on the way."""

    notes: list[str]
    steps: list[tuple[str, np.ndarray]] = field(default_factory=list)

    def add(self, name: str, pixels: np.ndarray, note: str | None = None) -> np.ndarray:
        self.steps.append((name, pixels))
        if note:
            self.notes.append(note)
        return pixels


def prepare(preprocessing: Preprocessing, source: ImageSource) -> Prepared:
    """Turn any picture into the network's input by the rules that are stored with the model.

    `source` is whatever `convlens.pixels.read_image` takes. A picture without ink gives zeros and a note.

    Raises:
        ImageError: it is no image, or damaged.

    >>> paper = np.full((180, 200), 230, np.uint8)
    >>> paper[30:150, 60:150] = 20
    >>> for note in prepare(Preprocessing(), paper).notes: print(note)
    dark on light, inverted
    contrast stretched from 25–235 to 0–255
    200×180, cropped to 90×120
    scaled to 15×20
    """
    image = read_image(source)
    channels, height, width = preprocessing.image_shape
    read, notes = to_grey(image) if channels == 1 else to_colour(image)
    trail = _Trail(notes)
    trail.add("read", read)
    if preprocessing.rules == "letterbox":
        pixels = _letterbox(read, height, width, preprocessing.light_on_dark, trail)
    elif preprocessing.rules == "mnist":
        pixels = _mnist(read, height, trail)
    else:
        pixels = _fashion_mnist(read, height, trail)
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return Prepared(np.ascontiguousarray(pixels), tuple(trail.notes), tuple(trail.steps))


def _mnist(grey: np.ndarray, side: int, trail: _Trail) -> np.ndarray:
    box_side = round(side * 20 / 28)
    grey = _light_on_dark(_evenly_lit(_reduced(grey, trail), trail), trail)
    ink = stretch_ink(grey)
    box = None if ink is None else ink_box(ink, box_side)
    if ink is None or box is None:
        return trail.add("empty", np.zeros((side, side), np.uint8), _EMPTY)
    if ink is not grey:
        trail.add("contrast", ink, f"contrast stretched from {_range(grey)} to 0–255")
    if _is_as_mnist_makes_them(ink, side, box_side):
        return ink
    ink = _scaled(_cropped(ink, box, trail), box_side, box_side, trail)
    peak = int(ink.max())
    if peak == 0:
        return trail.add("empty", np.zeros((side, side), np.uint8), _EMPTY)
    if peak < 250:
        bright = np.rint(ink * (255 / peak)).astype(np.uint8)
        ink = trail.add("bright", bright, f"thin ink, brightened from {peak} to 255")
    return _centred_by_mass(ink, side, trail)


def _is_as_mnist_makes_them(ink: np.ndarray, side: int, box_side: int) -> bool:
    """Already in the frame, in its box and centred, dust and all: then scaling again would only blur it."""
    if ink.shape != (side, side):
        return False
    rows, columns = np.nonzero(ink > _FAINT)
    longest = int(max(np.ptp(rows), np.ptp(columns))) + 1
    distance = max(abs(position - side / 2) for position in centre_of_mass(ink))
    return box_side - 2 <= longest <= box_side and distance <= 0.55


def _centred_by_mass(ink: np.ndarray, side: int, trail: _Trail) -> np.ndarray:
    """Paste so that the centre of mass comes to the middle, as near as it can without cutting anything off."""
    corner, centred = [], []
    for size, position in zip(ink.shape, centre_of_mass(ink), strict=True):
        corner.append(min(max(round(side / 2 - position), 0), side - size))
        centred.append((side - size + 1) // 2)
    down, right = corner[0] - centred[0], corner[1] - centred[1]
    note = f"shifted by ({right}, {down}) to the centre of mass" if right or down else None
    return trail.add("centred", paste(ink, corner[0], corner[1], side, side), note)


def _fashion_mnist(grey: np.ndarray, side: int, trail: _Trail) -> np.ndarray:
    grey = _light_on_dark(_reduced(grey, trail), trail)
    background = int(
        grey[:: max(side - 1, 1), :: max(side - 1, 1)].min()
        if grey.shape == (side, side)
        else np.median(border_pixels(grey))
    )
    if background:
        grey = trail.add(
            "background", np.maximum(grey, background) - np.uint8(background), f"background of {background} subtracted"
        )
    if grey.shape == (side, side):
        return grey
    box = ink_box(grey)
    if box is None:
        return trail.add("empty", np.zeros((side, side), np.uint8), _EMPTY)
    return _centred(_scaled(_cropped(grey, box, trail), side, side, trail), side, side, 0, trail)


def _letterbox(pixels: np.ndarray, height: int, width: int, light_on_dark: bool | None, trail: _Trail) -> np.ndarray:
    if light_on_dark is not None and pixels.ndim == 2 and is_dark_on_light(pixels) == light_on_dark:
        note = "dark on light, inverted" if light_on_dark else "light on dark, inverted"
        pixels = trail.add("inverted", 255 - pixels, note)
    background = median_of_border(pixels)
    return _centred(_scaled(pixels, height, width, trail), height, width, background, trail)


def _reduced(grey: np.ndarray, trail: _Trail) -> np.ndarray:
    reduced = reduce(grey, _WORKING_SIZE)
    if reduced is grey:
        return grey
    return trail.add("reduced", reduced, f"{_size(grey)}, averaged down to {_size(reduced)}")


def _evenly_lit(grey: np.ndarray, trail: _Trail) -> np.ndarray:
    even, span = even_out_light(grey)
    return grey if even is grey else trail.add("even light", even, f"uneven light, {span} levels across, evened out")


def _light_on_dark(grey: np.ndarray, trail: _Trail) -> np.ndarray:
    return trail.add("inverted", 255 - grey, "dark on light, inverted") if is_dark_on_light(grey) else grey


def _cropped(grey: np.ndarray, box: tuple[slice, slice], trail: _Trail) -> np.ndarray:
    cropped = grey[box]
    if cropped.shape == grey.shape:
        return grey
    return trail.add("cropped", cropped, f"{_size(grey)}, cropped to {_size(cropped)}")


def _scaled(pixels: np.ndarray, box_height: int, box_width: int, trail: _Trail) -> np.ndarray:
    height, width = fit_into(pixels.shape[0], pixels.shape[1], box_height, box_width)
    if (height, width) == pixels.shape[:2]:
        return pixels
    return trail.add("scaled", resize(pixels, height, width), f"scaled to {width}×{height}")


def _centred(
    pixels: np.ndarray, height: int, width: int, background: int | np.integer | np.ndarray, trail: _Trail
) -> np.ndarray:
    if pixels.shape[:2] == (height, width):
        return pixels
    top, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
    return trail.add("centred", paste(pixels, top, left, height, width, background), f"padded to {width}×{height}")


def _range(grey: np.ndarray) -> str:
    return f"{int(grey.min())}–{int(grey.max())}"


def _size(pixels: np.ndarray) -> str:
    return f"{pixels.shape[1]}×{pixels.shape[0]}"
