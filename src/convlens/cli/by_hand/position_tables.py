"""Makes a table of window positions, one per row."""

from collections.abc import Sequence

import numpy as np

from convlens.by_hand import GradientPosition, JoinPosition, PoolPosition, Trace, WindowPosition
from convlens.cli.tables import ColumnTable
from convlens.illustrations import short_number, write_position
from convlens.layers import ACTIVATIONS

_RIGHT = ("input", "output gradient", "bias", "sum with bias", "result", "product", "sum so far", *ACTIVATIONS)


def position_table(trace: Trace, chosen: Sequence[int]) -> ColumnTable:
    """Return a table with the columns for this kind of window position."""
    positions = [trace[number] for number in chosen]
    has_bias = any(isinstance(one, WindowPosition) and one.bias for one in positions)
    rows = [{"position": _place(one.position)} | _cells(one, has_bias) for one in positions]
    right = _RIGHT if isinstance(positions[0], JoinPosition) else ("sum", *_RIGHT)  # the sum of a join is text
    table = ColumnTable(*rows[0], right=right)
    for row in rows:
        table.add_row(*row.values())
    return table


def _cells(one: WindowPosition | PoolPosition | GradientPosition | JoinPosition, has_bias: bool) -> dict[str, str]:
    """Return the cells of a row by the names of their columns."""
    if isinstance(one, JoinPosition):
        return {"sum" if len(one.terms) > 1 else "number": write_position(one)}
    if isinstance(one, GradientPosition):
        numbers = {"input": one.met, "output gradient": one.output_gradient, "product": one.product}
        return {name: short_number(number) for name, number in {**numbers, "sum so far": one.sum_so_far}.items()}
    if isinstance(one, PoolPosition):
        by = {"divided by": str(one.divisor)}
        if one.winner is not None:
            by = {"row, column of the largest": _place(one.winner[-2:])}
        return {"covered": _row(one.covered), **by, "result": short_number(one.result)}
    cells = {"covered": _row(one.covered), "kernel": _row(one.kernel), "products": _row(one.products)}
    sums = {"sum": sum(one.channel_sums)}
    sums |= {"bias": one.bias, "sum with bias": one.total} if has_bias else {}
    sums |= {one.activation: one.result} if one.activation else {}
    return cells | {name: short_number(number) for name, number in sums.items()}


def _row(values: np.ndarray) -> str:
    return " ".join(short_number(float(value)) for value in np.ravel(values))


def _place(position: Sequence[int]) -> str:
    return ",".join(str(at) for at in position)
