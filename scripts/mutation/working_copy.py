"""A copy of the project in a temporary folder, in which mutants are made and tested.

The user's own files are never changed. The copy contains all files that git tracks or does not ignore, and the
compiled engine. Programs in it import its package: `sitecustomize.py` in the copy hides an editable installation from
Python, in the tests and in all processes that they start.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutation.mutants import Mutant

SITE = "mutation-site"
FIRST = """import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__name__.startswith("ScikitBuild")]
"""


class WorkingCopy:
    """A copy; `with` removes it at the end."""

    def __init__(self, root: Path) -> None:
        self.project = root
        self.root = Path(tempfile.mkdtemp(prefix="convlens-mutation-"))
        self._written = 0

    def __enter__(self) -> "WorkingCopy":
        try:
            self._fill()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def _fill(self) -> None:
        for name in list_files(self.project):
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.project / name, target)
        engine = _compiled_engine(self.project)
        beside = self.root / "src/convlens/engines"
        if engine is not None and beside.is_dir():
            shutil.copy2(engine, beside / engine.name)
        if (self.project / "node_modules").exists():
            (self.root / "node_modules").symlink_to((self.project / "node_modules").resolve())
        (self.root / SITE).mkdir()
        (self.root / SITE / "sitecustomize.py").write_text(FIRST, encoding="utf-8")

    def environment(self, workers: int = 1) -> dict[str, str]:
        """Return the environment for Python in this copy: its package first, and the threads of one worker."""
        paths = [str(self.root / SITE), str(self.root / "src"), str(Path(__file__).resolve().parents[1])]
        threads = max(1, (os.cpu_count() or 1) // workers)
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": str(threads)}

    @contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """Put the mutant in place of its file; afterwards, restore the file.

        Both get the time of writing, at least a second after the last: Ninja compiles only files that are newer than
        what was made of them. Python compares a file's size and its time in whole seconds to decide whether its
        compiled version is still valid.
        """
        path = self.root / mutant.path
        content = path.read_bytes()
        self._write(path, mutant.apply(content.decode()).encode())
        try:
            yield
        finally:
            self._write(path, content)

    def _write(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        self._written = max(self._written + 1_000_000_000, time.time_ns())
        os.utime(path, ns=(self._written, self._written))


def list_files(root: Path) -> list[str]:
    """Return the files of the project that git tracks or does not ignore; without git, all files."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        output = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted({name for name in output.split("\0") if name and (root / name).is_file()})


def _compiled_engine(root: Path) -> Path | None:
    """Return the engine in this project's sources, or else the installed one; None if neither exists."""
    beside = sorted((root / "src/convlens/engines").glob("_native.*.so"))
    if beside:
        return beside[0]
    try:
        found = importlib.util.find_spec("convlens.engines._native")
    except ImportError:
        return None
    return Path(found.origin) if found is not None and found.origin and found.origin.endswith(".so") else None
