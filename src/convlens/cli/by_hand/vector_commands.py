"""`convlens by-hand correlate`, `convolve` and `full`: two vectors."""

from typing import Annotated

from cyclopts import Parameter

from convlens.cli.by_hand.options import Operand, Wanted, WantedOptions
from convlens.errors import UsageError

First = Annotated[Operand, Parameter(name="--a", help="The first vector: numbers, a CSV file, or - for stdin.")]
Second = Annotated[Operand, Parameter(name="--b", help="The second vector, which slides along the first.")]
Mode = Annotated[
    str, Parameter(help="dot (one sum), or full, same or valid (one sum for each position, as in numpy.convolve).")
]
_MOST_OVERLAPS = 16
"""The most overlaps that a drawing of a full convolution shows below each other; if there are more, it shows one."""
_MODES = ("dot", "full", "same", "valid")


def correlate_command(a: First, b: Second, *, mode: Mode = "dot", wanted: WantedOptions = None) -> None:
    """`convlens by-hand correlate`."""
    _run("correlate", a, b, mode, wanted or Wanted())


def convolve_command(a: First, b: Second, *, mode: Mode = "dot", wanted: WantedOptions = None) -> None:
    """`convlens by-hand convolve`."""
    _run("convolve", a, b, mode, wanted or Wanted())


def full_command(a: First, b: Second, *, wanted: WantedOptions = None) -> None:
    """`convlens by-hand full`."""
    _run("convolve", a, b, "full", wanted or Wanted())


def _run(kind: str, a: str, b: str, mode: str, wanted: Wanted) -> None:
    import numpy as np

    from convlens import by_hand
    from convlens.cli.by_hand.operands import read_operand
    from convlens.cli.by_hand.showing import show
    from convlens.illustrations import (
        Sheet,
        draw_convolution,
        draw_cross_correlation,
        draw_full_convolution,
        draw_sliding_vectors,
        short_number,
    )

    if mode not in _MODES:
        raise UsageError(f"--mode is {mode!r}; give {', '.join(_MODES)}.")
    first, second = read_operand("--a", a).values, read_operand("--b", b).values
    first, second = (one.ravel() if one.ndim == 2 and 1 in one.shape else one for one in (first, second))
    name = {"correlate": "cross_correlate", "convolve": "convolve"}[kind] if mode == "dot" else f"{kind}_{mode}"
    trace = getattr(by_hand, f"trace_{name}")(first, second)
    result = np.asarray(getattr(by_hand, name)(first, second))
    turned = kind == "convolve"
    is_overview = turned and mode == "full" and wanted.at is None and len(trace) <= _MOST_OVERLAPS

    def draw(number: int, filled: int | None) -> Sheet:
        if mode == "dot":
            return (draw_convolution if turned else draw_cross_correlation)(first, second)
        if is_overview and filled is not None:
            return draw_full_convolution(first, second)
        return draw_sliding_vectors(trace, number, filled)

    if not turned:
        show(trace, result, wanted, "", draw)
        return
    kernel = second[::-1].tolist()
    heading = f"B rotated by 180°: {' '.join(short_number(number) for number in kernel)}"
    show(trace, result, wanted, heading, draw, {"turned": kernel})
