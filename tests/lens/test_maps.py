"""What every layer makes of an image, worked out by hand, on both engines."""

import numpy as np
import pytest

from convlens.engines import Engine, Plan, open_engine
from convlens.errors import UsageError
from convlens.lens import look_through
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation


@pytest.fixture(params=[pytest.param("native", marks=pytest.mark.native), "torch"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return request.param


def open_with(name: str, text: str, shape: tuple[int, int, int], normalisation: Normalisation) -> Engine:
    network = Network.from_text(text)
    engine = open_engine(Plan(network, shape, 2, normalisation), name, "cpu", 1)
    engine.set_weights(initial_weights(network, shape, 2, seed=3))
    return engine


def test_every_layer_by_hand(engine_name):
    engine = open_with(engine_name, "conv 1 2x2, relu, maxpool 2, dense", (1, 3, 3), Normalisation((0.2,), (0.4,)))
    weights = engine.weights()
    weights["0.weight"][:], weights["0.bias"][:] = [[[[1, 0], [0, -1]]]], [0.5]
    weights["4.weight"][:], weights["4.bias"][:] = [[2], [-1]], [0.25, 0]
    engine.set_weights(weights)
    found = look_through(engine, np.array([[[0, 51, 102], [153, 204, 255], [51, 0, 0]]], np.uint8))
    assert [(one.layer, one.text) for one in found] == [
        (-1, "input"), (0, "conv 1 2x2"), (1, "relu"), (2, "maxpool 2"), (3, "flatten"), (4, "dense 2"),
    ]  # fmt: skip
    # Levels over 255 are 0, 0.2, 0.4 / 0.6, 0.8, 1 / 0.2, 0, 0; minus 0.2, over 0.4.
    pixels = [[-0.5, 0, 0.5], [1, 1.5, 2], [0, -0.5, -0.5]]
    # Each pixel minus the one below and to the right, and 0.5: −0.5 − 1.5 + 0.5, 0 − 2 + 0.5, 1 + 0.5 + 0.5, 1.5 + 1.
    convolved = [[-1.5, -1.5], [2, 2.5]]
    expected = [[pixels], [convolved], [[[0, 0], [2, 2.5]]], [[[2.5]]], [2.5], [5.25, -2.5]]
    for one, values in zip(found, expected, strict=True):
        assert one.values.dtype == np.float32
        np.testing.assert_allclose(one.values, np.array(values), atol=1e-6, err_msg=one.text)


def test_maps_of_branches_by_hand(engine_name):
    text = (
        "residual(conv 1 1x1, relu, shortcut conv 1 1x1), "
        "concat(; avgpool 2x1 stride 1 pad 1x0, maxpool 2x1 stride 1), dense"
    )
    engine = open_with(engine_name, text, (1, 2, 1), Normalisation((0.0,), (1 / 16,)))
    weights = engine.weights()
    weights["0.body.0.weight"][:], weights["0.body.0.bias"][:] = 1, -8
    weights["0.shortcut.0.weight"][:], weights["0.shortcut.0.bias"][:] = 2, 1
    engine.set_weights(weights)
    found = look_through(engine, np.array([[[0], [255]]], np.uint8))
    expected = [
        ("input", [[[0], [16]]]),
        ("body: conv 1 1x1", [[[-8], [8]]]),
        ("body: relu", [[[0], [8]]]),
        ("shortcut: conv 1 1x1", [[[1], [33]]]),
        ("add", [[[1], [41]]]),
        ("branch 1: avgpool 2x1 stride 1 pad 1x0", [[[0.5], [21], [20.5]]]),
        ("branch 1: maxpool 2x1 stride 1", [[[21], [21]]]),
        ("concat", [[[1], [41]], [[21], [21]]]),
        ("flatten", [1, 41, 21, 21]),
    ]
    assert [one.text for one in found[:-1]] == [text for text, _ in expected]
    for one, (_, values) in zip(found[:-1], expected, strict=True):
        np.testing.assert_allclose(one.values, np.array(values), atol=1e-5, err_msg=one.text)


def test_the_last_layer_is_what_the_engine_answers(engine_name):
    text = (
        "conv 4 3x3 pad 1, batchnorm, leaky_relu, maxpool 2, dropout 0.5, conv 3 3x3, avgpool 2, dense 5, relu, dense"
    )
    engine = open_with(engine_name, text, (3, 12, 10), Normalisation((0.1, 0.2, 0.3), (0.5, 0.6, 0.7)))
    images = np.random.default_rng(2).integers(0, 256, (4, 3, 12, 10), np.uint8)
    whole, logits = engine.activations(images), engine.logits(images)
    for number, image in enumerate(images):
        found = look_through(engine, image)
        assert [one.layer for one in found] == list(range(-1, 11))
        np.testing.assert_allclose(found[-1].values, logits[number], rtol=1e-4, atol=1e-5)
        for one, arrays in zip(found, whole, strict=True):
            np.testing.assert_allclose(one.values, arrays[number], rtol=1e-4, atol=1e-5, err_msg=one.text)
        assert [found[place].text for place in (0, 1, 5, 8)] == ["input", "conv 4 3x3 pad 1", "dropout 0.5", "flatten"]
        np.testing.assert_array_equal(found[5].values, found[4].values)  # as in prediction, nothing is dropped


def test_a_network_of_one_layer_is_the_input_what_is_flat_and_the_answer(engine_name):
    engine = open_with(engine_name, "dense", (1, 2, 2), Normalisation())
    found = look_through(engine, np.array([[[255, 0], [51, 0]]], np.uint8))
    assert [(one.text, one.values.shape) for one in found] == [
        ("input", (1, 2, 2)), ("flatten", (4,)), ("dense 2", (2,)),
    ]  # fmt: skip
    np.testing.assert_allclose(found[1].values, [1, 0, 0.2, 0])


def test_looking_changes_neither_image_nor_weights(engine_name):
    engine = open_with(engine_name, "conv 2 3x3, batchnorm, relu, dense", (1, 5, 5), Normalisation())
    image, before = np.arange(25, dtype=np.uint8).reshape(1, 5, 5), engine.weights()
    look_through(engine, image)
    np.testing.assert_array_equal(image.ravel(), np.arange(25))
    for name, array in engine.weights().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


@pytest.mark.parametrize(
    ("image", "given"),
    [
        (np.zeros((5, 5), np.uint8), "uint8, 1×5×5"),
        (np.zeros((3, 5, 5), np.uint8), "uint8, 1×3×5×5"),
        (np.zeros((1, 5, 5), np.float32), "float32, 1×1×5×5"),
    ],
    ids=["no channel", "colour", "floats"],
)
def test_an_image_of_another_kind_is_refused(engine_name, image, given):
    engine = open_with(engine_name, "dense", (1, 5, 5), Normalisation())
    with pytest.raises(UsageError, match=f"^images are {given}; this network takes uint8, N×1×5×5\\.$"):
        look_through(engine, image)
