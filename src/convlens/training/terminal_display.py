"""A progress bar on a terminal, with lines above it that stay.

The training thread draws the bar between chunks, since a second thread would take processor time from the training.
"""

import sys
import time
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from convlens.training.events import ChunkDone, EpochDone, Event, TrainingStarted
from convlens.training.progress import LineSelection

_SECONDS_BETWEEN_DRAWINGS = 0.2
_SPARE_COLUMNS = 8
"""Columns that stay free at the right edge. A terminal writes ^C after the bar; at the edge, this would break the line,
and the bar would not be erased. Eight columns have room for four of them."""
_WIDEST_BAR = 40


class TerminalDisplay:
    """Shows one training on a terminal.

    Args:
        console: the console to draw on; stderr by default.
        full: as in `LineSelection`.
    """

    def __init__(self, console: Console | None = None, full: bool = False) -> None:
        self._console = console or Console(stderr=True, highlight=False, emoji=False)
        self._selection = LineSelection(full)
        self._drawn_at = float("-inf")
        self._bar = _Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=_WIDEST_BAR),
            TextColumn("{task.fields[facts]}"),
            console=self._console,
            transient=True,
            auto_refresh=False,
            # On a terminal, print output above the bar; output to a file must not be redirected.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )
        self._task = self._bar.add_task("Starting", total=None, facts="")
        self._bar.start()

    def on_event(self, event: Event) -> None:
        """Print the event's lines above the bar, and redraw the bar if enough time has passed."""
        self._print(self._selection.lines(event))
        started = self._selection.started
        if started is None:
            return
        match event:
            case TrainingStarted():
                total = started.steps_per_epoch * started.settings.epochs
                self._update(True, total=total, completed=started.steps_done)
            case ChunkDone():
                epochs = f"{event.epoch} of {started.settings.epochs} epochs"
                done = event.epoch * started.steps_per_epoch + event.first_batch + len(event.losses)
                self._update(False, completed=done, description=epochs, facts=_facts(event, self._console.width))
            case EpochDone():
                epochs = f"{event.epoch + 1} of {started.settings.epochs} epochs"
                done = event.epoch * started.steps_per_epoch + event.steps
                self._update(False, completed=done, description=epochs)
            case _:
                pass

    def close(self) -> None:
        """Print the lines that were held back, and erase the bar."""
        try:
            self._print(self._selection.rest())
        finally:
            self._bar.stop()

    def _update(self, at_once: bool, **changes: Any) -> None:
        now = time.monotonic()
        due = at_once or now - self._drawn_at >= _SECONDS_BETWEEN_DRAWINGS
        if due:
            self._drawn_at = now
        self._bar.update(self._task, refresh=due, **changes)

    def _print(self, lines: list[str]) -> None:
        """Print lines; a line such as `Data: mnist` gets its name in a column of its own."""
        for line in lines:
            name, _, rest = line.partition(": ")
            about = bool(rest) and name.isalpha()
            text = f"[dim]{name:<8}[/] {escape(rest)}" if about else escape(line)
            self._console.print(text, highlight=False, soft_wrap=not about)


class _Bar(Progress):
    """A progress bar that leaves a few columns of the terminal free."""

    def get_renderable(self) -> RenderableType:
        return _Narrowed(super().get_renderable())


@dataclass(frozen=True)
class _Narrowed:
    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.content, options.update(width=max(options.max_width - _SPARE_COLUMNS, 1)))


def _facts(event: ChunkDone, width: int) -> str:
    """Return the text after the bar, as long as the terminal's width allows."""
    left = max(0, round(event.seconds_left))
    facts = [
        (75, f"loss {float(event.losses[-1]):.4f}"),
        (60, f"accuracy {event.accuracy * 100:.2f} %"),
        (100, f"{event.images_per_second:>7,.0f} images/s"),
        (0, f"{left // 60}:{left % 60:02} left"),
    ]
    return "  ".join(text for needed, text in facts if width >= needed)
