"""The documents: files that they name are there, links lead somewhere, and what commands print is what is shown."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import convlens
from convlens.cli.main import run

ROOT = Path(__file__).parents[1]
PATH = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|js|cpp|hpp|inc|md|toml)|(?:[\w.-]+/)+)`")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SAME_EVERYWHERE = ("by-hand", "layers")
"""Commands whose output depends on nothing but what is typed."""


def page_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def shown_commands() -> list[tuple[str, str, str]]:
    """Every command that a document shows with its output: (page, command, output)."""
    found = []
    for path in PAGES:
        for _, content in FENCE.findall(path.read_text(encoding="utf-8")):
            for command, output in re.findall(r"^\$ convlens (.*)\n((?:(?!\$ ).*\n)+)", content, re.MULTILINE):
                if command.split()[0] in SAME_EVERYWHERE:
                    found.append((page_name(path), command, output))
    return found


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["architecture", "engine", "contributing"])
def test_every_file_that_a_document_names_is_there(name: str) -> None:
    """WORD and NAME stand for any name; a path begins at one of the homes."""
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    named = {path: re.sub("WORD|NAME", "*", path) for path in PATH.findall(text)}
    assert len(named) > 8
    homes = [ROOT / home for home in ("src/convlens", "native", "native/kernels", "benchmarks", ".")]
    missing = [path for path, pattern in named.items() if not any([*home.glob(pattern)] for home in homes)]
    assert missing == []


@pytest.mark.parametrize("path", PAGES, ids=page_name)
def test_every_link_leads_somewhere_in_the_repository(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", text):
        place = path.parent / target if target else path
        assert place.exists(), target
        if anchor:
            assert anchor in anchors(place.read_text(encoding="utf-8")), f"{target}#{anchor}"


@pytest.mark.parametrize(("page", "command", "output"), shown_commands())
def test_what_a_command_prints_is_what_is_shown(page: str, command: str, output: str, capsys) -> None:
    run(shlex.split(command))
    printed = capsys.readouterr()
    lines = [line.rstrip() for line in (printed.out + printed.err).rstrip().splitlines()]
    assert lines == [line.rstrip() for line in output.rstrip().splitlines()], page


def test_commands_are_shown_with_what_they_print() -> None:
    pages = {page for page, _, _ in shown_commands()}
    assert {"README.md", "docs/networks.md"} <= pages


def test_every_public_name_is_in_the_reference() -> None:
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^::: convlens\.(\w+)$", text, re.MULTILINE))
    assert documented == set(convlens.__all__)


def test_every_file_in_the_tree_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    tree = next(content for _, content in FENCE.findall(text) if content.startswith("src/convlens/\n"))
    for line in tree.splitlines():
        name = line.split()[0]
        place = ROOT / "src" / "convlens" / name if line.startswith(" ") else ROOT / name
        assert place.exists(), name
    listed = {line.split()[0].rstrip("/") for line in tree.splitlines() if line.startswith(" ")}
    packages = {
        path.name
        for path in (ROOT / "src" / "convlens").iterdir()
        if path.name[0] not in "_." and path.suffix != ".typed"
    }
    assert listed == packages


def test_the_packages_are_drawn_and_listed_as_the_import_contract_has_them() -> None:
    """The drawing goes from the top down, the table from the bottom up; the page (`web`) is no package."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (main, cli, *others) = next(one["layers"] for one in contracts["contracts"] if one["type"] == "layers")
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    drawn = [line.split("  ")[0].strip() for line in text.split("```\n")[1].splitlines()]
    assert drawn == [f"{main} → {cli}", *(f"{layer} (+ web)" if layer == "server" else layer for layer in others)]
    places = {name: place for place, layer in enumerate([*reversed(others), cli]) for name in layer.split(" | ")}
    listed = [
        name for name in re.findall(r"^\| `(\w+)(?:\.\w+)?` \|[^\n]*\|[^\n]*\|[^\n]*\|$", text, re.M) if name in places
    ]
    assert set(listed) == set(places)
    assert listed == sorted(listed, key=lambda name: places[name])
