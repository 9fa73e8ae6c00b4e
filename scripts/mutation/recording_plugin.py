"""A pytest plugin that records for each test whether it passes, how long it takes, and which lines it reaches.

It runs in the copy, as `-p mutation.recording_plugin`. The environment variable MUTATION_RECORD contains JSON: `root`
(the copy), `output` (the file to write) and `measured` (folders and files whose lines are recorded; empty for none).

Lines that run during the set-up of a fixture of a module or session count for every test that uses the fixture, not
only for the first one.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mutation.browser_lines import BrowserLines
from mutation.node_lines import NodeLines
from mutation.reach import FIXTURE

ORDERS: dict[str, Any] = json.loads(os.environ["MUTATION_RECORD"])


def _start_coverage() -> Any:
    if not any(name.endswith(".py") for name in ORDERS["measured"]):
        return None
    import coverage  # pyright: ignore[reportMissingImports] (only with the group `mutation`)

    includes = [str(Path(name).resolve()) for name in ORDERS["measured"] if name.endswith(".py")]
    started = coverage.Coverage(include=includes, data_file=None, config_file=False)
    started.start()
    return started


COVERAGE = _start_coverage()  # before anything imports the package
IS_PAGE = any(name.endswith(".js") for name in ORDERS["measured"])
BROWSER = BrowserLines(Path(ORDERS["root"])) if IS_PAGE else None
NODE = NodeLines(Path(ORDERS["root"])) if IS_PAGE else None
TESTS: dict[str, dict[str, Any]] = {}
_current = ""


def _switch(context: str) -> str:
    """Assign lines to `context` from now on; return the previous context."""
    global _current
    if BROWSER is not None:
        BROWSER.book(_current)
    before, _current = _current, context
    if NODE is not None:
        NODE.book(context)
    if COVERAGE is not None:
        COVERAGE.switch_context(context)
    return before


def pytest_sessionstart() -> None:
    """Watch Playwright's pages if the page's modules are recorded."""
    if BROWSER is not None:
        BROWSER.watch_playwright(lambda: _current)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Record a test with its function fixtures and their teardown."""
    TESTS[item.nodeid] = {
        "seconds": 0.0,
        "passed": True,
        "skipped": False,
        "fixtures": sorted(getattr(item, "fixturenames", ())),
    }
    _switch(item.nodeid)
    try:
        return (yield)
    finally:
        _switch("")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Iterator[None]:
    """Record a fixture that several tests share."""
    if fixturedef.scope == "function":
        return (yield)
    before = _switch(FIXTURE + fixturedef.argname)
    try:
        return (yield)
    finally:
        _switch(before)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record the result of one phase of a test."""
    test = TESTS[report.nodeid]
    test["seconds"] += report.duration
    test["passed"] &= not report.failed
    test["skipped"] |= report.skipped


def pytest_sessionfinish() -> None:
    """Write everything to one file."""
    lines: dict[str, dict[int, list[str]]] = dict(BROWSER.lines) if BROWSER is not None else {}
    if NODE is not None:
        NODE.add_to(lines)
    if COVERAGE is not None:
        COVERAGE.stop()
        data = COVERAGE.get_data()
        for name in data.measured_files():
            path = Path(name).relative_to(ORDERS["root"]).as_posix()
            lines[path] = data.contexts_by_lineno(name)
    Path(ORDERS["output"]).write_text(json.dumps({"tests": TESTS, "lines": lines}), encoding="utf-8")
