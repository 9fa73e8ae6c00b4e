"""The native engine, in C++: for small CNNs on a CPU, it is many times faster than a framework for large networks.

It processes as many images side by side as a vector register has lanes, so every multiply-add uses all lanes, whatever
the number of channels; see docs/engine.md. It uses unnamed arrays in PyTorch's order; this module adds the names. It
does not import torch.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from convlens.engines import _native
from convlens.engines.engine import (
    MEASURED,
    Engine,
    Gradients,
    LossSettings,
    Plan,
    Steps,
    Trainer,
    Weights,
    whole_numbers,
)
from convlens.errors import UsageError

INSTRUCTION_SET = "CONVLENS_INSTRUCTION_SET"
"""The environment variable that selects one of `instruction_sets()`; by default, the engine uses the best one."""

MappedGuard = _native.MappedGuard
"""See `convlens.engines.guard_mapped`."""

*_STATISTICS, _COUNT = MEASURED


def instruction_sets() -> list[str]:
    """Return the instruction sets that the engine was built for and this CPU supports, best first.

    >>> instruction_sets()[-1]
    'baseline'
    """
    return _native.instruction_sets()


def measure_peak(threads: int, seconds: float) -> float:
    """Measure the floating-point operations per second of fused multiply-adds in registers, on `threads` threads."""
    return _native.measure_peak(threads, seconds)


def why_not(plan: Plan) -> str | None:
    """Return why this engine cannot compute a plan, naming the layer; None if it can."""
    try:
        _open(plan, 1, "")
    except (ValueError, MemoryError) as error:
        return str(error)
    return None


class NativeTrainer(Trainer["NativeEngine"]):
    """Training in progress on the native engine."""

    def _start(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings, seed: int) -> None:
        optimizer = self._settings
        self._trainer = _native.Trainer(
            self._engine._engine,
            images,
            labels,
            optimizer.name,
            [getattr(optimizer, name) for name in ("beta1", "beta2", "epsilon", "weight_decay", "momentum")],
            optimizer.nesterov and optimizer.momentum > 0,
            loss.label_smoothing,
            list(loss.class_weights or ()),
            seed % 2**64,
        )

    def _run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        learning_rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None,
    ) -> Steps:
        before = self._trainer.step
        rates = np.require(learning_rates, np.float64, ["C", "A"])
        try:
            with _explaining_changes():
                losses, correct = self._trainer.run(whole_numbers(order), batch_size, rates, changes)
        finally:  # Ctrl-C may end the run after any step
            for name in self._engine._counts:
                self._engine._counts[name] += self._trainer.step - before
        return Steps(losses, correct)

    def state(self) -> Weights:
        step, *kept = self._trainer.state()
        state: Weights = {"step": np.array(step, np.int64)}
        for kind, flat in zip(self._settings.kept if step else (), kept, strict=False):
            named = self._engine._named(self._engine.trained_shapes, flat)
            state |= {f"{kind}/{name}": array for name, array in named.items()}
        return state

    def _load_state(self, step: int, state: Weights) -> None:
        kept = [np.zeros(self._engine._engine.parameter_count, np.float32) for _ in range(2)]
        for place, kind in enumerate(self._settings.kept if step else ()):
            kept[place] = _flat([f"{kind}/{name}" for name in self._engine.trained_shapes], state)
        self._trainer.load_state(step, *kept)


class NativeEngine(Engine):
    """A network on the native engine. See `convlens.engines.engine.Engine` for the methods.

    Calls from several Python threads wait for each other. The interpreter lock is released during a computation.

    Args:
        plan: what to compute.
        threads: the number of CPU threads; it does not affect the results.
        instruction_set: one of `instruction_sets()`; None means that of the environment variable, or the best.

    Raises:
        UsageError: the plan needs too much memory, or the number of threads or the instruction set is not possible.
    """

    name = "native"
    trainer_class = NativeTrainer

    def __init__(self, plan: Plan, threads: int = 1, instruction_set: str | None = None) -> None:
        if instruction_set is None:
            instruction_set = os.environ.get(INSTRUCTION_SET, "")
        try:
            self._engine = _open(plan, threads, instruction_set)
        except (ValueError, TypeError, MemoryError) as error:
            raise UsageError(f"the native engine cannot compute this: {error}.") from error
        super().__init__(plan, threads)
        self._statistics = [name for name in self._shapes if name.endswith(tuple(_STATISTICS))]
        self._counts = {name: 0 for name in self._shapes if name.endswith(_COUNT)}
        self._layer_shapes = [plan.input_shape, *(node.output_shape for node in self._nodes)]

    @property
    def instruction_set(self) -> str:
        """`avx512`, `avx2` or `baseline`."""
        return self._engine.instruction_set

    @property
    def description(self) -> str:
        return f"native {self.instruction_set} on cpu, {self.threads} thread{'s' * (self.threads > 1)}"

    def weights(self) -> Weights:
        parameters, statistics = self._engine.weights()
        named = self._named(self.trained_shapes, parameters) | self._named(self._statistics, statistics)
        named |= {name: np.array(count, np.int64) for name, count in self._counts.items()}
        return {name: named[name] for name in self._shapes}

    def _set_weights(self, weights: Weights) -> None:
        self._engine.set_weights(_flat(self.trained_shapes, weights), _flat(self._statistics, weights))
        self._counts = {name: int(weights[name]) for name in self._counts}

    def _logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._engine.logits(images)

    def _activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        arrays = self._engine.activations(images)
        return [array.reshape(len(images), *shape) for array, shape in zip(arrays, self._layer_shapes, strict=True)]

    def _change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]:
        with _explaining_changes():
            return self._engine.change_images(images, changes)

    def _gradients(self, images: NDArray[np.uint8], labels: NDArray[np.int64], loss: LossSettings) -> Gradients:
        weights = list(loss.class_weights or ())
        value, logits, gradients = self._engine.gradients(images, labels, loss.label_smoothing, weights)
        return Gradients(value, logits, self._named(self.trained_shapes, gradients))

    def _named(self, names: Iterable[str], flat: NDArray[np.float32]) -> Weights:
        """Split a flat array into named arrays."""
        named, start = {}, 0
        for name in names:
            size = int(np.prod(self._shapes[name]))
            named[name] = flat[start : start + size].reshape(self._shapes[name]).copy()
            start += size
        return named


def _open(plan: Plan, threads: int, instruction_set: str, poison: bool = False) -> _native.Engine:
    """Create the extension's engine from each layer's name, its numbers and the layers that it reads."""
    nodes = plan.network.resolve(plan.input_shape, plan.classes)
    layers = [(node.layer.word, [float(number) for number in node.layer.numbers(node)], node.inputs) for node in nodes]
    mean, deviation = list(plan.normalisation.mean), list(plan.normalisation.std)
    return _native.Engine(layers, plan.input_shape, mean, deviation, threads, instruction_set, poison)


@contextmanager
def _explaining_changes() -> Iterator[None]:
    """Raise the extension's errors about wrong changes as UsageError."""
    try:
        yield
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def _flat(names: Iterable[str], weights: Weights) -> NDArray[np.float32]:
    """Concatenate named arrays to a flat one."""
    return np.concatenate([np.zeros(0, np.float32), *(weights[name].ravel() for name in names)])
