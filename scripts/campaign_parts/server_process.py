"""Runs a real `convlens open` for a campaign, and observes it from outside."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

EXPECTED = ("Press Ctrl-C to stop the server.", "Training on ", "Trained ", "Stopped: ", "Failed: ")
"""The starts of lines on stderr that are not faults."""
PROGRAM = ("-m", "convlens")
NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"


class ServerProcess:
    """A running server; `descriptors` limits how many files it may open."""

    def __init__(self, folder: Path, descriptors: int | None = None) -> None:
        def limit() -> None:
            import resource  # not on Windows

            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self._log = folder / f"stderr-{descriptors}.txt"
        command = [sys.executable, *PROGRAM, "open", "--no-browser", "--port", "0"]
        command += ["--data-dir", str(folder / "data")]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, preexec_fn=limit)
        assert self.process.stdout is not None
        address = self.process.stdout.readline().decode().strip()
        self.port = int(address.rstrip("/").rpartition(":")[2])

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request as the page does; return the status and the JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            text = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def train(self) -> str:
        """Train on a few images to the end; return the name of the training, whose events are kept."""
        return self.wait_for(self.start_training(40))

    def start_training(self, epochs: int) -> str:
        """Start a training on a few images; return its name."""
        wanted = {"data": "./images.npz", "network": NETWORK, "recipe": "fast", "epochs": epochs}
        return self.ask("/api/train", wanted)[1]["job"]

    def wait_for(self, job: str) -> str:
        """Wait for the end of a training, and return its name."""
        for _ in range(600):
            (listed,) = [one for one in self.ask("/api/jobs")[1] if one["job"] == job]
            if listed["state"] not in ("queued", "running"):
                return job
            time.sleep(0.05)
        raise TimeoutError("the training of 200 small images does not end")

    def descriptors(self) -> int:
        """Return how many descriptors the server has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def cpu_seconds(self) -> float:
        """Return the processor time so far, in user and system mode."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_until_idle(self) -> None:
        """Wait until the server has loaded the modules that it loads in advance."""
        spent, quiet = 0.0, 0
        while quiet < 3:
            quiet = quiet + 1 if self.cpu_seconds() == spent else 0
            spent = self.cpu_seconds()
            time.sleep(0.1)

    def lines(self) -> list[str]:
        """Return the lines of stderr that are faults."""
        text = self._log.read_text(errors="replace")
        return [line for line in text.splitlines() if not line.startswith(EXPECTED)]

    def end(self) -> None:
        """Stop the server with Ctrl-C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def prepare_folder(folder: Path) -> str:
    """Create runs, one with a name that is not valid text, and training images; return the name of a run."""
    from convlens.network import Network, initial_weights
    from convlens.preprocessing import Preprocessing
    from convlens.trained_model import TrainedModel

    random = np.random.default_rng(0)
    labels = np.arange(200) % 2
    images = random.integers(0, 100, (200, 8, 8)) + 150 * labels[:, None, None]
    np.savez(folder / "images.npz", images=images.astype(np.uint8), labels=labels)
    network = Network.from_text(NETWORK)
    for name in (b"first", b"caf\xe9"):
        place = Path(os.fsdecode(os.fsencode(folder / "runs") + b"/" + name))
        place.mkdir(parents=True)
        weights = initial_weights(network, (1, 8, 8), 2, seed=0)
        TrainedModel(network, weights, Preprocessing((1, 8, 8)), ("cat", "dog"), {"data": "pets"}).save(
            place / "model.safetensors"
        )
    return "first"


@contextlib.contextmanager
def serving(folder: Path, descriptors: int | None = None) -> Iterator[ServerProcess]:
    """Run a server that ends with the block."""
    process = ServerProcess(folder, descriptors)
    try:
        yield process
    finally:
        process.end()
