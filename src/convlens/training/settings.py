"""The settings of a training, in a frozen dataclass.

The effective settings are stored in the run folder and in the model file, so that a run can be repeated from either.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args

import msgspec

from convlens.checking import as_choice, as_flag, as_number, as_whole, plain, refuse, shown
from convlens.deprecations import with_new_keys
from convlens.engines import AugmentationSettings, DeviceName, EngineName, LossSettings, OptimizerSettings
from convlens.engines.choice import check_threads
from convlens.errors import UsageError
from convlens.network import TUTORIAL, as_network
from convlens.words import shorten

Recipe = Literal["fast", "tutorial", "best"]
Schedule = Literal["constant", "one-cycle"]
Balance = Literal["none", "weights", "sampling"]

MOST_EPOCHS = 100_000
Kind = TypeVar("Kind")
DEFAULT_PATIENCE = 5
"""The patience in epochs that `early_stopping=True` means."""


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training.

    Attributes:
        recipe: the recipe that these settings are based on, or your own name for them.
        network: text in the network language, or the name of a preset.
        epochs: how often the training goes through all training images.
        batch_size: images per step; the last step of an epoch has the remaining ones.
        learning_rate: the constant learning rate (`constant`), or the highest one (`one-cycle`).
        schedule: `constant` or `one-cycle`.
        optimizer, loss: see `convlens.engines`.
        augmentation: random changes to the training images; None trains on the images as they are.
        final_strength: strength of the augmentation in the last epoch, 0 to 1. It decreases in the second half of the
            training, so that the last steps see images closer to the originals.
        probe: whether to test which flips and large rotations preserve the labels, and to add those to the
            augmentation.
        balance: `weights` gives images of rare classes a larger weight in the loss; `sampling` shows them more often.
        seed: random seed for the initial weights, shuffling, dropout and the held-out split.
        validation: fraction of the training images, 0 to 0.5, that is held out for validation after every epoch and
            for calibration. Not needed if the data contain validation images.
        error_rate: the highest error rate among the answers to held-out images; the model answers `unknown` to the
            images below the confidence that this takes.
        early_stopping: patience in epochs. The training ends after this many epochs without improvement on the
            held-out images, and keeps the weights of the best epoch. An improvement is a higher accuracy, or the same
            accuracy with a lower loss. True means 5; 0 or False trains all epochs.
        max_seconds: time limit in seconds after the images were read; it includes evaluating and writing files. If the
            epochs do not fit, the learning rate falls to almost 0 in the last fifth of the time.
        engine, device, threads: what computes. None for threads means one per core, or `OMP_NUM_THREADS` if that is
            lower.
        log_every: the number of batches between the logged losses, in the tutorial's format; None logs one line per
            epoch.

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
        """Return the settings as a dict for JSON and TOML, without those that are None."""
        return _without_none(asdict(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingSettings":
        """Create settings from the result of `as_dict`.

        Raises:
            UsageError: a key is unknown, or a value is not allowed.

        >>> TrainingSettings.from_dict({"epoch": 2})
        Traceback (most recent call last):
        ...
        convlens.errors.UsageError: unknown setting 'epoch'. The settings are recipe, network, epochs, ...
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
        except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter for lone surrogates
            raise UsageError(f"the settings cannot be used: {shorten(error, 300)}.") from error


def _checked(settings: TrainingSettings) -> dict[str, Any]:
    """Check every setting and return it as it is stored: numbers as Python's types, a network as text."""
    network = settings.network
    as_network(network)  # raises UsageError for a wrong network
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
    """Read an augmentation: None, settings, or text as `AugmentationSettings.describe` writes it."""
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
    """Return the patience in epochs; True means the default patience, not 1."""
    flag = plain(given)
    if isinstance(flag, bool):
        return DEFAULT_PATIENCE if flag else 0
    return as_whole("early_stopping", given, 0, MOST_EPOCHS)


def _check_keys(values: Any, kind: type) -> None:
    if not isinstance(values, dict):
        return  # msgspec reports the wrong type
    known = [one.name for one in fields(kind)]
    for key in values:
        if key not in known:
            raise UsageError(f"unknown setting {shown(key)}. The settings are {', '.join(known)}.")


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
