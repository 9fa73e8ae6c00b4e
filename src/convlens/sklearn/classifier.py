"""The scikit-learn estimator.

It converts the data and calls `convlens.train`, which has the settings and their defaults and returns a `TrainedModel`.
As scikit-learn requires, rows of features and numbers of any range become pixels, labels may have any type, and both
pass scikit-learn's checks.
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
    """A small-image CNN as a scikit-learn classifier.

    Parameters that are not listed here are those of `convlens.train`; None means the recipe's value. See
    docs/scikit-learn.md for a guide.

    Args:
        network: the network as text, the name of a preset, a `Network` or its layers.
        validation: the fraction of the images that is held out, 0 to 0.5.
        image_shape: the shape of the image in a row of features: (height, width), (height, width, channels) or
            (channels, height, width); "row" means one row of pixels. None: X is N×H×W, N×H×W×C or N×C×H×W.
        scale: the values of black and white, such as (0, 16). With "auto", they are 0 and 255 for uint8 or if the
            largest value is 128 to 255, 0 and 1 for floats in this range, and otherwise the smallest and the largest
            value in `fit`. Values outside become black or white.
        threads: None means one per core, or `OMP_NUM_THREADS` if that is lower, as in the workers of `n_jobs`.
        verbose: whether to show the progress of the training on stderr.
        random_state: the seed. None means the recipe's seed, so that two trainings are the same; a `RandomState` draws
            a seed.

    Attributes:
        classes_: the sorted labels, in the order of the columns of `predict_proba`.
        model_: the `TrainedModel`, with `history`, `save` and so on; its class names are the labels as text.
        n_features_in_: the number of values in one sample.
        n_iter_: the number of epochs trained.
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
            y: N labels, numbers or text, of at least two classes.

        Raises:
            ValueError: a parameter or the data cannot be used. `UsageError` and `DataError` are subclasses.
            LossNotFinite: the loss became NaN or infinite.
        """
        if self.validation is not None and not is_share(self.validation):
            raise UsageError("validation is not a number; give the share of the images to hold out, such as 0.1.")
        scale = read_scale(self.scale)
        checked: Any = validate_data(self, _from_list(X), y, dtype="numeric", allow_nd=True)
        values, y = checked
        self.n_features_in_ = values[0].size
        classes, numbers = _read_labels(y)
        layout = read_layout(self.image_shape, values.shape[1:])
        scale = scale or find_scale(values)
        pixels = layout.arrange(to_pixels(values, scale))
        images = LabelledImages(pixels, numbers, [_name_of(label) for label in classes], "X")
        # Rows are not pictures, so a prediction must not repair their polarity or position.
        dataset = Dataset("arrays", images, None, "letterbox" if self.image_shape == ROW else "auto")
        self.model_ = train(dataset, **self._arguments())
        self.classes_, self.scale_, self.image_shape_ = classes, scale, images.image_shape
        self.n_iter_ = self.model_.facts["epochs"]
        self._layout = Layout(layout.row, images.image_shape)
        self._answers = _Answers(self.model_, self.engine, self.device, self.threads)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest label of each of N samples.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X does not match the data in `fit`.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities of N samples, N × classes, in the order of `classes_`; each row adds up to 1.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X does not match the data in `fit`.
        """
        check_is_fitted(self)
        values = self._read_again(_from_list(X))
        if isinstance(self.scale, str):
            check_same_scale(values, self.scale_)
        pixels = self._layout.arrange(to_pixels(values, self.scale_))
        return predict_probabilities(self._answers.engine, pixels, self.model_.calibration)

    def _read_again(self, samples: Any) -> NDArray[Any]:
        """Check that samples match those in `fit`. All values of an image count as features, so images are compared as
        rows.
        """
        if getattr(samples, "ndim", 2) < 3:
            values: Any = validate_data(self, samples, reset=False, dtype="numeric")
            return values
        values = check_array(samples, dtype="numeric", allow_nd=True, estimator=self, input_name="X")
        validate_data(self, values.reshape(len(values), -1), reset=False, skip_check_array=True)
        return values

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments of `train`, which have the same names as the parameters."""
        foreign = ("image_shape", "scale", "verbose", "random_state")
        arguments = {name: value for name, value in self.get_params(deep=False).items() if name not in foreign}
        seed = self.random_state
        if isinstance(seed, np.random.RandomState):
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        return arguments | {"seed": seed, "progress": bool(self.verbose)}


@dataclass(eq=False)
class _Answers:
    """Holds the engine for predictions, chosen by the parameters. It is opened on first use, and not pickled.

    The engine of `model_` is always the one that `auto` chooses.
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
    """Convert a list to an array, since it may contain images; return everything else unchanged."""
    return as_array(samples, "X") if isinstance(samples, list | tuple) else samples


def _read_labels(labels: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the sorted classes, and the class index of each label."""
    check_classification_targets(labels)
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"y has only one class, {_name_of(classes[0])}. Give at least two classes.")
    return classes, numbers


def _name_of(label: Any) -> str:
    """Return the class name of a label; 1.0 becomes 1."""
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label)
