"""Look inside for everybody: axe-core's checks, large text, narrow screens, hostile names, all networks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens import LabelledImages, TrainedModel
from convlens.exports import page_model
from convlens.exports.html_file import page_html
from convlens.exports.page_samples import choose_samples

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "\u0639\u0631\u0628\u064a " * 60,
    "\u202ereversed",
    "x" * 300,
    "</script><script>alert(2)</script>",
    "\u200b",
)
Opened = Callable[..., Any]


@pytest.fixture(scope="session")
def payload(mnist_model: TrainedModel, mnist_images: LabelledImages) -> dict[str, Any]:
    return page_model(mnist_model, choose_samples(mnist_model, mnist_images), name="digits")


def payload_of(model: TrainedModel, count: int = 6) -> dict[str, Any]:
    """A model of random weights with random pictures of its own shape."""
    images = np.random.default_rng(7).integers(0, 256, (count, *model.plan.input_shape), np.uint8)
    labels = np.arange(count) % len(model.class_names)
    return page_model(model, LabelledImages(images, labels, model.class_names), name="random")


@pytest.mark.parametrize("steps", [[], ["softmax", "dense", "pool"], ["heat", "layer", "steps"]], ids="+".join)
@pytest.mark.parametrize(("scheme", "width"), [("light", 400), ("dark", 1400)])
def test_axe_finds_nothing(
    look: Opened,
    payload: dict[str, Any],
    violations: Callable[..., list[str]],
    scheme: str,
    width: int,
    steps: list[str],
) -> None:
    with look(payload, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        if not steps:
            assert violations(page) == []
        for step in steps:
            open_step(page, step)
            assert violations(page, within=".look > .details") == [], step


def open_step(page: Any, step: str) -> None:
    if step == "softmax":
        page.locator(".answer-bars .best").click()
    elif step == "dense":
        page.locator("#detail-sum tr.chosen .lead").click()
    elif step == "pool":
        page.locator(".contributions .lead").first.click()
        page.locator(".sum-body .lead").first.click()
    else:
        page.locator(f"#detail-tab-{step}").click()
    page.wait_for_timeout(150)


@pytest.mark.parametrize("width", [400, 700, 1280, 1600])
def test_text_of_twice_the_size_loses_nothing(look: Opened, payload: dict[str, Any], width: int) -> None:
    with look(payload, viewport={"width": width, "height": 900}) as page:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert beyond_the_edge(page) == []
        assert (
            page.evaluate(
                """() => [...document.querySelectorAll('#view-look :is(h2, h3, p, button, label, dt, dd, figcaption)')]
                .filter((node) => node.offsetParent && !node.closest('.unseen, .answer-bars, .scroll, .tabs'))
                .filter((node) => node.scrollWidth > node.clientWidth + 1)
                .filter((node) => getComputedStyle(node).overflowX === 'hidden')
                .map((node) => node.textContent)"""
            )
            == []
        )


def beyond_the_edge(page: Any) -> list[str]:
    """What reaches out of the page to the right, but for what can be scrolled."""
    return page.evaluate(
        """() => [...document.querySelectorAll('header *, #view-look *')]
            .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
            .filter((node) => !node.closest('.scroll, .unseen, .tabs'))
            .map((node) => node.outerHTML.slice(0, 80))"""
    )


@pytest.mark.parametrize("width", [400, 1000])
def test_hostile_class_names_are_text_and_stay_in_their_places(
    look: Opened, build_model: Callable[..., TrainedModel], width: int
) -> None:
    model = build_model("conv 4 3x3, relu, dense", (1, 12, 12), len(HOSTILE))
    hostile = TrainedModel(model.network, model.weights, model.preprocessing, HOSTILE)
    with look({**payload_of(hostile), "name": "<b>model</b>" * 20}, viewport={"width": width, "height": 900}) as page:
        assert page.locator(".model-name").inner_text() == "<b>model</b>" * 20
        names = page.locator(".answer-bars .bar-name").all_text_contents()
        assert tuple(names) == HOSTILE
        assert set(page.locator(".answer-bars .bar-name").evaluate_all("(nodes) => nodes.map((node) => node.dir)")) == {
            "auto"
        }
        for bar in page.locator(".answer-bars .bar").all():
            bar.click()
            assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("tab", name="Attribution").click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert beyond_the_edge(page) == []
        assert page.locator("#view-look img, #view-look script").count() == 0


@pytest.mark.parametrize("name", ["not square", "means", "rows of numbers", "padded maximum", "no dense", "one class"])
def test_every_network_can_be_looked_into(look: Opened, varied_models: dict[str, TrainedModel], name: str) -> None:
    payload = payload_of(varied_models[name])
    with look(payload, viewport={"width": 1000, "height": 900}) as page:
        assert page.locator(".column").count() == len(payload["layers"]) + 1
        for layer in range(-1, len(payload["layers"])):
            canvas = page.locator(f'.column[data-layer="{layer}"] canvas')
            canvas.focus()
            page.keyboard.press("Enter")
            title = page.locator("#detail-sum h3").inner_text()
            assert title.startswith("input" if layer < 0 else payload["layers"][layer]["text"]), layer
        for tab in ["heat", "layer", "steps"]:
            page.locator(f"#detail-tab-{tab}").click()


def test_wide_networks_show_some_maps_and_all_when_asked(
    look: Opened, build_model: Callable[..., TrainedModel]
) -> None:
    with look(payload_of(build_model("conv 40 3x3 pad 1, relu, globalavgpool, dense", (3, 20, 20), 3))) as page:
        column = page.locator('.column[data-layer="0"]')
        small = column.locator("canvas").bounding_box()
        column.get_by_role("button", name="Show all 40").click()
        large = column.locator("canvas").bounding_box()
        assert large["width"] * large["height"] > 2 * small["width"] * small["height"]
        assert column.get_by_role("button", name="Show 16").is_visible()


def test_the_theme_is_the_systems_until_somebody_chooses(look: Opened, payload: dict[str, Any]) -> None:
    with look(payload, color_scheme="dark") as page:
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("button", name="Change to the light theme").click()
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert dark != light
        assert page.evaluate("localStorage.getItem('convlens-theme')") == "light"
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_views_are_links_and_the_current_one_says_so(look: Opened, payload: dict[str, Any]) -> None:
    with look(payload) as page:
        tabs = page.get_by_role("navigation", name="Views").get_by_role("link")
        assert tabs.all_inner_texts() == ["Look inside", "Learn", "Train live"]
        assert tabs.first.get_attribute("aria-current") == "page"
        page.goto(f"{page.url.split('#')[0]}#learn")
        page.wait_for_selector("#view-learn:not([hidden])")
        assert tabs.nth(1).get_attribute("aria-current") == "page"
        assert page.locator("#view-look").is_hidden()
        page.go_back()
        page.wait_for_selector("#view-look:not([hidden])")


def test_a_page_from_disk_has_no_train_tab(open_page: Opened, payload: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "digits.html"
    file.write_text(page_html(payload), encoding="utf-8")
    with open_page(file.as_uri(), offline=True) as page:
        page.wait_for_selector("html[data-ready]")
        assert page.get_by_role("navigation", name="Views").get_by_role("link").all_inner_texts() == [
            "Look inside",
            "Learn",
        ]
        assert page.locator(".column").count() == 9


def test_every_stroke_is_followed_in_the_frame_it_came_in(look: Opened, payload: dict[str, Any]) -> None:
    """How long it takes is measured by `benchmarks/page_speed.py`, by what the page itself writes down."""
    with look(payload, viewport={"width": 1600, "height": 1000}) as page:
        box = page.locator(".pad-paper").bounding_box()
        page.mouse.move(box["x"] + 60, box["y"] + 60)
        page.mouse.down()
        before = ""
        for step in range(1, 21):
            before = page.locator(".answer-sure").inner_text()
            page.mouse.move(box["x"] + 60 + 6 * step, box["y"] + 60 + 3 * step)
            page.evaluate("new Promise(requestAnimationFrame)")
        page.mouse.up()
        assert page.locator(".answer-sure").inner_text() != before
        times = page.evaluate(
            "performance.getEntriesByName('convlens: pointer to pixels').map(({ duration }) => duration)"
        )
        assert 10 <= len(times) <= 21
        assert all(time > 0 for time in times)
