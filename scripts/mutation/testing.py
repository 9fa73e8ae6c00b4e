"""Test a mutant: put it into a copy, run the tests that may notice it, and return the outcome.

Each worker has its own copy. A mutant counts as killed if a test fails, if pytest cannot collect its tests, or if they
take several times as long as without it.
"""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mutation.mutants import Mutant
from mutation.reach import Reach
from mutation.working_copy import WorkingCopy

KILLED, SURVIVED, TIMEOUT, UNREACHED, NO_PROGRAM = "killed", "survived", "timeout", "not reached", "does not compile"
PATIENCE = 5.0
"""How many times as long tests may take as without a mutant."""
GRACE = 10.0
"""Seconds beyond that, because short times cannot be measured precisely."""
WAIT = 30.0
"""Seconds of wall-clock time in which tests may wait for other programs, their own or those of this machine."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a mutant: one of the words above, the test that failed, and the time it took."""

    mutant: Mutant
    result: str
    by: str = ""
    seconds: float = 0.0

    @property
    def is_killed(self) -> bool:
        return self.result in (KILLED, TIMEOUT)

    @property
    def counts(self) -> bool:
        return self.result != NO_PROGRAM


PRELOADED = (
    "numpy",
    "pytest",
    "hypothesis",
    "PIL.Image",
    "safetensors",
    "msgspec",
    "matplotlib.pyplot",
    "rich",
    "cyclopts",
)
"""Imports of the package or of every test. Others would affect tests that ask which libraries are loaded."""


class TestServer:
    """The process in a copy that runs tests; see mutation/fork_server.py. `with` ends it."""

    __test__ = False  # pytest would collect a class of this name

    def __init__(self, copy: WorkingCopy, workers: int = 1) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mutation.fork_server", *PRELOADED],
            cwd=copy.root,
            env=copy.environment(workers),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "TestServer":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def run(self, order: Sequence[str], expected: float, slowest: float) -> dict[str, Any]:
        """Run tests that take `expected` seconds without a mutant, the slowest of them `slowest` seconds.

        The limit is in processor time, which does not depend on how busy the machine is. A much higher limit in
        wall-clock time is for tests that wait forever.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        cpu = GRACE + PATIENCE * expected
        each = WAIT + 3 * (GRACE + PATIENCE * slowest)
        request = {"order": list(order), "cpu": cpu, "wall": WAIT + 3 * cpu, "each": each}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that runs the tests has ended; is there enough memory?")
        return json.loads(answer)


def try_mutant(
    copy: WorkingCopy, server: TestServer, reach: Reach, mutant: Mutant, build: Callable[[], bool]
) -> Outcome:
    """Try one mutant and return its outcome.

    Args:
        copy: the copy to try it in.
        server: the test server of this copy.
        reach: the measurements of the tests.
        mutant: the mutant to try.
        build: compiles changed files; returns False if that fails.
    """
    text = (copy.root / mutant.path).read_text(encoding="utf-8")
    order = reach.order_for(mutant, text)
    if not order:
        return Outcome(mutant, UNREACHED)
    with copy.mutated(mutant):
        if not build():
            return Outcome(mutant, NO_PROGRAM)
        seconds = [reach.seconds[name] for name in order]
        answer = server.run(order, sum(seconds), max(seconds))
    result = {"passed": SURVIVED, "failed": KILLED, "timeout": TIMEOUT}[answer["outcome"]]
    return Outcome(mutant, result, answer["by"], answer["seconds"])


def check_unmutated(server: TestServer, reach: Reach) -> Reach:
    """Return the tests that also pass where mutants are tried; others are excluded like those that failed before.

    Raises:
        RuntimeError: hardly any test passes there, so the results would be meaningless.
    """
    seconds, failing = dict(reach.seconds), list(reach.failing)
    for _ in range(5):
        if not seconds:
            break
        answer = server.run(list(seconds), 3 * sum(seconds.values()), 3 * max(seconds.values()))
        if answer["outcome"] == "passed":
            return Reach(seconds, failing, reach.lines)
        if answer["by"] not in seconds:
            raise RuntimeError(f"the tests do not run in the copy: {answer['outcome']} {answer['by']}")
        failing.append(answer["by"])
        del seconds[answer["by"]]
    raise RuntimeError(f"tests fail without a mutant: {', '.join(failing)}. Make them pass first.")


def try_all(
    copies: Sequence[WorkingCopy],
    reach: Reach,
    mutants: Iterable[Mutant],
    build: Callable[[WorkingCopy], bool],
    on_outcome: Callable[[Outcome], None],
) -> list[Outcome]:
    """Try all mutants, one per copy at a time; return the outcomes in the order of the mutants.

    Args:
        copies: one for each worker.
        reach: the measurements of the tests.
        mutants: the mutants to try.
        build: compiles changed files in a copy; returns False if that fails.
        on_outcome: called with each outcome as soon as it is known, one at a time.
    """
    mutants = list(mutants)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(mutants)):
        waiting.put(number)
    outcomes: dict[int, Outcome] = {}
    failures: list[Exception] = []
    lock = threading.Lock()

    def work(copy: WorkingCopy) -> None:
        try:
            with TestServer(copy, len(copies)) as server:
                while not failures:
                    number = waiting.get_nowait()
                    outcome = try_mutant(copy, server, reach, mutants[number], lambda: build(copy))
                    with lock:
                        outcomes[number] = outcome
                        on_outcome(outcome)
        except queue.Empty:
            pass
        except Exception as error:  # raised again below, in the waiting thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(copy,), daemon=True) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [outcomes[number] for number in sorted(outcomes)]
