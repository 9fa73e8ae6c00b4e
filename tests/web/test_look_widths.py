"""The whole network is in sight: between the image and the prediction where it fits there, else below them."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import TrainedModel
from convlens.exports import page_model

Opened = Callable[..., Any]
Build = Callable[..., TrainedModel]

TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, flatten, dense"


def place(page: Any, selector: str) -> dict[str, float]:
    return page.locator(selector).last.bounding_box()


def await_layout(page: Any, is_below: bool) -> None:
    """Until the browser has measured the columns."""
    script = "below => document.querySelector('.look').classList.contains('network-below') === below"
    page.wait_for_function(script, arg=is_below)


@pytest.mark.parametrize(("width", "is_below"), [(1024, True), (1280, True), (1366, True), (1440, True), (1600, False)])
def test_the_last_layer_is_in_sight(look: Opened, build_model: Build, width: int, is_below: bool) -> None:
    payload = page_model(build_model(TUTORIAL, (1, 28, 28), 10), name="tutorial")
    with look(payload, viewport={"width": width, "height": 900}) as page:
        await_layout(page, is_below)
        network, last = place(page, ".network"), place(page, ".column")
        assert last["x"] + last["width"] <= network["x"] + network["width"] <= width
        assert page.locator(".network-ends").is_hidden()
        answer = place(page, ".answer")
        assert (network["y"] > answer["y"] + answer["height"]) == is_below
        assert (network["x"] + network["width"] < answer["x"]) != is_below


def test_the_layout_follows_the_width_of_the_window(look: Opened, build_model: Build) -> None:
    payload = page_model(build_model(TUTORIAL, (1, 28, 28), 10), name="tutorial")
    with look(payload, viewport={"width": 1600, "height": 900}) as page:
        for width, is_below in ((1366, True), (1600, False), (1024, True)):
            page.set_viewport_size({"width": width, "height": 900})
            await_layout(page, is_below)


@pytest.mark.parametrize(("width", "is_below"), [(1100, True), (1300, False)])
def test_a_short_network_stays_beside_the_image(look: Opened, build_model: Build, width: int, is_below: bool) -> None:
    """Unless the space there is so narrow that the columns would become rows."""
    payload = page_model(build_model("conv 2 3x3, dense", (1, 8, 8), 3), name="short")
    with look(payload, viewport={"width": width, "height": 900}) as page:
        await_layout(page, is_below)
        page.wait_for_timeout(300)  # no layout that brings about the other one
        source = place(page, ".source")
        assert (place(page, ".network")["y"] > source["y"] + source["height"]) == is_below
        assert page.locator(".as-rows").count() == 0
        await_layout(page, is_below)
