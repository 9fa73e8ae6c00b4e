"""Look inside a network with branches: what is drawn of them, and the sums that lead into each."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convlens import TrainedModel
from convlens.exports import page_model

RESIDUAL = "conv 4 3x3 pad 1, relu, residual(conv 4 3x3 pad 1, batchnorm), relu, globalavgpool, dense"
"""Layers 2 and 3 are the body, 4 adds what the body and layer 1 give."""
BRANCHES = "conv 3 1x1, concat(conv 2 1x1, relu; conv 2 3x3 pad 1, gelu; ), globalavgpool, dense"
"""Layers 1 and 2 are branch 0, 3 and 4 branch 1; 5 joins them and layer 0."""
SHAPE = (1, 8, 8)
Opened = Callable[..., Any]
Build = Callable[..., TrainedModel]


def payload_of(model: TrainedModel) -> dict[str, Any]:
    return page_model(model, name="branches")


def number(text: str) -> float:
    return float(text.replace("\u2212", "-").replace("+", ""))


def canvas(page: Any, layer: int) -> Any:
    return page.locator(f'.column[data-layer="{layer}"] canvas')


def choose_first(page: Any, layer: int) -> None:
    """The sum behind the first number of a layer, by keyboard."""
    canvas(page, layer).focus()
    page.keyboard.press("Enter")


def marked(page: Any, layer: int) -> list[tuple[int, ...]]:
    path = page.locator(f'.column[data-layer="{layer}"] .mark-window').get_attribute("d") or ""
    return [tuple(map(int, match)) for match in re.findall(r"M(-?\d+) (-?\d+)h(\d+)v(\d+)", path)]


def test_an_addition_leads_into_both_branches(look: Opened, build_model: Build) -> None:
    model = build_model(RESIDUAL, SHAPE, 3)
    # The page begins with an empty paper where a model comes without samples.
    outputs = model.engine.activations(np.zeros((1, *SHAPE), np.uint8))
    body, around, total = (float(outputs[layer + 1][0, 0, 0, 0]) for layer in (3, 1, 4))
    with look(payload_of(model)) as page:
        details = page.locator("#detail-sum")
        choose_first(page, 4)
        assert details.locator("h3").inner_text() == "add, map 0, row 0, column 0"
        terms = details.locator(".sum-body .lead")
        assert [number(text) for text in terms.all_inner_texts()] == pytest.approx([body, around], abs=6e-4)
        assert number(details.locator(".sum-body .result").inner_text()) == pytest.approx(total, abs=6e-4)
        names = details.locator(".sum-body .named-name").all_inner_texts()
        assert names == ["batchnorm (body)", "relu"]
        terms.nth(0).click()
        assert details.locator("h3").inner_text() == "batchnorm (body), map 0, row 0, column 0"
        details.locator(".crumbs button").click()
        terms.nth(1).click()
        assert details.locator("h3").inner_text() == "relu, map 0, row 0, column 0"


def test_a_number_goes_on_to_all_that_take_it_by_itself(look: Opened, build_model: Build) -> None:
    with look(payload_of(build_model(RESIDUAL, SHAPE, 3))) as page:
        onwards = page.locator("#detail-sum .onwards")
        choose_first(page, 1)  # taken by the body's convolution, among others, and by the addition
        assert onwards.locator(".operator").all_inner_texts() == ["then add →"]
        onwards.locator(".lead").click()
        assert page.locator("#detail-sum h3").inner_text() == "add, map 0, row 0, column 0"
        assert onwards.locator(".operator").all_inner_texts() == ["then relu →"]
    with look(payload_of(build_model(BRANCHES, SHAPE, 3))) as page:
        choose_first(page, 4)
        page.locator("#detail-sum .onwards .lead").click()
        # Two maps of branch 0 come first.
        assert page.locator("#detail-sum h3").inner_text() == "concat, map 2, row 0, column 0"
        assert page.locator("#detail-sum .named-name").all_inner_texts() == ["branch 1: gelu", "map 2"]
        page.locator("#detail-sum .sum-body .lead").click()
        assert page.locator("#detail-sum h3").inner_text() == "gelu (branch 1), map 0, row 0, column 0"


def test_only_layers_that_lead_to_a_number_light_up(look: Opened, build_model: Build) -> None:
    with look(payload_of(build_model(BRANCHES, SHAPE, 3)), viewport={"width": 1600, "height": 1000}) as page:
        choose_first(page, 5)  # map 0 of the join is map 0 of branch 0
        assert [bool(marked(page, layer)) for layer in range(-1, 6)] == [True, True, True, True, False, False, True]
        canvas(page, 5).press("PageDown")
        canvas(page, 5).press("PageDown")
        page.wait_for_timeout(100)
        assert [bool(marked(page, layer)) for layer in range(-1, 6)] == [True, True, False, False, True, True, True]
        assert marked(page, -1) == [(0, 0, 2, 2)]  # 3×3 with a row and a column of padding
    with look(payload_of(build_model(RESIDUAL, SHAPE, 3)), viewport={"width": 1600, "height": 1000}) as page:
        choose_first(page, 4)
        # Around the block one number of one map leads there, through the body 2×2 of all four.
        assert [box[2:] for box in marked(page, 1)] == [(2, 2)] * 4
        assert len(marked(page, 3)) == 1


@pytest.mark.parametrize("width", [400, 1280])
def test_branches_are_framed_and_bypasses_drawn(
    look: Opened, build_model: Build, violations: Callable[..., list[str]], width: int
) -> None:
    viewport = {"width": width, "height": 900}
    with look(payload_of(build_model(BRANCHES, SHAPE, 3)), viewport=viewport) as page:
        network = page.get_by_role("list", name="The network, layer by layer")
        for name, layers in (("branch 0", ["1", "2"]), ("branch 1", ["3", "4"])):
            assert network.get_by_role("list", name=name).count() == 1
            columns = network.get_by_role("list", name=name).locator(".column")
            assert columns.evaluate_all("(all) => all.map(({ dataset }) => dataset.layer)") == layers
        # To branch 1 and to the join from layer 0, and from branch 0 to the join; the other ways lead to the neighbour.
        assert page.locator(".bypasses path").count() == 3
        label = canvas(page, 5).get_attribute("aria-label")
        assert "Inputs: relu (branch 0) and gelu (branch 1) and conv 3 1x1. " in label
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert violations(page) == []


def test_layers_out_of_sight_are_announced_and_can_be_reached(look: Opened, build_model: Build) -> None:
    text = ", ".join(["conv 4 3x3 pad 1, relu"] * 8) + ", globalavgpool, dense"
    with look(payload_of(build_model(text, SHAPE, 3)), viewport={"width": 1366, "height": 900}) as page:
        last = page.locator(".column").last
        later = page.get_by_role("button", name=re.compile("more layers? →"))
        hidden = int(later.inner_text().split()[0])
        assert hidden == sum(
            box["x"] + box["width"] > page.locator(".network").bounding_box()["x"] + network_width(page)
            for box in (column.bounding_box() for column in page.locator(".column").all())
        )
        while later.is_visible():
            later.click()
            page.wait_for_timeout(60)
        assert last.bounding_box()["x"] + last.bounding_box()["width"] <= 1366
        assert page.get_by_role("button", name="end →").get_attribute("aria-disabled") == "true"
        assert page.get_by_role("button", name=re.compile("earlier layers?")).is_visible()
    with look(payload_of(build_model("conv 2 3x3, dense", SHAPE, 3)), viewport={"width": 1366, "height": 900}) as page:
        assert page.locator(".network-ends").is_hidden()


def network_width(page: Any) -> float:
    return page.locator(".network").evaluate("(node) => node.clientWidth + 1")
