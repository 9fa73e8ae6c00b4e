"""Shows the progress of fetching and reading images: bytes of a known dataset, or images of a folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from convlens.cli.terminal import error_console, print_line
from convlens.data import FetchProgress, ImportProgress
from convlens.words import count_of


@contextmanager
def showing_progress() -> Iterator[Callable[[FetchProgress | ImportProgress], None]]:
    """Yield a function that shows progress on stderr: on a terminal a bar for each file or step, elsewhere a line."""
    console, seen = error_console(), set[str]()
    kind, bars, tasks = None, None, dict[str, Any]()
    with ExitStack() as stack:

        def update(progress: FetchProgress | ImportProgress) -> None:
            nonlocal kind, bars
            name, line, done, total = _facts(progress)
            if not console.is_terminal:
                if name not in seen and (done < total or not total):
                    print_line(line, to_stderr=True)
                seen.add(name)
                return
            if bars is None or type(progress) is not kind:  # a terminal shows one set of bars at a time
                stack.close()
                tasks.clear()
                kind, bars = type(progress), stack.enter_context(_make_bars(console, progress))
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total or None)
            bars.update(tasks[name], completed=done, total=total or None)

        yield update


def _facts(progress: FetchProgress | ImportProgress) -> tuple[str, str, int, int]:
    """Return a name, the line that replaces its bar, how much is done, and the total (0 if it is not known)."""
    if isinstance(progress, ImportProgress):
        count = f": {count_of(progress.total, 'image')}" if progress.total else ""
        return progress.what, f"{progress.what}{count}", progress.done, progress.total
    name = f"{progress.file} from {progress.source}"
    return name, f"Fetching {name}", progress.done_bytes, progress.total_bytes or 0


def _make_bars(console: Console, progress: FetchProgress | ImportProgress) -> Progress:
    amounts = (DownloadColumn(), TransferSpeedColumn())
    if isinstance(progress, ImportProgress):
        amounts = (MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(TextColumn("{task.description}"), BarColumn(), *amounts, console=console, transient=True)
