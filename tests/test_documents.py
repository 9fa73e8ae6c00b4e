"""The documents that name files: every one of them is there. The picture of the packages: it is the import contract."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATH = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|js|cpp|hpp|inc|md|toml)|(?:[\w.-]+/)+)`")


@pytest.mark.parametrize("name", ["architecture", "engine", "contributing"])
def test_every_file_that_a_document_names_is_there(name: str) -> None:
    """WORD and NAME stand for any name; a path begins at one of the homes."""
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    named = {path: re.sub("WORD|NAME", "*", path) for path in PATH.findall(text)}
    assert len(named) > 8
    homes = [ROOT / home for home in ("src/convlens", "native", "native/kernels", "benchmarks", ".")]
    missing = [path for path, pattern in named.items() if not any([*home.glob(pattern)] for home in homes)]
    assert missing == []


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
