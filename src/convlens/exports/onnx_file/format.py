"""The format `onnx`."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from convlens.data import LabelledImages
from convlens.errors import ProofFailed, UsageError
from convlens.exports.contents import Contents
from convlens.exports.format import ExportFormat
from convlens.exports.onnx_file.graph import OPSET
from convlens.exports.onnx_file.network import onnx_model
from convlens.exports.onnx_file.picture_proof import prove_pictures
from convlens.exports.onnx_file.running import open_session, run_session
from convlens.exports.options import ExportOptions
from convlens.exports.proof import Proof, Run
from convlens.exports.requirements import require_packages
from convlens.files import write_atomically
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel


class OnnxFile(ExportFormat):
    """One ONNX file, which ONNX Runtime, its version for browsers, and OpenVINO run."""

    name: ClassVar[str] = "onnx"
    suffix: ClassVar[str] = ".onnx"
    options: ClassVar[tuple[str, ...]] = ("int8", "input", "prepare")
    help: ClassVar[str] = "one file for ONNX Runtime, OpenVINO and others"
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxruntime")

    def check(self, model: TrainedModel, options: ExportOptions) -> None:
        """Require the packages of the extra `onnx`, and for pictures, rules that a graph can hold.

        Raises:
            UsageError: see `ExportFormat.check`; or a graph cannot prepare pictures for this model.
            MissingDependency: one is not installed.
        """
        super().check(model, options)
        require_packages(self.name, self.packages, "onnx")
        if options.input == "picture":
            if options.prepare:
                raise UsageError(
                    "prepare is True, but with the input 'picture' the graph itself prepares pictures. Leave out one.",
                    argument="prepare",
                )
            _check_rules(model.preprocessing)

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        write_atomically(path, onnx_model(contents, proof).SerializeToString())

    def open(self, path: Path) -> Run:
        return run_session(open_session(path))

    def prove(self, contents: Contents, path: Path, images: LabelledImages | None) -> Proof:
        """Run the file; with int8, prove before that the graph which was quantised answers exactly like the model.

        Raises:
            ProofFailed: see `ExportFormat.prove`; or the file does not hold the graph that quantisation gives.
        """
        if contents.typical is None:
            return self._with_pictures(super().prove(contents, path, images), contents, path)
        exact = replace(contents, options=replace(contents.options, int8=False), typical=None)
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder, "float.onnx")
            self.write(exact, plain, None)
            before = super().prove(exact, plain, images)
        if not holds_graph_of(path, onnx_model(contents)):
            raise ProofFailed("the graph in the file is not the one that quantisation gives")
        proof = self._with_pictures(super().prove(contents, path, images), contents, path)
        return replace(proof, details=dict(proof.details) | {"difference_of_float32": before.largest_difference})

    def _with_pictures(self, proof: Proof, contents: Contents, path: Path) -> Proof:
        """Prove the preparation of pictures as well, for a file that has it."""
        if contents.options.input == "tensor":
            return proof
        pictures = prove_pictures(open_session(path), contents.model.preprocessing, self.tolerance)
        facts = {"pictures": pictures.images, "difference_of_pictures": pictures.largest_difference}
        return replace(proof, details=dict(proof.details) | facts)

    def versions(self) -> Mapping[str, str]:
        import onnxruntime

        return {"onnxruntime": onnxruntime.__version__}

    def details(self, contents: Contents, path: Path) -> Mapping[str, Any]:
        """Return the opset."""
        del contents, path
        return {"opset": OPSET}


def _check_rules(preprocessing: Preprocessing) -> None:
    if preprocessing.rules != "letterbox":
        raise UsageError(
            f"input is 'picture', but this model prepares pictures by the rules {preprocessing.rules!r}, which remove "
            "shadows, frames and lines, and no ONNX graph can hold them: one with the simpler half answered 54 of 300 "
            "unevenly lit pictures correctly, and Convlens 299. Leave it out, and give prepare= for a Python file that "
            "does.",
            argument="input",
            mentions=["prepare"],
        )
    if preprocessing.image_shape[0] == 1 and preprocessing.light_on_dark is not None:
        which = "light on dark" if preprocessing.light_on_dark else "dark on light"
        raise UsageError(
            f"input is 'picture', but the images of this model are grey and {which}, so pictures of the other kind are "
            "inverted, and the graph cannot find out which these are. Leave it out, and give prepare= for a Python "
            "file that does.",
            argument="input",
            mentions=["prepare"],
        )


def holds_graph_of(path: Path, model: Any) -> bool:
    """Return whether a file has exactly the graph of a model (`onnx.ModelProto`)."""
    import onnx

    return onnx.load(path).graph.SerializeToString(deterministic=True) == model.graph.SerializeToString(
        deterministic=True
    )
