"""Drawings of two vectors: their numbers, their products, and one sliding along the other."""

import numpy as np
from numpy.typing import ArrayLike

from convlens.by_hand import Trace, WindowPosition, trace_convolve, trace_cross_correlate
from convlens.by_hand.operands import as_values
from convlens.errors import UsageError
from convlens.illustrations.numbers import short_number, write_position
from convlens.illustrations.sheet import CELL, KERNEL, LOOKED_AT, QUIET, RESULT, Sheet

MOST_NUMBERS = 60
"""The most numbers in a row, including the positions where one vector extends beyond the other."""
_NAME = 1.3
"""Inches to the left of a row for its name."""


def draw_two_vectors(a: ArrayLike, b: ArrayLike, names: tuple[str, str] = ("A", "B")) -> Sheet:
    """Draw two vectors, one below the other, with the index of each number.

    >>> draw_two_vectors([3, 1, 2], [2, 4, 1])
    <Sheet 'Two vectors': A = 3 1 2, B = 2 4 1>
    """
    a, b = as_values("a", a, 1), as_values("b", b, 1)
    written = (" ".join(short_number(number) for number in values) for values in (a.tolist(), b.tolist()))
    sheet = Sheet("Two vectors", ", ".join(f"{name} = {text}" for name, text in zip(names, written, strict=True)))
    for row, (name, values) in enumerate(zip(names, (a, b), strict=True)):
        top = row * 1.25
        sheet.text(0, top + CELL / 2, name, 15, bold=True)
        sheet.grid(values[None], 0.5, top, fill=(LOOKED_AT, KERNEL)[row])
        for place in range(len(values)):
            sheet.text(0.5 + (place + 0.5) * CELL, top + CELL + 0.16, f"{place}", 9, QUIET, align="centre")
    return sheet


def draw_cross_correlation(a: ArrayLike, b: ArrayLike) -> Sheet:
    """Draw two vectors, the products of their numbers, and the sum.

    >>> draw_cross_correlation([3, 1, 2], [2, 4, 1])
    <Sheet 'Cross-correlation': 3·2 + 1·4 + 2·1 = 12>
    """
    return _draw_dot_product(trace_cross_correlate(a, b)[0], "Cross-correlation", turned=False)


def draw_convolution(a: ArrayLike, b: ArrayLike) -> Sheet:
    """Draw two vectors, the second as it is and rotated by 180°, the products, and the sum.

    >>> draw_convolution([3, 1, 2], [2, 4, 1])
    <Sheet 'Convolution': 3·1 + 1·4 + 2·2 = 11>
    """
    return _draw_dot_product(trace_convolve(a, b)[0], "Convolution", turned=True)


def _draw_dot_product(window: WindowPosition, title: str, turned: bool) -> Sheet:
    """Draw a dot product; if b is rotated by 180°, it is also shown as given."""
    given = window.kernel[::-1]
    check_length(window.covered)
    told = write_position(window)
    sheet = Sheet(title, told)
    rows = [("A", window.covered, LOOKED_AT)]
    if turned:
        rows += [("B", given, "#FFFFFF"), ("B rotated by 180°", window.kernel, KERNEL)]
    else:
        rows += [("B", window.kernel, KERNEL)]
    rows += [("products", window.products, "#FFFFFF")]
    room = 1.9 if turned else 1.1
    for row, (name, values, fill) in enumerate(rows):
        top = row * 0.8
        sheet.text(room - 0.15, top + CELL / 2, name, 12, align="right", bold=len(name) == 1)
        sheet.grid(values[None], room, top, fill=fill)
    bottom = (len(rows) - 1) * 0.8 + CELL
    if turned:
        middle = room + len(given) * CELL + 0.25
        sheet.arrow((middle, 0.8 + CELL / 2), (middle, 1.6 + CELL / 2))
        sheet.text(middle + 0.12, 1.45, "turned", 10, QUIET)
    sheet.text(room, bottom + 0.45, told.removesuffix(short_number(window.total)), 13)
    end = sheet.words[-1].box.right
    box = sheet.grid(np.array([[window.total]]), end + 0.12, bottom + 0.2, fill=RESULT)
    sheet.border(box, (0, 0), (1, 1), RESULT)
    return sheet


def draw_sliding_vectors(trace: Trace[WindowPosition], number: int, filled: int | None = None) -> Sheet:
    """Draw one overlap of two vectors: the padded vector, the kernel below it, the products, and the results.

    The results up to position `filled` are shown, by default up to this one.
    """
    window, count = trace[number], len(trace)
    check_length(trace.source)
    sheet = Sheet(trace.operation, f"result {number}: {write_position(window)}")
    source, before, size = trace.source, trace.padding[0], len(window.kernel)
    first = window.start[0] + before
    outside = {(0, place) for place in range(len(source)) if trace.is_padding(place)}
    looked_at = {(0, place): LOOKED_AT for place in range(first, first + size)}
    sheet.text(_NAME - 0.15, CELL / 2, "A", 13, bold=True, align="right")
    top = sheet.grid(source[None], _NAME, 0, fills=looked_at, dashed=outside)
    sheet.border(top, (0, first), (1, size), LOOKED_AT)
    turned = trace.operation.startswith("convolve")
    left = _NAME + first * CELL
    sheet.text(
        left - 0.15, 0.75 + CELL / 2, "B turned" if turned else "B", 11 if turned else 13, bold=True, align="right"
    )
    sheet.grid(window.kernel[None], left, 0.75, fill=KERNEL)
    sheet.text(left - 0.15, 1.5 + CELL / 2, "products", 11, align="right")
    sheet.grid(window.products[None], left, 1.5)
    shown = number if filled is None else filled
    results = np.array([trace[k].total if k <= shown else np.nan for k in range(count)])
    middle = _NAME + (len(source) - count) * CELL / 2
    sheet.text(_NAME - 0.15, 3.05 + CELL / 2, "result", 13, bold=True, align="right")
    bottom = sheet.grid(results[None], max(middle, _NAME), 3.05, fills={(0, number): RESULT})
    sheet.border(bottom, (0, number), (1, 1), RESULT)
    sheet.text(_NAME, 2.5, write_position(window, 7), 13)
    return sheet


def check_length(values: np.ndarray) -> None:
    """Reject vectors that are too long for a drawing.

    Raises:
        UsageError: there are more than 60 numbers.
    """
    if len(values) > MOST_NUMBERS:
        raise UsageError(
            f"{len(values)} numbers in a row cannot be drawn; give vectors of at most {MOST_NUMBERS} in all."
        )
