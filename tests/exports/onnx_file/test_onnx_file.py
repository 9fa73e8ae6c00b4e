"""The ONNX file: what is inside, how it runs without Convlens, and which mistakes its proof finds."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convlens
from convlens import LabelledImages, Network, TrainedModel
from convlens.calibration import Calibration
from convlens.errors import MissingDependency, ProofFailed
from convlens.exports.contents import Contents, check_images
from convlens.exports.onnx_file import OnnxFile
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

SHAPE = (3, 6, 5)
NAMES = ("cat", "Hündin, alt", "</script>")


def make_model(**changes: Any) -> TrainedModel:
    network = Network("conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dense")
    weights = initial_weights(network, SHAPE, len(NAMES), seed=5)
    weights["5.weight"] = 4 * weights["5.weight"]  # so that classes differ
    preprocessing = Preprocessing(SHAPE, "letterbox", None, Normalisation((0.4, 0.5, 0.6), (0.2, 0.3, 0.25)))
    model = TrainedModel(network, weights, preprocessing, NAMES, {}, Calibration(temperature=0.5, threshold=0.75))
    return replace(model, **changes)


def make_images(count: int = 40) -> LabelledImages:
    random = np.random.default_rng(1)
    return LabelledImages(random.integers(0, 256, (count, *SHAPE), np.uint8), random.integers(0, 3, count), NAMES)


def session_of(path: Path) -> Any:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def facts_of(path: Path) -> dict[str, Any]:
    return json.loads(session_of(path).get_modelmeta().custom_metadata_map["convlens"])


def test_the_file_holds_all_that_the_model_knows(tmp_path):
    model = make_model()
    written = convlens.export(model, tmp_path / "pets.onnx", data=make_images(), prove=17)
    assert (written.path, written.bytes) == (tmp_path / "pets.onnx", (tmp_path / "pets.onnx").stat().st_size)
    facts = facts_of(written.path)
    assert (facts["name"], facts["class_names"]) == ("pets", list(NAMES))
    assert facts["calibration"] == {"temperature": 0.5, "threshold": 0.75}
    assert Preprocessing.from_dict(facts["preprocessing"]) == model.preprocessing
    assert facts["model_sha256"] == convlens.files.sha256_of_bytes(model.to_bytes())
    assert facts["network"] == "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dense"
    assert facts["proof"] == json.loads(json.dumps(written.proof.as_dict()))
    assert (written.proof.images, written.proof.details) == (17 + 4 + 2, {"opset": 17})
    assert written.proof.versions == {"onnxruntime": onnxruntime.__version__}
    assert 0 < written.proof.largest_difference < 2e-6
    read = onnx.load(written.path)
    assert [(one.domain, one.version) for one in read.opset_import] == [("", 17)]
    assert (read.ir_version, read.producer_name, read.producer_version) == (8, "convlens", convlens.__version__)
    assert read.doc_string == f"pets: {facts['network']}\nProof: {written.proof}."


def test_inputs_and_outputs_have_any_number_of_images(tmp_path):
    model, images = make_model(), make_images(9).images
    session = session_of(convlens.export(model, tmp_path / "a.onnx", prove=0).path)
    assert [(one.name, one.type, one.shape) for one in session.get_inputs()] == [
        ("images", "tensor(uint8)", ["N", 3, 6, 5])
    ]
    assert [(one.name, one.type, one.shape) for one in session.get_outputs()] == [
        ("probabilities", "tensor(float)", ["N", 3]),
        ("logits", "tensor(float)", ["N", 3]),
        ("unknown", "tensor(bool)", ["N"]),
    ]
    for count in (1, 2, 9):
        probabilities, logits, unknown = session.run(None, {"images": images[:count]})
        np.testing.assert_allclose(logits, model.logits(images[:count]), atol=1e-5)
        np.testing.assert_allclose(probabilities, model.predict_proba(images[:count]), atol=1e-6)
        assert unknown.tolist() == model.predict(images[:count]).unknown.tolist()
    assert 0 < sum(unknown) < 9


def test_one_network_by_hand(tmp_path):
    # Two pixels of 51 and 204 are 0.2 and 0.8; less the mean 0.2, over the deviation 0.5: 0 and 1.2.
    # Logits 0·3 + 1.2·2 − 0.4 = 2 and 0·1 + 1.2·0 + 0 = 0; at temperature 2, e/(e + 1) = 0.731.
    weights = {"1.weight": np.array([[3, 2], [1, 0]], np.float32), "1.bias": np.array([-0.4, 0], np.float32)}
    preprocessing = Preprocessing((1, 1, 2), "letterbox", None, Normalisation((0.2,), (0.5,)))
    for threshold, unknown in ((0.73, False), (0.74, True), (None, False)):
        model = TrainedModel(
            Network("dense"), weights, preprocessing, ("a", "b"), {}, Calibration(temperature=2, threshold=threshold)
        )
        path = convlens.export(model, tmp_path / "two.onnx", prove=0, overwrite=True).path
        found = session_of(path).run(None, {"images": np.array([[[[51, 204]]]], np.uint8)})
        np.testing.assert_allclose(found[0], [[0.7310586, 0.2689414]], atol=1e-6)
        np.testing.assert_allclose(found[1], [[2, 0]], atol=1e-6)
        assert found[2].tolist() == [unknown]


def test_the_same_model_gives_the_same_bytes(tmp_path):
    first = convlens.export(make_model(), tmp_path / "a.onnx", prove=0).path.read_bytes()
    assert convlens.export(make_model(), tmp_path / "a.onnx", prove=0, overwrite=True).path.read_bytes() == first


PROGRAM = """
import base64, json, sys
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession("pets.onnx")
facts = json.loads(session.get_modelmeta().custom_metadata_map["convlens"])
images = np.frombuffer(base64.b64decode(facts["check"]["images"]), np.uint8)
images = images.reshape(-1, *facts["preprocessing"]["image_shape"])
logits = np.frombuffer(base64.b64decode(facts["check"]["logits"]), "<f4").reshape(len(images), -1)
found = session.run(["logits"], {"images": images})[0]
print(len(images), np.abs(found - logits).max() < 1e-5, "convlens" in sys.modules, "torch" in sys.modules)
"""


def test_it_checks_itself_without_convlens(tmp_path):
    convlens.export(make_model(), tmp_path / "pets.onnx", data=make_images(), prove=1)
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "6 True False False\n"


def swap_names(model: Any, facts: dict[str, Any]) -> None:
    facts["class_names"][:2] = facts["class_names"][1::-1]


def change_threshold(model: Any, facts: dict[str, Any]) -> None:
    facts["calibration"]["threshold"] = 0.5


def change_array(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any, Any], None]:
    def plant(model: Any, facts: Any) -> None:
        (tensor,) = [one for one in model.graph.initializer if one.name == name]
        array = onnx.numpy_helper.to_array(tensor).copy()
        tensor.CopyFrom(onnx.numpy_helper.from_array(change(array).astype(array.dtype), name))

    return plant


def change_input(operator: str, value: Any) -> Callable[[Any, Any], None]:
    def plant(model: Any, facts: Any) -> None:
        first = next(one for one in model.graph.node if one.op_type == operator)
        change_array(first.input[1], lambda array: np.full_like(array, value))(model, facts)

    return plant


def flip_bit(array: np.ndarray) -> np.ndarray:
    array.view(np.uint32).reshape(-1)[7] ^= 1 << 30
    return array


FAULTS: dict[str, tuple[Callable[[Any, Any], None], str]] = {
    "swapped class names": (swap_names, "the class names are 'Hündin, alt', 'cat', '</script>' instead of"),
    "another threshold in words": (change_threshold, "the threshold is 0.5 instead of 0.75"),
    "another threshold in numbers": (change_input("Less", 0.9), "the answer to image .* is unknown instead of"),
    "another scale": (change_input("Div", 256), "a probability of image 0 differs by"),
    "another mean": (change_input("Sub", 0.45), "a probability of image 0 differs by"),
    "blue for red": (change_array("0.weight", lambda array: array[:, ::-1].copy()), "a probability of image 0 differs"),
    "one flipped bit": (change_array("0.weight", flip_bit), "a probability of image . differs by"),
    "one weight of a little more": (
        change_array("5.bias", lambda array: array + np.eye(3)[0] / 1000),
        "differs by",
    ),
    "not a number": (change_array("5.bias", lambda array: array * np.nan), "a probability of image 0 differs by nan"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_proof_finds(fault: str, tmp_path):
    plant, message = FAULTS[fault]
    model, images, kind = make_model(), make_images(), OnnxFile()
    contents, path = Contents(model, "pets", check_images(model, images.images)), tmp_path / "pets.onnx"
    kind.write(contents, path, None)
    assert kind.prove(contents, path, images).images == 46
    broken = onnx.load(path)
    facts = json.loads(broken.metadata_props[0].value)
    plant(broken, facts)
    broken.metadata_props[0].value = json.dumps(facts)
    onnx.save(broken, path)
    with pytest.raises(ProofFailed, match=message):
        kind.prove(contents, path, images)


def test_missing_packages_are_named(tmp_path, monkeypatch):
    for missing, named in ((["onnxruntime"], "onnxruntime, which is"), (["onnx", "onnxruntime"], "which are")):
        monkeypatch.setattr(
            "convlens.exports.requirements.find_spec", lambda name, gone=missing: name not in gone or None
        )
        with pytest.raises(MissingDependency) as raised:
            convlens.export(make_model(), tmp_path / "a.onnx", prove=0)
        assert str(raised.value).startswith(f"the format 'onnx' needs {' and '.join(missing)}, which ")
        assert named in str(raised.value)
        assert str(raised.value).endswith(" not installed. pip install 'convlens[onnx]'")
    assert not list(tmp_path.glob("*.onnx"))
