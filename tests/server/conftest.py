"""A real server in a thread of this process, on its own port, with a small dataset; and requests to it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from convlens.data import CatalogueEntry
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.server.jobs import Job
from convlens.server.serving import ServerSettings, serve
from convlens.trained_model import TrainedModel
from convlens.training import pictures

NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"
WAIT = 60.0
"""Seconds after which a test stops waiting; nothing here should take a hundredth of that."""


@dataclass(frozen=True)
class Event:
    """An event as received from the server."""

    number: int
    kind: str
    values: dict[str, Any]


class Serving:
    """A server and its client; `end` does the same as Ctrl-C."""

    def __init__(self, **settings: Any) -> None:
        self._asked, self._ready = threading.Event(), threading.Event()
        self.url, self.lines = "", []
        self.interrupted: Job | None = None
        self._settings = ServerSettings(**{"port": 0, **settings})
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        assert self._ready.wait(WAIT)
        self.client = httpx.Client(base_url=self.url.partition("?")[0], trust_env=False, timeout=WAIT)

    def _serve(self) -> None:
        def on_ready(url: str) -> None:
            self.url = url
            self._ready.set()

        self.interrupted = serve(self._settings, on_ready, self._asked.is_set, self.lines.append)

    def end(self) -> None:
        """Wait until the server has ended."""
        self.client.close()
        self._asked.set()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return self.client.post(path, json=body, **more)

    def train(self, **body: Any) -> str:
        """Request a training; return its name."""
        answer = self.post("/api/train", {"data": "tiny", "network": NETWORK, "epochs": 2, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()["job"]

    def listen(self, job: str, after: int = 0, most: int | None = None) -> list[Event]:
        """Return the events of a training until it ends, or the first `most`; then close the connection."""
        headers = {"Last-Event-ID": str(after)} if after else {}
        found: list[Event] = []
        with self.client.stream("GET", f"/api/jobs/{job}/events", headers=headers) as stream:
            lines: dict[str, str] = {}
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                lines[name] = value
                if not line and "id" in lines:
                    found.append(Event(int(lines["id"]), lines["event"], json.loads(lines["data"])))
                if not line:
                    lines = {}
                if most is not None and len(found) == most:
                    break
        return found


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no images of a run: they take longer than everything tested here, and have their own tests."""
    monkeypatch.setattr(pictures, "write_pictures", lambda *_: None)


@pytest.fixture
def start_server() -> Iterator[Callable[..., Serving]]:
    """Return a function (**ServerSettings) → a server, which ends with the test."""
    started: list[Serving] = []

    def start(**settings: Any) -> Serving:
        started.append(Serving(**settings))
        return started[-1]

    yield start
    for serving in started:
        serving.end()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Serving]:
    """Start one server for the tests of a module. Its folders are relative, so each test has its own."""
    serving = Serving()
    yield serving
    serving.end()


@pytest.fixture
def server(tiny: CatalogueEntry, shared_server: Serving) -> Iterator[Serving]:
    """Return a server of this machine that knows the dataset `tiny`, has no runs yet, and is not training."""
    shared_server.lines.clear()
    yield shared_server
    for job in shared_server.get("/api/jobs").json():
        shared_server.post(f"/api/jobs/{job['job']}/stop", {})
    while shared_server.get("/api/state").json()["job"] is not None:
        time.sleep(0.01)


@pytest.fixture
def save_model() -> Callable[..., Path]:
    """Return a function (folder, class names, **facts) → a run folder with a small, untrained model."""

    def save(folder: str, names: tuple[str, ...] = tuple("0123456789"), **facts: Any) -> Path:
        network = Network.from_text(NETWORK)
        weights = initial_weights(network, (1, 8, 8), len(names), seed=0)
        model = TrainedModel(network, weights, Preprocessing((1, 8, 8)), names, {"data": "tiny", **facts})
        Path(folder).mkdir(parents=True, exist_ok=True)
        return model.save(Path(folder) / "model.safetensors").parent

    return save


@pytest.fixture(scope="module")
def standing_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Start one server without runs for many tests that change nothing."""
    serving = Serving(runs=tmp_path_factory.mktemp("runs"))
    yield serving
    serving.end()


@pytest.fixture(scope="module")
def server_for_all() -> Iterator[Serving]:
    """Start a server that other machines may reach; its address has a token."""
    serving = Serving(host="0.0.0.0")
    yield serving
    serving.end()
