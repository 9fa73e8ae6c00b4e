"""The notebooks in examples/ run, and what is stored in them is what a run shows."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from run_notebooks import OpenNotebook, opened_notebook, sections, what_is_shown

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.ipynb"))
STORED = {name: json.loads((EXAMPLES / name).read_text(encoding="utf-8"))["cells"] for name in NAMES}
SECTIONS = [(name, heading) for name in NAMES for heading in sections(STORED[name])]
REFRESH = "run `python scripts/run_notebooks.py` and look at what changed"


def comparable(shown: list[tuple[str, str]], varies: bool) -> list[tuple[str, str]]:
    """The outputs without what another processor or another matplotlib makes different."""
    kept = []
    for kind, content in shown:
        if kind == "image/png" or (varies and kind == "text/html"):  # a table of an evaluation names its mistakes
            content = ""
        kept.append((kind, re.sub(r"\d+", "0", content) if varies else content.strip()))
    return kept


@pytest.fixture(scope="module")
def running() -> Iterator[Callable[..., OpenNotebook]]:
    """Return a function that opens a notebook in a kernel of its own, or returns it if it is open already.

    A notebook runs once, as its reader runs it: the test of each section runs the cells that have not run yet.
    """
    opened: dict[str, OpenNotebook] = {}
    with ExitStack() as kernels:

        def run(name: str, folder: Path, data: Path) -> OpenNotebook:
            if name not in opened:
                kernels.close()
                opened.clear()
                variables = {"CONVLENS_DATA": str(data)}
                opened[name] = kernels.enter_context(opened_notebook(EXAMPLES / name, folder, variables))
            return opened[name]

        yield run


@pytest.mark.slow
@pytest.mark.native
@pytest.mark.filterwarnings("default")  # those of Jupyter's own code, which would otherwise hang instead of failing
@pytest.mark.parametrize(("name", "heading"), SECTIONS)
def test_what_is_stored_is_what_a_run_shows(name, heading, running, user_data_folder, tmp_path):
    section = sections(STORED[name])[heading]
    fresh = running(name, tmp_path, user_data_folder).run_to(section.stop).cells
    assert len(STORED[name]) == len(fresh)
    for number in section:
        before, now = STORED[name][number], fresh[number]
        if before["cell_type"] == "code":
            varies = "varies" in before["metadata"].get("tags", ())
            shown = comparable(what_is_shown(now), varies)
            assert shown == comparable(what_is_shown(before), varies), f"cell {number} of {name}: {REFRESH}"


@pytest.mark.parametrize("name", NAMES)
def test_each_cell_is_in_one_section(name):
    found = sections(STORED[name])
    assert [number for section in found.values() for number in section] == list(range(len(STORED[name])))
    assert len(found) > 7


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_stay_small_and_hold_no_path_of_a_machine(name):
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert len(text) < 500_000
    assert not re.search(r"/(home|root|tmp|work|Users)/", text)


def test_the_three_digits_are_right():
    cells = STORED["tutorial.ipynb"]
    shown = [content for cell in cells if cell["cell_type"] == "code" for _, content in what_is_shown(cell)]
    assert "Convlens: 7 4 5\nPyTorch:  7 4 5\nlabels:   7 4 5\n" in shown
    assert shown[:2] == ["790021", "6373"]


def test_a_stored_output_that_is_not_the_runs_is_found():
    shown = [("text/plain", "accuracy 98.1 %"), ("image/png", "abc")]
    other = [("text/plain", "accuracy 97.3 %"), ("image/png", "def")]
    assert comparable(shown, varies=True) == comparable(other, varies=True)
    assert comparable(shown, varies=False) != comparable(other, varies=False)
    assert comparable(shown, varies=True) != comparable(other[:1], varies=True)
