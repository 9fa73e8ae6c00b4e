"""Five faults that exports by other programs have had, planted into every format: the proof finds each of them.

The format gets a model with the fault and writes it in its own way; the proof compares with the true one. Faults that
only one format can have stand in its own tests: another filter where pictures are prepared in onnx_file/
test_onnx_pictures.py and test_page_proof.py.
"""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from tests.exports.tools import skip_without_tools

import convlens
from convlens import LabelledImages, TrainedModel
from convlens.calibration import Calibration
from convlens.errors import ProofFailed
from convlens.exports import FORMATS
from convlens.exports.format import ExportFormat
from convlens.exports.options import ExportOptions
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

SHAPE = (3, 6, 8)
NAMES = ("cat", "dog", "eel")
FIRST = "0.weight"


def changed(model: TrainedModel, **parts: Any) -> TrainedModel:
    """Return the model with other parts."""
    kept = {name: getattr(model, name) for name in ("network", "weights", "preprocessing", "class_names", "facts")}
    return TrainedModel(**{**kept, "calibration": model.calibration, **parts})


def other_normalisation(model: TrainedModel) -> TrainedModel:
    """Numbers that belong to other data: those of ImageNet, which many programs take as a default."""
    scaling = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    return changed(model, preprocessing=replace(model.preprocessing, normalisation=scaling))


def bgr(model: TrainedModel) -> TrainedModel:
    """Blue where the network expects red, as a program gets it that reads images with OpenCV."""
    scaling = model.preprocessing.normalisation
    preprocessing = replace(model.preprocessing, normalisation=Normalisation(scaling.mean[::-1], scaling.std[::-1]))
    weights = {**model.weights, FIRST: model.weights[FIRST][:, ::-1].copy()}
    return changed(model, preprocessing=preprocessing, weights=weights)


def wrong_size(model: TrainedModel) -> TrainedModel:
    """Height and width exchanged; an image has as many pixels as before, so only the answers of C code show it."""
    channels, height, width = SHAPE
    return changed(model, preprocessing=replace(model.preprocessing, image_shape=(channels, width, height)))


def flipped_weight(model: TrainedModel) -> TrainedModel:
    """The sign of one weight, of the median size."""
    weights = model.weights[FIRST].copy()
    place = np.argsort(np.abs(weights), axis=None)[weights.size // 2]
    weights.flat[place] *= -1
    return changed(model, weights={**model.weights, FIRST: weights})


FAULTS = {
    "none": lambda model: model,
    "swapped class names": lambda model: changed(model, class_names=("dog", "cat", "eel")),
    "other normalisation": other_normalisation,
    "RGB for BGR": bgr,
    "wrong size": wrong_size,
    "one flipped weight": flipped_weight,
}
OPTIONS = {"plain": ExportOptions(), "int8": ExportOptions(int8=True), "picture": ExportOptions(input="picture")}
CASES = [
    *((name, "plain", "none") for name in ("html", "onnx", "python")),  # the others take longer
    *((name, "plain", fault) for name in FORMATS for fault in FAULTS if fault != "none"),
    # The faults of whole numbers in C are in c_source/test_c_faults.py.
    *(("onnx", option, fault) for option in ("int8", "picture") for fault in FAULTS if fault != "none"),
]


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    network = Network.from_text("conv 4 3x3 pad 1, relu, maxpool 2, dense")
    weights = initial_weights(network, SHAPE, len(NAMES), seed=1)
    preprocessing = Preprocessing(SHAPE, "letterbox", None, Normalisation((0.5, 0.4, 0.3), (0.3, 0.2, 0.25)))
    return TrainedModel(network, weights, preprocessing, NAMES, {}, Calibration(1.5, 0.4))


@pytest.fixture(scope="module")
def images(model: TrainedModel) -> LabelledImages:
    pixels = np.random.default_rng(0).integers(0, 256, (30, *SHAPE), np.uint8)
    return LabelledImages(pixels, model.logits(pixels).argmax(axis=1), NAMES, "noise")


@pytest.mark.usefixtures("loaded_torch")
@pytest.mark.parametrize(("name", "option", "fault"), CASES)
def test_a_planted_fault_is_found(tmp_path, monkeypatch, model, images, name: Any, option: str, fault: str) -> None:
    kind, options = FORMATS[name], OPTIONS[option]
    skip_without_tools(kind, model, options)
    write = type(kind).write

    def write_fault(self: ExportFormat, contents: Any, path: Any, proof: Any) -> None:
        wrong = FAULTS[fault](contents.model)
        shape = (-1, *wrong.plan.input_shape)
        shown = contents.check_images.reshape(shape)
        typical = None if contents.typical is None else contents.typical.reshape(shape)
        write(
            self,
            replace(contents, model=wrong, check_images=shown, typical=typical, samples=None, held_out=None),
            path,
            proof,
        )

    monkeypatch.setattr(type(kind), "write", write_fault)
    folder = tmp_path / "exports"
    folder.mkdir()
    if fault == "none":
        convlens.export(model, folder / f"a{kind.suffix}", name, data=images)
        return
    answered = "does not answer like the model: "
    found = rf"({answered}|cannot be run \()" if fault == "wrong size" else answered  # other sizes may be refused
    with pytest.raises(ProofFailed, match=rf"was deleted, because it {found}"):
        convlens.export(model, folder / f"a{kind.suffix}", name, data=images, **asdict(options))
    assert list(folder.iterdir()) == []
