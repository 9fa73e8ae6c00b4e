"""The base classes of layers with a window: sizes, receptive field, rows that no window reads.

`convlens.window` describes a window along one axis; a layer here has two axes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import Field
from typing import Any, ClassVar, Literal, Self, cast

from convlens.errors import NetworkError, UsageError
from convlens.layers.arguments import PaddingWord, Size, Value, WrongArgument, not_allowed, show
from convlens.layers.layer import SHORTCUT, Arrays, Extent, Group, Layer, ResolvedLayer, Shape, Values, Weights, union
from convlens.layers.lost_rows import warn_of_lost_rows
from convlens.layers.onnx_operator import OnnxOperator
from convlens.window import Window, output_size, output_size_formula, same_padding
from convlens.words import nearest


class SlidingLayer(Layer):
    """A layer with a window that slides over maps. It is not a dataclass, so that each kind can order its fields."""

    needs_maps: ClassVar[bool] = True
    keeps_places: ClassVar[bool] = False
    words_for_padding: ClassVar[tuple[PaddingWord, ...]] = ("valid",)
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @classmethod
    def check(cls, given: Mapping[str, object]) -> dict[str, Value]:
        """Return the arguments in their stored form, with a padding word converted to a number."""
        word = given.get("padding")
        if not isinstance(word, str):
            return super().check(given)
        if word not in cls.words_for_padding:
            raise cls._wrong_word(word)
        checked = super().check({**given, "padding": 0})
        if word == "same":
            checked["padding"] = _same_padding(checked)
        return checked

    @classmethod
    def _wrong_word(cls, word: str) -> WrongArgument:
        if word == "same":
            return WrongArgument(
                "padding", f"{cls.word} has no padding 'same', and neither does PyTorch's. Give a number, such as 1."
            )
        near = nearest(word.lower(), cls.words_for_padding)
        hint = f"Did you mean '{near}'?" if near else "Write for example 1."
        return not_allowed(cls.word, "padding", word, hint, cls.words_for_padding)

    @property
    def windows(self) -> tuple[Window, Window]:
        """The window along the height, and the window along the width."""
        height, width = zip(self.kernel_size, self.stride, self.padding, self._dilation, strict=True)
        return Window(*height), Window(*width)

    @property
    def _dilation(self) -> tuple[int, int]:
        return (1, 1)

    def most_padding(self, window: Window) -> int:
        """Return the largest padding along one axis that is allowed or worth trying."""
        raise NotImplementedError

    def output_channels(self, channels: int) -> int:
        return channels

    def output_shape(self, shapes: Sequence[Shape]) -> Shape:
        """Return one map for each output channel, with one number for each window position."""
        channels, *sizes = shapes[0]
        height, width = (output_size(size, *window) for size, window in zip(sizes, self.windows, strict=True))
        return (self.output_channels(channels), height, width)

    def size_formula(self, node: ResolvedLayer) -> str:
        """Return the formula for the number of window positions; only one if both axes are equal."""
        sizes = zip(node.input_shape[1:], self.windows, strict=True)
        height, width = (output_size_formula(size, *window) for size, window in sizes)
        return height if height == width else f"height {height}, width {width}"

    def extents(self, inputs: Sequence[list[list[Extent]]]) -> list[list[Extent]]:
        return [_slide(axis, window) for axis, window in zip(inputs[0], self.windows, strict=True)]

    def warnings(self, node: ResolvedLayer) -> tuple[str, ...]:
        """Warn of rows and columns that no window reads; a shortcut may skip some, because the body reads them."""
        return () if node.branch == SHORTCUT else warn_of_lost_rows(self, node.input_shape)

    def page_arguments(self) -> dict[str, Any]:
        sizes = {"kernel": self.kernel_size, "stride": self.stride, "padding": self.padding}
        return {name: list(size) for name, size in (sizes | {"dilation": self._dilation}).items()}


class PoolingLayer(SlidingLayer):
    """A window that slides over every map separately; the stride defaults to the kernel size."""

    group: ClassVar[Group] = "pooling"
    defaults: ClassVar[str] = "`pad 0`, `stride` = the window"
    takes: ClassVar[str] = "kernel_size, stride and padding"
    operation: ClassVar[str]
    """The name of its function in `convlens.by_hand`."""
    onnx_options: ClassVar[dict[str, int]] = {}

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size | Literal["valid"] = 0) -> None:
        self._set(kernel_size=kernel_size, stride=kernel_size if stride is None else stride, padding=padding)

    @classmethod
    def check_together(cls, checked: dict[str, Value]) -> None:
        """Reject a padding of more than half the kernel size, as torch does: a window could be all padding."""
        kernel_size, padding = checked["kernel_size"], checked.get("padding")
        if not (isinstance(kernel_size, tuple) and isinstance(padding, tuple)):
            return
        most = (kernel_size[0] // 2, kernel_size[1] // 2)
        if padding[0] > most[0] or padding[1] > most[1]:
            twice = show((max(kernel_size[0], 2 * padding[0]), max(kernel_size[1], 2 * padding[1])))
            raise WrongArgument(
                "padding",
                f"the padding of {cls.word} is {show(padding)}, more than half of its kernel size {show(kernel_size)}. "
                f"Change the padding to {show(most)} or less, or the kernel size to {twice} or more.",
            )

    def most_padding(self, window: Window) -> int:
        """Return half of the kernel size."""
        return window.kernel_size // 2

    def numbers(self, node: ResolvedLayer) -> tuple[float, ...]:
        return (*self.kernel_size, *self.stride, *self.padding)

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return getattr(by_hand, self.operation)(values[0], self.kernel_size, self.stride, self.padding)

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        window = operator.window()
        operator.check(ceil_mode=0, storage_order=0, dilations=[1, 1])
        for name, value in cls.onnx_options.items():
            if window["padding"] != (0, 0) and operator.attributes.get(name, 0) != value:
                raise NetworkError(f"it has {name}=0 and a padding; Convlens computes only {name}={value}.")
        return cls(window["kernel_size"], window["stride"], window["padding"]), {}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add(
            self.onnx_operator,
            values[0],
            kernel_shape=self.kernel_size,
            strides=self.stride,
            pads=self.padding * 2,
            **self.onnx_options,
        )

    def trace(self, by_hand: Any, node: ResolvedLayer, weights: Weights, *values: Values) -> Any:
        return getattr(by_hand, f"trace_{self.operation}")(values[0], self.kernel_size, self.stride, self.padding)

    def _default(self, field: Field[Any]) -> Value:
        return self.kernel_size if field.name == "stride" else super()._default(field)

    @classmethod
    def default_text(cls, name: str) -> str | None:
        """Return the default as text; the stride defaults to the window."""
        return "the window" if name == "stride" else super().default_text(name)


def _same_padding(checked: Mapping[str, Value]) -> tuple[int, int]:
    """Return the padding with which maps keep their size.

    Raises:
        WrongArgument: there is no such padding for this kernel, stride and dilation.
    """
    one = (1, 1)
    sizes = [cast(tuple[int, int], checked.get(name, one)) for name in ("kernel_size", "stride", "dilation")]
    try:
        height, width = (same_padding(*axis) for axis in zip(*sizes, strict=True))
    except UsageError as error:
        raise WrongArgument("padding", str(error)) from None
    return height, width


def _slide(extents: Sequence[Extent], window: Window) -> list[Extent]:
    size, reached = len(extents), window.dilation * window.kernel_size
    result = []
    for position in range(output_size(size, *window)):
        first = position * window.stride - window.padding
        inside = range(first + -(min(first, 0) // window.dilation) * window.dilation, min(first + reached, size))
        result.append(union([extents[row] for row in inside[:: window.dilation]]))
    return result
