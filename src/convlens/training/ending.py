"""When a training ends before its last planned step: nothing got better, or its time is up.

Both are asked between chunks. Whether an epoch was better depends on numbers alone, so a resumed training decides as
the whole one would have. Time is no such number: what it decided is kept in the history.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from convlens.training.events import EpochDone

COOLING_SHARE = 0.2
"""The share of the time in which the learning rate falls, where not all epochs fit."""
_SPARE_SECONDS = 1.0
"""For writing and drawing, at most."""
_MOST_SPARE = 0.5
"""Of the limit: a short one must leave time to learn."""
_CAREFUL = 0.95
"""As many of the steps that seem to fit are planned, since a machine may become busier."""


def is_better(done: EpochDone, best: EpochDone) -> bool:
    """Whether an epoch was better on the held-out images: more right answers, or as many and a lower loss."""
    return _merit(done) > _merit(best)


def patience_is_over(epochs: Sequence[EpochDone], best: int | None, patience: int) -> bool:
    """Whether the last `patience` epochs were all no better than epoch `best`; a patience of 0 never ends."""
    return patience > 0 and best is not None and len(epochs) - 1 - best >= patience


def _merit(done: EpochDone) -> tuple[float, float]:
    accuracy, loss = done.validation_accuracy, done.validation_loss
    return (-1.0 if accuracy is None else accuracy, float("-inf") if loss is None else -loss)


@dataclass
class TimeLimit:
    """How much of the allowed time is left for steps.

    Attributes:
        seconds: allowed in all.
        spent: seconds that earlier parts of a resumed training took.
        images_afterwards: how many images are looked at after the last step, to calibrate and to test.
        started: when this part began, by `time.monotonic`.
    """

    seconds: float | None
    spent: float = 0.0
    images_afterwards: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning, without those between a stop and its resumption."""
        return self.spent + time.monotonic() - self.started

    def left(self, seconds_per_image: float) -> float:
        """Seconds left for steps; `seconds_per_image` is what a training step takes for each of its images.

        To look at an image takes less time than to learn from it, so the reserve for what comes after the steps is
        never too small on that account.
        """
        if self.seconds is None:
            return float("inf")
        return self.seconds - self._reserve(seconds_per_image) - self.elapsed

    def cooling_steps(self, left: float, seconds_per_step: float) -> int:
        """How many steps to plan for the last fifth of the time; 0 as long as that has not come."""
        if self.seconds is None or left > COOLING_SHARE * self.seconds:
            return 0
        return max(1, int(_CAREFUL * left / max(seconds_per_step, 1e-9)))

    def _reserve(self, seconds_per_image: float) -> float:
        assert self.seconds is not None
        return min(_SPARE_SECONDS + self.images_afterwards * seconds_per_image, _MOST_SPARE * self.seconds)
