"""The object that a person holds after training: network, weights, preprocessing, class names, facts of its training,
and how sure it may be.

It holds only NumPy arrays and plain values and is not meant to be changed, so that it is the same whichever engine made
it and whichever runs it. The engine is opened on first use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from convlens.calibration import UNCALIBRATED, Calibration, describe_calibration
from convlens.checking import as_instance
from convlens.data import LabelledImages, as_class_names
from convlens.data.intake.labels import number_labels, read_labels
from convlens.deprecations import with_old_arguments
from convlens.engines import DeviceName, Engine, EngineName, Plan, Weights, open_engine
from convlens.engines.choice import require_torch
from convlens.engines.engine import MEASURED, check_weights
from convlens.errors import DataError, ModelFileError
from convlens.files import write_atomically
from convlens.habits import explains_arguments, explains_names
from convlens.network import MemoryLimit, Network, check_memory
from convlens.notebook import html_table
from convlens.prediction import (
    NamedPictures,
    OnError,
    Prediction,
    Predictions,
    Predictor,
    predict_given,
    read_given,
)
from convlens.preprocessing import Preprocessing
from convlens.trained_model import file_format
from convlens.trained_model.facts import check_facts, check_json
from convlens.trained_model.history import TrainingHistory
from convlens.trained_model.location import find_model_file
from convlens.words import count_of, shorten, times

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import nn


@explains_names
@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A network that has learned, with all that is needed to use it.

    Attributes:
        network: the description; its last `dense` may leave the number of classes open.
        weights: arrays under the names of PyTorch's state dict.
        preprocessing: how an image file becomes the network's input.
        class_names: one for each output, in order.
        facts: what is known of the training, JSON values only. Some are asked for (`data`, `test`, `finished`).
        calibration: what makes its probabilities believable, and the probability below which an answer is `unknown`.

    >>> from convlens.network import initial_weights
    >>> network = Network.from_text("conv 2 3x3, relu, dense")
    >>> model = TrainedModel(
    ...     network, initial_weights(network, (1, 8, 8), 2, seed=0), Preprocessing((1, 8, 8)), ("cat", "dog"))
    >>> model
    TrainedModel('conv 2 3x3, relu, dense', input 1×8×8, 2 classes, 166 parameters)
    >>> images = np.zeros((5, 8, 8), np.uint8)
    >>> model.predict(images).labels.tolist(), model.predict(images[0]).class_name
    (['cat', 'cat', 'cat', 'cat', 'cat'], 'cat')
    >>> model.predict_proba(images).shape, model.score(images, ["cat", "cat", "dog", "dog", "cat"])
    ((5, 2), 0.6)
    """

    network: Network
    weights: Weights
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration = UNCALIBRATED

    if TYPE_CHECKING:  # a list of names is taken, too, and stored as a tuple

        def __init__(
            self,
            network: Network,
            weights: Weights,
            preprocessing: Preprocessing,
            class_names: Sequence[str],
            facts: dict[str, Any] = ...,
            calibration: Calibration = UNCALIBRATED,
        ) -> None: ...

    def __post_init__(self) -> None:
        as_instance("network", self.network, Network, "a Network")
        as_instance("preprocessing", self.preprocessing, Preprocessing, "Preprocessing(...)")
        as_instance("calibration", self.calibration, Calibration, "a Calibration")
        as_instance("facts", self.facts, dict, "a dict of JSON values")
        as_instance("weights", self.weights, dict, "a dict of arrays by their names")
        object.__setattr__(self, "class_names", as_class_names(self.class_names))
        shapes = self.network.parameter_shapes(self.preprocessing.image_shape, len(self.class_names))
        check_weights(shapes, self.weights)
        # safetensors gives them in another order each time; here they always come in the network's.
        object.__setattr__(self, "weights", {name: self.weights[name] for name in shapes})

    @property
    def plan(self) -> Plan:
        """What an engine has to compute for this model."""
        shape = self.preprocessing.image_shape
        return Plan(self.network, shape, len(self.class_names), self.preprocessing.normalisation)

    @cached_property
    def engine(self) -> Engine:
        """The engine that this model predicts with: the one that `auto` takes, opened on first use."""
        return self.open_engine()

    def open_engine(
        self, engine: EngineName = "auto", device: DeviceName = "auto", threads: int | None = None
    ) -> Engine:
        """A new engine with this model's weights; see `convlens.engines.open_engine` for the choices and errors."""
        opened = open_engine(self.plan, engine, device, threads)
        opened.set_weights(self.weights)
        return opened

    @overload
    def predict(
        self, images: "bytes | Image", repair: bool | None = None, on_error: OnError | None = None
    ) -> Prediction: ...

    @overload
    def predict(
        self,
        images: "list[Any] | tuple[Any, ...] | Iterator[Any] | LabelledImages",
        repair: bool | None = None,
        on_error: OnError | None = None,
    ) -> Predictions: ...

    @overload
    def predict(self, images: Any, repair: bool | None = None, on_error: OnError | None = None) -> Any: ...

    @with_old_arguments
    @explains_arguments
    def predict(
        self, images: Any, repair: bool | None = None, on_error: OnError | None = None
    ) -> Prediction | Predictions:
        """What the model says of an image, or of each of several. `docs/predicting.md` is the guide.

        Args:
            images: one image: a path, the bytes of a file, an open file, a Pillow image, an array or tensor (H×W, H×W×C
                or C×H×W), or `"mnist:7"` for a test image of a known dataset. Or several: an array of N images, a list
                or generator, a folder, a pattern such as `"scans/*.png"`, or `LabelledImages`.
            repair: whether what is unlike the training images (dark on light, too large in the frame, ...) is changed
                where that is safe. None: of pictures, but not of arrays that have the network's shape, which are used
                as they are. True: of these too. False: of none; a picture is only brought to the network's shape.
            on_error: what an image that cannot be read does: "raise" an error, "keep" a prediction with the error in
                it, or "skip" the image. None: one image raises; of several it is kept, with a warning.

        Returns:
            One `Prediction` for one image, `Predictions` for several: a sequence of them, with arrays.

        Raises:
            UsageError: this is nothing that can be predicted, or an array that can be read in two ways.
            DataError: an image cannot be read, and `on_error` is to raise.
        """
        given = read_given(images, NamedPictures(self.preprocessing.image_shape))
        return predict_given(self._predictor, given, repair, on_error)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803  the name that scikit-learn gives it
        """The probabilities of N images, N × classes, in the order of `class_names`; each row adds up to 1.

        `X` is what `predict` takes. An array is a batch wherever it can be one, rows of pixels too (N × H·W). One image
        gives one row.

        Raises:
            UsageError, DataError: as `predict` with `on_error="raise"`.
        """
        return self._predict_all(X).probabilities

    def predict_labels(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The likeliest class of each of N images, as the labels were in training; `X` as for `predict_proba`.

        An array of N whole numbers or truth values where the model was trained on such labels (and on MNIST), else of
        N class names. The threshold plays no part: where `predict` says `unknown`, this is its best guess.
        """
        return self._labels[self._predict_all(X).class_numbers]

    @cached_property
    def _labels(self) -> NDArray[Any]:
        """The label of each class."""
        if not self.facts.get("numbered_labels"):
            return np.array(self.class_names)
        truths = {"False": False, "True": True}
        return np.array([truths[name] if name in truths else int(name) for name in self.class_names])

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """The share of N images whose likeliest class is the right one, 0 to 1.

        Args:
            X: as for `predict_proba`.
            y: N labels: class names, or the numbers that they were made from (7 for "7"); where no class name is a
                number, class numbers from 0. May be left out where `X` is `LabelledImages`, which have labels.

        Raises:
            DataError: no labels, another number of them, or one that is no class of this model.
        """
        found = self._predict_all(X)
        if y is None and isinstance(X, LabelledImages):
            y = [X.class_names[label] for label in X.labels]
        labels = number_labels(read_labels(y), self.class_names, "y", "the model", by_number=True)
        if len(labels) != len(found):
            raise DataError(
                f"y has {count_of(len(labels), 'label')} and there are {count_of(len(found), 'image')}. Give one label "
                "for each image."
            )
        return float((found.class_numbers == labels).mean())

    @property
    def _predictor(self) -> Predictor:
        return Predictor(self.engine, self.preprocessing, self.class_names, self.calibration)

    def _predict_all(self, images: Any) -> Predictions:
        given = replace(read_given(images, NamedPictures(self.preprocessing.image_shape), as_batch=True), is_one=False)
        found = predict_given(self._predictor, given, None, "raise")
        assert isinstance(found, Predictions), "several were asked for"
        return found

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled and copied: all but the engine, which the other process, or the copy, opens anew."""
        return {name: value for name, value in self.__dict__.items() if name != "engine"}

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """N × classes for images that already have the network's shape (uint8, N × channels × height × width)."""
        return self.engine.logits(images)

    def save(self, path: Path | str) -> Path:
        """Write the model as one file; see `docs/model-format.md`. Returns the path.

        Raises:
            OutputError: the file cannot be written. An older file of that name is then still whole.
        """
        return write_atomically(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """The content of the model file.

        Raises:
            UsageError: the facts cannot be stored, such as NaN, or would be refused when the file is read.
        """
        check_facts(self.facts, self.class_names)
        facts = {
            "network": str(self.network),
            "class_names": list(self.class_names),
            "preprocessing": self.preprocessing.as_dict(),
            "calibration": self.calibration.as_dict(),
            "facts": self.facts,
        }
        return file_format.encode(facts, self.weights)

    @classmethod
    def from_bytes(cls, content: bytes, name: str = "model") -> "TrainedModel":
        """Read the content of a model file; `name` is how errors call it.

        Raises:
            ModelFileError: it is not a usable trained model; each cause has its own message.
        """
        with file_format.explaining_damage(name):
            stored, weights = file_format.decode(content, name)
            typed = msgspec.convert(stored, _Stored)
            network = Network.from_text(typed.network)
            preprocessing = Preprocessing.from_dict(typed.preprocessing)
            # Version 1 had no calibration.
            calibration = UNCALIBRATED if stored["format_version"] == 1 else Calibration.from_dict(typed.calibration)
            check_json(stored, "the metadata")
            check_facts(typed.facts, typed.class_names)
            _check_memory(network, preprocessing.image_shape, max(1, len(typed.class_names)), name)
            model = cls(network, weights, preprocessing, tuple(typed.class_names), typed.facts, calibration)
            file_format.check_unchanged(content, weights, name)
        return model

    def to_torch(self) -> "nn.Module":
        """The network as a plain PyTorch module in evaluation mode, with these weights; it needs nothing of Convlens.

        A chain of layers is a `torch.nn.Sequential`, a network with blocks a `torch.fx.GraphModule`.

        Its input is what the preprocessing makes: float32, N × channels × height × width, (pixels / 255 − mean) / std.

        Raises:
            MissingDependency: PyTorch is not installed.
        """
        require_torch()
        from convlens.engines.torch_engine import build_module, load_weights

        module = build_module(self.network, self.plan.input_shape, self.plan.classes)
        load_weights(module, self.weights)
        return module.eval()

    @property
    def history(self) -> TrainingHistory:
        """What each epoch came to: a dictionary of lists, which `pandas.DataFrame` and `plt.plot` take as they are.

        Its names are `loss`, `accuracy`, `validation_accuracy`, `validation_loss`, `learning_rate` and `seconds`; see
        `TrainingHistory`. It is stored in the model file; models of Convlens before 0.7 have empty lists.
        """
        return TrainingHistory.of(self.facts.get("history"))

    @property
    def parameters(self) -> int:
        """How many numbers were learned (running statistics of batch normalisation are not)."""
        return count_parameters(self.weights)

    def __repr__(self) -> str:
        return (
            f"TrainedModel({str(self.network)!r}, input {times(self.preprocessing.image_shape)}, "
            f"{count_of(len(self.class_names), 'class')}, {count_of(self.parameters, 'parameter')})"
        )

    def summary(self) -> dict[str, str]:
        """The few facts that a person asks for first, as text."""
        facts = self.facts
        rows = {
            "network": str(self.network),
            "input": times(self.preprocessing.image_shape),
            "classes": f"{len(self.class_names)}: {shorten(', '.join(self.class_names), 80)}",
            "parameters": f"{self.parameters:,}",
        }
        if test := facts.get("test"):
            rows["test accuracy"] = f"{test['accuracy'] * 100:.2f} % of {count_of(test['total'], 'image')}"
        rows |= describe_calibration(self.calibration)
        for key in ("data", "recipe", "epochs", "seed", "engine", "trained_at"):
            if key in facts:
                rows[key.replace("_", " ")] = str(facts[key])
        if facts.get("ended_by", "epochs") != "epochs":
            rows["ended by"] = str(facts["ended_by"])
        if "seconds" in facts:
            rows["training time"] = f"{facts['seconds']:.1f} s"
        return rows

    def _repr_html_(self) -> str:
        return html_table("Trained model", self.summary().items())


def load_model(model: Path | str) -> TrainedModel:
    """Load a trained model from its file, a run folder, or `"latest"`.

    Raises:
        ModelFileError: there is none, or it is not usable; each cause has its own message.
    """
    path = find_model_file(model)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}. Give a model that Convlens wrote.") from error
    return TrainedModel.from_bytes(content, str(path))


def _check_memory(network: Network, input_shape: tuple[int, int, int], classes: int, name: str) -> None:
    try:
        check_memory(network, input_shape, classes)
    except MemoryLimit as error:
        raise ModelFileError(f"{name} needs too much memory: {error}") from error


class _Stored(msgspec.Struct):
    """The metadata of a model file, besides the version; msgspec checks the types."""

    network: str
    class_names: list[str]
    preprocessing: dict[str, Any]
    facts: dict[str, Any]
    calibration: dict[str, Any] = {}


def count_parameters(weights: Weights) -> int:
    """How many numbers of a network are learned; running statistics are measured, not learned.

    >>> count_parameters({"0.weight": np.zeros(8), "0.running_mean": np.zeros(8)})
    8
    """
    return sum(array.size for name, array in weights.items() if not name.endswith(MEASURED))
