"""The base class of all kinds of layers.

A layer is a frozen description without weights. Names, arguments and their meaning are the same as in PyTorch; only the
number of input channels is left out, because the layer before it determines that. Sizes are given as one number or
(height, width), and always stored as (height, width).

By default, a layer changes no shape and has no weights; a subclass overrides what differs. Two libraries are passed as
arguments and not imported, because this package must not import them: `nn` is `torch.nn`, and `by_hand` is
`convlens.by_hand`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from convlens.errors import NetworkError, UsageError
from convlens.layers.arguments import ARGUMENTS, PaddingWord, Value, WrongArgument, check_arguments, show
from convlens.layers.calls import about_call
from convlens.layers.onnx_operator import OnnxOperator

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
"""The name of a residual block's second branch, in the text of a network and in the branch's label."""

Extent = tuple[int, int]
"""A range of image rows or columns: the first, and the one after the last; equal numbers mean an empty range."""


@dataclass(frozen=True, repr=False)
class Layer:
    """The base class of all kinds of layers.

    The class attributes describe the kind: `word` is its name in text, JSON, C++ and JavaScript; `title` is the heading
    of its form on the page; `summary` is one clause; `formula` says what it does to one number; `example` is the text
    with which it is added to a network; `defaults` lists the default options in the documentation; `takes` says in
    errors which arguments it has; `other_names` are its names in other libraries, `near_names` are functions that it
    can replace; `group` is its group in lists.
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
    """Arguments that have no option word in text, but are written with their name in Python."""
    words_for_padding: ClassVar[tuple[PaddingWord, ...]] = ()
    """The words that are allowed as its padding, besides numbers."""
    needs_maps: ClassVar[bool] = False
    """Whether its input must be maps, not a row of numbers."""
    makes_row: ClassVar[bool] = False
    """Whether its output is a row of numbers."""
    keeps_places: ClassVar[bool] = True
    """Whether each output depends only on the input at the same position (and on parameters of its channel)."""

    torch_classes: ClassVar[tuple[str, ...]] = ()
    """The names of the classes of `torch.nn` that compute it; by default its own name."""
    torch_names: ClassVar[Mapping[str, str]] = {}
    """Argument → attribute of the module of `torch.nn`, where they have other names."""
    torch_fixed: ClassVar[Mapping[str, Any]] = {}
    """Attributes of the module of `torch.nn` that Convlens has no argument for → the only value it computes."""

    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """The names of the functions and methods of PyTorch that compute it, without the underscore of those that change
    their input → their arguments behind the input, in order, with their defaults; None for one that is left out."""

    onnx_operator: ClassVar[str] = ""
    """The name of the operator of ONNX that computes it; empty if there is none."""

    def __init_subclass__(cls) -> None:
        """Use the word as title and as example unless the class defines them."""
        if "word" in vars(cls):
            cls.title, cls.example = vars(cls).get("title", cls.word), vars(cls).get("example", cls.word)

    def __new__(cls, *given: Any, **named: Any) -> Self:
        """Reject arguments that only another library has, and say how to write the layer here."""
        if (given or named) and (reason := cls.about_call(given, named)):
            raise NetworkError(reason)
        return super().__new__(cls)

    @classmethod
    def about_call(cls, given: Sequence[object], named: Mapping[str, object]) -> str | None:
        """Return what is wrong with these arguments and how to write them; None if they are correct."""
        return about_call(cls, given, named, cls.takes)

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Return the output shape for inputs of these shapes; a size below 1 means that a window does not fit."""
        return shapes[0]

    def size_formula(self, node: "ResolvedLayer") -> str:
        """Return the formula of the output's size with its numbers filled in; empty if the size stays the same."""
        return ""

    def parameter_shapes(self, node: "ResolvedLayer") -> dict[str, Shape]:
        """Return the shape of every weight, bias and statistic, under PyTorch's names."""
        return {}

    def count_parameters(self, node: "ResolvedLayer") -> tuple[int, str]:
        """Return the number of trainable parameters, and the calculation behind it."""
        return 0, ""

    def count_multiply_adds(self, node: "ResolvedLayer") -> tuple[int, str]:
        """Return the number of multiply-adds for one image, and the calculation behind it."""
        return 0, ""

    def initial_weights(self, shapes: Mapping[str, Shape], random: Generator) -> Arrays:
        """Draw weight and bias of these shapes: PyTorch's default, uniform in ±1/√(inputs of one output)."""
        from math import prod, sqrt

        import numpy as np

        bound = 1 / sqrt(prod(shapes["weight"][1:])) if shapes else 0.0
        return {name: random.uniform(-bound, bound, shape).astype(np.float32) for name, shape in shapes.items()}

    def extents(self, inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
        """Return, for height and width, the image rows that each position depends on, given those of the inputs."""
        return inputs[0]

    def warnings(self, node: "ResolvedLayer") -> tuple[str, ...]:
        """Return warnings about settings that work but are probably a mistake."""
        return ()

    def numbers(self, node: "ResolvedLayer") -> Sequence[float]:
        """Return the numbers that the native engine needs besides the word; see native/layers."""
        return ()

    def page_arguments(self) -> dict[str, Any]:
        """Return the arguments that the page needs, as JSON values."""
        return {}

    def torch_module(self, node: "ResolvedLayer", nn: Any) -> Any:
        """Return the module of `torch.nn` that computes it: by default that of the same name and arguments."""
        return getattr(nn, type(self).__name__)(*(getattr(self, field.name) for field in fields(self)))

    @classmethod
    def from_torch(cls, module: Any) -> Self:
        """Return the layer that a module of `torch.nn` computes, or any object with its attributes.

        Raises:
            NetworkError: the module has a setting that this layer does not have.
        """
        for name, only in cls.torch_fixed.items():
            value = getattr(module, name, only)
            if _simplest(value) != only:
                raise NetworkError(f"it has {name}={value!r}; Convlens computes only {name}={only!r}.")
        names = {field.name: cls.torch_names.get(field.name, field.name) for field in fields(cls)}
        given = {argument: getattr(module, name, None) for argument, name in names.items()}
        return cls(**{argument: value for argument, value in given.items() if value is not None})

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        """Return the layer that an operator of ONNX computes, and its weights under the names of this layer.

        Raises:
            NetworkError: the operator has a setting that this layer does not have.
        """
        del operator
        return cls(), {}

    def torch_call(self, torch: Any, inputs: Sequence[Any]) -> "tuple[Any, tuple[Any, ...]] | None":
        """Return a function and its arguments for a layer that no module computes; None if a module does."""
        return None

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        """Compute the output for one image in plain NumPy, as in a trained network."""
        raise NotImplementedError

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        """Add the layer to an ONNX graph (see `convlens.exports.onnx_file.graph`). Returns the name of its output.

        `weights` are the names of its weights in the graph, `values` those of its inputs.
        """
        raise NotImplementedError

    def trace(self, by_hand: Any, node: "ResolvedLayer", weights: Weights, *values: Values) -> Any:
        """Return the window positions behind the result, one at a time.

        Raises:
            UsageError: the layer has no window; it works on one number at a time.
        """
        raise UsageError(
            f"{self} works on one number at a time, so it has no window position to show; give the number of a conv, "
            "pooling or dense layer, or of one that joins branches."
        )

    def __str__(self) -> str:
        """Return the layer as it is written in the text of a network."""
        words = [self.word]
        for option, name, value in self._spoken_arguments():
            number = self._spoken(name, value)
            words.append(f"{option} {number}" if option else number)
        return " ".join(words)

    def __repr__(self) -> str:
        """Return the layer as the Python expression that makes it."""
        arguments = [
            f"{name}={_simplest(value)!r}" if option or name in self.has_names_for else repr(_simplest(value))
            for option, name, value in self._spoken_arguments()
        ]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def _spoken(self, name: str, value: Value) -> str:
        return show(value).removesuffix(".0")

    def _spoken_arguments(self) -> list[tuple[str | None, str, Value]]:
        """Return (option word or None, argument, value): options only if they are not the default."""
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
        """Return the default of an argument as text; None if the argument is required."""
        default = next(field.default for field in fields(cls) if field.name == name)
        return None if default is MISSING else show(default)

    def _set(self, **given: object) -> None:
        """Check the arguments and store them; constructors call this.

        Raises:
            NetworkError: an argument is not allowed.
        """
        try:
            checked = self.check(given)
        except WrongArgument as wrong:
            raise NetworkError(wrong.reason) from None
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @classmethod
    def check(cls, given: Mapping[str, object]) -> dict[str, Value]:
        """Return the arguments in their stored form.

        Raises:
            WrongArgument: an argument is not allowed.
        """
        checked = check_arguments(cls.word, given)
        cls.check_together(checked)
        return checked

    @classmethod
    def check_together(cls, checked: dict[str, Value]) -> None:
        """Raise `WrongArgument` for arguments that are allowed on their own but not together."""


@dataclass(frozen=True)
class ResolvedLayer:
    """A layer at its position in a network, with its shapes; a `Dense` always has its number of features here.

    `index` is its position among all layers, in the order in which they are computed. `path` is the name of its PyTorch
    module, with which the names of its weights begin: the index in a chain, `3.body.0` in a residual block. `inputs`
    are the indices of the layers that it reads; −1 is the network's input. `branch` is the branch that contains it, in
    the innermost block (`body`, `shortcut`, `branch 0`, ...), and `depth` is the number of blocks around it.
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
        """The shape of its first input, which is usually the only one."""
        return self.input_shapes[0]

    @property
    def text_with_branch(self) -> str:
        """The layer's text, prefixed with the branch that contains it, such as `shortcut: conv 16 1x1`."""
        return f"{self.branch}: {self.layer}" if self.branch else str(self.layer)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shape of every weight, bias and statistic, under its name in the whole network."""
        return {f"{self.path}.{name}": shape for name, shape in self.layer.parameter_shapes(self).items()}


def union(extents: Sequence[Extent]) -> Extent:
    """Return the smallest range that contains all of these; empty ranges (padding) are ignored.

    >>> union([(2, 4), (0, 0), (3, 7)])
    (2, 7)
    """
    seen = [extent for extent in extents if extent[0] < extent[1]]
    return (min(start for start, _ in seen), max(end for _, end in seen)) if seen else (0, 0)


def name_of_layer(index: int) -> str:
    """Return the name of a layer in formulas and sentences; −1 is the network's input.

    >>> name_of_layer(3), name_of_layer(-1)
    ('layer 3', 'input')
    """
    return "input" if index < 0 else f"layer {index}"


def times(*numbers: int) -> str:
    """Write out a product.

    >>> times(8, 3, 3)
    '8·3·3'
    """
    return "·".join(str(number) for number in numbers)


def _simplest(value: Value) -> Value:
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value
