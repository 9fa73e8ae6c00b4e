"""Options that several `by-hand` commands share. Imports must be light, because every `--help` imports this module."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

from cyclopts import Parameter

from convlens.cli.options import Json
from convlens.layers.arguments import PaddingWord

Operand = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""A text that may begin with a minus sign."""
ColourOption = Annotated[
    bool, Parameter(negative="", help="Keep the three channels of an image, instead of converting it to grey.")
]
StepsOption = Annotated[bool, Parameter(negative="", help="Show the window positions, one after the other.")]
TableOption = Annotated[bool, Parameter(negative="", help="Show the window positions as one table.")]
AtOption = Annotated[
    str | None,
    Parameter(
        help="Show only the sum behind one position of the result: 2 in a vector; 0,2 for row and column; or 5,0,2 for "
        "map, row and column."
    ),
]
DrawOption = Annotated[
    Path | None, Parameter(help="Draw the operation into this .svg, .png or .gif file; a .gif shows every step.")
]
StillOption = Annotated[Path | None, Parameter(name="--draw", help="Draw the operation into this .svg or .png file.")]


KernelSizeOption = Annotated[str, Parameter(help="The size of the kernel: 3, or 3x5.")]
PaddingOption = Annotated[str, Parameter(help="Rows and columns to add on each side: 1, or 1x0.")]
PADDING_WORDS = get_args(PaddingWord)


@dataclass(frozen=True)
class Slide:
    """How a window moves, as typed text; each field is an option."""

    stride: Annotated[str, Parameter(help="How far the window moves each time: 2, or 2x1 (down, right).")] = "1"
    padding: PaddingOption = "0"
    dilation: Annotated[str, Parameter(help="How far apart the cells of the kernel are.")] = "1"

    def pairs(self) -> dict[str, Any]:
        """Return the settings as arguments of the operations: (height, width), or a word for the padding.

        Raises:
            UsageError: a setting cannot be read.
        """
        from convlens.cli.by_hand.operands import read_pair

        return {
            "stride": read_pair("--stride", self.stride, 1),
            "padding": self.padding if self.padding in PADDING_WORDS else read_pair("--padding", self.padding, 0),
            "dilation": read_pair("--dilation", self.dilation, 1),
        }


SlideOptions = Annotated[Slide | None, Parameter(name="*")]
"""The fields of `Slide` as options."""


@dataclass(frozen=True)
class Wanted:
    """How to show window positions; each field is an option."""

    steps: StepsOption = False
    table: TableOption = False
    at: AtOption = None
    draw: DrawOption = None
    json: Json = False

    @property
    def positions(self) -> bool:
        """Return whether to show window positions, and not only the result."""
        return self.steps or self.table or self.at is not None


WantedOptions = Annotated[Wanted | None, Parameter(name="*")]
"""The fields of `Wanted` as options."""
