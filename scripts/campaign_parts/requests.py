"""Sends hostile requests to a real server: it must not answer with 500, print errors, keep descriptors or stay busy.

Requests are sent one after another, while some unfinished and abandoned ones stay open. A second server, which may
open only 40 files, has 100 unfinished heads in the meantime, and must still serve its page.
"""

import contextlib
import socket
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from campaign_parts.hostile import Request, Server, make_request
from campaign_parts.server_process import ServerProcess, prepare_folder, serving
from campaign_parts.trial import Outcome, Trial

TITLE = "Hostile requests to the server"
COUNT = 5_000
FEW_DESCRIPTORS = 40
UNFINISHED_HEADS = 100
MOST_OPEN = 24
"""The most connections that are left open at a time."""
MOST_CORES = 0.2
"""The most processor cores in use while unfinished heads wait."""
_PATIENCE = 30.0
_MOMENT = 0.05
_POLICY = b"content-security-policy:"


def run(trial: Trial) -> Outcome:
    """Send `trial.count` requests to one server while another, which may open few files, has unfinished heads."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as beside:
        run_name = prepare_folder(Path(name))
        starved = beside.submit(hold_unfinished_heads, Path(name), min(6.0, trial.count / 800))
        with serving(Path(name)) as server:
            talk = Talk(server, Random(trial.seed), run_name)
            for _ in range(trial.count):
                talk.send_next()
            talk.close()
            leaked = descriptors_left(server, talk.descriptors_before)
            alive = server.ask("/api/state")[0] == 200
            lines = server.lines()
        cores, served, starved_lines = starved.result()
    answers = talk.answers
    checks = {
        f"{answers[500]} requests were answered with 500": answers[500] == 0,
        f"{talk.bare} answers had no security headers": talk.bare == 0,
        f"{len(lines)} lines on stderr, the first: {lines[:1]}": not lines,
        f"{len(starved_lines)} lines on stderr without descriptors, the first: {starved_lines[:1]}": len(starved_lines)
        <= 1,
        f"{leaked} descriptors were kept": leaked <= 0,
        "the server did not answer afterwards": alive,
        f"{cores:.2f} cores while {UNFINISHED_HEADS} heads waited": cores < MOST_CORES,
        "a page was not served while heads waited": served,
    }
    numbers: dict[str, float] = {
        "requests": trial.count,
        **{f"answers: {status or 'none'}": number for status, number in sorted(answers.items())},
        "answers without the security headers": talk.bare,
        "lines on stderr": len(lines),
        "descriptors kept": max(0, leaked),
        f"lines on stderr with {UNFINISHED_HEADS} unfinished heads and {FEW_DESCRIPTORS} descriptors": len(
            starved_lines
        ),
        "most cores in use meanwhile": round(cores, 2),
        "seconds": round(time.perf_counter() - began),
    }
    told = ", ".join(f"{count:,}×{status or 'none'}" for status, count in sorted(answers.items()))
    return Outcome(
        f"{trial.count:,} requests, {answers[500]} answers 500, {len(lines)} lines on stderr, "
        f"{max(0, leaked)} descriptors kept; with {UNFINISHED_HEADS} unfinished heads and {FEW_DESCRIPTORS} "
        f"descriptors {cores:.2f} cores and {len(starved_lines)} lines ({told})",
        [*talk.broken, *(promise for promise, kept in checks.items() if not kept)],
        numbers,
    )


class Talk:
    """Sends requests to a server and counts the status codes of the answers; 0 counts missing answers."""

    def __init__(self, server: ServerProcess, random: Random, run_name: str) -> None:
        self._server, self._random = server, random
        self.named = Server(server.port, server.train(), run_name)
        self.descriptors_before = server.descriptors()
        self.answers: Counter[int] = Counter()
        self.bare = 0
        self.broken: list[str] = []
        self._open: deque[socket.socket] = deque()

    def send_next(self) -> None:
        """Send one request."""
        request = make_request(self._random, self.named)
        try:
            connection = socket.create_connection(("127.0.0.1", self.named.port), timeout=_PATIENCE)
        except OSError as error:
            self.broken.append(f"no connection: {error}")
            return
        try:
            self._send(connection, request)
        except TimeoutError:
            self.broken.append(f"no answer within {_PATIENCE:g} s to {request.kind}: {request.wire[:200]!r}")
        except OSError:  # closed while the request was being sent
            self._count(b"")
        if connection not in self._open:
            connection.close()

    def close(self) -> None:
        """Close the connections that are still open."""
        while self._open:
            self._close_oldest()

    def _send(self, connection: socket.socket, request: Request) -> None:
        if request.manner == "half":
            connection.sendall(request.wire[: self._random.randrange(len(request.wire))])
            self._leave_open(connection)
            return
        if request.manner == "in pieces":
            cut = self._random.randrange(len(request.wire))
            connection.sendall(request.wire[:cut])
            time.sleep(0.001)
            connection.sendall(request.wire[cut:])
        else:
            connection.sendall(request.wire)
        if request.manner == "unread":
            self._leave_open(connection)
        elif request.manner == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
        else:
            self._read(connection)

    def _read(self, connection: socket.socket) -> None:
        """Read the answer. An unfinished request has none yet; its answer is read when the connection is closed."""
        if self._random.random() < 0.05:
            connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_MOMENT)
        try:
            content = connection.recv(65_536)
        except TimeoutError:
            self._leave_open(connection)
        else:
            self._count(content)

    def _count(self, content: bytes) -> None:
        head = content.partition(b"\r\n\r\n")[0].lower()
        words = head.split(b" ", 2)
        status = int(words[1]) if content.startswith(b"HTTP/1.1 ") and words[1].isdigit() else 0
        if status == 100:  # "continue", which the client asked for; the answer follows
            status = 0
        self.answers[status] += 1
        self.bare += bool(status) and _POLICY not in head

    def _leave_open(self, connection: socket.socket) -> None:
        self._open.append(connection)
        while len(self._open) > MOST_OPEN:
            self._close_oldest()

    def _close_oldest(self) -> None:
        with self._open.popleft() as connection:
            connection.setblocking(False)
            try:
                self._count(connection.recv(65_536))
            except OSError:  # nothing came, or the server has closed it
                self._count(b"")


def descriptors_left(server: ServerProcess, before: int) -> int:
    """Return how many more descriptors are open than before, after the server had time to close abandoned ones."""
    for _ in range(100):
        if server.descriptors() <= before:
            break
        time.sleep(0.05)
    return server.descriptors() - before


def hold_unfinished_heads(folder: Path, seconds: float) -> tuple[float, bool, list[str]]:
    """Return the processor time per second with many unfinished heads, whether the page was served, and stderr."""
    with serving(folder, FEW_DESCRIPTORS) as server, contextlib.ExitStack() as stack:
        server.wait_until_idle()
        for _ in range(UNFINISHED_HEADS):
            with contextlib.suppress(OSError):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        began, spent = time.monotonic(), server.cpu_seconds()
        time.sleep(seconds)
        cores = (server.cpu_seconds() - spent) / (time.monotonic() - began)
        try:
            served = server.ask("/api/state")[0] == 200
        except OSError:
            served = False
        return cores, served, server.lines()
