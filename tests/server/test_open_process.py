"""`convlens open` as a process of its own: what it prints, how it ends, and a training that outlives its page."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from convlens.trained_model import load_model
from convlens.training import resume_training

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
WAIT = 60
NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"


NEVER_READ = """
import sys, threading
from convlens.cli.main import run
from convlens.data import ImportProgress
from convlens.server import trainings
def never(data, data_dir, on_progress):
    on_progress(ImportProgress(0, 1, "decoding"))
    threading.Event().wait()
trainings.load_dataset = never
sys.exit(run(sys.argv[1:]))
"""

LOADS_SLOWLY = """
import sys, time
from convlens.cli.main import run
from convlens.server import serving
def load():
    time.sleep(1)
    print("loaded", file=sys.stderr, flush=True)
serving._load_drawing = load
sys.exit(run(sys.argv[1:]))
"""


class Process:
    """A running `convlens open`; its first line of stdout is read."""

    def __init__(self, *arguments: str, program: str | None = None) -> None:
        begin = ["-m", "convlens"] if program is None else ["-c", program]
        command = [sys.executable, *begin, "open", "--no-browser", "--port", "0", *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.first_line = self._process.stdout.readline().strip()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self, *signals: signal.Signals) -> tuple[int, str, str]:
        """Exit code, the rest of stdout, and stderr."""
        for number in signals:
            self.send(number)
        out, err = self._process.communicate(timeout=WAIT)
        return self._process.returncode, out, err

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def starter(*arguments: str, program: str | None = None) -> Process:
        started.append(Process(*arguments, program=program))
        return started[-1]

    yield starter
    for process in started:
        process.kill()


@pytest.fixture
def own_images() -> str:
    """A file of images that a process of its own can read, too."""
    random = np.random.default_rng(0)
    labels = np.arange(400) % 2
    images = random.integers(0, 100, (400, 16, 16)) + 150 * labels[:, None, None]
    np.savez("own.npz", images=images.astype(np.uint8), labels=labels)
    return "./own.npz"


def test_the_address_is_all_of_stdout_and_ctrl_c_is_a_clean_end(start):
    process = start()
    assert process.first_line.startswith("http://127.0.0.1:")
    assert httpx.get(process.first_line, trust_env=False).status_code == 200
    code, out, err = process.end(signal.SIGINT)
    assert (code, out, err) == (0, "", "Press Ctrl-C to stop the server.\n")


def test_modules_that_are_being_imported_at_the_end_are_waited_for(start):
    process = start(program=LOADS_SLOWLY)
    code, _, err = process.end(signal.SIGINT)
    assert (code, err.splitlines()[-1]) == (0, "loaded")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_interrupted_is_saved_and_can_go_on(start, own_images, number):
    process = start("--runs", "my runs", "--json")
    url = json.loads(process.first_line)["url"]
    with httpx.Client(base_url=url, trust_env=False, timeout=WAIT) as client:
        body = {"data": own_images, "network": NETWORK, "recipe": "fast", "epochs": 5_000}
        job = client.post("/api/train", json=body).json()["job"]
        with client.stream("GET", f"/api/jobs/{job}/events") as stream:  # and the page is closed
            lines = stream.iter_lines()
            assert any(line == "event: chunk" for line in lines)
        with client.stream("GET", f"/api/jobs/{job}/events") as stream:
            lines = stream.iter_lines()
            next(lines)
            process.send(number)
            assert any(line == "event: stopped" for line in lines)  # who still listens hears of it
    code, out, err = process.end()
    (folder,) = [path for path in Path("my runs").iterdir() if path.name != "latest"]
    assert (code, out) == (130, "")
    assert err.splitlines()[-2:] == [
        "The training was interrupted; everything is saved. Continue with:",
        f"  convlens train --resume '{folder}'",
    ]
    stopped = load_model(folder)
    assert not stopped.facts["finished"]
    asked = iter([False, True])
    resumed = resume_training(folder, should_stop=lambda: next(asked, True))
    assert resumed.facts["steps"] > stopped.facts["steps"]


def test_a_second_ctrl_c_ends_at_once(start):
    process = start(program=NEVER_READ)
    with httpx.Client(base_url=process.first_line, trust_env=False, timeout=WAIT) as client:
        job = client.post("/api/train", json={"data": "mnist"}).json()["job"]
        with client.stream("GET", f"/api/jobs/{job}/events") as stream:
            lines = stream.iter_lines()
            assert any(line == "event: reading" for line in lines)
            process.send(signal.SIGINT)
            while client.post("/api/train", json={"data": "mnist"}).status_code != 429:
                pass  # until it has heard the first
    code, out, err = process.end(signal.SIGINT)
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "error: interrupted."
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        command = [sys.executable, "-m", "convlens", "open", "--no-browser", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"error: port {port} is taken by another program. Give another --port, or leave it out for a free one.\n"
    )
