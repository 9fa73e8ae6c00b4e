"""End a training before its last planned step: early stopping and the time limit.

Both are checked between chunks. Early stopping depends only on the results of the epochs, so a resumed training makes
the same decision as an uninterrupted one. Decisions of the time limit cannot be repeated, so the history stores them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from convlens.training.events import EpochDone

COOLING_SHARE = 0.2
"""The share of the time in which the learning rate falls if not all epochs fit."""
_SPARE_SECONDS = 1.0
"""Reserved for writing files and drawing charts."""
_MOST_SPARE = 0.5
"""The largest share of the limit that is reserved, so that a short limit leaves time for training."""
_CAREFUL = 0.95
"""The share of the steps that seem to fit which are planned, since the machine may become busier."""


def is_better(done: EpochDone, best: EpochDone) -> bool:
    """Return whether an epoch was better on the held-out images: higher accuracy, or the same with a lower loss."""
    return _merit(done) > _merit(best)


def patience_is_over(epochs: Sequence[EpochDone], best: int | None, patience: int) -> bool:
    """Return whether the last `patience` epochs were all no better than epoch `best`; never if `patience` is 0."""
    return patience > 0 and best is not None and len(epochs) - 1 - best >= patience


def _merit(done: EpochDone) -> tuple[float, float]:
    accuracy, loss = done.validation_accuracy, done.validation_loss
    return (-1.0 if accuracy is None else accuracy, float("-inf") if loss is None else -loss)


@dataclass
class TimeLimit:
    """The time limit of a training.

    Attributes:
        seconds: the limit; None for no limit.
        spent: seconds that a resumed training took before it was stopped.
        images_afterwards: how many images are evaluated after the last step, for calibration and testing.
        started: when this part began, by `time.monotonic`.
    """

    seconds: float | None
    spent: float = 0.0
    images_afterwards: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning, without the time between stop and resumption."""
        return self.spent + time.monotonic() - self.started

    def left(self, seconds_per_image: float) -> float:
        """Return the seconds left for steps; `seconds_per_image` is the time of a training step per image.

        Evaluating an image takes less time than training on it, so the reserve for the evaluation is large enough.
        """
        if self.seconds is None:
            return float("inf")
        return self.seconds - self._reserve(seconds_per_image) - self.elapsed

    def cooling_steps(self, left: float, seconds_per_step: float) -> int:
        """Return how many steps to plan for the last fifth of the time; 0 before that."""
        if self.seconds is None or left > COOLING_SHARE * self.seconds:
            return 0
        return max(1, int(_CAREFUL * left / max(seconds_per_step, 1e-9)))

    def _reserve(self, seconds_per_image: float) -> float:
        assert self.seconds is not None
        return min(_SPARE_SECONDS + self.images_afterwards * seconds_per_image, _MOST_SPARE * self.seconds)
