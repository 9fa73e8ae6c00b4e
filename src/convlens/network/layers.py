"""The layers that a network can have: frozen descriptions without weights and without arithmetic.

Names, arguments and meaning are PyTorch's, so that knowledge and code carry over; only the number of input channels is
left out, because the layer before says it. They are descriptions rather than modules: a network must be comparable,
printable and storable before any engine is chosen. Sizes are given as one number or (height, width), and always stored
as (height, width). What happens to shapes stands in `shapes`, what it costs in `arithmetic`.
"""

from dataclasses import Field, dataclass, fields
from typing import ClassVar

from convlens.errors import NetworkError
from convlens.network.arguments import OPTIONS, Size, Value, WrongArgument, check_arguments, show
from convlens.window import Window


def _set(layer: object, word: str, **given: object) -> None:
    """Store checked arguments in a frozen layer."""
    try:
        checked = check_arguments(word, given)
    except WrongArgument as wrong:
        raise NetworkError(wrong.reason) from None
    for name, value in checked.items():
        object.__setattr__(layer, name, value)


@dataclass(frozen=True, init=False, repr=False)
class Conv2d:
    """A convolution (cross-correlation, as everywhere in deep learning) with bias: C×H×W → channels×H'×W'.

    Raises:
        NetworkError: a number that is not allowed.

    >>> Conv2d(8, 3, padding=1)
    Conv2d(8, 3, padding=1)
    >>> Conv2d(8, (3, 5), stride=2).kernel_size
    (3, 5)
    """

    word: ClassVar[str] = "conv"
    channels: int
    kernel_size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)

    def __init__(
        self, channels: int, kernel_size: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1
    ) -> None:
        arguments = {"channels": channels, "kernel_size": kernel_size}
        _set(self, self.word, **arguments, stride=stride, padding=padding, dilation=dilation)

    def __repr__(self) -> str:
        return write_call(self)


@dataclass(frozen=True, init=False, repr=False)
class MaxPool2d:
    """The largest value under each position of the window; `stride` is the kernel size unless given.

    Padding takes part in no maximum, and is at most half of the kernel size.

    >>> MaxPool2d(2), MaxPool2d(3, stride=2, padding=1)
    (MaxPool2d(2), MaxPool2d(3, stride=2, padding=1))
    """

    word: ClassVar[str] = "maxpool"
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        _set(
            self, self.word, kernel_size=kernel_size, stride=kernel_size if stride is None else stride, padding=padding
        )

    def __repr__(self) -> str:
        return write_call(self)


@dataclass(frozen=True, init=False, repr=False)
class AvgPool2d:
    """The mean under each position of the window; `stride` is the kernel size unless given.

    Padding counts as zeros that belong to the mean (torch's `count_include_pad=True`), and is at most half of the
    kernel size.

    >>> AvgPool2d((2, 3))
    AvgPool2d((2, 3))
    """

    word: ClassVar[str] = "avgpool"
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        _set(
            self, self.word, kernel_size=kernel_size, stride=kernel_size if stride is None else stride, padding=padding
        )

    def __repr__(self) -> str:
        return write_call(self)


@dataclass(frozen=True)
class ReLU:
    """max(x, 0) for every number."""

    word: ClassVar[str] = "relu"


@dataclass(frozen=True, init=False, repr=False)
class LeakyReLU:
    """x for x > 0, else slope·x; the slope is from 0 to 1.

    >>> LeakyReLU()
    LeakyReLU(0.01)
    """

    word: ClassVar[str] = "leaky_relu"
    slope: float = 0.01

    def __init__(self, slope: float = 0.01) -> None:
        _set(self, self.word, slope=slope)

    def __repr__(self) -> str:
        return write_call(self)


@dataclass(frozen=True)
class Tanh:
    """tanh(x) for every number."""

    word: ClassVar[str] = "tanh"


@dataclass(frozen=True)
class Sigmoid:
    """1/(1 + exp(−x)) for every number."""

    word: ClassVar[str] = "sigmoid"


@dataclass(frozen=True)
class BatchNorm2d:
    """Batch normalisation of each channel; of each number where maps are already flat (torch's BatchNorm1d)."""

    word: ClassVar[str] = "batchnorm"


@dataclass(frozen=True, init=False, repr=False)
class Dropout:
    """Sets each number to 0 with this probability while training, and scales the others up; else does nothing.

    >>> Dropout(0.25)
    Dropout(0.25)
    """

    word: ClassVar[str] = "dropout"
    probability: float = 0.5

    def __init__(self, probability: float = 0.5) -> None:
        _set(self, self.word, probability=probability)

    def __repr__(self) -> str:
        return write_call(self)


@dataclass(frozen=True)
class GlobalAvgPool2d:
    """The mean of each map: C×H×W → C×1×1."""

    word: ClassVar[str] = "globalavgpool"


@dataclass(frozen=True)
class Flatten:
    """All maps as one row of numbers: C×H×W → C·H·W."""

    word: ClassVar[str] = "flatten"


@dataclass(frozen=True, init=False, repr=False)
class Dense:
    """Every output is a weighted sum of all inputs plus a bias. Without a number it gives one output a class.

    >>> Dense(64), Dense()
    (Dense(64), Dense())
    """

    word: ClassVar[str] = "dense"
    features: int | None = None

    def __init__(self, features: int | None = None) -> None:
        _set(self, self.word, features=features)

    def __repr__(self) -> str:
        return write_call(self)


Layer = (
    Conv2d
    | ReLU
    | LeakyReLU
    | Tanh
    | Sigmoid
    | MaxPool2d
    | AvgPool2d
    | BatchNorm2d
    | Dropout
    | GlobalAvgPool2d
    | Flatten
    | Dense
)
LAYER_TYPES: dict[str, type[Layer]] = {
    layer_type.word: layer_type
    for layer_type in (
        Conv2d,
        ReLU,
        LeakyReLU,
        Tanh,
        Sigmoid,
        MaxPool2d,
        AvgPool2d,
        BatchNorm2d,
        Dropout,
        GlobalAvgPool2d,
        Flatten,
        Dense,
    )
}
"""Word in text → layer type."""

SlidingLayer = Conv2d | MaxPool2d | AvgPool2d
"""The layers with a window."""


def windows_of(layer: SlidingLayer) -> tuple[Window, Window]:
    """How the layer's window slides along the height and along the width.

    >>> windows_of(MaxPool2d((2, 3)))[1]
    Window(kernel_size=3, stride=3, padding=0, dilation=1)
    """
    dilation = layer.dilation if isinstance(layer, Conv2d) else (1, 1)
    height, width = zip(layer.kernel_size, layer.stride, layer.padding, dilation, strict=True)
    return Window(*height), Window(*width)


def write_layer(layer: Layer) -> str:
    """The layer as the text of a network has it.

    >>> write_layer(Conv2d(8, 3, padding=1)), write_layer(MaxPool2d((2, 3), stride=2)), write_layer(Dense())
    ('conv 8 3x3 pad 1', 'maxpool 2x3 stride 2', 'dense')
    """
    words = [layer.word]
    for option, name, value in _spoken_arguments(layer):
        if isinstance(layer, Conv2d) and name == "kernel_size":
            words.append(f"{layer.kernel_size[0]}x{layer.kernel_size[1]}")  # people say 3x3, even where it is square
        else:
            number = show(value).removesuffix(".0")
            words.append(f"{option} {number}" if option else number)
    return " ".join(words)


def write_call(layer: Layer) -> str:
    """The layer as Python that makes it again."""
    arguments = [
        f"{name}={_simplest(value)!r}" if option else repr(_simplest(value))
        for option, name, value in _spoken_arguments(layer)
    ]
    return f"{type(layer).__name__}({', '.join(arguments)})"


def _spoken_arguments(layer: Layer) -> list[tuple[str | None, str, Value]]:
    """(option word or None, argument, value): options only where they are not the default, other numbers always."""
    option_words = {name: option for option, name in OPTIONS.items()}
    spoken = []
    for field in fields(layer):
        value, option = getattr(layer, field.name), option_words.get(field.name)
        if value is not None and not (option and value == _default(layer, field)):
            spoken.append((option, field.name, value))
    return spoken


def _default(layer: Layer, field: Field[Value]) -> Value:
    if isinstance(layer, MaxPool2d | AvgPool2d) and field.name == "stride":
        return layer.kernel_size
    return field.default  # pyright: ignore[reportReturnType]


def _simplest(value: Value) -> Value:
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value
