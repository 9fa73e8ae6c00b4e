"""Steps from elsewhere as layers and blocks, with arithmetic by hand."""

import numpy as np
import pytest

from convlens import NetworkError
from convlens.layers import JOINS, Concat, Conv2d, Dense, Dropout, Flatten, Layer, ReLU, Residual, Sigmoid, SiLU, Tanh
from convlens.network.dataflow import Dataflow, Ending, Value

Add, Concatenate = JOINS["add"], JOINS["concat"]


class Steps(Dataflow):
    """Steps that are named after their layers."""

    def read(self, layer: Layer, *inputs: Value, **weights: np.ndarray) -> Value:
        return self.add(layer, inputs or [Value()], weights, f"the {layer.word}")

    def layers(self, logits: Value) -> list:
        return self.finish(logits).layers


def test_blocks_within_blocks_and_their_weights_in_order():
    steps = Steps()
    stem = steps.read(Conv2d(1, kernel_size=1), weight=np.array(0))
    left = steps.read(Conv2d(2, kernel_size=1), stem, weight=np.array(1))
    inner = steps.read(Conv2d(3, kernel_size=1), left, weight=np.array(2))
    right = steps.read(Conv2d(4, kernel_size=1), stem, weight=np.array(4))
    joined = steps.read(Concatenate(), steps.read(Add(), left, inner), stem, right)
    last = steps.read(Dense(5), steps.read(Flatten(), steps.read(ReLU(), joined)), weight=np.array(5))
    taken = steps.finish(last)
    convs = [Conv2d(channels, kernel_size=1) for channels in (1, 2, 3, 4)]
    block = Concat([convs[1], Residual([convs[2]])], [], [convs[3]])
    assert taken.layers == [convs[0], block, ReLU(), Flatten(), Dense(5)]
    # The addition gets x first, but x has no layers and is the shortcut.
    assert [int(weights["weight"]) for weights in taken.weights if weights] == [0, 1, 2, 4, 5]


def test_the_order_of_branches_is_kept_if_both_have_layers():
    steps = Steps()
    short, long = steps.read(Tanh()), steps.read(ReLU(), steps.read(Sigmoid()))
    assert steps.layers(steps.read(Add(), short, long)) == [Residual([Tanh()], [Sigmoid(), ReLU()])]
    assert steps.layers(steps.read(Add(), long, short)) == [Residual([Sigmoid(), ReLU()], [Tanh()])]


def test_a_block_may_begin_at_the_images_and_add_them_to_themselves():
    steps = Steps()
    assert steps.layers(steps.read(Add(), Value(), Value())) == [Residual([Dropout(0)])]
    assert steps.layers(steps.read(Concatenate(), Value(), Value())) == [Concat([], [])]


def test_what_the_logits_do_not_need_is_no_error():
    steps = Steps()
    relu = steps.read(ReLU())
    bad = steps.refuse("this cannot be taken over", [relu])
    assert steps.layers(steps.read(Tanh(), relu)) == [ReLU(), Tanh()]
    with pytest.raises(NetworkError, match=r"^this cannot be taken over$"):
        steps.finish(steps.read(Add(), relu, bad))


def test_branches_that_share_more_than_their_beginning():
    steps = Steps()
    shared = steps.read(ReLU())
    inner = steps.read(Add(), shared, Value())
    with pytest.raises(NetworkError, match=r"^the relu is in two branches of what the add joins\."):
        steps.finish(steps.read(Concatenate(), shared, inner))


def test_blocks_have_a_limit_of_depth():
    steps = Steps()

    def nested(depth: int) -> Value:
        value = steps.read(ReLU())
        for _ in range(depth):
            value = steps.read(Concatenate(), Value(), value)
        return value

    assert len(steps.layers(nested(20))) == 1
    with pytest.raises(NetworkError, match="more than 20 blocks within blocks"):
        steps.finish(nested(21))


def calculate(steps: Dataflow, value: Value, *parts: tuple) -> Value:
    for kind, constant in parts:
        value = steps.calculate(kind, value, np.array(constant, np.float32), f"the {kind}")
    return value


def test_arithmetic_before_the_first_layer_is_normalisation():
    steps = Steps()
    channels = [[[4.0]], [[2.0]]]
    value = calculate(steps, Value(), ("Div", 8.0), ("Sub", 0.25), ("Mul", channels), ("Add", [1.0]))
    taken = steps.finish(steps.read(ReLU(), value))
    # ((x / 8 − 0.25) · 4 + 1 = x / 2, and · 2: x / 4 + 0.5
    assert np.ravel(taken.scale).tolist() == [0.5, 0.25]
    assert np.ravel(taken.shift).tolist() == [0.0, 0.5]
    other = steps.read(Tanh(), calculate(steps, Value(), ("Div", 4.0)))
    with pytest.raises(NetworkError, match=r"^the relu reads the images with another normalisation than another"):
        steps.finish(steps.read(Add(), other, steps.read(ReLU(), value)))


def test_where_constants_may_stand():
    steps = Steps()
    two = np.array([[[[4.0]], [[2.0]]]])
    scaled = steps.calculate("Mul", Value(), two, "the Mul", is_second=True)
    taken = steps.finish(steps.read(ReLU(), steps.calculate("Add", scaled, np.array(3.0), "the Add", is_second=True)))
    assert (np.ravel(taken.scale).tolist(), np.ravel(taken.shift).tolist(), taken.temperature) == ([4, 2], [3, 3], 1.0)
    for kind in ("Sub", "Div"):
        with pytest.raises(NetworkError, match=rf"^the {kind} has the images in another place than the first"):
            steps.finish(steps.calculate(kind, Value(), two, f"the {kind}", is_second=True))
    conv = steps.read(Conv2d(2, kernel_size=1), weight=np.ones((2, 1, 1, 1)))
    for value, parts in (
        (Value(), ("Add", [[1.0, 2.0]])),  # for each column of the images, which are not the layer before
        (Value(), ("Div", 0.0)),
        (steps.read(ReLU(), conv), ("Add", two)),
        (conv, ("Mul", two)),
    ):
        with pytest.raises(NetworkError, match=rf"^the {parts[0]} calculates with a constant"):
            steps.finish(calculate(steps, value, parts))


def test_a_constant_is_added_to_the_bias():
    steps = Steps()
    conv = steps.read(Conv2d(2, kernel_size=1), weight=np.ones((2, 1, 1, 1)), bias=np.array([1.0, 2.0]))
    added = calculate(steps, conv, ("Add", [[[10.0]], [[20.0]]]), ("Sub", [[[0.5]], [[0.25]]]))
    (weights,) = steps.finish(added).weights
    assert weights["bias"].tolist() == [10.5, 21.75]
    (weights,) = steps.finish(conv).weights
    assert weights["bias"].tolist() == [1.0, 2.0]
    dense = steps.read(Dense(2), steps.read(Flatten()), weight=np.ones((2, 3)))
    assert steps.finish(calculate(steps, dense, ("Add", [[3.0, 4.0]]))).weights[1]["bias"].tolist() == [3.0, 4.0]
    for wrong in ([10.0, 20.0], [[[10.0]]], [[[1.0]], [[2.0]], [[3.0]]]):  # along the width, or other channels
        with pytest.raises(NetworkError, match=r"^the Add calculates with a constant"):
            steps.finish(calculate(steps, conv, ("Add", wrong)))


def test_a_division_before_the_softmax_is_the_temperature():
    steps = Steps()
    logits = steps.read(ReLU())
    for kind, constant, temperature in (("Div", 4.0, 4.0), ("Mul", 4.0, 0.25)):
        plain = steps.end("Softmax", logits, "the softmax", 1)
        assert isinstance(plain, Ending)
        assert (plain.logits, plain.temperature, plain.kind) == (logits, 1.0, "Softmax")
        ending = steps.end("Softmax", calculate(steps, logits, (kind, constant)), "the softmax", 1)
        assert isinstance(ending, Ending)
        assert (ending.logits, ending.temperature) == (logits, temperature)
        with pytest.raises(NetworkError, match=rf"^the {kind} calculates with a constant"):
            steps.finish(steps.read(Tanh(), calculate(steps, logits, (kind, constant))))


def test_products():
    steps = Steps()
    relu = steps.read(ReLU())
    gate = steps.read(Sigmoid(), relu)
    for left, right in ((relu, gate), (gate, relu)):
        assert steps.layers(steps.multiply(left, right, "the product")) == [ReLU(), SiLU()]
    with pytest.raises(NetworkError, match=r"^the product multiplies two values that are computed"):
        steps.finish(steps.multiply(relu, Value(), "the product"))  # the last step is the sigmoid
    for other in (Value(), steps.read(Tanh(), relu)):
        with pytest.raises(NetworkError, match=r"^the product multiplies two values that are computed"):
            steps.finish(steps.multiply(other, gate, "the product"))


def test_rows_and_maps():
    steps = Steps()
    flat = steps.read(Flatten())
    assert steps.read(Flatten(), flat) is flat
    assert steps.read(Concatenate(), flat) is flat
    assert steps.gives_row(steps.read(ReLU(), flat))
    with pytest.raises(NetworkError, match=r"^the dense gets maps, and Convlens's dense gets a row\. Flatten"):
        steps.finish(steps.read(Dense(2), steps.read(ReLU())))
    assert steps.layers(steps.read(Dense(2))) == [Dense(2)]  # it may be a row
    with pytest.raises(NetworkError, match=r"^the dense gets maps"):
        (maps := Steps(images_are_rows=False)).finish(maps.read(Dense(2)))
