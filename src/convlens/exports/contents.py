"""What every exported file contains: the model, its class names, preprocessing and calibration, and check images."""

import base64
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.checking import as_instance, refuse
from convlens.data import LabelledImages
from convlens.errors import UsageError
from convlens.evaluation import Evaluation, ImagesToJudge, TrustCheck, check_trust, evaluate
from convlens.exports.options import DEFAULTS, ExportOptions
from convlens.exports.page_samples import encode_array
from convlens.exports.proof import Answers, Proof
from convlens.files import sha256_of_bytes
from convlens.trained_model import TrainedModel
from convlens.words import printable, times

CHECK_IMAGES = 4
"""How many images of the data are stored in the file, besides two of noise."""


@dataclass(frozen=True, eq=False)
class Contents:
    """A model to export, with images.

    Attributes:
        model: the model.
        name: its name, for people.
        check_images: uint8, N×C×H×W; they are stored in the file with the model's answers.
        samples: labelled images to show, for formats that people look at; None if there are none.
        options: the options of the format.
        typical: images (uint8, N×C×H×W) that show which values the layers have, for formats in whole numbers of 8 bits;
            None without that option.
        held_out: the images that the export is proved with, all of them; None if it is run on noise only.
        data_dir: the folder of the datasets, where the training images may be.
    """

    model: TrainedModel
    name: str
    check_images: NDArray[np.uint8]
    samples: LabelledImages | None = None
    options: ExportOptions = DEFAULTS
    typical: NDArray[np.uint8] | None = None
    held_out: LabelledImages | None = None
    data_dir: Path | str | None = None

    def images_of_proof(self, held_out: LabelledImages | None) -> NDArray[np.uint8]:
        """Return what an export is run on: the check images, and behind them these, if there are any."""
        if held_out is None:
            return self.check_images
        return np.concatenate([self.check_images, held_out.images])

    @cached_property
    def model_sha256(self) -> str:
        """The SHA-256 of the model's file."""
        return sha256_of_bytes(self.model.to_bytes())

    @cached_property
    def check_logits(self) -> NDArray[np.float32]:
        """The model's logits for the check images, N × classes."""
        return self.model.logits(self.check_images)

    @cached_property
    def check_answers(self) -> Answers:
        """The model's answers to the check images."""
        return answers_of(self.model, self.check_images)

    @cached_property
    def evaluation(self) -> Evaluation | None:
        """The model's results on the held-out images; None if there are none."""
        return None if self.held_out is None else evaluate(self.model, self.held_out)

    @cached_property
    def trust(self) -> tuple[TrustCheck, ...]:
        """Whether these results can be trusted; no checks if there are none."""
        if self.held_out is None or self.evaluation is None:
            return ()
        return check_trust(self.model, ImagesToJudge(self.held_out), self.evaluation, self.data_dir)

    def as_dict(self, proof: Proof | None = None) -> dict[str, Any]:
        """Return all but weights and check images as JSON values, under the same names in every format.

        >>> from convlens import Network
        >>> from convlens.network import initial_weights
        >>> from convlens.preprocessing import Preprocessing
        >>> network = Network.from_text("dense")
        >>> weights = initial_weights(network, (1, 2, 2), 2, seed=0)
        >>> model = TrainedModel(network, weights, Preprocessing((1, 2, 2)), ("cat", "dog"))
        >>> contents = Contents(model, "pets", check_images(model))
        >>> list(contents.as_dict())
        ['name', 'convlens', 'model_sha256', 'network', 'class_names', 'preprocessing', 'calibration', 'proof']
        """
        from convlens import __version__

        model = self.model
        return {
            "name": self.name,
            "convlens": __version__,
            "model_sha256": self.model_sha256,
            "network": str(model.network),
            "class_names": list(model.class_names),
            "preprocessing": model.preprocessing.as_dict(),
            "calibration": {"temperature": model.calibration.temperature, "threshold": model.calibration.threshold},
            "proof": None if proof is None else proof.as_dict(),
        }

    def check_as_dict(self) -> dict[str, Any]:
        """Return the check images (uint8, N×C×H×W) and the model's logits (N × classes, float32), each as base64."""
        return {
            "images": base64.b64encode(self.check_images.tobytes()).decode(),
            "logits": encode_array(self.check_logits),
        }


def name_in_export(name: str | None, path: Path) -> str:
    """Return the name of a model in an export: a text that can be stored as UTF-8, by default that of the path.

    Raises:
        UsageError: `name` is not a text, or has halves of characters, as Python reads file names that are not UTF-8.

    >>> print(name_in_export(None, Path("models/digits.onnx")), name_in_export(None, Path("caf\\udce9.onnx")))
    digits caf\\udce9
    """
    if name is None:
        return printable(path.stem)
    as_instance("name", name, str, "a text, or None")
    if name.encode("utf-8", "ignore").decode() != name:
        refuse("name", name, "a text that can be stored as UTF-8; this one has half a character")
    return name


def answers_of(model: TrainedModel, images: NDArray[np.uint8]) -> Answers:
    """Return the model's own answers to images of the network's shape (uint8, N×C×H×W)."""
    probabilities = model.calibration.probabilities(model.logits(images))
    unknown = ~model.calibration.answers(probabilities)
    return Answers(model.class_names, probabilities, unknown, model.calibration.threshold)


def check_images(model: TrainedModel, images: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Return the images to store with a model: the first few of `images`, and two of noise.

    Handwritten digits do not reach the corners. Noise does: one image is dense, and one has ink at every third place.

    Raises:
        UsageError: the images have another shape or type than the network takes.
    """
    shape = model.plan.input_shape
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (2, *shape), np.uint8)
    noise[1][random.random(noise[1].shape) < 2 / 3] = 0
    if images is None:
        return noise
    if images.dtype != np.uint8 or images.shape[1:] != shape:
        raise UsageError(
            f"the check images are {images.dtype} of {times(images.shape[1:])}; this model takes uint8 of "
            f"{times(shape)}. Give images as the network gets them."
        )
    return np.concatenate([images[:CHECK_IMAGES], noise])
