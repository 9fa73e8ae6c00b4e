"""The queue: one at a time, in order, bounded, stopped, closed, and forgotten when it is old."""

import threading
import time
from collections.abc import Iterator

import pytest

from convlens.server import jobs as jobs_module
from convlens.server.bodies import TrainBody
from convlens.server.jobs import Job, Jobs, QueueFull

WAIT = 20.0


class Trainer:
    """Trains until it is told to go on, or until the job is to stop."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.begin, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, job: Job) -> None:
        self.begun.append(job.request.data)
        self.begin.release()
        while not self.go_on.acquire(timeout=0.01):
            if job.stopping.is_set():
                job.run = "a-run"
                job.finish("stopped", {"run": job.run})
                return
        job.finish("done", {"run": "a-run"})

    def wait(self) -> None:
        """Until the next training has begun."""
        assert self.begin.acquire(timeout=WAIT)


@pytest.fixture
def trainer() -> Trainer:
    return Trainer()


@pytest.fixture
def jobs(trainer: Trainer) -> Iterator[Jobs]:
    jobs = Jobs(trainer)
    jobs.start()
    yield jobs
    close(jobs)


def close(jobs: Jobs) -> None:
    jobs.close()
    deadline = time.monotonic() + WAIT
    while not jobs.closed and time.monotonic() < deadline:
        time.sleep(0.001)
    assert jobs.closed


def kinds(job: Job) -> list[str]:
    told, number = [], 0
    while (message := job.log.next_after(number)) is not None:
        told.append(message.wire.decode().split("data: ")[1].strip())
        number = message.number
    return told


def test_one_trains_and_the_others_wait_in_order(jobs, trainer):
    first, second, third = (jobs.add(TrainBody(data=name)) for name in ("a", "b", "c"))
    trainer.wait()
    assert (first.state, second.state, third.state) == ("running", "queued", "queued")
    assert jobs.running is first
    assert jobs.waiting == 2
    for _ in range(2):
        trainer.go_on.release()
        trainer.wait()
    trainer.go_on.release()
    assert trainer.begun == ["a", "b", "c"]
    assert [line for line in kinds(third) if '"queued"' in line][-1] == '{"event":"queued","place":1}'


def test_the_queue_is_bounded(jobs, trainer):
    jobs.add(TrainBody(data="first"))
    trainer.wait()
    for number in range(jobs_module.MOST_WAITING):
        jobs.add(TrainBody(data=str(number)))
    with pytest.raises(QueueFull, match=r"8 trainings are waiting already\. Stop one of them, or wait\."):
        jobs.add(TrainBody(data="one too many"))


def test_a_training_that_waits_is_dropped_and_the_others_move_up(jobs, trainer):
    jobs.add(TrainBody(data="a"))
    trainer.wait()
    second, third = jobs.add(TrainBody(data="b")), jobs.add(TrainBody(data="c"))
    jobs.stop(second)
    assert second.state == "stopped"
    assert second.log.ended
    assert third.place == 1
    trainer.go_on.release()
    trainer.wait()
    assert trainer.begun == ["a", "c"]


def test_a_training_that_runs_is_asked_to_stop(jobs, trainer):
    job = jobs.add(TrainBody(data="a"))
    trainer.wait()
    assert not job.as_dict()["stopping"]
    jobs.stop(job)
    after = jobs.add(TrainBody(data="b"))
    trainer.wait()
    assert (job.state, job.run, after.state) == ("stopped", "a-run", "running")
    jobs.stop(job)  # what is over stays as it is
    assert job.state == "stopped"


def test_closing_stops_everything_and_names_what_was_interrupted(trainer):
    jobs = Jobs(trainer)
    jobs.start()
    running, waiting = jobs.add(TrainBody(data="a")), jobs.add(TrainBody(data="b"))
    trainer.wait()
    close(jobs)
    assert jobs.interrupted is running
    assert (running.state, waiting.state) == ("stopped", "stopped")
    assert running.log.ended
    assert waiting.log.ended
    with pytest.raises(QueueFull, match=r"the server is shutting down and starts no new training\."):
        jobs.add(TrainBody(data="c"))


def test_closing_without_a_training_interrupts_nothing(trainer):
    jobs = Jobs(trainer)
    jobs.start()
    close(jobs)
    assert jobs.interrupted is None
    never_begun = Jobs(trainer)
    close(never_begun)
    assert never_begun.interrupted is None


def test_old_trainings_are_forgotten(jobs, trainer, monkeypatch):
    monkeypatch.setattr(jobs_module, "MOST_REMEMBERED", 2)
    for number in range(5):
        jobs.add(TrainBody(data=str(number)))
        trainer.wait()
        trainer.go_on.release()
    last = jobs.add(TrainBody(data="last"))
    trainer.wait()
    assert [job.request.data for job in jobs.all()] == ["3", "4", "last"]
    assert jobs.find(last.name) is last
    assert jobs.find("nothing") is None


def test_names_are_of_one_server(trainer):
    first, second = Jobs(trainer), Jobs(trainer)
    assert first.add(TrainBody(data="a")).name != second.add(TrainBody(data="a")).name


def test_as_json_it_has_what_is_known(trainer):
    job = Jobs(trainer).add(TrainBody(data="mnist", epochs=3))
    job.facts |= {"network": "dense", "accuracy": 0.5}
    assert job.as_dict() == {
        "job": job.name,
        "state": "queued",
        "stopping": False,
        "place": 0,
        "data": "mnist",
        "network": "dense",
        "recipe": None,
        "epochs": 3,
        "seed": None,
        "accuracy": 0.5,
        "run": None,
        "error": None,
    }
