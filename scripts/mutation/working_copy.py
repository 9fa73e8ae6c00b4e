"""A copy of the project in a temporary folder, where mutants are made and their tests run.

The user's own files are never changed. The copy holds what git knows or would take, and the compiled engine. What runs
in it imports the package from it: `sitecustomize.py` in the copy takes an editable installation out of Python's way,
in the tests and in whatever they start.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutation.mutants import Mutant

SITE = "mutation-site"
FIRST = """import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__name__.startswith("ScikitBuild")]
"""


class WorkingCopy:
    """The copy; `with` removes it at the end."""

    def __init__(self, root: Path) -> None:
        self.project = root
        self.root = Path(tempfile.mkdtemp(prefix="convlens-mutation-"))

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
        """The environment for Python in this copy: its package first, and no more threads than this worker's cores."""
        paths = [str(self.root / SITE), str(self.root / "src"), str(Path(__file__).resolve().parents[1])]
        threads = max(1, (os.cpu_count() or 1) // workers)
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": str(threads)}

    @contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """The mutant in place of its file; afterwards the file is what it was, with its time.

        A mutant gets a time of its own, since Python goes by a file's size and its time in whole seconds to see
        whether what it compiled before is still right.
        """
        path = self.root / mutant.path
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        facts = path.stat()
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(mutant.apply(text))
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 3_000_000_000))
        try:
            yield
        finally:
            with path.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
            os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def list_files(root: Path) -> list[str]:
    """The files of the project that git has, and the new ones that it does not ignore; without git, all."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        output = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted({name for name in output.split("\0") if name and (root / name).is_file()})


def _compiled_engine(root: Path) -> Path | None:
    """The engine in this project's sources, else the installed one; None where there is none."""
    beside = sorted((root / "src/convlens/engines").glob("_native.*.so"))
    if beside:
        return beside[0]
    try:
        found = importlib.util.find_spec("convlens.engines._native")
    except ImportError:
        return None
    return Path(found.origin) if found is not None and found.origin and found.origin.endswith(".so") else None
