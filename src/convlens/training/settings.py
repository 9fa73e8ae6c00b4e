"""What one training does: every choice in one frozen value.

The effective settings go into the run folder and into the model file, so that a run can be repeated from either.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args

import msgspec

from convlens.checking import as_choice, as_flag, as_number, as_whole, plain, refuse
from convlens.deprecations import with_new_keys
from convlens.engines import AugmentationSettings, DeviceName, EngineName, LossSettings, OptimizerSettings
from convlens.engines.choice import check_threads
from convlens.errors import UsageError
from convlens.network import TUTORIAL, as_network

Recipe = Literal["fast", "tutorial", "best"]
Schedule = Literal["constant", "one-cycle"]
Balance = Literal["none", "weights", "sampling"]

MOST_EPOCHS = 100_000
Kind = TypeVar("Kind")
DEFAULT_PATIENCE = 5
"""Epochs, for whoever says `early_stopping=True`."""


@dataclass(frozen=True)
class TrainingSettings:
    """Every choice of one training.

    Attributes:
        recipe: the recipe that these settings started from, or a name of your own for them.
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
        engine, device, threads: what computes; None threads means one a core, `OMP_NUM_THREADS` at most.
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
    engine: EngineName = "auto"
    device: DeviceName = "auto"
    threads: int | None = None
    log_every: int | None = None

    def __post_init__(self) -> None:
        for name, value in _checked(self).items():
            object.__setattr__(self, name, value)

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


def _checked(settings: TrainingSettings) -> dict[str, Any]:
    """Every setting in its stored form: Python's numbers, a network as text."""
    network = settings.network
    as_network(network)  # a mistake shows here
    return {
        "recipe": _of_type("recipe", settings.recipe, str),
        "network": network if isinstance(network, str) else str(as_network(network)),
        "epochs": as_whole("epochs", settings.epochs, 1, MOST_EPOCHS),
        "batch_size": as_whole("batch_size", settings.batch_size, 1, 1_000_000),
        "learning_rate": as_number(
            "learning_rate",
            settings.learning_rate,
            "a number above 0, such as 0.001",
            lambda rate: 0 < rate < float("inf"),
        ),
        "schedule": as_choice("schedule", settings.schedule, get_args(Schedule)),
        "optimizer": _of_type("optimizer", settings.optimizer, OptimizerSettings),
        "loss": _of_type("loss", settings.loss, LossSettings),
        "seed": as_whole("seed", settings.seed, 0, 2**32 - 1),
        "augmentation": _augmentation(settings.augmentation),
        "final_strength": as_number(
            "final_strength", settings.final_strength, "a number from 0 to 1", lambda strength: 0 <= strength <= 1
        ),
        "probe": as_flag("probe", settings.probe),
        "balance": as_choice("balance", settings.balance, get_args(Balance)),
        "validation": as_number(
            "validation", settings.validation, "a share from 0 to 0.5, such as 0.1", lambda share: 0 <= share <= 0.5
        ),
        "error_rate": as_number(
            "error_rate", settings.error_rate, "a share between 0 and 1, such as 0.01", lambda rate: 0 < rate < 1
        ),
        "early_stopping": _patience(settings.early_stopping),
        "max_seconds": None
        if settings.max_seconds is None
        else as_number(
            "max_seconds",
            settings.max_seconds,
            "a number above 0, such as 60 for a minute",
            lambda seconds: 0 < seconds < float("inf"),
        ),
        "engine": as_choice("engine", settings.engine, get_args(EngineName)),
        "device": as_choice("device", settings.device, get_args(DeviceName)),
        "threads": None if settings.threads is None else check_threads(settings.threads),
        "log_every": None
        if settings.log_every is None
        else as_whole("log_every", settings.log_every, 1, 1_000_000_000),
    }


def _augmentation(given: object) -> AugmentationSettings | None:
    """None, settings, or the text that `AugmentationSettings.describe` writes."""
    if isinstance(given, str):
        return AugmentationSettings.from_text(given)
    if given is not None and not isinstance(given, AugmentationSettings):
        refuse("augmentation", given, "AugmentationSettings(...), a text such as 'shift 0.1', or None")
    return given


def _of_type(name: str, given: object, kind: type[Kind]) -> Kind:
    if not isinstance(given, kind):
        refuse(name, given, "a name" if kind is str else f"{kind.__name__}(...)")
    return given


def _patience(given: object) -> int:
    """In epochs; True is the usual patience, not a patience of 1."""
    flag = plain(given)
    if isinstance(flag, bool):
        return DEFAULT_PATIENCE if flag else 0
    return as_whole("early_stopping", given, 0, MOST_EPOCHS)


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
