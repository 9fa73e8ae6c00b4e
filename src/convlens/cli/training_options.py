"""The options of `convlens train`, in groups, so that the command stays readable. Imports must be light."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convlens.cli.options import DeviceOption, EngineOption, Threads, Whole

if TYPE_CHECKING:
    from convlens.data import ImportOptions


@dataclass(frozen=True)
class _Options:
    def given(self) -> dict[str, Any]:
        """Return the options that were given."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Changes(_Options):
    """Changes to the recipe; None keeps the recipe's value. Each field is an option, and its line is the help text.

    Attributes:
        network: A network as text, or the name of a preset (tutorial, lenet); `convlens layers --help` describes the
            language.
        epochs: How many times to go through the training images.
        batch_size: The number of images in each training step.
        learning_rate: The learning rate, or its highest value if the recipe varies it.
        augmentation: How to vary the training images: none, or for example "shift 0.1, rotation 10, noise 0.1".
        probe: Try out flips and rotations, and train with those that do not make classes look alike.
        balance: How to treat rare classes: none, weights (count them more) or sampling (show them more often).
        seed: The seed of all random numbers; the same seed gives the same weights on the same kind of processor.
        validation: The share of the training images to hold out for validation and calibration, such as 0.1.
        error_rate: Choose the confidence below which an answer is unknown, so that at most this share of the other
            answers is wrong. [default: 0.01; best: 0.005]
        patience: Stop after this many epochs in a row without improvement on the held-out images; 0 never stops early.
        minutes: The time limit in minutes, including testing and saving but not reading the images.
    """

    network: str | None = None
    epochs: Whole | None = None
    batch_size: Whole | None = None
    learning_rate: float | None = None
    augmentation: str | None = None
    probe: bool | None = None
    balance: str | None = None
    seed: Whole | None = None
    validation: float | None = None
    error_rate: float | None = None
    patience: Whole | None = None
    minutes: float | None = None
    engine: EngineOption = None
    device: DeviceOption = None
    threads: Threads = None


@dataclass(frozen=True)
class UserImages(_Options):
    """How custom images are read and split. Each field is an option, and its line is the help text.

    Attributes:
        size: Your own images: the side of the square input in pixels, 16 to 96. [default: chosen from the images]
        channels: Your own images: 1 for grey, 3 for colour. [default: chosen from the images]
        group_by: Your own images: a pattern that groups files, such as "{stem[:5]}" for the first five characters of
            the name; a group is never divided between training, validation and test images.
        split_seed: Your own images: the seed for dividing them into training, validation and test images.
    """

    size: Whole | None = None
    channels: Whole | None = None
    group_by: str | None = None
    split_seed: Whole | None = None

    def as_options(self) -> "ImportOptions | None":
        """Return options for reading the images; None if no option was given.

        Raises:
            UsageError: a value is not allowed.
        """
        from convlens.data import ImportOptions

        return ImportOptions(**self.given()) if self.given() else None


def as_settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options under the names and in the units of the training settings.

    Raises:
        UsageError: a value is not allowed; the message names the option.

    >>> as_settings({"epochs": 2, "patience": 3, "minutes": 0.5})
    {'epochs': 2, 'early_stopping': 3, 'max_seconds': 30.0}
    """
    from convlens.checking import as_number, as_whole
    from convlens.training.settings import MOST_EPOCHS

    settings = dict(given)
    if "patience" in settings:
        settings["early_stopping"] = as_whole("patience", settings.pop("patience"), 0, MOST_EPOCHS)
    if "minutes" in settings:
        allowed = "a number above 0, such as 0.5 for half a minute"
        settings["max_seconds"] = 60 * as_number("minutes", settings.pop("minutes"), allowed, _is_time)
    return settings


def _is_time(minutes: float) -> bool:
    return 0 < minutes < float("inf")


ChangeOptions = Annotated[Changes | None, Parameter(name="*")]
UserImagesOptions = Annotated[UserImages | None, Parameter(name="*")]
