"""The Learn view with a model, and the page as a whole."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convlens import LabelledImages, Network, TrainedModel, by_hand
from convlens.exports import page_model
from convlens.network import initial_weights, layer_table
from convlens.operations_catalogue import OPERATIONS
from convlens.preprocessing import Preprocessing

Open = Callable[..., Any]


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


def test_the_first_layer_of_the_open_model(
    chapter_of: Open, opened: Open, model: TrainedModel, images: LabelledImages
) -> None:
    with opened(page_model(model, images, name="pets")) as page:
        chapter = chapter_of(page, "channels")
        chapter.select("Numbers", "model")
        chapter.select("Test image", "2")
        assert chapter.root.get_by_label("Test image").locator("option").all_inner_texts()[0] == "0: <b>cat</b>"
        chapter.root.get_by_role("button", name="kernel 1").click()
        chapter.root.get_by_role("slider").fill("123")
        normalised = model.plan.normalisation.apply(images.images)[2]
        trace = by_hand.trace_conv2d(normalised, model.weights["0.weight"][1], padding=1)
        assert chapter.total() == pytest.approx(trace[123].total, rel=1e-3)
        after = chapter_of(page, "activation")
        assert after.root.locator("input:checked").get_attribute("value") == "leaky_relu"
        assert after.root.get_by_label("Slope below zero").input_value() == "0.1"
        after.root.get_by_role("button", name="map 1").click()
        after.root.get_by_role("slider").fill("123")
        total = trace[123].total - 0.25
        assert after.total() == pytest.approx(total, rel=1e-3)
        kernel = chapter_of(page, "kernel")
        kernel.select("Input", "sample-1")
        kernel.select("Kernel", "model-2")
        assert kernel.root.get_by_label("Kernel", exact=True).input_value() == "model-2"
        kernel.root.get_by_role("slider").fill("50")
        expected = by_hand.cross_correlate2d(images.images[1, 0], model.weights["0.weight"][2, 0]).ravel()[50]
        assert kernel.total() == pytest.approx(expected, rel=1e-3)
        counting = chapter_of(page, "counting")
        counting.select("Layer", "model-0")
        assert counting.root.locator("td.formula").first.inner_text() == "3·(1·3·3 + 1) = 30"
        counting.select("Layer", "model-1")
        row = layer_table(model.network, (1, 20, 20), 2).rows[3]
        assert counting.root.locator("p.formula").inner_text() == row.size_formula
        assert counting.root.locator("td.formula").nth(2).inner_text() == row.multiply_adds_formula
        counting.select("Layer", "second")  # nothing of the layer before stays
        assert counting.root.locator("p.formula").inner_text() == "⌊(14 + 2·1 − 3)/1⌋ + 1 = 14"


def test_a_grouped_convolution_is_not_offered(chapter_of: Open, opened: Open) -> None:
    network = Network.from_text("conv 2 3x3 pad 1, relu, conv 4 3x3 groups 2, conv 3 1x1, dense")
    grouped = TrainedModel(network, initial_weights(network, (1, 20, 20), 2, 4), Preprocessing((1, 20, 20)), ("a", "b"))
    with opened(page_model(grouped, name="groups")) as page:
        options = chapter_of(page, "counting").root.get_by_label("Layer").locator("option").all_inner_texts()
        assert options[3:] == ["layer 0: conv 2 3x3 pad 1", "layer 3: conv 3 1x1"]


def test_every_operation_is_described_in_the_words_of_the_catalogue(page: Any) -> None:
    prose = page.locator("#view-learn .prose").all_inner_texts()
    assert len(prose) == 10
    for operation in OPERATIONS.values():
        assert sum(operation.meaning in text and operation.formula in text for text in prose) == 1
    titles = page.locator("#view-learn h2").all_inner_texts()
    assert titles == page.locator("#view-learn .contents a").all_inner_texts()


@pytest.mark.parametrize(("scheme", "width"), [("light", 400), ("dark", 1400)])
def test_axe_finds_nothing(
    seen: Open, chapter_of: Open, violations: Callable[..., list[str]], scheme: str, width: int
) -> None:
    page = seen(scheme, width)
    chapter_of(page, "step-back").root.get_by_role("button", name="Take a step").click()
    chapter_of(page, "network").root.get_by_role("button", name="Last number").click()
    chapter_of(page, "network").type("weights, row 0, column 0", "none")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "text"), [(400, 100), (400, 200), (1000, 200), (1600, 100)])
def test_nothing_hangs_over_the_side(seen: Open, width: int, text: int, scheme: str) -> None:
    assert seen(scheme, width, text).evaluate("document.documentElement.scrollWidth") <= width


def test_every_field_has_a_name_and_a_chapter_has_an_address(page: Any, web_address: str) -> None:
    nameless = page.evaluate("""() => [...document.querySelectorAll("#view-learn :is(input, select, button)")]
        .filter((one) => !one.labels?.length && !one.getAttribute("aria-label") && !one.textContent.trim())
        .map((one) => one.outerHTML)""")
    assert nameless == []
    page.get_by_role("navigation", name="Chapters").get_by_role("link", name="Pooling").click()
    assert page.url.endswith("#learn/pooling")
    page.wait_for_function("""() => document.querySelector('[id="learn/pooling"]').getBoundingClientRect().top < 200""")
    page.wait_for_selector('nav a[aria-current="true"]:text-is("Pooling")')
