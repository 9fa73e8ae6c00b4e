"""The engine protocol: what every engine can do, in NumPy arrays alone.

It is cut where an engine written in C++ wants to be cut. Training runs in *stretches* of many steps: the caller
hands over the order of the images and the learning rate of every step, and the engine comes back with every loss. So
an engine never calls back into Python; progress and Ctrl-C live between stretches, and how long a stretch is changes
no number.

Shuffling, schedules and initial weights are the caller's, in NumPy: two engines that are given the same stretch
compute the same thing, which is what makes one a check of the other. Whatever an optimizer remembers can be taken
out and put back as arrays, so resuming is exact.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.engines.augmentation import CHANGE_NUMBERS
from convlens.errors import UsageError
from convlens.network import Network
from convlens.preprocessing import Normalisation

Weights: TypeAlias = dict[str, NDArray[Any]]
"""Arrays under the names of PyTorch's state dict: `{"0.weight": 8×1×3×3, "0.bias": 8, ...}`."""


@dataclass(frozen=True)
class Plan:
    """What an engine is to compute: a network, the shape of its input, its number of classes, and how pixels become
    input.

    `input_shape` is (channels, height, width).
    """

    network: Network
    input_shape: tuple[int, int, int]
    classes: int
    normalisation: Normalisation


@dataclass(frozen=True)
class OptimizerSettings:
    """How a gradient becomes a change of the weights; names and defaults are those of PyTorch's optimizers.

    `beta1`, `beta2` and `epsilon` matter for adam and adamw, `momentum` and `nesterov` for sgd.

    >>> OptimizerSettings("sgd", momentum=0.9).nesterov
    True
    """

    name: Literal["adam", "adamw", "sgd"] = "adam"
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    momentum: float = 0.9
    nesterov: bool = True

    def __post_init__(self) -> None:
        _require(
            self.name in ("adam", "adamw", "sgd"), f"optimizer {self.name!r} is not known; give adam, adamw or sgd."
        )
        for name in ("beta1", "beta2", "momentum"):
            value = getattr(self, name)
            _require(0 <= value < 1, f"{name} is {value}; give a number from 0 up to, not including, 1.")
        _require(self.epsilon > 0, f"epsilon is {self.epsilon}; give a number above 0, such as 1e-8.")
        _require(self.weight_decay >= 0, f"weight decay is {self.weight_decay}; give 0 or more.")


@dataclass(frozen=True)
class LossSettings:
    """Cross-entropy, averaged over the batch. `class_weights` has one number a class; the average is then weighted
    by them.
    """

    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        _require(
            0 <= self.label_smoothing < 1,
            f"label smoothing is {self.label_smoothing}; give a number from 0 to below 1.",
        )
        _require(
            self.class_weights is None or all(0 < weight < float("inf") for weight in self.class_weights),
            f"class weights are {self.class_weights}; every one must be above 0.",
        )


@dataclass(frozen=True)
class Steps:
    """What a stretch of training steps reports: the loss and the number of right answers of each step, before its
    update.
    """

    losses: NDArray[np.float32]
    correct: NDArray[np.int64]


@dataclass(frozen=True)
class Gradients:
    """One forward and one backward pass: the loss, the logits (N × classes) and the gradient of every parameter."""

    loss: float
    logits: NDArray[Any]
    gradients: Weights


class Trainer(Protocol):
    """Training in progress: the images, the labels and the state of the optimizer."""

    def run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        learning_rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None = None,
    ) -> Steps:
        """Take one step for each learning rate; step i sees the images `order[i * batch_size : (i + 1) *
        batch_size]`, or copies of them changed by `changes`, a row an image (see `convlens.engines.augmentation`).
        """
        ...

    def state(self) -> Weights:
        """A copy of all that the optimizer remembers, under the same names in every engine; see `state_shapes`."""
        ...

    def load_state(self, state: Weights) -> None:
        """Go on from a state that `state` gave, here or in another engine.

        Raises:
            UsageError: a name is missing or left over, or a shape differs.
        """
        ...


class Engine(Protocol):
    """A network with its weights, and the arithmetic. Images are uint8, N × channels × height × width."""

    @property
    def name(self) -> str:
        """`torch`, `native`, ..."""
        ...

    @property
    def description(self) -> str:
        """For people and for the facts of a run: `torch 2.13.0 on cpu, 2 threads`."""
        ...

    @property
    def device(self) -> str:
        """`cpu`, `cuda`, ...: what `auto` came to."""
        ...

    @property
    def threads(self) -> int:
        """Processor threads, resolved likewise."""
        ...

    @property
    def plan(self) -> Plan:
        """What this engine computes."""
        ...

    def weights(self) -> Weights:
        """A copy of the weights as they are now, float32: a trainer's `run` changes them."""
        ...

    def set_weights(self, weights: Weights) -> None:
        """Take other weights; names and shapes must be those of the network."""
        ...

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """N × classes, as in prediction: no dropout, running statistics."""
        ...

    def activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The normalised input and then the output of every layer, as in prediction."""
        ...

    def change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Changed copies, as training sees them; a row of `changes` an image."""
        ...

    def gradients(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings) -> Gradients:
        """One forward and backward pass with the statistics of this batch, as in training, but without dropout.

        Nothing is updated: neither weights nor running statistics.
        """
        ...

    def trainer(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        optimizer: OptimizerSettings,
        loss: LossSettings,
        seed: int,
    ) -> Trainer:
        """Begin training on these images from the present weights; `seed` is for what is random inside a step
        (dropout).
        """
        ...


def check_images(plan: Plan, images: NDArray[Any]) -> None:
    """Refuse what is not a stack of uint8 images of the plan's shape.

    Raises:
        UsageError: with the dtype and shape that were given and those that are expected.
    """
    if images.dtype == np.uint8 and images.ndim == 4 and images.shape[1:] == plan.input_shape:
        return  # before any text is made: an answer for one image takes microseconds
    expected = f"uint8, N×{'×'.join(map(str, plan.input_shape))}"
    given = f"{images.dtype}, {'×'.join(map(str, images.shape)) or 'a single number'}"
    raise UsageError(f"images are {given}; this network takes {expected}.")


def check_labels(plan: Plan, images: NDArray[Any], labels: NDArray[Any]) -> None:
    """Refuse labels that are not one class number an image, each from 0 to classes − 1."""
    _require(
        labels.shape == (len(images),), f"{len(images)} images but labels of shape {labels.shape}; give one an image."
    )
    _require(labels.dtype.kind in "iu", f"labels are {labels.dtype}; give whole numbers.")
    if len(labels):
        low, high = int(labels.min()), int(labels.max())
        _require(
            low >= 0 and high < plan.classes,
            f"labels run from {low} to {high}; with {plan.classes} classes they must be 0 to {plan.classes - 1}.",
        )


def check_weights(expected: dict[str, tuple[int, ...]], weights: Weights) -> None:
    """Refuse weights that are not those of a network (names, shapes, dtypes, NaN); all differences are named at once.

    Raises:
        UsageError: with the differences.
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
    """What a weight of this name is stored as: float32, or int64 for the count that batch normalisation keeps.

    >>> dtype_of("0.weight")
    dtype('float32')
    """
    return np.dtype(np.int64 if name.endswith("num_batches_tracked") else np.float32)


def check_class_weights(plan: Plan, loss: LossSettings) -> None:
    """Refuse class weights that are not one a class."""
    weights = loss.class_weights
    _require(
        weights is None or len(weights) == plan.classes,
        f"{len(weights or ())} class weights for {plan.classes} classes; give one a class.",
    )


def state_shapes(
    optimizer: OptimizerSettings, parameters: dict[str, tuple[int, ...]], step: int
) -> dict[str, tuple[int, ...]]:
    """The names and shapes in a trainer's state: `step`, and, once a step is taken, what PyTorch calls them, for every
    parameter.

    >>> state_shapes(OptimizerSettings("adam"), {"0.bias": (8,)}, step=1)
    {'step': (), 'exp_avg/0.bias': (8,), 'exp_avg_sq/0.bias': (8,)}
    """
    kinds = {"sgd": ["momentum_buffer"] if optimizer.momentum else []}.get(optimizer.name, ["exp_avg", "exp_avg_sq"])
    kept = {f"{kind}/{name}": shape for kind in kinds for name, shape in parameters.items() if step}
    return {"step": ()} | kept


def check_state(expected: dict[str, tuple[int, ...]], state: Weights) -> None:
    """Refuse a state that is not this trainer's: names and shapes."""
    differences = [f"{name} is missing" for name in sorted(expected.keys() - state.keys())]
    differences += [f"{name} is not known" for name in sorted(state.keys() - expected.keys())]
    differences += [
        f"{name} has shape {np.shape(state[name])} instead of {shape}"
        for name, shape in expected.items()
        if name in state and np.shape(state[name]) != shape
    ]
    _require(not differences, f"the optimizer's state does not fit: {'; '.join(differences)}.")


def check_changes(images: int, changes: NDArray[Any]) -> NDArray[np.float32]:
    """The changes as float32, one row an image; the engines look at the numbers.

    Raises:
        UsageError: another shape.
    """
    _require(
        changes.shape == (images, CHANGE_NUMBERS),
        f"{images} images but changes of shape {changes.shape}; give a row of {CHANGE_NUMBERS} numbers an image.",
    )
    return np.require(changes, np.float32, ["C", "A"])


def check_stretch(images: int, order: NDArray[np.int64], batch_size: int, learning_rates: NDArray[np.float64]) -> None:
    """Refuse a stretch of steps that does not add up."""
    _require(batch_size >= 1, f"batch size is {batch_size}; give 1 or more.")
    steps = -(-len(order) // batch_size)
    _require(
        steps == len(learning_rates),
        f"{len(order)} images in batches of {batch_size} are {steps} steps, "
        f"but {len(learning_rates)} learning rates came.",
    )
    if len(order):
        low, high = int(order.min()), int(order.max())
        _require(low >= 0 and high < images, f"the order names images {low} to {high}; there are {images}.")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
