"""What a training tells while it runs, and how a log says it.

Training does not print: it passes these values to a callback. Each is a short line under `str`; the log file, the
terminal and a notebook all take their words from here. Epochs and batches count from 0, as in the tutorial.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import Calibration, describe_calibration
from convlens.engines import Weights
from convlens.signatures import Alias
from convlens.trained_model import TrainedModel
from convlens.training.probe import ProbeVerdict
from convlens.training.settings import TrainingSettings
from convlens.words import agreeing, count_of

Reason: TypeAlias = Literal["epochs", "early stopping", "time limit"]
"""What ended a training: all epochs are done, or one of the settings `early_stopping` and `max_seconds`."""


@dataclass(frozen=True)
class TrainingStarted:
    """Everything is ready; the first step comes next. `steps_done` is above 0 when an earlier training goes on;
    `engine_reason` says why `auto` came to this engine, `notes` how the images came to be what they are.

    `model` makes the model as it is at this moment, with the first weights, for whoever wants to watch it learn; it
    costs a copy of them, so nothing is copied where nobody asks. It is for as long as the event is being told.
    """

    data: str
    images: int
    settings: TrainingSettings
    engine: str
    parameters: int
    steps_per_epoch: int
    steps_done: int
    folder: Path | None
    engine_reason: str = ""
    notes: tuple[str, ...] = ()
    model: Callable[[], TrainedModel] | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        counts = f"{count_of(self.images, 'image')}, {count_of(self.parameters, 'parameter')}"
        return f"Training on {self.data}: {counts}, {_epochs(self.settings)}, {self.engine}"


@dataclass(frozen=True)
class ChunkDone:
    """A chunk of steps is done: `losses` are theirs, the first of them is batch `first_batch` of the epoch (both
    from 0).

    `weights` copies the weights of this moment, which nobody else does: it costs nothing where nobody asks. Who calls
    it when the event has been told gets those of a later moment.
    """

    epoch: int
    first_batch: int
    losses: NDArray[np.float32]
    accuracy: float
    images_per_second: float
    seconds_left: float
    weights: Callable[[], Weights] | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        last = self.first_batch + len(self.losses) - 1
        return f"Epoch {self.epoch}, batch {last}: loss {float(self.losses[-1]):.4g}, accuracy {_share(self.accuracy)}"


@dataclass(frozen=True)
class EpochDone:
    """An epoch is done, or the part of it for which there was time: `steps` says how many.

    `loss` and `accuracy` are over its training images, each judged before the step that learned from it.
    `validation_loss` is the cross-entropy of the held-out images, without the label smoothing and the class weights
    that may be part of `loss`; None where nothing is held out, or where it is not finite.
    """

    epoch: int
    steps: int
    loss: float
    accuracy: float
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float
    validation_loss: float | None = None

    def __str__(self) -> str:
        return f"Epoch {self.epoch}: {self.judgement}"

    @property
    def judgement(self) -> str:
        """What came of it; with the number of the epoch it fits on a terminal's 80 columns."""
        held_out = self.validation_accuracy
        judged = "" if held_out is None else f", held out {_share(held_out)}"
        return f"accuracy {_share(self.accuracy)}{judged}, loss {self.loss:.4g}, {self.seconds:.1f} s"

    def as_dict(self) -> dict[str, Any]:
        """For JSON and for `metrics.csv`."""
        return asdict(self)


@dataclass(frozen=True)
class Judged:
    """The test images were judged, once, by the finished model."""

    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        """0 to 1."""
        return self.correct / self.total

    def __str__(self) -> str:
        return f"Accuracy: {_share(self.accuracy)} of {count_of(self.total, 'test image')}"


@dataclass(frozen=True)
class Probed:
    """Mirror images and large turns were tried out, before anything else; `augmentation` is what is learned from."""

    verdicts: tuple[ProbeVerdict, ...]

    def __str__(self) -> str:
        return f"Probe: {'; '.join(map(str, self.verdicts))}"


@dataclass(frozen=True)
class Calibrated:
    """How sure the model may be was fitted on the held-out images."""

    calibration: Calibration

    def __str__(self) -> str:
        words = describe_calibration(self.calibration)
        return ", ".join(f"{name} {value}" for name, value in words.items()).capitalize()


@dataclass(frozen=True)
class TrainingEnded:
    """The steps are over in another way than planned: `early stopping` or the `time limit` ended them, or (`epochs`)
    all were taken, but the model gets the weights of an earlier epoch. `best` is that epoch, None where the last
    weights are kept; `epochs` have been trained, a fraction where one was cut short, of `planned`.
    """

    reason: Reason
    epochs: float
    planned: int
    best: EpochDone | None

    def describe(self) -> str:
        """How it ended, and which weights the model has.

        >>> TrainingEnded("time limit", 3.5, 200, None).describe()
        'the time was up after 3.5 of 200 epochs'
        """
        done = f"{self.epochs:.4g} of {self.planned} {agreeing(self.planned, 'epoch')}"
        how = {"early stopping": f"stopped early after {done}", "time limit": f"the time was up after {done}"}
        best, said = self.best, how.get(self.reason, f"{done} done")
        if best is None:
            return said
        judged = "" if best.validation_accuracy is None else f" (held out {_share(best.validation_accuracy)})"
        return f"{said}; the model has the weights of epoch {best.epoch}{judged}"

    def __str__(self) -> str:
        return f"End: {self.describe()}"


@dataclass(frozen=True)
class NotWritten:
    """The log or a checkpoint could not be written, on a full disk perhaps; the training goes on without it.

    `reason` is a sentence that says which file, why, and what to do. It comes once for each of the two.
    """

    reason: str

    def __str__(self) -> str:
        return f"Output: {self.reason} The training continues."


if TYPE_CHECKING:
    Event: TypeAlias = (
        TrainingStarted | Probed | ChunkDone | EpochDone | TrainingEnded | Calibrated | Judged | NotWritten
    )
else:
    Event = Alias("Event")


def log_lines(event: Event, settings: TrainingSettings) -> list[str]:
    """The event as lines of a plain log; none for most chunks. Where `log_every` asks for losses, lines are the
    tutorial's; else an epoch is one line.

    >>> log_lines(Judged(correct=9873, total=10_000), TrainingSettings())
    ['Accuracy: 98.73 % of 10,000 test images']
    """
    match event:
        case TrainingStarted():
            return _starting_lines(event, settings)
        case ChunkDone():
            return _loss_lines(event, settings.log_every)
        case EpochDone():
            if not settings.log_every:
                return [str(event)]
            return [f"  Training {event.judgement}, {event.images_per_second:,.0f} images/s"]
        case Probed():
            return [f"Probe: {verdict}" for verdict in event.verdicts]
        case Calibrated():
            return [f"{name.capitalize()}: {words}" for name, words in describe_calibration(event.calibration).items()]
        case TrainingEnded() | Judged() | NotWritten():
            return [str(event)]


def _starting_lines(event: TrainingStarted, settings: TrainingSettings) -> list[str]:
    optimizer = f"{settings.optimizer.name} {settings.learning_rate:g} {settings.schedule}"
    lines = [
        f"Data: {event.data}, {count_of(event.images, 'training image')}",
        f"Network: {settings.network} ({count_of(event.parameters, 'parameter')})",
        f"Recipe: {settings.recipe}, {_epochs(settings)}, {optimizer}, seed {settings.seed}",
        f"Epoch: {count_of(event.steps_per_epoch, 'batch')} of {count_of(settings.batch_size, 'image')}",
        f"Engine: {event.engine}" + (f" (auto: {event.engine_reason})" if event.engine_reason else ""),
    ]
    lines += [f"Augmentation: {settings.augmentation.describe()}"] if settings.augmentation else []
    lines += [f"Images: {note}" for note in event.notes]
    return lines + ([f"Going on after step {event.steps_done}"] if event.steps_done else [])


def _loss_lines(event: ChunkDone, every: int | None) -> list[str]:
    if every is None:
        return []
    lines = [f"Epoch -> {event.epoch}"] if event.first_batch == 0 else []
    batches = range(event.first_batch, event.first_batch + len(event.losses))
    return lines + [
        f"  Batch: {batch}, Loss: {float(event.losses[batch - event.first_batch])}"
        for batch in batches
        if batch % every == 0
    ]


def _epochs(settings: TrainingSettings) -> str:
    """How long it may take: `10 epochs`, with what may end them earlier."""
    words = [count_of(settings.epochs, "epoch")]
    if settings.early_stopping:
        words.append(f"patience {settings.early_stopping}")
    if settings.max_seconds is not None:
        words.append(f"at most {settings.max_seconds:g} s")
    return ", ".join(words)


def _share(value: float) -> str:
    return f"{value * 100:.2f} %"
