"""Robustness: the accuracy of a model on shifted, rotated, resized, noisy, lighter, darker or blurred images.

Test images look like the training images; pictures from users often do not. Each kind of corruption gets stronger step
by step, and the same images are evaluated at every step. The code of the augmentation in training is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import cos, pi, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import LabelledImages
from convlens.engines import Engine
from convlens.engines.augmentation import AFFINE, BLUR, KEY, NOISE, OFFSET, unchanged
from convlens.metrics import wilson_interval
from convlens.prediction import finite_logits

MOST_IMAGES = 2000
"""This many images give each accuracy to within one or two percentage points, which is enough for a curve. A whole
large test set would take longer than everything else together.
"""
_DIRECTIONS = 8
_SEED = 6
_BLOCK = 4096


@dataclass(frozen=True)
class CorruptionPoint:
    """The result at one strength: `correct` of `total` images are right."""

    strength: float
    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        """The share that is right, 0 to 1."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % Wilson interval."""
        return wilson_interval(self.correct, self.total)


@dataclass(frozen=True)
class CorruptionCurve:
    """Accuracy against the strength of one corruption, in order of strength; `unit` is the unit of strength."""

    kind: str
    unit: str
    points: tuple[CorruptionPoint, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        points = [{**asdict(point), "accuracy": point.accuracy, "interval_95": point.interval} for point in self.points]
        return {"kind": self.kind, "unit": self.unit, "points": points}


@dataclass(frozen=True)
class Corruption:
    """A kind of corruption; `plain` is the strength that leaves images unchanged."""

    kind: str
    unit: str
    strengths: tuple[float, ...]
    plain: float
    apply: Callable[[Engine, NDArray[np.uint8], float], NDArray[np.uint8]]


def _shift(engine: Engine, images: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Shift by a share of the longer side, each image in one of eight directions in turn."""
    changes = unchanged(len(images))
    angles = np.arange(len(images)) % _DIRECTIONS * (2 * pi / _DIRECTIONS)
    distance = strength * max(images.shape[2:])
    changes[:, AFFINE + 2], changes[:, AFFINE + 5] = -distance * np.cos(angles), -distance * np.sin(angles)
    return engine.change_images(images, changes)


def _rotate(engine: Engine, images: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Rotate by an angle, every other image in the opposite direction."""
    changes = unchanged(len(images))
    ways = 1.0 - 2.0 * (np.arange(len(images)) % 2)
    changes[:, AFFINE] = changes[:, AFFINE + 4] = cos(radians(strength))
    changes[:, AFFINE + 1], changes[:, AFFINE + 3] = ways * sin(radians(strength)), -ways * sin(radians(strength))
    return engine.change_images(images, changes)


def _scale(engine: Engine, images: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Scale what is in the image by a factor."""
    changes = unchanged(len(images))
    changes[:, AFFINE] = changes[:, AFFINE + 4] = 1 / strength
    return engine.change_images(images, changes)


def _add_noise(engine: Engine, images: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Add nearly normal noise whose standard deviation is a share of the range of levels."""
    changes = unchanged(len(images))
    changes[:, NOISE] = strength * 255
    changes[:, KEY] = np.random.default_rng(_SEED).integers(0, 2**24, len(images))
    return engine.change_images(images, changes)


def _brighten(engine: Engine, images: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Add a share of the range of levels to every pixel; a negative share darkens."""
    changes = unchanged(len(images))
    changes[:, OFFSET:NOISE] = strength * 255
    return engine.change_images(images, changes)


def _blur(engine: Engine, images: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Blur, nearly Gaussian, with this standard deviation in pixels: a 1-2-1 filter, whose variance is ½, repeated."""
    changes = unchanged(len(images))
    changes[:, BLUR] = 1
    for _ in range(round(2 * strength**2)):
        images = engine.change_images(images, changes)
    return images


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption("shift", "share of the side", (0.0, 0.04, 0.08, 0.12, 0.16, 0.2), 0, _shift),
    Corruption("rotation", "degrees", (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0), 0, _rotate),
    Corruption("scale", "factor", (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4), 1, _scale),
    Corruption("noise", "deviation, share of the range", (0.0, 0.05, 0.1, 0.15, 0.2, 0.3), 0, _add_noise),
    Corruption(
        "brightness", "shift, share of the range", (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4), 0, _brighten
    ),
    Corruption("blur", "standard deviation in pixels", (0.0, 0.5**0.5, 1.0, 1.5**0.5, 2**0.5, 2.0), 0, _blur),
)


def measure_corruptions(
    engine: Engine,
    images: LabelledImages,
    most_images: int = MOST_IMAGES,
    corruptions: Sequence[Corruption] = CORRUPTIONS,
) -> tuple[CorruptionCurve, ...]:
    """Measure the accuracy at every strength of every kind of corruption.

    If there are more than `most_images` images, that many are drawn at random, always the same ones.

    Raises:
        ModelFileError: the network's output is NaN.
    """
    chosen = np.arange(len(images))
    if len(images) > most_images:
        chosen = np.sort(np.random.default_rng(_SEED).choice(len(images), most_images, replace=False))
    pixels, labels = images.images[chosen], images.labels[chosen]
    plain = _count_right(engine, pixels, labels)
    curves = []
    for one in corruptions:
        right = [
            plain if strength == one.plain else _count_right(engine, one.apply(engine, pixels, strength), labels)
            for strength in one.strengths
        ]
        points = [CorruptionPoint(*point, len(labels)) for point in zip(one.strengths, right, strict=True)]
        curves.append(CorruptionCurve(one.kind, one.unit, tuple(points)))
    return tuple(curves)


def _count_right(engine: Engine, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> int:
    blocks = (slice(start, start + _BLOCK) for start in range(0, len(labels), _BLOCK))
    return sum(int((finite_logits(engine, pixels[some]).argmax(1) == labels[some]).sum()) for some in blocks)
