"""`scripts/sanitize` never passes because something that it needs is missing: it says what, and fails."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT_SANITIZER = """#!/bin/sh
case $1 in -print-file-name=*) echo "${1#*=}" && exit ;; esac
exec c++ "$@"
"""
ENVIRONMENT = Path(sys.executable).parent.parent

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="the script is for Linux")
needs_tools = pytest.mark.skipif(
    shutil.which("c++") is None
    or any(importlib.util.find_spec(name) is None for name in ("cmake", "nanobind", "ninja")),
    reason="there is no C++ compiler, or CMake, nanobind or ninja is not installed",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project without any test."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "native", root / "native")
    (root / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "sanitize", root / "scripts")
    return root


def sanitize(checkout: Path, environment: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [checkout / "scripts" / "sanitize"]
    inherited = {**os.environ, "VIRTUAL_ENV": str(environment), **variables}
    return subprocess.run(command, env=inherited, capture_output=True, text=True, timeout=120, check=False)


def test_without_the_tools_it_says_how_to_get_them(checkout: Path, tmp_path: Path):
    failed = sanitize(checkout, tmp_path / "no-environment")
    assert failed.returncode == 2
    assert failed.stderr == (
        "sanitize: the tools to compile and to test are neither in the activated environment nor in .venv; "
        "'make set-up' installs them.\n"
    )


@needs_tools
def test_without_a_compiler_it_says_why_nothing_can_be_compiled(checkout: Path, tmp_path: Path):
    failed = sanitize(checkout, ENVIRONMENT, CXX=str(tmp_path / "no-such-compiler"))
    assert failed.returncode == 2
    assert "was not found or does not work" in " ".join(failed.stderr.split())
    assert failed.stderr.endswith("sanitize: the engine cannot be compiled; the reason is above.\n")


@needs_tools
def test_a_compiler_without_the_sanitizer_is_named(checkout: Path, tmp_path: Path):
    compiler = tmp_path / "compiler"
    compiler.write_text(WITHOUT_SANITIZER, encoding="utf-8")
    compiler.chmod(0o755)
    failed = sanitize(checkout, ENVIRONMENT, CXX=str(compiler))
    assert failed.returncode == 2
    assert failed.stderr == (
        f"sanitize: {compiler} does not have AddressSanitizer's library. "
        "Debian, Ubuntu: apt install g++, or for Clang libclang-rt-dev.\n"
    )
