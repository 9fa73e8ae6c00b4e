"""Every view has the one heading that the page is under, with a model, without one, and where no model could be had."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import Network, TrainedModel
from convlens.exports import page_model
from convlens.network import layer_table

STATE = {"served": True, "runs": [], "datasets": [], "job": None, "queue": 0}
RULES = ["page-has-heading-one", "heading-order", "empty-heading"]


@pytest.mark.parametrize("view", ["look", "learn", "train"])
@pytest.mark.parametrize("opened", ["no model", "a model", "no server"])
def test_one_heading_of_the_first_level(
    open_page: Callable[..., Any],
    web_address: str,
    build_model: Callable[..., TrainedModel],
    violations: Callable[..., list[str]],
    view: str,
    opened: str,
) -> None:
    payload = page_model(build_model("conv 2 3x3, relu, dense", (1, 8, 8), 3), name="pets")
    answers: dict[str, Any] = {
        "model": payload,
        "jobs": [],
        "layers": layer_table(Network.from_text("dense"), (1, 8, 8), 3).as_dict(),
        "state": STATE | {"model": "pets" if opened == "a model" else None},
    }
    broken = {"status": 500, "json": {"error": "The server is at its end."}} if opened == "no server" else None
    with open_page(f"{web_address}/empty.html") as page:
        for name, answer in answers.items():
            page.route(f"**/api/{name}*", fulfilling(broken if broken and name == "state" else {"json": answer}))
        page.goto(f"{web_address}/index.html#{view}")
        page.wait_for_selector("html[data-ready]")
        assert page.get_by_role("heading", level=1).all_inner_texts() == ["Convlens"]
        assert page.get_by_role("heading", level=2, name="pets").count() == (opened == "a model")
        assert violations(page, RULES) == []
        if broken:
            page.faults.expect("500")


def fulfilling(given: dict[str, Any]) -> Callable[[Any], None]:
    return lambda route: route.fulfill(**given)
