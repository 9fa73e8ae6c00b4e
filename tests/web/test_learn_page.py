"""The Learn view as people use it, by keyboard and pointer, with every number that it shows held to by_hand."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from convlens import LabelledImages, Network, TrainedModel, by_hand
from convlens.export import page_model
from convlens.illustrations.numbers import short_number, write_placement
from convlens.network import initial_weights, layer_table
from convlens.preprocessing import Preprocessing
from convlens.window import output_size_formula

MATRIX = [[1, 2, 0, 1, 3], [3, 1, 2, 0, 1], [0, 2, 4, 1, 0], [2, 0, 1, 3, 1], [1, 3, 0, 2, 2]]
KERNEL = [[1, 0], [2, 1]]
POOLED = [[1, 3, 2, 1], [4, 8, 0, 1], [2, 2, 5, 7], [0, 4, 6, 2]]
Opened = Callable[..., Any]


class Chapter:
    """One chapter of the page, with the ways in which its parts are found."""

    def __init__(self, page: Any, name: str) -> None:
        self.page, self.root = page, page.locator(f'[id="learn/{name}"]')

    def cell(self, name: str) -> Any:
        return self.root.get_by_label(name, exact=True)

    def type(self, name: str, text: str) -> None:
        """Type into a field as a person does: everything in it is selected and written over."""
        self.cell(name).focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, legend: str, option: str) -> None:
        """Reach a radio button by arrow keys alone."""
        group = self.root.get_by_role("group", name=legend, exact=True)
        radios = group.get_by_role("radio")
        group.locator("input:checked").focus()
        for _ in range(radios.count()):
            if option in group.locator("label:has(input:checked)").inner_text():
                return
            self.page.keyboard.press("ArrowRight")
        raise AssertionError(f"no option {option!r}")

    def select(self, label: str, option: str) -> None:
        self.root.get_by_label(label, exact=True).select_option(option)

    def sum(self) -> str:
        return self.root.locator(".sum").last.inner_text()

    def mistake(self) -> str:
        return self.root.get_by_role("alert").text_content()

    def sums_of_all_placements(self) -> list[str]:
        """What the line of the sum says at every placement, from the first to the last, going by the slider."""
        return self.root.evaluate("""(chapter) => {
            const slider = chapter.querySelector(".stepper input");
            return Array.from({ length: Number(slider.max) + 1 }, (_, place) => {
                slider.value = place;
                slider.dispatchEvent(new Event("input"));
                return chapter.querySelector(".sum").innerText;
            });
        }""")


@pytest.fixture(scope="module")
def opened(open_page: Callable[..., Any], web_address: str) -> Opened:
    """A context manager (model=payload or None, **options of the browser's context) → the page at #learn."""

    @contextmanager
    def opener(model: Any = None, **options: Any) -> Iterator[Any]:
        with open_page(f"{web_address}/empty.html", **options) as page:
            state = {"served": True, "model": None if model is None else "", "runs": [], "datasets": [], "queue": 0}
            page.route("**/api/state", lambda route: route.fulfill(json=state))
            page.route("**/api/model*", lambda route: route.fulfill(json=model))
            page.set_default_timeout(5000)
            page.goto(f"{web_address}/index.html#learn")
            page.wait_for_selector("html[data-ready]")
            yield page

    return opener


@pytest.fixture(scope="module")
def learn_page(opened: Opened) -> Iterator[Any]:
    with opened(viewport={"width": 1000, "height": 900}) as page:
        yield page


@pytest.fixture
def page(learn_page: Any) -> Any:
    """The page with the view as it is at first; a new page for every test would take a second each."""
    learn_page.evaluate("""async () => {
        const { mount } = await import("convlens/views/learn/view.js");
        globalThis.learn?.dispose();
        globalThis.learn = mount(document.getElementById("view-learn"), { model: null });
    }""")
    return learn_page


def last_number(sentence: str) -> float:
    return float(re.split("[=≈] ", sentence)[-1].split(",")[0].replace("−", "-"))


# Vectors


def test_two_vectors_are_multiplied_while_one_types(page: Any) -> None:
    chapter = Chapter(page, "vectors")
    assert chapter.root.locator(".sum").all_inner_texts() == [
        "Cross-correlation: 3·2 + 1·4 + 2·1 = 12",
        "Convolution: 3·1 + 1·4 + 2·2 = 11",
    ]
    chapter.type("A, place 0", "-5")
    assert chapter.root.locator(".sum").first.inner_text() == "Cross-correlation: (−5)·2 + 1·4 + 2·1 = −4"
    assert chapter.root.locator("output").all_inner_texts() == ["−4", "3"]
    page.keyboard.press("Control+A")
    page.keyboard.press("ArrowRight")  # everything is selected: on to the next cell
    page.keyboard.type("1/3")
    assert chapter.root.locator(".sum").first.inner_text() == "Cross-correlation: (−5)·2 + 0.3333·4 + 2·1 ≈ −6.667"
    page.keyboard.press("ArrowDown")
    assert chapter.cell("A, place 1").input_value() == "1/3"  # a vector has one row
    page.keyboard.press("Tab")
    assert chapter.cell("A, place 1").input_value() == "0.3333"
    chapter.type("Numbers in each", "5")
    assert chapter.root.locator(".sum").first.inner_text().count("·") == 5


def test_a_mistake_is_said_in_one_line_and_forgotten_when_left(page: Any) -> None:
    chapter = Chapter(page, "vectors")
    chapter.type("B, place 1", "four")
    assert chapter.mistake() == "Place 1 of B is “four”; give a number, such as 2, −0.5 or 1/3."
    assert chapter.cell("B, place 1").get_attribute("aria-invalid") == "true"
    assert chapter.root.locator("output").first.inner_text() == "12"  # the last numbers that made sense
    page.keyboard.press("Escape")
    assert (chapter.mistake(), chapter.cell("B, place 1").input_value()) == ("", "4")
    for text, line in [("0", "is 0"), ("9", "is 9"), ("", "is empty")]:
        chapter.type("Numbers in each", text)
        if not text:
            page.keyboard.press("Delete")
        assert chapter.mistake() == f"The count of numbers {line}; give a whole number from 1 to 8."
    page.keyboard.press("Tab")
    assert (chapter.mistake(), chapter.cell("Numbers in each").input_value()) == ("", "3")


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("ends", ["full", "same", "valid"])
def test_a_vector_slides_and_every_sum_is_right(page: Any, ends: str, turned: bool) -> None:
    chapter = Chapter(page, "sliding-vectors")
    chapter.type("Numbers in A", "4")
    for place, value in enumerate([3, 1, 2, -4]):
        chapter.type(f"A, place {place}", str(value))
    chapter.choose("Ends", ends)
    chapter.choose("Operation", "convolution" if turned else "cross-correlation")
    word = "convolve" if turned else "correlate"
    expected = getattr(by_hand, f"{word}_{ends}")([3, 1, 2, -4], [2, 4, 1])
    assert [last_number(one) for one in chapter.sums_of_all_placements()] == expected.tolist()
    shown = chapter.root.get_by_role("group", name="result").get_by_role("button").all_inner_texts()
    assert shown == [short_number(value) for value in expected]


# A kernel


def test_a_kernel_goes_over_all_placements_by_keyboard(page: Any) -> None:
    chapter = Chapter(page, "kernel")
    trace = by_hand.trace_cross_correlate2d(MATRIX, KERNEL)
    slider = chapter.root.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    sums = [chapter.sum()]
    assert chapter.root.get_by_role("button", name="map, row 0, column 0: 8").count() == 1
    assert chapter.root.get_by_role("button", name="map, row 0, column 1: not reached yet").count() == 1
    for _ in range(15):
        page.keyboard.press("ArrowRight")
        sums.append(chapter.sum())
    assert sums == [write_placement(one, 12) for one in trace] == chapter.sums_of_all_placements()
    assert sums[:2] == ["1·1 + 2·0 + 3·2 + 1·1 = 8", "2·1 + 0·0 + 1·2 + 2·1 = 6"]


def test_the_next_button_and_a_click_on_the_map_go_to_a_placement(page: Any) -> None:
    chapter = Chapter(page, "kernel")
    chapter.root.get_by_role("button", name="First placement").press("Enter")
    chapter.root.get_by_role("button", name="Next placement").press("Enter")
    assert (
        chapter.root.get_by_role("slider").get_attribute("aria-valuetext")
        == "placement 2 of 16: row 0, column 1 of the map"
    )
    chapter.root.get_by_role("button", name="map, row 3, column 2").click()
    assert chapter.sum() == write_placement(by_hand.trace_cross_correlate2d(MATRIX, KERNEL).at(3, 2))
    covered = chapter.root.get_by_role("group", name="input", exact=True).locator(".covered")
    labels = [one.get_attribute("aria-label") for one in covered.all()]
    assert labels == [f"input, row {row}, column {column}" for row in (3, 4) for column in (2, 3)]


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "mode", "turned"),
    [(2, 0, 1, "zeros", False), (1, 1, 2, "zeros", True), (3, 2, 1, "reflect", False), (2, 3, 3, "replicate", True)],
)
def test_the_options_of_a_window(page: Any, stride: int, padding: int, dilation: int, mode: str, turned: bool) -> None:
    chapter = Chapter(page, "kernel")
    for name, value in [("Stride", stride), ("Padding", padding), ("Dilation", dilation)]:
        chapter.type(name, str(value))
    chapter.select("Padding holds", mode)
    chapter.choose("Operation", "convolution" if turned else "cross-correlation")
    trace_of = by_hand.trace_convolve2d if turned else by_hand.trace_cross_correlate2d
    trace = trace_of(MATRIX, KERNEL, stride, padding, dilation, mode)
    assert chapter.sums_of_all_placements() == [write_placement(one, 12) for one in trace]
    formula = output_size_formula(5, 2, stride, padding, dilation)
    assert chapter.root.locator(".formula").inner_text() == f"Rows and columns of the map: {formula}"


def test_a_kernel_that_does_not_fit_is_named_and_padding_helps(page: Any) -> None:
    chapter = Chapter(page, "kernel")
    chapter.type("Kernel size", "6")
    assert chapter.mistake() == (
        "The kernel reaches over 6 and the padded input is only 5 high; give a smaller kernel or dilation, or more "
        "padding."
    )
    chapter.type("Padding", "1")
    assert chapter.mistake() == ""
    assert chapter.root.locator(".formula").inner_text().endswith("⌊(5 + 2·1 − 6)/1⌋ + 1 = 2")


def test_a_named_kernel_can_be_changed_and_is_then_ones_own(page: Any) -> None:
    chapter = Chapter(page, "kernel")
    chapter.select("Kernel", "sobel-x")
    assert chapter.cell("kernel, row 1, column 2").input_value() == "2"
    chapter.type("kernel, row 1, column 2", "3")
    assert chapter.root.get_by_label("Kernel", exact=True).input_value() == "own"
    kernel = [[-1, 0, 1], [-2, 0, 3], [-1, 0, 1]]
    expected = by_hand.cross_correlate2d(MATRIX, kernel).ravel().tolist()
    assert [last_number(one) for one in chapter.sums_of_all_placements()] == expected
    chapter.type("input, row 0, column 0", "-7")
    page.keyboard.press("Control+A")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "input, row 1, column 0"
    matrix = [[-7, *MATRIX[0][1:]], *MATRIX[1:]]
    expected = by_hand.cross_correlate2d(matrix, kernel).ravel().tolist()
    assert [last_number(one) for one in chapter.sums_of_all_placements()] == expected


def test_what_the_floor_drops_is_hatched_and_named(page: Any) -> None:
    chapter = Chapter(page, "kernel")
    chapter.type("Stride", "2")
    assert "The floor drops the last row and the last column" in chapter.root.locator(".lost").inner_text()
    hatched = [one.get_attribute("aria-label") for one in chapter.root.locator("input.unread").all()]
    assert len(hatched) == 9
    assert all("row 4" in label or "column 4" in label for label in hatched)
    chapter.type("Columns", "6")
    assert chapter.root.locator(".lost").inner_text().startswith("The floor drops the last row: ")
    assert chapter.root.locator(".formula").all_inner_texts() == [
        "Rows of the map: ⌊(5 + 2·0 − 2)/2⌋ + 1 = 2",
        "Columns of the map: ⌊(6 + 2·0 − 2)/2⌋ + 1 = 3",
    ]


def test_a_digit_can_be_drawn_with_the_pen_and_by_keyboard(page: Any) -> None:
    chapter = Chapter(page, "kernel")
    chapter.select("Input", "empty")
    chapter.select("Kernel", "identity")
    picture = chapter.root.locator(".picture.paintable")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75, steps=8)
    page.mouse.up()
    chapter.root.get_by_text("One pixel by keyboard").press("Enter")
    assert chapter.cell("Grey, 0 to 255").input_value() == "255"  # row 14, column 14 lies on the line
    chapter.type("Column", "3")
    assert chapter.cell("Grey, 0 to 255").input_value() == "0"
    chapter.type("Grey, 0 to 255", "99")
    chapter.root.get_by_role("slider").focus()
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    chapter.type("Row", "1")
    chapter.type("Grey, 0 to 255", "77")
    assert chapter.sum().endswith("= 77")  # placement (0, 2) of the identity shows row 1, column 3


def test_it_plays_by_itself_and_stops(page: Any) -> None:
    chapter = Chapter(page, "kernel")
    chapter.root.get_by_role("button", name="First placement").click()
    chapter.root.get_by_role("button", name="Play").click()
    assert chapter.root.locator(".sum").get_attribute("aria-live") == "off"
    page.wait_for_function("""() => document.querySelector('[id="learn/kernel"] .stepper input').value > 1""")
    chapter.root.get_by_role("button", name="Pause").click()
    assert chapter.root.locator(".sum").get_attribute("aria-live") == "polite"
    place = chapter.root.get_by_role("slider").input_value()
    page.wait_for_timeout(900)
    assert chapter.root.get_by_role("slider").input_value() == place


def test_less_motion_means_only_steps(opened: Opened) -> None:
    with opened(reduced_motion="reduce") as page:
        assert page.get_by_role("button", name="Play").count() == 0
        assert page.get_by_role("button", name="Next placement").count() > 3


# The size of a map


@pytest.mark.parametrize(
    "numbers", [(8, 3, 2, 0, 1), (7, 2, 2, 0, 1), (12, 3, 1, 1, 1), (9, 3, 2, 0, 2), (2, 3, 1, 0, 1)]
)
def test_the_formula_is_the_packages(page: Any, numbers: tuple[int, ...]) -> None:
    chapter = Chapter(page, "size")
    names = ["Input size n", "Kernel size k", "Stride s", "Padding p", "Dilation d"]
    for name, value in zip(names, numbers, strict=True):
        chapter.type(name, str(value))
    assert chapter.root.locator(".formula").last.inner_text() == output_size_formula(*numbers)
    size, kernel, stride, padding, dilation = numbers
    if size < kernel:
        assert chapter.mistake().startswith("The kernel reaches over 3 and the padded input is only 2 high")
        return
    label = chapter.root.get_by_role("img", name="how many placements read each cell").get_attribute("aria-label")
    counts = [[float(one) for one in row.split()] for row in label.split(": ")[1].split(";")]
    assert counts == by_hand.count_coverage(size, kernel, stride, padding, dilation).tolist()


def test_what_is_lost_is_said(page: Any) -> None:
    chapter = Chapter(page, "size")
    assert chapter.root.locator(".lost").inner_text().startswith("The floor drops the last row and the last column")
    chapter.type("Stride s", "1")
    assert chapter.root.locator(".lost").inner_text() == "Every row and column is read."
    chapter.type("Input size n", "9")
    chapter.type("Stride s", "2")
    chapter.type("Dilation d", "2")
    assert chapter.root.locator(".lost").inner_text().startswith("Between the placements nothing reads 4 rows and 4 columns")


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


def test_partial_sums_of_three_channels(page: Any) -> None:
    chapter = Chapter(page, "channels")
    for number, kernel in enumerate(KERNELS):
        chapter.root.get_by_role("button", name=f"kernel {number}").press("Enter")
        trace = by_hand.trace_conv2d(IMAGE, kernel)
        sums = chapter.sums_of_all_placements()
        assert sums == [f"Partial sums added up: {write_placement(one)}" for one in trace]
        assert chapter.root.locator("output").all_inner_texts() == [short_number(one) for one in trace[-1].channel_sums]
    chapter.type("kernel, blue, row 1, column 0", "5")  # the chosen kernel is the second one
    chapter.type("image, red, row 0, column 1", "7")
    kernel = [*KERNELS[1][:2], [[0, 0], [5, -1]]]
    image = [[[1, 7, 2, 3], *IMAGE[0][1:]], *IMAGE[1:]]
    expected = by_hand.conv2d(image, kernel).ravel().tolist()
    assert [last_number(one) for one in chapter.sums_of_all_placements()] == expected


def test_as_many_maps_as_kernels(page: Any) -> None:
    chapter = Chapter(page, "channels")
    for count in (4, 1, 3):
        chapter.type("Kernels", str(count))
        maps = chapter.root.get_by_role("group", name=re.compile(r"^map \d$"))
        assert maps.count() == count
    chapter.type("Stride", "2")
    chapter.type("Padding", "1")
    trace = by_hand.trace_conv2d(IMAGE, KERNELS[0], stride=2, padding=1)
    assert chapter.sums_of_all_placements() == [f"Partial sums added up: {write_placement(one)}" for one in trace]


@pytest.mark.parametrize("name", ["none", "relu", "leaky_relu", "sigmoid", "tanh"])
def test_bias_and_activation_of_every_value(page: Any, name: str) -> None:
    chapter = Chapter(page, "activation")
    chapter.choose("Activation", name)
    chapter.type("bias, place 0", "-3.5")
    sums = chapter.sums_of_all_placements()
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
    assert [last_number(one) for one in chapter.sums_of_all_placements()] == expected


def test_the_slope_of_leaky_relu(page: Any) -> None:
    chapter = Chapter(page, "activation")
    assert not chapter.root.get_by_label("Slope below zero").is_visible()
    chapter.choose("Activation", "leaky_relu")
    chapter.type("Slope below zero", "0.5")
    sums = chapter.sums_of_all_placements()
    assert sums[1] == "1 + bias (−2) = −1, leaky_relu −0.5"
    chapter.type("Slope below zero", "steep")
    assert chapter.mistake() == "The slope is “steep”; give a number, such as 2, −0.5 or 1/3."


# Pooling and counting


@pytest.mark.parametrize(
    ("taken", "trace_of"), [("largest", by_hand.trace_max_pool2d), ("average", by_hand.trace_avg_pool2d)]
)
@pytest.mark.parametrize(("window", "stride", "padding", "ceil"), [(2, 2, 0, False), (3, 1, 1, False), (3, 2, 0, True)])
def test_pooling(page: Any, taken: str, trace_of: Any, window: int, stride: int, padding: int, ceil: bool) -> None:
    chapter = Chapter(page, "pooling")
    chapter.choose("Takes", taken)
    for name, value in [("Window", window), ("Stride", stride), ("Padding", padding)]:
        chapter.type(name, str(value))
    if ceil:
        chapter.root.get_by_role("checkbox").press("Space")
    trace = trace_of(POOLED, window, stride, padding, ceil)
    assert chapter.sums_of_all_placements() == [write_placement(one) for one in trace]


def test_pooling_says_what_does_not_fit_and_takes_a_map(page: Any) -> None:
    chapter = Chapter(page, "pooling")
    chapter.type("Padding", "2")
    assert chapter.mistake() == "The padding is 2 and the window 2; give a padding of at most half the window."
    chapter.type("Padding", "0")
    chapter.root.get_by_role("button", name="Take the first map").press("Enter")
    activated = by_hand.conv2d(IMAGE, KERNELS[0], bias=-2, activation="relu")
    trace = by_hand.trace_max_pool2d(activated, 2)
    assert chapter.sums_of_all_placements() == [write_placement(one) for one in trace]
    assert "The floor drops the last row and the last column" in chapter.root.locator(".lost").inner_text()


def test_counts_are_those_of_the_layer_table(page: Any) -> None:
    chapter = Chapter(page, "counting")
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


# With a model, and the page as a whole


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    network = Network.from_text("conv 3 3x3 pad 1, leaky_relu 0.1, maxpool 2, conv 2 3x1 pad 2x1 stride 2, dense")
    weights = initial_weights(network, (1, 20, 20), 2, seed=4)
    weights["0.bias"] = np.array([0.5, -0.25, 0.125], np.float32)
    return TrainedModel(network, weights, Preprocessing((1, 20, 20)), ("<b>cat</b>", "dog"))


@pytest.fixture(scope="module")
def images(model: TrainedModel) -> LabelledImages:
    pixels = np.random.default_rng(3).integers(0, 256, (4, 1, 20, 20)).astype(np.uint8)
    return LabelledImages(pixels, np.array([0, 1, 0, 1]), model.class_names)


def test_the_first_layer_of_the_open_model(opened: Opened, model: TrainedModel, images: LabelledImages) -> None:
    with opened(page_model(model, images, name="pets")) as page:
        chapter = Chapter(page, "channels")
        chapter.select("Numbers", "model")
        chapter.select("Test image", "2")
        assert chapter.root.get_by_label("Test image").locator("option").all_inner_texts()[0] == "0: <b>cat</b>"
        chapter.root.get_by_role("button", name="kernel 1").click()
        chapter.root.get_by_role("slider").fill("123")
        normalised = model.plan.normalisation.apply(images.images)[2]
        trace = by_hand.trace_conv2d(normalised, model.weights["0.weight"][1], padding=1)
        assert last_number(chapter.sum()) == pytest.approx(trace[123].total, rel=1e-3)
        after = Chapter(page, "activation")
        assert after.root.locator("input:checked").get_attribute("value") == "leaky_relu"
        assert after.root.get_by_label("Slope below zero").input_value() == "0.1"
        after.root.get_by_role("button", name="map 1").click()
        after.root.get_by_role("slider").fill("123")
        total = trace[123].total - 0.25
        assert last_number(after.sum()) == pytest.approx(total, rel=1e-3)
        kernel = Chapter(page, "kernel")
        kernel.select("Input", "sample-1")
        kernel.select("Kernel", "model-2")
        assert kernel.root.get_by_label("Kernel", exact=True).input_value() == "model-2"
        kernel.root.get_by_role("slider").fill("50")
        expected = by_hand.cross_correlate2d(images.images[1, 0], model.weights["0.weight"][2, 0]).ravel()[50]
        assert last_number(kernel.sum()) == pytest.approx(expected, rel=1e-3)
        counting = Chapter(page, "counting")
        counting.select("Layer", "model-0")
        assert counting.root.locator("td.formula").first.inner_text() == "3·(1·3·3 + 1) = 30"
        counting.select("Layer", "model-1")
        row = layer_table(model.network, (1, 20, 20), 2).rows[3]
        assert counting.root.locator("p.formula").inner_text() == row.size_formula
        assert counting.root.locator("td.formula").nth(2).inner_text() == row.multiply_adds_formula
        counting.select("Layer", "second")  # nothing of the layer before stays
        assert counting.root.locator("p.formula").inner_text() == "⌊(14 + 2·1 − 3)/1⌋ + 1 = 14"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "text"), [(400, 100), (400, 200), (1000, 200), (1600, 100)])
def test_nothing_hangs_over_the_side(opened: Opened, width: int, text: int, scheme: str) -> None:
    with opened(viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        page.evaluate("(percent) => (document.documentElement.style.fontSize = `${percent}%`)", text)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_field_has_a_name_and_a_chapter_has_an_address(page: Any, web_address: str) -> None:
    nameless = page.evaluate("""() => [...document.querySelectorAll("#view-learn :is(input, select, button)")]
        .filter((one) => !one.labels?.length && !one.getAttribute("aria-label") && !one.textContent.trim())
        .map((one) => one.outerHTML)""")
    assert nameless == []
    page.get_by_role("navigation", name="Chapters").get_by_role("link", name="Pooling").click()
    assert page.url.endswith("#learn/pooling")
    page.wait_for_function("""() => document.querySelector('[id="learn/pooling"]').getBoundingClientRect().top < 200""")
    page.wait_for_selector('nav a[aria-current="true"]:text-is("Pooling")')
