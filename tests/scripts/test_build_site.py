"""The website of the documentation: what is wrong with it fails the build, and it works without a network."""

import doctest
import shutil
from pathlib import Path

import pytest

import build_site
import docstring_examples
import notebook_page
import retired_words
from build_site import SiteError, check_navigation, command_line_page, main, settle_pages

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the real configuration and two small pages."""
    configuration = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:\n")[0]
    (tmp_path / "mkdocs.yml").write_text(f"{configuration}nav:\n  - Start: index.md\n  - Second: second.md\n")
    shutil.copytree(ROOT / "docs/theme", tmp_path / "docs/theme")
    (tmp_path / "docs/index.md").write_text("# Start\n\nSee [the second](second.md#a-word), and `a.py`.\n")
    (tmp_path / "docs/second.md").write_text("# Second\n\n## A word\n\nA peculiar zephyr.\n")
    for name, folder in {"ROOT": "", "DOCS": "docs", "PAGES": "build/pages", "SITE": "build/site"}.items():
        monkeypatch.setattr(build_site, name, tmp_path / folder)
    monkeypatch.setattr(build_site, "made_pages", dict)
    monkeypatch.setattr(build_site, "repository", lambda: None)
    return tmp_path


@pytest.mark.parametrize("module", [build_site, docstring_examples, notebook_page, retired_words])
def test_examples_in_the_scripts(module):
    ran = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert ran.attempted > 0
    assert ran.failed == 0


def test_the_reference_of_the_command_line_has_every_command_and_option():
    text = command_line_page()
    for heading in ("convlens train", "convlens predict", "convlens data check", "convlens by-hand conv2d"):
        assert f"# {heading}\n" in text
    for option in ("--recipe", "--resume", "--steps", "--strict", "--padding-mode", "--to"):
        assert f"`{option}" in text, option
    assert "Exit codes: 0 success" in text
    assert "Table of Contents" not in text


def test_pages_and_navigation_agree():
    check_navigation(["a.md", "b/c.md"], "nav:\n  - A: a.md\n  - More:\n      - b/c.md\n")
    with pytest.raises(SiteError, match=r"^d\.md is not in the navigation; give it a line under nav in mkdocs\.yml\.$"):
        check_navigation(["a.md", "d.md"], "nav:\n  - A: a.md\n")
    with pytest.raises(SiteError, match=r"^a\.md is in the navigation of mkdocs\.yml, but there is no such page\.$"):
        check_navigation([], "nav:\n  - A: a.md\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("link", "complaint"),
    [("third.md", "page does not exist"), ("second.md#nothing", "anchor does not exist")],
)
def test_a_link_that_leads_nowhere_fails_the_build(project, link, complaint, capsys):
    (project / "docs/index.md").write_text(f"# Start\n\n[Broken]({link})\n")
    assert main() == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert "index.md" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        '<link rel="stylesheet" href="https://fonts.example.org/a.css">',
        '<link href="//fonts.example.org" rel="preconnect">',
        "<img alt=x src=https://example.org/a.png>",
    ],
)
def test_what_a_browser_would_fetch_from_elsewhere_fails_the_build(project, html):
    (project / "build/site").mkdir(parents=True)
    (project / "build/site/index.html").write_text(f'<a href="https://example.org">a link</a> {html}')
    with pytest.raises(SiteError, match=r"^index\.html would fetch (https:)?//.*; keep a copy under docs/ instead\.$"):
        settle_pages()


@pytest.mark.slow
def test_search_works_from_a_disk(project, browser, capsys):
    assert main() == 0
    assert capsys.readouterr().out == "2 pages in build/site; open build/site/index.html\n"
    page = browser.new_page()
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto((project / "build/site/index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("peculiar", delay=30)
    page.get_by_text("1 result").wait_for(timeout=10_000)
    page.keyboard.press("Enter")
    page.wait_for_url("**/second.html*")
    assert [url for url in fetched if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
