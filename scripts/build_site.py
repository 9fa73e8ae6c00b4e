"""Build the documentation into build/site: `make docs`, and a step of scripts/check.

The pages of docs/, whose links work in the repository, are copied to build/pages. This script adds further pages: the
reference of the command line (from the same source as `--help`), the notebooks, the changelog and the records. A link
out of docs/ leads to one of these pages, or to the repository if pyproject.toml has its address; otherwise the link is
replaced by its text.

Zensical renders the pages (mkdocs.yml); broken links and anchors are errors. In addition, this script checks that every
page is in the navigation and that a browser fetches nothing from other sites.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from notebook_page import notebook_page

ROOT = Path(__file__).parents[1]
DOCS, PAGES, SITE = ROOT / "docs", ROOT / "build/pages", ROOT / "build/site"
COPIED = {"CHANGELOG.md": "changelog.md", "benchmarks/records.md": "records.md"}
"""Documents outside of docs/ that become pages."""
NOTEBOOKS = {"examples/tutorial.ipynb": "tutorial-notebook.md", "examples/your-own-images.ipynb": "your-own-images.md"}
WORKER_SHIM = "https://unpkg.com/iframe-worker/shim"
"""The theme would fetch this for the search in pages opened from disk; docs/theme/worker.js replaces it."""
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^(`{3,}).*?^\1`*$", re.DOTALL | re.MULTILINE)
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|link(?=[^>]*rel="?(?:stylesheet|preconnect|icon|preload)))[^>]*?"""
    r"""(?:src|href)="?((?:https?:)?//[^" >]+)"""
)


class SiteError(Exception):
    """The site cannot be built; the message gives the reason and what to do."""


def command_line_page() -> str:
    """Return the reference of all commands and options, in Markdown."""
    from convlens.cli.main import EPILOGUE, app

    text = app.generate_docs(output_format="markdown", heading_level=1)
    text = re.sub(r"^#+ Table of Contents\n.*?(?=^\*\*Commands)", "", text, flags=re.DOTALL | re.MULTILINE)
    title, rest = text.split("\n", 1)
    assert title == "# convlens"
    about = "This page contains the output of `convlens --help` and of `--help` for every command."
    return f"# Command line\n\n{about} {EPILOGUE}\n{rest}"


def made_pages() -> dict[str, str]:
    """Return the texts of the pages that are not in docs/, by name."""
    pages = {name: (ROOT / source).read_text(encoding="utf-8") for source, name in COPIED.items()}
    for source, name in NOTEBOOKS.items():
        if (ROOT / source).exists():
            pages[name] = notebook_page(json.loads((ROOT / source).read_text(encoding="utf-8")), source)
    return pages | {"cli.md": command_line_page()}


def repository() -> str | None:
    """Return the base address of the repository's files, if pyproject.toml has one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    url = {name.lower(): url for name, url in project.get("urls", {}).items()}.get("repository")
    return f"{url.rstrip('/')}/blob/main/" if url else None


def relink(text: str, source: str, address: str | None) -> str:
    """Return the Markdown of a page with links that work on the site. `source` is the page's path in the repository.

    >>> relink("See [the records](../benchmarks/records.md#speed) and [a word](glossary.md).", "docs/engine.md", None)
    'See [the records](records.md#speed) and [a word](glossary.md).'
    >>> relink("In [`a.py`](../src/a.py).", "docs/engine.md", None)
    'In `a.py`.'
    >>> relink("In [`a.py`](../src/a.py).", "docs/engine.md", "https://example.org/blob/main/")
    'In [`a.py`](https://example.org/blob/main/src/a.py).'
    >>> relink("[engine](../engine.md)", "docs/decisions/0006.md", None)
    '[engine](../engine.md)'
    >>> relink("[new](docs/a.md)", "CHANGELOG.md", None)
    '[new](a.md)'
    """
    # The page's folder on the site: pages of docs/ keep their folders, all others are at the top.
    up = "../" * (source.count("/") - 1 if source.startswith("docs/") else 0)

    def replace(link: re.Match[str]) -> str:
        words, target, anchor = link[1], link[2], link[3] or ""
        place = (ROOT / source).parent.joinpath(target).resolve()
        inside = place.relative_to(ROOT).as_posix()
        page = inside.removeprefix("docs/") if inside.startswith("docs/") else (COPIED | NOTEBOOKS).get(inside)
        if page:
            return f"[{words}]({up}{page}{anchor})"
        return f"[{words}]({address}{inside}{anchor})" if address else words

    return "".join(part if part.startswith("```") else _LINK.sub(replace, part) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    """Split a text into fenced blocks and the parts between them."""
    end = 0
    for fence in _FENCE.finditer(text):
        yield text[end : fence.start()]
        yield fence[0]
        end = fence.end()
    yield text[end:]


def write_pages() -> list[str]:
    """Fill build/pages and return the names of the pages."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(DOCS, PAGES, ignore=shutil.ignore_patterns(".*"))
    sources = {name: source for source, name in (COPIED | NOTEBOOKS).items()}
    address = repository()
    for name, text in made_pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
    names = sorted(path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md"))
    for name in names:
        path = PAGES / name
        text = path.read_text(encoding="utf-8")
        path.write_text(relink(text, sources.get(name, f"docs/{name}"), address), encoding="utf-8")
    return names


def check_navigation(names: list[str], configuration: str) -> None:
    """Check that every page is in the navigation of mkdocs.yml, and that every entry is a page.

    >>> check_navigation(["a.md", "b.md"], "nav:\\n  - A: a.md\\n  # - B: b.md\\n")
    Traceback (most recent call last):
    build_site.SiteError: b.md is not in the navigation; give it a line under nav in mkdocs.yml.
    """
    _, _, navigation = configuration.partition("nav:\n")
    named = re.findall(r"^ *- (?:[^#\n]*: )?([\w./-]+\.md)$", navigation, re.MULTILINE)
    for name in sorted({*names} - {*named}):
        raise SiteError(f"{name} is not in the navigation; give it a line under nav in mkdocs.yml.")
    for name in sorted({*named} - {*names}):
        raise SiteError(f"{name} is in the navigation of mkdocs.yml, but there is no such page.")


def render() -> None:
    """Run Zensical, which prints its own errors."""
    shutil.rmtree(SITE, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", "mkdocs.yml"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        said = ran.stdout + ran.stderr
        raise SiteError(said.partition("Traceback")[0].rstrip() if "issue" in said else said)


def settle_pages() -> None:
    """Replace what a browser would fetch from other sites; if anything is left, raise an error."""
    for path in SITE.rglob("*.html"):
        up = "../" * (len(path.relative_to(SITE).parts) - 1)
        html = path.read_text(encoding="utf-8").replace(WORKER_SHIM, f"{up}theme/worker.js")
        path.write_text(html, encoding="utf-8")
        if found := _FETCHED.findall(html):
            raise SiteError(
                f"{path.relative_to(SITE)} would fetch {', '.join(found)}; keep a copy under docs/ instead."
            )


def main() -> int:
    """Build the site and return the exit code: 1 if something is wrong."""
    try:
        names = write_pages()
        check_navigation(names, (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
        render()
        settle_pages()
    except SiteError as error:
        print(f"build_site: {error}", file=sys.stderr)
        return 1
    print(f"{len(names)} pages in {SITE.relative_to(ROOT)}; open {SITE.relative_to(ROOT)}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
