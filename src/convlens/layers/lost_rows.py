"""Warnings about rows and columns that a layer never reads because of its stride, with settings that avoid this.

Such a network works without an error, but ignores the edge of every image or most of a map.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convlens.layers.arguments import show
from convlens.layers.layer import Shape
from convlens.window import Window, dropped, output_size, reach, skipped

if TYPE_CHECKING:
    from convlens.layers.sliding import SlidingLayer


@dataclass(frozen=True)
class _Axis:
    """One axis of a sliding layer: its name in sentences, its size and its window."""

    name: str
    size: int
    window: Window


def warn_of_lost_rows(layer: "SlidingLayer", shape: Shape) -> tuple[str, ...]:
    """Return a warning about rows and columns of maps C×H×W that are never read; empty if all are read.

    >>> from convlens.layers import MaxPool2d
    >>> warn_of_lost_rows(MaxPool2d(2), (8, 7, 7))[0]
    'maxpool 2 never reads the last row and the last column of its 7×7 input. Set pad 1, or give it 6×6 or 8×8.'
    """
    _, *sizes = shape
    rows, columns = (
        _Axis(name, size, window) for name, size, window in zip(("row", "column"), sizes, layer.windows, strict=True)
    )
    warning = _warn_of_gaps(layer, rows, columns) or _warn_of_end(layer, rows, columns)
    return (warning,) if warning else ()


def _warn_of_end(layer: "SlidingLayer", *axes: _Axis) -> str | None:
    lost = [(axis.name, dropped(axis.size, *axis.window)) for axis in axes]
    if not any(count for _, count in lost):
        return None
    ends = [f"the last {name}" if count == 1 else f"the last {count} {name}s" for name, count in lost if count]
    height, width = axes
    smaller = "×".join(str(axis.size - count) for axis, (_, count) in zip(axes, lost, strict=True))
    larger = f"{_next_full_size(height)}×{_next_full_size(width)}"
    paddings = [_padding_that_reads_all(layer, axis) for axis in axes]
    pad = ""
    if paddings[0] is not None and paddings[1] is not None:
        pad = f"Set pad {show((paddings[0], paddings[1]))}, or give it"
    return (
        f"{layer} never reads {' and '.join(ends)} of its {height.size}×{width.size} input. "
        f"{pad or 'Give it'} {smaller} or {larger}."
    )


def _padding_that_reads_all(layer: "SlidingLayer", axis: _Axis) -> int | None:
    """Return the smallest allowed padding with which all rows at the end are read; None if there is none."""
    fitting = (
        candidate
        for candidate in range(axis.window.padding, layer.most_padding(axis.window) + 1)
        if not dropped(axis.size, *axis.window._replace(padding=candidate))
    )
    return next(fitting, None)


def _next_full_size(axis: _Axis) -> int:
    """Return the size of the smallest input, this one or larger, whose last row is read."""
    return next(
        size for size in range(axis.size, axis.size + axis.window.stride + 1) if not dropped(size, *axis.window)
    )


def _warn_of_gaps(layer: "SlidingLayer", *axes: _Axis) -> str | None:
    lost = [(axis, skipped(axis.size, *axis.window)) for axis in axes]
    if not any(count for _, count in lost):
        return None
    unread = [(axis, count + dropped(axis.size, *axis.window)) for axis, count in lost]
    counts = [f"{count} of the {axis.size} {axis.name}s" for axis, count in unread if count]
    axis = next(axis for axis, count in lost if count)
    if axis.window.stride > reach(axis.window.kernel_size, axis.window.dilation):
        why = f"its stride of {axis.window.stride} is larger than its kernel"
    else:
        why = (
            f"its dilation of {axis.window.dilation} leaves gaps that its stride of {axis.window.stride} does not fill"
        )
    return f"{layer} never reads {' and '.join(counts)} of its input, because {why}. {_fewer_gaps(lost)}"


def _fewer_gaps(lost: list[tuple[_Axis, int]]) -> str:
    """Suggest the largest stride that leaves no gaps between the positions, or dilation 1 if there is none."""
    strides = [_largest_stride(axis) if count else axis.window.stride for axis, count in lost]
    if None in strides:
        kernel_size = min(axis.window.kernel_size for axis, count in lost if count)
        slower = any(axis.window.stride > axis.window.kernel_size for axis, count in lost if count)
        return f"Change the dilation to 1{f' and the stride to {kernel_size}' if slower else ''}."
    return f"Change the stride to {show(tuple(strides))}."


def _largest_stride(axis: _Axis) -> int | None:
    for stride in range(axis.window.stride - 1, 0, -1):
        window = axis.window._replace(stride=stride)
        if output_size(axis.size, *window) > 0 and not skipped(axis.size, *window):
            return stride
    return None
