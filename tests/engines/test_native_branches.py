"""The native engine's branches, groups and activations on numbers worked out by hand, and what it refuses.

The extension is called directly: a layer is (word, numbers, inputs), where inputs name earlier layers and -1 is the
network's input.
"""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from convlens.engines import _native

Layer = tuple[str, list[float], list[int]]
NAMES = _native.instruction_sets()


def conv(
    inputs: int, channels: int, kernel: int = 3, stride: int = 1, pad: int = 0, dilation: int = 1, groups: int = 1
) -> Layer:
    numbers = [channels, kernel, kernel, stride, stride, pad, pad, dilation, dilation, groups]
    return "conv", [float(number) for number in numbers], [inputs]


def plain(word: str, *inputs: int) -> Layer:
    return word, [], list(inputs)


def dense(inputs: int, outputs: int) -> Layer:
    return "dense", [float(outputs)], [inputs]


def open_engine(layers: Sequence[Layer], shape: tuple[int, int, int]) -> _native.Engine:
    return _native.Engine(layers, shape, [0.0] * shape[0], [1.0] * shape[0], 1)


def values_of(layers: Sequence[Layer], image: np.ndarray, parameters: Sequence[float], name: str) -> list[np.ndarray]:
    """What each layer gives for one image of whole numbers."""
    engine = _native.Engine(layers, image.shape, [0.0] * len(image), [1 / 255] * len(image), 1, name, True)
    engine.set_weights(np.array(parameters, np.float32), np.zeros(0, np.float32))
    images = image.astype(np.uint8)[None]
    arrays = engine.activations(images)
    for count in (1, 3, 17):
        many = engine.logits(np.repeat(images, count, axis=0))
        np.testing.assert_allclose(many, np.repeat(arrays[-1].reshape(1, -1), count, axis=0), rtol=1e-6)
    return [array[0].astype(np.float64).round(4) for array in arrays[1:]]  # 1/255 is no float


PIXELS = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])  # two channels of 2×2


@pytest.mark.parametrize("name", NAMES)
def test_add_of_a_branch_and_the_input(name):
    # The kernels take 2·first − second and first + 10·second; then the input is added.
    layers = [conv(-1, 2, 1), plain("add", 0, -1), plain("flatten", 1)]
    _, total, row = values_of(layers, PIXELS, [2, -1, 1, 10, 0.5, -3], name)
    np.testing.assert_allclose(total[0], [[2 - 5 + 0.5 + 1, 4 - 6 + 0.5 + 2], [6 - 7 + 0.5 + 3, 8 - 8 + 0.5 + 4]])
    np.testing.assert_allclose(total[1], [[51 - 3 + 5, 62 - 3 + 6], [73 - 3 + 7, 84 - 3 + 8]])
    np.testing.assert_array_equal(row.ravel(), total.ravel())


@pytest.mark.parametrize("name", NAMES)
def test_concat_puts_channels_one_behind_the_other(name):
    layers = [conv(-1, 1, 1), plain("concat", -1, 0, -1), plain("flatten", 1)]
    _, joined, _ = values_of(layers, PIXELS, [1, 1, 0], name)
    sums = [[6, 8], [10, 12]]
    np.testing.assert_array_equal(joined, [*PIXELS, sums, *PIXELS])


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_numbers_are_added_and_joined(name):
    layers = [plain("flatten", -1), dense(0, 8), plain("add", 1, 0), plain("concat", 2, 0, 1)]
    weights = np.roll(np.eye(8), 1, axis=1)  # output k is number k + 1
    _, turned, total, joined = values_of(layers, PIXELS, [*weights.ravel(), *[0.0] * 8], name)
    assert turned.ravel().tolist() == [2, 3, 4, 5, 6, 7, 8, 1]
    assert total.ravel().tolist() == [3, 5, 7, 9, 11, 13, 15, 9]
    assert joined.ravel().tolist() == [*total.ravel(), 1, 2, 3, 4, 5, 6, 7, 8, *turned.ravel()]


@pytest.mark.parametrize("name", NAMES)
def test_depthwise_convolution(name):
    # Each channel has a kernel of its own: 1 0 / 0 1 with bias 0.5, and 1 1 / 1 −1.
    layers = [conv(-1, 2, 2, groups=2), plain("flatten", 0)]
    (maps, _) = values_of(layers, PIXELS, [1, 0, 0, 1, 1, 1, 1, -1, 0.5, 0], name)
    assert maps.ravel().tolist() == [1 + 4 + 0.5, 5 + 6 + 7 - 8]


@pytest.mark.parametrize("name", NAMES)
def test_grouped_convolution(name):
    # Four channels in two groups, two outputs each: outputs 0 and 1 see channels 0 and 1, the others 2 and 3.
    image = np.array([1, 2, 3, 4]).reshape(4, 1, 1)
    layers = [conv(-1, 4, 1, groups=2), plain("flatten", 0)]
    (maps, _) = values_of(layers, image, [1, 10, 2, 20, 3, 30, 4, 40, 0, 0, 0, 0.25], name)
    assert maps.ravel().tolist() == [21, 42, 9 + 120, 12 + 160 + 0.25]


def activation_of(word: str, numbers: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, as a dense layer makes them from a pixel that is 1, and what an activation gives for them."""
    count = len(numbers)
    weights = [*numbers, *[0.0] * count]
    layers = [plain("flatten", -1), dense(0, count), plain(word, 1)]
    engine = _native.Engine(layers, (1, 1, 1), [0.0], [1 / 255], 1, name, True)
    engine.set_weights(np.array(weights, np.float32), np.zeros(0, np.float32))
    *_, given, found = engine.activations(np.ones((1, 1, 1, 1), np.uint8))
    np.testing.assert_allclose(given.ravel(), numbers, rtol=2e-7)
    return given.ravel().astype(np.float64), found.ravel()


@pytest.mark.parametrize("name", NAMES)
def test_silu_and_gelu_of_known_numbers(name):
    # sigmoid(ln 3) = 3/4; Φ(1) = 0.8413447461, Φ(−2) = 0.0227501319, from tables of the normal distribution.
    log3 = math.log(3)
    _, found = activation_of("silu", np.array([0, log3, -log3, 100, -100]), name)
    np.testing.assert_allclose(found, [0, 0.75 * log3, -0.25 * log3, 100, 0], rtol=1e-6)
    _, found = activation_of("gelu", np.array([0, 1, -1, -2, 100, -100]), name)
    np.testing.assert_allclose(found, [0, 0.8413447461, -0.1586552539, -0.0455002639, 100, 0], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("farthest", [1e-3, 1, 5, 13])
def test_silu_and_gelu_keep_their_digits_everywhere(name, farthest):
    numbers = np.linspace(-farthest, farthest, 4001)
    given, found = activation_of("silu", numbers, name)
    np.testing.assert_allclose(found, given / (1 + np.exp(-given)), rtol=1e-6)
    given, found = activation_of("gelu", numbers, name)
    below = [math.erfc(-number / math.sqrt(2)) / 2 for number in given]
    np.testing.assert_allclose(found, given * np.array(below), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("word", ["silu", "gelu"])
def test_no_number_gives_no_number(name, word):
    given = np.array([np.nan, np.inf, 1e30, -1e30], np.float32)
    _, (nothing, *rest) = activation_of(word, given, name)
    assert np.isnan(nothing)
    assert rest == [np.inf, pytest.approx(1e30), 0]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([conv(0, 4)], "layer 0, conv: it takes the result of layer 0; give an earlier layer, or -1 for the input"),
        ([conv(-2, 4)], "layer 0, conv: it takes the result of layer -2; "),
        ([conv(-1, 4), plain("add", 0, 2)], "layer 1, add: it takes the result of layer 2; "),
        ([conv(-1, 4), plain("relu", -1), plain("flatten", 1)], "layer 0, conv: no layer uses its result"),
        ([conv(-1, 2), plain("add", 0, -1)], "layer 1, add: its inputs are 2×4×4 and 2×6×6; they must be equal"),
        ([conv(-1, 3, 1), plain("add", 0, -1)], "layer 1, add: its inputs are 3×6×6 and 2×6×6; they must be equal"),
        ([conv(-1, 3), plain("concat", 0, -1)], "layer 1, concat: its inputs are 3×4×4 and 2×6×6; their heights and"),
        ([conv(-1, 4, groups=4)], "layer 0, conv: 4 groups do not divide 2 channels into 4"),
        ([conv(-1, 3, groups=2)], "layer 0, conv: 2 groups do not divide 2 channels into 3"),
        ([plain("add", -1)], "layer 0, add: it can't take 1 inputs"),
        ([plain("add", -1, -1, -1)], "layer 0, add: it can't take 3 inputs"),
        ([plain("concat")], "layer 0, concat: it can't take 0 inputs"),
        ([plain("relu", -1, -1)], "layer 0, relu: it can't take 2 inputs"),
        ([plain("relu")], "layer 0, relu: it can't take 0 inputs"),
        ([("gelu", [1.0], [-1])], "layer 0, gelu: it got 1 numbers instead of 0"),
        ([("batchnorm", [0.0], [-1])], "layer 0, batchnorm: epsilon must be above 0, at most 1"),
        ([plain("batchnorm", -1)], "layer 0, batchnorm: it got 0 numbers instead of 1"),
        (
            [plain("globalavgpool", -1), plain("flatten", 0), plain("add", 0, 1)],
            "layer 2, add: it takes maps or rows of numbers, not both",
        ),
    ],
)
def test_graphs_that_cannot_be_are_refused(layers, message):
    with pytest.raises(ValueError, match="layer") as caught:
        open_engine(layers, (2, 6, 6))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
