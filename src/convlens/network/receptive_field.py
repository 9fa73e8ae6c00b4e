"""How much of the image one number of a layer depends on, in rows and columns.

The textbook recursion (add (kernel − 1)·step, multiply the steps) gives the size in the middle of a boundless image.
Real maps end: padding is no part of the image, dropped rows reach nobody, and late layers would see more rows than
there are. So each position's first and last image row are followed through the layers, one axis at a time, which is
exact and still cheap. Inside that extent single rows may go unread (dilation); they count, as in the textbook.
"""

from collections.abc import Sequence

from convlens.network.layers import Dense, GlobalAvgPool2d, Layer, SlidingLayer, windows_of
from convlens.window import Window, output_size

Extent = tuple[int, int]
"""The image rows from the first up to but not including the second; equal numbers mean none."""


def starting_extents(size: int) -> list[Extent]:
    """Every row of the image depends on itself.

    >>> starting_extents(3)
    [(0, 1), (1, 2), (2, 3)]
    """
    return [(row, row + 1) for row in range(size)]


def follow(layer: Layer, extents: list[list[Extent]]) -> list[list[Extent]]:
    """The extents behind a layer from those before it, for height and width.

    >>> from convlens.network.layers import Conv2d
    >>> follow(Conv2d(1, 3, padding=1), [starting_extents(4), starting_extents(4)])[0]
    [(0, 2), (0, 3), (1, 4), (2, 4)]
    """
    if isinstance(layer, SlidingLayer):
        return [_slide(axis, window) for axis, window in zip(extents, windows_of(layer), strict=True)]
    if isinstance(layer, Dense | GlobalAvgPool2d):
        return [[_union(axis)] for axis in extents]
    return extents


def largest(extents: Sequence[Sequence[Extent]]) -> tuple[int, int]:
    """The receptive field: the most rows and the most columns that any position depends on.

    Who sees no row sees no pixel, so (0, 0) where every position reads padding alone.

    >>> largest([[(0, 2), (0, 3), (1, 4)], [(0, 1)]])
    (3, 1)
    """
    height, width = (max(end - start for start, end in axis) for axis in extents)
    return (height, width) if height and width else (0, 0)


def _slide(extents: Sequence[Extent], window: Window) -> list[Extent]:
    size, reached = len(extents), window.dilation * window.kernel_size
    result = []
    for position in range(output_size(size, *window)):
        first = position * window.stride - window.padding
        inside = range(first + -(min(first, 0) // window.dilation) * window.dilation, min(first + reached, size))
        result.append(_union([extents[row] for row in inside[:: window.dilation]]))
    return result


def _union(extents: Sequence[Extent]) -> Extent:
    """From the first row to the last; positions that see nothing but padding add none."""
    seen = [extent for extent in extents if extent[0] < extent[1]]
    return (min(start for start, _ in seen), max(end for _, end in seen)) if seen else (0, 0)
