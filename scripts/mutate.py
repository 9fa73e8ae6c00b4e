"""Mutation testing: small mistakes are made in the code, one at a time, and those that no test notices are listed.

    scripts/mutate src/convlens/training/schedule.py        every mutant of a file
    scripts/mutate src/convlens/training/schedule.py:36     those of one line
    scripts/mutate --sample 300 --seed 1                    a sample over all packages
    scripts/mutate --sample 300 --seed 1 --package data     that sample's part of a package
    scripts/mutate --again build/mutation.json              only those that survived the last time
    scripts/mutate --again build/mutation.json --tests tests/training/test_schedule.py      and only with these tests

The mutants are made in a copy of the project in a temporary folder. A mutant is tried with the tests of its own
package that reach its line, the quickest first, up to the first that fails. Results also go to build/mutation.json.

The exit code is 0, whether mutants survive or not; 2 where nothing could be tried.
"""

import argparse
import contextlib
import importlib.metadata
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from machine import current_commit, describe_machine
from mutation.cpp_mutants import list_cpp_mutants
from mutation.engine_build import compile_engine, configure
from mutation.javascript_mutants import list_javascript_mutants
from mutation.mutants import (
    EQUIVALENTS,
    Mutant,
    choose,
    read_equivalents,
    share_out,
    without_equivalents,
)
from mutation.packages import is_mutable, own_tests, package_of
from mutation.python_mutants import list_python_mutants
from mutation.reach import Reach, measure_reach
from mutation.record import Samples, write_record
from mutation.results import read_results, summarise, today, write_results
from mutation.testing import Outcome, TestServer, check_unmutated, try_all
from mutation.working_copy import WorkingCopy, list_files

ROOT = Path(__file__).resolve().parent.parent

TOOLS = ("mutmut", "libcst", "coverage", "pytest", "tree-sitter-cpp")


def list_mutants(root: Path, path: str) -> list[Mutant]:
    """Return all mutants of one file of the project."""
    text = (root / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        return list_python_mutants(path, text)
    return list_javascript_mutants(path, text, root) if path.endswith(".js") else list_cpp_mutants(path, text)


def mutants_of_paths(root: Path, places: Sequence[str]) -> list[Mutant]:
    """Return all mutants of the given files, or of one line if `:LINE` follows the path.

    Raises:
        ValueError: a path is not that of a file that can have mutants.
    """
    found = []
    for place in places:
        name, _, line = place.partition(":")
        path = Path(name).resolve()
        relative = path.relative_to(root).as_posix() if path.is_relative_to(root) else name
        if not path.is_file() or not is_mutable(relative) or (line and not line.isdecimal()):
            raise ValueError(
                f"{place}: give a Python or JavaScript file below src/convlens, or a C++ file below native/."
            )
        found += [one for one in list_mutants(root, relative) if not line or one.line == int(line)]
    return found


def sample(root: Path, number: int, seed: int, packages: Sequence[str]) -> list[Mutant]:
    """Return the mutants of the given packages (all if none is given) in a seeded sample over all packages.

    Raises:
        ValueError: there is no package of that name.
    """
    files: dict[str, list[str]] = {}
    for path in filter(is_mutable, list_files(root)):
        files.setdefault(package_of(path), []).append(path)
    unknown = sorted(set(packages) - set(files))
    if unknown:
        raise ValueError(f"no package is called {', '.join(unknown)}; the packages are {', '.join(sorted(files))}.")
    sizes = {name: sum((root / path).read_bytes().count(b"\n") for path in paths) for name, paths in files.items()}
    shares = share_out(sizes, number)
    return [
        mutant
        for name in packages or sorted(files)
        for mutant in choose([one for path in files[name] for one in list_mutants(root, path)], shares[name], seed)
    ]


def mutants_again(root: Path, results: Path) -> list[Mutant]:
    """Return the mutants that were not killed last time, even if their lines have moved."""
    outcomes, _ = read_results(results)
    wanted = {
        (one.mutant.path, one.mutant.before, one.mutant.after) for one in outcomes if one.counts and not one.is_killed
    }
    listed = [one for path in sorted({path for path, _, _ in wanted}) for one in list_mutants(root, path)]
    return [one for one in listed if (one.path, one.before, one.after) in wanted]


def try_package(
    copies: Sequence[WorkingCopy],
    mutants: Sequence[Mutant],
    tests: Sequence[str],
    tell: Callable[[Outcome], None],
) -> list[Outcome]:
    """Measure the tests and try the mutants of one package; without `tests`, all tests of the package are used."""
    package = package_of(mutants[0].path)
    tests = tests or own_tests(copies[0].root, package)
    if not tests:
        print(f"{package}: no test belongs to it", file=sys.stderr)
        return [Outcome(one, "not reached") for one in mutants]
    native = package == "native"
    if native:
        for copy in copies:
            configure(copy)
    began = time.monotonic()
    reach = measure_reach(copies[0], tests, [] if native else sorted({one.path for one in mutants}))
    with TestServer(copies[0], len(copies)) as server:
        reach = check_unmutated(server, reach)
    _say_what_was_measured(package, reach, time.monotonic() - began)
    return try_all(copies, reach, mutants, compile_engine if native else lambda _: True, tell)


def _say_what_was_measured(package: str, reach: Reach, seconds: float) -> None:
    print(f"{package}: {len(reach.seconds)} tests, measured in {seconds:.0f} s", flush=True)
    for name in reach.failing:
        print(f"{package}: left out, since it fails without a mutant: {name}", flush=True)


def run(options: argparse.Namespace, root: Path) -> int:
    """Do everything that the options request."""
    if options.again:
        mutants = mutants_again(root, options.again)
    elif options.sample:
        mutants = sample(root, options.sample, options.seed, options.package)
    else:
        mutants = mutants_of_paths(root, options.paths)
    counted = without_equivalents(mutants, read_equivalents(root / EQUIVALENTS))
    print(f"{len(mutants)} mutants, {len(mutants) - len(counted)} of them known to be equivalent", flush=True)
    if options.list:
        print("\n".join(map(str, counted)))
        return 0
    facts: dict[str, Any] = {
        "command": " ".join(["scripts/mutate", *options.typed]),
        "date": today(),
        "commit": current_commit(),
        "seed": options.seed,
        **describe_machine(),
        "versions": {"python": sys.version.partition(" ")[0], **_versions()},
    }
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if options.verbose or not (outcome.is_killed or not outcome.counts):
            print(f"{outcome.result}: {outcome.mutant}" + (f"  [{outcome.by}]" if outcome.by else ""), flush=True)
        write_results(options.output, outcomes, facts)

    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: sys.exit(128 + number))  # also removes the copies
    with contextlib.ExitStack() as stack:
        workers = max(1, min(options.jobs, len(counted)))
        copies = [stack.enter_context(WorkingCopy(root)) for _ in range(workers)]
        for package in dict.fromkeys(package_of(one.path) for one in counted):
            try_package(copies, [one for one in counted if package_of(one.path) == package], options.tests, tell)
    print(summarise(outcomes))
    return 0


def _versions() -> dict[str, str]:
    versions = {}
    for name in TOOLS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        "scripts/mutate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", metavar="PATH[:LINE]", help="files to make mutants of")
    parser.add_argument("--sample", type=int, metavar="N", help="try N mutants over all packages instead")
    parser.add_argument("--seed", type=int, default=1, help="chooses them (default: 1)")
    parser.add_argument("--package", action="append", default=[], help="only this package's part; can be repeated")
    parser.add_argument(
        "--again", type=Path, metavar="FILE", help="try what survived according to this file of results"
    )
    parser.add_argument(
        "--tests", nargs="+", default=[], metavar="FILE", help="with these tests only, which is quicker"
    )
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="workers (default: one a core)")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "build/mutation.json", help="where the results go, as JSON"
    )
    parser.add_argument("--list", action="store_true", help="list the mutants and try none")
    parser.add_argument("-v", "--verbose", action="store_true", help="say of each mutant what became of it")
    for name, help_text in (
        ("--record", "make a record of these files of results, a fresh sample as it was first tried"),
        ("--earlier", "with the score of these, another sample, from before the tests were improved"),
        ("--later", "with the score of these, another sample, for packages that are weak in the fresh one"),
        ("--tried-again", "with what became of the survivors, from the output of --again"),
    ):
        parser.add_argument(name, nargs="+", type=Path, default=[], metavar="FILE", help=help_text)
    options = parser.parse_args(arguments)
    options.typed = list(arguments)
    given = [bool(options.paths), options.sample is not None, bool(options.again), bool(options.record)]
    if sum(given) != 1:
        parser.error("give one of: files, --sample N, --again FILE, --record FILE")
    if options.jobs < 1 or (options.sample is not None and options.sample < 1):
        parser.error("--jobs and --sample must be at least 1")
    return options


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Run the command line; report mistakes in one line."""
    options = read_options(arguments)
    if not hasattr(os, "fork"):
        print("mutate: the tests run in forks, which this system does not have; use Linux or macOS.", file=sys.stderr)
        return 2
    try:
        if options.record:
            write_record(Samples(options.record, options.earlier, options.later, options.tried_again), root)
            return 0
        return run(options, root)
    except KeyboardInterrupt:
        print("mutate: stopped; what was tried until now is in the file of results.", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        print(f"mutate: {error.name} is not installed; pip install --group mutation", file=sys.stderr)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"mutate: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
