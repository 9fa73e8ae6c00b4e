"""The estimator: scikit-learn's words for a training of Convlens.

It owns as little as possible. Settings and their defaults are those of `convlens.train`, which gets pixels and class
numbers from here; what is trained is a `TrainedModel`. What is added is what scikit-learn asks for: rows of features
and numbers of any range become pixels, labels may have any type, and both pass scikit-learn's own checks.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from convlens.data import Dataset, LabelledImages
from convlens.data.intake import is_share
from convlens.engines import AugmentationSettings, DeviceName, Engine, EngineName
from convlens.errors import DataError, UsageError
from convlens.network import NetworkLike
from convlens.pixels.batches import as_array
from convlens.prediction import predict_probabilities
from convlens.sklearn.layout import ROW, Layout, read_layout
from convlens.sklearn.scaling import Scale, check_same_scale, find_scale, read_scale, to_pixels
from convlens.trained_model import TrainedModel
from convlens.training import Balance, Recipe, train

if TYPE_CHECKING:
    from sklearn.utils import Tags


class ConvlensClassifier(ClassifierMixin, BaseEstimator):
    """A small-image CNN as a classifier of scikit-learn.

    Parameters without an entry here are those of `convlens.train`; None takes the recipe's value. The guide is
    docs/scikit-learn.md.

    Args:
        network: a text, the name of a preset, a `Network` or its layers.
        validation: the share of the images that is held out, 0 to 0.5.
        image_shape: how a row of features is an image: (height, width), (height, width, channels) or (channels, height,
            width); "row" takes it as one row of pixels. None: X is N×H×W, N×H×W×C or N×C×H×W.
        scale: the values of black and white, such as (0, 16). "auto": uint8 is 0 to 255, floats from 0 to 1 are that,
            a largest value of 128 to 255 means 0 to 255, and any other values go from the smallest to the largest that
            fit saw. Values beyond are black or white.
        threads: None takes one a core, or what `OMP_NUM_THREADS` says, as in workers of `n_jobs`.
        verbose: whether the training shows how it goes, on stderr.
        random_state: the seed. None is the recipe's, so that two trainings are the same; a `RandomState` gives one.

    Attributes:
        classes_: the labels, sorted; the columns of `predict_proba`.
        model_: the `TrainedModel`, with `history`, `save` and all else; its class names are the labels as texts.
        n_features_in_: how many numbers one sample has.
        n_iter_: how many epochs were trained.
        scale_, image_shape_: the values of black and white; channels, height and width.

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import cross_val_score
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = ConvlensClassifier("conv 8 3x3, relu, flatten, dense", epochs=4, batch_size=32, image_shape=(8, 8))
    >>> bool(cross_val_score(classifier, X, y, cv=3).mean() > 0.9)
    True
    """

    def __init__(
        self,
        network: NetworkLike | None = None,
        *,
        recipe: Recipe | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        augmentation: AugmentationSettings | str | None = None,
        probe: bool | None = None,
        balance: Balance | None = None,
        validation: float | None = None,
        early_stopping: bool | int | None = None,
        max_seconds: float | None = None,
        engine: EngineName | None = None,
        device: DeviceName | None = None,
        threads: int | None = None,
        image_shape: tuple[int, ...] | Literal["row"] | None = None,
        scale: Scale | Literal["auto"] = "auto",
        verbose: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.network = network
        self.recipe = recipe
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.augmentation = augmentation
        self.probe = probe
        self.balance = balance
        self.validation = validation
        self.early_stopping = early_stopping
        self.max_seconds = max_seconds
        self.engine: EngineName | None = engine
        self.device: DeviceName | None = device
        self.threads = threads
        self.image_shape = image_shape
        self.scale = scale
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train on N samples and their labels.

        Args:
            X: N×features with `image_shape`, or N×H×W, N×H×W×C or N×C×H×W.
            y: N labels, numbers or texts, of two classes or more.

        Raises:
            ValueError: what cannot be trained on. `UsageError` and `DataError` of Convlens are such errors.
            LossNotFinite: the loss became NaN or infinite.
        """
        if self.validation is not None and not is_share(self.validation):
            raise UsageError("validation is no number; give the share of the images that is held out, such as 0.1.")
        scale = read_scale(self.scale)
        checked: Any = validate_data(self, _from_list(X), y, dtype="numeric", allow_nd=True)
        values, y = checked
        self.n_features_in_ = values[0].size
        classes, numbers = _read_labels(y)
        layout = read_layout(self.image_shape, values.shape[1:])
        scale = scale or find_scale(values)
        pixels = layout.arrange(to_pixels(values, scale))
        images = LabelledImages(pixels, numbers, [_name_of(label) for label in classes], "X")
        # Rows are no pictures whose polarity or place a prediction could repair.
        dataset = Dataset("arrays", images, None, "letterbox" if self.image_shape == ROW else "auto")
        self.model_ = train(dataset, **self._arguments())
        self.classes_, self.scale_, self.image_shape_ = classes, scale, images.image_shape
        self.n_iter_ = self.model_.facts["epochs"]
        self._layout = Layout(layout.row, images.image_shape)
        self._answers = _Answers(self.model_, self.engine, self.device, self.threads)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest label of each of N samples.

        Raises:
            NotFittedError: before `fit`.
            ValueError: X is not what `fit` saw.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probabilities of N samples, N × classes, in the order of `classes_`; each row adds up to 1.

        Raises:
            NotFittedError: before `fit`.
            ValueError: X is not what `fit` saw.
        """
        check_is_fitted(self)
        values = self._read_again(_from_list(X))
        if isinstance(self.scale, str):
            check_same_scale(values, self.scale_)
        pixels = self._layout.arrange(to_pixels(values, self.scale_))
        return predict_probabilities(self._answers.engine, pixels, self.model_.calibration)

    def _read_again(self, samples: Any) -> NDArray[Any]:
        """Samples like those that fit saw. Of images all numbers count as features, so they are counted as rows."""
        if getattr(samples, "ndim", 2) < 3:
            values: Any = validate_data(self, samples, reset=False, dtype="numeric")
            return values
        values = check_array(samples, dtype="numeric", allow_nd=True, estimator=self, input_name="X")
        validate_data(self, values.reshape(len(values), -1), reset=False, skip_check_array=True)
        return values

    def _arguments(self) -> dict[str, Any]:
        """What `train` is called with; all but X and y are parameters of the same names."""
        foreign = ("image_shape", "scale", "verbose", "random_state")
        arguments = {name: value for name, value in self.get_params(deep=False).items() if name not in foreign}
        seed = self.random_state
        if isinstance(seed, np.random.RandomState):
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        return arguments | {"seed": seed, "progress": bool(self.verbose)}


@dataclass(eq=False)
class _Answers:
    """What predictions are computed with: an engine as the parameters say, opened on first use, not pickled.

    `model_` has an engine of its own, which is always the one that `auto` takes.
    """

    model: TrainedModel
    name: EngineName | None
    device: DeviceName | None
    threads: int | None

    @cached_property
    def engine(self) -> Engine:
        return self.model.open_engine(self.name or "auto", self.device or "auto", self.threads)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "engine"}


def _from_list(samples: Any) -> Any:
    """A list as an array, since pictures may be in it; everything else as it is."""
    return as_array(samples, "X") if isinstance(samples, list | tuple) else samples


def _read_labels(labels: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The classes, sorted, and the number of each label's class."""
    check_classification_targets(labels)
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            f"y has one class only, {_name_of(classes[0])}: there is nothing to tell apart. Give two classes or more."
        )
    return classes, numbers


def _name_of(label: Any) -> str:
    """The class name for a label: 1.0 is called 1."""
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label)
