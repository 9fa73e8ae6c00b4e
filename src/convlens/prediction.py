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

from convlens.engines import Engine
from convlens.errors import ModelFileError
from convlens.metrics import softmax
from convlens.pixels import ImageSource
from convlens.preprocessing import Prepared, Preprocessing, prepare


@dataclass(frozen=True)
class Prediction:
    """What a model says of one image.

    `probabilities` are in the order of `class_names` and add up to 1; `notes` say what was done to the image to make
    it like the training images; `pixels` is what the network saw, uint8, channels × height × width.
    """

    class_name: str
    probability: float
    probabilities: NDArray[np.float64]
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    pixels: NDArray[np.uint8]

    def __repr__(self) -> str:
        return f"Prediction({self.class_name!r}, probability={self.probability:.4f})"

    def top(self, count: int = 3) -> list[tuple[str, float]]:
        """The likeliest classes with their probabilities, likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.class_names[index], float(self.probabilities[index])) for index in order]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: class, probability, all probabilities by class name, notes."""
        return {
            "class": self.class_name,
            "probability": self.probability,
            "probabilities": dict(zip(self.class_names, self.probabilities.tolist(), strict=True)),
            "notes": list(self.notes),
        }


def predict_images(
    engine: Engine, preprocessing: Preprocessing, class_names: Sequence[str], images: Iterable[ImageSource]
) -> list[Prediction]:
    """Predict image files, file contents, Pillow images or arrays of any size and mode.

    Raises:
        ImageError: one of them is no image.
    """
    prepared = [prepare(preprocessing, image) for image in images]
    if not prepared:
        return []
    pixels = np.stack([one.pixels for one in prepared])
    probabilities = predict_probabilities(engine, pixels)
    names = tuple(class_names)
    return [_prediction(one, row, names) for one, row in zip(prepared, probabilities, strict=True)]


def predict_probabilities(engine: Engine, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Images that already are as the network wants them (uint8, N × channels × height × width) to N × classes.

    Raises:
        ModelFileError: the network's answer is no number.
    """
    return softmax(finite_logits(engine, pixels).astype(np.float64))


def finite_logits(engine: Engine, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The engine's logits, N × classes, each of which is a number.

    Raises:
        ModelFileError: weights so large that a sum overflows.
    """
    logits = engine.logits(pixels)
    if not np.isfinite(logits).all():
        raise ModelFileError("this model answers with NaN or infinity: its weights are too large. Train it again.")
    return logits


def _prediction(prepared: Prepared, probabilities: NDArray[np.float64], class_names: tuple[str, ...]) -> Prediction:
    best = int(probabilities.argmax())
    return Prediction(
        class_name=class_names[best],
        probability=float(probabilities[best]),
        probabilities=probabilities,
        class_names=class_names,
        notes=prepared.notes,
        pixels=prepared.pixels,
    )
