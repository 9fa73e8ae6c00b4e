"""A pytest plugin that writes down, of each test, whether it passes, how long it takes, and the lines that it reaches.

It runs in the copy, as `-p mutation.recording_plugin`, and is told what to do by MUTATION_RECORD, a JSON text: `root`
(the copy), `output` (the file to write) and `measured` (folders and files whose lines are of interest; empty for
none).

Lines that run while a fixture of a module or a session is made belong to every test that asks for the fixture, not
only to the first of them.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mutation.reach import FIXTURE

ORDERS: dict[str, Any] = json.loads(os.environ["MUTATION_RECORD"])


def _start_coverage() -> Any:
    if not ORDERS["measured"]:
        return None
    import coverage

    measured = [str(Path(name).resolve()) for name in ORDERS["measured"]]
    includes = [name if name.endswith(".py") else f"{name}/*" for name in measured]
    started = coverage.Coverage(include=includes, data_file=None, config_file=False)
    started.start()
    return started


COVERAGE = _start_coverage()  # before anything imports the package
TESTS: dict[str, dict[str, Any]] = {}
_current = ""


def _switch(context: str) -> str:
    """Lines belong to `context` from now on; returns the one before."""
    global _current
    before, _current = _current, context
    if COVERAGE is not None:
        COVERAGE.switch_context(context)
    return before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test with its function fixtures, and what it ends."""
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
    """A fixture that several tests share."""
    if fixturedef.scope == "function":
        return (yield)
    before = _switch(FIXTURE + fixturedef.argname)
    try:
        return (yield)
    finally:
        _switch(before)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A part of a test is over."""
    test = TESTS[report.nodeid]
    test["seconds"] += report.duration
    test["passed"] &= not report.failed
    test["skipped"] |= report.skipped


def pytest_sessionfinish() -> None:
    """Everything into one file."""
    lines: dict[str, dict[int, list[str]]] = {}
    if COVERAGE is not None:
        COVERAGE.stop()
        data = COVERAGE.get_data()
        for name in data.measured_files():
            path = Path(name).relative_to(ORDERS["root"]).as_posix()
            lines[path] = data.contexts_by_lineno(name)
    Path(ORDERS["output"]).write_text(json.dumps({"tests": TESTS, "lines": lines}), encoding="utf-8")
