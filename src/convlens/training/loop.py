"""The training loop: run chunks of steps until all epochs are done, early stopping or the time limit ends it.

The result does not depend on the length of the chunks or on a stop in between, except for the time limit, which is
checked between chunks and whose decisions are stored. The order of an epoch's images depends on the seed and the
epoch's number, the learning rate on the step's number. So a training that is resumed at step 700 gives the same bits.
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
"""After a loss that is not finite, the highest learning rate that the error message suggests."""
CHUNK_SECONDS = 0.05
"""The target length of a chunk: 20 reports per second are enough to draw 10 frames per second, even on a busy machine,
and to react to Ctrl-C at once."""


@dataclass
class History:
    """The results so far: loss and correct answers of every step, and the results of every finished epoch.

    It also has the decisions of the time limit, which a resumed training cannot repeat.
    """

    losses: list[float] = field(default_factory=list)
    correct: list[int] = field(default_factory=list)
    epochs: list[EpochDone] = field(default_factory=list)
    seconds: float = 0.0
    best: int | None = None
    """The epoch that was best on the held-out images; only with early stopping."""
    elapsed: float = 0.0
    """Wall-clock seconds up to the last checkpoint; `seconds` has only the time of the steps."""
    cooling: tuple[int, int] | None = None
    """The step from which the learning rate falls to end in time, and the number of steps until then."""
    time_is_up: bool = False

    @property
    def steps(self) -> int:
        """The number of steps taken."""
        return len(self.losses)


@dataclass(frozen=True)
class Job:
    """Everything that a running training needs."""

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
        """Return the order of an epoch's images; only the latest one is cached."""
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
        """The number of training images."""
        return len(self.labels)

    @property
    def images_per_epoch(self) -> int:
        """The number of images, or one less if batch normalisation would get a single image in the last batch."""
        normalises = any(isinstance(layer, BatchNorm2d) for layer in walk(self.engine.plan.network.layers))
        lonely = self.images % self.settings.batch_size == 1 and self.images > 1
        return self.images - int(normalises and lonely)

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches in an epoch; the last one may be smaller."""
        return -(-self.images_per_epoch // self.settings.batch_size)

    @property
    def total_steps(self) -> int:
        """The number of steps in all epochs."""
        return self.steps_per_epoch * self.settings.epochs

    @property
    def planned_steps(self) -> int:
        """The number of steps in all epochs, or as many as the time limit allows."""
        cooling = self.history.cooling
        return sum(cooling) if cooling else self.total_steps

    @property
    def ended_by(self) -> Reason | None:
        """Why the training ended; None while there are steps left."""
        history = self.history
        if history.steps == self.total_steps:
            return "epochs"
        if patience_is_over(history.epochs, history.best, self.settings.early_stopping):
            return "early stopping"
        return "time limit" if history.time_is_up or history.steps == self.planned_steps else None

    @property
    def finished(self) -> bool:
        """Whether all planned steps are taken, or early stopping or the time limit ended the training."""
        return self.ended_by is not None

    def learning_rates(self) -> NDArray[np.float64]:
        """Return the learning rate of each planned step."""
        rates = learning_rates(self.settings.schedule, self.settings.learning_rate, self.total_steps)
        return cooled_down(rates, *self.history.cooling) if self.history.cooling else rates


def run_chunks(job: Job) -> Iterator[None]:
    """Take the remaining steps, one chunk per iteration; the caller may save or stop between chunks.

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
        # At most twice as long as the last chunk, since the first steps of a process say little about later speed.
        chunk = max(1, int(min(chunk * CHUNK_SECONDS / max(seconds, 1e-6), 2 * chunk)))
        yield


def _mind_the_time(job: Job, chunk_seconds: float, step_seconds: float) -> bool:
    """Near the time limit, let the learning rate fall from now on and return True; at the limit, end the training.

    `step_seconds` is the average time of a step, including its share of evaluating, saving and reporting.
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
    """Return the order of an epoch's images: a permutation that depends only on the seed and the epoch's number.

    >>> epoch_order(3, 0, 5)
    array([1, 4, 0, 2, 3])
    """
    return np.random.default_rng([seed, 1, epoch]).permutation(images)


def augmentation_of(settings: TrainingSettings, epoch: int) -> AugmentationSettings | None:
    """Return the augmentation of an epoch: full strength in the first half, then falling to `final_strength`.

    >>> tried = TrainingSettings(epochs=5, augmentation=AugmentationSettings(shift=0.2), final_strength=0.5)
    >>> [augmentation_of(tried, epoch).shift for epoch in range(5)]
    [0.2, 0.2, 0.2, 0.15..., 0.1]
    """
    if settings.augmentation in (None, AugmentationSettings()):
        return None
    progress = epoch / max(settings.epochs - 1, 1)
    return settings.augmentation.scaled(1 - (1 - settings.final_strength) * max(0.0, 2 * progress - 1))


def _run_chunk(job: Job, epoch: int, batch: int, rates: NDArray[np.float64]) -> float:
    """Run, record and report some steps of one epoch; return the seconds that they took."""
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
    """Return the seconds until all planned steps are taken or the time limit is reached."""
    left = job.time_limit.left(step_seconds / job.settings.batch_size)
    return max(0.0, min(step_seconds * (job.planned_steps - job.history.steps), left))


def _finish_epoch(job: Job, epoch: int, learning_rate: float) -> None:
    """Evaluate the held-out images, then record and report the epoch, which may be incomplete."""
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
    """Return accuracy and loss on the held-out images; None for a loss that is not finite, which JSON cannot store."""
    if job.held_out is None:
        return None, None
    logits, labels = job.engine.logits(job.held_out.images), job.held_out.labels
    loss = cross_entropy(logits, labels)
    return float((logits.argmax(1) == labels).mean()), loss if np.isfinite(loss) else None


def explain_explosion(job: Job, what: str, step: int) -> NoReturn:
    """Raise an error that says what became too large, at which step, and what to try."""
    epoch, batch = divmod(step, job.steps_per_epoch)
    rates = job.learning_rates()
    raise LossNotFinite(
        f"{what} at step {step} (epoch {epoch}, batch {batch}), where the learning rate was {rates[step]:.3g}. "
        f"Try a smaller learning rate: learning_rate={min(job.settings.learning_rate / 10, _USUAL_RATE):.3g}",
        mentions=["learning_rate"],
    )
