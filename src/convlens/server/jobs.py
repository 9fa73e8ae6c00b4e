"""Trainings that the page asked for: one at a time, the others wait in a bounded queue.

One thread takes them in turn. It belongs to no request, so a page that is closed stops nothing.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from convlens.errors import UsageError
from convlens.server.bodies import TrainBody
from convlens.server.event_log import EventLog

MOST_WAITING = 8
MOST_REMEMBERED = 20
MOST_REMEMBERED_BYTES = 64_000_000

State = Literal["queued", "running", "done", "stopped", "failed"]


@dataclass(eq=False)
class Job:
    """A training that was asked for, what became of it, and all that it told."""

    name: str
    request: TrainBody
    state: State = "queued"
    place: int = 0
    log: EventLog = field(default_factory=EventLog)
    stopping: threading.Event = field(default_factory=threading.Event)
    facts: dict[str, Any] = field(default_factory=dict)
    run: str | None = None
    error: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in ("done", "stopped", "failed")

    def as_dict(self) -> dict[str, Any]:
        """JSON values: what is known of it."""
        asked = {key: value for key, value in vars(self.request).items() if value is not None}
        known = {"network": None, "recipe": None, "epochs": None, "seed": None, **asked, **self.facts}
        return {
            "job": self.name,
            "state": self.state,
            "stopping": self.stopping.is_set() and not self.over,
            "place": self.place,
            **known,
            "run": self.run,
            "error": self.error,
        }

    def finish(self, state: State, values: dict[str, Any]) -> None:
        """Its last event, and the end of its streams."""
        self.state, self.place = state, 0
        self.log.append(state, values)
        self.log.end()


class QueueFull(UsageError):
    """More trainings are waiting than a person can have meant."""


class Jobs:
    """The trainings of this server, the newest of them with all that they told.

    Args:
        train: takes a job, trains, tells its log, and finishes it. It is called in a thread of its own, one job at a
            time, and raises nothing.
    """

    def __init__(self, train: Callable[[Job], None]) -> None:
        self._train = train
        self._jobs: list[Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._last: Job | None = None
        self._count = 0
        # Names of another server's trainings must not be taken for ours by a page that is still open.
        self._name = secrets.token_hex(3)
        # A daemon, so that a second Ctrl-C ends the process at once.
        self._thread = threading.Thread(target=self._work, name="convlens-training", daemon=True)

    def start(self) -> None:
        """From now on trainings run."""
        self._thread.start()

    def add(self, request: TrainBody) -> Job:
        """Put a training at the end of the queue.

        Raises:
            QueueFull: too many wait already, or the server is ending.
        """
        with self._changed:
            waiting = self._waiting()
            if self._closing:
                raise QueueFull("the server is ending, so nothing new is trained. Start `convlens open` again.")
            if len(waiting) >= MOST_WAITING:
                raise QueueFull(f"{MOST_WAITING} trainings are waiting already. Stop one of them, or wait.")
            self._count += 1
            job = Job(f"{self._name}-{self._count}", request)
            self._jobs.append(job)
            self._tell_places()
            self._changed.notify_all()
        return job

    def find(self, name: str) -> Job | None:
        """The job of that name, if it is still remembered."""
        with self._changed:
            return next((job for job in self._jobs if job.name == name), None)

    def all(self) -> list[Job]:
        """Those that are remembered, the oldest first."""
        with self._changed:
            return list(self._jobs)

    @property
    def running(self) -> Job | None:
        """The training that runs now."""
        return next((job for job in self.all() if job.state == "running"), None)

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._changed:
            return len(self._waiting())

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return sum(job.log.listeners for job in self.all())

    def stop(self, job: Job) -> None:
        """Ask a training to stop after its step; one that waits is dropped. Of one that is over nothing happens."""
        with self._changed:
            job.stopping.set()
            if job.state == "queued":
                job.finish("stopped", {"run": None})
                self._tell_places()

    def close(self) -> None:
        """Stop everything, and take nothing new; whoever asks `closed` hears when all has stopped and is saved."""
        with self._changed:
            self._closing = True
            self._last = next((job for job in self._jobs if job.state == "running"), None)
            for job in self._jobs:
                self.stop(job)
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nothing runs any more."""
        return not self._thread.is_alive()

    @property
    def interrupted(self) -> Job | None:
        """The training that was stopped because everything was, if there was one."""
        return self._last if self._last is not None and self._last.state == "stopped" else None

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting() and not self._closing:
                    self._changed.wait()
                if self._closing:
                    return
                job = self._waiting()[0]
                job.state, job.place = "running", 0
                self._tell_places()
            self._train(job)
            with self._changed:
                self._forget()

    def _waiting(self) -> list[Job]:
        return [job for job in self._jobs if job.state == "queued"]

    def _tell_places(self) -> None:
        """Tell those that wait how many are before them, where that has changed."""
        busy = any(job.state == "running" for job in self._jobs)
        for before, job in enumerate(self._waiting()):
            place = before + busy
            if place and place != job.place:
                job.place = place
                job.log.append("queued", {"place": place})

    def _forget(self) -> None:
        """The oldest that are over go, where there are many or they hold much; the newest stays. Runs stay anyway."""
        over = [job for job in self._jobs if job.over]
        size = sum(job.log.size for job in over)
        while len(over) > MOST_REMEMBERED or (size > MOST_REMEMBERED_BYTES and len(over) > 1):
            oldest = over.pop(0)
            size -= oldest.log.size
            self._jobs.remove(oldest)
