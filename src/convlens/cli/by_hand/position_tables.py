"""Window positions as one table, a line each."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from convlens.by_hand import JoinPosition, PoolPosition, Trace, WindowPosition
from convlens.cli.terminal import make_table
from convlens.illustrations import short_number, write_position


def position_table(trace: Trace, chosen: Sequence[int]) -> Table:
    """A table with the columns that the kind of window position has."""
    first = trace[chosen[0]]
    if isinstance(first, WindowPosition):
        return _weighted(trace, chosen)
    if isinstance(first, PoolPosition):
        return _pooled(trace, chosen)
    if isinstance(first, JoinPosition):
        table = make_table("place", "sum" if len(first.terms) > 1 else "number")
        for one in (trace[number] for number in chosen):
            table.add_row(_place(one.position), write_position(one))
        return table
    table = make_table("place", "met", "gradient there", "product", "so far", right=("product", "so far"))
    for one in (trace[number] for number in chosen):
        numbers = (one.met, one.output_gradient, one.product, one.sum_so_far)
        table.add_row(_place(one.position), *(short_number(number) for number in numbers))
    return table


def _weighted(trace: Trace, chosen: Sequence[int]) -> Table:
    first = trace[chosen[0]]
    more = ["bias", "sum with bias"] if first.bias else []
    more += [first.activation] if first.activation else []
    table = make_table("place", "covered", "kernel", "products", "sum", *more, right=("sum", *more))
    for one in (trace[number] for number in chosen):
        cells = [_row(one.covered), _row(one.kernel), _row(one.products), short_number(sum(one.channel_sums))]
        cells += [short_number(one.bias), short_number(one.total)] if first.bias else []
        cells += [short_number(one.result)] if first.activation else []
        table.add_row(_place(one.position), *cells)
    return table


def _pooled(trace: Trace, chosen: Sequence[int]) -> Table:
    is_max = trace[chosen[0]].winner is not None
    told = "row, column of the largest" if is_max else "divided by"
    table = make_table("place", "covered", told, "result", right=("result",))
    for one in (trace[number] for number in chosen):
        by = _place(one.winner[-2:]) if one.winner is not None else str(one.divisor)
        table.add_row(_place(one.position), _row(one.covered), by, short_number(one.result))
    return table


def _row(values: np.ndarray) -> str:
    return " ".join(short_number(float(value)) for value in np.ravel(values))


def _place(position: Sequence[int]) -> str:
    return ",".join(str(at) for at in position)
