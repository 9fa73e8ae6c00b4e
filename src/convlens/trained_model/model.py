"""A trained model: network, weights, preprocessing, class names, calibration and facts about the training.

It contains only NumPy arrays and plain values, so it does not depend on the engine that trained it or runs it. It is
not meant to be changed. The engine is opened on first use.
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
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.trained_model import file_format
from convlens.trained_model.facts import check_facts, check_json, is_number
from convlens.trained_model.history import TrainingHistory
from convlens.trained_model.outside import (
    OutsideModel,
    compare_with_module,
    make_noise,
    preprocessing_of,
    take_module,
)
from convlens.trained_model.outside_onnx import compare_with_onnx, open_onnx
from convlens.trained_model.stopped import describe_stop
from convlens.words import count_of, shorten, times

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import nn


@explains_names
@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained network, with everything that is needed to use it.

    Attributes:
        network: the layers; the last `dense` may leave the number of classes open.
        weights: arrays under the names of PyTorch's state dict.
        preprocessing: how an image file becomes the network's input.
        class_names: one for each output, in order.
        facts: facts about the training, such as `data`, `test` and `finished`; JSON values only. If it was stopped,
            `finished` is False, and `steps` of `planned_steps` were taken; `repr` says so, too.
        calibration: the temperature, and the threshold below which an answer is `unknown`.

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

    if TYPE_CHECKING:  # class_names may be any sequence; it is stored as a tuple

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
        # safetensors returns the tensors in any order; sort them in the network's.
        object.__setattr__(self, "weights", {name: self.weights[name] for name in shapes})

    @property
    def plan(self) -> Plan:
        """Return the network, its input shape and normalisation: all that an engine needs besides the weights."""
        shape = self.preprocessing.image_shape
        return Plan(self.network, shape, len(self.class_names), self.preprocessing.normalisation)

    @cached_property
    def engine(self) -> Engine:
        """The engine that computes this model's predictions: the one that `auto` chooses, opened on first use."""
        return self.open_engine()

    def open_engine(
        self, engine: EngineName = "auto", device: DeviceName = "auto", threads: int | None = None
    ) -> Engine:
        """Return a new engine with this model's weights; see `convlens.engines.open_engine` for choices and errors."""
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
        """Predict the class of one image or of several. See `docs/predicting.md` for a guide.

        Args:
            images: one image: a path, the bytes of a file, an open file, a Pillow image, an array or tensor (H×W, H×W×C
                or C×H×W), or `"mnist:7"` for a test image of a known dataset. Or several: an array of N images, a list
                or generator, a folder, a pattern such as `"scans/*.png"`, or `LabelledImages`.
            repair: whether to change an image so that it resembles the training images, where that is safe (for
                example dark on light, or too large in the frame). None repairs all images except arrays of the
                network's shape, which are used unchanged. True repairs these, too. False repairs none; an image is
                only converted to the network's shape.
            on_error: what to do if an image cannot be read: "raise" an error, "keep" a prediction that contains the
                error, or "skip" the image. None raises for a single image, and keeps it among several, with a warning.

        Returns:
            A `Prediction` for one image, `Predictions` for several: a sequence of predictions, with arrays of all.

        Raises:
            UsageError: `images` has a type that cannot be predicted, or is an array that can be read in two ways.
            DataError: an image cannot be read, and `on_error` does not allow that.
        """
        given = read_given(images, NamedPictures(self.preprocessing.image_shape))
        return predict_given(self._predictor, given, repair, on_error)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803  scikit-learn's name
        """Return the probabilities of N images, N × classes, in the order of `class_names`; each row adds up to 1.

        `X` may be anything that `predict` accepts. An array is read as a batch if possible, also rows of pixels
        (N × H·W). One image gives one row.

        Raises:
            UsageError, DataError: as for `predict` with `on_error="raise"`.
        """
        return self._predict_all(X).probabilities

    def predict_labels(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the likeliest class of each of N images; `X` as for `predict_proba`.

        The result is an array of N integers or booleans if the model was trained on such labels (as on MNIST), else of
        N class names. The threshold has no effect: if `predict` says `unknown`, this is its best guess.
        """
        return self._labels[self._predict_all(X).class_numbers]

    @cached_property
    def _labels(self) -> NDArray[Any]:
        """The label of each class: a number if the model was trained on numbers and its classes were not renamed."""
        if not (self.facts.get("numbered_labels") and all(map(is_number, self.class_names))):
            return np.array(self.class_names)
        truths = {"False": False, "True": True}
        return np.array([truths[name] if name in truths else int(name) for name in self.class_names])

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return the accuracy, 0 to 1: the share of N images whose likeliest class is the right one.

        Args:
            X: as for `predict_proba`.
            y: N labels: class names, or the numbers that they were made from (7 for "7"). If no class name is a
                number, class indices from 0 work, too. Not needed if `X` is `LabelledImages`, which have labels.

        Raises:
            DataError: the labels are missing, are not N, or include one that is not a class of this model.
        """
        found = self._predict_all(X)
        if y is None and isinstance(X, LabelledImages):
            y = [X.class_names[label] for label in X.labels]
        labels = number_labels(read_labels(y), self.class_names, "y", "the model", by_number=True)
        if len(labels) != len(found):
            raise DataError(
                f"y has {count_of(len(labels), 'label')} for {count_of(len(found), 'image')}. Give one label for each "
                "image."
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
        """Pickle and copy everything except the engine, which the other process or the copy opens itself."""
        return {name: value for name, value in self.__dict__.items() if name != "engine"}

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits, N × classes, of images that have the network's shape (uint8, N×C×H×W)."""
        return self.engine.logits(images)

    def save(self, path: Path | str) -> Path:
        """Write the model to one file and return its path; see `docs/model-format.md`.

        Raises:
            OutputError: the file cannot be written. An existing file of that name then stays unchanged.
        """
        return write_atomically(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the content of the model file.

        Raises:
            UsageError: the facts cannot be stored, such as NaN, or would be refused when the file is read.
        """
        check_facts(self.facts)
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
        """Read a model from the content of a model file. Errors call the file `name`.

        Raises:
            ModelFileError: the content is not a usable model; the message says why.
        """
        with file_format.explaining_damage(name):
            stored, weights = file_format.decode(content, name)
            typed = msgspec.convert(stored, _Stored)
            network = Network.from_text(typed.network)
            preprocessing = Preprocessing.from_dict(typed.preprocessing)
            # Version 1 had no calibration.
            calibration = UNCALIBRATED if stored["format_version"] == 1 else Calibration.from_dict(typed.calibration)
            check_json(stored, "the metadata")
            check_facts(typed.facts)
            _check_memory(network, preprocessing.image_shape, max(1, len(typed.class_names)), name)
            model = cls(network, weights, preprocessing, tuple(typed.class_names), typed.facts, calibration)
            file_format.check_unchanged(content, weights, name)
        return model

    @classmethod
    def from_torch(
        cls,
        module: "nn.Module",
        input_shape: tuple[int, int, int],
        class_names: Sequence[str] | None = None,
        normalisation: Normalisation | None = None,
    ) -> "TrainedModel":
        """Take over a network that was trained in PyTorch, to look inside it, to evaluate it or to export it.

        Args:
            module: one that is built of known layers and functions; see `Network.from_torch`. Its weights are copied.
            input_shape: the shape (C, H, W) of the images.
            class_names: one for each output; by default the numbers from 0.
            normalisation: how it expects its input: (pixels / 255 − mean) / std; by default pixels / 255.

        Raises:
            NetworkError: a layer or function is not known, the layers do not fit the shape, or the module computes
                other numbers.
            UsageError: the class names or the normalisation do not fit.

        >>> from torch import nn
        >>> module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2))
        >>> TrainedModel.from_torch(module, (1, 8, 8), ["cat", "dog"])
        TrainedModel('conv 2 3x3, relu, dense 2', input 1×8×8, 2 classes, 166 parameters)
        """
        preprocessing = preprocessing_of(input_shape, normalisation)
        taken, ending = take_module(module, preprocessing.image_shape)
        model = cls(*taken.parts(preprocessing, class_names, "trained in PyTorch"))
        noise = make_noise(preprocessing.image_shape)
        given, temperature = preprocessing.normalisation.apply(noise), model.calibration.temperature
        compare_with_module(module, given, model.logits(noise), ending, temperature)
        return model

    @classmethod
    def from_onnx(
        cls,
        source: Path | str | bytes,
        input_shape: tuple[int, int, int] | None = None,
        class_names: Sequence[str] | None = None,
        normalisation: Normalisation | None = None,
    ) -> "TrainedModel":
        """Take over a network in an ONNX file of known operators, from images to logits or probabilities.

        Args:
            source: the path of the file, or its content.
            input_shape: the shape (C, H, W) of the images; by default that in the file.
            class_names: one for each output; by default those that Convlens stored, or the numbers from 0.
            normalisation: how it expects its input: (pixels / 255 − mean) / std; by default pixels / 255. An input of
                bytes expects the pixels. What the graph itself does before the first layer is added.

        Raises:
            NetworkError: an operator is not known, the layers do not fit the shape, or ONNX Runtime computes other
                numbers.
            ModelFileError: the file cannot be read as ONNX.
            MissingDependency: a package of the extra onnx is not installed.
            UsageError: the class names or the normalisation do not fit, or the file does not say the input shape.
        """
        opened = open_onnx(source)
        preprocessing = preprocessing_of(input_shape or opened.input_shape, opened.normalisation(normalisation))
        taken = OutsideModel.of(opened.graph.network, preprocessing.image_shape, "file")
        names = opened.class_names if class_names is None else class_names
        model = cls(*taken.parts(preprocessing, names, "read from an ONNX file"))
        noise = make_noise(preprocessing.image_shape)
        given = noise if opened.takes_bytes else preprocessing.normalisation.apply(noise)
        compare_with_onnx(opened, given, model.logits(noise), model.calibration.temperature)
        return model

    def to_torch(self) -> "nn.Module":
        """Return the network as a PyTorch module in evaluation mode, with these weights; it does not need Convlens.

        A chain of layers becomes a `torch.nn.Sequential`, a network with blocks a `torch.fx.GraphModule`. The input is
        float32, N × channels × height × width, normalised: (pixels / 255 − mean) / std.

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
        """The results of each epoch: a dictionary of lists, for example for `pandas.DataFrame` and `plt.plot`.

        Its keys are `loss`, `accuracy`, `validation_accuracy`, `validation_loss`, `learning_rate` and `seconds`; see
        `TrainingHistory`. It is stored in the model file; models written before Convlens 0.7 have empty lists.
        """
        return TrainingHistory.of(self.facts.get("history"))

    @property
    def parameters(self) -> int:
        """The number of trained parameters, without the running statistics of batch normalisation."""
        return count_parameters(self.weights)

    def __repr__(self) -> str:
        stop = describe_stop(self.facts)
        return (
            f"TrainedModel({str(self.network)!r}, input {times(self.preprocessing.image_shape)}, "
            f"{count_of(len(self.class_names), 'class')}, {count_of(self.parameters, 'parameter')}"
            f"{f', {stop}' if stop else ''})"
        )

    def summary(self) -> dict[str, str]:
        """Return the most important facts as text: network, input, classes, parameters, accuracy, training."""
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
        if stop := describe_stop(facts):
            rows["finished"] = f"no, {stop}"
        if facts.get("ended_by", "epochs") != "epochs":
            rows["ended by"] = str(facts["ended_by"])
        if "seconds" in facts:
            rows["training time"] = f"{facts['seconds']:.1f} s"
        return rows

    def _repr_html_(self) -> str:
        return html_table("Trained model", self.summary().items())


def _check_memory(network: Network, input_shape: tuple[int, int, int], classes: int, name: str) -> None:
    try:
        check_memory(network, input_shape, classes)
    except MemoryLimit as error:
        raise ModelFileError(f"{name} needs too much memory: {error}") from error


class _Stored(msgspec.Struct):
    """The metadata of a model file, without the version; msgspec checks the types."""

    network: str
    class_names: list[str]
    preprocessing: dict[str, Any]
    facts: dict[str, Any]
    calibration: dict[str, Any] = {}


def count_parameters(weights: Weights) -> int:
    """Return the number of a network's trained parameters; running statistics are measured, not trained.

    >>> count_parameters({"0.weight": np.zeros(8), "0.running_mean": np.zeros(8)})
    8
    """
    return sum(array.size for name, array in weights.items() if not name.endswith(MEASURED))
