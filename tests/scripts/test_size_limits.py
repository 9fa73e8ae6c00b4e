"""The size limits find what is too long, and nothing else."""

from pathlib import Path

import pytest

from size_limits import Function, find_excesses, find_files, main, measure_javascript, measure_python

BODY = "    pass\n"


def function_of(lines: int) -> str:
    """A function of exactly that many lines, its `def` among them."""
    return "def grow():\n" + BODY * (lines - 1)


def test_a_file_may_have_500_lines_but_not_501():
    path = Path("src/hall.js")
    assert find_excesses(path, "x\n" * 500) == []
    assert find_excesses(path, "x\n" * 501) == [
        "src/hall.js: 501 lines; at most 500 are allowed. Move a part into another file."
    ]


def test_a_last_line_without_a_newline_counts():
    assert len(find_excesses(Path("a.css"), "x\n" * 500 + "x")) == 1


def test_a_function_may_have_50_lines_but_not_51():
    path = Path("src/hall.py")
    assert find_excesses(path, function_of(50)) == []
    assert find_excesses(path, "\n" + function_of(51)) == [
        (
            "src/hall.py:2: grow has 51 lines without its documentation; at most 50 are allowed. "
            "Move a part into another function."
        )
    ]


def test_decorators_and_docstring_do_not_count():
    text = '@first\n@second\ndef grow():\n    """One.\n\n    Two.\n    """\n    return 1\n'
    assert list(measure_python(text)) == [Function("grow", 3, 2)]


def test_methods_inner_and_async_functions_are_measured():
    text = "class A:\n    async def outer(self):\n        def inner():\n            pass\n        return inner\n"
    assert list(measure_python(text)) == [Function("outer", 2, 4), Function("inner", 3, 2)]


def test_a_javascript_function_may_have_50_lines_but_not_51():
    path = Path("src/hall.js")
    assert find_excesses(path, "const grow = () => {\n" + "  step();\n" * 48 + "};\n") == []
    assert find_excesses(path, "\nconst grow = () => {\n" + "  step();\n" * 49 + "};\n") == [
        (
            "src/hall.js:2: grow has 51 lines without its documentation; at most 50 are allowed. "
            "Move a part into another function."
        )
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("function grow() {\n}", "grow"),
        ("export default async function grow() {\n}", "grow"),
        ("function* grow() {\n}", "grow"),
        ("class Plant { grow() {\n} }", "grow"),
        ("class Plant { static async #grow() {\n} }", "#grow"),
        ("class Plant { grow = () => {\n}; }", "grow"),
        ("const plant = { grow() {\n} };", "grow"),
        ("const plant = { grow: function () {\n} };", "grow"),
        ("const plant = { grow: () => {\n} };", "grow"),
        ("const grow = async () => {\n};", "grow"),
        ("const grow = function* () {\n};", "grow"),
        ("plant.grow = (water) => [\n];", "plant.grow"),
        ("later(function grow() {\n});", "grow"),
        ("later(() => {\n});", "a function"),
        ("export default function () {\n}", "a function"),
    ],
)
def test_javascript_functions_of_every_kind_are_measured(text: str, name: str):
    assert list(measure_javascript(text)) == [Function(name, 1, 2)]


def test_inner_javascript_functions_count_for_themselves_and_for_the_outer_one():
    text = "function outer() {\n  const inner = () => {\n  };\n  return inner;\n}\n"
    assert list(measure_javascript(text)) == [Function("outer", 1, 5), Function("inner", 2, 2)]


def test_comments_before_a_javascript_function_do_not_count_and_those_in_it_do():
    text = "/**\n * Grows.\n */\n// In spring.\nexport function grow() {\n  // Slowly.\n}\n"
    assert list(measure_javascript(text)) == [Function("grow", 5, 3)]


def test_what_only_looks_like_a_javascript_function_is_none():
    text = "const text = `function grow() {\n}`;\nconst pattern = /() => {/;\n// function grow() {\nif (text) {\n}\n"
    assert list(measure_javascript(text)) == []


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("hall.js", "function grow( {\n", "tree-sitter-javascript finds a syntax error"),
        ("hall.py", "x = = 1\n", "invalid syntax (<unknown>, line 1)"),
    ],
)
def test_a_file_with_a_mistake_is_named(name: str, text: str, reason: str):
    assert find_excesses(Path(name), text) == [f"{name}: its functions cannot be measured: {reason}. Fix it first."]


def test_functions_are_only_looked_for_in_python_and_javascript():
    assert find_excesses(Path("hall.sh"), function_of(60)) == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "src/package/hall.py": "x = 1\n",
        "scripts/check": "#!/bin/sh\n",
        "scripts/notes": "no program\n",
        "src/package/__pycache__/hall.py": "x = 1\n",
        "src/package/picture.png": "x\n",
        "elsewhere/hall.py": "x = 1\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_sources_and_scripts_are_found_and_nothing_else(project: Path):
    assert [path.relative_to(project).as_posix() for path in find_files(project)] == [
        "scripts/check",
        "src/package/hall.py",
    ]


def test_a_project_within_the_limits_passes(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(project) == 0
    assert capsys.readouterr().out == "2 files, median 1 lines (aim: at most 150), longest 1 (limit: 500)\n"


def test_a_project_beyond_the_limits_fails_and_names_the_place(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "src/package/long.py").write_text(function_of(501), encoding="utf-8")
    assert main(project) == 1
    out = capsys.readouterr().out
    assert "src/package/long.py: 501 lines;" in out
    assert "src/package/long.py:1: grow has 501 lines" in out


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(tmp_path) == 2
    assert "give the project's root folder" in capsys.readouterr().err
