"""What one training does: every choice in one frozen value.

The effective settings go into the run folder and into the model file, so that a run can be repeated from either.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

import msgspec

from convlens.deprecations import with_new_keys
from convlens.engines import AugmentationSettings, LossSettings, OptimizerSettings
from convlens.errors import UsageError
from convlens.network import TUTORIAL, read_network

Schedule = Literal["constant", "one-cycle"]
Balance = Literal["none", "weights", "sampling"]

MOST_EPOCHS = 100_000
DEFAULT_PATIENCE = 5
"""Epochs, for whoever says `early_stopping=True`."""


@dataclass(frozen=True)
class TrainingSettings:
    """Every choice of one training.

    Attributes:
        recipe: the recipe that these settings started from.
        network: in the network language, or the name of a preset.
        epochs: how many times every training image is seen.
        batch_size: images of one step; the last step of an epoch takes what is left.
        learning_rate: of every step (`constant`), or the highest one (`one-cycle`).
        schedule: `constant` or `one-cycle`.
        optimizer, loss: see `convlens.engines`.
        augmentation: how the copies differ that are learned from; None learns from the images as they are.
        final_strength: how strong the augmentation is in the last epoch, 0 to 1; it weakens from half-way on, so that
            the last steps learn from copies that are more like images.
        probe: whether mirror images and large turns are tried out, and added to the augmentation where they are safe.
        balance: `weights` lets images of rare classes count more, `sampling` shows them more often.
        seed: of initial weights, shuffling, dropout and the held-out split.
        validation: the share of the training images, 0 to 0.5, that is held out, judged after every epoch, and used to
            fit how sure the model may be; data that bring images for this need no share.
        error_rate: of the answers that the model gives to the held-out images; it says `unknown` to the others.
        early_stopping: patience in epochs: the training ends when so many in a row were no better on the held-out
            images than the best one, and the model has the weights of the best. Better means more right answers, or
            as many with a lower loss. True is a patience of 5; 0 or False trains all epochs.
        max_seconds: the training ends within so many seconds after the images were read, judging and writing included.
            Where the epochs do not fit, the learning rate falls to almost nothing in the last fifth of that time.
        engine, device, threads: what computes; None threads means one a core.
        log_every: every so many batches the loss is logged, in the tutorial's words; None logs a line an epoch.

    >>> TrainingSettings(epochs=0)
    Traceback (most recent call last):
    ...
    convlens.errors.UsageError: epochs is 0; give a whole number from 1 to 100,000.
    """

    recipe: str = "fast"
    network: str = TUTORIAL
    epochs: int = 2
    batch_size: int = 128
    learning_rate: float = 0.02
    schedule: Schedule = "one-cycle"
    optimizer: OptimizerSettings = field(default_factory=lambda: OptimizerSettings(beta2=0.97))
    loss: LossSettings = field(default_factory=lambda: LossSettings(label_smoothing=0.03))
    seed: int = 3
    augmentation: AugmentationSettings | None = None
    final_strength: float = 1.0
    probe: bool = False
    balance: Balance = "none"
    validation: float = 0.0
    error_rate: float = 0.01
    early_stopping: bool | int = 0
    max_seconds: float | None = None
    engine: str = "auto"
    device: str = "auto"
    threads: int | None = None
    log_every: int | None = None

    def __post_init__(self) -> None:
        _check_range("epochs", self.epochs, 1, MOST_EPOCHS)
        _check_range("batch size", self.batch_size, 1, 1_000_000)
        _check_range("seed", self.seed, 0, 2**32 - 1)
        if self.log_every is not None:
            _check_range("log every", self.log_every, 1, 1_000_000_000)
        if isinstance(self.early_stopping, bool):  # True is no patience of 1
            object.__setattr__(self, "early_stopping", DEFAULT_PATIENCE if self.early_stopping else 0)
        _check_range("early stopping patience", self.early_stopping, 0, MOST_EPOCHS)
        _check_seconds(self.max_seconds)
        for name in ("learning_rate", "validation", "error_rate", "final_strength"):
            if not isinstance(getattr(self, name), int | float):
                raise UsageError(f"{name.replace('_', ' ')} is {getattr(self, name)!r}; give a number.")
        if not 0 < self.learning_rate < float("inf"):
            raise UsageError(f"learning rate is {self.learning_rate}; give a number above 0, such as 0.001.")
        if not 0 <= self.validation <= 0.5:
            raise UsageError(f"validation is {self.validation}; give a share from 0 to 0.5, such as 0.1.")
        if not 0 <= self.final_strength <= 1:
            raise UsageError(f"final strength is {self.final_strength}; give a number from 0 to 1.")
        if not 0 < self.error_rate < 1:
            raise UsageError(f"error rate is {self.error_rate}; give a share between 0 and 1, such as 0.01.")
        if self.balance not in get_args(Balance):
            raise UsageError(f"balance {self.balance!r} is not known; give none, weights or sampling.")
        if self.schedule not in get_args(Schedule):
            raise UsageError(f"schedule {self.schedule!r} is not known; give constant or one-cycle.")
        read_network(self.network)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and TOML; what is None is left out."""
        return _without_none(asdict(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingSettings":
        """The settings that `as_dict` gave.

        Raises:
            UsageError: a key that is not known, or a value that is not allowed.

        >>> TrainingSettings.from_dict({"epoch": 2})
        Traceback (most recent call last):
        ...
        convlens.errors.UsageError: setting 'epoch' is not known; known are recipe, network, epochs, ...
        """
        if isinstance(values, dict):
            _check_keys(values, cls)
            _check_keys(values.get("optimizer"), OptimizerSettings)
            _check_keys(values.get("loss"), LossSettings)
            if isinstance(values.get("augmentation"), dict):
                values = {**values, "augmentation": with_new_keys(values["augmentation"])}
            _check_keys(values.get("augmentation"), AugmentationSettings)
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise UsageError(f"the settings cannot be used: {error}") from error


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or not low <= value <= high:
        raise UsageError(f"{name} is {value!r}; give a whole number from {low:,} to {high:,}.")


def _check_seconds(value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise UsageError(f"max seconds is {value!r}; give a number above 0, such as 60 for a minute.")


def _check_keys(values: Any, kind: type) -> None:
    if not isinstance(values, dict):
        return  # msgspec says what it is instead
    known = [one.name for one in fields(kind)]
    for key in values:
        if key not in known:
            raise UsageError(f"setting {key!r} is not known; known are {', '.join(known)}.")


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
