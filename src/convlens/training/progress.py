"""Show the progress of a training: a bar on a terminal, a table in a notebook, plain lines elsewhere.

Progress goes to stderr, since stdout is for results. `convlens train` shows the same as `train` in Python, with more
lines above it. Events arrive between chunks, about 20 times per second; a display is redrawn a few times per second.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from convlens.training.events import (
    ChunkDone,
    EpochDone,
    Event,
    Judged,
    NotWritten,
    TrainingEnded,
    TrainingStarted,
    log_lines,
)
from convlens.training.recipes import RECIPES

SECONDS_BETWEEN_LINES = 1.0
"""The minimum time between the lines of two epochs, so that a log of a thousand short epochs stays readable."""


class Display(Protocol):
    """Shows the events of one training."""

    def on_event(self, event: Event) -> None:
        """Show one event."""

    def close(self) -> None:
        """Finish the output; called in any case, even after an error."""


class Pace:
    """Limits the lines of epochs to one per second on average; those of the last epoch are never lost.

    >>> pace = Pace()
    >>> pace.due(["Epoch 0"]), pace.due(["Epoch 1"]), pace.due(["Epoch 2"]), pace.rest()
    (['Epoch 0'], [], [], ['Epoch 2'])
    """

    def __init__(self, seconds: float = SECONDS_BETWEEN_LINES) -> None:
        self._seconds = seconds
        self._next = float("-inf")
        self._held: list[str] = []

    def due(self, lines: list[str]) -> list[str]:
        """Return these lines if the last ones were shown long enough ago; otherwise hold them back."""
        now = time.monotonic()
        if now < self._next:
            self._held = lines
            return []
        self._held, self._next = [], now + self._seconds * len(lines)
        return lines

    def rest(self) -> list[str]:
        """Return the lines that were held back; called when no other epoch follows."""
        lines, self._held = self._held, []
        return lines


class LineSelection:
    """Selects the lines of the log to show, and when.

    Args:
        full: whether to show the settings and the calibration, too, as `convlens train` does. Otherwise only epochs,
            an early end and the accuracy are shown.

        paces_losses: whether the losses of `log_every` (recipe `tutorial`) are limited to one line per second, too, if
            the training has more epochs than the tutorial's. Then epochs are shown whole or not at all.
    """

    def __init__(self, full: bool, paces_losses: bool = False) -> None:
        self._full = full
        self._paces_losses = paces_losses
        self._pace = Pace()
        self._losses: list[str] = []
        self.started: TrainingStarted | None = None

    def lines(self, event: Event) -> list[str]:
        """Return the lines to show now."""
        if isinstance(event, TrainingStarted):
            self.started = event
        if self.started is None:
            return []
        settings = self.started.settings
        lines = log_lines(event, settings)
        is_paced = self._paces_losses and settings.epochs > RECIPES["tutorial"].epochs
        if settings.log_every and isinstance(event, ChunkDone | EpochDone) and not is_paced:
            return lines
        match event:
            case ChunkDone():
                self._losses += lines
                return []
            case EpochDone():
                lines, self._losses = self._losses + lines, []
                return self._pace.due(lines)
            case TrainingEnded() | NotWritten():
                return self.rest() + lines
            case Judged():
                return self.rest() + ([] if self._full else lines)  # the command prints it as its result
            case _:
                return self.rest() + (lines if self._full else [])

    def rest(self) -> list[str]:
        """Return the last lines if they were held back when the training stopped."""
        lines, self._losses = self._pace.rest() + self._losses, []
        return lines


class PlainLines:
    """Lines on stderr, for a log file or a pipe."""

    def __init__(self, full: bool = False) -> None:
        self._selection = LineSelection(full, paces_losses=True)

    def on_event(self, event: Event) -> None:
        """Print the lines of an event."""
        self._print(self._selection.lines(event))

    def close(self) -> None:
        """Print the lines that were held back."""
        self._print(self._selection.rest())

    def _print(self, lines: list[str]) -> None:
        if lines:
            sys.stderr.write("\n".join(lines) + "\n")
            sys.stderr.flush()


class WhileItCan:
    """Calls functions that show something, until one fails because the output is gone: a closed terminal, a full disk,
    a pipe without a reader. A training never ends because its progress cannot be shown.

    >>> show = WhileItCan()
    >>> show(lambda: print("seen"))
    seen
    >>> show.works
    True
    """

    def __init__(self) -> None:
        self.works = True

    def __call__(self, show: Callable[[], object]) -> None:
        """Call `show`, unless an earlier call failed."""
        if not self.works:
            return
        try:
            show()
        except OSError:
            self.works = False
        except ValueError as error:
            if "closed file" not in str(error):
                raise
            self.works = False


class Guarded:
    """A display, or none, that shows events as long as its output can be written.

    Args:
        make: makes the display; drawing the first bar may fail, too.
    """

    def __init__(self, make: Callable[[], Display]) -> None:
        self._show = WhileItCan()
        self._display: Display | None = None
        self._show(lambda: self._make(make))

    def _make(self, make: Callable[[], Display]) -> None:
        self._display = make()

    def on_event(self, event: Event) -> None:
        """Show one event."""
        if self._display is not None:
            display = self._display
            self._show(lambda: display.on_event(event))

    def close(self) -> None:
        """Close the display, after a failure too: it may have redirected stdout."""
        if self._display is not None:
            WhileItCan()(self._display.close)


def in_notebook() -> bool:
    """Return whether the code runs in a notebook (Jupyter, Colab, VS Code): IPython has a kernel."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def choose_display() -> Display:
    """Return the display for this environment; rich and IPython are imported only if needed."""
    if in_notebook():
        from convlens.training.notebook_display import NotebookDisplay

        return NotebookDisplay()
    if sys.stderr is not None and sys.stderr.isatty():
        from convlens.training.terminal_display import TerminalDisplay

        return TerminalDisplay()
    return PlainLines() if sys.stderr is not None else _Nothing()


class _Nothing:
    """The display of a program without stderr, such as a windowed program on Windows."""

    def on_event(self, event: Event) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Do nothing."""


def watching(
    progress: bool | None, on_event: Callable[[Event], None] | None
) -> AbstractContextManager[Callable[[Event], None] | None]:
    """Return a context manager for a function that shows events and passes them on; None if there is nothing to do.

    `progress=None` shows events unless `on_event` is given: with `on_event=print`, each epoch would be shown twice.
    """
    if progress is None:
        progress = on_event is None
    if on_event is not None and _prints(on_event):
        on_event = _without_chunks(on_event)
    return _showing(on_event) if progress else nullcontext(on_event)


def _prints(on_event: Callable[[Event], None]) -> bool:
    """Return whether a callback is `print`, rich's `print`, or a `partial` of one.

    Only the name tells: any other function, such as `list.append`, may need the chunks.
    """
    return getattr(getattr(on_event, "func", on_event), "__name__", "") == "print"


def _without_chunks(show: Callable[[Any], None]) -> Callable[[Event], None]:
    """Return a callback that prints events except chunks, of which there are 20 per second.

    It passes the `str` of an event, since rich would print all fields of a dataclass. Characters that stdout cannot
    encode are escaped.
    """
    printed = WhileItCan()

    def tell(event: Event) -> None:
        if not isinstance(event, ChunkDone):
            printed(lambda: _print_anyway(show, str(event)))

    return tell


def _print_anyway(show: Callable[[Any], None], text: str) -> None:
    try:
        show(text)
    except UnicodeEncodeError:
        show(text.encode("ascii", "backslashreplace").decode())


@contextmanager
def _showing(on_event: Callable[[Event], None] | None) -> Iterator[Callable[[Event], None]]:
    display = Guarded(choose_display)

    def tell(event: Event) -> None:
        display.on_event(event)
        if on_event is not None:
            on_event(event)

    try:
        yield tell
    finally:
        display.close()
