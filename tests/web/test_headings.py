"""Every view has the one heading that the page is under, with a model, without one, and where no model could be had."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import Network, TrainedModel
from convlens.exports import page_model
from convlens.network import layer_table

RULES = ["page-has-heading-one", "heading-order", "empty-heading"]
FAULTS = {"no server": "404", "a failing server": "500"}


@pytest.mark.parametrize("view", ["look", "learn", "train"])
@pytest.mark.parametrize("opened", ["no model", "a model", "no server", "a failing server"])
def test_one_heading_of_the_first_level(
    open_page: Callable[..., Any],
    serve_page: Callable[..., str],
    build_model: Callable[..., TrainedModel],
    violations: Callable[..., list[str]],
    view: str,
    opened: str,
) -> None:
    address = serve_page(
        model=page_model(build_model("conv 2 3x3, relu, dense", (1, 8, 8), 3), name="pets"),
        jobs=[],
        layers=layer_table(Network.from_text("dense"), (1, 8, 8), 3).as_dict(),
        state=None if opened in FAULTS else {"model": "pets" if opened == "a model" else None},
        failed={"state": (500, {"error": "The server is at its end."})} if opened == "a failing server" else None,
    )
    with open_page(f"{address}#{view}") as page:
        page.wait_for_selector("html[data-ready]")
        assert page.get_by_role("heading", level=1).all_inner_texts() == ["Convlens"]
        assert page.get_by_role("heading", level=2, name="pets").count() == (opened == "a model")
        assert violations(page, RULES) == []
        if opened in FAULTS:
            page.faults.expect(FAULTS[opened])
