"""The options of export formats."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from convlens.checking import as_choice, as_flag, as_whole
from convlens.errors import UsageError

InputKind = Literal["tensor", "picture"]
SAMPLES = 8
"""How many samples a folder for the Hugging Face Hub has, if they are from a known dataset and no number is given."""
_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")


@dataclass(frozen=True)
class ExportOptions:
    """The options of formats.

    Args:
        int8: whether weights and values are whole numbers of 8 bits, for a smaller file.
        input: "tensor", images of the network's shape, or "picture", images of any size, which the file prepares.
        prepare: whether a Python file that prepares pictures of any size is written beside the export.
        license: the licence of the model, such as "mit"; None names none.
        samples: how many held-out images are stored as pictures; with 0, none of them is stored in any form. None is as
            many as the format chooses.
    """

    int8: bool = False
    input: InputKind = "tensor"
    prepare: bool = False
    license: str | None = None
    samples: int | None = None

    def __post_init__(self) -> None:
        as_flag("int8", self.int8)
        as_flag("prepare", self.prepare)
        as_choice("input", self.input, get_args(InputKind))
        if self.samples is not None:
            as_whole("samples", self.samples, 0)
        if self.license is not None and not (isinstance(self.license, str) and _LICENSE.fullmatch(self.license)):
            raise UsageError(
                f"license is {self.license!r:.80}. Give the identifier of a licence, such as 'mit', 'apache-2.0' or "
                "'cc-by-4.0'; or 'other'.",
                argument="license",
            )


DEFAULTS = ExportOptions()
