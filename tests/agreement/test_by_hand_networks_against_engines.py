"""Whole networks by hand against the engines: the output of every layer, with drawn weights and after training."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import convlens
from convlens import by_hand
from convlens.data import Dataset, LabelledImages, load_dataset
from convlens.engines import Engine, EngineName, Plan, Weights, open_engine
from convlens.errors import NetworkError
from convlens.layers import ACTIVATIONS, KINDS, walk
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

TEXTS = [
    "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense",
    "conv 4 3x5 pad 1x2 stride 2 dilation 2x1, leaky_relu 0.2, avgpool 3 stride 2 pad 1, dense 7, tanh, dense",
    "conv 2 1x1, sigmoid, maxpool 3 stride 1 pad 1, conv 5 2x2 stride 2, batchnorm, globalavgpool, dense",
    "batchnorm, dropout 0.9, flatten, relu, dense 6, sigmoid, dense",
    "conv 3 4x2 pad 3x1 dilation 2x3, maxpool 2x3 stride 1x2 pad 1x0, dense",
    "dropout 0.5, avgpool 2x3, tanh, dense 5, leaky_relu, dropout 0.1, dense",
    "conv 3 3x3, relu, dense 6, batchnorm, relu, dense",
    "conv 6 3x3 pad 1, gelu, conv 6 3x3 pad 1 groups 6, silu, conv 4 3x3 stride 2 groups 2, gelu, dense",
    "residual(conv 3 3x3 pad 1, batchnorm, relu, conv 3 3x3 pad 1, shortcut conv 3 1x1), relu, dense",
    "conv 4 3x3, residual(conv 6 3x3 stride 2 pad 1, shortcut conv 6 1x1 stride 2), gelu, globalavgpool, dense",
    "concat(conv 2 1x1; conv 3 3x3 pad 1, relu; maxpool 3 stride 1 pad 1; ), batchnorm, maxpool 2, dense",
    "residual(concat(relu; tanh; ), conv 1 1x1, shortcut conv 1 3x3 pad 1), flatten, residual(dense 195, silu), dense",
]
EXAMPLES = [kind.example for kind in ACTIVATIONS.values()]
LAYERS_ON_MAPS = ["conv 3 3x3 pad 1", "conv 4 2x3 stride 2x1", "conv 2 3x1 dilation 2 pad 1", "maxpool 2", "avgpool 2"]
LAYERS_ON_MAPS += ["maxpool 3 stride 2 pad 1", "avgpool 3x2 stride 1x2 pad 1x0", "batchnorm", "dropout 0.4"]
LAYERS_ON_MAPS += ["leaky_relu 0.3", "residual(relu, dropout 0.1, shortcut tanh)", *EXAMPLES]
LAYERS_ON_MAPS += [
    "residual(concat(sigmoid; ; gelu), conv 4 3x3 pad 1, shortcut conv 4 1x1)",
    "conv 4 1x1, conv 8 2x2 groups 4",
]
LAYERS_ON_MAPS += [
    "concat(avgpool 3 stride 1 pad 1; conv 2 1x1, batchnorm; residual(conv 4 1x1, shortcut conv 4 5x5 pad 2))"
]
LAYERS_ON_ROWS = ["dense 6", "dropout 0.2", *EXAMPLES]
LAYERS_ON_ROWS += ["residual(relu)", "concat(dense 3; tanh)", "residual(dense 4, shortcut dense 4, residual(tanh))"]
ENGINES = [pytest.param("native", marks=pytest.mark.native), "torch"]


@pytest.fixture(params=ENGINES, scope="module")
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    if request.param == "torch":
        pytest.importorskip("torch")
    else:
        pytest.importorskip("convlens.engines._native")
    return request.param


def drawn_weights(plan: Plan, seed: int) -> Weights:
    """Fresh weights, with statistics and scales of batch normalisation that are not the trivial ones."""
    weights = initial_weights(plan.network, plan.input_shape, plan.classes, seed)
    random = np.random.default_rng(seed)
    for name in [name for name in weights if name.endswith("running_mean")]:
        for kind in ("running_mean", "running_var", "weight", "bias"):
            key = name.replace("running_mean", kind)
            weights[key] = random.uniform(0.5, 1.5, weights[key].shape).astype(np.float32)
    return weights


def check_every_layer(engine: Engine, weights: Weights, images: np.ndarray) -> None:
    """By hand each image alone, from the normalised input that the engine shows, and all of its layers."""
    activations = engine.activations(images)
    for number, image in enumerate(images):
        normalised = engine.plan.normalisation.apply(image[np.newaxis])[0]
        np.testing.assert_allclose(activations[0][number], normalised, rtol=1e-5, atol=1e-6)
        results = by_hand.run_network(engine.plan.network, weights, normalised)
        assert len(results) == len(activations) - 1
        for result, found in zip(results, activations[1:], strict=True):
            assert result.output.shape == found[number].shape, result.text
            np.testing.assert_allclose(found[number], result.output, rtol=1e-4, atol=1e-5, err_msg=result.text)
        np.testing.assert_allclose(engine.logits(images)[number], results[-1].output, rtol=1e-4, atol=1e-5)


def check_network(engine_name: EngineName, text: str, shape: tuple[int, int, int], seed: int) -> None:
    network = Network.from_text(text)
    normalisation = Normalisation((0.4,) * shape[0], (0.3,) * shape[0])
    plan = Plan(network, shape, 4, normalisation)
    weights = drawn_weights(plan, seed)
    engine = open_engine(plan, engine_name, "cpu", threads=1)
    engine.set_weights(weights)
    images = np.random.default_rng(seed).integers(0, 256, (2, *shape), np.uint8)
    check_every_layer(engine, weights, images)


def test_every_kind_of_layer_is_in_the_texts() -> None:
    kinds = {type(layer) for text in TEXTS for layer in walk(Network.from_text(text).layers)}
    assert kinds == set(KINDS.values())


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_layer_gives_what_the_engine_gives(engine_name: EngineName, text: str, channels: int) -> None:
    check_network(engine_name, text, (channels, 13, 15), seed=1)


@given(
    st.lists(st.sampled_from(LAYERS_ON_MAPS), max_size=5),
    st.lists(st.sampled_from(LAYERS_ON_ROWS), max_size=3),
    st.tuples(st.integers(1, 3), st.integers(4, 14), st.integers(4, 14)),
    st.integers(0, 10**6),
)
def test_drawn_networks_give_what_the_engine_gives(
    engine_name: EngineName, on_maps: list[str], on_rows: list[str], shape: tuple[int, int, int], seed: int
) -> None:
    rows = [] if not on_rows else ["flatten", *on_rows]
    text = ", ".join([*on_maps, *rows, "dense"])
    try:
        Network.from_text(text).resolve(shape, 4)
    except NetworkError:
        assume(False)
    check_network(engine_name, text, shape, seed)


def test_a_trained_network_gives_what_the_engine_gives(engine_name: EngineName, digits_8x8: Dataset) -> None:
    text = "conv 6 3x3 pad 1, batchnorm, leaky_relu, maxpool 2, dropout 0.1, conv 8 3x3 pad 1, relu, avgpool 2, dense"
    model = convlens.train(digits_8x8, network=text, epochs=1, batch_size=100, threads=1, device="cpu")
    assert digits_8x8.test is not None
    check_every_layer(model.open_engine(engine_name, threads=1), model.weights, digits_8x8.test.images[:20])


@pytest.mark.slow
def test_a_network_trained_on_mnist_gives_what_the_engine_gives(engine_name: EngineName, user_data_folder) -> None:
    mnist = load_dataset("mnist", data_dir=user_data_folder)
    train = LabelledImages(mnist.train.images[:6000], mnist.train.labels[:6000], mnist.train.class_names, "a tenth")
    model = convlens.train(train, recipe="tutorial", epochs=1, threads=1, device="cpu")
    assert mnist.test is not None
    images = mnist.test.images[:10]
    check_every_layer(model.open_engine(engine_name, threads=1), model.weights, images)
    normalised = model.preprocessing.normalisation.apply(images)
    answers = [by_hand.run_network(model.network, model.weights, image)[-1].output.argmax() for image in normalised]
    assert np.count_nonzero(np.array(answers) == mnist.test.labels[:10]) >= 8
