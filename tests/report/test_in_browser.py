"""The report as a person meets it: opened from the disk in a real Chromium, on a phone, by keyboard, on paper."""

import pytest


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_hangs_over_the_side(open_page, digits_report, width, scheme, tmp_path):
    page = open_page(digits_report, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture = page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert len(picture) > 20_000
    assert page.locator("h1").inner_text() == "Report of digits-run"


def test_a_cell_opens_its_images_by_mouse(open_page, digits_report):
    page = open_page(digits_report)
    cell = page.locator(".matrix button").first
    target = page.locator(f"#{cell.get_attribute('popovertarget')}")
    assert not target.is_visible()
    cell.click()
    assert target.is_visible()
    assert target.locator("img").count() > 0
    assert target.locator("img").first.evaluate("one => one.complete && one.naturalWidth") == 8
    target.get_by_role("button", name="Close").click()
    assert not target.is_visible()


def test_a_cell_opens_and_closes_by_keyboard_and_focus_comes_back(open_page, digits_report):
    page = open_page(digits_report)
    cell = page.locator(".matrix button").nth(1)
    cell.focus()
    page.keyboard.press("Enter")
    target = page.locator(f"#{cell.get_attribute('popovertarget')}")
    assert target.is_visible()
    page.keyboard.press("Escape")
    assert not target.is_visible()
    assert cell.evaluate("one => document.activeElement === one")


def test_the_first_tab_leads_to_the_content(open_page, digits_report):
    page = open_page(digits_report)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("one => document.activeElement === one")
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")


def test_the_list_of_doubtful_labels_can_be_saved(open_page, digits_report, digits_study):
    page = open_page(digits_report, accept_downloads=True)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the list as CSV").click()
    assert download.value.suggested_filename == "doubtful-labels.csv"
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("part,image,index,given,suggested,")
    assert len(lines) == 1 + len(digits_study.doubtful)


CONTRASTS = """() => {
  const luminance = colour => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
      .map(part => part / 255).map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const selectors = ['body', '.quiet', 'figcaption', 'a', 'thead th', '.mark.good', '.mark.warning', 'summary',
    '.range'];
  return selectors.filter(one => document.querySelector(one)).map(one => {
    const ink = luminance(getComputedStyle(document.querySelector(one)).color);
    return [one, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_the_paper(open_page, digits_report, scheme):
    found = open_page(digits_report, scheme=scheme).evaluate(CONTRASTS)
    assert len(found) >= 7
    assert [(name, contrast) for name, contrast in found if contrast < 4.5] == []


def test_on_paper_tables_are_open_and_nothing_is_there_to_click(open_page, digits_report):
    page = open_page(digits_report)
    hidden = page.locator("details:not([open]) table").first
    assert not hidden.is_visible()
    page.emulate_media(media="print")
    assert hidden.evaluate("one => one.getBoundingClientRect().height") > 10
    assert not page.locator("nav").is_visible()
    assert not page.locator(".noprint").first.is_visible()


def test_letters_twice_as_large_lose_nothing(open_page, digits_report):
    page = open_page(digits_report, 1000)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000
    big = page.locator(".big")
    assert big.evaluate("one => one.scrollWidth <= one.clientWidth + 1")
