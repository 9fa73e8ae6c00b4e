"""What the extension refuses when it is called directly, at the limit itself and just beyond.

`convlens.engines.native` checks most of this earlier, with messages for users; the extension must not rely on that.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from convlens.engines import _native

DENSE: list[Any] = [("flatten", [], [-1]), ("dense", [2.0], [0])]
SHAPE = (1, 4, 5)
IMAGES = np.arange(60, dtype=np.uint8).reshape(3, *SHAPE)
LABELS = np.array([0, 1, 1])
ADAM = [0.9, 0.999, 1e-8, 0.0, 0.0]


def open_engine(layers: list[Any] = DENSE, shape: tuple[int, int, int] = SHAPE, threads: int = 1, **more: Any) -> Any:
    given: dict[str, Any] = {"mean": [0.0] * shape[0], "deviation": [1.0] * shape[0], **more}
    return _native.Engine(layers, shape, given["mean"], given["deviation"], threads)


def refusal_of(call: Callable[[], object]) -> str:
    """What it says, or nothing if it refuses nothing."""
    try:
        call()
    except ValueError as error:
        return str(error)
    return ""


def one(word: str, *numbers: float) -> list[Any]:
    """A layer of this kind before the others."""
    return [(word, list(numbers), [-1]), ("flatten", [], [0]), ("dense", [2.0], [1])]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (one("maxpool", 2, 2, 1, 1, 1, 1), None),
        (one("maxpool", 3, 3, 1, 1, 1, 1), None),
        (one("maxpool", 2, 2, 1, 1, 2, 1), "layer 0, maxpool: the padding is more than half of the kernel"),
        (one("avgpool", 3, 3, 1, 1, 1, 2), "layer 0, avgpool: the padding is more than half of the kernel"),
        (one("maxpool", 4, 5, 1, 1, 0, 0), None),
        (
            one("maxpool", 5, 5, 1, 1, 0, 0),
            "layer 0, maxpool: the kernel reaches over 5, but the padded map has only 4",
        ),
        (
            one("maxpool", 4, 8, 1, 1, 0, 1),
            "layer 0, maxpool: the kernel reaches over 8, but the padded map has only 7",
        ),
        (one("maxpool", 2, 2, 1, 1, 0), "layer 0, maxpool: it got 5 numbers instead of 6"),
        (one("conv", 3, 2, 2, 1, 1, 0, 0, 3, 4, 1), None),
        (
            one("conv", 3, 2, 2, 1, 1, 0, 0, 4, 4, 1),
            "layer 0, conv: the kernel reaches over 5, but the padded map has only 4",
        ),
        (one("conv", 3, 2, 2, 1, 1, 0, 0, 1, 1), "layer 0, conv: it got 9 numbers instead of 10"),
        *[
            (
                one("conv", *[0.5 if place == number else 1 for place in range(10)]),
                f"layer 0, conv: number {number} is 0.500000; it must be a whole number, {int(number not in (5, 6))}",
            )
            for number in range(10)
        ],
        (
            one("conv", 0, 2, 2, 1, 1, 0, 0, 1, 1, 1),
            "layer 0, conv: number 0 is 0.000000; it must be a whole number, 1",
        ),
        (one("conv", 65_537, 1, 1, 1, 1, 0, 0, 1, 1, 1), "layer 0, conv: number 0 is 65537.000000; it must be a whole"),
        (
            one("conv", 1, 1, 1, 1, 1, -1, 0, 1, 1, 1),
            "layer 0, conv: number 5 is -1.000000; it must be a whole number, 0",
        ),
        (one("dropout", 0), None),
        (one("dropout", 1), None),
        (one("dropout", 1.01), "layer 0, dropout: the share must be from 0 to 1"),
        (one("dropout", -0.01), "layer 0, dropout: the share must be from 0 to 1"),
        (one("dropout", float("nan")), "layer 0, dropout: the share must be from 0 to 1"),
        (one("leaky_relu", 1), None),
        (one("leaky_relu", 1.5), "layer 0, leaky_relu: the slope must be from 0 to 1"),
        (one("batchnorm", 1), None),
        (one("batchnorm", 1.01), "layer 0, batchnorm: epsilon must be above 0, at most 1"),
        (one("swish"), "layer 0: 'swish' is not known"),
        ([("dense", [2.0], [-1])], "layer 0, dense: it needs a flatten before it"),
        (
            [("flatten", [], [-1]), ("globalavgpool", [], [0])],
            "layer 1, globalavgpool: it needs maps, but a flatten or",
        ),
        ([("relu", [], [-1])], "the network must end in one row of numbers"),
        ([("flatten", [], [-1])], "the network has no layer with weights"),
    ],
)
def test_layers(layers, message):
    def start() -> object:
        return _native.Trainer(open_engine(layers), IMAGES, LABELS, "adam", ADAM, False, 0.0, [], 1)

    said = refusal_of(start)
    assert said.startswith(message) if message else said == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threads": 0}, "threads is 0; it must be 1 to 256"),
        ({"threads": 257}, "threads is 257; it must be 1 to 256"),
        ({"mean": []}, "the normalisation has 0 means and 1"),
        ({"deviation": [1.0, 1.0]}, "the normalisation has 1 means and 2"),
        ({"deviation": [0.0]}, "the normalisation needs finite means and deviations above 0"),
        ({"deviation": [float("nan")]}, "the normalisation needs finite means and deviations above 0"),
        ({"mean": [float("nan")]}, "the normalisation needs finite means and deviations above 0"),
    ],
)
def test_engines(changes, message):
    assert refusal_of(lambda: open_engine(**changes)).startswith(message)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 2, 4, 5), np.uint8), "images are 1×2×4×5; this network takes N×1×4×5"),
        (np.zeros((1, 1, 5, 5), np.uint8), "images are 1×1×5×5; this network takes N×1×4×5"),
        (np.zeros((7, 1, 4, 4), np.uint8), "images are 7×1×4×4; this network takes N×1×4×5"),
    ],
)
def test_images(images, message):
    engine = open_engine()
    changes = np.zeros((len(images), _native.change_numbers), np.float32)
    for call in (
        lambda: engine.logits(images),
        lambda: engine.activations(images),
        lambda: engine.gradients(images, np.zeros(len(images), np.int64)),
        lambda: engine.change_images(images, changes),
        lambda: _native.Trainer(engine, images, LABELS, "adam", ADAM, False, 0.0, [], 1),
    ):
        assert refusal_of(call) == message


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("labels", "smoothing", "weights", "message"),
    [
        (LABELS[:2], 0.0, [], "3 images but 2 labels"),
        (np.array([0, 1, 2]), 0.0, [], "label 2 is 2; with 2 classes labels are 0 to 1"),
        (np.array([0, -1, 0]), 0.0, [], "label 1 is -1; with 2 classes labels are 0 to 1"),
        (LABELS, 1.0, [], "label smoothing is 1.000000; it is 0 to below 1"),
        (LABELS, -0.5, [], "label smoothing is -0.500000; it is 0 to below 1"),
        (LABELS, NAN, [], "label smoothing is nan; it is 0 to below 1"),
        (LABELS, 0.0, [1.0], "class weights has 1 numbers instead of 2"),
        (LABELS, 0.0, [1.0, 0.0], "a class weight is 0.000000; each is above 0"),
        (LABELS, 0.0, [INF, 1.0], "a class weight is inf; each is above 0"),
    ],
)
def test_labels_and_losses(labels, smoothing, weights, message):
    engine = open_engine()
    for call in (
        lambda: engine.gradients(IMAGES, labels, smoothing, weights),
        lambda: _native.Trainer(engine, IMAGES, labels, "adam", ADAM, False, smoothing, weights, 1),
    ):
        assert refusal_of(call) == message


def test_no_images():
    engine, none, labels = open_engine(), IMAGES[:0], LABELS[:0]
    assert refusal_of(lambda: engine.gradients(none, labels)) == "there are no images; gradients need at least one"
    assert (
        refusal_of(lambda: _native.Trainer(engine, none, labels, "adam", ADAM, False, 0.0, [], 1))
        == "there are no images to train on; give at least one"
    )


@pytest.mark.parametrize(
    ("name", "numbers", "message"),
    [
        ("adam", ADAM[:4], "the optimizer has 4 numbers instead of 5"),
        ("lion", ADAM, "optimizer 'lion' is not known; there are adam, adamw and sgd"),
        *[
            ("sgd", [*ADAM[:place], wrong, *ADAM[place + 1 :]], f"a number of the optimizer is {shown}")
            for place in range(5)
            for wrong, shown in ((-0.5, "-0.500000"), (INF, "inf"), (NAN, "nan"))
        ],
    ],
)
def test_optimizers(name, numbers, message):
    engine = open_engine()
    assert refusal_of(lambda: _native.Trainer(engine, IMAGES, LABELS, name, numbers, False, 0.0, [], 1)) == message


def test_weights():
    engine, none = open_engine(), np.zeros(0, np.float32)
    assert (engine.parameter_count, engine.statistic_count) == (42, 0)
    assert (
        refusal_of(lambda: engine.set_weights(np.zeros(41, np.float32), none))
        == "parameters has 41 numbers instead of 42"
    )
    assert (
        refusal_of(lambda: engine.set_weights(np.zeros(42, np.float32), np.zeros(1, np.float32)))
        == "statistics has 1 numbers instead of 0"
    )


@pytest.fixture
def trainer() -> Any:
    return _native.Trainer(open_engine(), IMAGES, LABELS, "sgd", ADAM, False, 0.0, [], 1)


@pytest.mark.parametrize(
    ("order", "batch_size", "rates", "message"),
    [
        ([0, 1, 2], 0, 1, "batch size is 0; it is 1 or more"),
        ([0, 1, 2], 2**30 + 1, 1, "batch size is 1073741825; it is 1 or more"),
        ([0, 1, 2], 2**30, 1, None),
        ([0, 1, 2], 2, 1, "learning rates has 1 numbers instead of 2"),
        ([0, 1, 2], 3, 2, "learning rates has 2 numbers instead of 1"),
        ([0, 3], 2, 1, "the order names image 3; there are 3"),
        ([0, -1], 2, 1, "the order names image -1; there are 3"),
        ([2, 2, 0], 2, 2, None),
    ],
)
def test_chunks(trainer, order, batch_size, rates, message):
    given = np.array(order), batch_size, np.full(rates, 0.1)
    if message is None:
        losses, correct = trainer.run(*given)
        assert len(losses) == len(correct) == rates == trainer.step
        return
    assert (refusal_of(lambda: trainer.run(*given)), trainer.step) == (message, 0)


def test_changes(trainer):
    engine, count = open_engine(), _native.change_numbers
    changes = np.zeros((3, count), np.float32)
    changes[:, [0, 4, 26, 27, 28]] = 1
    np.testing.assert_array_equal(engine.change_images(IMAGES, changes), IMAGES)
    order, rates = np.arange(3), np.full(1, 0.1)
    for largest, fits in ((16_777_215, True), (-16_777_215, True), (16_777_216, False), (-16_777_216, False)):
        wrong = changes.copy()
        wrong[2, 33] = largest
        if fits:
            engine.change_images(IMAGES, wrong)
            continue
        said = f"number 33 of a change is {largest}.000000; it is at most 16777215 up or down"
        assert refusal_of(partial(engine.change_images, IMAGES, wrong)) == said
        assert refusal_of(partial(trainer.run, order, 3, rates, wrong)) == said
    wrong = changes.copy()
    wrong[0, 5] = NAN
    assert refusal_of(lambda: engine.change_images(IMAGES, wrong)).startswith("number 5 of a change is nan; ")
    assert (
        refusal_of(lambda: engine.change_images(IMAGES, changes[:, 1:].copy()))
        == f"each change has {count - 1} numbers instead of {count}"
    )
    for call in (lambda: engine.change_images(IMAGES, changes[:2]), lambda: trainer.run(order, 3, rates, changes[:2])):
        assert refusal_of(call) == "changes has 2 numbers instead of 3"


def test_states(trainer):
    first, second = np.zeros(42, np.float32), np.ones(42, np.float32)
    for step in (0, 2**53):
        trainer.load_state(step, first, second)
        assert trainer.state()[0] == trainer.step == step
    for step in (-1, 2**53 + 1):
        said = refusal_of(partial(trainer.load_state, step, first, second))
        assert said == f"the state's step is {step}; it is 0 to 9007199254740992"
    assert (
        refusal_of(lambda: trainer.load_state(0, first[1:].copy(), second))
        == "the first moment has 41 numbers instead of 42"
    )
    assert (
        refusal_of(lambda: trainer.load_state(0, first, second[1:].copy()))
        == "the second moment has 41 numbers instead of 42"
    )


@pytest.mark.parametrize(
    ("threads", "seconds", "message"),
    [
        (0, 0.1, "threads is 0; it is 1 to 256"),
        (257, 0.1, "threads is 257; it is 1 to 256"),
        (1, 0.0, "seconds is 0.000000; it is above 0, at most 60"),
        (1, 60.5, "seconds is 60.500000; it is above 0, at most 60"),
        (1, NAN, "seconds is nan; it is above 0, at most 60"),
    ],
)
def test_measuring_the_peak(threads, seconds, message):
    assert refusal_of(lambda: _native.measure_peak(threads, seconds)) == message
    assert _native.measure_peak(1, 0.001) > 1e8
