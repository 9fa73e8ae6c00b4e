"""Events that a training reports while it runs, and their text in a log.

A training does not print: it passes these events to a callback. `str` gives a short line for each. The log file, the
terminal and notebooks use the texts of this module. Epochs and batches count from 0, as in the tutorial.
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
from convlens.words import agreeing, count_of, printable

Reason: TypeAlias = Literal["epochs", "early stopping", "time limit"]
"""Why a training ended: all epochs are done, or because of the setting `early_stopping` or `max_seconds`."""


@dataclass(frozen=True)
class TrainingStarted:
    """The training is about to take its first step.

    `steps_done` is above 0 if a stopped training is resumed. `engine_reason` says why `auto` chose this engine,
    `notes` how the images were read and prepared. `model` returns the model with its initial weights. It copies the
    weights, so call it only if you need it, and only inside the callback.
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
    """A chunk of steps is done.

    `losses` has the loss of each step; the first one is batch `first_batch` of the epoch, counted from 0. `weights`
    copies the current weights; call it inside the callback, since the weights change afterwards.
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
    """An epoch is done, or ended early by the time limit; `steps` is the number of its steps.

    `loss` and `accuracy` are over its training images, each evaluated before the step that trains on it.
    `validation_loss` is the cross-entropy of the held-out images, without the label smoothing and class weights that
    `loss` may have. It is None if no images are held out or the value is not finite.
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
        """The results as text; with the epoch's number they fit into the 80 columns of a terminal."""
        held_out = self.validation_accuracy
        judged = "" if held_out is None else f", held out {_share(held_out)}"
        return f"accuracy {_share(self.accuracy)}{judged}, loss {self.loss:.4g}, {self.seconds:.1f} s"

    def as_dict(self) -> dict[str, Any]:
        """Return the values by name, for JSON and `metrics.csv`."""
        return asdict(self)


@dataclass(frozen=True)
class Judged:
    """The finished model was evaluated on the test images."""

    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        """The share of correct answers, 0 to 1."""
        return self.correct / self.total

    def __str__(self) -> str:
        return f"Accuracy: {_share(self.accuracy)} of {count_of(self.total, 'test image')}"


@dataclass(frozen=True)
class Probed:
    """The probe has tested flips and large rotations; the safe ones were added to the augmentation."""

    verdicts: tuple[ProbeVerdict, ...]

    def __str__(self) -> str:
        return f"Probe: {'; '.join(map(str, self.verdicts))}"


@dataclass(frozen=True)
class Calibrated:
    """The model was calibrated on the held-out images."""

    calibration: Calibration

    def __str__(self) -> str:
        words = describe_calibration(self.calibration)
        return ", ".join(f"{name} {value}" for name, value in words.items()).capitalize()


@dataclass(frozen=True)
class TrainingEnded:
    """The training ended early (`early stopping` or `time limit`), or keeps the weights of an earlier epoch.

    `reason` is `epochs` if all steps were taken. `best` is the epoch whose weights are kept; None means the last
    weights. `epochs` of `planned` were trained, with a fraction if the last one is incomplete.
    """

    reason: Reason
    epochs: float
    planned: int
    best: EpochDone | None

    def describe(self) -> str:
        """Return how the training ended, and which weights the model has.

        >>> TrainingEnded("time limit", 3.5, 200, None).describe()
        'stopped at the time limit after 3.5 of 200 epochs'
        """
        done = f"{self.epochs:.4g} of {self.planned} {agreeing(self.planned, 'epoch')}"
        how = {"early stopping": f"stopped early after {done}", "time limit": f"stopped at the time limit after {done}"}
        best, said = self.best, how.get(self.reason, f"{done} done")
        if best is None:
            return said
        judged = "" if best.validation_accuracy is None else f" (held out {_share(best.validation_accuracy)})"
        return f"{said}; the model has the weights of epoch {best.epoch}{judged}"

    def __str__(self) -> str:
        return f"End: {self.describe()}"


@dataclass(frozen=True)
class NotWritten:
    """The log or a checkpoint could not be written, for example because the disk is full; the training continues.

    `reason` is a sentence that names the file, the cause and the remedy. It is reported once for the log and once for
    the checkpoint.
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
    """Return the lines of an event in a plain log; most chunks have none.

    If `log_every` asks for losses, the lines are those of the tutorial; otherwise an epoch is one line.

    >>> log_lines(Judged(correct=9873, total=10_000), TrainingSettings())
    ['Accuracy: 98.73 % of 10,000 test images']
    """
    return [printable(line) for line in _lines_of(event, settings)]  # names may contain control characters


def _lines_of(event: Event, settings: TrainingSettings) -> list[str]:
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
    return lines + ([f"Resuming after step {event.steps_done}"] if event.steps_done else [])


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
    """Return the planned length, such as `10 epochs`, with the patience and the time limit."""
    words = [count_of(settings.epochs, "epoch")]
    if settings.early_stopping:
        words.append(f"patience {settings.early_stopping}")
    if settings.max_seconds is not None:
        words.append(f"at most {settings.max_seconds:g} s")
    return ", ".join(words)


def _share(value: float) -> str:
    return f"{value * 100:.2f} %"
