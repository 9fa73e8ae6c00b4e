"""Convolution, pooling and one step back by hand against PyTorch in float64, on drawn shapes, strides and paddings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens import by_hand
from convlens.errors import UsageError

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402

ACTIVATIONS: dict[str | None, Callable[[Tensor], Tensor]] = {
    None: lambda values: values,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
PADDING_MODES: dict[str, str] = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"}
CLOSE: Any = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture(autouse=True, scope="module")
def one_thread_for_torch() -> Iterator[None]:
    """Small tensors in float64 take several times as long with two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Layer:
    """An image, kernels and a bias with the settings of a convolution that fits."""

    image: np.ndarray
    kernels: np.ndarray
    bias: np.ndarray
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]

    def settings(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}


@st.composite
def layers(draw: Any, reflected: bool = False) -> Layer:
    """Up to four channels and kernels of up to 4×4, square or not; the image is at least as large as is needed."""
    channels, count = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    kernel, strides, paddings, dilations, size = [], [], [], [], []
    for _ in range(2):
        kernel.append(draw(st.integers(1, 4)))
        strides.append(draw(st.integers(1, 3)))
        paddings.append(draw(st.integers(0, 3)))
        dilations.append(draw(st.integers(1, 3)))
        least = max(1, dilations[-1] * (kernel[-1] - 1) + 1 - 2 * paddings[-1], paddings[-1] + 1 if reflected else 1)
        size.append(least + draw(st.integers(0, 6)))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    image, kernels = random.normal(size=(channels, *size)), random.normal(size=(count, channels, *kernel))
    pairs = [(one[0], one[1]) for one in (strides, paddings, dilations)]
    return Layer(image, kernels, random.normal(size=count), *pairs)


def torch_convolution(layer: Layer, padding_mode: str, with_bias: bool) -> Tensor:
    (top, left), image = layer.padding, torch.from_numpy(layer.image)[None]
    padded = functional.pad(image, (left, left, top, top), PADDING_MODES[padding_mode])
    bias = torch.from_numpy(layer.bias) if with_bias else None
    kernels = torch.from_numpy(layer.kernels)
    return functional.conv2d(padded, kernels, bias, stride=layer.stride, dilation=layer.dilation)[0]


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(st.data(), st.booleans())
def test_convolutional_layers_give_what_torch_gives(
    padding_mode: str, activation: Any, data: st.DataObject, with_bias: bool
) -> None:
    layer = data.draw(layers(reflected=padding_mode == "reflect"))
    expected = ACTIVATIONS[activation](torch_convolution(layer, padding_mode, with_bias)).numpy()
    settings = {**layer.settings(), "padding_mode": padding_mode, "activation": activation}
    found = by_hand.conv2d(layer.image, layer.kernels, layer.bias if with_bias else None, **settings)
    assert (found.shape, found.dtype) == (expected.shape, np.float64)
    np.testing.assert_allclose(found, expected, **CLOSE)
    single = by_hand.conv2d(layer.image, layer.kernels[-1], layer.bias[-1] if with_bias else None, **settings)
    np.testing.assert_allclose(single, expected[-1], **CLOSE)


@given(layers(), st.sampled_from(list(ACTIVATIONS)))
def test_the_window_positions_of_a_layer_add_up(layer: Layer, activation: Any) -> None:
    found = by_hand.conv2d(layer.image, layer.kernels, layer.bias, **layer.settings(), activation=activation)
    trace = by_hand.trace_conv2d(layer.image, layer.kernels, layer.bias, **layer.settings(), activation=activation)
    assert (trace.shape, len(trace)) == (found.shape, found.size)
    for position, window in zip(np.ndindex(found.shape), trace, strict=True):
        assert window.position == position
        for place in np.ndindex(layer.kernels.shape[1:]):
            row, column = np.add(window.start, np.multiply(place[1:], layer.dilation))
            inside = 0 <= row < layer.image.shape[1] and 0 <= column < layer.image.shape[2]
            assert window.covered[place] == (layer.image[place[0], row, column] if inside else 0)
        np.testing.assert_array_equal(window.kernel, layer.kernels[position[0]])
        np.testing.assert_array_equal(window.products, window.covered * window.kernel)
        np.testing.assert_allclose(window.channel_sums, window.products.sum(axis=(1, 2)), **CLOSE)
        assert window.bias == layer.bias[position[0]]
        assert window.total == pytest.approx(sum(window.channel_sums) + window.bias, rel=1e-12)
        assert window.result == pytest.approx(float(by_hand.activate(window.total, activation)), rel=1e-12)
    np.testing.assert_allclose([window.result for window in trace], found.ravel(), **CLOSE)


@given(layers(), st.data())
def test_the_gradient_of_a_weight_is_autograds(layer: Layer, data: st.DataObject) -> None:
    kernels = torch.from_numpy(layer.kernels).requires_grad_()
    maps = functional.conv2d(torch.from_numpy(layer.image)[None], kernels, **layer.settings())[0]
    slopes = np.random.default_rng(data.draw(st.integers(0, 10**6))).normal(size=tuple(maps.shape))
    maps.backward(torch.from_numpy(slopes))
    weight = tuple(data.draw(st.integers(0, size - 1)) for size in layer.kernels.shape)
    assert kernels.grad is not None
    expected = float(kernels.grad[weight])
    operands = layer.image, slopes, weight, layer.kernels.shape[2:]
    found = by_hand.kernel_weight_gradient(*operands, **layer.settings())
    trace = by_hand.trace_kernel_weight_gradient(*operands, **layer.settings())
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert trace[-1].sum_so_far == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert sum(term.product for term in trace) == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert [term.output_gradient for term in trace] == slopes[weight[0]].ravel().tolist()
    assert all(term.product == term.met * term.output_gradient for term in trace)


@dataclass(frozen=True)
class Pool:
    """An image and the settings of a pooling, which may be too large for it."""

    image: np.ndarray
    settings: dict[str, Any]


@st.composite
def pools(draw: Any, same_values: bool) -> Pool:
    kernel, strides, paddings = ([draw(st.integers(1, 4)) for _ in range(2)] for _ in range(3))
    padding = tuple(min(pad - 1, size // 2) for pad, size in zip(paddings, kernel, strict=True))
    shape = [draw(st.integers(1, 3)), draw(st.integers(1, 9)), draw(st.integers(1, 9))]
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    image = random.integers(-3, 3, shape).astype(float) if same_values else random.normal(size=shape)
    settings = {"kernel_size": tuple(kernel), "padding": padding, "ceil_mode": draw(st.booleans())}
    if draw(st.booleans()):
        settings["stride"] = tuple(strides)
    return Pool(image, settings)


def both_or_neither(
    by_hand_pool: Callable[..., np.ndarray], torch_pool: Callable[..., Any], pool: Pool
) -> tuple[np.ndarray, Any] | None:
    """What both make of it; None if the window is too large, which then both must say."""
    try:
        found = by_hand_pool(pool.image, **pool.settings)
    except UsageError:
        with pytest.raises(RuntimeError, match="Output size is too small"):
            torch_pool(torch.from_numpy(pool.image)[None], **pool.settings)
        return None
    return found, torch_pool(torch.from_numpy(pool.image)[None], **pool.settings)


@pytest.mark.parametrize("same_values", [False, True])
@given(st.data())
def test_max_pooling_gives_what_torch_gives_and_names_the_same_winners(same_values: bool, data: st.DataObject) -> None:
    pool = data.draw(pools(same_values))
    both = both_or_neither(
        by_hand.max_pool2d, lambda *given, **named: functional.max_pool2d(*given, **named, return_indices=True), pool
    )
    if both is None:
        return
    found, (values, flat) = both
    np.testing.assert_array_equal(found, values[0].numpy())
    winners = by_hand.max_pool2d_winners(pool.image, **pool.settings)
    np.testing.assert_array_equal(winners, np.stack(np.divmod(flat[0].numpy(), pool.image.shape[2]), axis=-1))
    trace = by_hand.trace_max_pool2d(pool.image, **pool.settings)
    assert trace.shape == found.shape
    for position, window in zip(np.ndindex(found.shape), trace, strict=True):
        assert window.position == position
        assert window.result == np.nanmax(window.covered) == found[position]
        assert window.winner == (position[0], *winners[position])
        assert window.divisor == 0


@pytest.mark.parametrize("same_values", [False, True])
@given(st.data())
def test_average_pooling_gives_what_torch_gives(same_values: bool, data: st.DataObject) -> None:
    pool = data.draw(pools(same_values))
    both = both_or_neither(by_hand.avg_pool2d, functional.avg_pool2d, pool)
    if both is None:
        return
    found, expected = both
    np.testing.assert_allclose(found, expected[0].numpy(), **CLOSE)
    for channel, image in enumerate(pool.image):
        np.testing.assert_array_equal(by_hand.avg_pool2d(image, **pool.settings), found[channel])
    trace = by_hand.trace_avg_pool2d(pool.image, **pool.settings)
    assert trace.shape == found.shape
    for position, window in zip(np.ndindex(found.shape), trace, strict=True):
        assert (window.position, window.winner) == (position, None)
        assert window.result == pytest.approx(np.nansum(window.covered) / window.divisor, abs=1e-12)
        assert window.result == pytest.approx(found[position], abs=1e-12)


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3), st.booleans())
def test_pooled_sizes_are_torchs(size: int, kernel_size: int, stride: int, padding: int, ceil_mode: bool) -> None:
    padding = min(padding, kernel_size // 2)
    expected = by_hand.pooled_size(size, kernel_size, stride, padding, ceil_mode)
    image = torch.zeros(1, 1, size)
    if expected < 1:
        with pytest.raises(RuntimeError, match="Invalid computed output size"):
            functional.max_pool1d(image, kernel_size, stride, padding, ceil_mode=ceil_mode)
    else:
        found = functional.max_pool1d(image, kernel_size, stride, padding, ceil_mode=ceil_mode)
        assert found.shape[-1] == expected


def test_a_trace_of_a_photograph_computes_only_what_is_asked_for() -> None:
    image = np.zeros((3, 1000, 1000))
    image[:, 500, 600] = 1, 2, 3
    trace = by_hand.trace_conv2d(image, np.ones((8, 3, 3, 3)), padding=1, activation="relu")
    computed = []
    place = trace._place
    trace._place = lambda position: computed.append(position) or place(position)
    assert len(trace) == 8_000_000
    assert trace.at(7, 501, 601).channel_sums == (1, 2, 3)
    assert trace[-1].result == 0
    pooled = by_hand.trace_max_pool2d(image, 2)
    assert (len(pooled), pooled.at(2, 250, 300).winner) == (750_000, (2, 500, 600))
    assert computed == [(7, 501, 601), (7, 999, 999)]
