"""A window that slides over the last two axes: its positions, and the numbers that it covers at each.

The sizes of results come from `convlens.window`, as in the layer table.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convlens.by_hand.operands import Values, as_pair
from convlens.by_hand.trace import Place, Trace
from convlens.checking import as_choice, refuse
from convlens.errors import UsageError
from convlens.layers.arguments import PaddingWord
from convlens.signatures import Alias
from convlens.window import output_size, reach, same_padding

PaddingMode = Literal["zeros", "reflect", "replicate"]
PADDING_MODES: dict[PaddingMode, str] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}
"""PyTorch's names for the ways to fill the padding → NumPy's names."""

MOST_PADDED = 10**8
"""The most numbers that a channel with its padding may have."""
if TYPE_CHECKING:
    Pair: TypeAlias = int | Sequence[int]
    Padding: TypeAlias = Pair | PaddingWord
else:
    Pair, Padding = Alias("Pair"), Alias("Padding")


@dataclass(frozen=True)
class Sliding:
    """How a window slides over the last two axes, whose sizes are `size`; `output` are its counts of positions."""

    size: tuple[int, int]
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    output: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)
    padding_mode: PaddingMode = "zeros"

    @property
    def reaches(self) -> tuple[int, int]:
        """The counts of rows and of columns from the first to the last that the window covers."""
        return reach(self.kernel_size[0], self.dilation[0]), reach(self.kernel_size[1], self.dilation[1])

    def pad(self, values: Values, filling: float = 0.0) -> Values:
        """Add the padding, and at the end as much as the last window needs; `filling` replaces its zeros."""
        around = [(0, 0)] * (values.ndim - 2)
        for axis, pad in enumerate(self.padding):
            reached = (self.output[axis] - 1) * self.stride[axis] + self.reaches[axis] - pad
            around.append((pad, max(pad, reached - self.size[axis])))
        how: Any = {"mode": PADDING_MODES[self.padding_mode]}
        return np.pad(values, around, **how | ({"constant_values": filling} if self.padding_mode == "zeros" else {}))

    def windows(self, values: Values, filling: float = 0.0) -> Values:
        """Return the values of all window positions, …×H'×W'×kH×kW, as a view of the padded array."""
        views = sliding_window_view(self.pad(values, filling), self.reaches, axis=(-2, -1))
        (down, right), (apart_y, apart_x) = self.stride, self.dilation
        return views[..., ::down, ::right, ::apart_y, ::apart_x]

    def start(self, position: Sequence[int]) -> tuple[int, int]:
        """Return the row and column in the input of the window's first value; negative in the padding."""
        row, column = position[-2:]
        return row * self.stride[0] - self.padding[0], column * self.stride[1] - self.padding[1]

    def covered(self, padded: Values, position: Sequence[int]) -> Values:
        """Return the values that the window covers for one place of the result; `pad` returned `padded`."""
        top, left = (start + pad for start, pad in zip(self.start(position), self.padding, strict=True))
        (height, width), (apart_y, apart_x) = self.reaches, self.dilation
        return padded[..., top : top + height : apart_y, left : left + width : apart_x]

    def trace(
        self, operation: str, place: Callable[[tuple[int, ...]], Place], padded: Values, *maps: int
    ) -> Trace[Place]:
        """Return the trace of a result of this size, or of several maps of it; `pad` returned `padded`."""
        return Trace(operation, (*maps, *self.output), place, padded, self.padding, self.dilation, self.size)


def _as_padding(
    padding: Padding, kernel_size: Sequence[int], strides: tuple[int, int], dilations: tuple[int, int]
) -> tuple[int, int]:
    """Return the padding as numbers, even if it is given as a word."""
    if not isinstance(padding, str):
        return as_pair("padding", padding, 0)
    if padding not in get_args(PaddingWord):
        refuse("padding", padding, "a whole number of at least 0, or two (height, width), or same or valid")
    if padding == "valid":
        return 0, 0
    height, width = (same_padding(*axis) for axis in zip(kernel_size, strides, dilations, strict=True))
    return height, width


def slide_over(
    size: Sequence[int],
    kernel_size: Sequence[int],
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
) -> Sliding:
    """Check stride, padding and dilation, and that the kernel fits into the padded input.

    Raises:
        UsageError: one of them is not allowed, or the kernel is too large.
    """
    strides, dilations = as_pair("stride", stride, 1), as_pair("dilation", dilation, 1)
    pads = _as_padding(padding, kernel_size, strides, dilations)
    padding_mode = as_choice("padding_mode", padding_mode, PADDING_MODES)
    output = []
    for axis, name in enumerate(("high", "wide")):
        count = output_size(size[axis], kernel_size[axis], strides[axis], pads[axis], dilations[axis])
        if count < 1:
            reached = reach(kernel_size[axis], dilations[axis])
            raise UsageError(
                f"the kernel reaches over {reached} and the padded input is only {size[axis] + 2 * pads[axis]} {name}; "
                "give a smaller kernel or dilation, or more padding."
            )
        if padding_mode == "reflect" and pads[axis] >= size[axis]:
            raise UsageError(
                f"a padding of {pads[axis]} cannot be reflected from an input {size[axis]} {name}; give at most "
                f"{size[axis] - 1}, or the padding mode zeros or replicate."
            )
        output.append(count)
    padded = math.prod(size[axis] + 2 * pads[axis] for axis in range(2))
    if padded > MOST_PADDED:
        raise UsageError(f"the input with its padding has {padded:,} numbers; give one of at most {MOST_PADDED:,}.")
    (height, width), (kernel_height, kernel_width), (down, right) = size, kernel_size, output
    return Sliding(
        (height, width), (kernel_height, kernel_width), strides, pads, (down, right), dilations, padding_mode
    )
