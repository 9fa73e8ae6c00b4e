"""Images to probabilities: the one path that every picture takes.

Whatever asks (the command line, a program, a page), a picture is prepared by the preprocessing that is stored with the
model and computed by an engine, here and nowhere else, so two answers to the same picture cannot differ. Images of a
dataset already have the network's shape; they go to the engine as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import UNCALIBRATED, Calibration
from convlens.deprecations import with_old_arguments
from convlens.engines import Engine
from convlens.errors import ModelFileError
from convlens.pixels import ImageSource
from convlens.preprocessing import Prepared, Preprocessing, prepare
from convlens.preprocessing.trail import Step
from convlens.words import exact_percent


@dataclass(frozen=True)
class Prediction:
    """What a model says of one image.

    Attributes:
        class_name: the likeliest class; the best guess where the answer is `unknown`.
        probability: of that class.
        probabilities: of all classes, in the order of `class_names`; they add up to 1.
        notes: what was done to the image to make it like the training images.
        pixels: what the network saw, uint8, channels × height × width.
        why_unknown: why this is no answer, in words; empty where it is one.
        steps: the pictures on the way from the original to `pixels`.
    """

    class_name: str
    probability: float
    probabilities: NDArray[np.float64]
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    pixels: NDArray[np.uint8]
    why_unknown: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether the model does not know: it is too unsure, or the image is of another kind than it was trained on."""
        return bool(self.why_unknown)

    def __repr__(self) -> str:
        if self.unknown:
            return f"Prediction(unknown, best guess {self.class_name!r}, probability={self.probability:.4f})"
        return f"Prediction({self.class_name!r}, probability={self.probability:.4f})"

    def top(self, count: int = 3) -> list[tuple[str, float]]:
        """The likeliest classes with their probabilities, likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.class_names[index], float(self.probabilities[index])) for index in order]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: class, probability, whether and why it is unknown, all probabilities by class name, notes."""
        return {
            "class": self.class_name,
            "probability": self.probability,
            "unknown": self.unknown,
            "why_unknown": self.why_unknown,
            "probabilities": dict(zip(self.class_names, self.probabilities.tolist(), strict=True)),
            "notes": list(self.notes),
        }


@with_old_arguments
def predict_images(
    engine: Engine,
    preprocessing: Preprocessing,
    class_names: Sequence[str],
    images: Iterable[ImageSource],
    calibration: Calibration = UNCALIBRATED,
    repair: bool = True,
) -> list[Prediction]:
    """Predict image files, file contents, Pillow images or arrays of any size and mode.

    With `repair`, what is unlike the training images is changed where that is safe; without, an image is only brought
    to the network's shape.

    Raises:
        ImageError: one of them is no image.
    """
    prepared = [prepare(preprocessing, image, repair) for image in images]
    if not prepared:
        return []
    pixels = np.stack([one.pixels for one in prepared])
    probabilities = predict_probabilities(engine, pixels, calibration)
    names = tuple(class_names)
    return [_prediction(one, row, names, calibration) for one, row in zip(prepared, probabilities, strict=True)]


def predict_probabilities(
    engine: Engine, pixels: NDArray[np.uint8], calibration: Calibration = UNCALIBRATED
) -> NDArray[np.float64]:
    """Images that already are as the network wants them (uint8, N × channels × height × width) to N × classes.

    Raises:
        ModelFileError: the network's answer is no number.
    """
    return calibration.probabilities(finite_logits(engine, pixels))


def finite_logits(engine: Engine, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The engine's logits, N × classes, each of which is a number.

    Raises:
        ModelFileError: weights so large that a sum overflows.
    """
    logits = engine.logits(pixels)
    if not np.isfinite(logits).all():
        raise ModelFileError("this model answers with NaN or infinity: its weights are too large. Train it again.")
    return logits


def _prediction(
    prepared: Prepared, probabilities: NDArray[np.float64], class_names: tuple[str, ...], calibration: Calibration
) -> Prediction:
    best = int(probabilities.argmax())
    probability = float(probabilities[best])
    return Prediction(
        class_name=class_names[best],
        probability=probability,
        probabilities=probabilities,
        class_names=class_names,
        notes=prepared.notes,
        pixels=prepared.pixels,
        why_unknown=_why_unknown(prepared, probability, calibration),
        steps=prepared.steps,
    )


def _why_unknown(prepared: Prepared, probability: float, calibration: Calibration) -> str:
    """The reason against an answer: an image of another kind first, since then no probability means anything."""
    if prepared.unlike:
        return f"unlike the training images: {'; '.join(prepared.unlike)}"
    if calibration.threshold is not None and probability < calibration.threshold:
        return f"{exact_percent(probability)} sure, and an answer takes {exact_percent(calibration.threshold)}"
    return ""
