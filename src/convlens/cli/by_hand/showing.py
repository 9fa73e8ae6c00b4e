"""Shows the result of an operation: as grids, step by step, as a table, as JSON, or as a drawing."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from convlens.by_hand import PoolPosition, Trace, WindowPosition
from convlens.cli.by_hand.grids import KERNEL, MOST_COLUMNS, RESULT, beside, grid, picture
from convlens.cli.by_hand.options import Wanted
from convlens.cli.by_hand.position_tables import position_table
from convlens.cli.terminal import error_console, print_json, result_console, to_json
from convlens.deprecations import with_old_keys
from convlens.errors import UsageError
from convlens.illustrations import Sheet, choose_frames, save_drawing, short_number, write_position
from convlens.words import count_of

if TYPE_CHECKING:
    from rich.console import Console

FIRST_STEPS = 64
"""The most window positions that `--steps` and `--table` print, because a photo has a million."""

_MOST_COLUMNS_IN_A_FILE = 64


Drawing = Callable[[int, int | None], Sheet]
"""Draws one window position, given its index and the index up to which results are filled in (None: its own)."""


def show(
    trace: Trace,
    result: np.ndarray,
    wanted: Wanted | None,
    heading: str,
    draw: Drawing | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Print the result of an operation, or the window positions behind it, and draw them if requested.

    `heading` is printed above the result; `facts` are the same information for JSON.
    """
    wanted = wanted or Wanted()
    chosen = _choose(trace, wanted)
    if wanted.draw is not None and draw is not None:
        _save(trace, wanted.draw, draw, choose_frames(len(trace)) if wanted.at is None else chosen)
    if wanted.json:
        _print_as_json(trace, result, wanted, chosen, facts or {})
        return
    console = result_console()
    if heading:
        console.print(heading, style="dim", markup=False, soft_wrap=True)
    if wanted.table:
        console.print(position_table(trace, chosen))
    elif wanted.positions:
        for number in chosen:
            if len(trace) > 1:
                console.print(_place(trace[number].position), style="bold")
            for line in _describe(trace, number, console):
                console.print(line, soft_wrap=True)
            console.print()
    else:
        print_values(console, result)
        if len(trace) == 1:
            console.print(write_position(trace[0], 30), markup=False, soft_wrap=True)
    if (wanted.table or wanted.steps) and wanted.at is None and len(chosen) < len(trace):
        more = count_of(len(trace) - len(chosen), "more window position")
        console.print(f"… {more}; --at shows one, --json --steps all of them.")
    if wanted.draw is not None:
        mention_drawing(wanted.draw)


def mention_drawing(path: Path) -> None:
    """Print the path of a drawing."""
    result_console().print(f"Drawing: {path}", markup=False, soft_wrap=True)


def _save(trace: Trace, path: Path, draw: Drawing, numbers: Sequence[int]) -> None:
    if path.suffix.lower() == ".gif" and len(numbers) > 16:
        error_console().print(f"Drawing {len(numbers)} of {count_of(len(trace), 'window position')} …")
    save_drawing(path, lambda: draw(numbers[0], len(trace) - 1), lambda: [draw(one, None) for one in numbers])


def print_values(console: "Console", values: np.ndarray, names: Sequence[str] | None = None) -> None:
    """Print a number, a vector, a matrix, or channels under their names: as numbers or, if large, as grey squares."""
    planes = values.reshape(-1, *values.shape[-2:]) if values.ndim >= 2 else [np.atleast_2d(values)]
    for number, plane in enumerate(planes):
        if names is not None or len(planes) > 1:
            console.print(f"[dim]{names[number] if names else f'map {number}'}[/]")
        if len(plane) > 1 and max(plane.shape) > (MOST_COLUMNS if console.is_terminal else _MOST_COLUMNS_IN_A_FILE):
            low, high = short_number(float(np.nanmin(plane))), short_number(float(np.nanmax(plane)))
            if console.is_terminal and plane.shape[1] <= console.width:
                console.print(picture(plane))
            console.print(f"[dim]{plane.shape[0]}×{plane.shape[1]} numbers from {low} to {high}; --json prints all[/]")
        else:
            for line in grid(plane):
                console.print(line, soft_wrap=True)


def _choose(trace: Trace, wanted: Wanted) -> Sequence[int]:
    if wanted.at is None:
        return range(len(trace) if wanted.json else min(len(trace), FIRST_STEPS))
    if not re.fullmatch(r"\s*\d{1,9}(?:\s*[,x ]\s*\d{1,9})*\s*", wanted.at):
        raise UsageError(f"--at is {wanted.at!r}; give a position in the result, such as {_last(trace)}.")
    position = tuple(int(number) for number in re.findall(r"\d+", wanted.at))
    if len(position) + 1 == len(trace.shape):
        position = (0, *position)  # row and column of the first map
    trace.at(*position)
    return [int(np.ravel_multi_index(position, trace.shape)) if trace.shape else 0]


def _last(trace: Trace) -> str:
    return ",".join(str(size - 1) for size in trace.shape) or "0"


def _print_as_json(
    trace: Trace, result: np.ndarray, wanted: Wanted, chosen: Sequence[int], facts: Mapping[str, Any]
) -> None:
    """Print one object on one line. Window positions are written one by one, because there may be a million."""
    answer: dict[str, Any] = {"operation": trace.operation, "shape": list(trace.shape), **facts}
    answer["result"] = result.tolist()
    if wanted.draw is not None:
        answer["drawing"] = str(wanted.draw)
    if not wanted.positions:
        print_json(answer)
        return
    sys.stdout.write(to_json(answer)[:-1])
    for key in with_old_keys({"positions": ()}):
        sys.stdout.write(f', "{key}": [')
        for place, number in enumerate(chosen):
            one = to_json(trace[number].as_dict())
            sys.stdout.write((", " if place else "") + one)
        sys.stdout.write("]")
    sys.stdout.write("}\n")
    sys.stdout.flush()


def _place(position: tuple[int, ...]) -> str:
    names = {1: ("place",), 2: ("row", "column"), 3: ("map", "row", "column")}[len(position)]
    return ", ".join(f"{name} {at}" for name, at in zip(names, position, strict=True))


def _describe(trace: Trace, number: int, console: "Console") -> Iterator[Text]:
    window = trace[number]
    if isinstance(window, WindowPosition):
        yield from _weighted(trace, window, console)
    elif isinstance(window, PoolPosition):
        source = trace.source if trace.source.ndim == 2 else trace.source[window.position[0]]
        blocks = [*_around(source, trace, window.start, window.covered.shape), grid(window.covered), "→"]
        yield beside(*blocks, grid(np.array([[window.result]]), RESULT))
    yield Text(write_position(window, 30))


def _weighted(trace: Trace, window: WindowPosition, console: "Console") -> Iterator[Text]:
    """Yield a line of grids for each channel: the input with its window, the kernel, and the products."""
    if trace.source.ndim == 1:
        first = window.start[0] + trace.padding[0]
        marked = {(0, place) for place in range(first, first + window.covered.size)}
        outside = {(0, place) for place in range(len(trace.source)) if trace.is_padding(place)}
        turned = "B rotated by 180°" if trace.operation.startswith("convolve") else "B"
        yield beside("A", grid(trace.source, marked=marked, faint=outside))
        yield beside("covered", grid(window.covered), "×", turned, grid(window.kernel, KERNEL))
        yield beside("products", grid(window.products))
        return
    sources = trace.source if trace.source.ndim == 3 else trace.source[None]
    channels = 1 if window.covered.ndim == 2 else len(window.covered)
    for channel, source in enumerate(sources[window.first_channel : window.first_channel + channels]):
        covered, kernel, products = (
            one if one.ndim == 2 else one[channel] for one in (window.covered, window.kernel, window.products)
        )
        around = _around(source, trace, window.start, covered.shape)
        line = beside(*around, grid(covered), "×", grid(kernel, KERNEL), "=", grid(products))
        if channels > 1:
            line = beside(list(line.split("\n")), f"sum {short_number(window.channel_sums[channel])}")
        too_wide = max(one.cell_len for one in line.split("\n")) > console.width
        yield beside(grid(covered), "×", grid(kernel, KERNEL), "=", grid(products)) if too_wide else line


def _around(source: np.ndarray, trace: Trace, start: tuple[int, ...], size: tuple[int, ...]) -> list[list[Text] | str]:
    """Return the whole input with the window marked, if it is small."""
    if max(source.shape) > MOST_COLUMNS // 2:
        return []
    (pad_y, pad_x), (apart_y, apart_x) = trace.padding[-2:], trace.dilation
    marked = {
        (start[-2] + pad_y + y * apart_y, start[-1] + pad_x + x * apart_x) for y, x in np.ndindex(size[0], size[1])
    }
    faint = {place for place in np.ndindex(source.shape) if trace.is_padding(*place)}
    return [grid(source, marked=marked, faint=faint), ":"]
