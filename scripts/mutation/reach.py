"""Find out which tests reach a line, and how long each takes, with one run of a package's tests without a mutant.

Tests that fail or are skipped in this run are excluded, because they say nothing about a mutant.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutation.mutants import Mutant
from mutation.working_copy import WorkingCopy

FIXTURE = "fixture "
"""The start of a recorded name that belongs to a fixture shared by several tests, and not to a test."""


@dataclass(frozen=True)
class Reach:
    """The measurements of a package's tests.

    Args:
        seconds: the time of each test that passes, in the order in which pytest runs them.
        failing: the tests that fail without a mutant.
        lines: for each file and line, the tests that reach it, and "" if the line runs while a module is imported.
            Files that were not measured, such as those in C++, are missing.
    """

    seconds: Mapping[str, float]
    failing: Sequence[str] = ()
    lines: Mapping[str, Mapping[int, frozenset[str]]] = field(default_factory=dict)

    def order_for(self, mutant: Mutant, text: str) -> list[str]:
        """Return the tests that may kill a mutant, fastest first; an empty list if none reaches it.

        A line that runs while its module is imported, such as a constant, affects every test: those that reach the file
        come first. The same applies to a file that was not measured.

        Args:
            mutant: a mutant of the file.
            text: the file without the mutant.
        """
        known = self.lines.get(mutant.path)
        if known is None:
            return self._sorted(self.seconds)
        first, last = (
            statement_around(text, mutant.line, mutant.last_line)
            if mutant.path.endswith(".py")
            else (
                mutant.line,
                mutant.last_line,
            )
        )
        reaching = {name for line in range(first, last + 1) for name in known.get(line, ())}
        if "" not in reaching:
            return self._sorted(reaching)
        near = {name for names in known.values() for name in names}
        return self._sorted(near) + self._sorted(set(self.seconds) - near)

    def _sorted(self, names: Iterable[str]) -> list[str]:
        """Sort tests by file, because tests of a file share fixtures; the file with the fastest test comes first."""
        kept = [name for name in names if name in self.seconds]
        best: dict[str, float] = {}
        for name in kept:
            file = name.partition("::")[0]
            best[file] = min(best.get(file, float("inf")), self.seconds[name])
        return sorted(
            kept, key=lambda name: (best[name.partition("::")[0]], name.partition("::")[0], self.seconds[name])
        )


def statement_around(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the lines of the smallest statement around some lines; of an `if` or a `def`, only those before its body.

    >>> statement_around("x = (1\\n  + 2)\\nif (x\\n    > 2):\\n    y = 1\\n", 4, 4)
    (3, 4)
    """
    best = (1, text.count("\n") + 1)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            begin, end = node.lineno, node.end_lineno or node.lineno
            if body:
                end = max(begin, body[0].lineno - 1)
            if begin <= first and last <= end and end - begin <= best[1] - best[0]:
                best = begin, end
    return best


def measure_reach(copy: WorkingCopy, tests: Sequence[str], measured: Sequence[str]) -> Reach:
    """Run the tests of a package once.

    Args:
        copy: the copy to run them in.
        tests: the arguments for pytest.
        measured: the folders or files whose lines are recorded; empty for none.

    Raises:
        RuntimeError: pytest could not run; the message has its output.
    """
    output = copy.root / "mutation-record.json"
    orders = {"root": str(copy.root.resolve()), "output": str(output), "measured": list(measured)}
    options = ["-q", "--no-header", "-p", "no:cacheprovider", "-p", "mutation.recording_plugin"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--basetemp={copy.root}/mutation-temporary", *tests],
        cwd=copy.root,
        env={**copy.environment(), "MUTATION_RECORD": json.dumps(orders)},
        capture_output=True,
        text=True,
        check=False,
    )
    if not output.exists():
        raise RuntimeError(f"pytest did not run in the copy: {(run.stdout + run.stderr)[-2000:]}")
    return read_record(output)


def read_record(path: Path) -> Reach:
    """Read the file of mutation.recording_plugin, and replace shared fixtures by the tests that use them."""
    record = json.loads(path.read_text(encoding="utf-8"))
    users: dict[str, set[str]] = {}
    for name, test in record["tests"].items():
        for fixture in test["fixtures"]:
            users.setdefault(FIXTURE + fixture, set()).add(name)
    lines = {
        file: {int(line): frozenset(_tests(contexts, users)) for line, contexts in by_line.items()}
        for file, by_line in record["lines"].items()
    }
    passing = {
        name: test["seconds"] for name, test in record["tests"].items() if test["passed"] and not test["skipped"]
    }
    failing = [name for name, test in record["tests"].items() if not test["passed"]]
    return Reach(passing, failing, lines)


def _tests(contexts: Iterable[str], users: Mapping[str, set[str]]) -> Iterable[str]:
    for context in contexts:
        if context.startswith(FIXTURE):
            yield from users.get(context, ())
        else:
            yield context
