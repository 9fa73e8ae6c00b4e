"""The interface of all engines; it uses only NumPy arrays.

It suits an engine in C++. Training runs in *chunks* of many steps: the caller passes the order of the images and the
learning rate of every step, and the engine returns the loss of every step. So an engine never calls back into Python.
Progress is reported and Ctrl-C is handled between chunks, and the length of a chunk does not affect the results.

The caller does the shuffling, the schedule and the initial weights, in NumPy. So two engines that get the same chunk
compute the same result, and each can be tested against the other. The optimizer's state can be saved and restored as
arrays, so a training can be resumed exactly.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from convlens.checking import as_choice, as_flag, as_number, items_or_none, refuse
from convlens.engines.augmentation import CHANGE_NUMBERS
from convlens.errors import UsageError
from convlens.network import Network
from convlens.preprocessing import Normalisation
from convlens.signatures import Alias

if TYPE_CHECKING:
    Weights: TypeAlias = dict[str, NDArray[Any]]
else:
    Weights = Alias("Weights")
"""Arrays under the names of PyTorch's state dict: `{"0.weight": 8×1×3×3, "0.bias": 8, ...}`."""

OptimizerName = Literal["adam", "adamw", "sgd"]

MEASURED = ("running_mean", "running_var", "num_batches_tracked")
"""The last parts of the names of weights that are measured during training, not learned."""


@dataclass(frozen=True)
class Plan:
    """What an engine computes: a network, its input shape (channels, height, width), the number of classes and the
    normalisation of pixels.
    """

    network: Network
    input_shape: tuple[int, int, int]
    classes: int
    normalisation: Normalisation


@dataclass(frozen=True)
class OptimizerSettings:
    """The optimizer, with the names and defaults of PyTorch.

    `beta1`, `beta2` and `epsilon` apply to adam and adamw, `momentum` and `nesterov` to sgd.

    >>> OptimizerSettings("sgd", momentum=0.9).nesterov
    True
    """

    name: OptimizerName = "adam"
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    momentum: float = 0.9
    nesterov: bool = True

    def __post_init__(self) -> None:
        infinity = float("inf")
        checked: dict[str, Any] = {"name": as_choice("optimizer", self.name, get_args(OptimizerName))}
        for name in ("beta1", "beta2", "momentum"):
            allowed = "a number from 0 up to, not including, 1"
            checked[name] = as_number(name, getattr(self, name), allowed, lambda value: 0 <= value < 1)
        checked["epsilon"] = as_number(
            "epsilon", self.epsilon, "a number above 0, such as 1e-8", lambda value: 0 < value < infinity
        )
        checked["weight_decay"] = as_number(
            "weight_decay", self.weight_decay, "0 or more", lambda value: 0 <= value < infinity
        )
        checked["nesterov"] = as_flag("nesterov", self.nesterov)
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def kept(self) -> tuple[str, ...]:
        """PyTorch's names of the arrays that the optimizer keeps for every parameter."""
        if self.name == "sgd":
            return ("momentum_buffer",) if self.momentum else ()
        return "exp_avg", "exp_avg_sq"


@dataclass(frozen=True)
class LossSettings:
    """Cross-entropy, averaged over the batch; with `class_weights`, one number per class, it is a weighted average."""

    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        smoothing = as_number(
            "label_smoothing", self.label_smoothing, "a number from 0 to below 1", lambda value: 0 <= value < 1
        )
        object.__setattr__(self, "label_smoothing", smoothing)
        if self.class_weights is not None:
            object.__setattr__(self, "class_weights", self._check_class_weights())

    def _check_class_weights(self) -> tuple[float, ...]:
        given = items_or_none(self.class_weights)
        if not given:
            refuse("class_weights", self.class_weights, "a number above 0 for each class, or None")
        allowed = "numbers above 0, one for each class"
        return tuple(as_number("class_weights", one, allowed, lambda value: 0 < value < float("inf")) for one in given)


@dataclass(frozen=True)
class Steps:
    """The results of a chunk of training steps: loss and number of correct answers of each step, before its update."""

    losses: NDArray[np.float32]
    correct: NDArray[np.int64]


@dataclass(frozen=True)
class Gradients:
    """One forward and one backward pass: the loss, the logits (N × classes) and the gradient of every parameter."""

    loss: float
    logits: NDArray[Any]
    gradients: Weights


AnyEngine = TypeVar("AnyEngine", bound="Engine")


class Trainer(ABC, Generic[AnyEngine]):
    """Training in progress: the images, the labels and the state of the optimizer; see `Engine.trainer`."""

    def __init__(
        self,
        engine: AnyEngine,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        optimizer: OptimizerSettings,
        loss: LossSettings,
        seed: int,
    ) -> None:
        self._engine, self._count, self._settings = engine, len(images), optimizer
        self._start(images, labels, loss, seed)

    @abstractmethod
    def _start(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings, seed: int) -> None: ...

    def run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        learning_rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None = None,
    ) -> Steps:
        """Take one step for each learning rate. Step i trains on the images `order[i * batch_size : (i + 1) *
        batch_size]`, changed by `changes`, one row per image, if given (see `convlens.engines.augmentation`).
        """
        _require(batch_size >= 1, f"batch size is {batch_size}; give 1 or more.")
        steps, rates = -(-len(order) // batch_size), len(learning_rates)
        _require(
            steps == rates,
            f"{len(order)} images in batches of {batch_size} are {steps} steps, but {rates} learning rates were given.",
        )
        if len(order):
            low, high, images = int(order.min()), int(order.max()), self._count
            _require(low >= 0 and high < images, f"the order has indices {low} to {high}; there are {images} images.")
        if changes is not None:
            changes = check_changes(len(order), changes)
        return self._run(order, batch_size, learning_rates, changes)

    def load_state(self, state: Weights) -> None:
        """Continue from a state that `state` returned, here or in another engine.

        Raises:
            UsageError: a name is missing or unknown, or a shape differs.
        """
        step = int(state.get("step", 0))
        expected = state_shapes(self._settings, self._engine.trained_shapes, step)
        differences = [f"{name} is missing" for name in sorted(expected.keys() - state.keys())]
        differences += [f"{name} is not known" for name in sorted(state.keys() - expected.keys())]
        differences += [
            f"{name} has shape {np.shape(state[name])} instead of {shape}"
            for name, shape in expected.items()
            if name in state and np.shape(state[name]) != shape
        ]
        _require(not differences, f"the optimizer's state does not fit: {'; '.join(differences)}.")
        self._load_state(step, state)

    @abstractmethod
    def state(self) -> Weights:
        """Return a copy of the optimizer's state, with the same names in every engine; see `state_shapes`."""

    @abstractmethod
    def _run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        learning_rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None,
    ) -> Steps: ...

    @abstractmethod
    def _load_state(self, step: int, state: Weights) -> None: ...


class Engine(ABC):
    """A network with its weights, and the computation. Images are uint8, N × channels × height × width.

    The public methods check their arguments, for all engines; the methods with an underscore compute.

    Attributes:
        name: `torch` or `native`.
        plan: what this engine computes.
        threads: the number of CPU threads.
        device: `cpu`, `cuda` or `mps`.
        trained_shapes: the shape of every array that training changes, in the network's order.
    """

    name: ClassVar[str]
    trainer_class: ClassVar[type[Trainer[Any]]]

    def __init__(self, plan: Plan, threads: int, device: str = "cpu") -> None:
        self.plan, self.threads, self.device = plan, threads, device
        self._nodes = plan.network.resolve(plan.input_shape, plan.classes)
        self._shapes = plan.network.parameter_shapes(plan.input_shape, plan.classes)
        self.trained_shapes = {name: shape for name, shape in self._shapes.items() if not name.endswith(MEASURED)}

    @property
    @abstractmethod
    def description(self) -> str:
        """The engine as text, such as `torch 2.13.0 on cpu, 2 threads`."""

    @abstractmethod
    def weights(self) -> Weights:
        """Return a copy of the current weights, float32; a trainer's `run` changes the originals."""

    def set_weights(self, weights: Weights) -> None:
        """Set the weights; names and shapes must be those of the network."""
        check_weights(self._shapes, weights)
        self._set_weights(weights)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits, N × classes, as in prediction: without dropout, with running statistics."""
        check_images(self.plan, images)
        return self._logits(np.ascontiguousarray(images))

    def activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Return the normalised input and the output of every layer, as in prediction."""
        check_images(self.plan, images)
        return self._activations(np.ascontiguousarray(images))

    def change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return augmented copies of the images, as used in training; `changes` has one row per image."""
        check_images(self.plan, images)
        return self._change_images(np.ascontiguousarray(images), check_changes(len(images), changes))

    def gradients(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings) -> Gradients:
        """Compute a forward and a backward pass with the statistics of this batch, as in training, without dropout.

        Neither the weights nor the running statistics are updated.
        """
        check_images(self.plan, images)
        return self._gradients(np.ascontiguousarray(images), check_learned(self.plan, images, labels, loss), loss)

    def trainer(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        optimizer: OptimizerSettings,
        loss: LossSettings,
        seed: int,
    ) -> Trainer[Any]:
        """Return a trainer that continues from the current weights; `seed` is for dropout. C-contiguous images are not
        copied.
        """
        check_images(self.plan, images)
        labels = check_learned(self.plan, images, labels, loss)
        return self.trainer_class(self, np.ascontiguousarray(images), labels, optimizer, loss, seed)

    @abstractmethod
    def _set_weights(self, weights: Weights) -> None: ...

    @abstractmethod
    def _logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]: ...

    @abstractmethod
    def _activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]: ...

    @abstractmethod
    def _change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]: ...

    @abstractmethod
    def _gradients(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings) -> Gradients: ...


def check_images(plan: Plan, images: NDArray[Any]) -> None:
    """Check that `images` are a batch of uint8 images of the plan's shape.

    Raises:
        UsageError: they are not; the message has the given and the expected dtype and shape.
    """
    if images.dtype == np.uint8 and images.ndim == 4 and images.shape[1:] == plan.input_shape:
        return  # before building any text, since predicting one image takes microseconds
    expected = f"uint8, N×{'×'.join(map(str, plan.input_shape))}"
    given = f"{images.dtype}, {'×'.join(map(str, images.shape)) or 'a single number'}"
    raise UsageError(f"images are {given}; this network takes {expected}.")


def check_learned(plan: Plan, images: NDArray[Any], labels: NDArray[Any], loss: LossSettings) -> NDArray[np.int64]:
    """Check the labels, one class index per image, and the class weights; return the labels as int64.

    Raises:
        UsageError: there are no images, or labels or weights do not fit.
    """
    _require(
        labels.shape == (len(images),), f"{len(images)} images but labels of shape {labels.shape}; give one per image."
    )
    _require(labels.dtype.kind in "iu", f"labels are {labels.dtype}; give whole numbers.")
    _require(len(images) > 0, "there are no images to train on. Give at least one.")
    low, high, weights = int(labels.min()), int(labels.max()), loss.class_weights
    _require(
        low >= 0 and high < plan.classes,
        f"labels run from {low} to {high}; with {plan.classes} classes they must be 0 to {plan.classes - 1}.",
    )
    _require(
        weights is None or len(weights) == plan.classes,
        f"{len(weights or ())} class weights for {plan.classes} classes; give one per class.",
    )
    return whole_numbers(labels)


def check_weights(expected: dict[str, tuple[int, ...]], weights: Weights) -> None:
    """Check names, shapes, dtypes and values of a network's weights.

    Raises:
        UsageError: they do not fit; the message lists all differences.
    """
    differences = [f"{name} is missing" for name in expected if name not in weights]
    differences += [f"{name} belongs to no layer" for name in weights if name not in expected]
    differences += [
        f"{name} has shape {tuple(weights[name].shape)} instead of {shape}"
        for name, shape in expected.items()
        if name in weights and tuple(weights[name].shape) != shape
    ]
    differences += [
        f"{name} is {weights[name].dtype} instead of {dtype_of(name)}"
        for name in expected
        if name in weights and weights[name].dtype != dtype_of(name)
    ]
    differences += [
        f"{name} holds NaN or infinity" for name in expected if name in weights and not np.isfinite(weights[name]).all()
    ]
    _require(not differences, f"the weights do not fit the network: {'; '.join(differences)}.")


def dtype_of(name: str) -> np.dtype[Any]:
    """Return the dtype of the weight with this name: float32, or int64 for the batch count of batch normalisation.

    >>> dtype_of("0.weight")
    dtype('float32')
    """
    return np.dtype(np.int64 if name.endswith("num_batches_tracked") else np.float32)


def state_shapes(
    optimizer: OptimizerSettings, parameters: dict[str, tuple[int, ...]], step: int
) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes in a trainer's state: `step` and, after the first step, PyTorch's arrays for every
    parameter.

    >>> state_shapes(OptimizerSettings("adam"), {"0.bias": (8,)}, step=1)
    {'step': (), 'exp_avg/0.bias': (8,), 'exp_avg_sq/0.bias': (8,)}
    """
    kept = {f"{kind}/{name}": shape for kind in optimizer.kept for name, shape in parameters.items() if step}
    return {"step": ()} | kept


def check_changes(images: int, changes: NDArray[Any]) -> NDArray[np.float32]:
    """Check the shape of changes, one row per image, and return them as float32; the engines check the values.

    Raises:
        UsageError: the shape is another one.
    """
    _require(
        changes.shape == (images, CHANGE_NUMBERS),
        f"{images} images but changes of shape {changes.shape}; give a row of {CHANGE_NUMBERS} numbers per image.",
    )
    return np.require(changes, np.float32, ["C", "A"])


def whole_numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    """Convert to int64, contiguous and aligned, as the native engine needs it."""
    return np.require(values, np.int64, ["C", "A"])


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
