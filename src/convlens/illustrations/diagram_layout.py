"""The layout of a network diagram: the row, the column and the height of each layer.

A layer takes one column. A block takes the columns of its longest branch, and one for the layer that joins. Its
branches are in lanes below each other, each as high as its content.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from convlens.layers import Block, Layer

SLOT = 1.95
"""The width of a column, in inches."""
BLOCK = 0.95
"""The height of the picture of a layer."""
_LANE, _LINE = 2.55, 0.35  # the height of a lane with layers, and of one with only a line
_ABOVE_LINE = 0.1
_IN_A_ROW = 5


@dataclass(frozen=True)
class Part:
    """A layer or a block: `cell` is the number of the layer, or of the joining layer; the input is number 0."""

    cell: int
    columns: int = 1
    height: float = _LANE
    branches: "tuple[Lane, ...]" = ()


@dataclass(frozen=True)
class Lane:
    """A branch: `top` is its distance from its block's upper edge; without `is_roomy` it is only a line."""

    label: str
    parts: tuple[Part, ...]
    top: float
    is_roomy: bool


def lay_out(layers: Sequence[Layer | Block]) -> list[list[Part]]:
    """Return the rows of a diagram. A row has five columns, or as many as the longest block needs.

    >>> from convlens.network import Network
    >>> rows = lay_out(Network("conv 8 3x3 pad 1, relu, residual(conv 8 3x3 pad 1, relu), maxpool 2, dense").layers)
    >>> [[(part.cell, part.columns) for part in row] for row in rows]
    [[(0, 1), (1, 1), (2, 1)], [(5, 3), (6, 1), (7, 1)], [(8, 1)]]
    """
    numbers = count()
    parts = [Part(next(numbers)), *_parts_of(layers, numbers)]
    room = max(_IN_A_ROW, *(part.columns for part in parts))
    rows: list[list[Part]] = [[]]
    for part in parts:
        if sum(one.columns for one in rows[-1]) + part.columns > room:
            rows.append([])
        rows[-1].append(part)
    return rows


def _parts_of(layers: Sequence[Layer | Block], numbers: Iterator[int]) -> list[Part]:
    """Number layers as `Network.resolve` does: a block's branches come before the layer that joins them."""
    return [_block(one, numbers) if isinstance(one, Block) else Part(next(numbers)) for one in layers]


def _block(block: Block, numbers: Iterator[int]) -> Part:
    lanes: list[Lane] = []
    columns, height = 1, 0.0
    for branch in block.branches:
        parts = tuple(_parts_of(branch.layers, numbers))
        is_roomy = bool(parts) or not lanes  # the joining layer is beside the first lane
        lanes.append(Lane(branch.label, parts, height if is_roomy else height - _ABOVE_LINE, is_roomy))
        columns = max(columns, sum(part.columns for part in parts))
        height += max((part.height for part in parts), default=_LANE if is_roomy else _LINE)
    return Part(next(numbers), columns + 1, height, tuple(lanes))
