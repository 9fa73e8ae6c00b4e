"""The calibration that a trained model stores: a few plain numbers, checked when made, and saved as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.errors import UsageError
from convlens.metrics import softmax

_TEMPERATURES = (0.001, 1000.0)
_SHARES = {
    "threshold": "a threshold",
    "error_rate": "an error rate",
    "coverage": "a coverage",
    "error": "an error",
}


@dataclass(frozen=True)
class Calibration:
    """Turns logits into calibrated probabilities, and decides which are too low to answer.

    Args:
        temperature: the logits are divided by it; a value above 1 lowers the confidence.
        threshold: a probability, after temperature; an image is `unknown` if its most likely class has less. None:
            every image is answered.
        error_rate: the error rate that the threshold was chosen for. None: it was not chosen from images.
        coverage: the share of the validation images answered at the threshold.
        error: the share of these answers that are wrong; None if nothing is answered.
        images: the number of validation images; 0 if nothing was fitted.

    Raises:
        UsageError: a value that is not allowed.

    >>> Calibration()
    Calibration(temperature=1.0, threshold=None, error_rate=None, coverage=None, error=None, images=0)
    >>> Calibration(temperature=2.0).probabilities(np.array([[0.0, 2 * np.log(3)]]))
    array([[0.25, 0.75]])
    """

    temperature: float = 1.0
    threshold: float | None = None
    error_rate: float | None = None
    coverage: float | None = None
    error: float | None = None
    images: int = 0

    def __post_init__(self) -> None:
        if not _is_between(self.temperature, *_TEMPERATURES):
            raise UsageError(f"a temperature of {self.temperature!r:.60}: it must be a number from 0.001 to 1000.")
        object.__setattr__(self, "temperature", float(self.temperature))
        for name, words in _SHARES.items():
            value = getattr(self, name)
            if value is None:
                continue
            if not _is_between(value, 0, 1):
                raise UsageError(f"{words} of {value!r:.60}: it must be a number from 0 to 1, or be left out.")
            object.__setattr__(self, name, float(value))
        if type(self.images) is not int or self.images < 0:
            raise UsageError(f"{self.images!r:.60} validation images: it must be a whole number from 0.")

    def probabilities(self, logits: np.ndarray) -> NDArray[np.float64]:
        """Return the calibrated probabilities of logits over the last axis: N × classes → N × classes."""
        return softmax(np.asarray(logits, np.float64) / self.temperature)

    def answers(self, probabilities: np.ndarray) -> NDArray[np.bool_]:
        """Return, for N × classes probabilities, N booleans: whether the image is answered, that is, not `unknown`.

        >>> Calibration(threshold=0.75).answers(np.array([[0.75, 0.25], [0.5, 0.5]]))
        array([ True, False])
        """
        best = np.asarray(probabilities).max(axis=-1)
        return best >= (0.0 if self.threshold is None else self.threshold)

    @property
    def rate_shown(self) -> bool:
        """Whether the validation images were enough to show the error rate; see `choose_threshold`."""
        if self.error_rate is None or self.coverage is None or self.error is None:
            return False
        answered = round(self.coverage * self.images)
        return (round(self.error * answered) + 1) / (answered + 1) <= self.error_rate

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        >>> Calibration.from_dict(Calibration(1.5).as_dict()) == Calibration(1.5)
        True
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Calibration":
        """Create a calibration from the result of `as_dict`; no value may be missing, unknown or of another type.

        Raises:
            UsageError: a value is not allowed; the message names it.
        """
        names = [field.name for field in fields(cls)]
        if not isinstance(stored, Mapping) or set(stored) != set(names):
            given = ", ".join(map(str, stored)) if isinstance(stored, Mapping) else f"{stored!r:.60}"
            raise UsageError(f"calibration has {given or 'nothing'}: give {', '.join(names)}, and nothing else.")
        return cls(**stored)


def _is_between(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


UNCALIBRATED = Calibration()
"""The network's own probabilities, and an answer to every image."""
