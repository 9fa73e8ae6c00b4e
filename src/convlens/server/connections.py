"""Limits for connections from browsers: the time to send the head of a request, the time to read an answer, and the
number of connections.

uvicorn itself waits for a head without limit, keeps connections whose answers are never read, and accepts as many as
there are file descriptors. Its own refusals lack the security headers, so they are sent from here instead.
"""

import asyncio
import os
from collections.abc import Sequence
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from convlens.server.wire import to_wire

HEAD_SECONDS = 10.0
"""The time from the connection, or the end of the last answer, to the end of the next request's head."""
UNREAD_SECONDS = 30.0
"""How long an answer, or an event stream, may wait to be read. A page that comes back connects again."""
CLOSE_SECONDS = 2.0
"""How long the rest of an answer may take on a connection that is being closed."""
MOST_CONNECTIONS = 512
_FEWEST_CONNECTIONS = 8
_SPARE_DESCRIPTORS = 16
"""Descriptors reserved for files: models, reports, and the images of a training."""

Header = tuple[bytes, bytes]


class Connection(H11Protocol):
    """A connection of uvicorn with limits."""

    headers_of_refusals: Sequence[Header] = ()
    most: int = MOST_CONNECTIONS
    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    since: float = 0.0

    @property
    def idle(self) -> bool:
        """Return whether the connection waits for a request."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Start the timer for a head. If there are too many connections, end the one that has waited longest."""
        super().connection_made(transport)
        self.since = self.loop.time()
        self._watch_head()
        others = [one for one in self.connections if isinstance(one, Connection) and not one.transport.is_closing()]
        if len(others) > self.most:
            idle = [one for one in others if one.idle and one is not self]
            min(idle or [self], key=lambda one: one.since).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        for timer in (self._head_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._unread_timer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive bytes; the timer for the head runs until the head is complete."""
        if not self.transport.is_closing():
            super().data_received(data)
            self._watch_head()

    def eof_received(self) -> None:
        """Close the connection: the client sends nothing more, so nothing more is sent to it either."""
        self._give_up()

    def on_response_complete(self) -> None:
        """Start the timer for the next head."""
        self.since = self.loop.time()
        super().on_response_complete()
        self._watch_head()

    def pause_writing(self) -> None:
        """Start the timer for an answer that is not being read."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Cancel that timer, because the answer is being read again."""
        super().resume_writing()
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn passes a text of its own)
        """Refuse data that is not HTTP."""
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
        """Send an error, unless an answer has been started already, and close the connection."""
        if self.idle and self.conn.our_state is h11.IDLE and not self.transport.is_closing():
            body = to_wire({"error": reason})
            known = [(b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(body))]
            headers = [*known, (b"Connection", b"close"), *self.headers_of_refusals]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(body), h11.EndOfMessage()):
                self.transport.write(cast(bytes, self.conn.send(event)))
        self._give_up()

    def _give_up(self) -> None:
        """Close the connection, and end the answer that is being sent, if there is one."""
        if not self.idle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self.flow.resume_writing()
        self.transport.close()
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)  # the rest may never be read


def make_connections(headers: Sequence[Header]) -> type[Connection]:
    """Return the connection class of a server; `headers` are added to its refusals."""

    class ConnectionOfServer(Connection):
        headers_of_refusals = headers
        most = most_connections()

    return ConnectionOfServer


def most_connections() -> int:
    """Return how many connections may be open at once, so that file descriptors remain for files."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST_CONNECTIONS
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    left = limit - count_descriptors() - _SPARE_DESCRIPTORS
    return MOST_CONNECTIONS if limit < 0 else max(_FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, left))


def count_descriptors() -> int:
    """Return how many file descriptors this process has open, or an estimate if the system does not report them."""
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208
    except OSError:
        return 32
