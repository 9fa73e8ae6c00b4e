"""Skip what needs the native engine if it was not built, and report that; in CI, a missing engine is an error.

`pytest -n auto` starts one process more than there are cores, because many tests wait for a browser or a process.
"""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
NEEDS_NATIVE = re.compile(
    r"^from convlens\.engines import .*native"
    r"|^(?:from|import) (?:convlens\.engines\._?native|native_\w+|scaling|augmentation_cost|exports)"
    r"|^(?:from|import) (?:time_to|onnx_peer|torch_eager|predict_arrays)",
    re.MULTILINE,
)
"""Matches a module that imports the engine, or a benchmark of it, when it is loaded."""


MEMORY_OF_A_PROCESS = 2 * 1024**3  # including PyTorch, its browser, and a margin


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Choose the number of processes for `-n auto`."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores + 1, memory // MEMORY_OF_A_PROCESS))


def _reason() -> str:
    """Return why the native engine is missing; an empty text if it is not."""
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
    """Report what is skipped, above the results."""
    if not MISSING:
        return []
    return [f"{len(collect_ignore)} files and some tests are left out, since the native engine is not there: {MISSING}"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests that are marked as needing the engine."""
    if MISSING:
        for item in items:
            if item.get_closest_marker("native"):
                item.add_marker(pytest.mark.skip(reason="needs the native engine"))


def pytest_configure() -> None:
    """Fail in CI if the engine is missing."""
    if MISSING and os.environ.get("CI"):
        raise pytest.UsageError(f"the native engine is not there: {MISSING}")
