"""The operations by hand under operands of every wrong kind: one `UsageError` of one line that names the place."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens import by_hand
from convlens.errors import UsageError
from convlens.layers import ACTIVATIONS
from convlens.network import Network

NAN, INFINITE = float("nan"), float("inf")
MATRIX, KERNEL = [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, 1]]
IMAGE = [MATRIX]

VECTOR_FUNCTIONS = [
    getattr(by_hand, prefix + name)
    for prefix in ("", "trace_")
    for name in (
        *("cross_correlate", "convolve", "correlate_full", "correlate_same", "correlate_valid"),
        *("convolve_full", "convolve_same", "convolve_valid"),
    )
]
WINDOW_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cross_correlate2d": lambda **given: by_hand.cross_correlate2d(MATRIX, KERNEL, **given),
    "convolve2d": lambda **given: by_hand.convolve2d(MATRIX, KERNEL, **given),
    "trace_cross_correlate2d": lambda **given: by_hand.trace_cross_correlate2d(MATRIX, KERNEL, **given),
    "trace_convolve2d": lambda **given: by_hand.trace_convolve2d(MATRIX, KERNEL, **given),
    "conv2d": lambda **given: by_hand.conv2d(IMAGE, [KERNEL], **given),
    "trace_conv2d": lambda **given: by_hand.trace_conv2d(IMAGE, [KERNEL], **given),
    "count_coverage": lambda **given: by_hand.count_coverage(3, 2, **given),
    "kernel_weight_gradient": lambda **given: by_hand.kernel_weight_gradient(IMAGE, IMAGE, (0, 0, 0, 0), 2, **given),
    "max_pool2d": lambda **given: by_hand.max_pool2d(IMAGE, 2, **given),
    "max_pool2d_winners": lambda **given: by_hand.max_pool2d_winners(IMAGE, 2, **given),
    "avg_pool2d": lambda **given: by_hand.avg_pool2d(IMAGE, 2, **given),
    "trace_max_pool2d": lambda **given: by_hand.trace_max_pool2d(IMAGE, 2, **given),
    "trace_avg_pool2d": lambda **given: by_hand.trace_avg_pool2d(IMAGE, 2, **given),
}
ITSELF: list[Any] = []
ITSELF.append(ITSELF)


def refusal(operation: Callable[[], Any]) -> str:
    """The message of the UsageError, which is one line that can be printed; any other exception fails the test."""
    with pytest.raises(UsageError, match=r"^[^\n]+$") as caught:
        operation()
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400
    return message


def expect(operation: Callable[[], Any], *parts: str) -> None:
    message = refusal(operation)
    for part in parts:
        assert part in message


# -------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("function", VECTOR_FUNCTIONS, ids=lambda function: function.__name__)
@pytest.mark.parametrize(
    ("vector", "parts"),
    [
        ([], ("has no numbers",)),
        ([1, NAN], ("nan at [1]",)),
        ([1, 2, INFINITE], ("inf at [2]",)),
        ([-INFINITE], ("-inf at [0]",)),
        ([1, "two"], ("number 1 is 'two'",)),
        (["one", 2], ("number 0 is 'one'",)),
        ([1, None], ("number 1 is None",)),
        (None, ("a vector, such as [1, 2, 3]",)),
        ("1 2 3", ("'1 2 3'", "a vector, such as [1, 2, 3]")),
        ({}, ("it is {}",)),
        (5, ("0 dimensions (one number)",)),
        ([[1, 2]], ("2 dimensions (1×2)",)),
        (np.zeros((1, 2, 1, 2, 1)), ("5 dimensions (1×2×1×2×1)",)),
        ([[1, 2], [3]], ("row 1 has 1", "row 0 has 2")),
        ([NotImplemented], ("not an array of numbers",)),
        ([1j], ("not an array of numbers",)),
    ],
    ids=repr,
)
def test_vectors_that_are_none(function: Callable[..., Any], vector: Any, parts: tuple[str, ...]) -> None:
    expect(lambda: function(vector, [1]), "a ", *parts)
    expect(lambda: function([1], vector), "b ", *parts)


@pytest.mark.parametrize(
    ("matrix", "parts"),
    [
        ([[]], ("has no numbers",)),
        ([], ("1 dimension",)),
        ([[1, 2], [3]], ("row 1 has 1", "row 0 has 2")),
        ([[1, 2], [3, 4], [5, 6, 7]], ("row 2 has 3", "row 0 has 2")),
        ([[1, 2], [3, "x"]], ("row 1, number 1 is 'x'",)),
        ([[1, 2], [None, 4]], ("row 1, number 0 is None",)),
        ([[1, 2], [3, NAN]], ("nan at [1, 1]",)),
        ([[1, 2], 3], ("row 1",)),
        ([3, [1, 2]], ("row 0 is 3, not a row",)),
        ([1, 2], ("1 dimension (2)", "a matrix, such as [[1, 2], [3, 4]]")),
        (np.zeros((1, 1, 2)), ("3 dimensions (1×1×2)",)),
        (np.zeros((0, 3)), ("has no numbers",)),
    ],
    ids=repr,
)
def test_matrices_that_are_none(matrix: Any, parts: tuple[str, ...]) -> None:
    expect(lambda: by_hand.rotate(matrix), "the matrix ", *parts)
    expect(lambda: by_hand.cross_correlate2d(matrix, [[1]]), "the matrix ", *parts)
    expect(lambda: by_hand.convolve2d(matrix, [[1]]), "the matrix ", *parts)
    expect(lambda: by_hand.trace_cross_correlate2d(matrix, [[1]]), "the matrix ", *parts)
    expect(lambda: by_hand.trace_convolve2d(matrix, [[1]]), "the matrix ", *parts)
    expect(lambda: by_hand.cross_correlate2d(MATRIX, matrix), "the kernel ", *parts)
    expect(lambda: by_hand.trace_cross_correlate2d(MATRIX, matrix), "the kernel ", *parts)


@pytest.mark.parametrize("function", [by_hand.convolve2d, by_hand.trace_convolve2d])
def test_a_kernel_that_is_turned_is_still_called_the_kernel(function: Callable[..., Any]) -> None:
    expect(lambda: function(MATRIX, [1, 2]), "the kernel has 1 dimension")


@pytest.mark.parametrize("function", [by_hand.conv2d, by_hand.trace_conv2d])
def test_tensors_that_are_none(function: Callable[..., Any]) -> None:
    expect(lambda: function(MATRIX, [KERNEL]), "the image has 2 dimensions (3×3)", "channels × height × width")
    expect(lambda: function(np.zeros((1,) * 5), [KERNEL]), "the image has 5 dimensions")
    expect(lambda: function(IMAGE, KERNEL), "the kernels", "2 dimensions (2×2)")
    expect(lambda: function(IMAGE, np.zeros((1,) * 5)), "the kernels", "5 dimensions")
    expect(lambda: function([[[1, 2], [3]]], [KERNEL]), "the image", "row 0, row 1 has 1", "row 0 has 2")
    expect(lambda: function([[[1, 2], [3, NAN]]], [KERNEL]), "the image holds nan at [0, 1, 1]")
    expect(lambda: function(IMAGE, [[[[1, "x"]]]]), "the kernels", "row 0, row 0, row 0, number 1 is 'x'")


@pytest.mark.parametrize("function", [by_hand.max_pool2d, by_hand.avg_pool2d, by_hand.trace_max_pool2d])
def test_images_that_cannot_be_pooled(function: Callable[..., Any]) -> None:
    expect(lambda: function([1, 2], 1), "the image has 1 dimension (2)")
    expect(lambda: function(np.zeros((1,) * 5), 1), "the image has 5 dimensions")
    expect(lambda: function([[1, -INFINITE]], 1), "the image holds -inf at [0, 1]")
    expect(lambda: function([[1, 2], [3]], 1), "the image", "row 1 has 1")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([10**400], id="too large for a float"),
        pytest.param(ITSELF, id="a list in itself"),
        pytest.param(np.array([["a"], ["b"]]), id="text that NumPy prints in two lines"),
        pytest.param(np.array([1j]), id="complex numbers of NumPy"),
        pytest.param([np.ones(2), np.ones(3)], id="rows of NumPy"),
        pytest.param([{}], id="a dictionary in a list"),
        pytest.param("x" * 10_000, id="a long text"),
        pytest.param("a\nb\x1b[2J", id="a text that clears the screen"),
    ],
)
def test_what_numpy_stumbles_over(given: Any) -> None:
    expect(lambda: by_hand.correlate_full(given, [1]), "a is not an array of numbers")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.complex_numbers(),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=8,
    )
)
def test_nested_lists_of_anything_are_numbers_or_refused(given: Any) -> None:
    message, turned = None, np.zeros((1, 1))
    try:
        turned = by_hand.rotate(given)
    except UsageError as error:
        message = str(error)
    assert message is None or (message.isprintable() and re.match(r"the matrix .+\.$", message))
    assert turned.ndim == 2
    assert np.isfinite(turned).all()


# -------------------------------------------------------------------------------- settings


@pytest.mark.parametrize("name", WINDOW_FUNCTIONS)
@pytest.mark.parametrize(
    "wrong", [0, -1, 1.5, 2.0, True, "2", (1, 2, 3), (1,), (), (1, 0), (1.5, 1), (True, 1), [None, 1]]
)
def test_strides_that_are_none(name: str, wrong: Any) -> None:
    expect(lambda: WINDOW_FUNCTIONS[name](stride=wrong), f"stride is {wrong!r}; ", "at least 1")


@pytest.mark.parametrize("name", WINDOW_FUNCTIONS)
@pytest.mark.parametrize("wrong", [-1, 0.5, True, "1", (1, 2, 3), (0, -1), None, NAN])
def test_paddings_that_are_none(name: str, wrong: Any) -> None:
    expect(lambda: WINDOW_FUNCTIONS[name](padding=wrong), f"padding is {wrong!r}; ", "at least 0")


@pytest.mark.parametrize("name", [name for name in WINDOW_FUNCTIONS if "pool" not in name])
@pytest.mark.parametrize("wrong", [0, -2, 1.0, False, "1", (1, 1, 1), None])
def test_dilations_that_are_none(name: str, wrong: Any) -> None:
    expect(lambda: WINDOW_FUNCTIONS[name](dilation=wrong), f"dilation is {wrong!r}; ", "at least 1")


PADDED = ["cross_correlate2d", "convolve2d", "trace_cross_correlate2d", "trace_convolve2d", "conv2d", "trace_conv2d"]


@pytest.mark.parametrize("name", PADDED)
@pytest.mark.parametrize("wrong", ["circular", "", "Zeros", None, ["zeros"]])
def test_padding_modes_that_are_not_known(name: str, wrong: Any) -> None:
    expect(lambda: WINDOW_FUNCTIONS[name](padding_mode=wrong), repr(wrong), "zeros, reflect or replicate")


@pytest.mark.parametrize("name", PADDED)
def test_paddings_that_cannot_be_reflected(name: str) -> None:
    function = WINDOW_FUNCTIONS[name]
    expect(lambda: function(padding=3, padding_mode="reflect"), "padding of 3", "3 high", "at most 2")
    expect(lambda: function(padding=(0, 3), padding_mode="reflect"), "padding of 3", "3 wide", "at most 2")


@pytest.mark.parametrize("function", [by_hand.cross_correlate2d, by_hand.convolve2d, by_hand.trace_convolve2d])
def test_a_kernel_larger_than_the_padded_input(function: Callable[..., Any]) -> None:
    expect(lambda: function(MATRIX, np.ones((4, 1))), "reaches over 4", "only 3 high")
    expect(lambda: function(MATRIX, np.ones((1, 6)), padding=1), "reaches over 6", "only 5 wide")
    expect(lambda: function(MATRIX, KERNEL, dilation=(1, 3)), "reaches over 4", "only 3 wide")


POOLS: list[Callable[..., Any]] = [by_hand.max_pool2d, by_hand.max_pool2d_winners, by_hand.avg_pool2d]
POOLS += [by_hand.trace_max_pool2d, by_hand.trace_avg_pool2d]


@pytest.mark.parametrize("function", POOLS)
def test_windows_that_are_too_large_or_mostly_padding(function: Callable[..., Any]) -> None:
    expect(lambda: function(MATRIX, 4), "the window is 4", "only 3")
    expect(lambda: function(MATRIX, 2, padding=2), "the padding is 2 and the window 2", "half")
    expect(lambda: function(MATRIX, (5, 3), padding=(2, 2)), "the padding is 2 and the window 3")


@pytest.mark.parametrize("function", POOLS)
@pytest.mark.parametrize("wrong", [0, -1, 2.0, True, "2", (1, 2, 3), None])
def test_windows_that_are_none(function: Callable[..., Any], wrong: Any) -> None:
    expect(lambda: function(MATRIX, wrong), f"kernel_size is {wrong!r}; ", "at least 1")


def test_sizes_that_nothing_has() -> None:
    expect(lambda: by_hand.count_coverage(0, 1), "size is 0")
    expect(lambda: by_hand.count_coverage((3, 3, 3), 1), "size is (3, 3, 3)")
    expect(lambda: by_hand.count_coverage(3, 4), "reaches over 4", "only 3 high")
    expect(lambda: by_hand.output_size(5, 3, stride=0), "stride is 0")
    expect(lambda: by_hand.dropped(0, 3), "size is 0")
    expect(lambda: by_hand.pooled_size(5, 2, 0, ceil_mode=True), "stride is 0")
    expect(lambda: by_hand.pooled_size(5, 2, 1, -1), "padding is -1")


# -------------------------------------------------------------------------------- what must fit together


@pytest.mark.parametrize(
    "function",
    [by_hand.cross_correlate, by_hand.convolve, by_hand.trace_cross_correlate, by_hand.trace_convolve],
)
def test_dot_products_of_different_lengths(function: Callable[..., Any]) -> None:
    expect(lambda: function([1, 2, 3], [1, 2]), "a has 3 numbers", "b has 2")


@pytest.mark.parametrize("function", [by_hand.conv2d, by_hand.trace_conv2d])
def test_channels_and_biases_that_do_not_fit(function: Callable[..., Any]) -> None:
    expect(lambda: function(np.ones((3, 4, 4)), np.ones((2, 2, 2))), "has 3 channels", "kernels have 2")
    expect(lambda: function(np.ones((1, 4, 4)), np.ones((5, 4, 2, 2))), "has 1 channel and", "kernels have 4")
    expect(lambda: function(IMAGE, [[KERNEL]] * 2, bias=[1, 2, 3]), "the bias has 3 numbers", "2 kernels")
    expect(lambda: function(IMAGE, [[KERNEL]] * 2, bias=5), "the bias has 1 number and", "2 kernels")
    expect(lambda: function(IMAGE, [[KERNEL]], bias=[]), "the bias has no numbers")
    expect(lambda: function(IMAGE, [[KERNEL]], bias=[[1]]), "the bias has 2 dimensions")
    expect(lambda: function(IMAGE, [[KERNEL]], bias=NAN), "the bias holds nan")
    expect(lambda: function(IMAGE, [[KERNEL]], bias="much"), "the bias is not an array of numbers", "much")


@pytest.mark.parametrize("function", [by_hand.conv2d, by_hand.trace_conv2d])
def test_a_ragged_bias(function: Callable[..., Any]) -> None:
    expect(lambda: function(IMAGE, [[KERNEL]] * 2, bias=[[1], [1, 2]]), "the bias is not an array of numbers", "row 1")


@pytest.mark.parametrize("wrong", ["swish", "", "ReLU", 3])
def test_activations_that_are_not_known(wrong: Any) -> None:
    known = f"give {', '.join(sorted(ACTIVATIONS))} or none"
    expect(lambda: by_hand.activate([1], wrong), f"activation {wrong!r}", known)
    expect(lambda: by_hand.conv2d(IMAGE, [KERNEL], activation=wrong), f"activation {wrong!r}", known)
    expect(lambda: by_hand.trace_conv2d(IMAGE, [KERNEL], activation=wrong), f"activation {wrong!r}", known)


@pytest.mark.parametrize("values", ["much", [[1], [1, 2]], [1, "x"]])
def test_values_that_cannot_be_activated(values: Any) -> None:
    expect(lambda: by_hand.activate(values, "relu"), "not an array of numbers")


def test_a_name_that_no_kernel_has() -> None:
    expect(lambda: by_hand.kernel_named("sobelx"), "'sobelx'", "Did you mean 'sobel-x'?")  # pyright: ignore[reportArgumentType]
    expect(lambda: by_hand.kernel_named(""), "kernel '' is not known", "identity")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("function", [by_hand.kernel_weight_gradient, by_hand.trace_kernel_weight_gradient])
@pytest.mark.parametrize(
    "weight",
    [
        *[(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 2, 0), (0, 0, 0, 2), (0, 0, 0, -1), (0, 0, 0), (0,) * 5, ()],
        *[(0, 0, 0.5, 0), (0, 0, "0", 0), (0, 0, None, 0), (0, 0, NAN, 0)],
    ],
)
def test_weights_that_no_kernel_has(function: Callable[..., Any], weight: Any) -> None:
    slopes = [[[1, 2], [3, 4]]]
    expect(lambda: function(IMAGE, slopes, weight, 2), f"the weight is {list(weight)}", "give")


@pytest.mark.parametrize("function", [by_hand.kernel_weight_gradient, by_hand.trace_kernel_weight_gradient])
def test_gradients_of_another_size_than_the_maps(function: Callable[..., Any]) -> None:
    place = (0, 0, 0, 0)
    expect(lambda: function(IMAGE, np.ones((1, 3, 2)), place, 2), "is 3×2", "are 2×2")
    expect(lambda: function(IMAGE, np.ones((2, 2)), place, 2), "the gradient of the maps has 2 dimensions")
    expect(lambda: function(IMAGE, [[[1, 2], [3, NAN]]], place, 2), "nan at [0, 1, 1]")
    expect(lambda: function(IMAGE, np.ones((1, 1, 1)), place, 4), "reaches over 4", "only 3 high")
    expect(lambda: function(MATRIX, np.ones((1, 2, 2)), place, 2), "the image has 2 dimensions")


@pytest.mark.parametrize("position", [(0.5, 0), ("0", 0), (None, 0), (NAN, 0)])
def test_places_of_a_trace_that_are_no_whole_numbers(position: Any) -> None:
    trace = by_hand.trace_cross_correlate2d(MATRIX, KERNEL)
    expect(lambda: trace.at(*position), f"position is {list(position)}", "give whole numbers")


# -------------------------------------------------------------------------------- whole networks

NETWORK = Network.from_text("conv 1 2x2, batchnorm, relu, dense 2")
WEIGHTS: dict[str, Any] = {
    "0.weight": [[KERNEL]],
    "0.bias": [0],
    "1.weight": [1],
    "1.bias": [0],
    "1.running_mean": [0],
    "1.running_var": [1],
    "4.weight": [[1, 1, 1, 1], [0, 0, 0, 1]],
    "4.bias": [0, 0],
}


@pytest.mark.parametrize("missing", WEIGHTS)
def test_a_weight_that_is_missing(missing: str) -> None:
    weights = {name: values for name, values in WEIGHTS.items() if name != missing}
    expect(lambda: by_hand.run_network(NETWORK, weights, IMAGE), f"no {missing}")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("0.bias", [0, 0]),
        ("1.weight", [1, 1]),
        ("1.running_mean", [[[0, 0], [0, 0]]]),
        ("4.weight", [[1, 1, 1], [0, 0, 1]]),
        ("4.weight", [1, 1, 1, 1]),
        ("4.weight", "many"),
        ("4.bias", [0, 0, 0]),
        ("4.bias", [1]),
        ("4.bias", [0, NAN]),
    ],
)
def test_a_weight_that_does_not_fit(name: str, values: Any) -> None:
    expect(lambda: by_hand.run_network(NETWORK, WEIGHTS | {name: values}, IMAGE), name)


@pytest.mark.parametrize("image", [np.ones((1, 4, 4)), np.ones((1, 2, 2)), np.ones((1, 2, 4))])
def test_an_image_of_another_size_than_the_network_takes(image: np.ndarray) -> None:
    refusal(lambda: by_hand.run_network(NETWORK, WEIGHTS, image))


def test_an_image_that_is_none() -> None:
    expect(lambda: by_hand.run_network(NETWORK, WEIGHTS, MATRIX), "the image has 2 dimensions (3×3)")
    expect(lambda: by_hand.run_network(NETWORK, WEIGHTS, np.ones((2, 3, 3))), "0.weight is 1×1×2×2", "needs 1×2×2×2")
    expect(lambda: by_hand.run_network(NETWORK, WEIGHTS, [[[1, NAN, 1]] * 3]), "the image holds nan at [0, 0, 1]")
    with pytest.raises(UsageError, match="gets maps of 1×1, too small for its 2×2 kernel"):
        by_hand.run_network(NETWORK, WEIGHTS, [[[1]]])


# -------------------------------------------------------------------------------- what must not be refused


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.float16, np.float32, bool])
def test_small_numbers_of_numpy_do_not_run_over(kind: type) -> None:
    largest = 1 if kind is bool else np.finfo(kind).max if np.issubdtype(kind, np.floating) else np.iinfo(kind).max
    image = np.full((2, 3, 3), largest, kind)
    one = float(largest)
    assert by_hand.cross_correlate2d(image[0], image[0]).tolist() == [[9 * one * one]]
    assert by_hand.convolve2d(image[0], image[0]).tolist() == [[9 * one * one]]
    assert by_hand.conv2d(image, image).tolist() == [[18 * one * one]]
    assert by_hand.trace_conv2d(image, image).at(0, 0).total == 18 * one * one
    assert by_hand.cross_correlate(image[0, 0], image[0, 0]) == 3 * one * one
    assert by_hand.avg_pool2d(image, 3).tolist() == [[[one]], [[one]]]
    assert by_hand.max_pool2d(image, 3).tolist() == [[[one]], [[one]]]
    assert by_hand.kernel_weight_gradient(image[:1], image[:1], (0, 0, 0, 0), 1) == pytest.approx(9 * one * one)
    assert by_hand.activate(image[0, 0], "leaky_relu").tolist() == [one] * 3


def test_tuples_and_numbers_of_numpy_are_settings_too() -> None:
    expected = by_hand.cross_correlate2d(MATRIX, KERNEL, stride=2, padding=1).tolist()
    for two, one in ((np.int64(2), np.uint8(1)), ((2, 2), [1, 1]), ([np.int8(2)] * 2, (1, np.int32(1)))):
        assert by_hand.cross_correlate2d(tuple(map(tuple, MATRIX)), KERNEL, two, one).tolist() == expected  # pyright: ignore[reportArgumentType]
