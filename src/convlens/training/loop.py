"""The loop: chunks of steps until every epoch is done, nothing gets better, time is up, or somebody wants to stop.

Nothing here depends on how long a chunk is or on what happened before a stop, but for the time limit, which is asked
between chunks and remembered. The order of an epoch's images comes
from the seed and the epoch's number, the learning rate from the step's number, so a training that goes on from step
700 does what it would have done anyway, to the last bit.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from convlens.data import LabelledImages
from convlens.engines import AugmentationSettings, Engine, Trainer, Weights, draw_changes
from convlens.errors import LossNotFinite
from convlens.layers import BatchNorm2d, walk
from convlens.metrics import cross_entropy
from convlens.training.balance import balanced_order
from convlens.training.ending import TimeLimit, is_better, patience_is_over
from convlens.training.events import ChunkDone, EpochDone, Event, Reason
from convlens.training.schedule import cooled_down, learning_rates
from convlens.training.settings import TrainingSettings

_USUAL_RATE = 0.01
"""From no higher than here a training is tried again whose loss exploded."""
CHUNK_SECONDS = 0.05
"""How long a chunk should take: twenty reports a second, so that ten pictures a second can be drawn of them whatever
else the machine does, and Ctrl-C is heard within a blink."""


@dataclass
class History:
    """What was measured so far: the loss and the right answers of every step, and a line for every finished epoch; and
    what followed from the time, which a resumed training could not find again.
    """

    losses: list[float] = field(default_factory=list)
    correct: list[int] = field(default_factory=list)
    epochs: list[EpochDone] = field(default_factory=list)
    seconds: float = 0.0
    best: int | None = None
    """The epoch that was best on the held-out images, where early stopping asks."""
    elapsed: float = 0.0
    """Of the wall clock, up to the last checkpoint; `seconds` are those of the steps alone."""
    cooling: tuple[int, int] | None = None
    """From which step on the learning rate falls to end in time, and in how many steps."""
    time_is_up: bool = False

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.losses)


@dataclass(frozen=True)
class Job:
    """All that a training needs while it runs."""

    settings: TrainingSettings
    labels: NDArray[np.int64]
    held_out: LabelledImages | None
    engine: Engine
    trainer: Trainer
    history: History
    on_event: Callable[[Event], None]
    time_limit: TimeLimit = field(default_factory=lambda: TimeLimit(None))
    orders: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    best_weights: Weights = field(default_factory=dict)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The order of an epoch's images; only the last one is remembered."""
        if epoch not in self.orders:
            self.orders.clear()
            seed = self.settings.seed
            if self.settings.balance == "sampling":
                order = balanced_order(self.labels, np.random.default_rng([seed, 1, epoch]))
            else:
                order = epoch_order(seed, epoch, self.images)
            self.orders[epoch] = order[: self.images_per_epoch]
        return self.orders[epoch]

    @property
    def images(self) -> int:
        """How many images are learned from."""
        return len(self.labels)

    @property
    def images_per_epoch(self) -> int:
        """All images, but one less where batch normalisation would be left with a single image in the last batch."""
        normalises = any(isinstance(layer, BatchNorm2d) for layer in walk(self.engine.plan.network.layers))
        lonely = self.images % self.settings.batch_size == 1 and self.images > 1
        return self.images - int(normalises and lonely)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch; the last one may be smaller."""
        return -(-self.images_per_epoch // self.settings.batch_size)

    @property
    def total_steps(self) -> int:
        """Of all epochs."""
        return self.steps_per_epoch * self.settings.epochs

    @property
    def planned_steps(self) -> int:
        """Of all epochs, or as many as there is time for."""
        cooling = self.history.cooling
        return sum(cooling) if cooling else self.total_steps

    @property
    def ended_by(self) -> Reason | None:
        """Why there are no more steps to take; None while there are."""
        history = self.history
        if history.steps == self.total_steps:
            return "epochs"
        if patience_is_over(history.epochs, history.best, self.settings.early_stopping):
            return "early stopping"
        return "time limit" if history.time_is_up or history.steps == self.planned_steps else None

    @property
    def finished(self) -> bool:
        """Whether no step is left to take."""
        return self.ended_by is not None

    def learning_rates(self) -> NDArray[np.float64]:
        """Of each planned step."""
        rates = learning_rates(self.settings.schedule, self.settings.learning_rate, self.total_steps)
        return cooled_down(rates, *self.history.cooling) if self.history.cooling else rates


def run_chunks(job: Job) -> Iterator[None]:
    """Take the steps that are left, a chunk at a time; whoever iterates may save between chunks, or stop.

    Raises:
        LossNotFinite: the loss became NaN or infinite.
    """
    rates = job.learning_rates()
    first, began = job.history.steps, job.time_limit.elapsed
    chunk = 1
    while not job.finished:
        epoch, batch = divmod(job.history.steps, job.steps_per_epoch)
        chunk = min(chunk, job.steps_per_epoch - batch)
        seconds = _run_chunk(job, epoch, batch, rates[job.history.steps : job.history.steps + chunk])
        pace = (job.time_limit.elapsed - began) / (job.history.steps - first)
        if _mind_the_time(job, seconds, pace):
            rates = job.learning_rates()
        if job.history.steps % job.steps_per_epoch == 0 or job.finished:
            _finish_epoch(job, epoch, float(rates[job.history.steps - 1]))
        # At most twice as long as the last one: the first steps of a process tell little about the speed of the rest.
        chunk = max(1, int(min(chunk * CHUNK_SECONDS / max(seconds, 1e-6), 2 * chunk)))
        yield


def _mind_the_time(job: Job, chunk_seconds: float, step_seconds: float) -> bool:
    """Near the end of the time, let the learning rate fall from now on (then True), or end the training.

    `step_seconds` is what a step has taken on average, with the share of judging, saving and reporting.
    """
    history, limit = job.history, job.time_limit
    if limit.seconds is None or job.finished:
        return False
    left = limit.left(step_seconds / job.settings.batch_size)
    if left < chunk_seconds:
        history.time_is_up = True
        return False
    steps = limit.cooling_steps(left, step_seconds)
    if history.cooling or not steps or history.steps + steps >= job.total_steps:
        return False
    history.cooling = (history.steps, steps)
    return True


def epoch_order(seed: int, epoch: int, images: int) -> NDArray[np.int64]:
    """The order of one epoch's images: a permutation that depends on the seed and the epoch's number alone.

    >>> epoch_order(3, 0, 5)
    array([1, 4, 0, 2, 3])
    """
    return np.random.default_rng([seed, 1, epoch]).permutation(images)


def augmentation_of(settings: TrainingSettings, epoch: int) -> AugmentationSettings | None:
    """What an epoch learns from: full strength in the first half, then less and less, to `final_strength`.

    >>> tried = TrainingSettings(epochs=5, augmentation=AugmentationSettings(shift=0.2), final_strength=0.5)
    >>> [augmentation_of(tried, epoch).shift for epoch in range(5)]
    [0.2, 0.2, 0.2, 0.15..., 0.1]
    """
    if settings.augmentation in (None, AugmentationSettings()):
        return None
    progress = epoch / max(settings.epochs - 1, 1)
    return settings.augmentation.scaled(1 - (1 - settings.final_strength) * max(0.0, 2 * progress - 1))


def _run_chunk(job: Job, epoch: int, batch: int, rates: NDArray[np.float64]) -> float:
    """Run some steps of one epoch, record and report them; returns the seconds that they took."""
    settings, size = job.settings, job.settings.batch_size
    order = job.order(epoch)
    start = time.perf_counter()
    places = range(batch * size, min((batch + len(rates)) * size, len(order)))
    augmentation, changes = augmentation_of(settings, epoch), None
    if augmentation is not None:
        changes = draw_changes(augmentation, settings.seed, epoch, places, job.engine.plan.input_shape)
    steps = job.trainer.run(order[places.start : places.stop], size, rates, changes)
    seconds = time.perf_counter() - start
    history = job.history
    if not np.isfinite(steps.losses).all():
        place = int(np.flatnonzero(~np.isfinite(steps.losses))[0])
        explain_explosion(job, f"the loss became {float(steps.losses[place])}", history.steps + place)
    history.losses += steps.losses.tolist()
    history.correct += steps.correct.tolist()
    history.seconds += seconds
    seen = min((batch + len(rates)) * size, job.images_per_epoch)
    job.on_event(
        ChunkDone(
            epoch=epoch,
            first_batch=batch,
            losses=steps.losses,
            accuracy=sum(history.correct[epoch * job.steps_per_epoch :]) / seen,
            images_per_second=(seen - batch * size) / max(seconds, 1e-9),
            seconds_left=_seconds_left(job, seconds / len(rates)),
            weights=job.engine.weights,
        )
    )
    return seconds


def _seconds_left(job: Job, step_seconds: float) -> float:
    """Until all planned steps are taken, or the time is up."""
    left = job.time_limit.left(step_seconds / job.settings.batch_size)
    return max(0.0, min(step_seconds * (job.planned_steps - job.history.steps), left))


def _finish_epoch(job: Job, epoch: int, learning_rate: float) -> None:
    """Record and report an epoch, or what of it there was time for; the held-out images are judged here."""
    history, first = job.history, epoch * job.steps_per_epoch
    losses = np.array(history.losses[first:], np.float64)
    images = min(len(losses) * job.settings.batch_size, job.images_per_epoch)
    sizes = np.full(len(losses), job.settings.batch_size, np.float64)
    sizes[-1] = images - (len(losses) - 1) * job.settings.batch_size
    seconds = history.seconds - sum(done.seconds for done in history.epochs)
    validation_accuracy, validation_loss = _judge(job)
    done = EpochDone(
        epoch=epoch,
        steps=len(losses),
        loss=float((losses * sizes).sum() / images),
        accuracy=sum(history.correct[first:]) / images,
        validation_accuracy=validation_accuracy,
        learning_rate=learning_rate,
        seconds=seconds,
        images_per_second=images / max(seconds, 1e-9),
        validation_loss=validation_loss,
    )
    history.epochs.append(done)
    if job.settings.early_stopping and (history.best is None or is_better(done, history.epochs[history.best])):
        history.best = epoch
        job.best_weights.update(job.engine.weights())
    job.on_event(done)


def _judge(job: Job) -> tuple[float | None, float | None]:
    """Accuracy and loss of the held-out images; a loss that is not finite has no place in JSON."""
    if job.held_out is None:
        return None, None
    logits, labels = job.engine.logits(job.held_out.images), job.held_out.labels
    loss = cross_entropy(logits, labels)
    return float((logits.argmax(1) == labels).mean()), loss if np.isfinite(loss) else None


def explain_explosion(job: Job, what: str, step: int) -> NoReturn:
    """Raise the error that says what became too large, at which step, and what to try."""
    epoch, batch = divmod(step, job.steps_per_epoch)
    rates = job.learning_rates()
    raise LossNotFinite(
        f"{what} at step {step} (epoch {epoch}, batch {batch}), where the learning rate was {rates[step]:.3g}. "
        f"Try a smaller learning rate: learning_rate={min(job.settings.learning_rate / 10, _USUAL_RATE):.3g}",
        mentions=["learning_rate"],
    )
