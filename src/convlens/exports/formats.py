"""The formats that a model can be exported to. A new format is an entry here and a subclass of `ExportFormat`."""

from pathlib import Path
from typing import Literal

from convlens.checking import shown
from convlens.errors import UsageError
from convlens.exports.c_source.format import CFolder
from convlens.exports.c_source.wasm_format import WasmFile
from convlens.exports.format import ExportFormat
from convlens.exports.html_file import HtmlFile
from convlens.exports.hugging_face import HuggingFaceFolder
from convlens.exports.onnx_file import OnnxFile
from convlens.exports.python_file import PythonFile
from convlens.exports.torch_file import TorchFile

FormatName = Literal["html", "onnx", "python", "torch", "c", "wasm", "huggingface"]
FORMATS: dict[str, ExportFormat] = {
    kind.name: kind
    for kind in (HtmlFile(), OnnxFile(), PythonFile(), TorchFile(), CFolder(), WasmFile(), HuggingFaceFolder())
}


def find_format(name: str) -> ExportFormat:
    """Return the format with this name.

    Raises:
        UsageError: there is no such format; the message lists the known ones.

    >>> find_format("python").suffix
    '.py'
    """
    kind = FORMATS.get(name) if isinstance(name, str) else None
    if kind is None:
        known = "; ".join(f"{one.name}, {one.help}" for one in FORMATS.values())
        raise UsageError(f"format {shown(name)} is not known; give {known}.", argument="format")
    return kind


def format_of(path: Path) -> ExportFormat:
    """Return the format that the ending of a path belongs to.

    Raises:
        UsageError: no format has this ending.

    >>> format_of(Path("digits.py")).name
    'python'
    """
    for kind in FORMATS.values():
        if kind.suffix and path.suffix.lower() == kind.suffix:
            return kind
    endings = ", ".join(f"{kind.suffix} ({kind.name})" for kind in FORMATS.values() if kind.suffix)
    folders = ", ".join(kind.name for kind in FORMATS.values() if not kind.suffix)
    raise UsageError(
        f"{path} has no ending that belongs to a format: {endings}. Give one of them, or format= with the name"
        f"{f'; {folders} write a folder' if folders else ''}.",
        mentions=["format"],
    )
