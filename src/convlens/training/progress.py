"""What a training shows of itself while it runs: a bar on a terminal, a table in a notebook, plain lines elsewhere.

Always on stderr, since stdout is for results. `convlens train` shows the same as `train` in Python, with more above it.
Nothing here is called for a step: between chunks, about twenty times a second, an event is looked at, and a display is
drawn anew a few times a second.
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

SECONDS_BETWEEN_LINES = 1.0
"""Lines of epochs come no faster, so that a log of a thousand short epochs can be read."""


class Display(Protocol):
    """Shows the events of one training, from its start on."""

    def on_event(self, event: Event) -> None:
        """Show one event."""

    def close(self) -> None:
        """Leave the screen as it should stay, however the training ended."""


class Pace:
    """Holds back lines of epochs, so that at most one a second comes, and never the last one.

    >>> pace = Pace()
    >>> pace.due(["Epoch 0"]), pace.due(["Epoch 1"]), pace.due(["Epoch 2"]), pace.rest()
    (['Epoch 0'], [], [], ['Epoch 2'])
    """

    def __init__(self, seconds: float = SECONDS_BETWEEN_LINES) -> None:
        self._seconds = seconds
        self._shown_at = float("-inf")
        self._held: list[str] = []

    def due(self, lines: list[str]) -> list[str]:
        """These lines, where the last ones were shown long enough ago; else they are held."""
        now = time.monotonic()
        if now - self._shown_at < self._seconds:
            self._held = lines
            return []
        self._held, self._shown_at = [], now
        return lines

    def rest(self) -> list[str]:
        """The lines that are held; called when no epoch comes after them."""
        lines, self._held = self._held, []
        return lines


class LineSelection:
    """Which lines of the log a person sees, as they are due.

    Args:
        full: also what the training is about and how sure the model may be, as `convlens train` has it. Otherwise
            epochs, an end that was not planned, and the accuracy.

    The tutorial's losses, where a recipe asks for them, are all shown: who asks for them wants to compare them.
    """

    def __init__(self, full: bool) -> None:
        self._full = full
        self._pace = Pace()
        self.started: TrainingStarted | None = None

    def lines(self, event: Event) -> list[str]:
        """The lines to show now."""
        if isinstance(event, TrainingStarted):
            self.started = event
        if self.started is None:
            return []
        settings = self.started.settings
        lines = log_lines(event, settings)
        if settings.log_every and isinstance(event, ChunkDone | EpochDone):
            return lines
        match event:
            case ChunkDone():
                return []
            case EpochDone():
                return self._pace.due(lines)
            case TrainingEnded() | NotWritten():
                return self._pace.rest() + lines
            case Judged():
                return self._pace.rest() + ([] if self._full else lines)  # the command's result says so again
            case _:
                return self._pace.rest() + (lines if self._full else [])

    def rest(self) -> list[str]:
        """The last epoch's line, where a stop came before its turn."""
        return self._pace.rest()


class PlainLines:
    """Lines on stderr, for a log file or a pipe."""

    def __init__(self, full: bool = False) -> None:
        self._selection = LineSelection(full)

    def on_event(self, event: Event) -> None:
        """Print what there is to say of it."""
        self._print(self._selection.lines(event))

    def close(self) -> None:
        """Print what was held back."""
        self._print(self._selection.rest())

    def _print(self, lines: list[str]) -> None:
        if lines:
            sys.stderr.write("\n".join(lines) + "\n")
            sys.stderr.flush()


class WhileItCan:
    """Shows what it is given until that fails once, because nobody takes output any more: a terminal that was closed, a
    full disk, a pipe that nobody reads. No training ends because of what it shows.

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
    """A display, or none, that shows events as long as somebody takes what it writes.

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
    """Whether the code runs in a notebook (Jupyter, Colab, VS Code): an IPython that has a kernel."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def choose_display() -> Display:
    """The display for where this runs. rich and IPython are imported only where they draw."""
    if in_notebook():
        from convlens.training.notebook_display import NotebookDisplay

        return NotebookDisplay()
    if sys.stderr is not None and sys.stderr.isatty():
        from convlens.training.terminal_display import TerminalDisplay

        return TerminalDisplay()
    return PlainLines() if sys.stderr is not None else _Nothing()


class _Nothing:
    """For a program without stderr: `2>&-`, or one of a window on Windows."""

    def on_event(self, event: Event) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Nothing was shown."""


def watching(
    progress: bool | None, on_event: Callable[[Event], None] | None
) -> AbstractContextManager[Callable[[Event], None] | None]:
    """A function that shows the events and hands them on; None where nobody listens.

    `progress=None` shows them unless `on_event` is given: who takes the events shows what is wanted of them, and with
    `print` every epoch would stand there twice.
    """
    if progress is None:
        progress = on_event is None
    if on_event is not None and _prints(on_event):
        on_event = _without_chunks(on_event)
    return _showing(on_event) if progress else nullcontext(on_event)


def _prints(on_event: Callable[[Event], None]) -> bool:
    """Whether this is `print`, rich's, or a `partial` of one: it prints whatever it gets.

    Recognised by its name, since nothing else tells: any other function may want the chunks, such as `list.append`.
    """
    return getattr(getattr(on_event, "func", on_event), "__name__", "") == "print"


def _without_chunks(show: Callable[[Any], None]) -> Callable[[Event], None]:
    """A line twenty times a second helps nobody, and a chunk whose `str` is empty would print an empty line.

    What is printed is the `str`; rich would take an event apart. What stdout cannot encode is escaped.
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
