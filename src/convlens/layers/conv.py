"""Convolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any, ClassVar, Self

from convlens.errors import NetworkError
from convlens.layers.arguments import PaddingWord, Size, Value, WrongArgument, show
from convlens.layers.calls import about_convolution, named_after_channels
from convlens.layers.layer import Arrays, Group, ResolvedLayer, Shape, Values, Weights, times
from convlens.layers.onnx_operator import OnnxOperator
from convlens.layers.sliding import SlidingLayer
from convlens.window import Window


@dataclass(frozen=True, init=False, repr=False)
class Conv2d(SlidingLayer):
    """A convolution (cross-correlation, as everywhere in deep learning) with bias: C×H×W → channels×H'×W'.

    Arguments after the channels are given by name, because PyTorch reads `Conv2d(8, 3)` as 8 input and 3 output
    channels. `padding="same"` keeps the size of the maps, and is stored as a number; it needs stride 1 and an odd reach
    of the kernel, dilation·(size − 1) + 1. `padding="valid"` is 0. `groups` divides the input and output channels into
    that many groups, and each output channel reads only the input channels of its group; as many groups as input
    channels make a depthwise convolution. `out_channels` is PyTorch's name for `channels`; give one of the two.

    Raises:
        NetworkError: an argument is not allowed.

    >>> Conv2d(8, kernel_size=3, padding=1)
    Conv2d(8, kernel_size=3, padding=1)
    >>> Conv2d(out_channels=8, kernel_size=(3, 5), stride=2, groups=4)
    Conv2d(8, kernel_size=(3, 5), stride=2, groups=4)
    >>> Conv2d(8, kernel_size=5, padding="same")
    Conv2d(8, kernel_size=5, padding=2)
    """

    word: ClassVar[str] = "conv"
    onnx_operator: ClassVar[str] = "Conv"
    torch_names: ClassVar[Mapping[str, str]] = {"channels": "out_channels"}
    torch_fixed: ClassVar[Mapping[str, Any]] = {"padding_mode": "zeros"}
    group: ClassVar[Group] = "weights"
    title: ClassVar[str] = "convolution"
    summary: ClassVar[str] = (
        "8 kernels of 3×3 over all channels, each with a bias; `pad same` keeps the size of the maps, "
        "`groups` divides the channels into groups"
    )
    formula: ClassVar[str] = "Σ input·kernel + bias"
    example: ClassVar[str] = "conv 8 3x3"
    words_for_padding: ClassVar[tuple[PaddingWord, ...]] = ("same", "valid")
    defaults: ClassVar[str] = "`pad 0`, `stride 1`, `dilation 1`, `groups 1`"
    has_names_for: ClassVar[tuple[str, ...]] = ("kernel_size",)
    other_names: ClassVar[tuple[str, ...]] = ("conv2d", "convolution2d", "convolution", "convolutional", "conv1d", "c")
    channels: int
    kernel_size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @named_after_channels
    def __init__(
        self,
        channels: int | None = None,
        *,
        kernel_size: Size | None = None,
        stride: Size = 1,
        padding: Size | PaddingWord = 0,
        dilation: Size = 1,
        groups: int = 1,
        out_channels: int | None = None,
    ) -> None:
        if (channels is None) == (out_channels is None):
            raise NetworkError(
                "Conv2d needs its number of output channels exactly once, as channels or as out_channels. "
                "Write for example Conv2d(8, kernel_size=3)."
            )
        if kernel_size is None:
            example = show(out_channels if channels is None else channels)
            raise NetworkError(f"Conv2d needs its kernel size. Write for example Conv2d({example}, kernel_size=3).")
        channels = out_channels if channels is None else channels
        window = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        self._set(channels=channels, **window, groups=groups)

    @classmethod
    def about_call(cls, given: Sequence[object], named: Mapping[str, object]) -> str | None:
        """Check numbers without names first, because the other errors depend on what they mean."""
        if reason := about_convolution(cls, given, named):
            return reason
        return super().about_call(given[:1], named)

    @classmethod
    def check_together(cls, checked: dict[str, Value]) -> None:
        """Raise `WrongArgument` if the groups do not divide the channels."""
        channels, groups = checked.get("channels"), checked.get("groups", 1)
        if isinstance(channels, int) and isinstance(groups, int) and channels % groups:
            raise WrongArgument(
                "groups",
                f"{channels} channels cannot be divided into {groups} groups. "
                f"Change the channels to {-(-channels // groups) * groups}, or the groups to a divisor of {channels}.",
            )

    @property
    def _dilation(self) -> tuple[int, int]:
        return self.dilation

    def most_padding(self, window: Window) -> int:
        """Return the padding plus one stride: with more padding, the same rows are lost again."""
        return window.padding + window.stride

    def output_channels(self, channels: int) -> int:
        return self.channels

    def parameter_shapes(self, node: ResolvedLayer) -> dict[str, Shape]:
        """Return the shapes of the kernels, O×I/groups×kH×kW, and of their biases."""
        return {
            "weight": (self.channels, node.input_shape[0] // self.groups, *self.kernel_size),
            "bias": (self.channels,),
        }

    def count_parameters(self, node: ResolvedLayer) -> tuple[int, str]:
        """Count one weight for each cell of each kernel, and one bias for each kernel."""
        seen = node.input_shape[0] // self.groups
        count = self.channels * (seen * prod(self.kernel_size) + 1)
        return count, f"{self.channels}·({times(seen, *self.kernel_size)} + 1) = {count:,}"

    def count_multiply_adds(self, node: ResolvedLayer) -> tuple[int, str]:
        """Count one multiply-add for each weight of the kernel, for each number of the output."""
        channels, height, width = node.output_shape
        seen = node.input_shape[0] // self.groups
        count = prod(node.output_shape) * seen * prod(self.kernel_size)
        return count, f"{times(height, width, channels)}·({times(seen, *self.kernel_size)}) = {count:,}"

    def numbers(self, node: ResolvedLayer) -> tuple[float, ...]:
        return (self.channels, *self.kernel_size, *self.stride, *self.padding, *self.dilation, self.groups)

    def page_arguments(self) -> dict[str, Any]:
        return super().page_arguments() | {"groups": self.groups}

    def torch_module(self, node: ResolvedLayer, nn: Any) -> Any:
        return nn.Conv2d(node.input_shape[0], *(getattr(self, field.name) for field in fields(self)))

    def run(self, by_hand: Any, weights: Weights, *values: Values) -> Values:
        return by_hand.conv2d(*self._operands(weights, values), groups=self.groups)

    @classmethod
    def from_onnx(cls, operator: OnnxOperator) -> tuple[Self, Arrays]:
        weight, bias = operator.weight(0), operator.constant(1)
        layer = cls(len(weight), **operator.window(weight.shape[2:]), groups=operator.attributes.get("group", 1))
        return layer, {"weight": weight} if bias is None else {"weight": weight, "bias": bias}

    def onnx(self, graph: Any, weights: Mapping[str, str], *values: str) -> str:
        return graph.add(
            "Conv",
            values[0],
            weights["weight"],
            weights["bias"],
            kernel_shape=self.kernel_size,
            strides=self.stride,
            pads=self.padding * 2,
            dilations=self.dilation,
            group=self.groups,
        )

    def trace(self, by_hand: Any, node: ResolvedLayer, weights: Weights, *values: Values) -> Any:
        return by_hand.trace_conv2d(*self._operands(weights, values), groups=self.groups)

    def _operands(self, weights: Weights, values: tuple[Values, ...]) -> tuple[Any, ...]:
        return (values[0], weights["weight"], weights["bias"], self.stride, self.padding, self.dilation)

    def _spoken(self, name: str, value: Value) -> str:
        if name == "kernel_size":  # a square kernel is usually written 3x3, not 3
            return f"{self.kernel_size[0]}x{self.kernel_size[1]}"
        return super()._spoken(name, value)
