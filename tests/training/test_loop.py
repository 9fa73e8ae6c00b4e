"""The loop alone, with an engine that computes nothing: orders, chunks, events and numbers that must add up."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from convlens.data import LabelledImages
from convlens.engines import Plan, Steps
from convlens.errors import LossNotFinite
from convlens.network import Network
from convlens.preprocessing import Normalisation
from convlens.training import ending, loop
from convlens.training.events import ChunkDone, EpochDone
from convlens.training.loop import History, Job, epoch_order, run_chunks
from convlens.training.settings import TrainingSettings


@dataclass
class RecordingTrainer:
    """Remembers what it was told; its loss is the step's number, and one image of every step is right."""

    orders: list[np.ndarray] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    bad_step: int | None = None
    changes: list[np.ndarray | None] = field(default_factory=list)

    def run(self, order, batch_size, learning_rates, changes=None):
        self.changes.append(changes)
        first = len(self.rates)
        self.orders += [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        self.rates += learning_rates.tolist()
        losses = np.arange(first, len(self.rates), dtype=np.float32)
        if self.bad_step is not None:
            losses[np.arange(first, len(self.rates)) == self.bad_step] = np.nan
        return Steps(losses, np.ones(len(learning_rates), np.int64))


@dataclass
class SilentEngine:
    """Says class 0 to everything."""

    plan: Plan
    copies: int = 0

    def weights(self):
        self.copies += 1
        return {"1.bias": np.full(2, self.copies, np.float32)}

    def logits(self, images):
        return np.eye(2, dtype=np.float32)[np.zeros(len(images), int)]


def make_job(images=10, held_out=None, text="dense", bad_step=None, **changes) -> tuple[Job, list]:
    events: list = []
    plan = Plan(Network.from_text(text), (1, 4, 4), 2, Normalisation())
    settings = TrainingSettings(**{"epochs": 3, "batch_size": 4, "network": text, **changes})
    trainer = RecordingTrainer(bad_step=bad_step)
    labels = np.arange(images) % 2
    return Job(settings, labels, held_out, SilentEngine(plan), trainer, History(), events.append), events  # pyright: ignore[reportArgumentType]


def run_all(job: Job) -> None:
    for _ in run_chunks(job):
        pass


def test_every_epoch_sees_every_image_once_in_its_own_order():
    job, _ = make_job()
    run_all(job)
    orders = [np.concatenate(job.trainer.orders[3 * epoch : 3 * epoch + 3]) for epoch in range(3)]  # pyright: ignore[reportAttributeAccessIssue]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert [len(batch) for batch in job.trainer.orders] == [4, 4, 2] * 3  # pyright: ignore[reportAttributeAccessIssue]


def test_weights_are_copied_only_for_whoever_asks():
    job, events = make_job()
    run_all(job)
    assert job.engine.copies == 0  # pyright: ignore[reportAttributeAccessIssue]
    chunk = next(event for event in events if isinstance(event, ChunkDone))
    assert chunk.weights is not None
    assert chunk.weights()["1.bias"].tolist() == [1, 1]
    assert job.engine.copies == 1  # pyright: ignore[reportAttributeAccessIssue]


def test_epochs_add_up():
    job, events = make_job()
    run_all(job)
    done = [event for event in events if isinstance(event, EpochDone)]
    # Losses are 0, 1, 2 on 4, 4 and 2 images: (0·4 + 1·4 + 2·2) / 10 = 0.8; each later epoch is 3 higher.
    assert [one.loss for one in done] == pytest.approx([0.8, 3.8, 6.8])
    assert [one.accuracy for one in done] == pytest.approx([0.3] * 3)
    assert [(one.epoch, one.steps) for one in done] == [(0, 3), (1, 3), (2, 3)]
    assert job.finished
    assert job.history.seconds == pytest.approx(sum(one.seconds for one in done))


def test_chunks_never_cross_an_epoch_and_cover_every_step():
    job, events = make_job(images=1000, epochs=2)
    run_all(job)
    seen = [
        (event.epoch, event.first_batch + number)
        for event in events
        if isinstance(event, ChunkDone)
        for number in range(len(event.losses))
    ]
    assert seen == [(epoch, batch) for epoch in range(2) for batch in range(250)]
    assert len([event for event in events if isinstance(event, ChunkDone)]) < 40


def test_a_training_that_stops_and_goes_on_takes_the_same_steps():
    whole, _ = make_job(images=30)
    run_all(whole)
    stopped, _ = make_job(images=30)
    for number, _chunk in enumerate(run_chunks(stopped)):
        if number == 2:
            break
    assert not stopped.finished
    assert 0 < stopped.history.steps < stopped.total_steps
    run_all(stopped)
    assert stopped.history.losses == whole.history.losses
    assert stopped.trainer.rates == whole.trainer.rates  # pyright: ignore[reportAttributeAccessIssue]
    for ours, theirs in zip(stopped.trainer.orders, whole.trainer.orders, strict=True):  # pyright: ignore[reportAttributeAccessIssue]
        np.testing.assert_array_equal(ours, theirs)


def test_held_out_images_are_judged_after_every_epoch():
    held_out = LabelledImages(np.zeros((4, 1, 4, 4), np.uint8), np.array([0, 0, 0, 1]), ("a", "b"), "held out")
    job, _ = make_job(held_out=held_out)
    run_all(job)
    assert [done.validation_accuracy for done in job.history.epochs] == [0.75] * 3


def test_a_loss_that_is_no_number_names_the_step_and_what_to_try():
    job, _ = make_job(bad_step=4, schedule="constant", learning_rate=0.5)
    with pytest.raises(LossNotFinite) as caught:
        run_all(job)
    assert str(caught.value) == (
        "the loss became nan at step 4 (epoch 1, batch 1), where the learning rate was 0.5. "
        "Try a smaller learning rate: learning_rate=0.01"
    )


def test_batch_normalisation_never_gets_a_single_image():
    job, _ = make_job(images=9, text="conv 2 3x3, batchnorm, dense")
    run_all(job)
    assert [len(batch) for batch in job.trainer.orders] == [4, 4] * 3  # pyright: ignore[reportAttributeAccessIssue]
    plain, _ = make_job(images=9)
    assert plain.images_per_epoch == 9


def test_a_batch_larger_than_the_data_is_one_step():
    job, _ = make_job(images=3, batch_size=100)
    run_all(job)
    assert [len(batch) for batch in job.trainer.orders] == [3, 3, 3]  # pyright: ignore[reportAttributeAccessIssue]


def test_orders_depend_on_seed_and_epoch_alone():
    first = epoch_order(3, 1, 50)
    np.testing.assert_array_equal(epoch_order(3, 1, 50), first)
    assert not np.array_equal(epoch_order(3, 1, 50), epoch_order(4, 1, 50))


HELD_OUT = LabelledImages(np.zeros((4, 1, 4, 4), np.uint8), np.array([0, 0, 0, 1]), ("a", "b"), "held out")


def test_patience_ends_the_training_and_keeps_the_best_weights():
    # The engine says the same to everything: no epoch is better than the first, and after two more patience is over.
    job, events = make_job(held_out=HELD_OUT, epochs=9, early_stopping=2)
    run_all(job)
    assert (job.ended_by, job.history.steps, job.history.best) == ("early stopping", 9, 0)
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [0, 1, 2]
    assert job.best_weights["1.bias"].tolist() == [1, 1]  # the first copy that was made
    # −log softmax((1, 0)) of class 0 is log(1 + e⁻¹) = 0.31326, of class 1 it is 1 more; three images are of class 0.
    assert job.history.epochs[0].validation_loss == pytest.approx((3 * 0.3132617 + 1.3132617) / 4)


def test_without_early_stopping_no_weights_are_kept():
    job, _ = make_job(held_out=HELD_OUT)
    run_all(job)
    assert (job.ended_by, job.best_weights, job.history.best) == ("epochs", {}, None)


def test_the_time_ends_a_training_within_an_epoch(monkeypatch):
    job, events = make_job(images=10, epochs=5, held_out=HELD_OUT, schedule="constant")
    now = [0.0]
    job.time_limit.seconds, job.time_limit.started = 50, 0.0
    monkeypatch.setattr(ending.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(loop, "CHUNK_SECONDS", 0.0)  # one step a chunk
    run = job.trainer.run

    def run_for_seven_seconds(*arguments):
        now[0] += 7
        return run(*arguments)

    monkeypatch.setattr(job.trainer, "run", run_for_seven_seconds)
    run_all(job)
    # 49 s are for steps (1 is kept for writing). After the fifth step 14 are left, which is not yet the last fifth of
    # 50; after the sixth 7 are, in which one more step fits.
    assert (job.ended_by, job.history.cooling, job.history.steps) == ("time limit", (6, 1), 7)
    (*_, last) = [event for event in events if isinstance(event, EpochDone)]
    # Step 6 is 4 images of epoch 2; its loss is its number, and one image is right.
    assert (last.epoch, last.steps, last.loss, last.accuracy) == (2, 1, 6.0, 0.25)
    assert last.validation_accuracy == 0.75


def test_a_schedule_that_cools_down_is_the_same_after_a_stop():
    job, _ = make_job(images=40, epochs=3, max_seconds=1e6, schedule="constant", learning_rate=0.5)
    job.history.cooling = (13, 4)
    run_all(job)
    assert job.trainer.rates == [0.5] * 13 + [0.5, 0.375, 0.25, 0.125]  # pyright: ignore[reportAttributeAccessIssue]
    assert job.ended_by == "time limit"


def test_what_is_left_is_of_the_steps_or_of_the_time(monkeypatch):
    job, _ = make_job()
    monkeypatch.setattr(ending.time, "monotonic", lambda: 4.0)
    assert loop._seconds_left(job, 2.0) == 18  # three epochs of three steps
    job.time_limit.seconds, job.time_limit.started = 11, 0.0
    assert loop._seconds_left(job, 2.0) == 6  # 4 of 11 are over, and 1 is kept for writing
    job.time_limit.seconds = 3
    assert loop._seconds_left(job, 2.0) == 0
