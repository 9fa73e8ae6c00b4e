"""The options of export formats."""

from dataclasses import dataclass
from typing import Literal, get_args

from convlens.checking import as_choice, as_flag

InputKind = Literal["tensor", "picture"]


@dataclass(frozen=True)
class ExportOptions:
    """The options of formats.

    Args:
        int8: whether weights and values are whole numbers of 8 bits, for a smaller file.
        input: "tensor", images of the network's shape, or "picture", images of any size, which the file prepares.
        prepare: whether a Python file that prepares pictures of any size is written beside the export.
    """

    int8: bool = False
    input: InputKind = "tensor"
    prepare: bool = False

    def __post_init__(self) -> None:
        as_flag("int8", self.int8)
        as_flag("prepare", self.prepare)
        as_choice("input", self.input, get_args(InputKind))


DEFAULTS = ExportOptions()
