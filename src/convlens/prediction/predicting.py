"""Convert images to probabilities.

The command line, the Python API and the page all predict through this module: it prepares an image with the
preprocessing that is stored in the model and runs an engine. So they give the same answer to the same image. Images
that already have the network's shape, such as those of a dataset, go to the engine unchanged; see
`docs/decisions/0013-arrays-as-they-are.md`.
"""

import itertools
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import UNCALIBRATED, Calibration
from convlens.deprecations import with_old_arguments
from convlens.engines import Engine
from convlens.errors import DataError, ModelFileError, UsageError
from convlens.pixels import ImageSource
from convlens.prediction.given import Given
from convlens.prediction.pictures import Picture
from convlens.prediction.prediction import Prediction
from convlens.prediction.predictions import Origin, Predictions, join_predictions
from convlens.preprocessing import Preprocessing, Step, prepare
from convlens.preprocessing.trail import describe_size
from convlens.words import count_of, some_of

OnError: TypeAlias = Literal["raise", "keep", "skip"]

_AT_A_TIME = 256
"""How many images are prepared before the engine computes them together."""
_STEPS_OF = 100
"""How many images of a call keep their steps; the steps of thousands of photos would fill the memory."""


@dataclass(frozen=True, eq=False)
class Predictor:
    """An engine with the preprocessing, class names and calibration of its model."""

    engine: Engine
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    calibration: Calibration = UNCALIBRATED

    def predict_batch(self, pixels: NDArray[np.uint8]) -> Predictions:
        """Predict images that have the network's shape (uint8, N×C×H×W), without preparing them."""
        probabilities = predict_probabilities(self.engine, pixels, self.calibration)
        return Predictions(self.class_names, probabilities, pixels, self.preprocessing, self.calibration)

    def predict_pictures(
        self, pictures: Iterable[Picture], repair: bool | None = None, on_error: OnError = "raise"
    ) -> Predictions:
        """Predict pictures of any size and mode: prepare them one by one, then compute them together.

        Raises:
            DataError: a picture cannot be read, and `on_error` is "raise".
        """
        waiting, parts, kept = iter(pictures), list[Predictions](), 0
        while chunk := list(itertools.islice(waiting, _AT_A_TIME)):
            prepared = [self._prepared(picture, repair, on_error) for picture in chunk]
            chosen = [one for one in prepared if on_error != "skip" or one[1].error is None]
            origins = [
                origin if kept + place < _STEPS_OF else replace(origin, steps=())
                for place, (_, origin) in enumerate(chosen)
            ]
            kept += len(chosen)
            if chosen:
                parts.append(self._answered([pixels for pixels, _ in chosen], origins))
        return join_predictions(parts) if parts else self._none()

    def _prepared(self, picture: Picture, repair: bool | None, on_error: OnError) -> tuple[NDArray[np.uint8], Origin]:
        """Return the network's input and its origin; the input is zeros if the picture cannot be read."""
        origin = Origin(picture.name, picture.true_class)
        try:
            if picture.content is None:
                raise picture.error or DataError(f"{picture.name} contains no image. Give an image file.")
            if picture.is_ready and isinstance(picture.content, np.ndarray):
                return picture.content, replace(origin, steps=(_only_step(picture.content),))
            made = prepare(self.preprocessing, picture.content, repair is not False)
        except DataError as error:
            if on_error == "raise":
                raise
            return np.zeros(self.preprocessing.image_shape, np.uint8), replace(origin, unlike=(), error=error)
        return made.pixels, replace(origin, notes=made.notes, steps=made.steps, unlike=made.unlike)

    def _answered(self, images: Sequence[NDArray[np.uint8]], origins: Sequence[Origin]) -> Predictions:
        pixels, readable = np.stack(images), np.array([origin.error is None for origin in origins])
        probabilities = np.full((len(pixels), len(self.class_names)), np.nan)
        if readable.any():
            seen = pixels if readable.all() else pixels[readable]
            probabilities[readable] = predict_probabilities(self.engine, seen, self.calibration)
        return Predictions(
            self.class_names, probabilities, pixels, self.preprocessing, self.calibration, tuple(origins)
        )

    def _none(self) -> Predictions:
        pixels = np.zeros((0, *self.preprocessing.image_shape), np.uint8)
        probabilities = np.zeros((0, len(self.class_names)))
        return Predictions(self.class_names, probabilities, pixels, self.preprocessing, self.calibration)


def predict_given(
    predictor: Predictor, given: Given, repair: bool | None, on_error: OnError | None
) -> Prediction | Predictions:
    """Return a `Prediction` for one image, `Predictions` for several; see `TrainedModel.predict`."""
    if on_error not in (None, *get_args(OnError)):
        raise UsageError(f"on_error is {on_error!r:.60}. Give 'raise', 'keep' or 'skip'.")
    if repair not in (None, True, False):
        raise UsageError(f"repair is {repair!r:.60}. Give True, False or None.")
    if given.batch is not None and repair is not True:
        found = predictor.predict_batch(given.batch)
    else:
        pictures = given.as_pictures() if repair else given.pictures
        found = predictor.predict_pictures(pictures, repair, on_error or ("raise" if given.is_one else "keep"))
        if on_error is None and found.errors:
            warn_of_failures(found)
    if not given.is_one:
        return found
    if not found:
        raise UsageError("on_error='skip' skipped the only image. For a single image, give 'raise' or 'keep'.")
    return found[0]


def warn_of_failures(found: Predictions) -> None:
    """Warn at the caller's line which images could not be read."""
    named = some_of([found.names[place] or f"image {place}" for place in found.errors])
    warnings.warn(
        f"{count_of(len(found.errors), 'image')} of {len(found):,} could not be read: {named}. See .errors. "
        "on_error='keep' silences this warning, 'skip' leaves these images out, 'raise' stops at the first.",
        stacklevel=6,
    )


def _only_step(pixels: NDArray[np.uint8]) -> Step:
    """Return the one step of an image that is used unchanged."""
    shown = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    return Step("original", shown, "used as it is", describe_size(shown))


@with_old_arguments
def predict_images(
    engine: Engine,
    preprocessing: Preprocessing,
    class_names: Sequence[str],
    images: Iterable[ImageSource],
    calibration: Calibration = UNCALIBRATED,
    repair: bool = True,
) -> Predictions:
    """Prepare and predict image files, file contents, Pillow images or arrays of any size and mode.

    With `repair`, an image that differs from the training images is changed where that is safe; without, it is only
    converted to the network's shape.

    Raises:
        ImageError: one of them is not an image.
    """
    predictor = Predictor(engine, preprocessing, tuple(class_names), calibration)
    return predictor.predict_pictures(_as_pictures(images), repair)


def _as_pictures(images: Iterable[ImageSource]) -> Iterator[Picture]:
    for image in images:
        yield Picture("", image)  # pyright: ignore[reportArgumentType]  prepare accepts a path as text


def predict_probabilities(
    engine: Engine, pixels: NDArray[np.uint8], calibration: Calibration = UNCALIBRATED
) -> NDArray[np.float64]:
    """Return the probabilities, N × classes, of images that have the network's shape (uint8, N×C×H×W).

    Raises:
        ModelFileError: a logit is NaN or infinite.
    """
    return calibration.probabilities(finite_logits(engine, pixels))


def finite_logits(engine: Engine, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the engine's logits, N × classes, after checking that they are finite.

    Raises:
        ModelFileError: a logit is NaN or infinite, because the weights are so large that a sum overflows.
    """
    logits = engine.logits(pixels)
    if not np.isfinite(logits).all():
        raise ModelFileError("this model's output is NaN or infinite: its weights are too large. Train it again.")
    return logits
