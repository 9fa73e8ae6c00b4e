"""Decodes files in several processes, so that a file that crashes its decoder affects nothing else."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from convlens.data.custom.decoding import Decoded, refused
from convlens.data.custom.worker import GREETING, Job, Reader, read_answer, send
from convlens.machine import available_cores

MOST_SECONDS = 10.0  # for one file; 64 million pixels take one or two
_MOST_PROCESSES = 8
_JOBS_AHEAD = 3  # per process: enough to keep it busy, few enough to keep in memory
_TICK = 0.05
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from convlens.data.custom.worker import serve; serve()"


class DecodingProcess:
    """One process, started when first needed and restarted whenever it ends."""

    def __init__(self) -> None:
        self.busy_since: float | None = None
        self.stopped = False
        self._process: subprocess.Popen[bytes] | None = None
        self._too_slow = False
        self._here: Reader | None = None

    def run(self, job: Job, on_file: Callable[[], None]) -> list[Decoded]:
        """Decode the files of a job, with one answer for each."""
        answers: list[Decoded] = []
        while len(answers) < len(job.places) and not self.stopped:
            rest = Job(job.archive, job.places[len(answers) :], job.size, job.channels, job.survey)
            if self._here is None and not self._start():
                self._here = Reader()  # no process can be started: decode in this one
            before = len(answers)
            try:
                for answer in self._answers(rest):
                    answers.append(answer)
                    on_file()
            except (EOFError, OSError):
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
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise EOFError
        send(process.stdin, job)
        for _ in job.places:
            self.busy_since = time.monotonic()
            yield read_answer(process.stdout, job.size, job.channels)

    def _start(self) -> bool:
        if self._process is not None and self._process.poll() is None:
            return True
        self._forget()
        if not sys.executable:
            return False
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _CODE, *sys.path],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, **threads, "PYTHONSAFEPATH": "1"},
            )  # fmt: skip
        except (OSError, ValueError):
            return False
        self._process = process
        self.busy_since = time.monotonic()
        greeted = process.stdout is not None and process.stdout.read(len(GREETING)) == GREETING
        self.busy_since = None
        if not greeted:
            self.kill()
            self._forget()
        return greeted

    def _explain_end(self) -> Decoded:
        """Return the answer for the file that was being decoded when the process ended."""
        self.kill()
        self._forget()
        if self._too_slow:
            self._too_slow = False
            return refused(f"took more than {MOST_SECONDS:g} s to decode: save it again, smaller", "too_slow")
        return refused("ended the process that decoded it: save it again with another program", "crashed")

    def watch(self) -> None:
        """End the process if it has been busy with one file for too long."""
        since = self.busy_since
        if since is not None and time.monotonic() - since > MOST_SECONDS:
            self._too_slow = True
            self.busy_since = None
            self.kill()

    def kill(self) -> None:
        """Kill the process."""
        if self._process is not None:
            with suppress(OSError):
                self._process.kill()

    def close(self) -> None:
        """Let the process end, and wait until it has."""
        if self._here is not None:
            self._here.close()
        self._forget()

    def _forget(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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
                worker.kill()
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
