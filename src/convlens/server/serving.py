"""Runs the server: binds a socket, serves, and shuts down cleanly on request.

uvicorn's signal handling would close the streams first and kill a running training with the process. Here, a signal
only sets a flag: the training finishes its step and is saved, the pages are told, and then the server ends.
"""

import asyncio
import contextlib
import errno
import importlib
import ipaddress
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from convlens.errors import UsageError
from convlens.server.app import make_app
from convlens.server.jobs import Job, Jobs
from convlens.server.models import Models
from convlens.server.protection import Rules
from convlens.server.routes import Workplace
from convlens.server.trainings import TrainingRunner

FIRST_PORT = 8700
PORTS_TRIED = 100
LOOK_SECONDS = 0.1
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ServerSettings:
    """What to serve, and where. A port of None means the first free port from 8700 on, 0 means any free port."""

    model: Path | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    runs: Path = field(default_factory=lambda: Path("runs"))
    data_dir: Path | None = None


def serve(
    settings: ServerSettings,
    on_ready: Callable[[str], None],
    should_stop: Callable[[], bool],
    on_line: Callable[[str], None] = lambda _: None,
    must_stop: Callable[[], bool] = lambda: False,
) -> Job | None:
    """Serve the page until `should_stop` returns true; returns the training that was interrupted, if any.

    `on_ready` is called with the address once a browser can open it, `on_line` with occasional lines for the terminal.
    A training is given time to save, unless `must_stop` returns true.

    Raises:
        KeyboardInterrupt: `must_stop` returned true.
        UsageError: the address or the port cannot be used.
    """
    with contextlib.closing(open_socket(settings.host, settings.port)) as listening:
        address, port = listening.getsockname()[:2]
        local = ipaddress.ip_address(address).is_loopback
        token = None if local else secrets.token_urlsafe(16)
        runner = TrainingRunner(settings.runs, settings.data_dir, on_line)
        jobs = Jobs(runner)
        place = Workplace(
            models=Models(settings.runs, settings.model, settings.data_dir),
            jobs=jobs,
            runs=settings.runs,
            data_dir=settings.data_dir,
            shapes=runner.shapes,
            only_below=None if local else Path.cwd(),
        )
        rules = Rules(_names(settings.host, address, local), token, cookie=f"convlens_{port}")
        app = make_app(place, rules)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        url = url_of(settings.host, address, port, token)
        return asyncio.run(_serve(_Server(config), listening, jobs, lambda: on_ready(url), should_stop, must_stop))


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(
    server: uvicorn.Server,
    listening: socket.socket,
    jobs: Jobs,
    on_ready: Callable[[], None],
    should_stop: Callable[[], bool],
    must_stop: Callable[[], bool],
) -> Job | None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        on_ready()
        threading.Thread(target=_load_drawing, daemon=True).start()
    while not should_stop() and not serving.done():
        await asyncio.sleep(LOOK_SECONDS)
    # From here on connections are cut; uvicorn's messages about that are of no use.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    jobs.close()
    # Polled, so that no thread has to be waited for. If a signal raised an error elsewhere in this loop, uvicorn would
    # treat it as an error of the interrupted request, and continue.
    while not jobs.closed:
        if must_stop():
            raise KeyboardInterrupt
        await asyncio.sleep(LOOK_SECONDS)
    server.should_exit = True
    await serving
    return jobs.interrupted


def _load_drawing() -> None:
    """Import the drawing modules in advance; otherwise the first training would take half a second longer."""
    with contextlib.suppress(ImportError):
        importlib.import_module("matplotlib.backends.backend_agg")


def open_socket(host: str, port: int | None) -> socket.socket:
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


def _listen(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address, family=family, backlog=1024)


def _taken_errors() -> set[int]:
    return {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}


def url_of(host: str, address: str, port: int, token: str | None) -> str:
    """Return the address to open: the socket's, or, if it is bound to all addresses, one that others can reach.

    >>> url_of("127.0.0.1", "127.0.0.1", 8700, None), url_of("::", "::1", 80, "abc")
    ('http://127.0.0.1:8700/', 'http://[::1]:80/?token=abc')
    """
    shown = address if not ipaddress.ip_address(address).is_unspecified else _own_address() or host
    shown = f"[{shown}]" if ":" in shown else shown
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")


def _own_address() -> str | None:
    """This machine's address in its network, found without sending a packet."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))
        return str(asking.getsockname()[0])
    return None


def _names(host: str, address: str, local: bool) -> frozenset[str]:
    """Return the host names that refer to this server."""
    names = _LOCAL_NAMES | {host.lower(), address}
    return names if local else names | {socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}
