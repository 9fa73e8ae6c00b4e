"""The format `huggingface`: a folder in the layout of the Hugging Face Hub."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from convlens.data import CATALOGUE, LabelledImages
from convlens.errors import ProofFailed
from convlens.exports.contents import Contents, answers_of
from convlens.exports.format import ExportFormat
from convlens.exports.hugging_face.card import CARD_NAME, SAMPLES_FOLDER, Sample, choose_pictures, write_card
from convlens.exports.onnx_file import OnnxFile
from convlens.exports.options import DEFAULTS, SAMPLES
from convlens.exports.preparation.companion import ENDING, companion_name, companion_text
from convlens.exports.proof import Answers, Proof, Run, prove
from convlens.exports.requirements import missing_packages
from convlens.files import sha256_of_file, write_atomically
from convlens.pixels import encode_png
from convlens.trained_model import TrainedModel, load_model
from convlens.trained_model.location import MODEL_FILE_NAME
from convlens.words import count_of, times

CONFIG_NAME = "config.json"
ONNX_NAME = "model.onnx"
CHECK_NAME = "check.safetensors"
WRITTEN = (CARD_NAME, CONFIG_NAME, MODEL_FILE_NAME, ONNX_NAME, CHECK_NAME)
"""The files of a folder, besides samples and the file that prepares pictures."""
_OUR_NAME = re.compile(rf"{'|'.join(map(re.escape, WRITTEN))}|{SAMPLES_FOLDER}/[0-9]+\.png|\w+{re.escape(ENDING)}")
_MODEL_WORDS = "the model"
_ONNX = OnnxFile()


class HuggingFaceFolder(ExportFormat):
    """A folder with a model card, the model file, the same model as ONNX, and all facts as JSON."""

    name: ClassVar[str] = "huggingface"
    suffix: ClassVar[str] = ""
    help: ClassVar[str] = "a folder for the Hugging Face Hub, with a model card"
    options: ClassVar[tuple[str, ...]] = ("license", "samples", "prepare")

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        published = self.published(contents)
        path.mkdir()
        write_atomically(path / MODEL_FILE_NAME, published.model.to_bytes())
        samples = choose_pictures(contents)
        companion = companion_name(path) if contents.options.prepare else ""
        facts = published.as_dict(proof) | {"source_sha256": contents.model_sha256, "files": _names(samples, companion)}
        config = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
        write_atomically(path / CONFIG_NAME, config + "\n")
        arrays = {"images": published.check_images, "logits": published.check_logits}
        write_atomically(path / CHECK_NAME, safetensors.numpy.save(arrays))
        if has_onnx():
            _ONNX.write(replace(published, options=DEFAULTS), path / ONNX_NAME, proof)
        _write_samples(path, samples)
        write_atomically(path / CARD_NAME, write_card(contents, published.model, samples, proof, has_onnx(), companion))

    def published(self, contents: Contents) -> Contents:
        """Return the same without what names files of this machine: the path of the training images, and, unless they
        are a known dataset, the notes on how they were read.
        """
        model = contents.model
        is_known = "data_source" not in model.facts and model.facts.get("data") in CATALOGUE
        private = ("data_source",) if is_known else ("data_source", "notes")
        facts = {name: value for name, value in model.facts.items() if name not in private}
        if len(facts) == len(model.facts):
            return contents
        public = TrainedModel(
            model.network, model.weights, model.preprocessing, model.class_names, facts, model.calibration
        )
        return replace(contents, model=public)

    def model_file(self, path: Path) -> str:
        """Return words instead of a name: the folder may be called otherwise later."""
        del path
        return _MODEL_WORDS

    def open(self, path: Path) -> Run:
        """Load the model file of the folder, as `convlens.load_model` does. config.json must say the same as it."""
        _, model = read_folder(path)

        def run(images: NDArray[np.uint8]) -> Answers:
            if images.shape[1:] != model.plan.input_shape:
                raise ProofFailed(f"it takes images of {times(model.plan.input_shape)}, not {times(images.shape[1:])}")
            return answers_of(model, images)

        return run

    def prove(self, contents: Contents, path: Path, images: LabelledImages | None) -> Proof:
        """Run the model file and the ONNX file, each on the check images and on these.

        Raises:
            ProofFailed: see `convlens.exports.proof.prove`; or the files of the folder do not belong together.
        """
        pixels = contents.images_of_proof(images)
        proofs = [prove(answers_of(contents.model, pixels), run(pixels), self.tolerance) for run in self.runs(path)]
        details = {"files": [MODEL_FILE_NAME, ONNX_NAME][: len(proofs)], **self.details(contents, path)}
        return proofs[0].joined(proofs[1:], self.versions(), details)

    def runs(self, path: Path) -> list[Run]:
        """Return functions that run the model file, and the ONNX file if there is one."""
        return [self.open(path), *([_ONNX.open(path / ONNX_NAME)] if (path / ONNX_NAME).exists() else [])]

    def versions(self) -> Mapping[str, str]:
        from convlens import __version__

        return {"convlens": __version__, **(_ONNX.versions() if has_onnx() else {})}

    def details(self, contents: Contents, path: Path) -> Mapping[str, Any]:
        """Return the opset of the ONNX file, if there is one."""
        return _ONNX.details(contents, path) if (path / ONNX_NAME).exists() else {}

    def notes(self, contents: Contents) -> tuple[str, ...]:
        notes = []
        if not has_onnx():
            notes.append(f"There is no {ONNX_NAME}, which needs two more packages: pip install 'convlens[onnx]'")
        if contents.options.license is None:
            notes.append("No licence is named; the option license names one, such as mit.")
        if contents.options.samples is None and contents.held_out is not None:
            notes.append(
                "None of the held-out images is in the folder, because they may be yours alone; "
                f"samples={SAMPLES} (--samples {SAMPLES}) adds {SAMPLES}, for everybody to see."
            )
        if contents.samples is not None:
            shown = count_of(min(contents.options.samples or 0, len(contents.samples)), "held-out image", "is")
            notes.append(
                f"{shown} in {SAMPLES_FOLDER}/, for everybody to see; samples=0 (--samples 0) leaves them out."
            )
        return tuple(notes)


def has_onnx() -> bool:
    """Return whether the packages of the extra `onnx` are installed."""
    return not missing_packages(_ONNX.packages)


def listed_files(config: object) -> list[str]:
    """Return the files that a config.json says Convlens wrote with it, as far as Convlens gives such names.

    >>> listed_files({"files": ["config.json", "samples/7.png", "samples/cat.png", "tools/a_prepare.py", 3]})
    ['config.json', 'samples/7.png']
    """
    names = config.get("files") if isinstance(config, dict) else None
    names = names if isinstance(names, list) else []
    return [name for name in names if isinstance(name, str) and _OUR_NAME.fullmatch(name)]


def read_folder(path: Path) -> tuple[dict[str, Any], TrainedModel]:
    """Return the facts in config.json and the model of a folder.

    Raises:
        ProofFailed: they do not belong together.
    """
    config = json.loads((path / CONFIG_NAME).read_text(encoding="utf-8"))
    model = load_model(path / MODEL_FILE_NAME)
    if config["model_sha256"] != sha256_of_file(path / MODEL_FILE_NAME):
        raise ProofFailed(f"{MODEL_FILE_NAME} has another SHA-256 than {CONFIG_NAME} says")
    stored = Contents(model, "", np.zeros(0, np.uint8)).as_dict()
    for name in ("network", "class_names", "preprocessing", "calibration"):
        if config[name] != json.loads(json.dumps(stored[name])):
            raise ProofFailed(f"{name} in {CONFIG_NAME} is not that of {MODEL_FILE_NAME}")
    return config, model


def prove_again(path: Path, kind: HuggingFaceFolder) -> dict[str, Any]:
    """Run the files of a folder on the check images in it. Returns the facts in config.json.

    Raises:
        ProofFailed: they do not answer like the model that the folder was made from, or it was never proved.
    """
    config, model = read_folder(path)
    if config["proof"] is None:
        raise ProofFailed("it was never proved")
    for name in listed_files(config):
        if name.endswith(ENDING):
            _compare_companion(path / name, config, model)
    arrays = safetensors.numpy.load_file(path / CHECK_NAME)
    probabilities = model.calibration.probabilities(arrays["logits"])
    unknown = ~model.calibration.answers(probabilities)
    expected = Answers(model.class_names, probabilities, unknown, model.calibration.threshold)
    for run in kind.runs(path):
        prove(expected, run(arrays["images"]), kind.tolerance)
    return config


def _compare_companion(file: Path, config: dict[str, Any], model: TrainedModel) -> None:
    """Write the file that prepares pictures again, and compare the text: it is not run, because it came with a folder.

    Raises:
        ProofFailed: it is missing, or has another text.
    """
    contents = Contents(model, config["name"], np.zeros(0, np.uint8))
    expected = companion_text(contents, file, _MODEL_WORDS, config["proof"]["details"]["prepared_pictures"])
    if not file.is_file():
        raise ProofFailed(f"{file.name} is missing")
    if file.read_text(encoding="utf-8") != expected:
        raise ProofFailed(
            f"{file.name} was changed, or was written by other versions of Convlens, NumPy or Pillow than these"
        )


def _names(samples: list[Sample], companion: str) -> list[str]:
    """Return the names of all files that a folder has."""
    written = [name for name in WRITTEN if name != ONNX_NAME or has_onnx()]
    return [*written, *(sample.file for sample in samples), *([companion] if companion else [])]


def _write_samples(path: Path, samples: list[Sample]) -> None:
    if samples:
        (path / SAMPLES_FOLDER).mkdir()
    for sample in samples:
        write_atomically(path / sample.file, encode_png(sample.pixels))
