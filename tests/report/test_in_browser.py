"""The report, opened from the disk in a real Chromium: narrow and wide, light and dark, by mouse, by keys, on paper."""

import dataclasses
import re
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convlens.files import write_atomically
from convlens.report import compare_studies, write_label_errors
from convlens.report.page import write_comparison, write_page

PLACES = [(width, scheme) for width in (400, 1400) for scheme in ("light", "dark")]
at_every_place = pytest.mark.parametrize(("width", "scheme"), PLACES)


def check_width(page: Any) -> None:
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window


@at_every_place
def test_nothing_is_wider_than_the_window(open_page, digits_report, tmp_path, width, scheme):
    page = open_page(digits_report, width, scheme)
    check_width(page)
    screenshot = tmp_path / "page.png"
    page.screenshot(path=screenshot, full_page=True)
    with Image.open(screenshot) as picture:
        assert picture.width == width
        assert picture.height > 4000
        dark = sum(picture.convert("RGB").getpixel((2, 2))) < 300  # type: ignore[arg-type]
    assert dark == (scheme == "dark")


def test_every_picture_is_there(open_page, digits_report):
    page = open_page(digits_report)
    page.evaluate("document.querySelectorAll('[popover]').forEach(one => one.showPopover())")
    page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
    page.wait_for_function("[...document.images].every(one => one.complete)")
    broken = page.evaluate("[...document.images].filter(one => !one.naturalWidth).map(one => one.alt)")
    assert broken == []
    assert page.evaluate("document.images.length") > 100


def opened(page: Any) -> list[str]:
    return page.evaluate("[...document.querySelectorAll(':popover-open')].map(one => one.id)")


def test_a_click_on_a_number_opens_its_images(open_page, digits_report, digits_study):
    page = open_page(digits_report)
    assert opened(page) == []
    true, said = divmod(int((digits_study.evaluation.confusion * (1 - np.eye(10))).argmax()), 10)
    count = int(digits_study.evaluation.confusion[true, said])
    button = page.locator(f"[popovertarget=cell-{true}-{said}]").first
    assert button.inner_text() == str(count)
    button.click()
    assert opened(page) == [f"cell-{true}-{said}"]
    popover = page.locator(f"#cell-{true}-{said}")
    assert popover.get_by_role("heading").inner_text() == f"{true}, predicted as {said}: {count} images"
    pictures = popover.locator("img")
    assert pictures.count() == min(count, 24)
    assert all(one.is_visible() for one in pictures.all())
    page.wait_for_function(f"[...document.querySelectorAll('#cell-{true}-{said} img')].every(one => one.naturalWidth)")
    popover.get_by_role("button", name="Close").click()
    assert opened(page) == []


def focused(page: Any) -> dict[str, Any]:
    return page.evaluate(
        """(() => { const one = document.activeElement;
        return {tag: one.tagName, target: one.getAttribute('popovertarget'), text: one.textContent,
        inMatrix: Boolean(one.closest('.matrix')), outline: getComputedStyle(one).outlineStyle}; })()"""
    )


def test_a_number_opens_and_closes_by_keyboard_and_focus_returns(open_page, digits_report):
    page = open_page(digits_report)
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused(page)["inMatrix"]:
            break
    here = focused(page)
    assert here["tag"] == "BUTTON"
    assert here["outline"] == "solid"
    page.keyboard.press("Enter")
    assert opened(page) == [here["target"]]
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "Close"
    page.keyboard.press("Escape")
    assert opened(page) == []
    assert focused(page) == here
    page.keyboard.press("Space")
    assert opened(page) == [here["target"]]


def test_the_first_key_skips_to_the_content(open_page, digits_report):
    page = open_page(digits_report)
    skip = page.locator("a.skip")
    assert skip.bounding_box()["x"] < 0
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "Skip to the content"
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    page.keyboard.press("Tab")
    inside = page.evaluate("Boolean(document.activeElement.closest('main'))")
    assert inside


def test_the_links_lead_to_the_sections(open_page, digits_report):
    page = open_page(digits_report)
    links = page.locator("nav a")
    assert links.count() == 9
    for link in links.all():
        target = page.locator(link.get_attribute("href"))
        link.click()
        top, left = page.evaluate(
            "id => [document.getElementById(id).getBoundingClientRect().top, document.documentElement.scrollHeight - "
            "innerHeight - scrollY]",
            target.get_attribute("id"),
        )
        assert abs(top) < 100 or left < 2  # the last one cannot come all the way up
        page.evaluate("scrollTo(0, 0)")


def test_the_list_of_label_errors_can_be_saved(open_page, digits_report, digits_study, tmp_path):
    page = open_page(digits_report, accept_downloads=True)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the list as CSV").click()
    assert download.value.suggested_filename == "label-errors.csv"
    download.value.save_as(tmp_path / "saved.csv")
    expected = write_label_errors(digits_study, None)
    assert (tmp_path / "saved.csv").read_bytes().decode() == expected
    assert expected.count("\n") > 20


# Contrast

_COLOURS = """(() => {
  const found = {};
  const solid = colour => !/^rgba\\(.*, 0\\)$|^transparent$/.test(colour);
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || !one.checkVisibility() || one.closest('.unseen')) continue;
    const style = getComputedStyle(one);
    const colour = one.closest('svg') ? style.fill : style.color;
    let below = one;
    while (below && !solid(getComputedStyle(below).backgroundColor)) below = below.parentElement;
    const back = getComputedStyle(below || document.body).backgroundColor;
    found[colour + '|' + back] = one.tagName + ' ' + one.className + ' ' + one.textContent.trim().slice(0, 40);
  }
  return found;
})()"""


def read_colour(text: str) -> tuple[float, float, float]:
    """The red, green and blue (0 to 1) of `rgb(255, 0, 0)` or `color(srgb 1 0 0)`."""
    red, green, blue, *_ = (float(number) for number in re.findall(r"[0-9.]+(?:e-?[0-9]+)?", text))
    assert text.startswith(("rgb(", "rgba(", "color(srgb ")), text
    return (red, green, blue) if text.startswith("color") else (red / 255, green / 255, blue / 255)


def contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2: from 1 to 21."""
    light = []
    for colour in (first, second):
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in read_colour(colour)]
        light.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_the_contrast_is_that_of_the_standard():
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("color(srgb 1 1 1)", "rgba(0, 0, 0, 1)") == pytest.approx(21)
    assert contrast("rgb(7, 8, 9)", "rgb(7, 8, 9)") == 1
    # The lightest grey that passes on white, and the darkest that does not, as everybody quotes them.
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.542, abs=1e-3)
    assert contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)") == pytest.approx(4.478, abs=1e-3)
    assert contrast("rgb(255, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(3.998, abs=1e-3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(open_page, digits_report, scheme):
    page = open_page(digits_report, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = page.evaluate(_COLOURS)
    assert len(found) > 12
    faint = {
        f"{what} ({colours})": round(contrast(*colours.split("|")), 2)
        for colours, what in found.items()
        if contrast(*colours.split("|")) < 4.5
    }
    assert faint == {}
    page.locator(".matrix button").first.click()
    inside = page.locator(":popover-open").evaluate(
        "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
    )
    assert contrast(*inside) >= 4.5


# Paper and large letters


def test_on_paper_what_was_folded_is_open_and_what_needs_a_screen_is_gone(open_page, digits_report):
    page = open_page(digits_report, scheme="dark")
    folded = page.locator("details:not([open]) table").first
    assert not folded.is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert folded.is_visible()
    assert folded.bounding_box()["height"] > 50
    assert [one.is_visible() for one in page.locator("nav, a.skip, .noprint").all()] == [False] * (
        page.locator("nav, a.skip, .noprint").count()
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    settings = page.locator("#training details").last
    assert "batch size" in settings.locator("dl").inner_text()
    assert settings.locator("dl").bounding_box()["height"] > 100


def test_a_printed_report_has_all_its_text(open_page, digits_report, tmp_path):
    page = open_page(digits_report)
    content = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert content.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    assert 3 <= pages <= 20


@pytest.mark.parametrize("width", [400, 1400])
def test_letters_twice_as_large_lose_nothing(open_page, digits_report, width):
    page = open_page(digits_report, width)
    before = float(page.evaluate("getComputedStyle(document.querySelector('.lead')).fontSize").removesuffix("px"))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    after = float(page.evaluate("getComputedStyle(document.querySelector('.lead')).fontSize").removesuffix("px"))
    assert after == pytest.approx(2 * before)
    check_width(page)
    cut = page.evaluate(
        """[...document.querySelectorAll('header *, h2, h3, p, figcaption, summary, footer *')].filter(one =>
        one.checkVisibility() && !one.closest('svg') && getComputedStyle(one).display !== 'inline' &&
        !one.matches('.skip, .unseen, .name') && (one.scrollWidth > one.clientWidth + 1 ||
        one.getBoundingClientRect().right > innerWidth + 1)).map(one => one.tagName + ' ' + one.className)"""
    )
    assert cut == []


def test_a_screen_reader_finds_headings_tables_and_names(open_page, digits_report):
    page = open_page(digits_report)
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("heading", level=2).count() == 10
    assert page.get_by_role("navigation", name="Sections").is_visible()
    assert page.get_by_role("region", name="Confusion matrix").get_by_role("table").is_visible()
    assert page.get_by_role("columnheader", name="recall").is_visible()
    assert page.get_by_role("img", name="warning").is_visible()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a')].filter(one => !(one.ariaLabel || one.textContent).trim()).length"
    )
    assert unnamed == 0


# Other pages

LONG = ("a" * 300, "ع" * 300, "\u202egnp.exe", "🦄", "<script>document.title = 'taken'</script>", "{{7*7}}")


@at_every_place
def test_long_and_hostile_names_widen_nothing_and_run_nothing(open_page, hostile_report, width, scheme):
    page = open_page(hostile_report, width, scheme)
    check_width(page)
    assert page.title() == "Report: model"
    assert page.locator("#classes th[scope=row]").nth(4).inner_text() == LONG[4]


@pytest.fixture(scope="module")
def hostile_report(make_reader, show, tmp_path_factory) -> Path:
    from convlens.report import study_model

    true = [0, 1, 2, 3, 4, 5] * 4
    said = [*true[:18], 1, 2, 3, 4, 5, 0]
    study = study_model(make_reader(LONG), show(LONG, true, said, "b" * 300))
    return write_atomically(tmp_path_factory.mktemp("hostile") / "report.html", write_page(study))


@pytest.mark.parametrize("width", [400, 1400])
def test_long_names_cover_nothing_and_squeeze_nothing(open_page, hostile_report, width):
    page = open_page(hostile_report, width)
    covered = page.evaluate(
        """[...document.querySelectorAll('.matrix tbody tr')].filter(row =>
        row.querySelector('th .name').getBoundingClientRect().right >
        row.querySelector('td').getBoundingClientRect().left + 1).map(row => row.textContent.trim().slice(0, 20))"""
    )
    assert covered == []
    # "true" and "label" behind a long name stay a word on one line.
    heights = page.evaluate(
        "[...document.querySelectorAll('.cards dt .quiet')].map(one => one.getBoundingClientRect().height)"
    )
    assert len(heights) == 12
    assert max(heights) < 30


def test_a_long_name_does_not_make_a_column_wider_than_the_page(open_page, comparison):
    page = open_page(comparison)
    heads = page.locator("#facts thead th, #pairs thead th, #classes thead th").all()
    assert len(heads) == 17
    assert max(head.bounding_box()["width"] for head in heads) < 500


@at_every_place
def test_a_comparison_opens_too(open_page, comparison, width, scheme):
    page = open_page(comparison, width, scheme)
    check_width(page)
    assert page.get_by_role("heading", level=1).inner_text() == "Comparison of 3 models"
    faint = {what for colours, what in page.evaluate(_COLOURS).items() if contrast(*colours.split("|")) < 4.5}
    assert faint == set()


@pytest.fixture(scope="module")
def comparison(digits_study, tmp_path_factory) -> Path:
    names = ("one", "another-run_with-a-very-long-name-as-folders-have-them_2026-11-23_1510", "c" * 200)
    studies = [dataclasses.replace(digits_study, name=name) for name in names]
    return write_atomically(
        tmp_path_factory.mktemp("comparison") / "report.html", write_comparison(compare_studies(studies))
    )


def test_a_page_that_talks_or_asks_for_something_is_heard(browser, listen_to, tmp_path):
    # What `open_page` makes a failure of each test here.
    (tmp_path / "bad.html").write_text("<script>console.log('talking')</script><img src='http://127.0.0.1:9/x.png'>")
    context = browser.new_context(offline=True)
    page = context.new_page()
    heard = listen_to(page)
    page.goto((tmp_path / "bad.html").as_uri())
    context.close()
    assert "console: log: talking" in heard
    assert "asked for http://127.0.0.1:9/x.png" in heard


@pytest.mark.parametrize("which", ["digits_report", "comparison"])
def test_axe_finds_nothing(open_page, request, which):
    source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page = open_page(request.getfixturevalue(which), bypass_csp=True)
    page.evaluate(source)
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
