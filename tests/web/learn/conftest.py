"""The Learn view in Chromium, and functions that find the parts of a chapter."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from convlens import TrainedModel
from convlens.exports import page_model

Opened = Callable[..., Any]


class Chapter:
    """One chapter of the page, with functions that find its parts."""

    def __init__(self, page: Any, name: str) -> None:
        self.page, self.root = page, page.locator(f'[id="learn/{name}"]')

    def cell(self, name: str) -> Any:
        return self.root.get_by_label(name, exact=True)

    def type(self, name: str, text: str) -> None:
        """Type into a field as a person does, replacing its content."""
        self.cell(name).focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, legend: str, option: str) -> None:
        """Reach a radio button with the arrow keys alone."""
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

    def total(self) -> float:
        """Return the number at the end of the line of the sum, before an activation."""
        return read_total(self.sum())

    def mistake(self) -> str:
        return self.root.get_by_role("alert").text_content()

    def sums_of_all_positions(self) -> list[str]:
        """Move the slider through all positions; return the text of the line of the sum at each."""
        return self.root.evaluate("""(chapter) => {
            const slider = chapter.querySelector(".stepper input");
            return Array.from({ length: Number(slider.max) + 1 }, (_, place) => {
                slider.value = place;
                slider.dispatchEvent(new Event("input"));
                return chapter.querySelector(".sum").innerText;
            });
        }""")

    def totals_of_all_positions(self) -> list[float]:
        return [read_total(one) for one in self.sums_of_all_positions()]


def read_total(sentence: str) -> float:
    return float(re.split("[=≈] ", sentence)[-1].split(",")[0].replace("−", "-"))


@pytest.fixture
def chapter_of() -> type[Chapter]:
    """Return `chapter_of(page, "kernel")`, which finds a chapter of the page."""
    return Chapter


@pytest.fixture(scope="module")
def opened(open_page: Callable[..., Any], serve_page: Callable[..., str]) -> Opened:
    """Return a context manager (model=payload or None, **options of the browser's context) → the page at #learn."""

    @contextmanager
    def opener(model: Any = None, **options: Any) -> Iterator[Any]:
        address = serve_page(state={"model": None if model is None else ""}, model=model)
        with open_page(f"{address}#learn", **options) as page:
            page.set_default_timeout(5000)
            page.wait_for_selector("html[data-ready]")
            yield page

    return opener


@pytest.fixture(scope="module")
def learn_page(opened: Opened) -> Iterator[Any]:
    with opened(viewport={"width": 1000, "height": 900}, reduced_motion="no-preference") as page:
        yield page


def begin_anew(learn_page: Any) -> None:
    learn_page.evaluate("""async () => {
        const { mount } = await import("convlens/views/learn/view.js");
        globalThis.learn?.dispose();
        globalThis.learn = mount(document.getElementById("view-learn"), { model: null });
    }""")


@pytest.fixture
def page(learn_page: Any) -> Any:
    """Return the page with the view in its initial state; a new page for every test would take a second each."""
    begin_anew(learn_page)
    return learn_page


@pytest.fixture
def seen(learn_page: Any) -> Iterator[Callable[..., Any]]:
    """Return a function (scheme, width, size of text in per cent) → `page` as seen so, until the test's end.

    Without movement: in the middle of a change of colour nothing has the contrast that it is meant to have.
    """

    def see(scheme: str, width: int, text: int = 100) -> Any:
        learn_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        learn_page.set_viewport_size({"width": width, "height": 900})
        learn_page.evaluate("(percent) => (document.documentElement.style.fontSize = `${percent}%`)", text)
        begin_anew(learn_page)
        return learn_page

    yield see
    learn_page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    learn_page.set_viewport_size({"width": 1000, "height": 900})
    learn_page.evaluate("document.documentElement.style.fontSize = ''")


CHAPTER = """
    const { openModel } = await import("convlens/engine/network.js");
    const chapter = async (file, name, ...rest) => {
        const chapters = await import(`convlens/views/learn/chapters/${file}.js`);
        const made = new chapters[name](...rest);
        document.body.replaceChildren(made.root);
        return made;
    };
    const choose = (list, value) => { list.value = value; list.dispatchEvent(new Event("change")); };
    const model = openModel(given);
    const samples = [0, 1].map((label) => ({ label, pixels: Uint8Array.from({ length: 25 }, (_, at) =>
        5 * at * label) }));
    const shown = (root, kind = "option") => read(root, kind);
"""


@pytest.fixture
def use_chapter(call_with_parts: Callable[..., Any]) -> Callable[..., Any]:
    """Return `use_chapter(statements, payload)`: with an open model, two samples, and `chapter(file, name)`."""
    use = call_with_parts(None, CHAPTER)
    return lambda statements, payload: use("", statements, payload)


@pytest.fixture(scope="module")
def payload_of_pets(build_model: Callable[..., TrainedModel]) -> dict[str, Any]:
    return page_model(build_model("conv 3 3x3 pad 1, tanh, dense", (1, 5, 5), 2), name="pets")
