"""One connection of a browser, and what it may cost: time for the head of a request, time until an answer is read, and
one of a limited number of connections.

uvicorn waits for a head for ever, keeps a connection whose answer nobody reads, and takes as many as there are file
descriptors. Refusals that uvicorn sends itself lack the security headers; they are sent here instead.
"""

import asyncio
import os
from collections.abc import Sequence
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from convlens.server.wire import to_wire

HEAD_SECONDS = 10.0
"""From the connection, or the end of the last answer, to the end of the next request's head."""
UNREAD_SECONDS = 30.0
"""How long an answer, or an event stream, may wait because nobody reads it. A page that comes back connects again."""
CLOSE_SECONDS = 2.0
"""How long the rest of an answer may take that is sent to a connection which is being closed."""
MOST_CONNECTIONS = 512
_FEWEST_CONNECTIONS = 8
_SPARE_DESCRIPTORS = 16
"""Kept for files: models, reports, and the images of a training."""

Header = tuple[bytes, bytes]


class Connection(H11Protocol):
    """uvicorn's connection with limits."""

    headers_of_refusals: Sequence[Header] = ()
    most: int = MOST_CONNECTIONS
    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    since: float = 0.0

    @property
    def idle(self) -> bool:
        """Whether it waits for a request."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head. Where there are too many connections, the one that has waited longest ends."""
        super().connection_made(transport)
        self.since = self.loop.time()
        self._watch_head()
        others = [one for one in self.connections if isinstance(one, Connection) and not one.transport.is_closing()]
        if len(others) > self.most:
            idle = [one for one in others if one.idle and one is not self]
            min(idle or [self], key=lambda one: one.since).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the timers."""
        for timer in (self._head_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._unread_timer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in bytes; the time for a head runs on until it is whole."""
        if not self.transport.is_closing():
            super().data_received(data)
            self._watch_head()

    def eof_received(self) -> None:
        """The other side sends nothing more: it has gone, so nothing more is sent to it either."""
        self._give_up()

    def on_response_complete(self) -> None:
        """Begin to wait for the next head."""
        self.since = self.loop.time()
        super().on_response_complete()
        self._watch_head()

    def pause_writing(self) -> None:
        """Nobody reads what was sent: wait, but not for ever."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It is read again."""
        super().resume_writing()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn calls it, with words of its own)
        """Refuse what is not HTTP."""
        self._refuse(400, "this is not an HTTP request.")

    def _watch_head(self) -> None:
        if self._head_timer is not None and not self.idle:
            self._head_timer.cancel()
            self._head_timer = None
        elif self._head_timer is None and self.idle and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._end_slow_head)

    def _end_slow_head(self) -> None:
        self._head_timer = None
        if self.conn.trailing_data[0]:
            self._refuse(408, f"the head of the request took longer than {HEAD_SECONDS:g} seconds. Send it at once.")
        else:
            self._give_up()

    def _refuse(self, status: int, reason: str) -> None:
        """Answer, unless an answer is on its way already, and close the connection."""
        if self.idle and self.conn.our_state is h11.IDLE and not self.transport.is_closing():
            body = to_wire({"error": reason})
            known = [(b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(body))]
            headers = [*known, (b"Connection", b"close"), *self.headers_of_refusals]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(body), h11.EndOfMessage()):
                self.transport.write(cast(bytes, self.conn.send(event)))
        self._give_up()

    def _give_up(self) -> None:
        """Close the connection; the answer that is being made, if there is one, ends here."""
        if not self.idle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self.flow.resume_writing()
        self.transport.close()
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)  # the rest may be for nobody


def make_connections(headers: Sequence[Header]) -> type[Connection]:
    """The kind of connections of a server; `headers` are added to their refusals."""

    class ConnectionOfServer(Connection):
        headers_of_refusals = headers
        most = most_connections()

    return ConnectionOfServer


def most_connections() -> int:
    """How many connections there may be at once, so that file descriptors are left for files."""
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit
        return MOST_CONNECTIONS
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    left = limit - count_descriptors() - _SPARE_DESCRIPTORS
    return MOST_CONNECTIONS if limit < 0 else max(_FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, left))


def count_descriptors() -> int:
    """How many file descriptors this process has open; a guess where the system does not say."""
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208
    except OSError:
        return 32
