"""Mutation testing: which mutants there are, which are chosen, what becomes of them, and that the user's files stay."""

import importlib.util
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import mutate
from mutation import testing
from mutation.cpp_mutants import list_cpp_mutants
from mutation.javascript_mutants import list_javascript_mutants
from mutation.mutants import (
    EQUIVALENTS,
    Equivalent,
    Mutant,
    choose,
    make_mutant,
    read_equivalents,
    share_out,
    without_equivalents,
)
from mutation.packages import ELSEWHERE, is_mutable, own_tests, package_of
from mutation.python_mutants import list_python_mutants
from mutation.reach import Reach, measure_reach, read_record, statement_around
from mutation.results import (
    count,
    format_share,
    read_results,
    share_killed,
    summarise,
    write_results,
)
from mutation.testing import Outcome, TestServer, check_unmutated, try_all
from mutation.working_copy import WorkingCopy, list_files

ROOT = Path(__file__).parents[2]
PATH = "src/convlens/tiny.py"
SOURCE = '''"""Tiny."""

LIMIT = 3


def bounded(number):
    """At most LIMIT."""
    steps = 0
    while number > LIMIT:
        number -= 1
        steps += 1
    return number


def unused():
    return 7


from functools import cache


@cache
def kept():
    return 8
'''
TESTS = """
import pytest

from convlens.tiny import LIMIT, bounded, kept


@pytest.fixture(scope="module")
def result():
    return bounded(5)


def test_small():
    assert bounded(2) == 2 and kept() == 8


def test_large(result):
    assert result == 3 and kept() == 8


def test_shared_again(result):
    assert result < 9


def test_that_fails_anyway():
    assert LIMIT == 4
"""
SMALL, LARGE, AGAIN = (f"tests/test_tiny.py::test_{name}" for name in ("small", "large", "shared_again"))


def mutant(old: str, new: str, path: str = PATH, text: str = SOURCE) -> Mutant:
    """`old`, which is there once, replaced."""
    assert text.count(old) == 1
    made = make_mutant(path, text, text.index(old), text.index(old) + len(old), new, "by hand")
    assert made is not None
    return made


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    texts = {
        PATH: SOURCE,
        "src/convlens/__init__.py": "",
        "tests/test_tiny.py": TESTS,
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--import-mode=importlib']\n",
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def copy(project: Path) -> Iterator[WorkingCopy]:
    before = snapshot(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "PRELOADED", ("pytest",))
        patch.setattr(testing, "GRACE", 0.5)
        with WorkingCopy(project) as made:
            yield made
    assert not made.root.exists()
    assert snapshot(project) == before


# The text of a mutant


def test_a_mutant_is_what_differs_and_says_where():
    found = mutant("number > LIMIT", "number >= LIMIT")
    assert (found.line, found.old, found.new) == (9, "", "=")
    assert str(found) == "src/convlens/tiny.py:9  while number > LIMIT: → while number >= LIMIT:"
    assert found.apply(SOURCE) == SOURCE.replace("number > L", "number >= L")
    assert make_mutant(PATH, SOURCE, 0, 5, SOURCE[:5], "none") is None


def test_a_mutant_of_several_lines_shows_them_on_one():
    found = mutant("    steps = 0\n    while number > LIMIT:", "    steps = 0\n    if number > LIMIT:")
    assert (found.line, found.before, found.after) == (9, "while number > LIMIT:", "if number > LIMIT:")
    found = mutant("number -= 1\n        steps += 1", "number -= 1")
    assert (found.line, found.last_line, found.after) == (10, 11, "number -= 1")


def test_a_mutant_of_another_text_is_refused():
    with pytest.raises(ValueError, match=r"tiny\.py:3 is not what it was"):
        mutant("LIMIT = 3", "LIMIT = 4").apply(SOURCE.replace("3", "5"))


# The sample


def many(prefix: str = "") -> list[Mutant]:
    text = prefix + "".join(f"x{number} = {number}\n" for number in range(200))
    starts = [text.index(f"x{number} = ") for number in range(200)]
    made = [make_mutant(PATH, text, start, start + 1, "y", "name") for start in starts]
    return [one for one in made if one is not None]


def test_a_sample_depends_on_the_seed_alone():
    chosen = choose(many(), 20, seed=1)
    assert len(chosen) == 20
    assert choose(reversed(many()), 20, seed=1) == chosen
    assert set(chosen) < set(choose(many(), 30, seed=1))
    assert len(set(chosen) & set(choose(many(), 20, seed=2))) < 10
    assert [one.line for one in chosen] == sorted(one.line for one in chosen)
    assert len(choose(many(), 500, seed=1)) == 200


def test_a_line_more_changes_nothing_about_the_others():
    moved = choose(many("import os\n\n"), 20, seed=1)
    assert [(one.before, one.line) for one in moved] == [
        (one.before, one.line + 2) for one in choose(many(), 20, seed=1)
    ]


def test_packages_get_their_share_and_at_least_a_few():
    assert share_out({"a": 98, "b": 1, "c": 1}, 100) == {"a": 98, "b": 6, "c": 6}
    assert share_out({"a": 2, "b": 1}, 100, least=1) == {"a": 67, "b": 34}


# Which mutants there are


def test_mutants_of_python():
    pytest.importorskip("mutmut", reason="pip install --group mutation")
    found = {(one.line, one.after) for one in list_python_mutants(PATH, SOURCE)}
    assert {(9, "while number >= LIMIT:"), (10, "number += 1"), (16, "return 8"), (3, "LIMIT = 4")} <= found


@pytest.mark.parametrize(
    "text",
    [
        '"""Two + 2."""\n',
        "__all__ = ['a' + 'b']\n",
        "x: Literal[1]\n",
        "@cache(maxsize=3)\ndef f(): pass\n",
        "if TYPE_CHECKING:\n    x = 1\n",
        "f('one', 'two')\n",
        "cast(int, x + 1)\n",
        "from typing import x\n",
    ],
)
def test_what_no_test_should_notice_has_no_mutant(text):
    pytest.importorskip("mutmut", reason="pip install --group mutation")
    assert list_python_mutants(PATH, text) == []


def test_a_call_loses_arguments_that_were_named_and_only_those():
    pytest.importorskip("mutmut", reason="pip install --group mutation")
    assert [one.after for one in list_python_mutants(PATH, "f(a, b=c)\n")] == ["f(a, )"]


def test_mutants_in_a_block_and_over_lines_are_python():
    pytest.importorskip("mutmut", reason="pip install --group mutation")
    text = "def f(a):\n    if a:\n        return g(\n            a + 1,\n            b=[\n                2,\n"
    text += "            ],\n        )\n"
    found = list_python_mutants(PATH, text)
    assert {(one.line, one.after) for one in found} >= {(4, "a - 1,"), (6, "3,")}
    for one in found:
        compile(one.apply(text), "mutant", "exec")


def test_mutants_of_cpp():
    pytest.importorskip("tree_sitter_cpp", reason="pip install --group mutation")
    text = (
        '#include "a/b.hpp"\n// one + two\ntemplate <int n = 3>\nint f(std::vector<int> a, bool b) {\n'
        "    if (b) g(a);\n    x += 1;\n    return b ? std::min(1, 2) : a[0] - 2;\n}\n"
    )
    found = {(one.line, one.after) for one in list_cpp_mutants("native/f.cpp", text)}
    assert {one for one in found if one[0] < 5} == set()
    assert {(5, "if (!(b)) g(a);"), (5, "if (b) ;"), (6, "x -= 1;"), (6, "x = 1;")} <= found
    assert (7, "return b ? std::max(1, 2) : a[0] - 2;") in found
    assert (7, "return false ? std::min(1, 2) : a[0] - 2;") in found
    assert (7, "return b ? std::min(1, 2) : a[0] + 2;") in found


def test_mutants_of_javascript():
    if not (ROOT / "node_modules/@stryker-mutator/instrumenter").exists():
        pytest.skip("npm has not installed Stryker's instrumenter")
    path = "src/convlens/web/layers/leaky_relu.js"
    text = (ROOT / path).read_text(encoding="utf-8")
    found = list_javascript_mutants(path, text, ROOT)
    assert found
    assert all(one.apply(text) != text for one in found)
    assert any(one.operator == "ArithmeticOperator" for one in found)


# Files, packages and their tests


@pytest.mark.parametrize(
    ("path", "mutable"),
    [
        ("src/convlens/files.py", True),
        ("src/convlens/web/engine/sums.js", True),
        ("native/kernels/pool.hpp", True),
        ("src/convlens/__init__.py", False),
        ("src/convlens/exports/one_file.js", False),
        ("native/CMakeLists.txt", False),
        ("tests/test_files.py", False),
    ],
)
def test_what_can_have_mutants(path, mutable):
    assert is_mutable(path) == mutable


def test_every_package_has_tests_and_every_entry_of_the_table_finds_some():
    files = [path for path in list_files(ROOT) if is_mutable(path)]
    packages = {package_of(path) for path in files}
    assert {name for name in packages if not own_tests(ROOT, name)} == set()
    assert {pattern for patterns in ELSEWHERE.values() for pattern in patterns if not list(ROOT.glob(pattern))} == set()
    assert set(ELSEWHERE) <= packages
    assert own_tests(ROOT, "window") == ["tests/test_window.py", "src/convlens/window.py"]


# What reaches a line


def test_a_statement_is_reached_by_all_its_lines():
    text = "def f(\n    a=1,\n):\n    return (\n        a\n        + 1\n    )\n"
    assert statement_around(text, 6, 6) == (4, 7)
    assert statement_around(text, 2, 2) == (1, 3)


def test_tests_that_reach_a_line_come_quickest_first():
    lines = {PATH: {9: frozenset({LARGE, SMALL}), 3: frozenset({""}), 16: frozenset()}}
    reach = Reach({SMALL: 0.3, LARGE: 0.1, "tests/other.py::a": 0.2}, (), lines)
    assert reach.order_for(mutant("number > LIMIT", "number >= LIMIT"), SOURCE) == [LARGE, SMALL]
    assert reach.order_for(mutant("return 7", "return 8"), SOURCE) == []
    assert reach.order_for(mutant("LIMIT = 3", "LIMIT = 4"), SOURCE) == [LARGE, SMALL, "tests/other.py::a"]
    unmeasured = replace(reach, lines={})
    assert unmeasured.order_for(mutant("return 7", "return 8"), SOURCE) == [LARGE, SMALL, "tests/other.py::a"]


def test_a_shared_fixture_is_of_all_its_tests_and_what_was_skipped_or_failed_is_left_out(tmp_path):
    facts = {"seconds": 1.0, "passed": True, "skipped": False, "fixtures": ["result"]}
    tests = {"a": facts, "b": facts, "c": {**facts, "passed": False}, "d": {**facts, "skipped": True}}
    lines = {PATH: {"9": ["fixture result"], "10": ["a"], "3": [""]}}
    (tmp_path / "record").write_text(json.dumps({"tests": tests, "lines": lines}))
    reach = read_record(tmp_path / "record")
    assert dict(reach.seconds) == {"a": 1.0, "b": 1.0}
    assert list(reach.failing) == ["c"]
    assert reach.order_for(mutant("number > LIMIT", "x"), SOURCE) == ["a", "b"]
    assert reach.lines[PATH][10] == {"a"}
    assert reach.lines[PATH][3] == {""}


def test_lines_are_measured_in_the_copy(copy):
    pytest.importorskip("coverage", reason="pip install --group mutation")
    reach = measure_reach(copy, ["tests/test_tiny.py"], [PATH])
    assert set(reach.seconds) == {SMALL, LARGE, AGAIN}
    assert list(reach.failing) == ["tests/test_tiny.py::test_that_fails_anyway"]
    lines = reach.lines[PATH]
    assert {line for line, tests in lines.items() if "" in tests} >= {3, 6, 15}
    assert lines[9] == {SMALL, LARGE, AGAIN}
    assert lines[10] == {LARGE, AGAIN}
    assert 16 not in lines
    assert lines[24] == {SMALL, LARGE}  # the second call finds no result that was kept


# What becomes of a mutant


def test_killed_survived_timeout_and_not_reached(copy, capfd):
    lines = {line: frozenset({SMALL, LARGE}) for line in range(6, 13)}
    reach = Reach({SMALL: 0.01, LARGE: 0.01}, (), {PATH: {**lines, 1: frozenset({""})}})
    cases = {
        "killed": mutant("return number", "return 2"),
        "survived": mutant("steps += 1", "steps += 2"),
        "timeout": mutant("number -= 1", "number += 1"),
        "not reached": mutant("return 7", "return 8"),
    }
    before, told = snapshot(copy.root / "src"), []
    outcomes = try_all([copy], reach, cases.values(), lambda _: True, told.append)
    assert [one.result for one in outcomes] == list(cases)
    assert told == outcomes
    assert outcomes[0].by == LARGE
    assert [one.is_killed for one in outcomes] == [True, False, True, False]
    assert outcomes[2].seconds < 10
    contents = [
        {name: content for name, (content, _) in files.items() if "__pycache__" not in name}
        for files in (before, snapshot(copy.root / "src"))
    ]
    assert contents[0] == contents[1]
    assert capfd.readouterr().out == ""


def test_a_mutant_and_the_restored_file_are_newer_than_what_was_compiled_before(copy):
    path, times = copy.root / PATH, [time.time_ns()]  # the copy's files have the times of the project's
    for old, new in (("return 7", "return 8"), ("return number", "return 2")):
        with copy.mutated(mutant(old, new)):
            assert new in path.read_text(encoding="utf-8")
            times.append(path.stat().st_mtime_ns)
        times.append(path.stat().st_mtime_ns)
    assert all(later - earlier >= 1_000_000_000 for earlier, later in itertools.pairwise(times[1:]))
    assert times[1] >= times[0]
    assert path.read_text(encoding="utf-8") == SOURCE


def test_a_mutant_that_cannot_be_imported_is_killed_and_one_that_does_not_compile_does_not_count(copy):
    reach = Reach({SMALL: 0.01})
    broken = mutant("LIMIT = 3", "LIMIT = 3 / 0")
    [outcome] = try_all([copy], reach, [broken], lambda _: True, lambda _: None)
    assert outcome.result == "killed"
    [outcome] = try_all([copy], reach, [broken], lambda _: False, lambda _: None)
    assert (outcome.result, outcome.is_killed, outcome.counts) == ("does not compile", False, False)


def test_tests_that_fail_where_mutants_are_tried_are_left_out(copy):
    failing = "tests/test_tiny.py::test_that_fails_anyway"
    with TestServer(copy) as server:
        reach = check_unmutated(server, Reach({SMALL: 0.01, failing: 0.01}))
        assert (list(reach.seconds), list(reach.failing)) == ([SMALL], [failing])
        with pytest.raises(RuntimeError, match=r"tests fail without a mutant: .*anyway\. Make them pass first"):
            check_unmutated(server, Reach({failing: 0.01}))


# Equivalent mutants


def test_equivalent_mutants_do_not_count(tmp_path):
    listed = tmp_path / "equivalent.toml"
    assert read_equivalents(listed) == []
    listed.write_text(
        f'[[equivalent]]\npath = "{PATH}"\nbefore = "steps += 1"\nafter = "steps += 2"\nreason = "unread"\n'
    )
    entries = read_equivalents(listed)
    assert entries == [Equivalent(PATH, "steps += 1", "steps += 2", "unread")]
    equal, other = mutant("steps += 1", "steps += 2"), mutant("steps += 1", "steps += 3")
    assert without_equivalents([equal, other], entries) == [other]
    listed.write_text('[[equivalent]]\npath = "a"\n')
    with pytest.raises(ValueError, match="entry 1 must have path, before, after and reason, and no other key"):
        read_equivalents(listed)


def test_the_list_of_equivalent_mutants_is_about_code_that_is_there():
    for entry in read_equivalents(ROOT / EQUIVALENTS):
        lines = [line.strip() for line in (ROOT / entry.path).read_text(encoding="utf-8").splitlines()]
        assert entry.before in lines or entry.before in " ".join(lines), f"{entry.path}: {entry.before}"


# Results


def outcomes_of_two_packages() -> list[Outcome]:
    other = replace(mutant("return 7", "return 8"), path="src/convlens/data/idx.py")
    survivor = mutant("steps += 1", "steps += 2")
    return [
        Outcome(mutant("return number", "return 2"), "killed", LARGE, 0.5),
        Outcome(survivor, "survived"),
        Outcome(replace(survivor, after="c"), "timeout"),
        Outcome(replace(survivor, after="d"), "does not compile"),
        Outcome(other, "not reached"),
    ]


def test_the_score_is_killed_by_counted_and_never_rounded_up():
    totals = count(outcomes_of_two_packages())
    assert list(totals) == ["data", "tiny", "all"]
    assert (totals["tiny"]["mutants"], share_killed(totals["tiny"])) == (3, 2 / 3)
    assert (totals["all"]["mutants"], share_killed(totals["all"])) == (4, 0.5)
    assert format_share(0.84999) == "84.9 %"
    assert summarise(outcomes_of_two_packages()).splitlines() == [
        "data: 0 of 1 killed, 0.0 % (1 not reached)",
        "tiny: 2 of 3 killed, 66.6 % (1 survived, 1 timeout, 1 does not compile)",
        "all: 2 of 4 killed, 50.0 % (1 survived, 1 not reached, 1 timeout, 1 does not compile)",
    ]


def test_results_are_read_as_they_were_written(tmp_path):
    facts = {"seed": 1, "date": "2026-11-28", "versions": {"python": "3"}}
    write_results(tmp_path / "results.json", outcomes_of_two_packages(), facts)
    assert read_results(tmp_path / "results.json") == (outcomes_of_two_packages(), facts)


# The command line


def run(capsys: pytest.CaptureFixture[str], project: Path, *arguments: str) -> SimpleNamespace:
    code = mutate.main(arguments, project)
    output = capsys.readouterr()
    return SimpleNamespace(code=code, out=output.out, err=output.err)


def test_mistakes_are_told_in_one_line(project, capsys):
    ran = run(capsys, project, "tests/test_tiny.py")
    assert ran.code == 2
    assert ran.err == (
        "mutate: tests/test_tiny.py: give a Python or JavaScript file below src/convlens, or a C++ file below native/."
        "\n"
    )
    ran = run(capsys, project, "--sample", "10", "--package", "nonsense")
    assert ran.err == "mutate: no package is called nonsense; the packages are tiny.\n"
    with pytest.raises(SystemExit):
        mutate.read_options([])
    assert "give one of: files, --sample N, --again FILE, --record FILE" in capsys.readouterr().err


def test_a_library_that_is_missing_is_named(project, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "libcst", None)
    ran = run(capsys, project, str(project / PATH))
    assert ran.err == "mutate: libcst is not installed; pip install --group mutation\n"


def test_a_file_from_its_mutants_to_its_score(project, capsys, tmp_path, monkeypatch):
    for library in ("mutmut", "coverage"):
        pytest.importorskip(library, reason="pip install --group mutation")
    monkeypatch.setattr(testing, "PRELOADED", ("pytest",))
    output = tmp_path / "results.json"
    ran = run(capsys, project, f"{project / PATH}:11", "-j", "1", "--output", str(output))
    assert (ran.code, ran.err) == (0, "")
    assert "tiny: left out, since it fails without a mutant: tests/test_tiny.py::test_that_fails_anyway" in ran.out
    assert ran.out.endswith("tiny: 0 of 3 killed, 0.0 % (3 survived)\nall: 0 of 3 killed, 0.0 % (3 survived)\n")
    assert "survived: src/convlens/tiny.py:11  steps += 1 → steps -= 1\n" in ran.out
    outcomes, facts = read_results(output)
    assert {one.result for one in outcomes} == {"survived"}
    assert {"seed", "versions", "processor", "commit", "date", "command"} <= set(facts)
    listed = run(capsys, project, "--again", str(output), "--list")
    assert "steps += 1 → steps = 1" in listed.out


def test_stryker_is_pinned_but_not_installed_for_the_other_tests():
    assert "@stryker-mutator/instrumenter" in json.loads((ROOT / "package.json").read_text())["optionalDependencies"]
    assert importlib.util.find_spec("mutation") is not None
