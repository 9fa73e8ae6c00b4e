"""scripts/check with tools that only say their names: each part can fail it, and what they print is there, in order."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("ruff", "clang-format", "prettier", "pyright", "tsc", "lint-imports", "python")
CLOSING_LINE = "==== 8000 passed in 300.00s ===="

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sanitizers run on Linux only")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of scripts/check among tools that do nothing."""
    for folder in ("scripts", ".venv/bin", "node_modules/.bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/check", tmp_path / "scripts/check")
    for name in TOOLS:
        folder = "node_modules/.bin" if name in ("prettier", "tsc") else ".venv/bin"
        write(tmp_path / folder / name, f'echo "{name} ran"')
    write(
        tmp_path / "scripts/sanitize",
        'echo "sanitizers began"; sleep 0.2; echo "to stderr" >&2; echo "sanitizers ended"',
    )
    write(tmp_path / "scripts/test", f'echo "{CLOSING_LINE}"')
    return tmp_path


def write(path: Path, commands: str) -> None:
    path.write_text(f"#!/bin/sh\n{commands}\n")
    path.chmod(0o755)


def check(project: Path, *arguments: str) -> tuple[int, list[str]]:
    """The exit status, and the lines that were printed."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    ran = subprocess.run(
        [project / "scripts/check", *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
    )  # fmt: skip
    return ran.returncode, ran.stdout.splitlines()


def test_all_parts_run_and_the_log_ends_in_the_closing_line_of_all_tests(project):
    code, lines = check(project)
    assert code == 0
    assert lines[-1] == CLOSING_LINE
    assert "All of these checks passed." in lines
    assert {f"{name} ran" for name in TOOLS if name != "python"} <= set(lines)


def test_what_the_sanitizers_print_stands_together_after_the_static_checks(project):
    _, lines = check(project)
    start = lines.index("sanitizers began")
    assert lines[start : start + 3] == ["sanitizers began", "to stderr", "sanitizers ended"]
    assert max(place for place, line in enumerate(lines) if line.endswith(" ran")) < start
    assert lines[start - 1].startswith("== sanitizers: ")


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (".venv/bin/ruff", "format, lint"),
        (".venv/bin/pyright", "types"),
        ("node_modules/.bin/tsc", "types of JavaScript"),
        ("scripts/sanitize", "sanitizers"),
    ],
)
def test_a_part_that_fails_is_named_and_fails_all_though_the_tests_pass(project, broken, name):
    write(project / broken, 'echo "this is wrong"; exit 3')
    code, lines = check(project)
    assert code == 1
    assert f"FAILED: {name}" in lines
    assert "this is wrong" in lines
    assert lines[-1] == CLOSING_LINE


def test_tests_that_fail_fail_it(project):
    write(project / "scripts/test", 'echo "==== 1 failed ===="; exit 1')
    code, lines = check(project)
    assert (code, lines[-1]) == (1, "==== 1 failed ====")


def test_sanitizers_that_are_killed_fail_it(project):
    write(project / "scripts/sanitize", "kill -9 $$")
    code, lines = check(project)
    assert code == 1
    assert "FAILED: sanitizers" in lines


def test_only_static(project):
    code, lines = check(project, "--only-static")
    assert code == 0
    assert CLOSING_LINE not in lines
    assert "sanitizers began" not in lines
