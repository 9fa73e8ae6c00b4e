"""The queue of trainings: one runs at a time, and a limited number wait.

One thread, which belongs to no request, runs them in order, so closing the page stops nothing.
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
    """A requested training, its state, and all its events."""

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
        """Whether it has ended."""
        return self.state in ("done", "stopped", "failed")

    def as_dict(self) -> dict[str, Any]:
        """Return the job's state as JSON values."""
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
        """Send its last event and end its streams."""
        self.state, self.place = state, 0
        self.log.append(state, values)
        self.log.end()


class QueueFull(UsageError):
    """Too many trainings are waiting."""


class Jobs:
    """The trainings of this server, the newest of them with all their events.

    Args:
        train: called with a job, in a separate thread, one job at a time. It trains, writes to the job's log, finishes
            the job, and raises no errors.
    """

    def __init__(self, train: Callable[[Job], None]) -> None:
        self._train = train
        self._jobs: list[Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._last: Job | None = None
        self._count = 0
        # Names are unique, so that a page left open does not confuse trainings of an earlier server with ours.
        self._name = secrets.token_hex(3)
        # A daemon thread, so that a second Ctrl-C ends the process at once.
        self._thread = threading.Thread(target=self._work, name="convlens-training", daemon=True)

    def start(self) -> None:
        """Start running trainings."""
        self._thread.start()

    def add(self, request: TrainBody) -> Job:
        """Add a training to the end of the queue.

        Raises:
            QueueFull: too many trainings are waiting, or the server is shutting down.
        """
        with self._changed:
            waiting = self._waiting()
            if self._closing:
                raise QueueFull("the server is shutting down and starts no new training. Run `convlens open` again.")
            if len(waiting) >= MOST_WAITING:
                raise QueueFull(f"{MOST_WAITING} trainings are waiting already. Stop one of them, or wait.")
            self._count += 1
            job = Job(f"{self._name}-{self._count}", request)
            self._jobs.append(job)
            self._tell_places()
            self._changed.notify_all()
        return job

    def find(self, name: str) -> Job | None:
        """Return the job with this name, if it is still known."""
        with self._changed:
            return next((job for job in self._jobs if job.name == name), None)

    def all(self) -> list[Job]:
        """Return all known jobs, the oldest first."""
        with self._changed:
            return list(self._jobs)

    @property
    def running(self) -> Job | None:
        """The training that is running."""
        return next((job for job in self.all() if job.state == "running"), None)

    @property
    def waiting(self) -> int:
        """The number of waiting trainings."""
        with self._changed:
            return len(self._waiting())

    @property
    def listeners(self) -> int:
        """The number of open streams."""
        return sum(job.log.listeners for job in self.all())

    def stop(self, job: Job) -> None:
        """Stop a training after its current step; a waiting one is removed, an ended one is left as it is."""
        with self._changed:
            job.stopping.set()
            if job.state == "queued":
                job.finish("stopped", {"run": None})
                self._tell_places()

    def close(self) -> None:
        """Stop everything and accept nothing new; `closed` says when all trainings have stopped and are saved."""
        with self._changed:
            self._closing = True
            self._last = next((job for job in self._jobs if job.state == "running"), None)
            for job in self._jobs:
                self.stop(job)
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether everything has stopped."""
        return not self._thread.is_alive()

    @property
    def interrupted(self) -> Job | None:
        """The training that was interrupted by shutting down, if there was one."""
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
        """Tell waiting trainings their place in the queue, if it has changed."""
        busy = any(job.state == "running" for job in self._jobs)
        for before, job in enumerate(self._waiting()):
            place = before + busy
            if place and place != job.place:
                job.place = place
                job.log.append("queued", {"place": place})

    def _forget(self) -> None:
        """Forget the oldest ended jobs if there are many or they use much memory; their runs stay on disk."""
        over = [job for job in self._jobs if job.over]
        size = sum(job.log.size for job in over)
        while len(over) > MOST_REMEMBERED or (size > MOST_REMEMBERED_BYTES and len(over) > 1):
            oldest = over.pop(0)
            size -= oldest.log.size
            self._jobs.remove(oldest)
