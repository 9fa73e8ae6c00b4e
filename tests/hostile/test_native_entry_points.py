"""The compiled engine under arguments of every wrong kind: each call raises, or gives what was asked for.

Thousands of calls are made by this file as a program of its own, so that a crash is a failed test with the last call on
it. Under `scripts/sanitize` the same calls find reads and writes outside of arrays that happen to crash nothing.
"""

import faulthandler
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.engines import _native

ENTRY_POINTS = ["Engine", "Trainer", "activations", "gradients", "load_state", "logits", "run", "set_weights"]

NUMBERS: list[Any] = [0, 1, -1, 2, 3, 7, 255, 256, 257, 65535, 65536, 65537, 10**6, 2**31 - 1, 2**31, -(2**31), 2**32]
NUMBERS += [2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 0.0, -0.0, 0.5, 1.0, 1.5, 1e-45, 1e308, -1e308]
NUMBERS += [math.inf, -math.inf, math.nan]
THINGS: list[Any] = [
    None,
    True,
    "",
    "conv",
    b"conv",
    "\ud800",
    "\0",
    1j,
    object(),
    (),
    [],
    {},
    set(),
    int,
    [[]],
    [None],
]
THINGS += [np.int64(3), np.float32(2), np.array(3), np.array([]), np.array(None), range(5), iter([1, 2]), Ellipsis]
PLAIN_KINDS = ["u1", "i1", "<i2", "<i4", "<i8", ">i8", "<u8", "<f2", "<f4", ">f4", "<f8", ">f8", "?"]
KINDS: list[Any] = [*PLAIN_KINDS, "<c8", "S3", "U2", "O", "M8[s]", [("a", "u1"), ("b", "<f4")]]
WORDS = {
    "conv": 10,
    "maxpool": 6,
    "avgpool": 6,
    "globalavgpool": 0,
    "relu": 0,
    "leaky_relu": 1,
    "tanh": 0,
    "sigmoid": 0,
}
WORDS |= {"gelu": 0, "silu": 0, "batchnorm": 1, "dropout": 1, "flatten": 0, "dense": 1, "add": 0, "concat": 0}


def test_every_word_is_among_the_calls():
    from convlens.layers import JOINS, KINDS

    assert set(WORDS) == {*KINDS, *JOINS}


@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_wrong_calls_crash_nothing(seed, tmp_path):
    last_call = tmp_path / "last-call"
    command = [sys.executable, __file__, str(seed), "600", str(last_call)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    said = f"{done.stderr[:2000]}…{done.stderr[-2000:]}\nThe last call was {last_call.read_text('utf-8', 'replace')}"
    assert done.returncode == 0, said
    for name in ENTRY_POINTS:  # none always raises, and none never does
        assert f"'{name}'" in done.stdout, done.stdout
        assert f"'{name} refused'" in done.stdout, done.stdout
    assert int(done.stdout.split()[0]) > 1500


CONV = [2.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([("flatten", []), ("conv", CONV)], "layer 1, conv"),
        ([("conv", CONV), ("flatten", []), ("conv", CONV), ("flatten", [])], "layer 2, conv"),
        ([("conv", CONV), ("flatten", []), ("maxpool", [1.0, 1.0, 1.0, 1.0, 0.0, 0.0])], "layer 2, maxpool"),
        ([("conv", CONV), ("flatten", []), ("globalavgpool", [])], "layer 2, globalavgpool"),
        ([("flatten", []), ("dense", [3.0]), ("conv", CONV), ("flatten", [])], "layer 2, conv"),
    ],
)
def test_layers_that_need_maps_are_refused_after_a_flatten(layers, message):
    """`convlens.network` never asks for that; the engine must not take a row for maps that it has no room for."""
    chain = [(word, numbers, [k - 1]) for k, (word, numbers) in enumerate(layers)]
    with pytest.raises(ValueError, match=message):
        _native.Engine(chain, (2, 8, 8), [0.0, 0.0], [1.0, 1.0], 1)


# ----------------------------------------------------------------------------------------------- strange arguments


class Chaos:
    """Arguments at random, always the same for one seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def pick(self, values: list[Any]) -> Any:
        return values[self.random.integers(len(values))]

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def strange(self) -> Any:
        return self.pick(NUMBERS) if self.chance(0.5) else self.array() if self.chance(0.5) else self.pick(THINGS)

    def array(self) -> Any:
        shape = tuple(int(self.random.integers(0, 5)) for _ in range(self.random.integers(0, 6)))
        return self.disturbed(np.zeros(shape, np.dtype(self.pick(KINDS))))

    def disturbed(self, array: np.ndarray) -> Any:
        """An array that is not quite what it was: its kind, its place in memory, its shape or one of its numbers."""
        ways = [self.other_kind, self.other_number, self.other_place, self.other_shape]
        return self.pick(ways)(array)

    def other_kind(self, array: np.ndarray) -> Any:
        if self.chance(0.2):
            return array.tolist()
        return array.astype(self.pick(PLAIN_KINDS)) if array.dtype.kind in "uib" else array.astype("O")

    def other_number(self, array: np.ndarray) -> Any:
        wrong = {"<f4": [np.nan, np.inf, -np.inf, 1e38], "<i8": [-1, 10, 10**9, -(2**63), 2**63 - 1]}.get(
            array.dtype.str
        )
        if wrong is None or array.size == 0:
            return array[None]
        array = array.copy()
        array.flat[self.random.integers(array.size)] = self.pick(wrong)
        return array

    def other_place(self, array: np.ndarray) -> Any:
        """The same numbers apart, backwards, read-only, not where numbers of this size begin, or one for all."""
        if array.ndim == 0 or array.size == 0:
            return array
        room = np.zeros(array.nbytes + 1, np.uint8)[1:]
        fixed = array.copy()
        fixed.flags.writeable = False
        odd = room.view(array.dtype).reshape(array.shape) if array.dtype.kind in "uif" else array
        return self.pick(
            [
                np.repeat(array, 2, axis=0)[::2],
                array[..., ::-1],
                array.T,
                fixed,
                odd,
                np.broadcast_to(array[:1], array.shape),
            ]
        )

    def other_shape(self, array: np.ndarray) -> Any:
        if array.ndim == 0 or len(array) == 0:
            return array[None]
        return self.pick([array[None], array[0], array[: self.random.integers(0, len(array) + 1)], array.ravel()])

    def disturb(self, arguments: list[Any], share: float = 0.35) -> list[Any]:
        """At most one argument is wrong, so that the others are looked at, too."""
        if self.chance(share):
            place = self.random.integers(len(arguments))
            given = arguments[place]
            arrays = isinstance(given, np.ndarray) and self.chance(0.7)
            arguments[place] = self.disturbed(given) if arrays else self.strange()
        if self.chance(0.02):
            return arguments[:-1] if self.chance(0.5) else [*arguments, self.strange()]
        return arguments

    def layer(self) -> tuple[str, list[float]]:
        word = self.pick(list(WORDS))
        numbers = self.random.integers(1, 4, WORDS[word]).astype(float).tolist()
        if word == "conv":
            numbers[5:7] = self.random.integers(0, 3, 2).astype(float).tolist()
            numbers[9] = self.pick([1.0, 1.0, 1.0, 2.0])
        elif word.endswith("pool") and numbers:
            numbers[4:6] = [self.random.integers(0, size // 2 + 1).item() for size in numbers[:2]]
        elif word in ("leaky_relu", "dropout", "batchnorm"):
            numbers = [self.random.random()]
        return word, numbers

    def strange_layer(self) -> Any:
        word, numbers = self.layer()
        if numbers and self.chance(0.5):
            numbers[self.random.integers(len(numbers))] = self.pick(NUMBERS)
            return word, numbers
        wrong = self.pick(["", "Conv", "conv2d", "\0", "x" * 10_000])
        return self.pick(
            [(wrong, numbers), (word, [*numbers, 1.0]), (word, numbers[1:]), (word, self.strange()), self.strange()]
        )

    def layers(self) -> Any:
        """Networks that can be, as a rule, so that calls get far; or layers in an order that no network has."""
        many: list[Any] = [self.layer() for _ in range(self.random.integers(0, 6))]
        if self.chance(0.85):
            ends = [one for one in many if one[0] == "dense"]
            many = [*(one for one in many if one[0] not in ("dense", "flatten")), ("flatten", []), *ends]
        many += self.pick([[("dense", [float(self.random.integers(1, 12))])], [("flatten", []), ("dense", [3.0])], []])
        if self.chance(0.25):
            many.insert(self.random.integers(len(many) + 1), self.strange_layer())
        many = self.joined(many)
        return self.pick([[], many * 50, tuple(many), None, "relu", [many]]) if self.chance(0.03) else many

    def joined(self, many: list[Any]) -> list[Any]:
        """The same with inputs: each layer takes the one before it; add and concat take others, too."""
        layers: list[Any] = []
        for k, layer in enumerate(many):
            if not isinstance(layer, tuple) or len(layer) != 2:
                layers.append(layer)
                continue
            inputs: Any = [k - 1]
            if layer[0] in ("add", "concat"):
                inputs = [k - 1, self.pick([k - 1, self.random.integers(-1, k).item()])]
            if self.chance(0.03):
                inputs = self.pick([[], [k], [-2], [k - 1, k - 1], [2**31], [2**40], [0.5], self.strange()])
            layers.append((*layer, inputs))
        return layers


# -------------------------------------------------------------------------------------------------------- the calls


class Calls:
    """Calls of every entry point; each is written down before it is made."""

    def __init__(self, seed: int, last_call: Path) -> None:
        self.chaos = Chaos(seed)
        self.last_call = last_call.open("w", encoding="utf-8", errors="replace")
        self.counts: Counter[str] = Counter()

    def __call__(self, name: str, function: Callable[..., Any], arguments: list[Any]) -> tuple[Any] | None:
        """What it gave, in a tuple; None where it raised, and it must have said something."""
        self.last_call.seek(0)
        self.last_call.truncate()
        self.last_call.write(f"{name}{tuple(arguments)!r:.3000}")
        self.last_call.flush()
        try:
            result = function(*arguments)
        except Exception as error:
            if not str(error):
                raise AssertionError(f"{type(error).__name__} without a word") from error
            self.counts[f"{name} refused"] += 1
            return None
        self.counts[name] += 1
        return (result,)

    def make_engine(self) -> None:
        chaos = self.chaos
        shape = tuple(chaos.random.integers(1, (5, 12, 12)).tolist())
        names = ["", *_native.instruction_sets()]
        numbers = [[0.3] * shape[0], [0.5] * shape[0], chaos.random.integers(1, 4).item()]
        arguments = [chaos.layers(), shape, *numbers, chaos.pick(names), chaos.chance(0.5)]
        made = self("Engine", _native.Engine, arguments := chaos.disturb(arguments, 0.3))
        if made and arguments[1] == shape and is_quick(made[0], shape):
            for _ in range(4):
                self.use_engine(made[0], shape)

    def use_engine(self, engine: Any, shape: tuple[int, int, int]) -> None:
        chaos, count = self.chaos, self.chaos.random.integers(0, 40).item()
        images = chaos.random.integers(0, 256, (count, *shape), np.uint8)
        labels = chaos.random.integers(0, engine.classes, count)
        use = chaos.random.integers(5)
        if use == 0:
            self.weights(engine)
        elif use == 1:
            self.logits(engine, images)
        elif use == 2:
            self.activations(engine, images)
        elif use == 3:
            self.gradients(engine, images, labels)
        else:
            self.trainer(engine, images, labels)

    def weights(self, engine: Any) -> None:
        parameters = self.chaos.random.normal(0, 0.3, engine.parameter_count).astype(np.float32)
        self(
            "set_weights",
            engine.set_weights,
            self.chaos.disturb([parameters, np.ones(engine.statistic_count, np.float32)]),
        )
        if made := self("weights", engine.weights, []):
            expect(made[0][0], "f4", (engine.parameter_count,))
            expect(made[0][1], "f4", (engine.statistic_count,))

    def logits(self, engine: Any, images: np.ndarray) -> None:
        arguments = self.chaos.disturb([images])
        if made := self("logits", engine.logits, arguments):
            expect(made[0], "f4", (len(arguments[0]), engine.classes))

    def activations(self, engine: Any, images: np.ndarray) -> None:
        arguments = self.chaos.disturb([images])
        if made := self("activations", engine.activations, arguments):
            expect(made[0][0], "f4", (len(arguments[0]), *images.shape[1:]))
            expect(made[0][-1].reshape(-1, engine.classes), "f4", (len(arguments[0]), engine.classes))

    def gradients(self, engine: Any, images: np.ndarray, labels: np.ndarray) -> None:
        weights = self.chaos.pick([[], [1.0] * engine.classes])
        arguments = self.chaos.disturb([images, labels, self.chaos.pick([0.0, 0.1]), weights])
        if made := self("gradients", engine.gradients, arguments):
            value, logits, gradients = made[0]
            assert isinstance(value, float)
            expect(logits, "f4", (len(arguments[0]), engine.classes))
            expect(gradients, "f4", (engine.parameter_count,))

    def trainer(self, engine: Any, images: np.ndarray, labels: np.ndarray) -> None:
        chaos = self.chaos
        optimizer = [chaos.pick(["adam", "adamw", "sgd"]), [0.9, 0.999, 1e-8, 0.01, 0.9], chaos.chance(0.5)]
        made = self("Trainer", _native.Trainer, chaos.disturb([engine, images, labels, *optimizer, 0.1, [], 5]))
        if made:
            for _ in range(3):
                self.use_trainer(made[0], engine.parameter_count, len(images))

    def use_trainer(self, trainer: Any, parameters: int, images: int) -> None:
        chaos = self.chaos
        steps, batch = chaos.random.integers(0, 4).item(), chaos.random.integers(1, 30).item()
        order = chaos.random.integers(0, max(images, 1), steps * batch)
        arguments = chaos.disturb([order, batch, np.full(steps, 0.01)])
        if made := self("run", trainer.run, arguments):
            expect(made[0][0], "f4", (len(arguments[2]),))
            expect(made[0][1], "i8", (len(arguments[2]),))
        moments = np.abs(chaos.random.normal(0, 1, (2, parameters))).astype(np.float32)
        self("load_state", trainer.load_state, chaos.disturb([chaos.pick([0, 1, 5, 2**40]), *moments]))
        if made := self("state", trainer.state, []):
            assert isinstance(made[0][0], int)
            expect(made[0][1], "f4", (parameters,))
            expect(made[0][2], "f4", (parameters,))

    def ask_the_module(self) -> None:
        chaos = self.chaos
        seconds = chaos.pick([0.0, -1.0, math.nan, 1e9, 1e-6])
        self("measure_peak", _native.measure_peak, [chaos.pick([0, 1, -1, chaos.strange()]), seconds])
        self("instruction_sets", _native.instruction_sets, chaos.pick([[], [chaos.strange()]]))


def is_quick(engine: Any, shape: tuple[int, int, int]) -> bool:
    """Whether thousands of calls of this engine take seconds."""
    maps = engine.activations(np.zeros((0, *shape), np.uint8))
    return engine.parameter_count < 50_000 and sum(math.prod(one.shape[1:]) for one in maps) < 20_000


def expect(result: Any, kind: str, shape: tuple[int, ...]) -> None:
    assert isinstance(result, np.ndarray), type(result)
    assert (result.dtype, result.shape) == (np.dtype(kind), shape), (result.dtype, result.shape, kind, shape)


def main(seed: int, networks: int, last_call: Path) -> None:
    faulthandler.enable()
    if sys.platform == "linux" and not _native.sanitized:  # a sanitizer takes terabytes of addresses
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    calls = Calls(seed, last_call)
    for number in range(networks):
        calls.make_engine()
        if number % 10 == 0:
            calls.ask_the_module()
    print(calls.counts.total(), sorted(calls.counts.items()))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
