"""The options of `convlens train`, in groups, so that the command stays readable. Nothing heavy is imported here."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convlens.cli.options import DeviceOption, EngineOption, Threads, Whole

if TYPE_CHECKING:
    from convlens.data import ImportOptions

NetworkOption = Annotated[
    str | None, Parameter(help="A network as text, or tutorial or lenet; `convlens layers --help` has the language.")
]
SeedOption = Annotated[
    Whole | None,
    Parameter(help="Of everything random; the same weights again on one kind of processor, whatever the threads."),
]
ValidationOption = Annotated[
    float | None,
    Parameter(help="Share of the training images to hold out, judge after every epoch, and fit the confidence on."),
]
AugmentationOption = Annotated[
    str | None, Parameter(help='How copies differ that are learned from: none, or "shift 0.1, rotation 10, noise 0.1".')
]
ProbeOption = Annotated[
    bool | None, Parameter(help="Try out mirror images and turns, and learn from those that make no class another.")
]
BalanceOption = Annotated[
    str | None, Parameter(help="Rare classes: none, weights (they count more) or sampling (they come more often).")
]
ErrorRateOption = Annotated[
    float | None,
    Parameter(help="Wrong answers to allow; what is less sure becomes unknown. [default: 0.01; best: 0.005]"),
]
SizeOption = Annotated[Whole | None, Parameter(help="Your images: side of the square input, 16 to 96; else chosen.")]
ChannelsOption = Annotated[
    Whole | None, Parameter(help="Your images: 1 for grey, 3 for colour; else chosen from them.")
]
GroupOption = Annotated[
    str | None,
    Parameter(help='Your images: files with this text in common stay in one part, such as "{stem[:5]}".'),
]
SplitSeedOption = Annotated[
    Whole | None, Parameter(help="Your images: another number, another division into training, validation and test.")
]


@dataclass(frozen=True)
class Changes:
    """What may differ from the recipe; None leaves the recipe's value. Each field is an option."""

    network: NetworkOption = None
    epochs: Annotated[Whole | None, Parameter(help="How often every training image is seen.")] = None
    batch_size: Annotated[Whole | None, Parameter(help="Images of one step.")] = None
    learning_rate: Annotated[float | None, Parameter(help="The constant or the highest learning rate.")] = None
    augmentation: AugmentationOption = None
    probe: ProbeOption = None
    balance: BalanceOption = None
    seed: SeedOption = None
    validation: ValidationOption = None
    error_rate: ErrorRateOption = None
    engine: EngineOption = None
    device: DeviceOption = None
    threads: Threads = None

    def given(self) -> dict[str, Any]:
        """Those that were given."""
        return _given(self)


@dataclass(frozen=True)
class UserImages:
    """How a user's images are read and divided. Each field is an option."""

    size: SizeOption = None
    channels: ChannelsOption = None
    group_by: GroupOption = None
    split_seed: SplitSeedOption = None

    def given(self) -> dict[str, Any]:
        """Those that were given."""
        return _given(self)

    def as_options(self) -> "ImportOptions | None":
        """For whoever reads the images; None where nothing was given.

        Raises:
            UsageError: a value that is not allowed.
        """
        from convlens.data import ImportOptions

        return ImportOptions(**self.given()) if self.given() else None


ChangeOptions = Annotated[Changes | None, Parameter(name="*")]
UserImagesOptions = Annotated[UserImages | None, Parameter(name="*")]


def _given(options: Changes | UserImages) -> dict[str, Any]:
    return {name: value for name, value in asdict(options).items() if value is not None}
