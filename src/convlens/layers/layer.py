"""What a kind of layer is: everything that anybody needs to know of it, in one class, in one file.

A layer is a frozen description without weights. Names, arguments and meaning are PyTorch's, so that knowledge and code
carry over; only the number of input channels is left out, because the layer before says it. Sizes are given as one
number or (height, width), and always stored as (height, width).

A subclass states what differs from "changes no shape and has no weights". Two libraries are handed in rather than
imported, since both stand above this package: `nn` is `torch.nn`, and `by_hand` is `convlens.by_hand`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from convlens.errors import NetworkError, UsageError
from convlens.layers.arguments import ARGUMENTS, PaddingWord, Value, WrongArgument, check_arguments, show
from convlens.layers.calls import about_call

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[np.float64]"
Weights: TypeAlias = "Mapping[str, NDArray[np.float64]]"
Arrays: TypeAlias = "dict[str, np.ndarray[Any, Any]]"
Generator: TypeAlias = "np.random.Generator"

Shape = tuple[int, ...]
"""(C, H, W) for maps, (F,) for a row of numbers."""

Group = Literal["weights", "pooling", "normalisation", "activation", "shape", "join"]

SHORTCUT = "shortcut"
"""What the text of a network and the label of a branch call the way around a residual block's body."""

Extent = tuple[int, int]
"""The image rows from the first up to but not including the second; equal numbers mean none."""


@dataclass(frozen=True, repr=False)
class Layer:
    """The base of every kind of layer.

    The class attributes describe the kind: `word` is its name in text, JSON, C++ and JavaScript; `title` heads a form;
    `summary` is one clause; `formula` is what it does to one number; `example` is its text where one is added to a
    network; `defaults` says in the documentation what holds where an option is not given; `takes` says in an error
    which arguments it has; `other_names` are what other libraries call it, `near_names` other
    functions that it can stand in for; `group` is what it stands with in lists.
    """

    word: ClassVar[str]
    group: ClassVar[Group]
    title: ClassVar[str]
    summary: ClassVar[str]
    formula: ClassVar[str]
    example: ClassVar[str]
    defaults: ClassVar[str] = ""
    takes: ClassVar[str] = "no argument"
    other_names: ClassVar[tuple[str, ...]] = ()
    near_names: ClassVar[tuple[str, ...]] = ()
    has_names_for: ClassVar[tuple[str, ...]] = ()
    """The numbers without a word in text that have a name in Python."""
    words_for_padding: ClassVar[tuple[PaddingWord, ...]] = ()
    """What its padding can be instead of a number."""
    needs_maps: ClassVar[bool] = False
    """Whether it works on maps alone, and not on a row of numbers."""
    makes_row: ClassVar[bool] = False
    """Whether it leaves a row of numbers."""
    keeps_places: ClassVar[bool] = True
    """Whether each number follows from the number at the same place alone (or with it, from the channel's)."""

    def __init_subclass__(cls) -> None:
        """A kind of which nothing else is said is called, and written, as its word."""
        if "word" in vars(cls):
            cls.title, cls.example = vars(cls).get("title", cls.word), vars(cls).get("example", cls.word)

    def __new__(cls, *given: Any, **named: Any) -> Self:
        """Refuse what another library would take, with the way to write it here."""
        if (given or named) and (reason := cls.about_call(given, named)):
            raise NetworkError(reason)
        return super().__new__(cls)

    @classmethod
    def about_call(cls, given: Sequence[object], named: Mapping[str, object]) -> str | None:
        """What is wrong with the way in which arguments are given, and how to write it; None where nothing is."""
        return about_call(cls, given, named, cls.takes)

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """The shape that it gives for inputs of these shapes; a size below 1 where a window does not fit."""
        return shapes[0]

    def size_formula(self, node: "ResolvedLayer") -> str:
        """The sum behind the output's size, with the numbers filled in; empty where nothing changes."""
        return ""

    def parameter_shapes(self, node: "ResolvedLayer") -> dict[str, Shape]:
        """The shape of every weight, bias and statistic, under PyTorch's names."""
        return {}

    def count_parameters(self, node: "ResolvedLayer") -> tuple[int, str]:
        """How many numbers training changes, and the sum behind it."""
        return 0, ""

    def count_multiply_adds(self, node: "ResolvedLayer") -> tuple[int, str]:
        """The multiplications with an addition for one image, and the sum behind them."""
        return 0, ""

    def initial_weights(self, shapes: Mapping[str, Shape], random: Generator) -> Arrays:
        """Fresh weight and bias of these shapes: PyTorch's default, uniform in ±1/√(inputs of one output)."""
        from math import prod, sqrt

        import numpy as np

        bound = 1 / sqrt(prod(shapes["weight"][1:])) if shapes else 0.0
        return {name: random.uniform(-bound, bound, shape).astype(np.float32) for name, shape in shapes.items()}

    def extents(self, inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
        """For height and width, the image rows that each position depends on, from those of the inputs."""
        return inputs[0]

    def warnings(self, node: "ResolvedLayer") -> tuple[str, ...]:
        """What works, but is probably not meant."""
        return ()

    def numbers(self, node: "ResolvedLayer") -> Sequence[float]:
        """What the native engine is told besides the word; see native/layers."""
        return ()

    def page_arguments(self) -> dict[str, Any]:
        """What the page is told of it, as JSON values."""
        return {}

    def torch_module(self, node: "ResolvedLayer", nn: Any) -> Any:
        """The module of `torch.nn` that computes it: that of the same name, with the same arguments in their order."""
        return getattr(nn, type(self).__name__)(*(getattr(self, field.name) for field in fields(self)))

    def torch_call(self, torch: Any, inputs: Sequence[Any]) -> "tuple[Any, tuple[Any, ...]] | None":
        """For what no module computes: a function and its arguments. None where there is a module."""
        return None

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        """What a trained network makes of these inputs of one image, in plain NumPy."""
        raise NotImplementedError

    def trace(self, by_hand: Any, node: "ResolvedLayer", weights: Weights, *values: Values) -> Any:
        """Every window position behind the result, one at a time.

        Raises:
            UsageError: a kind that looks at one number at a time.
        """
        raise UsageError(
            f"{self} takes one number at a time, so there is no window position to show; give the number of a conv, "
            "pool or dense layer, or of one that joins branches."
        )

    def __str__(self) -> str:
        """The layer as the text of a network has it."""
        words = [self.word]
        for option, name, value in self._spoken_arguments():
            number = self._spoken(name, value)
            words.append(f"{option} {number}" if option else number)
        return " ".join(words)

    def __repr__(self) -> str:
        """The layer as Python that makes it again."""
        arguments = [
            f"{name}={_simplest(value)!r}" if option or name in self.has_names_for else repr(_simplest(value))
            for option, name, value in self._spoken_arguments()
        ]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def _spoken(self, name: str, value: Value) -> str:
        return show(value).removesuffix(".0")

    def _spoken_arguments(self) -> list[tuple[str | None, str, Value]]:
        """(option word or None, argument, value): options only where they are not the default, other numbers always."""
        spoken = []
        for field in fields(self):
            value, option = getattr(self, field.name), ARGUMENTS[field.name].option
            if value is not None and not (option and value == self._default(field)):
                spoken.append((option, field.name, value))
        return spoken

    def _default(self, field: Field[Any]) -> Value:
        return field.default  # pyright: ignore[reportReturnType]

    @classmethod
    def default_text(cls, name: str) -> str | None:
        """What holds where an argument is not given, in words; None where it must be given."""
        default = next(field.default for field in fields(cls) if field.name == name)
        return None if default is MISSING else show(default)

    def _set(self, **given: object) -> None:
        """Store checked arguments; for a constructor.

        Raises:
            NetworkError: one that is not allowed.
        """
        try:
            checked = self.check(given)
        except WrongArgument as wrong:
            raise NetworkError(wrong.reason) from None
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @classmethod
    def check(cls, given: Mapping[str, object]) -> dict[str, Value]:
        """The arguments in their stored form.

        Raises:
            WrongArgument: one that is not allowed.
        """
        checked = check_arguments(cls.word, given)
        cls.check_together(checked)
        return checked

    @classmethod
    def check_together(cls, checked: dict[str, Value]) -> None:
        """Refuse arguments that are allowed by themselves but not together, with `WrongArgument`."""


@dataclass(frozen=True)
class ResolvedLayer:
    """A layer at its place in a network, with its shapes; a `Dense` knows its number here.

    `index` is its position among all layers, in the order in which they are computed. `path` is its name in PyTorch's
    module, and its weights' names begin with it: the index in a chain, `3.body.0` in a residual block. `inputs` are the
    indices of the layers that it reads, −1 being the network's input. `branch` says which branch of the block around it
    it stands in (`body`, `shortcut`, `branch 0`, ...), `depth` how many blocks there are around it.
    """

    index: int
    layer: Layer
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    path: str
    depth: int = 0
    branch: str = ""

    @property
    def input_shape(self) -> Shape:
        """The shape of its only, or first, input."""
        return self.input_shapes[0]

    @property
    def text_with_branch(self) -> str:
        """The layer's text behind the branch that it stands in, such as `shortcut: conv 16 1x1`."""
        return f"{self.branch}: {self.layer}" if self.branch else str(self.layer)

    def parameter_shapes(self) -> dict[str, Shape]:
        """The shape of every weight, bias and statistic, under its name in the whole network."""
        return {f"{self.path}.{name}": shape for name, shape in self.layer.parameter_shapes(self).items()}


def union(extents: Sequence[Extent]) -> Extent:
    """From the first row to the last; positions that see nothing but padding add none.

    >>> union([(2, 4), (0, 0), (3, 7)])
    (2, 7)
    """
    seen = [extent for extent in extents if extent[0] < extent[1]]
    return (min(start for start, _ in seen), max(end for _, end in seen)) if seen else (0, 0)


def name_of_layer(index: int) -> str:
    """What sums and sentences call a layer; −1 is the network's input.

    >>> name_of_layer(3), name_of_layer(-1)
    ('layer 3', 'input')
    """
    return "input" if index < 0 else f"layer {index}"


def times(*numbers: int) -> str:
    """A product, written out.

    >>> times(8, 3, 3)
    '8·3·3'
    """
    return "·".join(str(number) for number in numbers)


def _simplest(value: Value) -> Value:
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value
