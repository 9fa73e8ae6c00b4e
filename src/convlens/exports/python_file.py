"""Exports one Python file that predicts with NumPy alone, without Convlens."""

import base64
import json
import runpy
import textwrap
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from convlens.data import LabelledImages
from convlens.exports.contents import Contents
from convlens.exports.format import ExportFormat
from convlens.exports.page_model import page_weights
from convlens.exports.preparation.companion import plain, source_for
from convlens.exports.preparation.proof_pictures import make_proof_pictures
from convlens.exports.preparation.proving import prove_preparation
from convlens.exports.proof import Answers, Proof, Run
from convlens.files import sha256_of_bytes, write_atomically
from convlens.words import times

_PROGRAM = "convlens.exports.python_pictures"
_ROOTS = ((_PROGRAM, "PictureClassifier"), (_PROGRAM, "main"))
_HEAD = '''"""{name}: an image classifier in plain NumPy, made with Convlens {version}.

python {file}                 checks this file with the images inside
python {file} photo.png       prints the class of a picture of any size (needs Pillow, too)
python {file} images.npy      prints one class name per image (uint8, N×{shape})

from {module} import MODEL
MODEL.predict_picture("photo.png")          its class; MODEL.prepare_picture("photo.png").pixels: what the network gets
MODEL.predict(images)                       the classes of many images (uint8, N×{shape})
MODEL.predict_proba(images)                 the probabilities of MODEL.class_names, N × classes

{network}
{proof}
"""
'''
_TAIL = """

MODEL = PictureClassifier({facts})

if __name__ == "__main__":
    sys.exit(main(MODEL, sys.argv[1:]))
"""


class PythonFile(ExportFormat):
    """One file of plain NumPy, with the weights inside, and the preparation of pictures."""

    name: ClassVar[str] = "python"
    suffix: ClassVar[str] = ".py"
    prepares_pictures: ClassVar[bool] = True
    help: ClassVar[str] = "one file of plain NumPy, which runs without Convlens"

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        write_atomically(path, _source(contents, path, proof))

    def open(self, path: Path) -> Run:
        """Run the file like an import, and return a function that calls its classifier."""
        return run_classifier(runpy.run_path(str(path))["MODEL"])

    def prove_pictures(self, contents: Contents, path: Path, images: LabelledImages | None) -> int:
        pictures = make_proof_pictures(contents.check_images if images is None else images.images)
        return prove_preparation(path, contents.model.preprocessing, pictures)


def run_classifier(model: Any) -> Run:
    """Return a function that runs a `Classifier` of `python_runtime`, or of a file with a copy of it."""

    def run(images: NDArray[np.uint8]) -> Answers:
        probabilities = model.predict_proba(images)
        threshold = model.facts["calibration"]["threshold"]
        return Answers(tuple(model.class_names), probabilities, model.unknown(probabilities), threshold)

    return run


def _source(contents: Contents, path: Path, proof: Proof | None) -> str:
    imports, code = source_for(contents.model.preprocessing, _ROOTS)
    facts = contents.as_dict(proof)
    head = _HEAD.format(
        name=plain(contents.name, "a model"),
        version=facts["convlens"],
        file=plain(path.name, "model.py"),
        module=path.stem if path.stem.isidentifier() else "model",
        shape=times(contents.model.plan.input_shape),
        network=textwrap.fill(facts["network"], 120, initial_indent="Network: "),
        proof="Not proved yet." if proof is None else textwrap.fill(f"Proof: {proof}.", 120),
    )
    stored = repr(json.dumps(facts | _numbers(contents), allow_nan=False))
    return f"{head}\n{imports}\n\n{code}{_TAIL.format(facts=stored)}"


def _numbers(contents: Contents) -> dict[str, Any]:
    """Return the layers, the weights and the check images with the model's logits, as JSON values."""
    model = contents.model
    resolved = model.network.resolve(model.plan.input_shape, model.plan.classes)
    layers = [
        {"kind": node.layer.word, "path": node.path, "inputs": list(node.inputs), **node.layer.page_arguments()}
        for node in resolved
    ]
    weights = page_weights(model.weights)
    return {
        "layers": layers,
        "weights": weights,
        "weights_sha256": sha256_of_bytes(*(base64.b64decode(array["data"]) for array in weights.values())),
        "check": contents.check_as_dict(),
    }
