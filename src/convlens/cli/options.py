"""The options that several commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, Token

_MOST_SHOWN = 20


def read_whole(_kind: object, tokens: Sequence[Token]) -> int:
    """Read a whole number, such as 3. The parser alone would accept 2.5, too, and round it.

    Raises:
        ValueError: the text is not a whole number; the parser adds the option's name.
    """
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        shown = text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
        raise ValueError(f'"{shown}" is not a whole number. Give one such as 3.') from None


Whole = Annotated[int, Parameter(converter=read_whole)]
JsonLines = Annotated[
    bool, Parameter(name="--json", negative="", help="Print JSON: one line for each epoch, then the result.")
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print the result as JSON on stdout.")]
DataDir = Annotated[
    Path | None,
    Parameter(
        name="--data-dir",
        help="The folder for datasets and decoded images. [default: $CONVLENS_DATA, or else your cache folder]",
    ),
]
Threads = Annotated[Whole | None, Parameter(help="The number of processor threads. [default: one for each core]")]
EngineOption = Annotated[str | None, Parameter(help="The engine: native (Convlens's own), torch (PyTorch), or auto.")]
DeviceOption = Annotated[str | None, Parameter(help="The device that PyTorch uses: auto, cpu, cuda or mps.")]
RepairOption = Annotated[
    bool, Parameter(negative="--no-repair", help="Repair pictures, so that they resemble the training images.")
]
