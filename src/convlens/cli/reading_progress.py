"""How far getting and reading images has come: bytes of a known dataset, or images of one's own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from convlens.cli.terminal import error_console, showing_downloads

if TYPE_CHECKING:
    from convlens.data import FetchProgress, ImportProgress


@contextmanager
def showing_progress() -> Iterator["Callable[[FetchProgress | ImportProgress], None]"]:
    """A function to hand to `load_dataset`: bars on a terminal, a line now and then elsewhere, both on stderr.

    Which of the two it is going to be is known with the first report; a terminal can show one set of bars at a time.
    """
    with ExitStack() as stack:
        shown: list[Callable[[Any], None]] = []

        def update(progress: "FetchProgress | ImportProgress") -> None:
            from convlens.data import ImportProgress

            if not shown:
                bars = showing_images() if isinstance(progress, ImportProgress) else showing_downloads()
                shown.append(stack.enter_context(bars))
            shown[0](progress)

        yield update


@contextmanager
def showing_images() -> Iterator["Callable[[ImportProgress], None]"]:
    """A bar of images for each thing that is done to them; without a terminal, a line for each."""
    console = error_console()
    if not console.is_terminal:
        yield _print_beginnings()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def update(progress: "ImportProgress") -> None:
            if progress.what not in tasks:
                tasks[progress.what] = bar.add_task(progress.what, total=progress.total or None)
            bar.update(tasks[progress.what], completed=progress.done, total=progress.total or None)

        yield update


def _print_beginnings() -> "Callable[[ImportProgress], None]":
    seen: set[str] = set()

    def update(progress: "ImportProgress") -> None:
        if progress.what not in seen and (progress.done < progress.total or not progress.total):
            count = f": {progress.total:,} images" if progress.total else ""
            print(f"{progress.what}{count}", file=sys.stderr, flush=True)
        seen.add(progress.what)

    return update
