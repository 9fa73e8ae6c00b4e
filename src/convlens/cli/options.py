"""Options that several commands share, each described once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, Token


def read_whole(_kind: object, tokens: Sequence[Token]) -> int:
    """A whole number as it is typed: 3, not 2.5, which the parser by itself would round.

    Raises:
        ValueError: it is something else; the parser says which option.
    """
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        raise ValueError(f'"{text}" is no whole number. Give one such as 3.') from None


Whole = Annotated[int, Parameter(converter=read_whole)]
JsonLines = Annotated[
    bool, Parameter(name="--json", negative="", help="Print a JSON object a line: one an epoch, then the result.")
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON on stdout and nothing else there.")]
DataDir = Annotated[
    Path | None,
    Parameter(
        name="--data-dir", help="Where known datasets are kept; else $CONVLENS_DATA, else the user's cache folder."
    ),
]
Threads = Annotated[Whole | None, Parameter(help="Processor threads; one a core if not given.")]
EngineOption = Annotated[str | None, Parameter(help="What computes: auto, native or torch.")]
DeviceOption = Annotated[str | None, Parameter(help="Where PyTorch computes: auto, cpu, cuda or mps.")]
RepairOption = Annotated[
    bool, Parameter(negative="--no-repair", help="Make pictures like the training images where that is safe.")
]
