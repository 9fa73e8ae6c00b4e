"""Decodes files in several processes, so that a file that crashes its decoder affects nothing else."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import msgspec

from convlens.data.custom.decoding import Decoded, refused
from convlens.data.custom.worker import Job, Reader, read_answer
from convlens.machine import available_cores
from convlens.pixels.limits import MOST_WAITING, TOO_SLOW
from convlens.pixels.processes import ChildProcess

_MOST_PROCESSES = 8
_JOBS_AHEAD = 3  # per process: enough to keep it busy, few enough to keep in memory
_TICK = 0.05
_MODULE = "convlens.data.custom.worker"


class DecodingProcess:
    """One process, started when first needed and restarted whenever it ends."""

    def __init__(self) -> None:
        self.busy_since: float | None = None
        self.stopped = False
        self.process = ChildProcess(_MODULE)
        self._here: Reader | None = None

    def run(self, job: Job, on_file: Callable[[], None]) -> list[Decoded]:
        """Decode the files of a job, with one answer for each."""
        answers: list[Decoded] = []
        while len(answers) < len(job.places) and not self.stopped:
            rest = Job(job.archive, job.places[len(answers) :], job.size, job.channels, job.survey)
            if self._here is None and not self.process.start():
                self._here = Reader()  # no process can be started: decode in this one
            before = len(answers)
            try:
                for answer in self._answers(rest):
                    answers.append(answer)
                    on_file()
            except EOFError:
                if not self.stopped:
                    answers.append(self._explain_end())
                    on_file()
            finally:
                self.busy_since = None
            if len(answers) == before:
                break
        return answers

    def _answers(self, job: Job) -> Iterator[Decoded]:
        if self._here is not None:
            for number in range(len(job.places)):
                yield self._here.decode(job, number)
            return
        self.process.send(msgspec.msgpack.encode(job))
        for _ in job.places:
            self.busy_since = time.monotonic()
            yield read_answer(self.process.receive(), job.size, job.channels)

    def _explain_end(self) -> Decoded:
        """Return the answer for the file that was being decoded when the process ended."""
        too_slow = self.process.was_too_slow()
        self.process.close()
        if too_slow:
            return refused(TOO_SLOW, "too_slow")
        return refused("ended the process that decoded it: save it again with another program", "crashed")

    def watch(self) -> None:
        """Give up the process if it does not answer in time; the process itself limits its processor time."""
        since = self.busy_since
        if since is not None and time.monotonic() - since > MOST_WAITING:
            self.busy_since = None
            self.process.give_up()

    def close(self) -> None:
        """Let the process end, and wait until it has."""
        if self._here is not None:
            self._here.close()
        self.process.close()


class DecodingPool:
    """A pool of decoding processes; a context manager that ends them on exit."""

    def __init__(self, files: int) -> None:
        wanted = min(available_cores(), _MOST_PROCESSES, max(1, files // 50))
        self._workers = [DecodingProcess() for _ in range(wanted)]
        self._idle: queue.Queue[DecodingProcess] = queue.Queue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(wanted, "convlens-decoding")
        self._counting = threading.Lock()
        self.done = 0

    def __enter__(self) -> "DecodingPool":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self._workers:
            worker.stopped = True
            if kind is not None:
                worker.process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def decode(self, jobs: Iterable[Job], on_tick: Callable[[], None]) -> Iterator[list[Decoded]]:
        """Return the answers to the jobs, in order; `on_tick` is called repeatedly while waiting."""
        pending: deque[Future[list[Decoded]]] = deque()
        source = iter(jobs)
        while True:
            while len(pending) < _JOBS_AHEAD * len(self._workers):
                job = next(source, None)
                if job is None:
                    break
                pending.append(self._threads.submit(self._run, job))
            if not pending:
                return
            self._wait(pending[0], on_tick)
            yield pending.popleft().result()

    def _wait(self, first: "Future[list[Decoded]]", on_tick: Callable[[], None]) -> None:
        while not first.done():
            with suppress(TimeoutError):
                first.exception(timeout=_TICK)
            for worker in self._workers:
                worker.watch()
            on_tick()

    def _run(self, job: Job) -> list[Decoded]:
        if not job.places:
            return []
        worker = self._idle.get()
        try:
            return worker.run(job, self._count)
        finally:
            self._idle.put(worker)

    def _count(self) -> None:
        with self._counting:
            self.done += 1
