"""Compile the C++ engine of a copy; after the first time, only the files that a mutant changed."""

import importlib
import subprocess
import sys
from pathlib import Path

from mutation.working_copy import WorkingCopy

BUILD = "build/mutation"


def configure(copy: WorkingCopy) -> None:
    """Prepare a copy's build folder and compile all of it, without a mutant.

    Raises:
        RuntimeError: the compiler is missing, or the code does not compile.
    """
    nanobind = importlib.import_module("nanobind")
    command = [
        *("cmake", "-S", "native", "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"),
        *(f"-DPython_EXECUTABLE={sys.executable}", f"-Dnanobind_DIR={nanobind.cmake_dir()}"),
    ]
    run = subprocess.run(command, cwd=copy.root, capture_output=True, text=True, check=False)
    if run.returncode or (copy.root / BUILD / "_native.py").exists() or not compile_engine(copy):
        raise RuntimeError(f"the engine does not compile in the copy: {(run.stdout + run.stderr)[-2000:]}")


def compile_engine(copy: WorkingCopy) -> bool:
    """Compile changed files and copy the engine into the copy's package; return False if it does not compile."""
    package = copy.root / "src"
    build = subprocess.run(["cmake", "--build", BUILD, "-j", "1"], cwd=copy.root, capture_output=True, check=False)
    if build.returncode:
        return False
    for old in Path(package / "convlens/engines").glob("_native.*.so"):
        old.unlink()  # a test that still has it open can continue to use it
    install = ["cmake", "--install", BUILD, "--prefix", str(package)]
    return subprocess.run(install, cwd=copy.root, capture_output=True, check=False).returncode == 0
