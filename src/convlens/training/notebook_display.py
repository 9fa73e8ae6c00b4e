"""A progress bar and a table of epochs in a notebook's cell, updated in place.

This uses IPython, which every notebook has; rich would need ipywidgets for it.
"""

import html
import time

from IPython.display import display

from convlens.trained_model.history import HISTORY_NAMES, spread, table_html
from convlens.training.events import ChunkDone, EpochDone, Event, Judged, TrainingEnded, TrainingStarted

_SECONDS_BETWEEN_DRAWINGS = 0.5


class NotebookDisplay:
    """Shows one training in the output of the cell that runs it."""

    def __init__(self) -> None:
        self._started: TrainingStarted | None = None
        self._epochs: list[EpochDone] = []
        self._chunk: ChunkDone | None = None
        self._ends: list[str] = []
        self._closed = False
        self._drawn_at = float("-inf")
        self._handle = display(self, display_id=True)

    def on_event(self, event: Event) -> None:
        """Store the event, and redraw the cell if enough time has passed."""
        match event:
            case TrainingStarted():
                self._started = event
            case ChunkDone():
                self._chunk = event
            case EpochDone():
                self._epochs.append(event)
            case TrainingEnded() | Judged():
                self._ends.append(str(event))
            case _:
                return
        if time.monotonic() - self._drawn_at >= _SECONDS_BETWEEN_DRAWINGS:
            self._draw()

    def close(self) -> None:
        """Remove the bar; keep the table and the results."""
        self._closed = True
        self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        if self._handle is not None:
            self._handle.update(self)

    def __repr__(self) -> str:
        """Return plain text for a frontend without HTML."""
        lines = [str(self._epochs[place]) for place in spread(len(self._epochs))]
        return "\n".join(lines + self._ends)

    def _repr_html_(self) -> str:
        shown = [self._epochs[place] for place in spread(len(self._epochs))]
        names = [name for name in HISTORY_NAMES if any(getattr(done, name) is not None for done in shown)]
        table = table_html(names, [(done.epoch, *(getattr(done, name) for name in names)) for done in shown])
        ends = "".join(f"<div>{html.escape(line)}</div>" for line in self._ends)
        return ("" if self._closed else self._bar()) + (table if shown else "") + ends

    def _bar(self) -> str:
        started, chunk = self._started, self._chunk
        if started is None or chunk is None:
            return "<div>Starting …</div>"
        done = chunk.epoch * started.steps_per_epoch + chunk.first_batch + len(chunk.losses)
        total = started.steps_per_epoch * started.settings.epochs
        words = f"{started.settings.epochs} epochs, {chunk}, {max(0.0, chunk.seconds_left):.0f} s left"
        return f"<div><progress value='{done}' max='{total}'></progress> {html.escape(words)}</div>"
