"""Derives from the sizes of an input and a window: the formula, filled in, and the rows that no window reads."""

from collections.abc import Sequence
from typing import Any

from convlens.window import dropped, output_size_formula, skipped
from convlens.words import agreeing, count_of

AXES = ("row", "column")


class Sizes:
    """An input H×W and a window with its stride, padding and dilation, each (height, width).

    >>> sizes = Sizes((7, 8), (2, 2), (2, 2))
    >>> sizes.lines()
    ['rows: ⌊(7 + 2·0 − 2)/2⌋ + 1 = 3', 'columns: ⌊(8 + 2·0 − 2)/2⌋ + 1 = 4', 'No window reads the last row.']
    """

    def __init__(
        self,
        size: Sequence[int],
        kernel_size: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[int] = (0, 0),
        dilation: Sequence[int] = (1, 1),
        ceil_mode: bool = False,
    ) -> None:
        self._windows = list(zip(size, kernel_size, stride, padding, dilation, strict=True))
        self._ceil_mode = ceil_mode

    def lines(self) -> list[str]:
        """Return lines to print: the formulas (one if both axes are alike), and the rows and columns not read."""
        rows, columns = self.as_dict().values()
        formulas = [rows["formula"], columns["formula"]]
        if formulas[0] == formulas[1]:
            told = [f"rows and columns: {formulas[0]}"]
        else:
            told = [f"{axis}s: {formula}" for axis, formula in zip(AXES, formulas, strict=True)]
        lost = list(zip(AXES, (rows["dropped"], columns["dropped"]), strict=True))
        ends = [f"the last {axis if count == 1 else f'{count} {axis}s'}" for axis, count in lost if count]
        between = list(zip(AXES, (rows["skipped"], columns["skipped"]), strict=True))
        gaps = [count_of(count, axis) for axis, count in between if count]
        if ends:
            told.append(f"No window reads {' and '.join(ends)}.")
        if gaps:
            counted = sum(count for _, count in between)
            told.append(f"Between the windows {agreeing(counted, 'lies')} {' and '.join(gaps)} that none reads.")
        return told

    def as_dict(self) -> dict[str, Any]:
        """Return values for JSON, by axis."""
        return {
            f"{axis}s": {
                "formula": output_size_formula(*window, ceil_mode=self._ceil_mode),
                "dropped": dropped(*window, ceil_mode=self._ceil_mode),
                "skipped": skipped(*window, ceil_mode=self._ceil_mode),
            }
            for axis, window in zip(AXES, self._windows, strict=True)
        }
