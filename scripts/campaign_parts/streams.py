"""Listens to the event streams of a real server as bad clients do: none may cost a descriptor, a line or an answer 500.

Some streams belong to a training that has ended, whose events are known; others to one that is running. Clients read
everything, read a part and go, break off, stay without reading, read slowly, come again with the number of their last
event or with nonsense instead of it, or come by the dozen. Whoever reads must get each event once, in order.
"""

import re
import socket
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from campaign_parts.measuring import memory_of
from campaign_parts.requests import descriptors_left
from campaign_parts.server_process import ServerProcess, prepare_folder, serving
from campaign_parts.trial import Outcome, Trial
from convlens.server.routes import MOST_LISTENERS

TITLE = "Event streams with bad clients"
COUNT = 3_000
MOST_OPEN = 24
"""The most abandoned streams that stay open at a time."""
A_CROWD = 80
MOST_GROWTH = 100.0
"""Megabytes that the server may gain: clients that do not read cost no memory."""
_PATIENCE = 30.0
_NONSENSE = (
    b"", b"x", b"-1", b"1e3", b"0x1", b"9" * 5_000, b"12 13", b"1,2", b"\xd9\xa1", b"\xff\xfe", b"3.5", b"+4", b"_5",
    b"NaN", b"undefined", b"%31", b"1\t2", b"\"1\"",
)  # fmt: skip
_EVENT = re.compile(rb"\nid: (\d+)\nevent: (\w+)\n")


@dataclass
class Heard:
    """What one client read: the status code, 0 without an answer, and the numbers of the events."""

    status: int = 0
    numbers: list[int] = field(default_factory=list)


def run(trial: Trial) -> Outcome:
    """Open `trial.count` streams, most one after another; then check that all of them have gone."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        prepare_folder(Path(name))
        with serving(Path(name)) as server:
            clients = Clients(server, trial.seed)
            while clients.count < trial.count:
                clients.open_next()
            clients.close()
            leaked = max(0, descriptors_left(server, clients.descriptors_before))
            served = clients.count_served()
            growth = memory_of(server.process.pid, "VmHWM") - clients.memory_before
            lines = server.lines()
    checks = {
        f"{len(lines)} lines on stderr, the first: {lines[:1]}": not lines,
        f"{leaked} descriptors were kept": leaked == 0,
        f"{served} of {MOST_LISTENERS} new streams were served afterwards": served == MOST_LISTENERS,
        f"the server gained {growth:.0f} MB": growth <= MOST_GROWTH,
    }
    wrong = clients.answers[500]
    numbers: dict[str, float] = {
        "streams": clients.count,
        **{f"clients: {manner}": number for manner, number in sorted(clients.manners.items())},
        **{f"answers: {status or 'not read'}": number for status, number in sorted(clients.answers.items())},
        "events received": clients.events,
        "streams with events that are missing, repeated or out of order": clients.disorder,
        "lines on stderr": len(lines),
        "descriptors kept": leaked,
        "most megabytes that the server gained": round(growth),
        "seconds": round(time.perf_counter() - began),
    }
    line = (
        f"{clients.count:,} streams, {wrong} answers 500, {clients.disorder} with events that are missing, repeated or "
        f"out of order, {len(lines)} lines on stderr, {leaked} descriptors kept; {clients.events:,} events received, "
        f"{served} of {MOST_LISTENERS} streams served afterwards, {growth:.0f} MB gained, {numbers['seconds']:.0f} s"
    )
    return Outcome(line, [*clients.broken, *(promise for promise, kept in checks.items() if not kept)], numbers)


class Clients:
    """Opens streams as different clients do, and compares what they receive with the events of the ended training."""

    def __init__(self, server: ServerProcess, seed: int) -> None:
        self._server, self._random, self._seed = server, Random(seed), seed
        self._ended, self._running = server.train(), ""
        self.descriptors_before = server.descriptors()
        self.count, self.events, self.disorder = 0, 0, 0
        self.answers, self.manners, self.broken = Counter[int](), Counter[str](), list[str]()
        self._open = deque[socket.socket]()
        self._whole = self._listen(self._ended, b"").numbers
        self._run_on()
        self.memory_before = memory_of(server.process.pid, "VmRSS")

    def open_next(self) -> None:
        """Open a stream, or several."""
        manners: dict[str, Callable[[str], None]] = {
            "reads everything": self._read_whole,
            "reads a part and goes": lambda _: self._read_part(self._random.choice((0, 1, 500, 20_000)), "close"),
            "breaks off": lambda _: self._read_part(self._random.choice((0, 1, 500, 20_000)), "reset"),
            "stays without reading": lambda _: self._read_part(self._random.choice((0, 1, 500)), "stay"),
            "reads slowly": lambda _: self._read_slowly(),
            "comes again": self._come_again,
            "comes with nonsense": self._read_after_nonsense,
        }
        manner = self._random.choice(list(manners))
        if self._random.random() < 0.002:
            manner, manners["comes with many others"] = "comes with many others", lambda _: self._crowd()
        before, what = self.count, f"seed {self._seed}, stream {self.count}, {manner}"
        try:
            manners[manner](what)
        except OSError as error:
            late = isinstance(error, TimeoutError)
            self.broken.append(f"{what}: {f'no answer within {_PATIENCE:g} s' if late else error}")
            self.count = max(self.count, before + 1)
        self.manners[manner] += self.count - before

    def close(self) -> None:
        """Close the abandoned streams, and stop the training."""
        while self._open:
            self._open.popleft().close()
        self._stop()

    def count_served(self) -> int:
        """Return how many of as many streams as may be open at once are served, which takes all abandoned ones."""
        self._run_on()
        several = [self._connect(self._running, b"") for _ in range(MOST_LISTENERS)]
        served = sum(_status(connection.recv(200)) == 200 for connection in several)
        for connection in several:
            connection.close()
        self._stop()
        return served

    def _run_on(self) -> None:
        """Start a training that lasts, if none is running."""
        if self._running:
            (job,) = [one for one in self._server.ask("/api/jobs")[1] if one["job"] == self._running]
            if job["state"] in ("queued", "running"):
                return
        self._running = self._server.start_training(epochs=50_000)

    def _stop(self) -> None:
        self._server.ask(f"/api/jobs/{self._running}/stop", {})
        self._server.wait_for(self._running)

    def _connect(self, job: str, last: bytes, after: str = "", buffer: int | None = None) -> socket.socket:
        connection = socket.socket()
        connection.settimeout(_PATIENCE)
        if buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.connect(("127.0.0.1", self._server.port))
        head = f"GET /api/jobs/{job}/events{after} HTTP/1.1\r\nHost: localhost:{self._server.port}\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\nLast-Event-ID: " + last + b"\r\n\r\n")
        return connection

    def _listen(self, job: str, last: bytes, most: int | None = None) -> Heard:
        """Read a stream to its end, or until it has had `most` events; return what came."""
        content = b""
        with self._connect(job, last) as connection:
            while most is None or len(_EVENT.findall(content)) < most:
                received = connection.recv(65_536)
                if not received:
                    break
                content += received
        heard = Heard(_status(content), [int(number) for number, _ in _EVENT.findall(content)][:most])
        self._note(heard.status, len(heard.numbers))
        return heard

    def _note(self, status: int, events: int = 0, allowed: tuple[int, ...] = (0, 200, 204, 400)) -> None:
        self.count += 1
        self.events += events
        self.answers[status] += 1
        if status not in allowed:
            self.broken.append(f"seed {self._seed}, stream {self.count - 1}: answered with {status}")

    def _either(self) -> str:
        if self._random.random() < 0.5:
            return self._ended
        if self._random.random() < 0.05:
            self._run_on()
        return self._running

    def _check(self, heard: Heard, expected: list[int], what: str, allowed: tuple[int, ...] = (200,)) -> None:
        if heard.status not in allowed:
            self.broken.append(f"{what}: answered with {heard.status or 'nothing'}")
        elif heard.status == 200 and heard.numbers != expected:
            self.disorder += 1
            self.broken.append(f"{what}: the events {heard.numbers[:20]} came instead of {expected[:20]}")

    def _read_whole(self, what: str) -> None:
        """Read all events after one of them, which is sometimes the last one."""
        last = self._random.choice((0, self._random.choice(self._whole), self._whole[-1]))
        expected = [number for number in self._whole if number > last]
        self._check(self._listen(self._ended, b"%d" % last), expected, what, (200,) if expected else (204,))

    def _read_part(self, size: int, ending: str) -> None:
        connection = self._connect(self._either(), b"")
        content = connection.recv(size) if size else b""
        self._note(_status(content))
        if ending == "stay":
            self._leave_open(connection)
            return
        if ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    def _read_slowly(self) -> None:
        connection, content = self._connect(self._either(), b"", buffer=2_048), b""
        for _ in range(self._random.choice((5, 40))):
            content += connection.recv(100)
            time.sleep(0.001)
        self._note(_status(content), len(_EVENT.findall(content)))
        self._leave_open(connection)

    def _come_again(self, what: str) -> None:
        """Read a few events at a time, and come again with the number of the last one, up to five times."""
        job, last, heard = self._either(), 0, list[int]()
        for _ in range(self._random.randrange(2, 6)):
            answer = self._listen(job, b"%d" % last, self._random.randrange(1, 6))
            if answer.status != 200:  # nothing is left
                break
            heard += answer.numbers
            last = heard[-1] if heard else 0
        expected = self._whole[: len(heard)] if job == self._ended else sorted(set(heard))
        self._check(Heard(200, heard), expected, what)

    def _read_after_nonsense(self, what: str) -> None:
        """Whoever comes with a number that is none gets everything, unless the head itself is refused."""
        last = self._random.choice(_NONSENSE)
        self._check(self._listen(self._ended, last), self._whole, f"{what} ({last[:20]!r})", (200, 400))

    def _crowd(self) -> None:
        """Come with more others than may listen at once."""
        self._run_on()
        several = [self._connect(self._running, b"") for _ in range(A_CROWD)]
        answers = [_status(connection.recv(200)) for connection in several]
        for status in answers:
            self._note(status, allowed=(200, 503))
        if (served := answers.count(200)) > MOST_LISTENERS:
            self.broken.append(f"{served} streams at once; {MOST_LISTENERS} are allowed")
        for connection in several:
            connection.close()

    def _leave_open(self, connection: socket.socket) -> None:
        self._open.append(connection)
        if len(self._open) > MOST_OPEN:
            self._open.popleft().close()


def _status(content: bytes) -> int:
    """Return the status code of an answer; 0 if there is none.

    >>> _status(b"HTTP/1.1 204 No Content"), _status(b"")
    (204, 0)
    """
    return int(content[9:12]) if content.startswith(b"HTTP/1.1 ") and content[9:12].isdigit() else 0
