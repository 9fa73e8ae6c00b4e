"""What a training tells while it runs, and how a log says it.

Training does not print: it passes these values to a callback, and the log file and the terminal both print `log_lines`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import Calibration, describe_calibration
from convlens.engines import Weights
from convlens.signatures import Alias
from convlens.trained_model import TrainedModel
from convlens.training.probe import ProbeVerdict
from convlens.training.settings import TrainingSettings
from convlens.words import agreeing


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


@dataclass(frozen=True)
class EpochDone:
    """An epoch is done. `loss` and `accuracy` are over its training images, each judged before the step that learned
    from it.
    """

    epoch: int
    steps: int
    loss: float
    accuracy: float
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float

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


@dataclass(frozen=True)
class Probed:
    """Mirror images and large turns were tried out, before anything else; `augmentation` is what is learned from."""

    verdicts: tuple[ProbeVerdict, ...]


@dataclass(frozen=True)
class Calibrated:
    """How sure the model may be was fitted on the held-out images."""

    calibration: Calibration


if TYPE_CHECKING:
    Event: TypeAlias = TrainingStarted | Probed | ChunkDone | EpochDone | Calibrated | Judged
else:
    Event = Alias("Event")


def log_lines(event: Event, settings: TrainingSettings) -> list[str]:
    """The event as lines of a plain log; none for most chunks. The loss lines are the tutorial's.

    >>> log_lines(Judged(correct=9873, total=10_000), TrainingSettings())
    ['Accuracy: 98.73 % of 10,000 test images']
    """
    match event:
        case TrainingStarted():
            epochs = f"{settings.epochs} {agreeing(settings.epochs, 'epoch')}"
            optimizer = f"{settings.optimizer.name} {settings.learning_rate:g} {settings.schedule}"
            lines = [
                f"Data: {event.data}, {event.images:,} training images",
                f"Network: {settings.network} ({event.parameters:,} parameters)",
                f"Recipe: {settings.recipe}, {epochs}, {optimizer}, seed {settings.seed}",
                f"Epoch: {event.steps_per_epoch} batches of {settings.batch_size} images",
                f"Engine: {event.engine}" + (f" (auto: {event.engine_reason})" if event.engine_reason else ""),
            ]
            lines += [f"Augmentation: {settings.augmentation.describe()}"] if settings.augmentation else []
            lines += [f"Images: {note}" for note in event.notes]
            return lines + ([f"Going on after step {event.steps_done}"] if event.steps_done else [])
        case ChunkDone():
            lines = [f"Epoch -> {event.epoch}"] if event.first_batch == 0 else []
            batches = range(event.first_batch, event.first_batch + len(event.losses))
            return lines + [
                f"  Batch: {batch}, Loss: {float(event.losses[batch - event.first_batch])}"
                for batch in batches
                if batch % settings.log_every == 0
            ]
        case EpochDone():
            held_out = event.validation_accuracy
            judged = "" if held_out is None else f", held out {held_out * 100:.2f} %"
            speed = f"loss {event.loss:.4g}, {event.seconds:.1f} s, {event.images_per_second:,.0f} images/s"
            return [f"  Training accuracy {event.accuracy * 100:.2f} %{judged}, {speed}"]
        case Probed():
            return [f"Probe: {verdict}" for verdict in event.verdicts]
        case Calibrated():
            return [f"{name.capitalize()}: {words}" for name, words in describe_calibration(event.calibration).items()]
        case Judged():
            return [f"Accuracy: {event.accuracy * 100:.2f} % of {event.total:,} test images"]
