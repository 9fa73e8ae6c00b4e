"""Runs the server: binds a socket, serves, and shuts down cleanly on request.

uvicorn's signal handling would close the streams first and kill a running training with the process. Here, a signal
only sets a flag: the training finishes its step and is saved, the pages are told, and then the server ends.
"""

import asyncio
import contextlib
import importlib
import ipaddress
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from convlens.errors import ConvlensError
from convlens.server.app import make_app
from convlens.server.complaints import Complaints
from convlens.server.connections import make_connections
from convlens.server.jobs import Job, Jobs
from convlens.server.listening import ACCEPTED_AT_ONCE, ListeningSocket, open_socket
from convlens.server.models import Models
from convlens.server.protection import Protection, Rules
from convlens.server.routes import Workplace
from convlens.server.trainings import TrainingRunner

LOOK_SECONDS = 0.1
_SHORTAGE = (
    "Connections were turned away: this process may open no more files. Close other pages, or raise `ulimit -n`."
)
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
    """Serve the page until `should_stop` returns true; return the training that was interrupted, if any.

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
        only_below = None if local else Path.cwd()
        complaints = Complaints(on_line)
        runner = TrainingRunner(settings.runs, settings.data_dir, on_line, only_below)
        jobs = Jobs(runner)
        place = Workplace(
            models=Models(settings.runs, settings.model, settings.data_dir),
            jobs=jobs,
            runs=settings.runs,
            data_dir=settings.data_dir,
            shapes=runner.shapes,
            only_below=only_below,
        )
        rules = Rules(_names(settings.host, address, local), token, cookie=f"convlens_{port}")
        app = make_app(place, rules, on_defect=complaints.tell_defect)
        listening.on_shortage = lambda: complaints.tell(_SHORTAGE)
        server = _Server(_configure(app), listening, complaints)
        url = url_of(settings.host, address, port, token)
        return asyncio.run(_serve(server, jobs, lambda: on_ready(url), should_stop, must_stop))


def _configure(app: Protection) -> uvicorn.Config:
    """Configure uvicorn without unneeded features: other protocols, proxy headers, and log lines, because bad requests
    should not fill the terminal.
    """
    return uvicorn.Config(
        app,
        http=make_connections(app.headers_of_refusals),
        ws="none",
        interface="asgi3",
        proxy_headers=False,
        log_level="critical",
        access_log=False,
        lifespan="on",
        server_header=False,
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=2,
    )


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, on a socket that is already listening."""

    def __init__(self, config: uvicorn.Config, listening: ListeningSocket, complaints: Complaints) -> None:
        super().__init__(config)
        self._listening, self._complaints = listening, complaints

    async def serve_here(self) -> None:
        """Serve until `should_exit` is true."""
        asyncio.get_running_loop().set_exception_handler(self._complaints.on_loop_error)
        await self.serve(sockets=[self._listening])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(
    server: _Server,
    jobs: Jobs,
    on_ready: Callable[[], None],
    should_stop: Callable[[], bool],
    must_stop: Callable[[], bool],
) -> Job | None:
    serving = asyncio.create_task(server.serve_here())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if not server.started:
        await serving
        raise ConvlensError("the server could not start. Close other programs, then try again.")
    on_ready()
    # Not a daemon: Python ends a process with SIGABRT if a daemon thread is importing C++ modules at the end.
    threading.Thread(target=_load_drawing).start()
    while not should_stop() and not serving.done():
        await asyncio.sleep(LOOK_SECONDS)
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
    with contextlib.suppress(ImportError, OSError):
        importlib.import_module("matplotlib.backends.backend_agg")


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
