"""What the trials with hostile images and archives share: limits, a tally, processes, and how a command is run."""

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from campaign_parts.measuring import most_memory_of_ended_children
from campaign_parts.trial import Trial, add_up
from campaign_parts.workers import Mark, share_out
from convlens.cli.main import run as run_command

MOST_SECONDS = 2.0
MOST_MEMORY = 600.0
"""Megabytes."""


@dataclass
class Tally:
    """What was found so far by one process."""

    numbers: dict[str, float] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def add(self, name: str, amount: float = 1) -> None:
        """Add to a number, or raise it if its name begins with "most"."""
        self.numbers = add_up([self.numbers, {name: amount}])


def tally_all(trial: Trial, work: Callable[[range, Path, Mark], Tally]) -> tuple[dict[str, float], list[str]]:
    """Divide a trial among processes; return their numbers together, with the seconds, and the broken promises.

    `work` gets its share of the inputs, a new folder, and a function to call before each input.
    """
    began = time.perf_counter()
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:

        def work_in_folder(number: int, share: range, mark: Mark) -> list[object]:
            folder = Path(name) / str(number)
            folder.mkdir()
            tally = work(share, folder, mark)
            tally.add(
                "most megabytes of a process that has ended, everything included", most_memory_of_ended_children()
            )
            return [tally.numbers, tally.broken]

        results, broken = share_out(trial, work_in_folder)
    numbers = dict(sorted(add_up([found for found, _ in results]).items()))
    numbers["seconds"] = round(time.perf_counter() - began)
    return numbers, broken + [promise for _, promises in results for promise in promises]


def run_quietly(arguments: list[str]) -> bool | str:
    """Run a command in this process; return whether it took its image, or what it should not have printed."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = run_command(arguments)
    if "bug in Convlens" in error.getvalue() or "Traceback" in error.getvalue() or code not in (0, 1, 2, 3, 4):
        return f"exit code {code}: {error.getvalue()}"
    return code == 0
