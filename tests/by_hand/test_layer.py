"""A convolutional layer, its kernels and activations, with every number worked out by hand."""

import math
from typing import Any, cast

import numpy as np
import pytest
from scipy.signal import correlate2d

from convlens import by_hand
from convlens.errors import UsageError

IMAGE = [[[1, 2], [3, 4]], [[0, 1], [1, 0]]]
FIRST = [[[1, 0], [0, 1]], [[2, 2], [2, 2]]]  # 1 + 4 and 2 + 2: 9
SECOND = [[[0, 1], [1, 0]], [[0, 0], [0, -7]]]  # 2 + 3 and 0: 5


def test_channels_are_added_up_to_one_map_for_each_kernel() -> None:
    assert by_hand.conv2d(IMAGE, [FIRST, SECOND]).tolist() == [[[9]], [[5]]]
    assert by_hand.conv2d(IMAGE, FIRST).tolist() == [[9]]


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (None, [-1, 5.5]),
        ("relu", [0, 5.5]),
        ("leaky_relu", [-0.01, 5.5]),
        ("tanh", [math.tanh(-1), math.tanh(5.5)]),
        ("sigmoid", [1 / (1 + math.e), 1 / (1 + math.exp(-5.5))]),
    ],
)
def test_a_bias_is_added_and_an_activation_follows(activation: Any, expected: list[float]) -> None:
    found = by_hand.conv2d(IMAGE, [FIRST, SECOND], bias=[-10, 0.5], activation=activation)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-15)


def test_a_window_position_keeps_the_sum_of_each_channel() -> None:
    trace = by_hand.trace_conv2d(IMAGE, [FIRST, SECOND], bias=[-10, 0.5], activation="relu")
    window = trace[0]
    assert (window.position, window.start) == ((0, 0, 0), (0, 0))
    assert window.products.tolist() == [[[1, 0], [0, 4]], [[0, 2], [2, 0]]]
    assert (window.channel_sums, window.bias) == ((5.0, 4.0), -10.0)
    assert (window.total, window.result) == (-1.0, 0.0)
    assert trace.at(1, 0, 0).channel_sums == (5.0, 0.0)


def test_the_window_positions_of_one_kernel_have_two_coordinates() -> None:
    trace = by_hand.trace_conv2d(IMAGE, FIRST, bias=1, padding=1, stride=2)
    assert trace.shape == (2, 2)
    corner = trace.at(1, 1)  # covers the last pixel of each channel, 4 and 0, with the first weights
    assert (corner.start, corner.channel_sums, corner.total) == ((1, 1), (4.0, 0.0), 5.0)


def test_kernels_with_a_name_answer_as_image_processing_says() -> None:
    edge = [[0, 0, 1, 1]] * 4  # gets brighter from left to right
    for name, expected in {"identity": [0, 1], "sobel-x": [4, 4], "prewitt-x": [3, 3], "sobel-y": [0, 0]}.items():
        assert by_hand.cross_correlate2d(edge, by_hand.kernel_named(cast(Any, name))).tolist() == [expected] * 2, name
    upwards = np.transpose(edge)
    assert by_hand.cross_correlate2d(upwards, by_hand.kernel_named("sobel-y")).tolist() == [[4, 4]] * 2
    assert by_hand.cross_correlate2d(upwards, by_hand.kernel_named("prewitt-y")).tolist() == [[3, 3]] * 2


def test_kernels_that_look_for_something_answer_nothing_on_a_plain_area_and_the_others_its_brightness() -> None:
    sums = {name: round(float(by_hand.kernel_named(name).sum()), 12) for name in by_hand.KERNELS}
    nothing = {"edge", "laplacian", "sobel-x", "sobel-y", "prewitt-x", "prewitt-y"}
    assert {name for name, total in sums.items() if total == 0} == nothing
    assert {name for name, total in sums.items() if total == 1} == set(by_hand.KERNELS) - nothing


def test_a_kernel_with_a_name_is_a_matrix_of_its_own() -> None:
    by_hand.kernel_named("blur")[:] = 0
    assert by_hand.kernel_named("blur").tolist() == [[1 / 9] * 3] * 3
    assert by_hand.kernel_named("gaussian").tolist() == [
        [0.0625, 0.125, 0.0625],
        [0.125, 0.25, 0.125],
        [0.0625, 0.125, 0.0625],
    ]
    assert by_hand.kernel_named("sharpen").tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, [-2, 0, 3]),
        ("relu", [0, 0, 3]),
        ("leaky_relu", [-0.02, 0, 3]),
        ("tanh", [-0.9640275800758169, 0, 0.9950547536867305]),
        ("sigmoid", [0.11920292202211755, 0.5, 0.9525741268224334]),
    ],
)
def test_activations_of_three_numbers(name: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(by_hand.activate([-2, 0, 3], name), expected, rtol=1e-14)


def test_sigmoid_far_from_zero_overflows_nowhere() -> None:
    assert by_hand.activate([-1000, 1000], "sigmoid").tolist() == [0, 1]


def test_same_padding_is_that_of_scipy_and_keeps_the_size():
    image = np.random.default_rng(5).random((1, 6, 7))
    kernel = np.random.default_rng(6).random((1, 1, 3, 5))
    same = by_hand.conv2d(image, kernel, padding="same")
    np.testing.assert_allclose(same[0], correlate2d(image[0], kernel[0, 0], mode="same"), rtol=1e-12)
    np.testing.assert_array_equal(same, by_hand.conv2d(image, kernel, padding=(1, 2)))
    assert by_hand.conv2d(image, kernel, padding="same", dilation=(2, 1)).shape == (1, 6, 7)
    assert by_hand.conv2d(image, kernel, padding="valid").shape == (1, 4, 3)
    # Worked out by hand: [1, 2, 3] with a zero on each side, under [1, 10, 100].
    assert by_hand.cross_correlate2d([[1, 2, 3]], [[1, 10, 100]], padding="same").tolist() == [[210, 321, 32]]
    with pytest.raises(UsageError, match="a stride of 2"):
        by_hand.conv2d(image, kernel, padding="same", stride=2)
