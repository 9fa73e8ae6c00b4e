"""The formats that a model can be exported to. A new format is an entry here and a function that writes it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from convlens.data import LabelledImages
from convlens.errors import UsageError
from convlens.export.html_file import export_html
from convlens.trained_model import TrainedModel


@dataclass(frozen=True)
class ExportFormat:
    """An export format.

    Attributes:
        suffix: the ending of its files.
        help: a description in one line.
        write: called with the model, the path, pictures to show or None, and the name; returns the path of the file.
    """

    suffix: str
    help: str
    write: Callable[[TrainedModel, Path, LabelledImages | None, str], Path]


FormatName = Literal["html"]
FORMATS: dict[str, ExportFormat] = {
    "html": ExportFormat(".html", "the page with the model inside, as one file", export_html),
}


def find_format(name: str) -> ExportFormat:
    """Return the format with this name.

    Raises:
        UsageError: there is no such format; the message lists the known ones.

    >>> find_format("html").suffix
    '.html'
    """
    if name not in FORMATS:
        known = "; ".join(f"{known}, {one.help}" for known, one in FORMATS.items())
        raise UsageError(f"--to {name!r} is not a known format; give --to {known}.")
    return FORMATS[name]
