"""A whole network and one step back, by keyboard; every number that is shown is held to by_hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convlens import Network, by_hand
from convlens.illustrations.numbers import short_number, write_position

Open = Callable[..., Any]

MATRIX = [[1, 2, 0], [3, 1, 2], [0, 2, 4]]
KERNEL = [[1, 0], [2, 1]]
TARGET = [[7, 6], [5, -1]]
NETWORK = Network.from_text("conv 1 2x2, relu, dense 2")
WEIGHTS: dict[str, Any] = {
    "0.weight": [[KERNEL]],
    "0.bias": [-7],
    "3.weight": [[1, 1, 1, 1], [1, 0, 0, -1]],
    "3.bias": [0, 0.5],
}
MADE = ["conv 1 2x2", "relu", "flatten", "dense 2", "eˣ", "softmax"]


# A network


def shown(chapter: Any, grid: str) -> list[str]:
    return chapter.root.get_by_role("group", name=grid, exact=True).get_by_role("button").all_inner_texts()


def lit(chapter: Any) -> list[str]:
    """What is lit up: the names of the cells, without their numbers."""
    labels = chapter.root.locator(".covered").evaluate_all("(all) => all.map((one) => one.ariaLabel)")
    return [label.split(":")[0] for label in labels]


def test_it_begins_with_the_numbers_of_the_docs(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "network")
    assert [shown(chapter, name) for name in MADE] == [
        ["1", "−1", "−2", "2"],
        ["1", "0", "0", "2"],
        ["1", "0", "0", "2"],
        ["3", "−0.5"],
        ["20.09", "0.6065"],
        ["0.9707", "0.02931"],
    ]
    assert chapter.sum() == "conv 1 2x2, row 0, column 0: 1·1 + 2·0 + 3·2 + 1·1 + bias (−7) = 1"


def test_every_number_is_chosen_by_keyboard_and_lights_up_what_it_was_made_of(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "network")
    chapter.cell("input, row 0, column 0").focus()
    stops = []
    for _ in range(11):
        stops.append(page.evaluate("document.activeElement.getAttribute('aria-label').split(',')[0]"))
        page.keyboard.press("Tab")
    assert stops == ["input", "kernel", "bias", *MADE[:3], "weights", "biases", *MADE[3:]]  # in the order of reading
    chapter.root.get_by_role("button", name="conv 1 2x2, row 0, column 0").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expected = by_hand.trace_layer(NETWORK, WEIGHTS, [MATRIX], 0).at(0, 1, 1)
    assert chapter.sum() == f"conv 1 2x2, row 1, column 1: {write_position(expected)}"
    square = ["row 0, column 0", "row 0, column 1", "row 1, column 0", "row 1, column 1"]
    patch = ["row 1, column 1", "row 1, column 2", "row 2, column 1", "row 2, column 2"]
    bias = "bias, row 0, column 0"
    assert lit(chapter) == [*[f"input, {one}" for one in patch], *[f"kernel, {one}" for one in square], bias]
    chapter.root.get_by_role("button", name="dense 2, row 0, column 0").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert chapter.sum() == "dense 2, row 1, column 0: 1·1 + 0·0 + 0·0 + 2·(−1) + bias 0.5 = −0.5"
    inputs = [f"flatten, row 0, column {place}" for place in range(4)]
    weights = [f"weights, row 1, column {place}" for place in range(4)]
    assert lit(chapter) == [*inputs, *weights, "biases, row 1, column 0"]
    assert chapter.root.locator(".chosen").get_attribute("aria-label") == "dense 2, row 1, column 0: −0.5"


def test_every_sum_of_a_changed_network(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "network")
    for name, value in [
        ("input, row 2, column 2", "-3"),
        ("kernel, row 0, column 1", "2"),
        ("bias, row 0, column 0", "-1"),
        ("weights, row 1, column 2", "0.5"),
        ("biases, row 0, column 0", "1"),
    ]:
        chapter.type(name, value)
    image = [*MATRIX[:2], [0, 2, -3]]
    weights = {
        "0.weight": [[[[1, 2], [2, 1]]]],
        "0.bias": [-1],
        "3.weight": [[1, 1, 1, 1], [1, 0, 0.5, -1]],
        "3.bias": [1, 0.5],
    }
    convolution, _, _, dense = by_hand.run_network(NETWORK, weights, [image])
    sums = [one.split(": ", 1)[1] for one in chapter.sums_of_all_positions()]
    before = convolution.output.ravel().tolist()
    after = [short_number(max(value, 0)) for value in before]
    powers = np.exp(dense.output)
    both = " + ".join(map(short_number, powers))
    assert sums == [
        *[write_position(one) for one in by_hand.trace_layer(NETWORK, weights, [image], 0)],
        *[f"max({short_number(value)}, 0) = {result}" for value, result in zip(before, after, strict=True)],
        *[f"row {place // 2}, column {place % 2} of relu as it is, {after[place]}" for place in range(4)],
        *[write_position(one) for one in by_hand.trace_layer(NETWORK, weights, [image], 3)],
        *[f"e^{short_number(x)} ≈ {short_number(power)}" for x, power in zip(dense.output, powers, strict=True)],
        *[f"{short_number(power)} / ({both}) ≈ {short_number(power / powers.sum())}" for power in powers],
    ]
    slider = chapter.root.get_by_role("slider", name="Number of the network", exact=True)
    assert slider.get_attribute("aria-valuetext") == "number 18 of 18: row 1, column 0 of softmax"


def test_outputs_far_from_zero_are_told_of(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "network")
    remark = chapter.root.get_by_text("the largest is first subtracted")
    assert not remark.is_visible()
    chapter.type("biases, row 0, column 0", "2000")
    assert remark.is_visible()
    assert shown(chapter, "softmax") == ["1", "0"]
    chapter.type("biases, row 0, column 0", "many")
    assert chapter.mistake() == "Row 0, column 0 of biases is “many”; give a number, such as 2, −0.5 or 1/3."


# The gradient of a weight


def gradient_of(slopes: Any) -> list[float]:
    weights = [(0, 0, row, column) for row in (0, 1) for column in (0, 1)]
    return [by_hand.kernel_weight_gradient([MATRIX], [slopes], weight, kernel_size=2) for weight in weights]


def test_the_gradient_of_each_weight_by_keyboard(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "step-back")
    assert shown(chapter, "gradient") == ["11", "22", "23", "41"]
    assert chapter.root.get_by_text("Loss: ").first.inner_text() == "Loss: ½·(1² + 0² + 0² + 10²) = 50.5"
    assert chapter.sum() == "Gradient of the weight in row 0, column 0: 1·1 + 2·0 + 3·0 + 1·10 = 11"
    chapter.root.get_by_role("button", name="gradient, row 0, column 0").focus()
    for key, (row, column), total in [
        ("ArrowRight", (0, 1), "2·1 + 0·0 + 1·0 + 2·10 = 22"),
        ("ArrowDown", (1, 1), "1·1 + 2·0 + 2·0 + 4·10 = 41"),
        ("ArrowLeft", (1, 0), "3·1 + 1·0 + 0·0 + 2·10 = 23"),
        ("ArrowUp", (0, 0), "1·1 + 2·0 + 3·0 + 1·10 = 11"),
    ]:
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        assert chapter.sum() == f"Gradient of the weight in row {row}, column {column}: {total}"
        met = chapter.root.get_by_role("group", name="input", exact=True).locator(".covered")
        labels = met.evaluate_all("(all) => all.map((one) => one.ariaLabel)")
        assert labels == [f"input, row {row + y}, column {column + x}" for y in (0, 1) for x in (0, 1)]
        chosen = chapter.root.get_by_role("group", name="kernel", exact=True).locator(".chosen")
        assert chosen.get_attribute("aria-label") == f"kernel, row {row}, column {column}"


def test_the_target_follows_a_slope_and_the_slopes_a_target(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "step-back")
    chapter.type("slopes, row 0, column 1", "-3")
    assert chapter.cell("target, row 0, column 1").input_value() == "9"  # 6 − (−3)
    assert shown(chapter, "gradient") == [short_number(one) for one in gradient_of([[1, -3], [0, 10]])]
    chapter.type("target, row 1, column 1", "11")
    assert chapter.cell("slopes, row 1, column 1").input_value() == "−2"  # 9 − 11
    assert shown(chapter, "gradient") == [short_number(one) for one in gradient_of([[1, -3], [0, -2]])]


@pytest.mark.parametrize(("rate", "way"), [("0.01", "smaller"), ("0.02", "smaller"), ("0.2", "larger")])
def test_steps_change_the_loss_as_they_should(chapter_of: Open, page: Any, rate: str, way: str) -> None:
    chapter = chapter_of(page, "step-back")
    chapter.type("Learning rate", rate)
    kernel, losses = np.array(KERNEL, float), []
    for _ in range(4):
        slopes = by_hand.cross_correlate2d(MATRIX, kernel) - np.array(TARGET)
        losses.append(float((slopes**2).sum() / 2))
        kernel = kernel - float(rate) * np.reshape(gradient_of(slopes), (2, 2))
    step = chapter.root.get_by_role("button", name="Take a step")
    for _ in range(3):
        step.press("Enter")
    steps = " → ".join(map(short_number, losses))
    told = chapter.root.locator("[aria-live].formula").inner_text()
    assert told.startswith(f"Loss after step 3: {short_number(losses[3])}, {way} by ")
    assert told.endswith(f"Step by step: {steps}")
    assert (losses[3] < losses[2]) == (way == "smaller")
    after = chapter.root.get_by_role("img", name="kernel after a step").get_attribute("aria-label")
    rows = "; ".join(" ".join(short_number(value) for value in row) for row in kernel)
    assert after == f"kernel after a step: {rows}"
    chapter.root.get_by_role("button", name="Start again").press("Enter")
    assert chapter.cell("kernel, row 1, column 0").input_value() == "2"
    assert chapter.root.locator("[aria-live].formula").inner_text() == "No step taken yet."


def test_a_step_that_leads_too_far_is_refused(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "step-back")
    chapter.type("Learning rate", "0")
    assert chapter.mistake() == "The learning rate is not above 0; give a number such as 0.01."
    page.keyboard.press("Tab")
    assert (chapter.mistake(), chapter.cell("Learning rate").input_value()) == ("", "0.01")
    chapter.type("Learning rate", "100000")
    chapter.root.get_by_role("button", name="Take a step").press("Enter")
    assert (
        chapter.mistake() == "This step makes a weight exceed 1,000,000; give a smaller learning rate, or start again."
    )
    assert chapter.cell("kernel, row 0, column 0").input_value() == "1"
    chapter.type("Learning rate", "0.01")
    assert chapter.mistake() == ""
