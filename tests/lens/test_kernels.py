"""Dead and duplicate kernels in networks whose weights are set by hand, on both engines."""

import json
from typing import Any

import numpy as np
import pytest

from convlens.engines import Engine, Plan, open_engine
from convlens.errors import UsageError
from convlens.lens import KernelFacts, LayerKernels, describe_kernels, examine_kernels, kernels
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation

WHITE = np.full((1, 1, 3, 3), 255, np.uint8)
BLACK = np.zeros((1, 1, 3, 3), np.uint8)
MEAN = np.full((1, 3, 3), 1 / 9)
"""On a white image of 3×3 this gives 1, on a black one 0."""
LEFT = np.array([[[1, 0, 0], [1, 0, 0], [1, 0, 0]]]) / 3
TOP = LEFT.transpose(0, 2, 1)


@pytest.fixture(params=[pytest.param("native", marks=pytest.mark.native), "torch"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return request.param


def make_engine(
    name: str, text: str, shape: tuple[int, int, int] = (1, 3, 3), seed: int = 0, **given: np.ndarray | list[Any]
) -> Engine:
    """An engine whose weights are random but for those given, such as `w0` for "0.weight" and `b0` for "0.bias"."""
    network = Network.from_text(text)
    normalisation = Normalisation((0.0,) * shape[0], (1.0,) * shape[0])
    engine = open_engine(Plan(network, shape, 2, normalisation), name, "cpu", 1)
    weights = initial_weights(network, shape, 2, seed)
    for key, values in given.items():
        full = {"w": "weight", "b": "bias", "m": "running_mean", "v": "running_var"}[key[0]]
        weights[f"{key[1:]}.{full}"] = np.array(values, np.float32).reshape(weights[f"{key[1:]}.{full}"].shape)
    engine.set_weights(weights)
    return engine


def test_facts_of_kernels_by_hand(engine_name):
    engine = make_engine(engine_name, "conv 3 3x3, relu, dense", w0=[MEAN, LEFT, -MEAN], b0=[-0.25, -1.5, 0.5])
    (layer,) = examine_kernels(engine, np.concatenate([BLACK, WHITE]))
    assert (layer.layer, layer.text, layer.weights.shape) == (0, "conv 3 3x3", (3, 1, 3, 3))
    np.testing.assert_allclose(layer.weights, np.stack([MEAN, LEFT, -MEAN]), rtol=1e-6)
    first, second, third = layer.kernels
    # white: 1 − 0.25; length √(9/81)
    assert (first.number, first.dead, first.like) == (0, False, None)
    assert (first.largest, first.length, first.bias) == pytest.approx((0.75, 1 / 3, -0.25))
    # white: 1 − 1.5 is below zero, black even more; length √(3/9); cosine to the first (3/27)/(1/3 · 1/√3) = 1/√3
    assert (second.number, second.dead, second.like) == (1, True, None)
    assert (second.largest, second.length, second.bias) == pytest.approx((0.0, 3**-0.5, -1.5))
    assert second.likeness == pytest.approx(3**-0.5)
    # black: 0 + 0.5, though white gives 0.5 − 1
    assert (third.number, third.dead, third.like) == (2, False, None)
    assert (third.largest, third.bias) == pytest.approx((0.5, 0.5))
    assert third.likeness == pytest.approx(-(3**-0.5))  # of the two earlier ones, the less opposite
    assert (layer.dead, layer.duplicates) == ((1,), ())


def test_a_kernel_is_dead_only_if_it_is_so_on_every_image(engine_name):
    engine = make_engine(engine_name, "conv 2 3x3, relu, dense", w0=[MEAN, -MEAN], b0=[-0.5, 0.5])
    for images, dead in ((WHITE, (1,)), (BLACK, (0,)), (np.concatenate([BLACK, WHITE]), ())):
        (layer,) = examine_kernels(engine, images)
        assert layer.dead == dead


def test_one_place_of_one_map_is_enough_to_be_alive(engine_name):
    image = np.zeros((1, 1, 5, 5), np.uint8)
    image[0, 0, 4, 4] = 255  # seen by the last of nine windows alone
    engine = make_engine(engine_name, "conv 2 3x3, relu, dense", (1, 5, 5), w0=[MEAN, MEAN], b0=[-0.1, -0.12])
    (layer,) = examine_kernels(engine, image)
    assert layer.dead == (1,)
    assert layer.kernels[0].largest == pytest.approx(1 / 9 - 0.1, rel=1e-5)


def test_what_never_is_above_zero_behind_batch_normalisation_and_relu_is_dead(engine_name):
    """(1 − mean)/√(variance + ε) · weight + bias, of a convolution that gives 1 everywhere."""
    engine = make_engine(
        engine_name, "conv 4 3x3, batchnorm, relu, dense", w0=[MEAN] * 4, b0=[0.0] * 4,
        m1=[0.0, 0.0, 3.0, 3.0], v1=[1.0] * 4, w1=[1.0, 1.0, 1.0, -1.0], b1=[0.0, -1.5, 0.0, 0.0],
    )  # fmt: skip
    (layer,) = examine_kernels(engine, WHITE)
    assert layer.dead == (1, 2)  # 1 − 1.5 and 1 − 3; the first has 1, the last −(1 − 3)
    assert [kernel.largest for kernel in layer.kernels] == pytest.approx([1, 0, 0, 2], rel=1e-4)


def test_what_comes_behind_relu_does_not_bring_a_kernel_to_life(engine_name):
    """Batch normalisation moves what ReLU gave: the dead one hands on 3 always, the other one 1 − 5."""
    engine = make_engine(
        engine_name, "conv 2 3x3, relu, batchnorm, dense", w0=[-MEAN, MEAN], b0=[0.0, 0.0],
        m2=[0.0, 0.0], v2=[1.0, 1.0], w2=[1.0, 1.0], b2=[3.0, -5.0],
    )  # fmt: skip
    (layer,) = examine_kernels(engine, WHITE)
    assert layer.dead == (0,)
    assert [kernel.largest for kernel in layer.kernels] == pytest.approx([0, 1])


@pytest.mark.parametrize("behind", ["", "batchnorm, ", "leaky_relu 0.1, ", "leaky_relu 0.1, relu, "])
def test_without_relu_right_behind_it_no_kernel_is_dead_unless_its_weights_are_zero(engine_name, behind):
    nothing = np.zeros((1, 3, 3))
    text = f"conv 3 3x3, {behind}dense"
    engine = make_engine(engine_name, text, w0=[-MEAN, nothing, MEAN], b0=[-1.0, 1.0, -9.0])
    (layer,) = examine_kernels(engine, np.concatenate([BLACK, WHITE]))
    assert layer.dead == (1,)
    assert layer.kernels[0].largest < 0 or "batchnorm" in behind


def test_a_kernel_that_a_shortcut_reads_too_is_not_dead_where_relu_cuts_it(engine_name):
    engine = make_engine(engine_name, "conv 2 3x3, residual(relu), dense", w0=[-MEAN, MEAN], b0=[-1.0, 0.0])
    (layer,) = examine_kernels(engine, WHITE)
    assert layer.dead == ()
    assert [kernel.largest for kernel in layer.kernels] == pytest.approx([-2, 1])  # of the convolution itself


def test_zeros_are_dead_behind_relu_too_whatever_their_bias(engine_name):
    engine = make_engine(engine_name, "conv 2 3x3, relu, dense", w0=[np.zeros((1, 3, 3)), MEAN], b0=[5.0, 0.0])
    (layer,) = examine_kernels(engine, WHITE)
    assert layer.dead == (0,)
    assert (layer.kernels[0].largest, layer.kernels[0].length) == (5, 0)


def test_kernels_that_point_the_same_way_are_near_duplicates_whatever_their_length(engine_name):
    nearly = LEFT + 0.01 * TOP
    given = [LEFT, TOP, nearly, -LEFT, 0.001 * TOP, 3 * LEFT, np.zeros((1, 3, 3))]
    engine = make_engine(engine_name, "conv 7 3x3, relu, dense", w0=given)
    (layer,) = examine_kernels(engine, WHITE)
    # LEFT · TOP = 1/9 and each · itself 1/3, so of LEFT + 0.01 TOP: (1/3 + 0.01/9)/√(1/3 · (1/3 + 0.02/9 + 0.0001/3))
    cosine = (1 / 3 + 0.01 / 9) / (1 / 3 * (1 / 3 + 0.02 / 9 + 0.0001 / 3)) ** 0.5
    assert [(earlier, later) for earlier, later, _ in layer.duplicates] == [(0, 2), (1, 4), (0, 5)]
    assert [likeness for *_, likeness in layer.duplicates] == pytest.approx([cosine, 1, 1], abs=1e-6)
    assert layer.kernels[3].likeness == pytest.approx(-1 / 3)  # opposite to the first, and like none before it
    assert layer.kernels[3].like is None
    assert (layer.kernels[6].like, layer.kernels[6].likeness) == (None, -1)  # zeros point nowhere


@pytest.mark.parametrize(("cosine", "like"), [(0.99, 0), (0.9805, 0), (0.9795, None), (0.5, None), (-1.0, None)])
def test_near_is_a_cosine_of_98_hundredths(engine_name, cosine, like):
    first, second = np.zeros(9), np.zeros(9)
    first[0], second[:2] = 1, (cosine, (1 - cosine**2) ** 0.5)
    engine = make_engine(engine_name, "conv 2 3x3, relu, dense", w0=np.stack([first, second]))
    (layer,) = examine_kernels(engine, WHITE)
    assert layer.kernels[1].like == like
    assert layer.kernels[1].likeness == pytest.approx(cosine, abs=1e-6)
    assert (layer.kernels[0].like, layer.kernels[0].likeness) == (None, -1)


def test_a_kernel_is_compared_with_the_earlier_one_that_is_most_like_it(engine_name):
    given = [LEFT + 0.1 * TOP, LEFT + 0.01 * TOP, LEFT]
    (layer,) = examine_kernels(make_engine(engine_name, "conv 3 3x3, dense", w0=given), WHITE)
    assert [(earlier, later) for earlier, later, _ in layer.duplicates] == [(0, 1), (1, 2)]


def test_the_same_pattern_in_another_channel_is_another_kernel(engine_name):
    red, blue = np.zeros((2, 3, 3, 3))
    red[0], blue[2] = LEFT[0], LEFT[0]
    engine = make_engine(engine_name, "conv 3 3x3, relu, dense", (3, 3, 3), w0=[red, blue, red])
    (layer,) = examine_kernels(engine, np.full((1, 3, 3, 3), 255, np.uint8))
    assert [(earlier, later) for earlier, later, _ in layer.duplicates] == [(0, 2)]


def test_every_convolution_is_examined_behind_what_comes_before_it(engine_name):
    """The first hands 1 and 0 to the second, which subtracts; so it is dead, but its twin with a bias is not."""
    text = "conv 2 3x3 pad 1, relu, maxpool 3, conv 2 1x1, batchnorm, relu, conv 1 1x1, dense"
    middle = np.zeros((2, 1, 3, 3))
    middle[0, 0, 1, 1] = 1
    engine = make_engine(
        engine_name, text, w0=middle, b0=[0.0, 0.0], w3=[[-1.0, 0.0], [-1.0, 0.0]], b3=[0.0, 1.5],
        m4=[0.0, 0.0], v4=[1.0, 1.0], w4=[1.0, 1.0], b4=[0.0, 0.0], w6=[[0.0, -2.0]], b6=[0.0],
    )  # fmt: skip
    found = examine_kernels(engine, WHITE)
    assert [(layer.layer, layer.text) for layer in found] == [
        (0, "conv 2 3x3 pad 1"), (3, "conv 2 1x1"), (6, "conv 1 1x1"),
    ]  # fmt: skip
    assert [layer.dead for layer in found] == [(1,), (0,), ()]
    assert [layer.duplicates for layer in found] == [(), ((0, 1, 1.0),), ()]
    assert found[2].kernels[0].largest == pytest.approx(-2 * 0.5, rel=1e-4)


@pytest.mark.parametrize("text", ["dense", "dense 4, relu, dense", "maxpool 2, flatten, dense"])
def test_a_network_without_convolutions_has_no_kernels(engine_name, text):
    assert examine_kernels(make_engine(engine_name, text), WHITE) == ()


def test_only_the_first_512_images_are_looked_at(engine_name):
    engine = make_engine(engine_name, "conv 1 3x3, relu, dense", w0=[MEAN], b0=[-0.5])
    images = np.concatenate([np.repeat(BLACK, 512, axis=0), WHITE])
    assert examine_kernels(engine, images)[0].dead == (0,)
    assert examine_kernels(engine, images[1:])[0].dead == ()


def test_blocks_of_images_give_the_same_as_all_at_once(engine_name, monkeypatch):
    text = "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, conv 5 3x3, relu, dense"
    engine = make_engine(engine_name, text, (1, 12, 12), seed=4)
    images = np.random.default_rng(1).integers(0, 256, (70, 1, 12, 12), np.uint8)
    sizes: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(engine, name)

        def activations(self, some: np.ndarray) -> list[np.ndarray]:
            sizes.append(len(some))
            return engine.activations(some)

    whole = examine_kernels(Counting(), images)  # pyright: ignore[reportArgumentType]
    assert sizes == [70]
    sizes.clear()
    # the input, then the maps of conv, batchnorm and relu, of the pool, of the second pair, what is flat, the answer
    numbers = 144 + 3 * 4 * 144 + 4 * 36 + 2 * 5 * 16 + 80 + 2
    monkeypatch.setattr(kernels, "_NUMBERS_AT_A_TIME", 30 * numbers)
    in_blocks = examine_kernels(Counting(), images)  # pyright: ignore[reportArgumentType]
    assert sizes == [30, 30, 10]
    monkeypatch.setattr(kernels, "_NUMBERS_AT_A_TIME", 1)
    one_by_one = examine_kernels(Counting(), images)  # pyright: ignore[reportArgumentType]
    assert sizes[3:] == [1] * 70
    for found in (in_blocks, one_by_one):
        for layer, expected in zip(found, whole, strict=True):
            assert (layer.dead, layer.duplicates) == (expected.dead, expected.duplicates)
            assert [kernel.largest for kernel in layer.kernels] == pytest.approx(
                [kernel.largest for kernel in expected.kernels], rel=1e-5, abs=1e-6
            )


@pytest.mark.native
def test_both_engines_see_the_same_kernels():
    images = np.random.default_rng(1).integers(0, 256, (20, 3, 12, 12), np.uint8)
    text = "conv 6 3x3, batchnorm, relu, conv 8 3x3 stride 2, leaky_relu, conv 4 1x1, relu, dense"
    native, torch = (examine_kernels(make_engine(name, text, (3, 12, 12)), images) for name in ("native", "torch"))
    assert len(native) == 3
    for one, other in zip(native, torch, strict=True):
        assert one.as_dict() == other.as_dict()
        assert [kernel.largest for kernel in one.kernels] == pytest.approx(
            [kernel.largest for kernel in other.kernels], rel=1e-4, abs=1e-5
        )


def test_looking_changes_no_weight(engine_name):
    engine = make_engine(engine_name, "conv 2 3x3, batchnorm, relu, dense")
    before = engine.weights()
    examine_kernels(engine, np.concatenate([BLACK, WHITE]))
    for name, array in engine.weights().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_of_very_many_kernels_none_are_compared_but_the_dead_are_found(engine_name, monkeypatch):
    engine = make_engine(engine_name, "conv 3 3x3, relu, dense", w0=[MEAN, MEAN, -MEAN], b0=[0.0, 0.0, 0.0])
    monkeypatch.setattr(kernels, "_MOST_COMPARED", 3)
    assert examine_kernels(engine, WHITE)[0].duplicates == ((0, 1, 1.0),)
    monkeypatch.setattr(kernels, "_MOST_COMPARED", 2)
    (layer,) = examine_kernels(engine, WHITE)
    assert (layer.dead, layer.duplicates) == ((2,), ())
    assert [kernel.likeness for kernel in layer.kernels] == [-1, -1, -1]


def test_zeros_are_like_nothing_that_comes_later(engine_name):
    given = [np.zeros((1, 3, 3)), LEFT, -LEFT, np.zeros((1, 3, 3)), 2 * LEFT]
    (layer,) = examine_kernels(make_engine(engine_name, "conv 5 3x3, dense", w0=given), WHITE)
    assert [kernel.likeness for kernel in layer.kernels] == [-1, -1, -1, -1, 1]
    assert layer.duplicates == ((1, 4, 1.0),)


def test_images_of_another_shape_are_refused(engine_name):
    engine = make_engine(engine_name, "conv 2 3x3, relu, dense")
    with pytest.raises(UsageError, match=r"^images are uint8, 2×1×4×4; this network takes uint8, N×1×3×3\.$"):
        examine_kernels(engine, np.zeros((2, 1, 4, 4), np.uint8))


def make_layer(*rows: tuple[bool, int | None]) -> LayerKernels:
    """Kernels that are dead or not, and like an earlier one or not."""
    facts = [
        KernelFacts(number, 1.0, 0.0, 1.0, dead, like, 0.991 if like is not None else 0.2)
        for number, (dead, like) in enumerate(rows)
    ]
    return LayerKernels(3, "conv 5 3x3", np.zeros((len(rows), 1, 3, 3), np.float32), tuple(facts))


def test_what_is_odd_is_said_in_words_counted_from_zero():
    assert describe_kernels(make_layer((False, None), (False, None))) == []
    assert describe_kernels(make_layer((False, None), (True, None))) == [
        "Layer 3 (conv 5 3x3): kernel 1 is dead; its output is never above zero."
    ]
    assert describe_kernels(make_layer((True, None), (False, None), (True, 0), (False, 1))) == [
        "Layer 3 (conv 5 3x3): kernels 0, 2 are dead; their outputs are never above zero.",
        "Layer 3 (conv 5 3x3): near duplicates, with their cosine similarity: 2 like 0 (0.99), 3 like 1 (0.99).",
    ]


def test_a_layer_is_plain_values_counted_from_zero():
    layer = make_layer((True, None), (False, None), (True, 0))
    assert json.loads(json.dumps(layer.as_dict())) == {
        "layer": 3,
        "text": "conv 5 3x3",
        "kernels": 3,
        "dead": [0, 2],
        "near_duplicates": [{"kernel": 2, "like": 0, "cosine": 0.991}],
    }


@pytest.mark.parametrize("between", ["maxpool 1", "avgpool 1", "dropout 0.5", "batchnorm, maxpool 1"])
def test_what_passes_maps_on_may_stand_between_a_kernel_and_its_relu(between):
    network = Network.from_text(f"conv 1 3x3, {between}, relu, dense")
    weights = initial_weights(network, (1, 8, 8), 2, seed=0)
    weights["0.weight"][:], weights["0.bias"][:] = -1, -5
    engine = open_engine(Plan(network, (1, 8, 8), 2, Normalisation()))
    engine.set_weights(weights)
    (layer,) = examine_kernels(engine, np.zeros((2, 1, 8, 8), np.uint8))
    assert layer.dead == (0,)
    assert describe_kernels(layer)[0].endswith("kernel 0 is dead; its output is never above zero.")


def test_a_kernel_of_zeros_is_dead_for_another_reason():
    network = Network.from_text("conv 1 3x3, relu, dense")
    weights = initial_weights(network, (1, 8, 8), 2, seed=0)
    weights["0.weight"][:], weights["0.bias"][:] = 0, 5
    engine = open_engine(Plan(network, (1, 8, 8), 2, Normalisation()))
    engine.set_weights(weights)
    (layer,) = examine_kernels(engine, np.zeros((2, 1, 8, 8), np.uint8))
    assert describe_kernels(layer) == ["Layer 0 (conv 1 3x3): kernel 0 is dead; its weights are all zero."]
