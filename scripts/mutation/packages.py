"""The table of the project's packages and of the tests that belong to each.

The tests of a package are the folder or file of its name in tests/, and its doctests. The tables also list tests that
were written for a package and are elsewhere because they compare two packages.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

PYTHON, WEB, NATIVE = "src/convlens/", "src/convlens/web/", "native/"

ELSEWHERE = {
    "by_hand": ("tests/agreement/test_by_hand_*.py", "tests/hostile/test_by_hand_*.py"),
    "engines": ("tests/agreement/test_torch_engine_*.py", "tests/agreement/test_native_*.py"),
    "errors": ("tests/hostile/test_public_calls.py",),
    "data": ("tests/hostile/test_idx_files.py", "tests/test_notebook.py"),
    "evaluation": (
        "tests/agreement/test_metrics_of_a_report.py",
        "tests/test_notebook.py",
        "tests/training/test_data_in_memory.py",
    ),
    "habits": ("tests/habits",),
    "layers": (
        "tests/agreement/test_layer_table_*.py",
        "tests/agreement/test_by_hand_networks_*.py",
        "tests/network/test_blocks.py",
        "tests/network/test_layers.py",
        "tests/network/test_lost_rows.py",
        "tests/network/test_receptive_field.py",
        "tests/network/test_shapes.py",
    ),
    "metrics": ("tests/agreement/test_metrics.py",),
    "operations_catalogue": ("tests/cli/test_operations_catalogue.py",),
    "pixels": ("tests/hostile/test_bad_images.py",),
    "prediction": ("tests/test_notebook.py",),
    "trained_model": ("tests/old_models", "tests/hostile/test_damaged_models.py"),
    "web/engine": ("tests/web/test_engine_*.py",),
    "web/interface": (
        "tests/web/test_interface_*.py",
        "tests/web/test_look*.py",
        "tests/web/test_headings.py",
        "tests/web/test_runs.py",
    ),
    "web/layers": ("tests/web/test_engine_*.py", "tests/web/learn/test_learn_layers.py"),
    "web/preparation": ("tests/web/preparation",),
    "web/views/learn": ("tests/web/learn",),
    "web/views/look": ("tests/web/test_look*.py", "tests/web/test_one_file.py"),
    "web/views/train": ("tests/web/test_train_*.py",),
    "web": (
        "tests/web/test_shell.py",
        "tests/web/test_headings.py",
        "tests/web/test_look.py",
        "tests/web/test_one_file.py",
        "tests/web/test_runs.py",
        "tests/web/test_faults.py",
    ),
    "native": ("tests/engines/test_native*.py", "tests/agreement/test_native*.py"),
}

WRITTEN_BY_PYTHON = (f"{WEB}layers/facts.js", f"{WEB}layers/kinds.js", f"{WEB}views/learn/operations.js")
"""Modules that tests compare with what Python writes, letter by letter, so no mutant of them can survive."""


def package_of(path: str) -> str:
    """Return the package of a file: the first name below src/convlens, the folder in the page, or `native` for C++.

    >>> package_of("src/convlens/training/loop.py"), package_of("src/convlens/files.py"), package_of("native/batch.cpp")
    ('training', 'files', 'native')
    >>> package_of("src/convlens/web/views/look/pad.js"), package_of("src/convlens/web/app.js")
    ('web/views/look', 'web')
    """
    if path.startswith(NATIVE):
        return "native"
    if path.startswith(WEB):
        folders = PurePosixPath(path.removeprefix(WEB)).parts[:-1]
        return "/".join(["web", *folders[: 2 if folders[:1] == ("views",) else 1]])
    return PurePosixPath(path.removeprefix(PYTHON)).parts[0].removesuffix(".py")


def is_mutable(path: str) -> bool:
    """Return whether a file of the project can have mutants."""
    if path.startswith(NATIVE):
        return path.endswith((".cpp", ".hpp"))
    if path.startswith(WEB):
        return path.endswith(".js") and path not in WRITTEN_BY_PYTHON
    return path.startswith(PYTHON) and path.endswith(".py") and not path.endswith(("__init__.py", "__main__.py"))


def own_tests(root: Path, package: str) -> list[str]:
    """Return the existing files and folders that pytest runs for a package, relative to the project.

    Args:
        root: the project.
        package: from `package_of`.
    """
    candidates = [
        f"tests/{package}",
        f"tests/test_{package}.py",
        f"src/convlens/{package}",
        f"src/convlens/{package}.py",
    ]
    if package.startswith("web") or package == "native":
        candidates = []
    found = [name for name in candidates if (root / name).exists()]
    return found + sorted({name for pattern in ELSEWHERE.get(package, ()) for name in _matches(root, pattern)})


def _matches(root: Path, pattern: str) -> Iterable[str]:
    return (path.relative_to(root).as_posix() for path in root.glob(pattern))
