"""Everything that several commands draw in a terminal: consoles, tables, download bars, JSON."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from convlens.data import FetchProgress

WIDTH_WITHOUT_TERMINAL = 1000
"""A pipe or a file has no width; tables take what they need there, so that nothing is folded."""


def result_console() -> Console:
    """For results, on stdout."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)


def error_console() -> Console:
    """For everything that is not the result, on stderr."""
    return Console(
        stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else WIDTH_WITHOUT_TERMINAL
    )


def print_json(value: Any) -> None:
    """One JSON object on one line of stdout. What is no number in JSON (NaN, infinity) is never in our values."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)


def make_table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A table in the house style: no frame; `right` names the columns of numbers."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


@contextmanager
def showing_downloads() -> Iterator["Callable[[FetchProgress], None]"]:
    """A function to hand to a fetch: it shows a bar on a terminal, and one line a file elsewhere."""
    console = error_console()
    if not console.is_terminal:
        yield _print_files()
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[tuple[str, str], Any] = {}

        def update(progress: "FetchProgress") -> None:
            key = (progress.source, progress.file)
            if key not in tasks:
                tasks[key] = bar.add_task(f"{progress.file} from {progress.source}", total=progress.total_bytes)
            bar.update(tasks[key], completed=progress.done_bytes, total=progress.total_bytes)

        yield update


def _print_files() -> "Callable[[FetchProgress], None]":
    seen: set[tuple[str, str]] = set()

    def update(progress: "FetchProgress") -> None:
        key = (progress.source, progress.file)
        if key not in seen:
            seen.add(key)
            print(f"Getting {progress.file} from {progress.source}", file=sys.stderr, flush=True)

    return update
