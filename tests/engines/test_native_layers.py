"""The native engine, layer by layer, on numbers worked out by hand: values and gradients, for every instruction set.

Two tricks make that short. An image with a single 1 in the middle turns a 3×3 convolution into a source of any nine
numbers, its kernel read backwards, and the gradient of that kernel into the gradient of each of the nine. And two
logits that are equal have probabilities of ½, so the gradient that reaches the layer is any nine numbers, too.
"""

import math

import numpy as np
import pytest

from convlens.engines import LossSettings, OptimizerSettings, Plan, Trainer
from convlens.engines.native import NativeEngine, instruction_sets
from convlens.network import Network
from convlens.preprocessing import Normalisation

BYTES_AS_NUMBERS = Normalisation((0.0,), (1 / 255,))
ONE_IN_THE_MIDDLE = np.array([[[[0, 0, 0], [0, 1, 0], [0, 0, 0]]]], np.uint8)
NAMES = instruction_sets()
SCALE = 64  # logits are kept small by this power of two, so that they cancel to many digits


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def open_engine(text: str, shape: tuple[int, int, int], classes: int, instruction_set: str, **weights) -> NativeEngine:
    """An engine with weights given as `w0`, `b0` for those of layer 0, and the others as they are called."""
    normalisation = Normalisation(BYTES_AS_NUMBERS.mean * shape[0], BYTES_AS_NUMBERS.std * shape[0])
    engine = NativeEngine(Plan(Network.from_text(text), shape, classes, normalisation), 1, instruction_set)
    named = engine.weights()
    for name, values in weights.items():
        kind = {"w": "weight", "b": "bias", "m": "running_mean", "v": "running_var"}[name[0]]
        key = f"{name[1:]}.{kind}"
        named[key] = np.array(values, np.float32).reshape(named[key].shape)
    engine.set_weights(named)
    return engine


class Probe:
    """One layer between a source of nine numbers and a loss that asks for any gradient."""

    def __init__(self, layer: str, instruction_set: str, values: np.ndarray, slopes: np.ndarray, **weights) -> None:
        text = f"conv 1 3x3 pad 1, {layer}, dense"
        shapes = Network.from_text(text).parameter_shapes((1, 3, 3), 2)
        self._dense = max(int(name.split(".")[0]) for name in shapes)
        self._slopes = slopes / SCALE
        dense = {f"w{self._dense}": [self._slopes, -self._slopes]}
        self._engine = open_engine(text, (1, 3, 3), 2, instruction_set, w0=values[::-1], b0=0, **dense, **weights)

    def values(self) -> np.ndarray:
        """What the layer gives in prediction; one image, many images, and the path without fused layers agree."""
        many = np.repeat(ONE_IN_THE_MIDDLE, 19, axis=0)
        found = self._engine.activations(many)[-2][0]
        first, last = self._engine.logits(many)[[0, -1]]
        np.testing.assert_array_equal(first, last)
        np.testing.assert_allclose(self._engine.logits(ONE_IN_THE_MIDDLE)[0], first, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(first, self._slopes @ found * floats(1, -1), rtol=1e-6, atol=1e-6)
        return found

    def gradients(self, values: np.ndarray, images: int = 19) -> dict[str, np.ndarray]:
        """The gradient of every parameter for the slopes asked for, where the layer gives `values` in training."""
        weights = self._engine.weights()
        level = float(self._slopes @ values)
        weights[f"{self._dense}.bias"] = floats(-level, level)  # both logits become 0
        self._engine.set_weights(weights)
        # Class 1 is asked for, so the gradient of the logits is (½, −½), and of the layer's output ½s − ½(−s) = s.
        labels = np.ones(images, np.int64)
        result = self._engine.gradients(np.repeat(ONE_IN_THE_MIDDLE, images, axis=0), labels, LossSettings())
        assert result.loss == pytest.approx(math.log(2), rel=1e-5)
        return {name: SCALE * gradient for name, gradient in result.gradients.items()}

    def slopes(self, values: np.ndarray) -> np.ndarray:
        """The gradient of each of the layer's nine inputs."""
        return self.gradients(values)["0.weight"].ravel()[::-1]


def check(layer: str, instruction_set: str, given: list, gives: list, slopes: list, passes_back: list) -> None:
    """One layer, forward and backward."""
    probe = Probe(layer, instruction_set, floats(*given), floats(*slopes))
    np.testing.assert_allclose(probe.values(), gives, rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(probe.slopes(floats(*gives)), passes_back, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_relu(name):
    check(
        "relu",
        name,
        given=[-2, -1, 0, 1, 2, 3, 0.5, -0.5, 4],
        gives=[0, 0, 0, 1, 2, 3, 0.5, 0, 4],
        slopes=[1, 2, 3, 4, 5, 6, 7, 8, 9],
        passes_back=[0, 0, 0, 4, 5, 6, 7, 0, 9],
    )


@pytest.mark.parametrize("name", NAMES)
def test_leaky_relu(name):
    check(
        "leaky_relu 0.25",
        name,
        given=[-2, -1, 0, 1, 2, 3, 0.5, -0.5, 4],
        gives=[-0.5, -0.25, 0, 1, 2, 3, 0.5, -0.125, 4],
        slopes=[1, 2, 3, 4, 5, 6, 7, 8, 9],
        passes_back=[0.25, 0.5, 0.75, 4, 5, 6, 7, 2, 9],
    )


@pytest.mark.parametrize("name", NAMES)
def test_tanh(name):
    # tanh(ln a) = (a² − 1)/(a² + 1), its derivative 1 − tanh².
    two, three, seven, small = math.log(2), math.log(3), math.log(7), 0.01
    check(
        "tanh",
        name,
        given=[0, two, -two, three, -three, seven, small, 20, -90],
        gives=[0, 0.6, -0.6, 0.8, -0.8, 0.96, 0.00999966668, 1, -1],
        slopes=[1, 2, 3, 4, 5, 6, 7, 8, 9],
        passes_back=[1, 1.28, 1.92, 1.44, 1.8, 0.4704, 6.99930005, 0, 0],
    )


@pytest.mark.parametrize("name", NAMES)
def test_sigmoid(name):
    # sigmoid(ln a) = a/(a + 1), its derivative a/(a + 1)².
    check(
        "sigmoid",
        name,
        given=[0, math.log(3), -math.log(3), math.log(9), -math.log(9), math.log(19), math.log(99), 30, -100],
        gives=[0.5, 0.75, 0.25, 0.9, 0.1, 0.95, 0.99, 1, 0],
        slopes=[1, 2, 3, 4, 5, 6, 7, 8, 9],
        passes_back=[0.25, 0.375, 0.5625, 0.36, 0.45, 0.285, 0.0693, 0, 0],
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("farthest", [0.3, 3, 12, 200])
def test_tanh_and_sigmoid_keep_their_digits_everywhere(name, farthest):
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    plan = Plan(Network.from_text("tanh, dense"), (1, 16, 16), 2, Normalisation((0.5,), (0.5 / farthest,)))
    given, found, *_ = NativeEngine(plan, 1, name).activations(pixels)
    assert abs(given).max() == pytest.approx(farthest)
    np.testing.assert_allclose(found, np.tanh(given.astype(np.float64)), rtol=5e-7)
    plan = Plan(Network.from_text("sigmoid, dense"), (1, 16, 16), 2, Normalisation((0.5,), (0.5 / farthest,)))
    given, found, *_ = NativeEngine(plan, 1, name).activations(pixels)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-given.astype(np.float64))), rtol=1e-6, atol=1e-37)


NINE = [1, 8, 3, 4, 5, 6, 7, 2, 9]  # 1 8 3 / 4 5 6 / 7 2 9


@pytest.mark.parametrize("name", NAMES)
def test_max_pooling(name):
    check("maxpool 2", name, NINE, [8], [1], [0, 1, 0, 0, 0, 0, 0, 0, 0])  # row 2 and column 2 are no whole window
    check("maxpool 2 stride 1", name, NINE, [8, 8, 7, 9], [1, 2, 3, 4], [0, 3, 0, 0, 0, 0, 3, 0, 4])
    # Windows of 3×3 around the four corners; the padding takes part in no maximum, even below 0.
    check("maxpool 3 stride 2 pad 1", name, NINE, [8, 8, 7, 9], [1, 2, 3, 4], [0, 3, 0, 0, 0, 0, 3, 0, 4])
    negative = [-value for value in NINE]
    check("maxpool 3 stride 2 pad 1", name, negative, [-1, -3, -2, -2], [1, 2, 3, 4], [1, 0, 2, 0, 0, 0, 0, 7, 0])
    check("maxpool 1x3", name, NINE, [8, 6, 9], [1, 2, 3], [0, 1, 0, 0, 0, 2, 0, 0, 3])
    # Of equal values the first wins, row by row.
    check("maxpool 3", name, [5, 7, 1, 7, 7, 0, 7, 7, 7], [7], [1], [0, 1, 0, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("name", NAMES)
def test_max_pooling_behind_relu(name):
    given = [-1, -2, 3, -4, -5, -6, 7, 8, 9]  # the first window of four has nothing above 0
    check("relu, maxpool 2 stride 1", name, given, [0, 3, 8, 9], [1, 2, 3, 4], [0, 0, 2, 0, 0, 0, 0, 3, 4])
    check("relu, maxpool 2", name, given, [0], [1], [0] * 9)
    check("relu, maxpool 2", name, [-1, 2, 9, 3, -4, 9, 9, 9, 9], [3], [5], [0, 0, 0, 5, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("name", NAMES)
def test_average_pooling(name):
    # (1 + 8 + 4 + 5)/4 = 4.5, (8 + 3 + 5 + 6)/4 = 5.5, (4 + 5 + 7 + 2)/4 = 4.5, (5 + 6 + 2 + 9)/4 = 5.5
    check(
        "avgpool 2 stride 1",
        name,
        given=NINE,
        gives=[4.5, 5.5, 4.5, 5.5],
        slopes=[4, 8, 12, 16],
        passes_back=[1, 3, 2, 4, 10, 6, 3, 7, 4],
    )
    # With padding each window has nine places, of which four hold numbers: sums 18, 22, 18, 22 over 9.
    check(
        "avgpool 3 stride 2 pad 1",
        name,
        given=NINE,
        gives=[2, 22 / 9, 2, 22 / 9],
        slopes=[9, 18, 27, 36],
        passes_back=[1, 3, 2, 4, 10, 6, 3, 7, 4],
    )


@pytest.mark.parametrize("name", NAMES)
def test_global_average_pooling(name):
    check("globalavgpool", name, NINE, [5], [9], [1] * 9)


@pytest.mark.parametrize("name", NAMES)
def test_dropout_does_nothing_in_prediction_and_gradients(name):
    check("dropout 0.5", name, NINE, NINE, slopes=[1, 2, 3, 4, 5, 6, 7, 8, 9], passes_back=[1, 2, 3, 4, 5, 6, 7, 8, 9])


@pytest.mark.parametrize("name", NAMES)
def test_batch_normalisation_in_prediction(name):
    # Running mean 5, and a variance that is 4 with the epsilon of 1e-5: (x − 5)/2 · 3 + 1.
    probe = Probe("batchnorm", name, floats(*NINE), floats(*[1] * 9), w1=3, b1=1, m1=5, v1=4 - 1e-5)
    np.testing.assert_allclose(probe.values(), [-5, 5.5, -2, -0.5, 1, 2.5, 4, -3.5, 7], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("images", [1, 16, 19])
def test_batch_normalisation_in_training(name, images):
    # Three times −c, 0 and c have mean 0 and variance ⅔c²; with c² = 6 − 1.5e-5 that is 4 − 1e-5, the deviation is 2,
    # so −c, 0, c become −1.2247449, 0 and 1.2247449 (half the root of 6). Weight 2 and bias 1 follow.
    c, root = math.sqrt(6 - 1.5e-5), math.sqrt(6)
    values = floats(-c, 0, c, -c, 0, c, -c, 0, c)
    slopes = floats(9, 0, 0, 0, 0, 0, 0, 0, 0)
    probe = Probe("batchnorm", name, values, slopes, w1=2, b1=1)
    gradients = probe.gradients(1 + floats(-root, 0, root, -root, 0, root, -root, 0, root), images)
    # Of 9 for the first number only: the sum is 9, the sum of products with what was normalised 9 · −1.2247449.
    np.testing.assert_allclose(gradients["1.bias"], [9], rtol=1e-5)
    np.testing.assert_allclose(gradients["1.weight"], [-11.0227038], rtol=1e-5)
    # Back through it: weight/deviation · (slope − 1 + 1.2247449 · normalised): 9 − 1 − 1.5 for the first number, and
    # −1 − 1.5, −1, −1 + 1.5 for the others in the place of −c, 0 and c.
    expected = [6.5, -1, 0.5, -2.5, -1, 0.5, -2.5, -1, 0.5]
    np.testing.assert_allclose(gradients["0.weight"].ravel()[::-1], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gradients["0.bias"], [0], atol=1e-5)  # a constant more changes nothing behind it


@pytest.mark.parametrize("name", NAMES)
def test_running_statistics_after_one_step(name):
    # Two images of one pixel, 2 and 6: mean 4, variance 8 with n − 1; a tenth of the way from mean 1 and variance 3.
    engine = open_engine("batchnorm, dense", (1, 1, 1), 2, name, m0=1, v0=3)
    images = np.array([2, 6], np.uint8).reshape(2, 1, 1, 1)
    trainer = engine.trainer(images, np.array([0, 1]), OptimizerSettings("sgd"), LossSettings(), seed=0)
    trainer.run(np.array([0, 1]), 2, np.array([0.0]))
    weights = engine.weights()
    np.testing.assert_allclose(weights["0.running_mean"], [1.3], rtol=1e-6)
    np.testing.assert_allclose(weights["0.running_var"], [3.5], rtol=1e-6)
    assert weights["0.num_batches_tracked"] == 1


def images_of(*numbers: int, shape: tuple[int, int, int]) -> np.ndarray:
    return np.array(numbers, np.uint8).reshape(1, *shape)


def logits_both_ways(engine: NativeEngine, image: np.ndarray) -> np.ndarray:
    """The logits of an image alone, which must be those of the same image among many."""
    alone, among = engine.logits(image)[0], engine.logits(np.repeat(image, 17, axis=0))[16]
    np.testing.assert_allclose(alone, among, rtol=1e-6)
    return alone


@pytest.mark.parametrize("name", NAMES)
def test_convolution(name):
    # Kernel 1 2 / 3 4 and bias −5 on 1 2 3 / 4 5 6 / 7 8 9: 1 + 4 + 12 + 20 − 5 = 32 first.
    engine = open_engine("conv 1 2x2", (1, 3, 3), 4, name, w0=[1, 2, 3, 4], b0=-5)
    image = images_of(1, 2, 3, 4, 5, 6, 7, 8, 9, shape=(1, 3, 3))
    np.testing.assert_allclose(logits_both_ways(engine, image), [32, 42, 62, 72], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_convolution_with_stride_padding_and_dilation(name):
    # 1 … 16 in rows of four. The kernel's four places are two apart and step by two, beginning one outside: the windows
    # see 0 0 / 0 6, then 0 0 / 6 8, then 0 6 / 0 14, then 6 8 / 14 16.
    engine = open_engine("conv 1 2x2 stride 2 pad 1 dilation 2", (1, 4, 4), 4, name, w0=[1, 2, 3, 4], b0=0)
    image = images_of(*range(1, 17), shape=(1, 4, 4))
    np.testing.assert_allclose(logits_both_ways(engine, image), [24, 50, 68, 128], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_of_a_convolution(name):
    # Equal logits for class 1 have slopes of ½ and −½. The dense layer's 2, 4, 6, 8 turn them into 2, 4, 6, 8 for the
    # four outputs 32, 42, 62, 72 (in 64ths). Each weight gets what its pixels are worth: 1·2 + 2·4 + 4·6 + 5·8 = 74.
    slopes = floats(2, 4, 6, 8) / SCALE
    level = (2 * 32 + 4 * 42 + 6 * 62 + 8 * 72) / SCALE
    weights = {"w2": [slopes, -slopes], "b2": [-level, level]}
    engine = open_engine("conv 1 2x2, dense", (1, 3, 3), 2, name, w0=[1, 2, 3, 4], b0=-5, **weights)
    images = np.repeat(images_of(1, 2, 3, 4, 5, 6, 7, 8, 9, shape=(1, 3, 3)), 5, axis=0)
    gradients = engine.gradients(images, np.ones(5, np.int64), LossSettings()).gradients
    np.testing.assert_allclose(SCALE * gradients["0.weight"].ravel(), [74, 94, 134, 154], rtol=1e-5)
    np.testing.assert_allclose(SCALE * gradients["0.bias"], [20], rtol=1e-5)
    np.testing.assert_allclose(gradients["2.weight"], [[16, 21, 31, 36], [-16, -21, -31, -36]], rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_of_a_convolutions_input(name):
    # The kernel 1 2 / 3 4 over 1 … 9 gives 1 + 4 + 12 + 20 = 37 and so on. Slopes 1, 2, 3, 4 go back through it: each
    # input gets every slope that it met, times the weight that it met it with.
    given = floats(1, 2, 3, 4, 5, 6, 7, 8, 9)
    probe = Probe("conv 1 2x2", name, given, floats(1, 2, 3, 4), w1=[1, 2, 3, 4], b1=0)
    np.testing.assert_allclose(probe.values(), [37, 47, 67, 77], rtol=1e-6)
    #   1·1          1·2 + 2·1                2·2
    #   1·3 + 3·1    1·4 + 2·3 + 3·2 + 4·1    2·4 + 4·2
    #   3·3          3·4 + 4·3                4·4
    expected = [1, 4, 4, 6, 20, 16, 9, 24, 16]
    np.testing.assert_allclose(probe.slopes(floats(37, 47, 67, 77)), expected, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_channels_of_a_convolution(name):
    # Two channels of 1 2 and 3 4; three output channels a + b, 10a, a − 100b.
    engine = open_engine("conv 3 1x1", (2, 1, 2), 6, name, w0=[1, 1, 10, 0, 1, -100], b0=[0, 5, 0])
    found = logits_both_ways(engine, images_of(1, 2, 3, 4, shape=(2, 1, 2)))
    np.testing.assert_allclose(found, [4, 6, 15, 25, -299, -398], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_flatten_keeps_pytorchs_order(name):
    engine = open_engine("flatten, dense", (2, 2, 2), 8, name, w1=np.eye(8), b1=[0] * 8)
    found = logits_both_ways(engine, images_of(1, 2, 3, 4, 5, 6, 7, 8, shape=(2, 2, 2)))
    np.testing.assert_allclose(found, [1, 2, 3, 4, 5, 6, 7, 8], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_dense(name):
    # Two inputs 3 and 5, three outputs: 3 + 10 + 0.5, −3 + 20 − 0.5, 0.
    engine = open_engine("dense", (1, 1, 2), 3, name, w1=[1, 2, -1, 4, 0, 0], b1=[0.5, -0.5, 0])
    found = logits_both_ways(engine, images_of(3, 5, shape=(1, 1, 2)))
    np.testing.assert_allclose(found, [13.5, 16.5, 0], rtol=1e-6)


# ------------------------------------------------------------------------------------------------------ the loss


def gradients_of_biases(name: str, labels: list[int], loss: LossSettings) -> tuple[float, np.ndarray]:
    """Probabilities of 1/8, 2/8 and 5/8, whatever the image."""
    biases = [0, math.log(2), math.log(5)]
    engine = open_engine("dense", (1, 1, 1), 3, name, w1=[0, 0, 0], b1=biases)
    result = engine.gradients(np.zeros((len(labels), 1, 1, 1), np.uint8), np.array(labels), loss)
    return result.loss, result.gradients["1.bias"]


@pytest.mark.parametrize("name", NAMES)
def test_cross_entropy(name):
    loss, slopes = gradients_of_biases(name, [2], LossSettings())
    assert loss == pytest.approx(0.4700036292, rel=1e-6)  # ln(8/5)
    np.testing.assert_allclose(slopes, [0.125, 0.25, -0.375], rtol=1e-6)
    loss, slopes = gradients_of_biases(name, [2, 0], LossSettings())
    assert loss == pytest.approx(1.2747225855, rel=1e-6)  # (ln(8/5) + ln 8)/2
    np.testing.assert_allclose(slopes, [-0.375, 0.25, 0.125], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_label_smoothing(name):
    # Asked for is 0.1, 0.1 and 0.8: the loss is 0.1·ln 8 + 0.1·ln 4 + 0.8·ln(8/5).
    loss, slopes = gradients_of_biases(name, [2], LossSettings(0.3))
    assert loss == pytest.approx(0.7225764937, rel=1e-6)
    np.testing.assert_allclose(slopes, [0.025, 0.15, -0.175], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_class_weights(name):
    # Labels 0 and 2 weigh 1 and 4: (ln 8 + 4·ln(8/5))/5, and (1·(−7, 2, 5) + 4·(1, 2, −3))/(5·8).
    loss, slopes = gradients_of_biases(name, [0, 2], LossSettings(0, (1, 2, 4)))
    assert loss == pytest.approx(0.7918912117, rel=1e-6)
    np.testing.assert_allclose(slopes, [-0.075, 0.25, -0.175], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_label_smoothing_with_class_weights(name):
    # As PyTorch has it: 0.7 of the above, and for each image 0.1 of ln 8 + 2·ln 4 + 4·ln(8/5), all over 5.
    loss, slopes = gradients_of_biases(name, [0, 2], LossSettings(0.3, (1, 2, 4)))
    assert loss == pytest.approx(0.8236056394, rel=1e-6)
    np.testing.assert_allclose(slopes, [-0.0575, 0.165, -0.1075], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_of_very_sure_logits_is_finite(name):
    engine = open_engine("dense", (1, 1, 1), 2, name, w1=[1, -1], b1=[0, 0])
    images = np.full((3, 1, 1, 1), 200, np.uint8)
    result = engine.gradients(images, np.array([1, 1, 1]), LossSettings())
    assert result.loss == pytest.approx(400, rel=1e-6)
    np.testing.assert_allclose(result.gradients["1.bias"], [1, -1], rtol=1e-6)


# ------------------------------------------------------------------------------------------------- the optimizers


def one_number(name: str, biases: list[float], settings: OptimizerSettings) -> tuple[NativeEngine, Trainer]:
    """A network whose two logits are its two biases, asked for class 0."""
    engine = open_engine("dense", (1, 1, 1), 2, name, w1=[0, 0], b1=biases)
    black = np.zeros((1, 1, 1, 1), np.uint8)
    return engine, engine.trainer(black, np.array([0]), settings, LossSettings(), seed=0)


def after_steps(name: str, settings: OptimizerSettings, biases: list[float], steps: int) -> np.ndarray:
    engine, trainer = one_number(name, biases, settings)
    found = []
    for _ in range(steps):
        trainer.run(np.array([0]), 1, np.array([0.1]))
        found.append(engine.weights()["1.bias"])
        assert engine.weights()["1.weight"].tolist() == [[0], [0]]  # a black pixel says nothing about its weights
    return np.array(found)


# Equal logits give slopes of −½ and ½. A step moves the logits to d and −d, where the slopes are ∓1/(1 + e^2d).


@pytest.mark.parametrize("name", NAMES)
def test_plain_sgd(name):
    settings = OptimizerSettings("sgd", momentum=0, nesterov=False)
    # 0.05 after one step, then 1/(1 + e^0.1) = 0.4750208 times 0.1 more.
    np.testing.assert_allclose(
        after_steps(name, settings, [0, 0], 2), [[0.05, -0.05], [0.0975021, -0.0975021]], rtol=1e-6
    )


@pytest.mark.parametrize("name", NAMES)
def test_sgd_with_momentum(name):
    settings = OptimizerSettings("sgd", momentum=0.9, nesterov=False)
    # The buffer is 0.5, then 0.9·0.5 + 0.4750208 = 0.9250208.
    np.testing.assert_allclose(
        after_steps(name, settings, [0, 0], 2), [[0.05, -0.05], [0.1425021, -0.1425021]], rtol=1e-6
    )


@pytest.mark.parametrize("name", NAMES)
def test_sgd_with_nesterov_momentum(name):
    settings = OptimizerSettings("sgd", momentum=0.9, nesterov=True)
    # The step is slope + 0.9·buffer: 0.5 + 0.45 = 0.95. Then the slope is 1/(1 + e^0.19) = 0.4526424, the buffer
    # 0.45 + 0.4526424 = 0.9026424, the step 0.4526424 + 0.8123781 = 1.2650205.
    np.testing.assert_allclose(
        after_steps(name, settings, [0, 0], 2), [[0.095, -0.095], [0.22150205, -0.22150205]], rtol=1e-6
    )


@pytest.mark.parametrize("name", NAMES)
def test_sgd_with_weight_decay(name):
    settings = OptimizerSettings("sgd", momentum=0, nesterov=False, weight_decay=0.5)
    # The slopes are −0.5 + 0.5·2 and 0.5 + 0.5·2.
    np.testing.assert_allclose(after_steps(name, settings, [2, 2], 1), [[1.95, 1.85]], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_adam(name):
    # The first step is the learning rate itself. Then the slope is 1/(1 + e^0.2) = 0.4501660, the moments are
    # 0.9·0.05 + 0.0450166 = 0.0900166 and 0.999·0.00025 + 0.0002026494 = 0.0004523994, corrected by 0.19 and 0.001999:
    # 0.4737716/√0.2263129 = 0.9958968.
    expected = [[0.1, -0.1], [0.19958968, -0.19958968]]
    np.testing.assert_allclose(after_steps(name, OptimizerSettings("adam"), [0, 0], 2), expected, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_adam_adds_weight_decay_to_the_slope(name):
    # −0.5 + 0.5·1 is no slope at all, 0.5 + 0.5·1 is one, and Adam's first step knows only which sign it has.
    settings = OptimizerSettings("adam", weight_decay=0.5)
    np.testing.assert_allclose(after_steps(name, settings, [1, 1], 1), [[1, 0.9]], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_adamw_takes_weight_decay_off_the_weight(name):
    # 1 − 0.1·0.5 = 0.95 of the weight, then a step of 0.1.
    settings = OptimizerSettings("adamw", weight_decay=0.5)
    np.testing.assert_allclose(after_steps(name, settings, [1, 1], 1), [[1.05, 0.85]], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_adams_memory_is_that_of_the_formula(name):
    _, trainer = one_number(name, [0, 0], OptimizerSettings("adam"))
    trainer.run(np.array([0]), 1, np.array([0.1]))
    state = trainer.state()
    assert state["step"] == 1
    np.testing.assert_allclose(state["exp_avg/1.bias"], [-0.05, 0.05], rtol=1e-6)
    np.testing.assert_allclose(state["exp_avg_sq/1.bias"], [0.00025, 0.00025], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_reports_its_loss_and_right_answers_before_its_update(name):
    # Logits 0 and 0: the loss is ln 2, and of equal logits the first counts as the answer.
    engine = open_engine("dense", (1, 1, 1), 2, name, w1=[0, 0], b1=[0, 0])
    images = np.ones((3, 1, 1, 1), np.uint8)
    trainer = engine.trainer(images, np.array([0, 0, 1]), OptimizerSettings("sgd"), LossSettings(), seed=0)
    steps = trainer.run(np.array([0, 1, 2]), 3, np.array([0.1]))
    np.testing.assert_allclose(steps.losses, [math.log(2)], rtol=1e-6)
    assert steps.correct.tolist() == [2]
