"""Where the engine cannot be compiled, the build succeeds all the same and says what to install; where it can, it is
compiled for every processor.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[2] / "native"
TOOLS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # an environment that is not activated, too

pytestmark = pytest.mark.skipif(shutil.which("cmake", path=TOOLS) is None, reason="CMake is not installed")

GET_ONE = "install one (Debian, Ubuntu: apt install g++; macOS: xcode-select --install), then install Convlens again."

# A compiler that knows no std::optional.
OLD_COMPILER = """#!/bin/sh
for argument; do
    case $argument in *.cxx | *.cpp) ! grep -q '#include <optional>' "$argument" || exit 1 ;; esac
done
exec c++ "$@"
"""


class Build:
    """A folder that CMake builds native in, and one that it installs into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.prefix = folder / "build", folder / "prefix"

    def run(self, *arguments: str | Path, **variables: str) -> str:
        """What CMake says; it must succeed."""
        environment = {**os.environ, "PATH": TOOLS, **variables}
        done = subprocess.run(["cmake", *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def configure(self, *options: str, **variables: str) -> str:
        generator = [] if shutil.which("ninja", path=TOOLS) is None else ["-G", "Ninja"]
        hints = [f"-DPython_EXECUTABLE={sys.executable}", *options]
        return " ".join(self.run("-S", NATIVE, "-B", self.folder, *generator, *hints, **variables).split())

    def install(self) -> list[str]:
        """Build and install; the files that came of it."""
        self.run("--build", self.folder)
        self.run("--install", self.folder, "--prefix", self.prefix)
        return [path.relative_to(self.prefix).as_posix() for path in self.prefix.rglob("*") if path.is_file()]

    def import_error(self) -> str:
        """What a person reads who imports the engine."""
        folder = self.prefix / "convlens" / "engines"
        command = [sys.executable, "-c", "import _native"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        return done.stderr.splitlines()[-1]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_without_a_compiler_nothing_is_built_and_the_import_says_why(build: Build, tmp_path: Path):
    missing = str(tmp_path / "no-such-compiler")
    said = build.configure(CXX=missing)
    reason = f"the C++ compiler that CXX names, {missing}, was not found or does not work"
    assert "CMake Warning" in said
    assert f"Convlens's own engine is not built, and training needs PyTorch: {reason}." in said
    assert f"Name one that does, or {GET_ONE}" in said
    assert build.install() == ["convlens/engines/_native.py"]
    assert build.import_error() == (
        f"ImportError: {reason} when Convlens was installed. Name one that does, or {GET_ONE}"
    )


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler")
def test_a_compiler_that_is_too_old_is_named_with_those_that_will_do(build: Build, tmp_path: Path):
    old = tmp_path / "c++-of-long-ago"
    old.write_text(OLD_COMPILER, encoding="utf-8")
    old.chmod(0o755)
    said = build.configure(CXX=str(old))
    assert "would not do. Install GCC 9 or Clang 11, or a later one, with C++'s standard library" in said
    assert build.install() == ["convlens/engines/_native.py"]
    assert build.import_error().endswith(
        "would not do when Convlens was installed. "
        "Install GCC 9 or Clang 11, or a later one, with C++'s standard library, then install Convlens again."
    )


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler")
def test_without_pythons_headers_nothing_is_built_and_the_import_says_what_to_install(build: Build):
    build.configure("-DCMAKE_DISABLE_FIND_PACKAGE_Python=TRUE")
    assert build.install() == ["convlens/engines/_native.py"]
    assert build.import_error() == (
        "ImportError: Python's headers were not found when Convlens was installed. "
        "Install them (Debian, Ubuntu: apt install python3-dev), then install Convlens again."
    )


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler")
def test_a_compiler_that_came_later_is_found_and_compiles_for_every_processor(build: Build, tmp_path: Path):
    nanobind = pytest.importorskip("nanobind")
    build.configure(CXX=str(tmp_path / "no-such-compiler"))
    options = (f"-Dnanobind_DIR={nanobind.cmake_dir()}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    said = build.configure(*options, CXX="c++")
    assert "is not built" not in said
    commands = json.loads((build.folder / "compile_commands.json").read_text(encoding="utf-8"))
    wanted = {"kernels_avx2": ["-mavx2"], "kernels_avx512": ["-mavx512f"]}  # the first option of its kind
    parts = set()
    for one in commands:
        part = next(name for name in Path(one["output"]).parts if name.endswith(".dir")).removesuffix(".dir")
        given = [option for option in one["command"].split() if option.startswith(("-march", "-mcpu", "-mavx"))]
        assert given[:1] == wanted.get(part, []), one["command"]
        parts.add(part)
    assert {"kernels_baseline", "_native"} <= parts
