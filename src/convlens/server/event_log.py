"""The numbered events of one training, for any number of listeners, which may disconnect and reconnect.

The log is the only store: a listener remembers the number of its last event and asks for those after it. So a slow
listener costs no memory, and a late listener misses nothing important. To limit the size of the log, only the newest
weights are kept, and in long trainings every other of the oldest chunks and epochs is dropped, repeatedly.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from convlens.server.wire import to_wire

WEIGHTS = "weights"
THINNED = frozenset({"chunk", "epoch"})
MOST_THINNED = 8_000
MOST_THINNED_BYTES = 8_000_000


@dataclass(frozen=True)
class Message:
    """One event: its number (from 1), its kind, and its encoded content."""

    number: int
    kind: str
    wire: bytes


class EventLog:
    """The events of one training, written by its thread and read by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[Message] = []
        self._count = 0
        self._thinned = [0, 0]
        self._ended = False
        self._listeners: set[Callable[[], None]] = set()

    def append(self, kind: str, values: Mapping[str, Any]) -> None:
        """Add an event (JSON values only) and wake the listeners. Events after the end are dropped."""
        text = to_wire({"event": kind, **values})
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
        """End the log: streams end once they have sent everything."""
        with self._lock:
            self._ended = True
        self._wake()

    def next_after(self, number: int) -> Message | None:
        """Return the first kept event with a higher number; None if there is none yet."""
        with self._lock:
            place = bisect_right(self._messages, number, key=lambda message: message.number)
            return self._messages[place] if place < len(self._messages) else None

    @property
    def ended(self) -> bool:
        """Whether no more events will come."""
        return self._ended

    @contextmanager
    def listening(self, wake: Callable[[], None]) -> Iterator[None]:
        """Return a context in which `wake` is called, from any thread, whenever there is something new."""
        with self._lock:
            self._listeners.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(wake)

    @property
    def listeners(self) -> int:
        """The number of listeners."""
        return len(self._listeners)

    @property
    def size(self) -> int:
        """The size of all kept events in bytes."""
        with self._lock:
            return sum(len(message.wire) for message in self._messages)

    def _thin(self) -> None:
        """Drop every other event of the older half of those that may be dropped."""
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
