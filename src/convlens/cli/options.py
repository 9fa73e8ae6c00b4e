"""Options that several commands share, each described once."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON on stdout and nothing else there.")]
DataDir = Annotated[
    Path | None,
    Parameter(
        name="--data-dir", help="Where known datasets are kept; else $CONVLENS_DATA, else the user's cache folder."
    ),
]
Threads = Annotated[int | None, Parameter(help="Processor threads; one a core if not given.")]
EngineOption = Annotated[str | None, Parameter(help="What computes: auto or torch.")]
DeviceOption = Annotated[str | None, Parameter(help="Where PyTorch computes: auto, cpu, cuda or mps.")]
