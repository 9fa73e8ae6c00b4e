"""Run tests repeatedly, each time in a fork of a Python process that has already imported the large libraries.

Starting Python, NumPy and pytest takes longer than most tests. This program runs in the copy and imports them once,
but never the package itself. For each line of JSON on its standard input, it forks, the fork runs pytest, and a line
with the result is written to the standard output:

    {"order": [tests, the first to run first], "cpu": seconds, "wall": seconds, "each": seconds of one test}
    {"outcome": "passed" | "failed" | "timeout", "by": the test that failed, "seconds": how long it took}

Output of pytest is appended to the file given by the environment variable MUTATION_LOG, if it is set.
"""

import contextlib
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

STARTED = "started"
"""The file whose time says when the present test began."""


class Choice:
    """A pytest plugin that selects tests, runs them file by file in this order, and remembers the first that failed."""

    def __init__(self, order: Sequence[str], started: Path) -> None:
        self.rank = {name: number for number, name in enumerate(order)}
        self.failed = ""
        self.started = started

    def pytest_runtest_logstart(self) -> None:
        self.started.touch()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((one for one in items if one.nodeid in self.rank), key=lambda one: self.rank[one.nodeid])

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def run_tests(order: Sequence[str], temporary: str) -> dict[str, str]:
    """Run the tests in this process, up to the first that fails."""
    import pytest

    choice = Choice(order, Path(temporary) / STARTED)
    files = list(dict.fromkeys(name.partition("::")[0] for name in order))
    options = [
        "-x",
        "-q",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        f"--basetemp={temporary}/pytest",
    ]
    status = int(pytest.main([*options, *files], plugins=[choice]))
    return {"outcome": "passed" if status == 0 else "failed", "by": choice.failed or ("" if status == 0 else "pytest")}


def in_a_fork(order: Sequence[str], cpu: float, wall: float, each: float) -> dict[str, Any]:
    """Run the tests in a fork with limits; all processes that they start end with it.

    A browser or Node that never answers uses no processor time of the fork, so one test has a limit, too.
    """
    began = time.monotonic()
    temporary = tempfile.mkdtemp(prefix="mutant-", dir=os.environ.get("TMPDIR"))
    answer = Path(temporary) / "answer.json"
    (Path(temporary) / STARTED).touch()
    child = os.fork()
    if child == 0:
        _be_the_child(order, cpu, temporary, answer)
    timed_out = False
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() - began > wall or time.time() - _last_start(temporary) > each:
            timed_out = True
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # also the processes that its tests started
    result = json.loads(answer.read_text()) if answer.exists() else {"outcome": "failed", "by": "the process ended"}
    used = time.monotonic() - began
    if timed_out or (not answer.exists() and used >= cpu):
        result = {"outcome": "timeout", "by": ""}
    shutil.rmtree(temporary, ignore_errors=True)
    return {**result, "seconds": used}


def _last_start(temporary: str) -> float:
    return (Path(temporary) / STARTED).stat().st_mtime


def _be_the_child(order: Sequence[str], cpu: float, temporary: str, answer: Path) -> None:
    """Run the tests, write the result, and exit; never returns."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 2))
    silence = os.open(os.environ.get("MUTATION_LOG", os.devnull), os.O_RDWR | os.O_CREAT | os.O_APPEND)
    for stream in range(3):
        os.dup2(silence, stream)
    try:
        result = run_tests(order, temporary)
        unfinished = answer.with_suffix(".part")
        unfinished.write_text(json.dumps(result))
        unfinished.replace(answer)
    except BaseException:  # after any error, the child must not continue as the parent
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(0)


def main() -> None:
    """Answer requests until the input ends."""
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ.setdefault("MPLBACKEND", "agg")
    for name in sys.argv[1:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    replies = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(in_a_fork(**request)), file=replies, flush=True)


if __name__ == "__main__":
    main()
