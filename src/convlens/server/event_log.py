"""What one training told, numbered, for any number of listeners that come, break off and come again.

The log is the only store: a listener remembers the number of the last event that it has and asks for what came after.
So a slow listener costs no memory and a listener that comes late misses nothing that is worth having. What is not worth
having is dropped: of weights all but the newest, and of a training of hours every other of its oldest chunks and
epochs, again and again, so that the log stays within bounds.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

WEIGHTS = "weights"
THINNED = frozenset({"chunk", "epoch"})
MOST_THINNED = 8_000
MOST_THINNED_BYTES = 8_000_000


@dataclass(frozen=True)
class Message:
    """One event: its number, from 1, its kind, and what goes over the wire."""

    number: int
    kind: str
    wire: bytes


class EventLog:
    """Events of one training; written by its thread, read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[Message] = []
        self._count = 0
        self._thinned = [0, 0]
        self._ended = False
        self._listeners: set[Callable[[], None]] = set()

    def append(self, kind: str, values: Mapping[str, Any]) -> None:
        """Add an event and wake who listens; JSON values only. What comes after the end is dropped."""
        text = msgspec.json.encode({"event": kind, **values})
        with self._lock:
            if self._ended:
                return
            self._count += 1
            if kind == WEIGHTS:
                self._messages = [message for message in self._messages if message.kind != WEIGHTS]
            wire = b"id: %d\nevent: %s\ndata: %s\n\n" % (self._count, kind.encode(), text)
            self._messages.append(Message(self._count, kind, wire))
            if kind in THINNED:
                self._thinned = [self._thinned[0] + 1, self._thinned[1] + len(wire)]
                if self._thinned[0] > MOST_THINNED or self._thinned[1] > MOST_THINNED_BYTES:
                    self._thin()
        self._wake()

    def end(self) -> None:
        """Nothing comes any more: streams end when they have told everything."""
        with self._lock:
            self._ended = True
        self._wake()

    def next_after(self, number: int) -> Message | None:
        """The first event with a higher number that is kept; None where there is none yet."""
        with self._lock:
            place = bisect_right(self._messages, number, key=lambda message: message.number)
            return self._messages[place] if place < len(self._messages) else None

    @property
    def ended(self) -> bool:
        """Whether no event will come any more."""
        return self._ended

    @contextmanager
    def listening(self, wake: Callable[[], None]) -> Iterator[None]:
        """Within it, `wake` is called, from any thread, whenever something has happened."""
        with self._lock:
            self._listeners.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(wake)

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        with self._lock:
            return sum(len(message.wire) for message in self._messages)

    def _thin(self) -> None:
        """Drop every other of the older half of what may be thinned."""
        older = [message.number for message in self._messages if message.kind in THINNED]
        dropped = set(older[: len(older) // 2][1::2])
        self._messages = [message for message in self._messages if message.number not in dropped]
        kept = [message for message in self._messages if message.kind in THINNED]
        self._thinned = [len(kept), sum(len(message.wire) for message in kept)]

    def _wake(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for wake in listeners:
            wake()
