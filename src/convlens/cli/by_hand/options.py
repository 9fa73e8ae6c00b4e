"""Options that the operations by hand share. Nothing heavy is imported here: every `--help` reads this file."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Operand = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""A text that may begin with a minus sign."""
ColourOption = Annotated[bool, Parameter(negative="", help="Keep the three channels of an image; else it is grey.")]
StepsOption = Annotated[bool, Parameter(negative="", help="Show placement after placement.")]
TableOption = Annotated[bool, Parameter(negative="", help="All placements as one table.")]
AtOption = Annotated[str | None, Parameter(help="Show only the placement behind this place of the result: 2, or 0,2.")]
DrawOption = Annotated[Path | None, Parameter(help="Draw it: a file that ends in .svg, .png or .gif (step by step).")]
StillOption = Annotated[Path | None, Parameter(name="--draw", help="Draw it: a file that ends in .svg or .png.")]
