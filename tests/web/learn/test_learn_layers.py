"""Channels, activations, pooling and counts, by keyboard; every number that is shown is held to by_hand."""

import re
from collections.abc import Callable
from typing import Any, Literal

import pytest

from convlens import Network, by_hand
from convlens.illustrations.numbers import short_number, write_position
from convlens.layers.kinds import ActivationName
from convlens.network import layer_table

Open = Callable[..., Any]

POOLED = [[1, 3, 2, 1], [4, 8, 0, 1], [2, 2, 5, 7], [0, 4, 6, 2]]


# Channels, bias and activation

IMAGE = [
    [[1, 0, 2, 3], [0, 1, 1, 3], [2, 1, 0, 1], [3, 2, 0, 0]],
    [[0, 1, 1, 0], [2, 0, 1, 1], [1, 0, 2, 3], [0, 1, 3, 2]],
    [[1, 1, 0, 0], [0, 2, 1, 0], [0, 1, 1, 2], [1, 0, 2, 3]],
]
KERNELS = [
    [[[1, 0], [0, 1]], [[0, -1], [1, 0]], [[1, 1], [0, 0]]],
    [[[0, 1], [-1, 0]], [[1, 0], [0, -2]], [[0, 0], [1, -1]]],
]


def test_partial_sums_of_three_channels(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "channels")
    for number, kernel in enumerate(KERNELS):
        chapter.root.get_by_role("button", name=f"kernel {number}").press("Enter")
        trace = by_hand.trace_conv2d(IMAGE, kernel)
        sums = chapter.sums_of_all_positions()
        assert sums == [f"Partial sums added up: {write_position(one)}" for one in trace]
        assert chapter.root.locator("output").all_inner_texts() == [short_number(one) for one in trace[-1].channel_sums]
    chapter.type("kernel, blue, row 1, column 0", "5")  # the chosen kernel is the second one
    chapter.type("image, red, row 0, column 1", "7")
    kernel = [*KERNELS[1][:2], [[0, 0], [5, -1]]]
    image = [[[1, 7, 2, 3], *IMAGE[0][1:]], *IMAGE[1:]]
    expected = by_hand.conv2d(image, kernel).ravel().tolist()
    assert chapter.totals_of_all_positions() == expected


def test_as_many_maps_as_kernels(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "channels")
    for count in (4, 1, 3):
        chapter.type("Kernels", str(count))
        maps = chapter.root.get_by_role("group", name=re.compile(r"^map \d$"))
        assert maps.count() == count
    chapter.type("Stride", "2")
    chapter.type("Padding", "1")
    trace = by_hand.trace_conv2d(IMAGE, KERNELS[0], stride=2, padding=1)
    assert chapter.sums_of_all_positions() == [f"Partial sums added up: {write_position(one)}" for one in trace]


@pytest.mark.parametrize("name", ["none", "relu", "leaky_relu", "sigmoid", "tanh"])
def test_bias_and_activation_of_every_value(
    chapter_of: Open, page: Any, name: ActivationName | Literal["none"]
) -> None:
    chapter = chapter_of(page, "activation")
    chapter.choose("Activation", name)
    chapter.type("bias, place 0", "-3.5")
    sums = chapter.sums_of_all_positions()
    totals = by_hand.conv2d(IMAGE, KERNELS[0], bias=-3.5).ravel()
    results = by_hand.activate(totals, name)
    written = [
        short_number(total) + ("" if name == "none" else f", {name} {short_number(result)}")
        for total, result in zip(totals, results, strict=True)
    ]
    assert [one.split("= ")[1] for one in sums] == written
    assert chapter.root.locator(".curve-chosen").count() == 1
    chapter.root.get_by_role("button", name="map 1").press("Enter")
    expected = by_hand.conv2d(IMAGE, KERNELS[1], bias=1).ravel().tolist()
    assert chapter.totals_of_all_positions() == expected


@pytest.mark.parametrize(("name", "result"), [("gelu", "2.996"), ("silu", "2.858")])  # 3·Φ(3), 3 / (1 + e⁻³)
def test_smooth_activations(chapter_of: Open, page: Any, name: str, result: str) -> None:
    chapter = chapter_of(page, "activation")
    chapter.choose("Activation", name)
    assert chapter.sums_of_all_positions()[0] == f"5 + bias (−2) = 3, {name} {result}"


def test_the_slope_of_leaky_relu(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "activation")
    assert not chapter.root.get_by_label("Slope below zero").is_visible()
    chapter.choose("Activation", "leaky_relu")
    chapter.type("Slope below zero", "0.5")
    sums = chapter.sums_of_all_positions()
    assert sums[1] == "1 + bias (−2) = −1, leaky_relu −0.5"
    chapter.type("Slope below zero", "steep")
    assert chapter.mistake() == "The slope is “steep”; give a number, such as 2, −0.5 or 1/3."


# Pooling and counting


@pytest.mark.parametrize(
    ("taken", "trace_of"), [("max", by_hand.trace_max_pool2d), ("average", by_hand.trace_avg_pool2d)]
)
@pytest.mark.parametrize(("window", "stride", "padding", "ceil"), [(2, 2, 0, False), (3, 1, 1, False), (3, 2, 0, True)])
def test_pooling(
    chapter_of: Open, page: Any, taken: str, trace_of: Any, window: int, stride: int, padding: int, ceil: bool
) -> None:
    chapter = chapter_of(page, "pooling")
    chapter.choose("Pooling", taken)
    for name, value in [("Window", window), ("Stride", stride), ("Padding", padding)]:
        chapter.type(name, str(value))
    if ceil:
        chapter.root.get_by_role("checkbox").press("Space")
    trace = trace_of(POOLED, window, stride, padding, ceil)
    assert chapter.sums_of_all_positions() == [write_position(one) for one in trace]


def test_pooling_says_what_does_not_fit_and_takes_a_map(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "pooling")
    chapter.type("Padding", "2")
    assert chapter.mistake() == "The padding is 2 and the window 2; give a padding of at most half the window."
    chapter.type("Padding", "0")
    chapter.root.get_by_role("button", name="Use the first map").press("Enter")
    activated = by_hand.conv2d(IMAGE, KERNELS[0], bias=-2, activation="relu")
    trace = by_hand.trace_max_pool2d(activated, 2)
    assert chapter.sums_of_all_positions() == [write_position(one) for one in trace]
    assert "Rounding down drops the last row and the last column" in chapter.root.locator(".lost").inner_text()


def test_counts_are_those_of_the_layer_table(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "counting")
    cells = chapter.root.locator("td.formula")
    assert cells.all_inner_texts()[:2] == ["8·(1·3·3 + 1) = 80", "6272·(784 + 1) = 4,923,520"]
    for name, value in [
        ("Channels in", 3),
        ("Height", 32),
        ("Width", 30),
        ("Kernels", 16),
        ("Kernel width", 5),
        ("Padding", 2),
    ]:
        chapter.type(name, str(value))
    row = layer_table(Network.from_text("conv 16 3x5 pad 2, dense"), (3, 32, 30), 10).rows[0]
    assert cells.nth(0).inner_text() == row.parameters_formula
    assert cells.nth(2).inner_text() == row.multiply_adds_formula
    assert chapter.root.locator("p.formula").inner_text() == row.size_formula
