"""The format `onnx`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from convlens.exports.contents import Contents
from convlens.exports.format import ExportFormat
from convlens.exports.onnx_file.graph import OPSET
from convlens.exports.onnx_file.network import onnx_model
from convlens.exports.onnx_file.running import open_session, run_session
from convlens.exports.options import ExportOptions
from convlens.exports.proof import Proof, Run
from convlens.exports.requirements import require_packages
from convlens.files import write_atomically
from convlens.trained_model import TrainedModel


class OnnxFile(ExportFormat):
    """One ONNX file, which ONNX Runtime, its version for browsers, and OpenVINO run."""

    name: ClassVar[str] = "onnx"
    suffix: ClassVar[str] = ".onnx"
    help: ClassVar[str] = "one file for ONNX Runtime, OpenVINO and others"

    def check(self, model: TrainedModel, options: ExportOptions) -> None:
        """Require the packages of the extra `onnx`.

        Raises:
            UsageError: see `ExportFormat.check`.
            MissingDependency: one is not installed.
        """
        super().check(model, options)
        require_packages(self.name, ("onnx", "onnxruntime"), "onnx")

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        write_atomically(path, onnx_model(contents, proof).SerializeToString())

    def open(self, path: Path) -> Run:
        return run_session(open_session(path))

    def versions(self) -> Mapping[str, str]:
        import onnxruntime

        return {"onnxruntime": onnxruntime.__version__}

    def details(self, contents: Contents, path: Path) -> Mapping[str, Any]:
        """Return the opset."""
        del contents, path
        return {"opset": OPSET}
