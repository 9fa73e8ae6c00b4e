"""Opening another run from the line below the header: the real server, runs of different networks."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convlens import TrainedModel, load_model
from convlens.server.serving import ServerSettings, serve

NAMES = {"small": "conv 3 3x3, relu, dense", "large <b>": "conv 5 3x3, relu, maxpool 2, dense"}


@pytest.fixture(scope="module")
def runs(build_model: Callable[..., TrainedModel], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two runs; beside it a model file that is no run."""
    folder = tmp_path_factory.mktemp("here") / "runs"
    for name, network in NAMES.items():
        (folder / name).mkdir(parents=True)
        build_model(network, (1, 12, 12), 4).save(folder / name / "model.safetensors")
    build_model("dense", (1, 12, 12), 4).save(folder.parent / "given.safetensors")
    return folder


@pytest.fixture(scope="module")
def address(runs: Path) -> Iterator[str]:
    asked, ready = threading.Event(), threading.Event()
    found: list[str] = []
    settings = ServerSettings(model=runs.parent / "given.safetensors", port=0, runs=runs)
    thread = threading.Thread(target=serve, args=(settings, lambda url: (found.append(url), ready.set()), asked.is_set))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    asked.set()
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def page(open_page: Callable[..., Any], address: str) -> Iterator[Any]:
    with open_page(address, viewport={"width": 1400, "height": 900}) as opened:
        opened.wait_for_selector("html[data-ready]")
        yield opened


def columns(page: Any) -> list[str]:
    return page.locator(".column-name").all_inner_texts()[1:]


def test_every_run_can_be_opened_and_the_model_that_was_given_again(page: Any) -> None:
    chooser = page.get_by_role("combobox", name="Open another run")
    assert set(chooser.locator("option").all_inner_texts()) == {"given", *NAMES}
    assert columns(page) == ["flatten", "dense 4"]
    chooser.select_option("large <b>")
    page.locator(".model-name", has_text="large <b>").wait_for()
    assert columns(page)[:2] == ["conv 5 3x3", "relu"]
    assert chooser.input_value() == "large <b>"
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    chooser.select_option("given")
    page.locator(".model-name", has_text="given").wait_for()
    assert columns(page) == ["flatten", "dense 4"]


def test_a_run_that_is_gone_says_so_and_the_open_one_stays(page: Any, runs: Path) -> None:
    shutil.move(runs / "small", runs.parent / "elsewhere")
    try:
        page.get_by_role("combobox", name="Open another run").select_option("small")
        page.get_by_role("alert").filter(has_text="there is no run 'small'").wait_for()
        page.get_by_role("combobox", name="Open another run").select_option("small")
        page.wait_for_timeout(300)
        assert page.get_by_role("alert").filter(has_text="there is no run 'small'").count() == 1
    finally:
        shutil.move(runs.parent / "elsewhere", runs / "small")
    assert page.locator(".model-name").inner_text() == "given"
    assert page.get_by_role("combobox", name="Open another run").locator("option:checked").inner_text() == "given"
    page.faults.expect("404")
    page.faults.clear()


def test_a_model_that_is_gone_is_said_and_the_page_goes_on(page: Any, runs: Path) -> None:
    given = runs.parent / "given.safetensors"
    shutil.move(given, runs.parent / "elsewhere")
    try:
        page.reload()
        page.wait_for_selector("html[data-ready]")
        alert = page.get_by_role("alert").inner_text()
        assert alert == "The model given is gone: its file was deleted or moved."
        assert page.locator("#tabs a[aria-current=page]").inner_text() == "Train live"
        page.get_by_role("combobox", name="Open another run").select_option("small")
        page.locator(".model-name", has_text="small").wait_for()
        assert page.get_by_role("alert").count() == 0
    finally:
        shutil.move(runs.parent / "elsewhere", given)


def test_a_stopped_model_says_so_below_the_header(page: Any, runs: Path) -> None:
    file = runs / "small" / "model.safetensors"
    whole, model = file.read_bytes(), load_model(file)
    replace(model, facts={**model.facts, "finished": False, "steps": 3, "planned_steps": 40}).save(file)
    try:
        assert page.locator("#model-line .notice").count() == 0
        page.get_by_role("combobox", name="Open another run").select_option("small")
        notice = page.locator("#model-line .notice")
        notice.wait_for()
        assert notice.inner_text() == "Training was stopped at step 3 of 40; this is the model at that point."
    finally:
        file.write_bytes(whole)


@pytest.mark.parametrize("width", [400, 1000])
def test_the_list_fits_on_the_page(open_page: Callable[..., Any], address: str, width: int) -> None:
    with open_page(address, viewport={"width": width, "height": 800}) as page:
        page.wait_for_selector("html[data-ready]")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") == width
