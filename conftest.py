"""Where the native engine was not built, what needs it is left out, and pytest says so; in CI that is an error.

`pytest -n auto` takes a process more than there are cores, since many tests wait for a browser or another process.
"""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
NEEDS_NATIVE = re.compile(
    r"^from convlens\.engines import .*native"
    r"|^(?:from|import) (?:convlens\.engines\._?native|native_\w+|scaling|augmentation_cost)"
    r"|^(?:from|import) (?:time_to|onnx_peer|torch_eager|predict_arrays)",
    re.MULTILINE,
)
"""A module that imports the engine, or a benchmark of it, when it is loaded."""


MEMORY_OF_A_PROCESS = 2 * 1024**3  # with PyTorch, the browser that it starts, and room to spare


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` is."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores + 1, memory // MEMORY_OF_A_PROCESS))


def _reason() -> str:
    """Why the native engine is not there; empty where it is."""
    try:
        import convlens.engines._native  # noqa: F401
    except ImportError as error:
        return str(error)
    return ""


MISSING = _reason()
if MISSING:
    modules = [ROOT / "src/convlens/engines/native.py", *sorted((ROOT / "tests").rglob("test_*.py"))]
    collect_ignore = [str(path) for path in modules if NEEDS_NATIVE.search(path.read_text(encoding="utf-8"))]


def pytest_report_header() -> list[str]:
    """What is left out, above the first dot."""
    if not MISSING:
        return []
    return [f"{len(collect_ignore)} files and some tests are left out, since the native engine is not there: {MISSING}"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that say so themselves need the engine, too."""
    if MISSING:
        for item in items:
            if item.get_closest_marker("native"):
                item.add_marker(pytest.mark.skip(reason="needs the native engine"))


def pytest_configure() -> None:
    """A CI that lost its engine must not be green."""
    if MISSING and os.environ.get("CI"):
        raise pytest.UsageError(f"the native engine is not there: {MISSING}")
