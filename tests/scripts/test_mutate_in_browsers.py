"""Which lines a browser or Node ran, worked out by hand; and the examples in the docstrings of scripts/mutation."""

import doctest
import json
from types import ModuleType

import pytest

from mutation import browser_lines, mutants, packages, reach, results
from mutation.browser_lines import BrowserLines, lines_that_ran
from mutation.node_lines import NodeLines

TEXT = "export function f(x) {\n  return x\n    ? 1\n    : 2;\n}\n\nexport const y = f(0);\n"


def span(part: str, count: int) -> dict[str, int]:
    return {"startOffset": TEXT.index(part), "endOffset": TEXT.index(part) + len(part), "count": count}


def test_a_branch_that_did_not_run_is_taken_out_of_the_function_around_it():
    whole = {"ranges": [span(TEXT, 1)]}
    function = {"ranges": [span(TEXT[: TEXT.index("\n\n")], 1), span("1", 0)]}
    assert lines_that_ran(TEXT, [whole, function]) == {1, 2, 3, 4, 5, 7}  # the question mark of line 3 ran
    function["ranges"].append(span("? 1", 0))
    assert lines_that_ran(TEXT, [whole, function]) == {1, 2, 4, 5, 7}
    never = {"ranges": [span(TEXT[: TEXT.index("\n\n")], 0)]}
    assert lines_that_ran(TEXT, [whole, never]) == {7}
    assert lines_that_ran(TEXT, []) == set()


class Session:
    """What Playwright's connection to a page's debugger answers, one list of scripts a call."""

    def __init__(self, *answers: list[dict]) -> None:
        self.answers = list(answers)

    def send(self, name: str) -> dict:
        assert name == "Profiler.takePreciseCoverage"
        return {"result": self.answers.pop(0)}


def test_what_ran_since_the_last_time_is_booked_on_the_context_that_ends(tmp_path):
    module = tmp_path / "src/convlens/web/engine/one.js"
    module.parent.mkdir(parents=True)
    module.write_text(TEXT)
    address = "http://127.0.0.1:1234/engine/one.js"
    first = [
        {"url": address, "functions": [{"ranges": [span("export const y", 1)]}]},
        {"url": "http://127.0.0.1:1234/empty.html", "functions": [{"ranges": [span(TEXT, 1)]}]},
        {"url": "", "functions": [{"ranges": [span(TEXT, 1)]}]},
    ]
    second = [{"url": address, "functions": [{"ranges": [span("return x", 3)]}]}]
    booked = BrowserLines(tmp_path)
    booked._sessions = {"a page": [Session(first, second, second)]}
    for context in ("fixture page", "test a", "test b"):
        booked.book(context)
    assert booked.lines == {"src/convlens/web/engine/one.js": {7: ["fixture page"], 2: ["test a", "test b"]}}


def test_what_node_ran_is_booked_and_an_import_counts_for_every_test(tmp_path, monkeypatch):
    for name in ("NODE_OPTIONS", "MUTATION_NODE_LINES"):
        monkeypatch.setenv(name, "")
    module = tmp_path / "src/convlens/web/engine/one.js"
    module.parent.mkdir(parents=True)
    module.write_text(TEXT)
    function = TEXT[TEXT.index("function") : TEXT.index("\n\n")]
    imported = [{"ranges": [span(TEXT, 1)]}, {"ranges": [span(function, 1), span("? 1", 0)]}]
    called = [{"ranges": [span(TEXT, 0)]}, {"ranges": [span(function, 3), span(": 2", 0)]}]
    node, lines = NodeLines(tmp_path), {"src/convlens/web/engine/one.js": {2: ["in a browser"]}}
    for context, functions in (("test a", imported), ("test b", called)):
        scripts = [{"url": module.as_uri(), "functions": functions}]
        with node.file.open("a") as file:
            file.write(json.dumps({"context": context, "scripts": scripts}) + "\n")
    node.add_to(lines)
    assert lines == {
        "src/convlens/web/engine/one.js": {
            1: ["test a", "", "test b"],  # `export` stands outside the function
            2: ["in a browser", "test a", "test b"],
            3: ["test b"],
            4: ["test a", "test b"],
            5: ["test a", "test b"],
            7: ["test a", ""],
        }
    }


@pytest.mark.parametrize("module", [browser_lines, mutants, packages, reach, results], ids=lambda one: one.__name__)
def test_examples_of_the_tool_are_right(module: ModuleType):
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)
