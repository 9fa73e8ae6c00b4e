"""The kinds of files that a model can become. Another one is an entry here, and the function that writes it."""

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
    """A kind of file.

    Attributes:
        suffix: what its files end in.
        help: what it is, in one line.
        write: model, path, pictures to show with it or None, name → the path that was written.
    """

    suffix: str
    help: str
    write: Callable[[TrainedModel, Path, LabelledImages | None, str], Path]


FormatName = Literal["html"]
FORMATS: dict[str, ExportFormat] = {
    "html": ExportFormat(".html", "the page with the model inside, as one file", export_html),
}


def find_format(name: str) -> ExportFormat:
    """The format of that name.

    Raises:
        UsageError: there is none; the message lists those that there are.

    >>> find_format("html").suffix
    '.html'
    """
    if name not in FORMATS:
        known = "; ".join(f"{known}, {one.help}" for known, one in FORMATS.items())
        raise UsageError(f"--to {name!r} is no format; give --to {known}.")
    return FORMATS[name]
