"""The documents that name files: every one of them is there."""

import re
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
