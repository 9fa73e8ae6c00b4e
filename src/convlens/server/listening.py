"""The listening socket: it binds a port, and turns connections away when there are no file descriptors left.

If `accept` fails because no descriptor is free, asyncio prints a traceback for each place in its backlog, repeatedly.
Here, one descriptor is kept in reserve. It is released to accept the connection and close it at once. The client then
knows that it is not served, instead of waiting in the queue.
"""

import contextlib
import errno
import os
import socket
import time
from collections.abc import Callable

from convlens.errors import UsageError

FIRST_PORT = 8700
PORTS_TRIED = 100
BACKLOG = 1024
"""How many connections the system keeps in its queue."""
ACCEPTED_AT_ONCE = 4
"""Few enough to end the oldest connections in time: a connection closes two turns of the event loop after its end."""
_REST_SECONDS = 0.02
OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class ListeningSocket(socket.socket):
    """A listening socket; `on_shortage` is called, perhaps often, when a connection had to be turned away."""

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(fileno=listening.detach())
        self.on_shortage: Callable[[], None] = lambda: None
        self._reserve: int | None = os.open(os.devnull, os.O_RDONLY)

    def listen(self, backlog: int = BACKLOG, /) -> None:
        """Start to listen. asyncio passes a smaller backlog: the number of connections that it accepts at once."""
        super().listen(max(backlog, BACKLOG))

    def accept(self) -> tuple[socket.socket, object]:
        """Accept a connection.

        Raises:
            BlockingIOError: there is none, or it was turned away.
        """
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in OUT_OF_RESOURCES:
                raise
        self.on_shortage()
        self._turn_away()
        raise BlockingIOError(errno.EAGAIN, "no descriptor is free")

    def close(self) -> None:
        """Close the socket and the reserved descriptor."""
        self._release()
        super().close()

    def _turn_away(self) -> None:
        self._release()
        try:
            super().accept()[0].close()
        except OSError:  # another thread was faster, or another resource is missing
            time.sleep(_REST_SECONDS)
        with contextlib.suppress(OSError):
            self._reserve = os.open(os.devnull, os.O_RDONLY)

    def _release(self) -> None:
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None


def open_socket(host: str, port: int | None) -> ListeningSocket:
    """Open a listening socket.

    Raises:
        UsageError: the host or port cannot be used; the message says what to give instead.
    """
    if port is not None and not 0 <= port <= 65_535:
        raise UsageError(f"port {port} does not exist; give --port a number from 0 (any free port) to 65535.")
    ports = range(FIRST_PORT, FIRST_PORT + PORTS_TRIED) if port is None else [port]
    for tried in ports:
        try:
            return _listen(host, tried)
        except PermissionError as error:
            raise UsageError(f"port {tried} may not be used here. Give --port a number from 1024 to 65535.") from error
        except socket.gaierror as error:
            raise UsageError(f"host {host!r} has no address here. Give --host 127.0.0.1 or 0.0.0.0.") from error
        except (OSError, UnicodeError) as error:
            if isinstance(error, UnicodeError) or error.errno not in _taken_errors():
                raise UsageError(f"cannot listen on {host!r}: {error}. Give another --host.") from error
    if port is None:
        raise UsageError(f"ports {ports[0]} to {ports[-1]} are all taken. Give --port 0 for any free one.")
    raise UsageError(f"port {port} is taken by another program. Give another --port, or leave it out for a free one.")


def _listen(host: str, port: int) -> ListeningSocket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return ListeningSocket(socket.create_server(address, family=family, backlog=BACKLOG))


def _taken_errors() -> set[int]:
    return {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}
