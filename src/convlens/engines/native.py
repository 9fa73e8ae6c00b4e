"""Networks on Convlens's own C++ engine: small CNNs on a processor, many times faster than a framework for large ones.

The engine puts as many images side by side as a vector register has lanes, so every multiply-add is a full one whatever
the number of channels; see docs/engine.md. It takes plain arrays in PyTorch's order; the names are put on here. Nothing
here imports torch.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.engines import _native
from convlens.engines.engine import (
    Gradients,
    LossSettings,
    OptimizerSettings,
    Plan,
    Steps,
    Weights,
    check_changes,
    check_class_weights,
    check_images,
    check_labels,
    check_state,
    check_stretch,
    check_weights,
    state_shapes,
)
from convlens.errors import UsageError

INSTRUCTION_SET = "CONVLENS_INSTRUCTION_SET"
"""The environment variable that forces one of `instruction_sets()`; without it the engine takes the best."""

_STATISTICS = ("running_mean", "running_var")
_COUNT = "num_batches_tracked"


def instruction_sets() -> list[str]:
    """The kernels that were built and that this processor can run, best first.

    >>> instruction_sets()[-1]
    'baseline'
    """
    return _native.instruction_sets()


def measure_peak(threads: int, seconds: float) -> float:
    """Floating-point operations a second of fused multiply-adds in registers, on so many threads."""
    return _native.measure_peak(threads, seconds)


def why_not(plan: Plan) -> str | None:
    """Why this engine cannot take a plan: the layer that is too much for it. None where it can."""
    try:
        _open(plan, 1, "")
    except (ValueError, MemoryError) as error:
        return str(error)
    return None


class NativeEngine:
    """A network on the native engine. See `convlens.engines.engine.Engine` for what each method promises.

    Calls from several Python threads wait for each other; none of them holds the interpreter while it computes.

    Args:
        plan: what to compute.
        threads: processor threads; no number depends on how many.
        instruction_set: one of `instruction_sets()`; None takes what the environment variable names, or the best.

    Raises:
        UsageError: a plan that needs too much memory, a number of threads or an instruction set that cannot be.
    """

    name = "native"
    device = "cpu"

    def __init__(self, plan: Plan, threads: int = 1, instruction_set: str | None = None) -> None:
        if instruction_set is None:
            instruction_set = os.environ.get(INSTRUCTION_SET, "")
        try:
            self._engine = _open(plan, threads, instruction_set)
        except (ValueError, TypeError, MemoryError) as error:
            raise UsageError(f"the native engine cannot compute this: {error}.") from error
        self.plan = plan
        self.threads = threads
        self._shapes = plan.network.parameter_shapes(plan.input_shape, plan.classes)
        self._trained = [name for name in self._shapes if not name.endswith((*_STATISTICS, _COUNT))]
        self._statistics = [name for name in self._shapes if name.endswith(_STATISTICS)]
        self._counts = {name: 0 for name in self._shapes if name.endswith(_COUNT)}
        resolved = plan.network.resolve(plan.input_shape, plan.classes)
        self._layer_shapes = [plan.input_shape, *(layer.output_shape for layer in resolved)]

    @property
    def instruction_set(self) -> str:
        """`avx512`, `avx2` or `baseline`."""
        return self._engine.instruction_set

    @property
    def description(self) -> str:
        """`native avx512 on cpu, 2 threads`."""
        return f"native {self.instruction_set} on cpu, {self.threads} thread{'s' * (self.threads > 1)}"

    def weights(self) -> Weights:
        """A copy of the weights."""
        parameters, statistics = self._engine.weights()
        named = self._named(self._trained, parameters) | self._named(self._statistics, statistics)
        named |= {name: np.array(count, np.int64) for name, count in self._counts.items()}
        return {name: named[name] for name in self._shapes}

    def set_weights(self, weights: Weights) -> None:
        """Take other weights."""
        check_weights(self._shapes, weights)
        self._engine.set_weights(_flat(self._trained, weights), _flat(self._statistics, weights))
        self._counts = {name: int(weights[name]) for name in self._counts}

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """N × classes. One or two images take a path of their own, made for a quick answer."""
        check_images(self.plan, images)
        return self._engine.logits(np.ascontiguousarray(images))

    def activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The normalised input and the output of every layer."""
        check_images(self.plan, images)
        arrays = self._engine.activations(np.ascontiguousarray(images))
        return [array.reshape(len(images), *shape) for array, shape in zip(arrays, self._layer_shapes, strict=True)]

    def change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Changed copies, as training sees them."""
        check_images(self.plan, images)
        with _explaining_changes():
            return self._engine.change_images(np.ascontiguousarray(images), check_changes(len(images), changes))

    def gradients(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings) -> Gradients:
        """One forward and backward pass in training mode."""
        check_images(self.plan, images)
        check_labels(self.plan, images, labels)
        _require_images(images)
        value, logits, gradients = self._engine.gradients(
            np.ascontiguousarray(images), _whole_numbers(labels), loss.label_smoothing, self._class_weights(loss)
        )
        return Gradients(value, logits, self._named(self._trained, gradients))

    def trainer(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        optimizer: OptimizerSettings,
        loss: LossSettings,
        seed: int,
    ) -> "NativeTrainer":
        """Begin training from the present weights. Images that lie one behind the other are not copied."""
        check_images(self.plan, images)
        check_labels(self.plan, images, labels)
        _require_images(images)
        settings = [getattr(optimizer, name) for name in ("beta1", "beta2", "epsilon", "weight_decay", "momentum")]
        trainer = _native.Trainer(
            self._engine,
            np.ascontiguousarray(images),
            _whole_numbers(labels),
            optimizer.name,
            settings,
            optimizer.nesterov and optimizer.momentum > 0,
            loss.label_smoothing,
            self._class_weights(loss),
            seed % 2**64,
        )
        return NativeTrainer(self, trainer, optimizer, len(images))

    def _class_weights(self, loss: LossSettings) -> list[float]:
        check_class_weights(self.plan, loss)
        return list(loss.class_weights or ())

    def _named(self, names: list[str], flat: NDArray[np.float32]) -> Weights:
        """Cut one long array into named ones."""
        named, start = {}, 0
        for name in names:
            size = int(np.prod(self._shapes[name]))
            named[name] = flat[start : start + size].reshape(self._shapes[name]).copy()
            start += size
        return named


class NativeTrainer:
    """Training in progress on the native engine. See `convlens.engines.engine.Trainer`."""

    def __init__(
        self, engine: NativeEngine, trainer: _native.Trainer, optimizer: OptimizerSettings, images: int
    ) -> None:
        self._engine = engine
        self._trainer = trainer
        self._settings = optimizer
        self._images = images

    def run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        learning_rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None = None,
    ) -> Steps:
        """Take one step for each learning rate."""
        check_stretch(self._images, order, batch_size, learning_rates)
        changes = changes if changes is None else check_changes(len(order), changes)
        before = self._trainer.step
        try:
            with _explaining_changes():
                losses, correct = self._trainer.run(
                    _whole_numbers(order), batch_size, np.require(learning_rates, np.float64, ["C", "A"]), changes
                )
        finally:  # Ctrl-C may end it after any step
            for name in self._engine._counts:
                self._engine._counts[name] += self._trainer.step - before
        return Steps(losses, correct)

    def state(self) -> Weights:
        """`step`, and for every parameter what the optimizer keeps, as `exp_avg/0.weight`."""
        step, *kept = self._trainer.state()
        state: Weights = {"step": np.array(step, np.int64)}
        for kind, flat in zip(self._kinds if step else (), kept, strict=False):
            named = self._engine._named(self._engine._trained, flat)
            state |= {f"{kind}/{name}": array for name, array in named.items()}
        return state

    def load_state(self, state: Weights) -> None:
        """Go on from a state that `state` gave."""
        step = int(state.get("step", 0))
        shapes = {name: self._engine._shapes[name] for name in self._engine._trained}
        check_state(state_shapes(self._settings, shapes, step), state)
        kept = [np.zeros(self._engine._engine.parameter_count, np.float32) for _ in range(2)]
        for place, kind in enumerate(self._kinds if step else ()):
            kept[place] = _flat([f"{kind}/{name}" for name in self._engine._trained], state)
        self._trainer.load_state(step, *kept)

    @property
    def _kinds(self) -> tuple[str, ...]:
        if self._settings.name != "sgd":
            return ("exp_avg", "exp_avg_sq")
        return ("momentum_buffer",) if self._settings.momentum else ()


def _open(plan: Plan, threads: int, instruction_set: str, poison: bool = False) -> _native.Engine:
    """The extension's engine, which is told each layer's word, its numbers, and the layers that it reads."""
    nodes = plan.network.resolve(plan.input_shape, plan.classes)
    layers = [(node.layer.word, [float(number) for number in node.layer.numbers(node)], node.inputs) for node in nodes]
    mean, deviation = list(plan.normalisation.mean), list(plan.normalisation.std)
    return _native.Engine(layers, plan.input_shape, mean, deviation, threads, instruction_set, poison)


@contextmanager
def _explaining_changes() -> Iterator[None]:
    """What the extension says of numbers that are none, as everybody says it who refuses something."""
    try:
        yield
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def _require_images(images: NDArray[np.uint8]) -> None:
    if len(images) == 0:
        raise UsageError("there are no images to train on. Give at least one.")


def _whole_numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    return np.require(values, np.int64, ["C", "A"])  # aligned, too, which the extension insists on


def _flat(names: list[str], weights: Weights) -> NDArray[np.float32]:
    """Named arrays as one long one."""
    return np.concatenate([np.zeros(0, np.float32), *(weights[name].ravel() for name in names)])
