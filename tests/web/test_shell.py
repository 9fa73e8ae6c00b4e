"""The page around the views: which view is shown, the line below the header, and what is said where something fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import convlens
from convlens import TrainedModel
from convlens.exports import page_model
from convlens.exports.html_file import escape_json

WEB = Path(convlens.__file__).parent / "web"
STATE = {"served": True, "model": "pets", "runs": [], "datasets": [], "job": None, "queue": 0}


@pytest.fixture(scope="module")
def payload(build_model: Callable[..., TrainedModel]) -> dict[str, Any]:
    return page_model(build_model("conv 2 3x3, relu, dense", (1, 8, 8), 3), name="pets")


@pytest.fixture(scope="module")
def opened(open_page: Callable[..., Any], web_address: str, payload: dict[str, Any]) -> Callable[..., Any]:
    """Return a context manager (hash, state, replies of other paths) → the page."""

    @contextmanager
    def opener(view: str = "", state: Any = STATE, **replies: Any) -> Iterator[Any]:
        with open_page(f"{web_address}/empty.html") as page:
            answers = {"state": {"json": state}, "model": {"json": payload}, "jobs": {"json": []}, **replies}
            for name, answer in answers.items():
                page.route(f"**/api/{name}*", replying(answer))
            page.goto(f"{web_address}/index.html{view}")
            page.wait_for_selector("html[data-ready]")
            yield page

    return opener


def replying(answer: dict[str, Any]) -> Callable[[Any], None]:
    return lambda route: route.fulfill(**answer)


def shown(page: Any) -> tuple[list[str], list[str]]:
    """The current link and the visible views."""
    current = page.locator("#tabs a[aria-current=page]").all_inner_texts()
    return current, page.locator("#views > section:visible").evaluate_all("(all) => all.map((one) => one.id)")


def test_links_show_one_view_at_a_time_and_others_stay_as_they_are(opened: Callable[..., Any]) -> None:
    look, learn = (["Look inside"], ["view-look"]), (["Learn"], ["view-learn"])
    with opened() as page:
        assert shown(page) == look
        assert page.locator("#tabs a").all_inner_texts() == ["Look inside", "Learn", "Train live"]
        assert page.locator("#views > section").evaluate("(one) => [one.ariaLabel, one.className]") == [
            "Look inside",
            "view",
        ]
        page.evaluate("globalThis.first = document.getElementById('view-look')")
        page.get_by_role("link", name="Learn", exact=True).click()
        page.locator("#view-learn .learn").wait_for()
        assert shown(page) == learn
        for address, expected in [("#main", learn), ("#learn/pooling", learn), ("#nowhere", look), ("#look", look)]:
            page.evaluate("(address) => { location.hash = address; }", address)
            page.wait_for_timeout(20)
            assert shown(page) == expected, address
        assert page.evaluate("first === document.getElementById('view-look')")
        assert page.locator("#views > section").count() == 2


def test_no_model_leads_to_the_training_unless_another_view_is_asked_for(opened: Callable[..., Any]) -> None:
    none = {**STATE, "model": None}
    with opened(state=none) as page:
        assert shown(page) == (["Train live"], ["view-train"])
        assert page.evaluate("location.hash") == "#train"
        assert page.locator("#model-line").inner_text().startswith("No model is open: ")
        assert page.title() == "Convlens"
        page.faults.clear()  # no /api/layers
    gone = {**none, "gone": "old", "runs": [{"name": "a"}]}
    with opened("#learn", state=gone) as page:
        assert shown(page) == (["Learn"], ["view-learn"])
        assert page.locator("#model-line [role=alert]").all_inner_texts() == [
            "The model old is gone: its file was deleted or moved."
        ]
        assert page.locator("#model-line .run-chooser option").all_inner_texts() == ["Open a run …", "a"]


def test_a_server_that_fails_is_quoted_and_the_page_can_be_used(opened: Callable[..., Any]) -> None:
    with opened(state=STATE, model={"status": 500, "json": {"error": "It <b>broke</b>."}}) as page:
        assert page.get_by_role("alert").all_inner_texts() == ["It <b>broke</b>."]
        assert page.locator("#model-line").evaluate("(line) => line.children.length") == 1
        assert shown(page) == (["Look inside"], ["view-look"])
        page.faults.expect("500")


def test_a_run_that_cannot_be_opened_is_refused_once(opened: Callable[..., Any], payload: dict[str, Any]) -> None:
    runs = {**STATE, "runs": [{"name": "a"}, {"name": "b"}]}
    with opened(state=runs) as page:
        page.route("**/api/model?run=a", lambda route: route.fulfill(status=404, json={"error": "no run a"}))
        page.route("**/api/model?run=b", lambda route: route.fulfill(json={**payload, "name": "b"}))
        chooser = page.get_by_role("combobox", name="Open another run")
        for _ in range(2):
            chooser.select_option("a")
            page.get_by_role("alert").filter(has_text="no run a").wait_for()
            page.wait_for_timeout(20)
            assert page.get_by_role("alert").count() == 1
        assert page.locator(".model-name").inner_text() == "pets"
        chooser.select_option("b")
        page.locator(".model-name", has_text="b").wait_for()
        assert (page.get_by_role("alert").count(), page.title()) == (0, "b · Convlens")
        page.faults.expect("404")


def test_a_view_that_cannot_be_loaded_leaves_the_others(opened: Callable[..., Any]) -> None:
    with opened() as page:
        page.route("**/views/learn/view.js", lambda route: route.fulfill(status=404))
        page.get_by_role("link", name="Learn", exact=True).click()
        alert = page.locator("#view-learn > .notice.alarm[role=alert]")
        alert.wait_for()
        assert alert.inner_text().startswith("“Learn” could not be shown: ")
        page.get_by_role("link", name="Look inside").click()
        page.locator("#view-look .columns").wait_for()
        page.faults.expect("404")
        page.faults.expect("console")


def test_a_page_with_its_model_inside_asks_no_server(
    open_page: Callable[..., Any], web_address: str, payload: dict[str, Any]
) -> None:
    """The same as one file, but with its modules beside it."""
    html = (WEB / "index.html").read_text(encoding="utf-8")
    place = 'id="convlens-model">'
    assert place in html
    html = html.replace(place, place + escape_json(payload))
    with open_page(f"{web_address}/empty.html") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/index.html", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"{web_address}/index.html#train")
        page.wait_for_selector("html[data-ready]")
        assert not any("/api/" in url for url in asked)
        assert page.locator("#tabs a").all_inner_texts() == ["Look inside", "Learn"]
        assert shown(page) == (["Look inside"], ["view-look"])
        assert page.locator("#model-line").evaluate("(line) => [...line.children].map((one) => one.className)") == [
            "model-name",
            "facts",
        ]
