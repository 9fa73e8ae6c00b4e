"""Finds the C compiler of this machine."""

import os
import re
import shutil
from pathlib import Path

from convlens.errors import MissingDependency
from convlens.exports.programs import run

FLAGS = ("-Os", "-Wall", "-Wextra", "-Werror", "-std=c99")
LINKER = "lld"

_NAMES = ("cc", "gcc", "clang")


def find_compiler() -> str:
    """Return the path of the C compiler: the one that `CC` names, else cc, gcc or clang.

    Raises:
        MissingDependency: there is none.
    """
    chosen = os.environ.get("CC", "").split()
    for name in (*chosen[:1], *_NAMES):
        if found := shutil.which(name):
            return found
    raise MissingDependency(
        "the format 'c' needs a C compiler to prove what it writes, and none of cc, gcc and clang is installed. "
        "Install one (Debian, Ubuntu: apt install gcc; macOS: xcode-select --install), or name it in CC."
    )


def find_clang() -> str:
    """Return the path of a clang that compiles for WebAssembly.

    Raises:
        MissingDependency: there is none, or no linker for it.
    """
    chosen = os.environ.get("CC", "").split()[:1]
    for name in (*(name for name in chosen if "clang" in name), "clang"):
        found = shutil.which(name)
        if found and shutil.which("wasm-ld") and "wasm32" in run([found, "--print-targets"]):
            return found
    raise MissingDependency(
        "the format 'wasm' needs clang and lld with WebAssembly, which are not installed. Install them (Debian, "
        "Ubuntu: apt install clang lld; macOS: brew install llvm lld, and CC=$(brew --prefix llvm)/bin/clang)."
    )


def version_of(compiler: str) -> dict[str, str]:
    """Return the name and the version of a compiler, such as `{"gcc": "12.2.0"}`."""
    first = run([compiler, "--version"]).partition("\n")[0]
    name = "clang" if "clang" in first else "gcc"
    return {name: run([compiler, "-dumpfullversion", "-dumpversion"]).strip()}


def target_of(compiler: str) -> str:
    """Return what a compiler compiles for, such as `x86_64-linux-gnu`."""
    return run([compiler, "-dumpmachine"]).strip()


def flash_of(object_file: Path) -> int | None:
    """Return how many bytes of code and constants an object file has; None if the program `size` is not installed."""
    program = shutil.which("size")
    if program is None:
        return None
    found = re.search(r"^\s*(\d+)\s+(\d+)\s", run([program, str(object_file)]), re.MULTILINE)
    return None if found is None else int(found[1]) + int(found[2])
